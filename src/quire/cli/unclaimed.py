"""Money whose owner nobody knows: listed, matched, disposed of."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from quire.cli import frame
from quire.cli.awards import share_of
from quire.cli.disputes import print_csv
from quire.cli.frame import By, DryRun, Json

_Id = Annotated[str, typer.Argument(metavar="DISPOSAL", help="The disposal's id, dps_…, or latest.")]


def register(app: typer.Typer) -> None:
    """The commands of unclaimed money."""
    group = typer.Typer(
        help="Money whose owner nobody knows: listed, matched, disposed of.", no_args_is_help=True
    )
    for verb, function in (
        ("list", list_items),
        ("publish", publish),
        ("claims", claims),
        ("accept", accept),
        ("refuse", refuse),
        ("match", match),
        ("dispose", dispose),
        ("approve", approve),
        ("withdraw", withdraw),
        ("honour", honour),
        ("report", report),
    ):
        frame.command(group, verb)(function)
    app.add_typer(group, name="unclaimed")


def list_items(
    search: Annotated[str, typer.Option(help="Words: of work, title, class, use, territory, period …")] = "",
    as_csv: Annotated[bool, typer.Option("--csv", help="As CSV.")] = False,
    as_json: Json = False,
) -> None:
    """What is unclaimed, by work, class of right, use and pot; and from when it may be disposed of."""
    from quire.society.unclaimed import queries

    found = queries.search(search)
    if as_csv:
        print_csv([one.as_json() for one in found])
        return
    rows = [
        (
            frame.money(one.amount, one.currency), one.role, one.work or one.share, one.period, one.territory,
            one.dates.disposable, one.tid,
        )
        for one in found
    ]  # fmt: skip
    columns = ("amount", "class", "work", "period", "territory", "disposable from", "item")
    frame.say(
        [one.as_json() for one in found],
        frame.table("", columns, rows, right=("amount",)),
        as_json=as_json,
    )


def claims(
    all_: Annotated[bool, typer.Option("--all", help="Those decided as well.")] = False,
    as_json: Json = False,
) -> None:
    """What parties have claimed of it, with their evidence."""
    from quire.society.kit.paging import Asked
    from quire.society.unclaimed import queries

    found = list(queries.claims_list().every(Asked(filters={} if all_ else {"state": "open"})))
    told = [
        {"claim": one.tid, "party": one.party, "work": one.work, "class": one.role, "evidence": one.evidence,
         "state": one.state, "filed": str(one.filed_on), "note": one.note}
        for one in found
    ]  # fmt: skip
    rows = [(one.tid, one.party, one.work, one.role, one.state, one.filed_on, one.evidence) for one in found]
    columns = ("claim", "party", "work", "class", "state", "filed", "evidence")
    frame.say(told, frame.table("", columns, rows), as_json=as_json)


def accept(
    claim: Annotated[str, typer.Argument(metavar="CLAIM", help="Its id, clm_….")],
    note: Annotated[str, typer.Option(help="For the record.")] = "",
    amend: Annotated[bool, typer.Option("--amend/--no-amend", help="Register the owner, too.")] = True,
    by: By = "",
    as_json: Json = False,
) -> None:
    """It is theirs: what is unclaimed is paid to the claimant."""
    from quire.society.unclaimed import actions

    made = actions.accept_claim(claim=claim, note=note, amend=amend, by=frame.acting(by))
    told = f"{made.tid} is accepted: {made.party.code} is credited with what was unclaimed as {made.role}."
    frame.say({"claim": made.tid, "state": made.state}, [told], as_json=as_json)


def refuse(
    claim: Annotated[str, typer.Argument(metavar="CLAIM", help="Its id, clm_….")],
    note: Annotated[str, typer.Option(help="Why; the claimant reads it.")],
    by: By = "",
    as_json: Json = False,
) -> None:
    """It is not theirs, and why."""
    from quire.society.unclaimed import actions

    made = actions.refuse_claim(claim=claim, note=note, by=frame.acting(by))
    frame.say({"claim": made.tid, "state": made.state}, [f"{made.tid} is refused."], as_json=as_json)


def publish(by: By = "", as_json: Json = False) -> None:
    """Write the public list, so that whoever owns it finds it."""
    from quire.society.unclaimed import actions

    path, count = actions.publish(by=frame.acting(by))
    told = f"{frame.many(count, 'item')} in {path}."
    frame.say({"file": str(path), "items": count}, [told], as_json=as_json)


def match(
    party: Annotated[
        list[str], typer.Option(help="Whose it is, and which share: reef=1/2; again for others.")
    ],
    evidence: Annotated[str, typer.Option(help="What shows it; it stays on record.")],
    item: Annotated[str, typer.Argument(help="One item, by its id.")] = "",
    work: Annotated[str, typer.Option(help="Or all of a work: URL or identifier.")] = "",
    role: Annotated[str, typer.Option("--class", help="Of the work this class of right alone.")] = "",
    amend: Annotated[bool, typer.Option("--amend", help="Register them as owners, too.")] = False,
    starts: Annotated[str, typer.Option("--from", help="Registered from which day; else from ever.")] = "",
    by: By = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Pay unclaimed money to those who were found to own it, with its history."""
    from quire.cli.house import day
    from quire.society.unclaimed import actions

    with frame.rehearsal(dry_run):
        made = actions.match(
            shares=dict(map(share_of, party)), evidence=evidence, item=item, work=work, role=role,
            amend=amend, amend_from=day(starts) if starts else None, by=frame.acting(by),
        )  # fmt: skip
        paid = _paid(made)
    _say_paid(made, paid, as_json)


