"""Files of weights that a plan divides by."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from quire.cli import frame
from quire.cli.frame import By, DryRun, Json


def register(app: typer.Typer) -> None:
    """The commands about weighings."""
    group = typer.Typer(help="Files of weights that a plan divides by.", no_args_is_help=True)
    frame.command(group, "import")(weighings_import)
    app.add_typer(group, name="weighings")


def weighings_import(
    file: Annotated[Path, typer.Argument(help="CSV or JSON with of, weight, and low and high if known.")],
    name: Annotated[str, typer.Option(help="The name by which the plan asks for it.")],
    method: Annotated[str, typer.Option(help="How the weights were found, in words; it is published.")],
    kind: Annotated[str, typer.Option(help="attribution or units.")] = "attribution",
    error: Annotated[str, typer.Option(help="How far they may be off, in words; it is published.")] = "",
    licence: Annotated[str, typer.Option(help="The licence whose pots it divides; all, if left out.")] = "",
    by: By = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Hand in a file of weights. A newer one of the same name and licence stands in its place."""
    from quire.society.distribution import actions
    from quire.society.kit import tables

    rows = tables.read(file, ["of", "weight", "low", "high"], ["of", "weight"])
    with frame.rehearsal(dry_run):
        kept = actions.import_weighing(
            name=name, kind=kind, rows=rows, data=file.read_bytes(), method=method, error=error,
            licence=licence, by=frame.acting(by),
        )  # fmt: skip
    frame.say(
        {"weighing": kept.tid, "name": name, "digest": kept.digest, "rows": len(rows)},
        [f"“{name}” weighs {frame.many(len(rows), 'thing')}; its file is {kept.digest}."],
        as_json=as_json,
    )
