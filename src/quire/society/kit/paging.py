"""Lists of any length, a page at a time: searched, filtered and sorted in the database, never by offset.

A room's query gives a ``Listing`` (or ``few`` for rows it has in hand); a page, an export and the HTTP API
ask the same one. A page begins after a cursor, which names the last row's place in the order, so that the
thousandth page costs what the first does, and rows that arrive meanwhile are neither doubled nor left out.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet

from quire.core.errors import Invalid

R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)

SIZES = (50, 100, 200)
"""Rows on a page; the first is the default."""
COUNTED = 10_000
"""Further than this nobody counts: "more than 10,000" is as good, and counting a million rows takes long."""
_CHUNK = 2_000


class BadPage(Invalid):
    """A list is asked in a way that it does not know: its sort, its filter, its cursor or its size."""

    code = "page.wrong"


@dataclass(frozen=True, slots=True)
class Asked:
    """What one wants of a list. ``sort`` begins with ``-`` for the largest first; "" is the list's own order.
    ``after`` is a page's ``next``."""

    search: str = ""
    filters: Mapping[str, str] = field(default_factory=dict)
    sort: str = ""
    after: str = ""
    size: int = SIZES[0]


@dataclass(frozen=True, slots=True)
class Page(Generic[R]):
    """Some rows of a list. ``next`` is the cursor of what follows, "" at the end; ``counted`` how many rows
    there are, and ``more`` that there are more than were counted."""

    rows: tuple[R, ...]
    next: str
    counted: int
    more: bool = False


@dataclass(frozen=True, slots=True)
class Sort:
    """An order: a field that is never null. Rows of the same value follow one another by their key."""

    field: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Filter:
    """A choice by which a list is narrowed: what people read, its values in words (none: any text), and the
    condition that a value is."""

    label: str
    choices: Mapping[str, str]
    where: Callable[[str], Q]


class Listed(Protocol[R_co]):
    """What a list answers, however it is kept."""

    @property
    def sorts(self) -> Mapping[str, Any]: ...

    @property
    def filters(self) -> Mapping[str, Filter]: ...

    @property
    def searched(self) -> bool: ...

    def page(self, asked: Asked) -> Page[R_co]: ...

    def every(self, asked: Asked) -> Iterator[R_co]: ...


@dataclass(frozen=True)
class Listing(Generic[R]):
    """A list in the database. ``make`` turns a page of model rows into what is shown, in a number of queries
    that does not grow with the rows. The first of ``sorts`` is the list's own order. Of what a search finds
    no more than ``counted`` rows are counted.
    """

    rows: QuerySet[Any]
    make: Callable[[Sequence[Any]], Iterable[R]]
    sorts: Mapping[str, Sort]
    filters: Mapping[str, Filter] = field(default_factory=dict)
    search: Callable[[str], Q] | None = None
    counted: int = COUNTED

    @property
    def searched(self) -> bool:
        """Whether the list takes words to look for."""
        return self.search is not None

    def page(self, asked: Asked) -> Page[R]:
        """The rows after ``asked.after``. BadPage for a sort, filter, size or cursor that it has not."""
        if asked.size not in range(1, max(SIZES) + 1):
            raise BadPage(f"A page has 1 to {max(SIZES)} rows.")
        rows = self._found(asked)
        most = min(COUNTED, self.counted) if asked.search.strip() else COUNTED
        counted = rows.order_by()[: most + 1].count()
        order = self._order(asked.sort)
        had = list(self._from(rows, order, asked.after)[: asked.size + 1])
        shown, further = had[: asked.size], len(had) > asked.size
        after = _cursor(order, shown[-1]) if further else ""
        return Page(tuple(self.make(shown)), after, min(counted, most), counted > most)

    def every(self, asked: Asked) -> Iterator[R]:
        """Every row that is asked for, from the first, read a few thousand at a time."""
        rows, order, after = self._found(asked), self._order(asked.sort), ""
        while True:
            had = list(self._from(rows, order, after)[:_CHUNK])
            yield from self.make(had)
            if len(had) < _CHUNK:
                return
            after = _cursor(order, had[-1])

    def _found(self, asked: Asked) -> QuerySet[Any]:
        rows = self.rows
        if asked.search and self.search is not None:
            rows = rows.filter(self.search(asked.search.strip()[:200]))
        for name, value in asked.filters.items():
            rows = rows.filter(_chosen(self.filters, name, value)) if value else rows
        return rows

    def _order(self, sort: str) -> Sort:
        if not sort:
            return next(iter(self.sorts.values()))
        found = self.sorts.get(sort.removeprefix("-"))
        if found is None:
            raise BadPage(f"This list is not sorted by {sort[:40]!r}; it is by {', '.join(self.sorts)}.")
        return Sort(found.field, sort.startswith("-"))

    def _from(self, rows: QuerySet[Any], order: Sort, after: str) -> QuerySet[Any]:
        way = "-" if order.descending else ""
        rows = rows.order_by(way + order.field, f"{way}pk")
        if not after:
            return rows
        value, key = _place(after)
        further = "lt" if order.descending else "gt"
        try:
            return rows.filter(
                Q(**{f"{order.field}__{further}": value})
                | Q(**{order.field: value}) & Q(**{f"pk__{further}": key})
            )
        except (ValidationError, ValueError, TypeError) as problem:
            raise BadPage("This page does not exist; begin at the list's first.") from problem


