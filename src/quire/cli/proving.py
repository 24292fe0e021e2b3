"""A payee's proof of its lines, in one file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from quire.cli import frame
from quire.cli.frame import Json


def statements_proof(
    run: Annotated[str, typer.Option(help="The closed run, by its id, or latest.")],
    party: Annotated[str, typer.Option(help="The payee's code.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The file to write.")],
    as_json: Json = False,
) -> None:
    """Prove a payee's lines in one file, for whoever knows the run's root and has no bundle."""
    from quire.society.distribution import queries
    from quire.society.statements import actions

    found = queries.find(run)
    out.write_bytes(actions.proof(found, party))
    frame.say(
        {"proof": str(out), "run": found.tid, "root": found.bundle_root},
        [f"{out} proves it offline: quire verify --proof {out} --root {found.bundle_root}"],
        as_json=as_json,
    )