def honour(
    work: Annotated[str, typer.Option(help="URL or identifier.")],
    party: Annotated[
        list[str], typer.Option(help="Whose it was, and which share: reef=1/2; again for others.")
    ],
    evidence: Annotated[str, typer.Option(help="What shows it; it stays on record.")],
    decision: Annotated[str, typer.Option(help="The decision by which it is honoured.")],
    by: By = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Pay what has been disposed of to whoever comes late, as far as the reserve reaches."""
    from quire.society.unclaimed import actions

    with frame.rehearsal(dry_run):
        made = actions.honour(
            work=work, shares=dict(map(share_of, party)), evidence=evidence, decision=decision,
            by=frame.acting(by),
        )  # fmt: skip
        paid = _paid([made])
    _say_paid([made], paid, as_json)


def _paid(made: list[Any]) -> list[tuple[str, Any]]:
    """Each party's code with what it got."""
    from quire.society.distribution import queries as distribution
    from quire.society.parties import queries as parties

    given = [one for match in made for one in distribution.awards_of(award=match.award_id) if one.party]
    names = parties.names({one.party for one in given if one.party})
    return [(names[one.party].code, one) for one in given if one.party]


def _say_paid(made: list[Any], paid: list[tuple[str, Any]], as_json: bool) -> None:
    from quire.core.money import decimal_of

    told = [
        {
            "party": code, "class": one.role, "run": one.run, "period": f"{one.starts}..{one.ends}",
            "currency": one.currency, "amount": decimal_of(one.amount),
        }
        for code, one in paid
    ]  # fmt: skip
    lines = [
        f"{frame.money(one.amount, one.currency)} to {code} as {one.role}, of {one.run}" for code, one in paid
    ]
    frame.say({"matches": [one.tid for one in made], "paid": told}, lines, as_json=as_json)


def dispose(
    decision: Annotated[str, typer.Option(help="The members' decision.")],
    way: Annotated[str, typer.Option("--as", help="class, class-equally, country or fund:NAME.")],
    year: Annotated[int, typer.Option(help="Collected in this year or before; else all that may be.")] = 0,
    reserve: Annotated[str, typer.Option(help="The part that stays back for later claims, as 10%.")] = "0",
    by: By = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Prepare to dispose of what is unclaimed for longer than the law asks; another person approves it."""
    from quire.core.money import decimal_of
    from quire.core.shares import parse_share
    from quire.society.unclaimed import actions

    with frame.rehearsal(dry_run):
        made, plan = actions.prepare(
            way=way, decision=decision, year=year or None, reserve=parse_share(reserve), by=frame.acting(by)
        )
    sums: dict[tuple[str, str, str], int] = {}
    for one in plan.parts:
        place = (one.role, one.to or "its class", one.currency)
        sums[place] = sums.get(place, 0) + one.amount
    rows = [
        {"class": role, "to": to, "currency": currency, "amount": decimal_of(amount)}
        for (role, to, currency), amount in sorted(sums.items())
    ]
    lines = [f"{made.tid} is prepared: {frame.many(len(plan.lines), 'line')}. Another person approves it."]
    lines += [
        f"  {frame.money(amount, currency)} of {role or 'no class'} to {to}"
        for (role, to, currency), amount in sorted(sums.items())
    ]
    lines += (
        [f"  {frame.many(len(plan.left), 'item')} stay: nobody of the class earned."] if plan.left else []
    )
    frame.say(
        {"disposal": made.tid, "parts": rows, "left": [one.tid for one in plan.left]}, lines, as_json=as_json
    )


def approve(name: _Id, by: By = "", dry_run: DryRun = False, as_json: Json = False) -> None:
    """Do what another person prepared."""
    from quire.society.unclaimed import actions
    from quire.society.unclaimed import report as reports

    with frame.rehearsal(dry_run):
        found = reports.report(actions.approve(disposal=name, by=frame.acting(by)))
    frame.say(found.as_json(), [f"{name} is done.", f"  {found.sentence()}"], as_json=as_json)


def withdraw(name: _Id, by: By = "", as_json: Json = False) -> None:
    """Drop what was prepared."""
    from quire.society.unclaimed import actions

    made = actions.withdraw(disposal=name, by=frame.acting(by))
    frame.say({"disposal": made.tid, "state": made.state}, [f"{name} is withdrawn."], as_json=as_json)


def report(
    name: Annotated[str, typer.Argument(metavar="DISPOSAL", help="One disposal; else every one.")] = "",
    as_json: Json = False,
) -> None:
    """Who gained by disposals: by class of right, and by size."""
    from quire.society.unclaimed import queries
    from quire.society.unclaimed import report as reports

    found = [reports.report(one) for one in ([name] if name else queries.disposals())]
    lines = [line for one in found for line in _report_lines(one)] or ["Nothing has been disposed of."]
    frame.say([one.as_json() for one in found], lines, as_json=as_json)


def _report_lines(found: Any) -> list[str]:
    made = found.disposal
    lines = [f"{made.tid} ({made.state}, {made.way}): {made.decision}"]
    for row in found.classes:
        funds = "".join(f"; {frame.money(n, row.currency)} to {name}" for name, n in row.funds.items())
        lines.append(
            f"  {row.role or 'no class'}: {frame.money(row.unclaimed, row.currency)} unclaimed; "
            f"{frame.money(row.same, row.currency)} to {frame.many(row.parties, 'party')} of it{funds}"
        )
    lines += [
        f"  {one.band}: {frame.money(one.gained, one.currency)} to {frame.many(one.parties, 'party')}"
        for one in found.bands
        if one.parties
    ]
    return [*lines, f"  {found.sentence()}"] if made.award_id else lines
