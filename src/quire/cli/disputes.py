"""Disputes about works: from a claim to its end."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from quire.cli import frame
from quire.cli.frame import By, DryRun, Json

_Id = Annotated[str, typer.Argument(metavar="DISPUTE", help="The dispute's id, dsp_…, or latest.")]
_Shares = Annotated[str, typer.Option(help="All owners: party:role:share, semicolons between them.")]
_Text = Annotated[str, typer.Option(help="A sentence for the record.")]
_Title = Annotated[str, typer.Option(help="What the document is.")]
_From = Annotated[str, typer.Option("--from", help="From which day; by default the day that was claimed.")]


def register(app: typer.Typer) -> None:
    """The commands of disputes."""
    group = typer.Typer(help="Disputes about works: what is claimed, held, decided.", no_args_is_help=True)
    for verb, function in (
        ("file", file),
        ("document", document),
        ("answer", answer),
        ("settle", settle),
        ("decide", decide),
        ("withdraw", withdraw),
        ("tick", tick),
        ("list", list_disputes),
        ("show", show),
    ):
        frame.command(group, verb)(function)
    app.add_typer(group, name="disputes")


def _day(text: str) -> date | None:
    from quire.cli.house import day

    return day(text) if text else None


def _say(dispute: Any, as_json: bool) -> None:
    from quire.society.disputes import queries

    row = queries.row(dispute.tid)
    frame.say(row.as_json(), _lines(row), as_json=as_json)


def _lines(row: Any) -> list[str]:
    held = ", ".join(frame.money(one.quanta, one.currency) for one in row.held) or "nothing"
    due = f"; due by {row.due}" if row.due else ""
    lines = [f"{row.tid}: {row.claimant} on {row.work} ({row.kind}) is {row.state}{due}."]
    lines += [f"  {part} of what {code} has is held" for code, part in row.respondents if not row.ended_on]
    lines += [f"  held now: {held}"] if row.respondents and not row.ended_on else []
    return lines + ([f"  {row.outcome}"] if row.outcome else [])


def file(
    kind: Annotated[str, typer.Option(help="authorship, share, ownership, tier or classification.")],
    work: Annotated[str, typer.Option(help="URL or identifier.")],
    claimant: Annotated[str, typer.Option(help="Whose claim it is, by code.")],
    reason: Annotated[str, typer.Option(help="What is claimed and why; the other side reads it.")],
    shares: _Shares = "",
    since: Annotated[str, typer.Option(help="The day of use from which it is claimed; else always.")] = "",
    wanted: Annotated[str, typer.Option(help="The tier or type that the work should have.")] = "",
    by: By = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Put a claim on record."""
    from quire.society.disputes import actions

    with frame.rehearsal(dry_run):
        made = actions.file_dispute(
            kind=kind, work=work, claimant=claimant, reason=reason, shares=shares, since=_day(since),
            wanted=wanted, by=frame.acting(by),
        )  # fmt: skip
        _say(made, as_json)


def document(
    name: _Id,
    path: Annotated[Path, typer.Argument(metavar="FILE")],
    title: _Title,
    party: Annotated[str, typer.Option(help="Whose further document it is; else the claimant's first.")] = "",
    by: By = "",
    as_json: Json = False,
) -> None:
    """The claimant's document: what is in dispute is held from today. Or a further one of either side."""
    from quire.society.disputes import actions

    if party:
        made = actions.add_document(dispute=name, party=party, title=title, path=path, by=frame.acting(by))
    else:
        made = actions.document(dispute=name, title=title, path=path, by=frame.acting(by))
    _say(made.dispute, as_json)


def answer(
    name: _Id,
    path: Annotated[Path, typer.Argument(metavar="FILE")],
    party: Annotated[str, typer.Option(help="Who answers, by code.")],
    title: _Title,
    by: By = "",
    as_json: Json = False,
) -> None:
    """A respondent's document: both sides are documented now."""
    from quire.society.disputes import actions

    made = actions.answer(dispute=name, party=party, title=title, path=path, by=frame.acting(by))
    _say(made.dispute, as_json)


