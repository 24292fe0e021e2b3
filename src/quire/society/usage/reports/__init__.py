"""What labs say themselves: read, kept once, and held against what the sites counted."""
