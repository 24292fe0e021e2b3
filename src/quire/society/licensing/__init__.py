"""Licences and whom they are with."""
