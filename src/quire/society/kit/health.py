"""Whether the server can do its work: the database answers and is of this version, a worker is there."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache

from django.db import DatabaseError, connection, connections
from django.db.migrations.loader import MigrationLoader

WORKER_SECONDS = 60
"""A worker says every ten seconds that it lives; one that was not heard for so long does not."""


def answers() -> bool:
    """Whether the database answers."""
    try:
        with connection.cursor() as run:
            run.execute("SELECT 1")
            return bool(run.fetchone())
    except DatabaseError:
        connection.close()
        return False


@cache
def written() -> frozenset[tuple[str, str]]:
    """Every migration that this version of the code has: app and name."""
    loader = MigrationLoader(None)
    return frozenset(loader.disk_migrations or ())


def applied(using: str = "default") -> frozenset[tuple[str, str]]:
    """Every migration that the database has had; none where it has had none. ``using``: asked as whom."""
    asked = connections[using]
    if "django_migrations" not in asked.introspection.table_names():
        return frozenset()
    with asked.cursor() as run:
        run.execute("SELECT app, name FROM django_migrations")
        return frozenset(run.fetchall())


def missing(using: str = "default") -> list[tuple[str, str]]:
    """Migrations that the database has yet to have: ``quire upgrade``."""
    return sorted(written() - applied(using))


def unknown(using: str = "default") -> list[tuple[str, str]]:
    """Migrations of the database that this code does not know: the database is newer."""
    return sorted(applied(using) - written())


def worker_silent() -> float | None:
    """Seconds since a worker was last heard; None where there is none."""
    with connection.cursor() as run:
        run.execute("SELECT max(last_heartbeat) FROM procrastinate_workers")
        (heard,) = run.fetchone()
    return None if heard is None else max(0.0, (datetime.now(UTC) - heard).total_seconds())


def worker_lives() -> bool:
    """Whether a worker was heard within the last minute."""
    silent = worker_silent()
    return silent is not None and silent < WORKER_SECONDS
