"""Plans, runs, holds, statements."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from quire.cli import frame, plans, weighings
from quire.cli.awards import share_of, statements_awards
from quire.cli.frame import By, DryRun, Json
from quire.cli.house import day
from quire.cli.proving import statements_pdf, statements_proof
from quire.cli.replay import replay


def register(app: typer.Typer) -> None:
    """The commands of a distribution."""
    weighings.register(app)
    for name, help_, commands in (
        (
            "plan",
            "Distribution plans: the rules that members adopt.",
            (
                ("adopt", plan_adopt),
                ("check", plans.check),
                ("explain", plans.explain),
                ("list", plan_list),
                ("replay", replay),
            ),
        ),
        (
            "distribution",
            "Runs: from receipts to lines, with a second person's approval.",
            (
                ("run", run),
                ("forecast", forecast),
                ("approve", approve),
                ("cancel", cancel),
                ("show", show),
                ("list", list_runs),
            ),
        ),
        (
            "hold",
            "Hold what a work or a party earns.",
            (("place", hold_place), ("release", hold_release), ("list", hold_list)),
        ),
        (
            "statements",
            "Who got what, and why.",
            (
                ("write", statements_write),
                ("pdf", statements_pdf),
                ("proof", statements_proof),
                ("awards", statements_awards),
            ),
        ),
    ):
        group = typer.Typer(help=help_, no_args_is_help=True)
        for verb, function in commands:
            frame.command(group, verb)(function)
        app.add_typer(group, name=name)


plan_text = plans.text_of


def plan_adopt(
    file: Annotated[str, typer.Argument(help="A TOML file, or per-usage, tiered, hybrid.")],
    starts: Annotated[str, typer.Option("--from", help="In force from this date.")],
    decision: Annotated[str, typer.Option(help="Who decided, and when.")],
    by_name: Annotated[
        bool,
        typer.Option(
            "--by-name", help="Only for runs that name it, as a lump sum's; the plan in force stays."
        ),
    ] = False,
    by: By = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Put a plan in force."""
    from quire.society.distribution import actions

    with frame.rehearsal(dry_run):
        adopted = actions.adopt_plan(
            text=plan_text(file), starts=day(starts), decision=decision, by_name=by_name, by=frame.acting(by)
        )
    goes = "is for runs that name it, from" if by_name else "is in force from"
    frame.say(
        {"plan": adopted.tid, "name": adopted.name, "digest": adopted.digest},
        [f"The plan “{adopted.name}” {goes} {starts}: {decision}."],
        as_json=as_json,
    )


def plan_list(as_json: Json = False) -> None:
    """Plans adopted, and which of them is in force today."""
    from quire.society.distribution import queries
    from quire.society.kit import clock

    found, today = queries.plans(), clock.today()
    begun = [one for one in found if one.starts <= today and not one.by_name]

    def state(one: Any) -> str:
        if one.by_name:
            return "for runs that name it"
        if one.starts > today:
            return "from its day"
        return "in force" if one is begun[-1] else "before"

    frame.say(
        [
            {"name": o.name, "from": o.starts, "state": state(o), "decision": o.decision, "digest": o.digest}
            for o in found
        ],
        frame.table(
            "",
            ("plan", "from", "", "decision"),
            [(o.name, o.starts, state(o), o.decision) for o in found],
        ),
        as_json=as_json,
    )


