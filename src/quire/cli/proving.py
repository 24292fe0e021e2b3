"""A payee's statement as one file to print or to keep, and the proof of its lines."""

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


def statements_pdf(
    party: Annotated[str, typer.Argument(metavar="PARTY", help="The payee's code.")],
    run: Annotated[str, typer.Option(help="The closed run, by its id, or latest.")] = "latest",
    out: Annotated[Path | None, typer.Option("--out", "-o", help="The file to write.")] = None,
    as_json: Json = False,
) -> None:
    """Write a payee's statement of a closed run as an accessible PDF (PDF/UA-1)."""
    from quire.society.distribution import queries
    from quire.society.statements import queries as statements

    found = queries.find(run)
    data = statements.file_of(found, party, "pdf")
    place = out or Path(f"{party}-{found.tid}.pdf")
    place.write_bytes(data)
    frame.say({"statement": str(place), "run": found.tid}, [f"{place} is written."], as_json=as_json)
