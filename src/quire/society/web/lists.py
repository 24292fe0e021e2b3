"""A list as people meet it everywhere here: searched, filtered, sorted, turned page by page, taken away
whole.

A view says which list and which columns; the address says the rest (``?q=…&sort=-amount&after=…``), so that a
list can be sent to somebody. ``&format=csv`` and ``&format=json`` give every row that is asked for.
"""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import IO, Any
from urllib.parse import urlencode

from django.http import FileResponse, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render

from quire.core.money import Money
from quire.society.kit.paging import COUNTED, SIZES, Asked, BadPage, Listed, Page
from quire.society.web.said import said

FORMATS = {"csv": "text/csv; charset=utf-8", "json": "application/json"}


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name in exports and in ``?sort=`` (where the list sorts by it), its heading, the row's
    value (the attribute ``key`` where nothing is said), where it leads, and how it is shown: text, money (a
    Money), number, date, share (a Fraction), state (a word on a badge) or code.
    """

    key: str
    label: str
    kind: str = "text"
    value: Callable[[Any], Any] | None = None
    link: Callable[[Any], str] | None = None

    def of(self, row: Any) -> Any:
        """The row's value."""
        return self.value(row) if self.value else getattr(row, self.key)


@dataclass(frozen=True, slots=True)
class Cell:
    """One value where it stands."""

    column: Column
    value: Any
    link: str


@dataclass(frozen=True, slots=True)
class Heading:
    """A column's heading: where a click on it leads, and how the list is sorted by it now ("", up or
    down)."""

    column: Column
    address: str
    sorted: str


@dataclass(frozen=True, slots=True)
class Choice:
    """A filter of the list, with what is chosen."""

    name: str
    label: str
    choices: dict[str, str]
    chosen: str


@dataclass(frozen=True)
class Table:
    """A list made ready for ``web/parts/table.html``."""

    name: str
    caption: str
    headings: list[Heading]
    rows: list[list[Cell]]
    page: Page[Any]
    asked: Asked
    choices: list[Choice]
    searched: bool
    empty: str
    addresses: dict[str, str] = field(default_factory=dict)

    @property
    def narrowed(self) -> bool:
        """Whether anything was searched or filtered."""
        return bool(self.asked.search or any(self.asked.filters.values()))


def table(
    request: HttpRequest, listing: Listed[Any], columns: Sequence[Column], *, caption: str, empty: str = "",
    name: str = "",
) -> Table:  # fmt: skip
    """What a page shows of a list. ``caption`` says what it is, ``empty`` what to do when nothing is there
    yet. Two lists on one page have different ``name``s, which go before their words in the address. BadPage.
    """
    asked = wanted(request, listing, name)
    page = listing.page(asked)
    rows = [[_cell(column, row) for column in columns] for row in page.rows]
    choices = [
        Choice(
            key,
            said(one.label),
            {value: said(words) for value, words in one.choices.items()},
            asked.filters.get(key, ""),
        )
        for key, one in listing.filters.items()
    ]
    addresses = {form: _address(request, name, format=form, after="") for form in FORMATS}
    addresses["begin"] = _address(request, name, after="") if asked.after else ""
    addresses["next"] = _address(request, name, after=page.next) if page.next else ""
    addresses["clear"] = request.path
    headings = [_heading(request, name, listing, asked, column) for column in columns]
    return Table(name, caption, headings, rows, page, asked, choices, listing.searched, empty, addresses)


def _cell(column: Column, row: Any) -> Cell:
    return Cell(column, column.of(row), column.link(row) if column.link else "")


def _heading(request: HttpRequest, name: str, listing: Listed[Any], asked: Asked, column: Column) -> Heading:
    if column.key not in listing.sorts:
        return Heading(column, "", "")
    now = {column.key: "up", f"-{column.key}": "down"}.get(asked.sort, "")
    largest_first = column.kind in {"money", "number", "date"}
    turned = {
        "": f"-{column.key}" if largest_first else column.key,
        "up": f"-{column.key}",
        "down": column.key,
    }
    return Heading(column, _address(request, name, sort=turned[now], after=""), now)


def wanted(request: HttpRequest, listing: Listed[Any], name: str = "") -> Asked:
    """What the address asks of the list. BadPage for a size that is no number."""
    said = request.GET
    size = said.get(f"{name}size") or str(SIZES[0])
    if not (size.isascii() and size.isdigit() and len(size) < 5):
        raise BadPage("The size of a page is a number.")
    return Asked(
        search=said.get(f"{name}q", "") if listing.searched else "",
        filters={key: said.get(f"{name}{key}", "") for key in listing.filters},
        sort=said.get(f"{name}sort", ""),
        after=said.get(f"{name}after", ""),
        size=int(size),
    )


