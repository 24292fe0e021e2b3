"""The collective's server: a Django project, one folder a room. Calls flow down, facts flow up."""
