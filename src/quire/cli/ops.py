"""Keeping it running: backup, restore, upgrade, and what is wrong here."""

from __future__ import annotations

import typer

from quire.cli import frame, ops_backup, ops_doctor, ops_upgrade


def register(app: typer.Typer) -> None:
    """The commands of those who keep the server."""
    frame.command(app, "upgrade")(ops_upgrade.upgrade)
    frame.command(app, "backup")(ops_backup.backup)
    frame.command(app, "restore")(ops_backup.restore)
    app.command("doctor")(ops_doctor.doctor)
