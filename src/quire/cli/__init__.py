"""`quire …`: the command line."""
