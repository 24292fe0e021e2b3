"""Who got what, and why."""