def run(
    period: Annotated[str, typer.Option(help="2026-01, 2026-Q1, 2026 or 2026-01-01..2026-02-01.")],
    plan: Annotated[str, typer.Option(help="A plan's name; the one in force if left out.")] = "",
    by: By = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Distribute a period: open or resume its run and take it as far as it goes without another person."""
    from quire.society.distribution import actions, queries
    from quire.society.kit import periods

    user, span = frame.acting(by), periods.parse(period)
    if dry_run:
        _say_forecast(actions.forecast(period=span, by=user, plan=plan), as_json)
        return
    found = queries.unfinished(span) or actions.open_run(period=span, by=user, plan=plan)
    found = _work(found, user, as_json)
    _say_run(queries.row(found), as_json)


def _work(found: Any, user: Any, as_json: bool) -> Any:
    """As far as it goes without another person; says what it is doing, and what is left, unless a program
    reads."""
    from quire.society.distribution import actions, progress

    if as_json:
        return actions.work(found, by=user)
    told = progress.Teller(lambda text: frame.err.print(f"{found.tid}: {text}", markup=False))
    return actions.work(found, by=user, tell=told.stage, count=told.count)


def forecast(
    period: Annotated[str, typer.Option(help="2026-01, 2026-Q1, 2026 or 2026-01-01..2026-02-01.")],
    plan: Annotated[str, typer.Option(help="A plan's name; the one in force if left out.")] = "",
    by: By = "",
    as_json: Json = False,
) -> None:
    """What a run would give: the same code, and nothing kept."""
    from quire.society.distribution import actions
    from quire.society.kit import periods

    _say_forecast(actions.forecast(period=periods.parse(period), by=frame.acting(by), plan=plan), as_json)


def _say_forecast(told: Any, as_json: bool) -> None:
    lines = [
        f"Forecast for {told.period} by the plan “{told.plan}”; nothing was written.",
        *_review(told.review),
    ]
    frame.say({"period": str(told.period), "plan": told.plan, "review": told.review}, lines, as_json=as_json)


def _review(review: dict[str, Any]) -> list[str]:
    lines = [f"  {told_sums(sums, currency)}" for currency, sums in review.get("currencies", {}).items()]
    return [*lines, *(f"  ! {notice}" for notice in review.get("notices", []))]


def told_sums(sums: dict[str, Any], currency: str) -> str:
    """``1,000.00 EUR came in: 850.00 EUR to 3 payees, 150.00 EUR deducted.``"""
    from quire.core.money import quanta_of

    words = {"allocated": f"to {frame.many(sums['payees'], 'payee')}", "deducted": "deducted", "held": "held",
             "unclaimed": "unclaimed", "fund": "to funds"}  # fmt: skip
    parts = [
        f"{frame.money(quanta_of(sums[name]), currency)} {told}"
        for name, told in words.items()
        if quanta_of(sums.get(name, "0"))
    ]
    received = frame.money(quanta_of(sums["received"]), currency)
    return f"{received} came in: {', '.join(parts) or 'nothing to divide'}."


def _say_run(row: Any, as_json: bool) -> None:
    nexts = {
        "reviewed": f"It waits for a second person: quire distribution approve {row.tid} --by NAME",
        "closed": f"Its bundle: {row.bundle}",
        "cancelled": "It was given up.",
    }
    lines = [
        f"{row.tid}, {row.period}, plan “{row.plan}”: {row.state}.",
        *_review(row.review),
        nexts.get(row.state, f"Go on: quire distribution run --period {row.period}"),
    ]
    frame.say(
        {
            "run": row.tid,
            "period": str(row.period),
            "plan": row.plan,
            "state": row.state,
            "review": row.review,
            "prepared_by": row.prepared_by,
            "approved_by": row.approved_by,
            "bundle": str(row.bundle) if row.state == "closed" else None,
        },
        lines,
        as_json=as_json,
    )


def approve(
    name: Annotated[str, typer.Argument(metavar="RUN", help="The run's id, or latest.")],
    by: By = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Approve a reviewed run that somebody else prepared; it is then posted and published."""
    from quire.society.distribution import actions, queries

    user, found = frame.acting(by), queries.find(name)
    if found.state == "reviewed":
        actions.approve(found, by=user)
    found = _work(found, user, as_json)
    _say_run(queries.row(found), as_json)


def cancel(
    name: Annotated[str, typer.Argument(metavar="RUN")],
    reason: Annotated[str, typer.Option(help="Why it is given up, for the record.")],
    by: By = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Give up a run that is not approved; its receipts wait for another."""
    from quire.society.distribution import actions, queries

    found = queries.find(name)
    actions.cancel(found, reason=reason, by=frame.acting(by))
    found.refresh_from_db()
    _say_run(queries.row(found), as_json)


def show(name: Annotated[str, typer.Argument(metavar="RUN")] = "latest", as_json: Json = False) -> None:
    """One run: its stage, sums and notices."""
    from quire.society.distribution import queries

    _say_run(queries.row(queries.find(name)), as_json)


def list_runs(as_json: Json = False) -> None:
    """Every run."""
    from quire.society.distribution import queries

    found = queries.runs()
    rows = [(o.period, o.plan, o.state, o.prepared_by, o.approved_by, o.tid) for o in found]
    frame.say(
        [{"run": o.tid, "period": str(o.period), "plan": o.plan, "state": o.state} for o in found],
        frame.table("", ("period", "plan", "state", "prepared by", "approved by", "run"), rows),
        as_json=as_json,
    )


def hold_place(
    reason: Annotated[str, typer.Option(help="Why it is held, for the record.")],
    work: Annotated[str, typer.Option(help="URL or identifier.")] = "",
    party: Annotated[str, typer.Option(help="A party's code.")] = "",
    part: Annotated[str, typer.Option(help="Of a party's share of a work: which part, such as 1/2.")] = "1",
    since: Annotated[str, typer.Option(help="Of a party's share of a work: use from this day on.")] = "",
    by: By = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """From now on, hold what a work or a party earns; of both, what that party owns of that work."""
    from quire.core.shares import parse_share
    from quire.society.distribution import actions

    with frame.rehearsal(dry_run):
        placed = actions.place_hold(
            reason=reason, work=work, party=party, part=parse_share(part),
            since=day(since) if since else None, by=frame.acting(by),
        )  # fmt: skip
    told = " of ".join(name for name in (party, work) if name)
    frame.say({"hold": placed.tid}, [f"{told} is on hold: {placed.tid}."], as_json=as_json)


def hold_release(
    name: Annotated[str, typer.Argument(metavar="HOLD")],
    to: Annotated[
        list[str] | None, typer.Option(help="Of a party's share of a work: to whom instead, as reef=1/2.")
    ] = None,
    by: By = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """End a hold; what it held goes to the balances of those who earned it, or to whom it is awarded."""
    from quire.society.distribution import actions

    with frame.rehearsal(dry_run):
        count = actions.release_hold(name, to=dict(map(share_of, to or [])), by=frame.acting(by))
    told = f"{name} is released, with {frame.many(count, 'line')}."
    frame.say({"hold": name, "lines": count}, [told], as_json=as_json)


def hold_list(as_json: Json = False) -> None:
    """Holds, the standing ones first."""
    from quire.society.distribution import queries

    found = queries.holds()
    rows = [(o.of, str(o.part), o.reason, o.starts, o.released, o.tid) for o in found]
    columns = ("of", "part", "reason", "from", "released", "id")
    frame.say(
        [dict(zip(columns, row, strict=True)) for row in rows],
        frame.table("", columns, [[cell or "" for cell in row] for row in rows]),
        as_json=as_json,
    )


def statements_write(
    name: Annotated[str, typer.Argument(metavar="RUN")] = "latest", as_json: Json = False
) -> None:
    """Write the statement of every payee of a closed run, as JSON, CSV and a printable page."""
    from quire.society.distribution import queries
    from quire.society.statements import actions

    found = queries.find(name)
    with frame.progress("statements") as update:
        folder, count = actions.write(found, progress=update)
    told = f"{frame.many(count, 'statement')} under {folder}."
    frame.say({"folder": str(folder), "statements": count}, [told], as_json=as_json)
