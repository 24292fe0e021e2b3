"""Agreements: who passes on to whom what works earn."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from quire.cli import frame
from quire.cli.frame import By, DryRun, Json, Skip
from quire.cli.house import day


def register(app: typer.Typer) -> None:
    """The commands about agreements."""
    group = typer.Typer(help="Who passes on to whom what works earn.", no_args_is_help=True)
    frame.command(group, "add")(agreements_add)
    frame.command(group, "end")(agreements_end)
    frame.command(group, "list")(agreements_list)
    frame.command(group, "import")(agreements_import)
    app.add_typer(group, name="agreements")


def agreements_add(
    code: Annotated[str, typer.Argument(help="The society's own reference of the contract.")],
    giver: Annotated[str, typer.Option(help="Who passes on, by code.")],
    to: Annotated[
        list[str],
        typer.Option(help="Who takes: code:role:share, such as band:performer:1; may be given again."),
    ],
    keeps: Annotated[str, typer.Option(help="What the giver keeps, such as 30%.")],
    work: Annotated[
        list[str] | None, typer.Option(help="A URL or identifier; may be given again. Without it, all works.")
    ] = None,
    use: Annotated[
        list[str] | None, typer.Option(help="One use; may be given again. Without it, all.")
    ] = None,
    role: Annotated[
        list[str] | None,
        typer.Option(help="The giver's role in a work; may be given again. Without it, all."),
    ] = None,
    starts: Annotated[str, typer.Option("--from", help="First day of use; always, if left out.")] = "",
    until: Annotated[str, typer.Option(help="First day out; open if left out.")] = "",
    by: By = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Record an agreement. It is never changed: it is ended, and another recorded."""
    from quire.society.repertoire import actions

    with frame.rehearsal(dry_run):
        made = actions.record_agreement(
            code=code,
            giver=giver,
            takers="; ".join(to),
            retention=keeps,
            works=" ".join(work or []),
            uses=" ".join(use or []),
            roles=" ".join(role or []),
            starts=starts,
            ends=until,
            by=frame.acting(by),
        )
    takers = ", ".join(one.split(":")[0].strip() for one in to)
    frame.say(
        {"agreement": made.tid, "code": code},
        [f"{code}: {giver} keeps {keeps} and passes the rest on to {takers}."],
        as_json=as_json,
    )


def agreements_end(
    code: str,
    until: Annotated[str, typer.Option(help="First day out.")],
    reason: Annotated[str, typer.Option(help="Why, for the record.")] = "",
    by: By = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """An agreement ends before its term."""
    from quire.society.repertoire import actions

    with frame.rehearsal(dry_run):
        actions.end_agreement(code=code, ends=day(until), reason=reason, by=frame.acting(by))
    frame.say({"code": code, "until": until}, [f"{code} ends on {until}."], as_json=as_json)


def agreements_list(as_json: Json = False) -> None:
    """Every agreement."""
    from quire.core.plan import percent
    from quire.society.repertoire import queries

    found = queries.agreements()
    rows = [
        (
            one.code,
            one.giver,
            percent(one.retention),
            "; ".join(f"{party} ({role}) {percent(share)}" for party, role, share in one.takers),
            frame.many(len(one.works), "work") if one.works else "all works",
            ", ".join([*one.uses, *one.roles]),
            one.starts or "",
            one.ends or "",
        )
        for one in found
    ]
    frame.say(
        [{"agreement": one.tid, **queries.stated(one), "reason": one.reason} for one in found],
        frame.table(
            "", ("code", "giver", "keeps", "takers of the rest", "of", "only", "from", "until"), rows
        ),
        as_json=as_json,
    )


def agreements_import(
    file: Path, by: By = "", skip_refused: Skip = False, dry_run: DryRun = False, as_json: Json = False
) -> None:
    """Record agreements from CSV or JSON."""
    from quire.society.repertoire import actions

    taken = actions.import_agreements(file, by=frame.acting(by), skip_refused=skip_refused, dry_run=dry_run)
    frame.say_taken(taken, "agreement", dry_run=dry_run, as_json=as_json)
