"""Reported events in PostgreSQL: each kept once, whatever is sent again, and by how many at a time.

They are rows and no Parquet files, because an event must be known by its id for as long as it may be sent
again: the primary key is that knowledge, the rows that count are those of one transaction, and no file has
to be put together of the ten thousand small batches that ten million events arrive in. DuckDB reads them by
COPY when they are reconciled.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import connection

from quire.society.usage.models import Report, ReportedEvent
from quire.society.usage.reports.reading import Event

# sql in this file: table and column names are the models' own; every value is a parameter.

_TYPES = {
    "id": "uuid", "report_id": "uuid", "licence_id": "uuid", "kind": "text", "at": "timestamptz",
    "host": "text", "path": "text", "content": "text", "telemetry": "text",
    "chars": "bigint", "tokens": "bigint",
}  # fmt: skip
_SAID = [name for name in _TYPES if name not in ("id", "report_id")]
"""What an event says: an event that comes again under its id says the same, or is refused."""


def columns(event: Event, licence: UUID) -> tuple[Any, ...]:
    """What is kept of an event, in the order of the columns that say something."""
    return (licence, event.kind, event.at, event.host, event.path, event.content, event.telemetry,
            event.chars, event.tokens)  # fmt: skip


def insert(report: Report, rows: Mapping[UUID, tuple[Any, ...]]) -> set[UUID]:
    """Keep these events, by their keys; those that were not there before. Call it inside a transaction.

    Sorted, so that two reports with the same events wait for one another and never for ever.
    """
    if not rows:
        return set()
    keys = sorted(rows)
    given: list[list[Any]] = [keys, [report.id] * len(keys)]
    given += [list(column) for column in zip(*(rows[key] for key in keys), strict=True)]
    marks = ", ".join(f"%s::{kind}[]" for kind in _TYPES.values())
    statement = (
        f"INSERT INTO {ReportedEvent._meta.db_table} ({', '.join(_TYPES)}) "  # noqa: S608
        f"SELECT * FROM unnest({marks}) "
        "ON CONFLICT (id) DO NOTHING RETURNING id"
    )
    with connection.cursor() as run:
        run.execute(statement, given)
        return {key for (key,) in run.fetchall()}


def kept(keys: Sequence[UUID]) -> dict[UUID, tuple[Any, ...]]:
    """What is kept under these keys, as ``columns`` has it."""
    rows = ReportedEvent.objects.filter(id__in=keys).values_list("id", *_SAID)
    return {row[0]: tuple(row[1:]) for row in rows}
