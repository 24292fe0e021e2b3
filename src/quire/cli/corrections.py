"""Corrections of closed runs: claims, decisions, and what is still owed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from quire.cli import frame, settling
from quire.cli.frame import By, DryRun, Json
from quire.cli.house import day

RIGHT = ("amount",)


def register(app: typer.Typer) -> None:
    """The commands about corrections."""
    group = typer.Typer(help="Corrections of closed runs: claims, and what is owed.", no_args_is_help=True)
    for verb, function in (
        ("file", file),
        ("accept", accept),
        ("refuse", refuse),
        ("list", list_corrections),
        ("show", show),
        ("debts", debts),
        ("taken-back", taken_back),
        ("repaid", settling.repaid),
        ("write-off", settling.write_off),
        ("approve-write-off", settling.approve),
        ("refuse-write-off", settling.refuse),
        ("settlements", settling.list_settlements),
    ):
        frame.command(group, verb)(function)
    app.add_typer(group, name="corrections")


def file(
    run: Annotated[str, typer.Option(help="The closed run, by its id, or latest.")],
    work: Annotated[str, typer.Option(help="URL or identifier.")],
    reason: Annotated[str, typer.Option(help="What was wrong; those concerned will read it.")],
    shares: Annotated[
        str, typer.Option(help="Who owns it in truth: code:role:1/2; … Left out: as the repertoire has it.")
    ] = "",
    member: Annotated[str, typer.Option(help="The code of the member that it belonged to.")] = "",
    took_place: Annotated[
        str, typer.Option(help="Of usage that was none in part: the part that took place, 3/4 or 0.")
    ] = "",
    to: Annotated[str, typer.Option(help="The fund that the rest goes to: fund:NAME.")] = "",
    by: By = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Claim that a closed run divided what a work earned wrongly; a second person decides."""
    from quire.core.shares import Shares, parse_share
    from quire.society.distribution import actions, queries
    from quire.society.distribution.corrections.rows import read_shares
    from quire.society.parties import queries as parties

    kind = "owner" if member else "usage" if took_place else "shares"
    told = Shares.sole(parties.party(member).tid) if member else read_shares(shares) if shares else None
    with frame.rehearsal(dry_run):
        claim = actions.file_correction(
            run=run,
            work=work,
            kind=kind,
            reason=reason,
            shares=told,
            to=to,
            by=frame.acting(by),
            **({"part": parse_share(took_place)} if took_place else {}),
        )
        row = queries.correction(claim.tid)
    lines = [f"{row.tid} is filed; somebody else accepts it: quire corrections accept {row.tid} --by NAME"]
    frame.say(_data(row), lines, as_json=as_json)


