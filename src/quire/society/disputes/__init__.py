"""Disputes: who says that a work is theirs, what of it is held meanwhile, and how it ended."""