def settle(
    name: _Id,
    shares: _Shares,
    text: _Text,
    starts: _From = "",
    by: By = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """The sides have agreed: register these shares, and release what was held by them."""
    from quire.society.disputes import actions

    with frame.rehearsal(dry_run):
        made = actions.settle(
            dispute=name, shares=shares, text=text, starts=_day(starts), by=frame.acting(by)
        )
        _say(made, as_json)


def decide(
    name: _Id,
    who: Annotated[str, typer.Option(help="Who decided: the committee, a court, an arbitrator.")],
    text: _Text,
    shares: _Shares = "",
    wanted: Annotated[str, typer.Option(help="The tier or type that was decided.")] = "",
    starts: _From = "",
    by: By = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Somebody has decided: register these shares, or this tier or type, and release what was held."""
    from quire.society.disputes import actions

    with frame.rehearsal(dry_run):
        made = actions.decide(
            dispute=name, who=who, text=text, shares=shares, wanted=wanted, starts=_day(starts),
            by=frame.acting(by),
        )  # fmt: skip
        _say(made, as_json)


def withdraw(name: _Id, text: _Text, by: By = "", dry_run: DryRun = False, as_json: Json = False) -> None:
    """The claimant gives up: what was held goes back."""
    from quire.society.disputes import actions

    with frame.rehearsal(dry_run):
        _say(actions.withdraw(dispute=name, text=text, by=frame.acting(by)), as_json)


def tick(
    on: Annotated[str, typer.Option(help="As of which day; today if left out.")] = "",
    by: By = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Move on every dispute whose time has run out. Run it daily; again does nothing."""
    from quire.society.disputes import actions, queries

    with frame.rehearsal(dry_run):
        moved = actions.tick(on=_day(on), by=frame.acting(by))
        stays = [one.tid for one in queries.rows(on=_day(on)) if one.left is not None and one.left < 0]
    lines = [f"{one.tid} is {one.state}: {one.outcome}" for one in moved] or ["No time has run out."]
    lines += [
        f"{tid} is overdue and cannot move now: a run is under way, or the work changed." for tid in stays
    ]
    frame.say([{"dispute": one.tid, "state": one.state} for one in moved], lines, as_json=as_json)


def list_disputes(
    ended: Annotated[bool, typer.Option("--all", help="Those that have ended too.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="As CSV.")] = False,
    as_json: Json = False,
) -> None:
    """The queue: what holds most money first, then what is due first."""
    from quire.society.disputes import queries

    found = queries.rows(all_=ended)
    if as_csv:
        print_csv([_flat(one) for one in found])
        return
    rows = [
        (
            ", ".join(frame.money(m.quanta, m.currency) for m in one.held), one.left if one.due else "",
            one.state, one.kind, one.claimant, one.work, one.tid,
        )
        for one in found
    ]  # fmt: skip
    columns = ("held", "days left", "state", "kind", "claimant", "work", "dispute")
    frame.say(
        [one.as_json() for one in found],
        frame.table("", columns, rows, right=("held", "days left")),
        as_json=as_json,
    )


def print_csv(rows: list[dict[str, Any]]) -> None:
    """Rows that have the same columns, as CSV."""
    from quire.society.kit import sheets

    cells = [["" if value is None else value for value in row.values()] for row in rows]
    data = sheets.table(list(rows[0]) if rows else [], cells)
    typer.echo(data.decode(), nl=False)


def _flat(row: Any) -> dict[str, Any]:
    told = row.as_json()
    return {
        **told,
        "respondents": " ".join(f"{one['party']}={one['held part']}" for one in told["respondents"]),
        "held": " ".join(f"{amount} {currency}" for currency, amount in told["held"].items()),
    }


def show(name: _Id, as_json: Json = False) -> None:
    """A dispute with its story and its documents."""
    from quire.core.shares import share_text
    from quire.society.disputes import queries

    found = queries.find(name)
    row, story, papers = queries.row(found), queries.story(found), queries.documents(found)
    stated = {
        what: [[party, role, share_text(share)] for party, role, share in queries.stated(found, what)]
        for what in ("present", "claimed", "final")
        if found.shares.filter(what=what).exists()
    }
    data = {
        **row.as_json(),
        "shares": stated,
        "story": [{"on": day.isoformat(), "text": text} for day, text in story],
        "documents": [
            dict(zip(("on", "party", "title", "digest"), map(str, one), strict=True)) for one in papers
        ],
    }
    lines = [*_lines(row), *(f"  {day}  {text}" for day, text in story)]
    lines += [f"  {what}: " + "; ".join(":".join(one) for one in owned) for what, owned in stated.items()]
    frame.say(data, lines, as_json=as_json)
