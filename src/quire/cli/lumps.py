"""Lump sums: settlements and deals made once, for a class of works."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from quire.cli import frame
from quire.cli.frame import By, DryRun, Json, Skip
from quire.cli.house import day


def register(app: typer.Typer) -> None:
    """The commands about lump sums."""
    group = typer.Typer(help="Settlements and deals made once, for a class of works.", no_args_is_help=True)
    for verb, function in (
        ("agree", agree),
        ("show", show),
        ("list", list_lumps),
        ("receive", receive),
        ("claim", claim),
        ("import-claims", import_claims),
        ("claims", list_claims),
        ("judge", judge),
        ("import-judgements", import_judgements),
        ("distribute", distribute),
    ):
        frame.command(group, verb)(function)
    app.add_typer(group, name="lumpsums")


def agree(
    file: Path,
    works: Annotated[
        Path | None, typer.Option(help="The class: a URL or an identifier on each line.")
    ] = None,
    by: By = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Record a lump sum as its file has it: payer, amount, class, deadline, reserve, plan."""
    from quire.society.invoicing import actions, queries

    listed = [one.strip() for one in works.read_text().splitlines()] if works else []
    with frame.rehearsal(dry_run):
        made = actions.agree(text=file.read_text(), works=[one for one in listed if one], by=frame.acting(by))
        row = queries.lump(made.name)
    frame.say(_data(row), [*_lines(row)], as_json=as_json)


def show(name: str, as_json: Json = False) -> None:
    """One lump sum: its class, its deadlines, what came in, and its rounds."""
    from quire.core.money import Money
    from quire.society.invoicing import queries

    row = queries.lump(name)
    rounds = queries.rounds(name)
    lines = [
        *_lines(row),
        *(
            f"  {one.made_on}: {Money(one.amount, row.currency)}, {one.kind}, among "
            f"{frame.many(len(one.works), 'work')}."
            for one in rounds
        ),
    ]
    told = [
        {
            "round": one.tid,
            "kind": one.kind,
            "on": one.made_on,
            "works": len(one.works),
            "amount": Money(one.amount, row.currency).decimal(),
        }
        for one in rounds
    ]
    frame.say({**_data(row), "rounds": told}, lines, as_json=as_json)


def list_lumps(as_json: Json = False) -> None:
    """Every lump sum."""
    from quire.core.money import Money
    from quire.society.invoicing import queries

    found = queries.lump_sums()
    rows = [
        (o.name, o.payer, Money(o.amount, o.currency), Money(o.received, o.currency), o.claims_until)
        for o in found
    ]
    columns = ("name", "payer", "amount", "received", "claims until")
    frame.say(
        [_data(o) for o in found],
        frame.table("", columns, rows, right=("amount", "received")),
        as_json=as_json,
    )


def _data(row: Any) -> dict[str, Any]:
    from quire.core.money import decimal_of
    from quire.core.shares import share_text

    return {
        "id": row.tid,
        "name": row.name,
        "payer": row.payer,
        "amount": decimal_of(row.amount),
        "currency": row.currency,
        "uses": list(row.uses),
        "from": row.period.starts,
        "until": row.period.ends,
        "works": row.works,
        "criteria": dict(row.criteria),
        "claims_until": row.claims_until,
        "reserve": share_text(row.reserve),
        "reserve_until": row.reserve_until,
        "plan": row.plan,
        "decision": row.decision,
        "instalments": [{"due_on": on, "amount": decimal_of(amount)} for on, amount in row.instalments],
        "received": decimal_of(row.received),
        "reserve_left": decimal_of(row.reserve_left),
    }


def _lines(row: Any) -> list[str]:
    from quire.core.money import Money
    from quire.core.plan import percent

    amount, received = Money(row.amount, row.currency), Money(row.received, row.currency)
    entitled = frame.many(row.works, "work") if row.works else f"works by criteria {dict(row.criteria)}"
    kept = []
    if row.reserve:
        left = f"; {Money(row.reserve_left, row.currency)} is there" if row.reserve_left else ""
        kept.append(f"{percent(row.reserve)} is kept for late claims until {row.reserve_until}{left}.")
    return [
        f"{row.name} ({row.tid}): {amount} from {row.payer} for {row.about}",
        f"The class: {entitled}, {row.period}. Claims until {row.claims_until}; divided by {row.plan}.",
        *kept,
        f"{received} has come in, of {frame.many(len(row.instalments), 'instalment')}.",
    ]