def accept(
    name: Annotated[str, typer.Argument(metavar="CORRECTION")],
    note: Annotated[str, typer.Option(help="For the record.")] = "",
    amend_register: Annotated[
        bool, typer.Option("--amend-register", help="Register the claim's shares as well.")
    ] = False,
    starts: Annotated[
        str, typer.Option("--from", help="With --amend-register: from this day of use; else the run's first.")
    ] = "",
    by: By = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Find a claim right that somebody else filed; the next run of its currency posts it. A correction is
    about the past alone: with --amend-register the work has the right owners from now on, too."""
    from quire.core.errors import Invalid
    from quire.society.distribution import actions, queries

    if starts and not amend_register:
        raise Invalid("--from says from when the register is amended: say --amend-register too.")
    with frame.rehearsal(dry_run):
        actions.accept_correction(
            name, by=frame.acting(by), note=note, amend=amend_register,
            amend_from=day(starts) if starts else None,
        )  # fmt: skip
        row, changes, differs = (
            queries.correction(name),
            queries.changes_of(name),
            queries.register_differs(name),
        )
    lines = [f"{name} corrects {frame.many(row.rows, 'row')} of {row.run}.", *_changes(changes)]
    if differs:
        lines.append(
            f"The register still has other owners of {row.work} on {differs}, and later runs divide by it: "
            "have it amended by quire works shares, with the day from which the right ones own it."
        )
    told = {**_data(row), "changes": _change_data(changes), "register_differs": differs}
    frame.say(told, lines, as_json=as_json)


def refuse(
    name: Annotated[str, typer.Argument(metavar="CORRECTION")],
    note: Annotated[str, typer.Option(help="Why; whoever filed it will read it.")],
    by: By = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Find a claim wrong."""
    from quire.society.distribution import actions, queries

    with frame.rehearsal(dry_run):
        actions.refuse_correction(name, note=note, by=frame.acting(by))
        row = queries.correction(name)
    frame.say(_data(row), [f"{name} is refused."], as_json=as_json)


def list_corrections(
    state: Annotated[str, typer.Option(help="filed, accepted, posted or refused.")] = "",
    csv: Annotated[Path | None, typer.Option(help="Write them to this file as CSV.")] = None,
    as_json: Json = False,
) -> None:
    """Every claim, the newest first."""
    from quire.society.distribution import queries

    found = queries.corrections(state)
    columns = ("correction", "work", "run", "kind", "filed", "state", "reason")
    rows = [(o.tid, o.work, o.run, o.kind, o.filed_on, o.state, o.reason) for o in found]
    _csv(csv, columns, rows)
    frame.say([_data(o) for o in found], frame.table("", columns, rows), as_json=as_json)


def show(name: Annotated[str, typer.Argument(metavar="CORRECTION")], as_json: Json = False) -> None:
    """One claim, and what it changes for whom."""
    from quire.society.distribution import queries

    row, changes = queries.correction(name), queries.changes_of(name)
    lines = [
        f"{row.tid}: {row.work} in {row.run}, {row.kind}: {row.reason}",
        f"Filed on {row.filed_on} by {row.filed_by}; claims about this run are taken until {row.until}.",
        f"It is {row.state}{f' by {row.decided_by}' if row.decided_by else ''}."
        + (f" {row.note}" if row.note else ""),
        *_changes(changes),
    ]
    frame.say({**_data(row), "changes": _change_data(changes)}, lines, as_json=as_json)


def debts(
    csv: Annotated[Path | None, typer.Option(help="Write them to this file as CSV.")] = None,
    as_json: Json = False,
) -> None:
    """What is owed for corrections now, by whom and to whom."""
    from quire.core.money import Money, decimal_of
    from quire.society.distribution import queries

    found = queries.debts()
    columns = ("debtor", "creditor", "amount", "since", "work", "correction", "")
    rows = [
        (
            o.debtor,
            o.creditor,
            Money(o.amount, o.currency),
            o.since,
            o.work,
            o.correction,
            "repayable: no member any more" if o.repayable else "",
        )
        for o in found
    ]
    _csv(csv, columns, rows)
    told = [
        {
            "correction": o.correction,
            "work": o.work,
            "debtor": o.debtor,
            "creditor": o.creditor,
            "currency": o.currency,
            "amount": decimal_of(o.amount),
            "since": o.since,
            "repayable": o.repayable,
        }
        for o in found
    ]
    frame.say(told, frame.table("", columns, rows, right=RIGHT), as_json=as_json)


def taken_back(as_json: Json = False) -> None:
    """Usage that a run divided and that was taken back since: nobody has lost anything by it yet."""
    from quire.society.distribution import queries

    found = queries.taken_back()
    columns = ("work", "licence", "from", "until", "use", "requests", "run")
    rows = [(o.work, o.licence, o.starts, o.ends, o.use, o.requests, o.run) for o in found]
    frame.say(
        [dict(zip(columns, row, strict=True)) for row in rows],
        frame.table("", columns, rows, right=("requests",)),
        as_json=as_json,
    )


def _csv(place: Path | None, columns: tuple[str, ...], rows: list[Any]) -> None:
    from quire.society.kit import sheets

    if place is not None:
        place.write_bytes(sheets.table(columns, rows))


def _data(row: Any) -> dict[str, Any]:
    return {
        "correction": row.tid,
        "run": row.run,
        "work": row.work,
        "kind": row.kind,
        "reason": row.reason,
        "filed": row.filed_on,
        "filed_by": row.filed_by,
        "state": row.state,
        "decided_by": row.decided_by,
        "note": row.note,
        "rows": row.rows,
        "until": row.until,
    }


def _changes(found: Any) -> list[str]:
    return [f"  {one.whom}: {frame.money(one.amount, one.currency)}" for one in found]


def _change_data(found: Any) -> list[dict[str, Any]]:
    from quire.core.money import decimal_of

    return [{"whom": one.whom, "currency": one.currency, "amount": decimal_of(one.amount)} for one in found]
