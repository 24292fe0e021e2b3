"""Clients by other people, run against a real server: they must get tokens here, and verify them."""
