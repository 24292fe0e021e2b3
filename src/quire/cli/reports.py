"""What labs report themselves, and how it compares with what the sites counted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from quire.cli import frame
from quire.cli.frame import Json

_RIGHT = ("site", "lab", "matched", "only site", "only lab", "difference", "requests")
_SHOWN = 1000
"""Records of a list that are shown to a person at most; a file has them all."""


def register(app: typer.Typer) -> None:
    """The commands of labs' reports."""
    group = typer.Typer(help="Labs' own reports, held against the sites' counts.", no_args_is_help=True)
    for verb, function in (("list", reports_list), ("reconcile", reports_reconcile)):
        frame.command(group, verb)(function)
    app.add_typer(group, name="reports")


def reports_list(as_json: Json = False) -> None:
    """What each client of a licensee reported, and how much of it was refused."""
    from dataclasses import asdict

    from quire.society.usage import queries

    found = queries.reports()
    columns = ("licensee", "client", "reports", "last", "taken", "again", "refused", "reasons")
    rows = [
        (one.licensee, one.client, f"{one.reports:,}", f"{one.last:%Y-%m-%d %H:%M}", f"{one.taken:,}",
         f"{one.again:,}", f"{one.refused:,}", ", ".join(f"{n:,} {code}" for code, n in one.reasons.items()))
        for one in found
    ]  # fmt: skip
    frame.say(
        [asdict(one) for one in found],
        frame.table("", columns, rows, right=("reports", "taken", "again", "refused")),
        as_json=as_json,
    )


def reports_reconcile(
    period: Annotated[str, typer.Option(help="2026-11, 2026-Q4, 2026 or two days with .. between.")],
    licence: Annotated[str, typer.Option(help="Only this licence, by its code or id.")] = "",
    side: Annotated[str, typer.Option("--list", help="Each record of only-site or only-lab instead.")] = "",
    csv: Annotated[Path | None, typer.Option(help="Write the table to this file, as CSV.")] = None,
    as_json: Json = False,
) -> None:
    """Compare what the sites counted with what labs reported, by licence and day.

    Where the sites know only how many there were (from a log), it is compared by count.
    """
    from quire.society.kit import periods

    span = periods.parse(period)
    if side:
        _list(span, licence, side, csv, as_json)
        return
    from quire.society.usage import queries

    found = queries.reconcile(span.starts, span.ends, licence)
    columns = ("licensee", "licence", "day", "compared by", "site", "lab", "matched", "only site", "only lab",
               "difference")  # fmt: skip
    rows = [_row(one) for one in found.lines]
    data = {
        "period": str(span),
        "lines": [_plain(columns, row) for row in rows],
        "totals": [_plain(columns, _row(one)) | {"day": None} for one in found.totals()],
        "sentences": list(found.sentences()),
    }
    if csv is not None:
        _write(csv, columns, rows)
        frame.say(data, [*found.sentences(), f"{frame.many(len(rows), 'line')} in {csv}."], as_json=as_json)
        return
    if as_json:
        frame.say(data, (), as_json=True)
        return
    if rows:
        shown = [[f"{cell:,}" if isinstance(cell, int) else cell for cell in row] for row in rows]
        frame.say(None, frame.table("", columns, shown, right=_RIGHT), as_json=False)
    frame.say(None, found.sentences() or [f"Nothing was counted or reported in {span}."], as_json=False)


def _row(line: Any) -> tuple[Any, ...]:
    return (line.licensee, line.licence, line.day, line.basis, line.site, line.lab, line.matched,
            line.only_site, line.only_lab, line.difference)  # fmt: skip


def _list(span: Any, licence: str, side: str, csv: Path | None, as_json: bool) -> None:
    from quire.society.usage import queries

    columns = ("licensee", "licence", "time", "compared by", "host", "path", "requests", "content",
               "telemetry", "request")  # fmt: skip
    rows: Iterable[tuple[Any, ...]] = (
        (one.licensee, one.licence, one.at.isoformat() if one.at else one.day, one.basis, one.host, one.path,
         one.requests, one.content, one.telemetry, one.request)
        for one in queries.unmatched(span.starts, span.ends, side, licence)
    )  # fmt: skip
    if csv is not None:
        number = _write(csv, columns, rows)
        said = f"{frame.many(number, 'record')} in {csv}."
        frame.say({"records": number, "file": str(csv)}, [said], as_json=as_json)
        return
    found = list(rows)
    if as_json:
        frame.say([_plain(columns, row) for row in found], (), as_json=True)
        return
    if found:
        frame.say(None, frame.table("", columns, found[:_SHOWN], right=("requests",)), as_json=False)
    more = len(found) - _SHOWN
    said = f"{more:,} more: --csv FILE has them all." if more > 0 else f"{frame.many(len(found), 'record')}."
    frame.say(None, [said], as_json=False)


def _plain(columns: Sequence[str], row: Sequence[Any]) -> dict[str, Any]:
    return {name.replace(" ", "_"): cell for name, cell in zip(columns, row, strict=True)}


def _write(path: Path, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Row by row: a month's list may be longer than what memory holds. How many rows there were."""
    from csv import writer

    from quire.society.kit import sheets

    number = 0
    with path.open("w", newline="", encoding="utf-8") as out:
        sheet = writer(out)
        sheet.writerow(columns)
        for row in rows:
            number += 1
            sheet.writerow([cell if isinstance(cell, int) else sheets.safe(cell) for cell in row])
    return number