def _address(request: HttpRequest, name: str, **changes: str) -> str:
    said = {key: value for key, value in request.GET.items() if value}
    for key, value in changes.items():
        said[f"{name}{key}"] = value
    return f"{request.path}?{urlencode({key: value for key, value in said.items() if value})}"


def listed(
    request: HttpRequest, listing: Listed[Any], columns: Sequence[Column], *, title: str, lead: str = "",
    empty: str = "", template: str = "web/list.html", file: str = "", **more: Any,
) -> HttpResponseBase:  # fmt: skip
    """A page that is one list, or, with ``?format=``, the whole list as a file called ``file``. ``more``
    goes into the template's context."""
    if form := request.GET.get("format"):
        return export(request, listing, columns, form, file or title.lower().replace(" ", "-"))
    shown = table(request, listing, columns, caption=title, empty=empty)
    return render(request, template, {"title": title, "lead": lead, "table": shown, **more})


def export(
    request: HttpRequest,
    listing: Listed[Any],
    columns: Sequence[Column],
    form: str,
    file: str,
    name: str = "",
) -> HttpResponseBase:
    """Every row that is asked for, as CSV or JSON. It is written before it is sent: what may be seen was
    asked for inside the wall, and a failure is an error page, not half a file. A list of more than COUNTED
    rows is written by a job (``web.exports``), to whose page this leads. BadPage for another form.
    """
    if form not in FORMATS:
        raise BadPage(f"A list is taken away as {' or '.join(FORMATS)}.")
    asked = wanted(request, listing, name)
    told = ({one.key: one.of(row) for one in columns} for row in listing.every(asked))
    keys = [one.key for one in columns]
    if (taking := getattr(request, "taking", None)) is not None:
        return taking.take(form, file, keys, told)
    first = listing.page(replace(asked, after="", size=1))
    if first.more or first.counted > COUNTED:
        from quire.society.web import exports  # what it does is done by a page like this one

        return exports.ask(request, f"{file}.{form}")
    place = tempfile.TemporaryFile()  # noqa: SIM115 – the answer closes it once it is sent
    try:
        write(place, form, keys, told)
        place.seek(0)
    except BaseException:
        place.close()
        raise
    return FileResponse(place, as_attachment=True, filename=f"{file}.{form}", content_type=FORMATS[form])


def write(place: IO[bytes], form: str, keys: list[str], rows: Iterable[dict[str, Any]]) -> None:
    """Write rows to a file that is open, in one of FORMATS."""
    text = io.TextIOWrapper(place, encoding="utf-8", newline="", write_through=True)
    (_write_csv if form == "csv" else _write_json)(text, keys, rows)
    text.detach()


def _write_csv(out: io.TextIOWrapper, keys: list[str], rows: Iterable[dict[str, Any]]) -> None:
    writer = csv.writer(out)
    writer.writerow(keys)
    for row in rows:
        writer.writerow([_safe(row[key]) for key in keys])


def _safe(value: Any) -> str:
    """The value as a spreadsheet may have it: a text that it would take for a formula begins with a quote."""
    told = plain(value)
    text = "" if told is None else str(told)
    if isinstance(value, str) and text[:1] in {"=", "+", "-", "@", "\t", "\r"}:
        return f"'{text}"
    return text


def _write_json(out: io.TextIOWrapper, keys: list[str], rows: Iterable[dict[str, Any]]) -> None:
    out.write("[")
    for line in _separated({key: plain(row[key]) for key in keys} for row in rows):
        out.write(line)
    out.write("\n]\n")


def _separated(rows: Iterable[dict[str, Any]]) -> Iterator[str]:
    for count, row in enumerate(rows):
        yield ("," if count else "") + "\n" + json.dumps(row, ensure_ascii=False)


def plain(value: Any) -> Any:
    """A value as files and programs have it: money as "12.340000000000 EUR", moments in ISO 8601."""
    if isinstance(value, Money):
        return f"{value.decimal()} {value.currency}"
    if isinstance(value, date | datetime):
        return value.isoformat()
    if value is None or isinstance(value, bool | int | str):
        return value
    return str(value)
