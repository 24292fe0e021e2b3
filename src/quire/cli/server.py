"""All commands of the society, gathered. Needs ``quire[server]``."""

from __future__ import annotations

from collections.abc import Sequence

import typer

from quire.cli import demo, distribution, house, licences, money, people, repertoire, usage

app = typer.Typer(
    name="quire",
    no_args_is_help=True,
    add_completion=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Run a collecting society for AI: licence, meter, divide to the cent, pay, and let anyone check it. "
    "`quire verify BUNDLE` recomputes a published distribution.",
)

house.register(app)
for part in (people, repertoire, licences, usage, distribution, money, demo):
    part.register(app)


def run(words: Sequence[str]) -> int:
    """Run one command; a mistake in writing it is exit code 2."""
    try:
        app(list(words), prog_name="quire")
    except SystemExit as done:
        return done.code if isinstance(done.code, int) else 0
    return 0