def _chosen(filters: Mapping[str, Filter], name: str, value: str) -> Q:
    one = filters.get(name)
    if one is None:
        raise BadPage(f"This list has no filter {name[:40]!r}; it has {', '.join(filters) or 'none'}.")
    if one.choices and value not in one.choices:
        raise BadPage(f"{one.label} cannot be {value[:40]!r}; it is one of {', '.join(one.choices)}.")
    return one.where(value)


def _cursor(order: Sort, row: Any) -> str:
    value: Any = row
    for part in order.field.split("__"):
        value = getattr(value, part)
    told = json.dumps([value if isinstance(value, int) else str(value), str(row.pk)])
    return base64.urlsafe_b64encode(told.encode()).decode().rstrip("=")


_UNFIT = re.compile("[\x00\ud800-\udfff]")  # what no text in the database may have


def _place(cursor: str) -> tuple[Any, str]:
    try:
        told = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        value, key = told
    except (ValueError, TypeError, binascii.Error) as problem:
        raise BadPage("This page does not exist; begin at the list's first.") from problem
    if not isinstance(key, str) or not isinstance(value, str | int) or _UNFIT.search(f"{value}{key}"):
        raise BadPage("This page does not exist; begin at the list's first.")
    return value, key


@dataclass(frozen=True)
class Few(Generic[R]):
    """A short list that is already in memory; see ``few``."""

    rows: Sequence[R]
    sorts: Mapping[str, Callable[[R], Any]]
    filters: Mapping[str, Filter]
    kept: Mapping[str, Callable[[R, str], bool]]
    words: Callable[[R], str] | None

    @property
    def searched(self) -> bool:
        """Whether the list takes words to look for."""
        return self.words is not None

    def page(self, asked: Asked) -> Page[R]:
        """The rows after ``asked.after``, which is a number here."""
        if asked.size not in range(1, max(SIZES) + 1):
            raise BadPage(f"A page has 1 to {max(SIZES)} rows.")
        if asked.after and not (asked.after.isascii() and asked.after.isdigit() and len(asked.after) < 10):
            raise BadPage("This page does not exist; begin at the list's first.")
        rows = tuple(self.every(asked))
        begins = int(asked.after or 0)
        ends = begins + asked.size
        return Page(rows[begins:ends], str(ends) if ends < len(rows) else "", len(rows))

    def every(self, asked: Asked) -> Iterator[R]:
        """Every row that is asked for, in order."""
        rows = list(self.rows)
        if asked.search and self.words is not None:
            wanted, words = asked.search.strip().casefold(), self.words
            rows = [row for row in rows if wanted in words(row).casefold()]
        for name, value in asked.filters.items():
            if value:
                _chosen(self.filters, name, value)
                rows = [row for row in rows if self.kept[name](row, value)]
        if asked.sort:
            by = self.sorts.get(asked.sort.removeprefix("-"))
            if by is None:
                raise BadPage(
                    f"This list is not sorted by {asked.sort[:40]!r}; it is by {', '.join(self.sorts)}."
                )
            rows.sort(key=by, reverse=asked.sort.startswith("-"))
        yield from rows


def few(
    rows: Iterable[R],
    *,
    sorts: Mapping[str, Callable[[R], Any]] | None = None,
    filters: Mapping[str, tuple[str, Mapping[str, str], Callable[[R], str]]] | None = None,
    words: Callable[[R], str] | None = None,
) -> Few[R]:
    """A list of rows in hand, in their order, that pages, exports and the API ask as they do a ``Listing``.

    ``filters``: name to (label, value to words, the row's value); ``words``: what of a row is searched.
    """
    told = filters or {}
    return Few(
        tuple(rows),
        sorts or {},
        {name: Filter(label, choices, lambda _: Q()) for name, (label, choices, _) in told.items()},
        {
            name: lambda row, value, of=of: of(row) == value  # type: ignore[misc]
            for name, (_, _, of) in told.items()
        },
        words,
    )
