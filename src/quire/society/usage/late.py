"""Usage by the files in which it came: for what was listed after a run had counted its period.

A run keeps which files it counted. What came in others, of days that it had divided, is counted by the next
run of the licence, from those files alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from uuid import UUID

import duckdb
import numpy as np

from quire.core.terms import USES
from quire.society.usage import kept_out, lake, measures
from quire.society.usage.counting import Counts, Used, register, spelt, used
from quire.society.usage.models import LakeFile


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the lake: files that came, by id, with their paths."""

    files: dict[UUID, str]

    def __bool__(self) -> bool:
        return bool(self.files)


def files(starts: date, ends: date, without: Collection[UUID] = ()) -> Part:
    """The files with rows that begin on the days of [starts, ends), but those already counted."""
    first, last = (datetime.combine(day, time(), UTC) for day in (starts, ends))
    rows = LakeFile.objects.filter(starts__lt=last, ends__gte=first).order_by("id")
    done = set(without)
    return Part({id_: path for id_, path in rows.values_list("id", "path") if id_ not in done})


def subjects_in(part: Part, starts: date, ends: date, operators: Collection[str]) -> Used:
    """The works and sites of which these files tell usage on the days of [starts, ends)."""
    with lake.reading(part.files.values()) as db:
        return used(db, starts, ends, spelt(operators))


def counts_in(
    part: Part,
    ids: Sequence[UUID],
    starts: date,
    ends: date,
    operators: Collection[str],
    boundaries: Sequence[date],
    uses: Collection[str] = USES,
    *,
    shown: bool = False,
) -> Counts:
    """What these files count of [starts, ends), as ``Registry.grouped`` does of all: subjects by their place
    in ``ids``. A count is below zero where they take back more than they tell."""
    with _registered(part, ids) as db:
        source = kept_out.part(db, starts, ends)
        licensee = dict.fromkeys(spelt(operators), 0)
        measure = measures.counts(starts, ends, licensee, boundaries, uses, source, shown=shown)
        found = db.execute(*measure).fetchnumpy()
    names = ("licensee", "subject", "cell", "requests", *(("evidence",) if shown else ()))
    return Counts(*(np.asarray(found[name], dtype=np.int64) for name in names))


@contextmanager
def _registered(part: Part, ids: Sequence[UUID]) -> Iterator[duckdb.DuckDBPyConnection]:
    with lake.reading(part.files.values()) as db:
        register(db, [one.hex for one in ids])
        yield db
