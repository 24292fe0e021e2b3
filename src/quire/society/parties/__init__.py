"""People and organisations, their identifiers and addresses; users and their roles."""
