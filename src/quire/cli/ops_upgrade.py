"""Bring the database to this version of Quire: ``quire upgrade``, and the beginning of ``quire init``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from quire.cli import frame
from quire.cli.frame import Json
from quire.core.errors import Conflict


class Newer(Conflict):
    """The backup, or the database, is of a later version than this code."""

    code = "database.newer"


def migrate() -> None:
    """Migrate as the owner, and raise the walls. Newer where the database knows what this code does not."""
    from django.core.management import call_command

    from quire.society.kit import health, locks

    # Two commands on a fresh database would both make its tables.
    with locks.alone("migrate", using="owner"):
        if later := health.unknown("owner"):
            room, name = later[-1]
            raise Newer(
                f"The database is newer than this Quire (it has had {room} {name}): install the version that "
                "was used last. Nothing was changed."
            )
        call_command("migrate", database="owner", verbosity=0, interactive=False)


def upgrade(
    without_backup: Annotated[
        bool, typer.Option("--without-backup", help="Do not write a backup first: there is another.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Bring the database to this version of Quire, as its owner; before anything changes, write a backup."""
    from quire.society.kit import health

    missing = health.missing("owner")
    had = health.applied("owner")
    before = _backup() if had and missing and not health.unknown("owner") and not without_backup else None
    migrate()
    steps = len(missing)
    taken = f" ({frame.many(steps, 'step')})" if steps and had else ""
    lines = [f"The database is at this version{taken}."]
    if before:
        lines.insert(0, f"What was before is in {before}.")
    told = {"current": True, "steps": steps, "backup": str(before) if before else None}
    frame.say(told, lines, as_json=as_json)


def _backup() -> Path:
    from quire.cli import ops_backup
    from quire.society.kit import config

    frame.err.print("A backup goes first …", markup=False)
    return ops_backup.written(config.private("backups"))
