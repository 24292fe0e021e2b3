"""All commands of the society, gathered. Needs ``quire[server]``."""

from __future__ import annotations

import functools
import sys
from collections.abc import Sequence
from typing import Any

import typer
import typer.main

from quire.cli import (
    UNREAD,
    api_keys,
    clients,
    corrections,
    credit,
    demo,
    disputes,
    distribution,
    edges,
    frame,
    house,
    income,
    licences,
    lumps,
    money,
    ops,
    people,
    repertoire,
    reports,
    surveys,
    unclaimed,
    usage,
    work,
)

app = typer.Typer(
    name="quire",
    no_args_is_help=True,
    add_completion=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Run a collecting society for AI: licence, meter, divide to the cent, pay, and let anyone check it. "
    "Without a society run `quire verify` (a published distribution), `quire edge` (in front of a site) and "
    "`quire crawl` (a licensed crawler).",
)

house.register(app)
_PARTS = (
    people, repertoire, licences, clients, api_keys, credit, edges, usage, reports, surveys, distribution,
    income, corrections, lumps, disputes, unclaimed, money, work, ops, demo,
)  # fmt: skip
for part in _PARTS:
    part.register(app)


_DATES = {"starts", "until", "on", "notice", "received"}


def _say_what_goes_in(command: Any) -> None:
    """Help shows ``--licensee LICENSEE`` and ``--from DATE``, not the types of Python."""
    for part in getattr(command, "commands", {}).values():
        _say_what_goes_in(part)
    for one in command.params:
        if one.metavar is None and not getattr(one, "is_flag", False):
            one.metavar = "DATE" if one.name in _DATES else str(one.name).upper()


@functools.cache
def _command() -> Any:
    """The commands, made ready once: who runs many in one process need not wait for each."""
    command = typer.main.get_command(app)
    _say_what_goes_in(command)
    return command


def run(words: Sequence[str]) -> int:
    """Run one command; a mistake in writing it is exit code 2."""
    before = sys.stdout
    frame.begin(words)
    try:
        _command()(list(words), prog_name="quire")
    except SystemExit as done:
        if sys.stdout is not before:  # Click puts another in its place where nobody reads
            return UNREAD
        return done.code if isinstance(done.code, int) else 0
    return 0
