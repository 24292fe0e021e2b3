"""What a plan that is proposed would have given, beside what members had."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from quire.cli import frame
from quire.cli.frame import Json
from quire.cli.replay import chart, page, words


def replay(
    file: Annotated[str, typer.Argument(help="A TOML file, or per-usage, tiered, hybrid.")],
    against: Annotated[
        str, typer.Option(help="LAST-n closed runs, a period, or ids of runs by commas.")
    ] = "LAST-12",
    svg: Annotated[str, typer.Option(help="Write a chart to this file.")] = "",
    page_file: Annotated[
        str, typer.Option("--page", help="Write a page with the chart and its tables to this file.")
    ] = "",
    csv: Annotated[str, typer.Option(help="Write a row for each member and currency to this file.")] = "",
    as_json: Json = False,
) -> None:
    """What each member would have had under a plan, beside what they had. Writes nothing to the books."""
    from quire.cli.plans import text_of
    from quire.society.distribution import replay as room

    with frame.progress("runs") as update:
        told = room.replay(text_of(file), against=against, progress=update)
    for place, make in ((svg, chart.document), (page_file, page.document), (csv, words.rows_csv)):
        if place:
            Path(place).write_bytes(make(told))
    if as_json:
        frame.say(words.document(told), [], as_json=True)
        return
    _say(told)


def _say(told: Any) -> None:
    frame.say(None, [words.heading(told), *(f"  ! {one}" for one in told.notices)], as_json=False)
    for one in told.comparisons:
        frame.say(None, ["", *words.sentences(one)], as_json=False)
        for title, columns, rows in words.tables(told, one):
            right = columns[1:] if columns[0] != "member" else columns[2:]
            frame.say(None, frame.table(f"\n{title}", columns, rows, right=right), as_json=False)
