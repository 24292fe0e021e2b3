"""The trail of changes as auditors read it (``kit.trail`` has the database write it)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from quire.core.errors import QuireError
from quire.society.kit import ids
from quire.society.kit.models import Act, Change
from quire.society.kit.paging import Filter, Listing, Sort
from quire.society.kit.trail import trailed


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A change as auditors read it. ``thing`` is the TypeID, or the table's key; ``columns`` are the names,
    old and new values; ``acts`` the verbs recorded in its transaction, with who is named there."""

    at: datetime
    table: str
    thing: str
    removed: bool
    columns: tuple[tuple[str, Any, Any], ...]
    who: str
    why: str
    acts: tuple[str, ...]

    @property
    def told(self) -> str:
        """What changed, in a line."""
        return "; ".join(
            f"{name}: {_short(was)}" if self.removed else f"{name}: {_short(was)} → {_short(now)}"
            for name, was, now in self.columns
        )


def changes() -> Listing[ChangeRow]:
    """Every change, the newest first; searched by a TypeID, a row's key or who did it."""
    tables = {table: table.replace("_", " ", 1) for table in trailed()}
    return Listing(
        Change.objects.all(),
        _rows,
        {"at": Sort("at", descending=True)},
        {
            "table": Filter("Table", tables, lambda table: Q(table=table)),
            "removed": Filter(
                "What", {"yes": "removed", "no": "changed"}, lambda said: Q(removed=said == "yes")
            ),
        },
        lambda words: Q(row__in=_keys(words)) | Q(who=words),
    )


def changes_of(thing: str, most: int = 50) -> list[ChangeRow]:
    """The last changes of one thing (its TypeID), the newest first."""
    rows = Change.objects.filter(row__in=_keys(thing)).order_by("-at", "-id")[:most]
    return list(_rows(list(rows)))


def _keys(words: str) -> list[str]:
    """The words as they stand, and, of a TypeID, the key that it shows."""
    kind, _, rest = words.rpartition("_")
    if not kind or not rest:
        return [words]
    try:
        return [words, str(ids.read(kind, words))]
    except QuireError:  # no TypeID: it is looked for as it stands
        return [words]


def _rows(rows: Sequence[Change]) -> Iterator[ChangeRow]:
    known = trailed()
    told: dict[int | None, dict[str, None]] = {}
    acts = Act.objects.filter(transaction__in={row.transaction for row in rows}).select_related("by")
    for one in acts.order_by("id")[:5_000]:
        by = one.by.username if one.by else ""
        told.setdefault(one.transaction, {})[f"{one.verb} ({by})" if by else one.verb] = None
    for row in rows:
        columns = tuple((name, was, row.now.get(name)) for name, was in sorted(row.was.items()))
        yield ChangeRow(
            row.at, row.table, _thing(row, known), row.removed, columns, row.who, row.why,
            tuple(told.get(row.transaction, {})),
        )  # fmt: skip


def _thing(row: Change, known: Mapping[str, tuple[str, str]]) -> str:
    prefix = known.get(row.table, ("", ""))[1]
    if not prefix:
        return f"{row.table} {row.row}"
    return ids.show(prefix, UUID(row.row))


def _short(value: Any) -> str:
    text = "–" if value in (None, "") else str(value)
    return text if len(text) <= 24 else f"{text[:21]}…"
