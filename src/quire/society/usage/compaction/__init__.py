"""From accepted batches to rows of the lake: every event under one heading, whatever is killed meanwhile."""