def receive(
    name: str,
    amount: str,
    received: Annotated[str, typer.Option(help="The day it came in.")],
    reference: Annotated[str, typer.Option(help="The bank's reference; a receipt is booked once.")],
    by: By = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Book money that the payer paid."""
    from quire.core.money import Money
    from quire.society.invoicing import actions, queries

    with frame.rehearsal(dry_run):
        row = queries.lump(name)
        booked = actions.record_receipt(
            licence=name, period=row.period, amount=amount, received_on=day(received), reference=reference,
            by=frame.acting(by),
        )  # fmt: skip
    money = Money(booked.amount, booked.currency)
    frame.say(
        {"receipt": booked.tid, "amount": money.decimal(), "currency": money.currency},
        [f"{money} booked for {name}: {booked.tid}."],
        as_json=as_json,
    )


def claim(
    name: str,
    work: Annotated[str, typer.Option(help="Its URL or identifier.")],
    note: Annotated[str, typer.Option(help="What shows that it is in the class.")] = "",
    by: By = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Claim, for its member, that a work is in the class."""
    from quire.society.invoicing import actions

    with frame.rehearsal(dry_run):
        made = actions.claim(name, work=work, note=note, by=frame.acting(by))
    late = ", late: it is paid from the reserve" if made.late else ""
    frame.say(
        {"claim": made.tid, "work": work, "late": made.late},
        [f"{work} is claimed for {name}{late}: {made.tid}."],
        as_json=as_json,
    )


def import_claims(
    name: str,
    file: Path,
    by: By = "",
    skip_refused: Skip = False,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Claims from CSV or JSON: work, note."""
    from quire.society.invoicing import actions

    taken = actions.import_claims(name, file, by=frame.acting(by), skip_refused=skip_refused, dry_run=dry_run)
    frame.say_taken(taken, "claim", dry_run=dry_run, as_json=as_json)


def list_claims(name: str, as_json: Json = False) -> None:
    """The claims on a lump sum, and what was decided."""
    from quire.society.invoicing import queries

    found = queries.claims(name)
    rows = [
        (
            o.made_on,
            o.member,
            o.key,
            "late" if o.late else "",
            {None: "waits", True: "accepted", False: "refused"}[o.accepted],
            o.reason,
        )
        for o in found
    ]
    columns = ("made", "member", "work", "", "decision", "reason")
    data = [
        {
            "claim": o.tid,
            "work": o.key,
            "member": o.member,
            "made": o.made_on,
            "late": o.late,
            "accepted": o.accepted,
            "reason": o.reason,
        }
        for o in found
    ]
    frame.say(data, frame.table("", columns, rows), as_json=as_json)


def judge(
    name: str,
    work: Annotated[str, typer.Option(help="Its URL or identifier.")],
    reason: Annotated[str, typer.Option(help="Why; the member will read it.")],
    accept: Annotated[bool, typer.Option("--accept/--refuse", help="What is decided.")],
    by: By = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Accept or refuse a claim."""
    from quire.society.invoicing import actions

    with frame.rehearsal(dry_run):
        made = actions.judge(name, work=work, accept=accept, reason=reason, by=frame.acting(by))
    said = "accepted" if made.accepted else "refused"
    frame.say(
        {"claim": made.claim.tid, "accepted": made.accepted, "reason": made.reason},
        [f"The claim on {work} is {said}: {made.reason}"],
        as_json=as_json,
    )


def import_judgements(
    name: str,
    file: Path,
    by: By = "",
    skip_refused: Skip = False,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Decisions from CSV or JSON: work, decision (accepted or refused), reason."""
    from quire.society.invoicing import actions

    taken = actions.import_judgements(
        name, file, by=frame.acting(by), skip_refused=skip_refused, dry_run=dry_run
    )
    frame.say_taken(taken, "decision", dry_run=dry_run, as_json=as_json)


def distribute(name: str, by: By = "", dry_run: DryRun = False, as_json: Json = False) -> None:
    """Open the run of what is to be paid next, and work it until somebody else has to approve it."""
    from quire.society.distribution import actions

    who = frame.acting(by)
    with frame.rehearsal(dry_run):
        run = actions.open_lump_run(name, by=who)
    if not dry_run:
        run = actions.work(run, by=who)
    frame.say(
        {"run": run.tid, "state": run.state},
        [f"The run {run.tid} of {name} is {run.state}: quire distribution show {run.tid}."],
        as_json=as_json,
    )
