"""A wall taken down by the owner, so that a test can do what the database otherwise refuses."""

from __future__ import annotations


def take_down(table: str) -> None:
    """Disable the triggers of ``table`` for the rest of the test, as only the owner can."""
    from django.db import connections

    with connections["owner"].cursor() as run:
        run.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
