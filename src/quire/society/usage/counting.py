"""The measures, run: integers in numpy columns out of the lake.

``subjects`` says what there was usage of; whoever wants counts puts those subjects into an order of their
own, the ``Registry``, and gets counts by place in it. Ids go into DuckDB once, as a table, and never come
out of it row by row.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import numpy as np

from quire.core.errors import Invalid
from quire.core.terms import USES
from quire.society.usage import engines, kept_out, lake, measures
from quire.society.usage.formats import load
from quire.society.usage.listed import paths_of


@dataclass(frozen=True, slots=True)
class Used:
    """The works and sites (where no work was known) that there was usage of, sorted."""

    works: list[UUID]
    sites: list[UUID]


@dataclass(frozen=True, slots=True)
class Counts:
    """Usage as int64 columns of one length, sorted by licensee, subject and cell; nothing is nought.

    ``licensee`` is the number that the caller gave the operator, ``subject`` the place in the registry,
    ``cell`` segment × 4 + the use's place in ``terms.USES``, ``evidence`` the place of what was shown in
    ``plan.EVIDENCE``, where that was asked for.
    """

    licensee: np.ndarray
    subject: np.ndarray
    cell: np.ndarray
    requests: np.ndarray
    evidence: np.ndarray | None = None


def spelt(operators: Iterable[str]) -> list[str]:
    """These operators as the list of AI agents spells them, whatever their capitals were."""
    given = sorted(set(operators))
    spelling = {agent.operator.casefold(): agent.operator for agent in load().agents}
    return sorted({spelling.get(name.casefold(), name) for name in given} | set(given))


def subjects(starts: date, ends: date, operators: Collection[str] | None = None) -> Used:
    """What there was usage of in [starts, ends) by these operators (None: by all)."""
    operators = None if operators is None else spelt(operators)
    with engines.reading(paths_of(starts, ends)) as db:
        return used(db, starts, ends, operators)


def used(db: Any, starts: date, ends: date, operators: Collection[str] | None = None) -> Used:
    """The same, of an open lake."""
    found = db.execute(*measures.subjects(starts, ends, operators)).fetchnumpy()
    ids = found["id"].tolist()  # as text: as UUIDs they would come out eight times slower
    first_work = len(ids) - int(np.count_nonzero(found["is_work"]))
    return Used(works=list(map(UUID, ids[first_work:])), sites=list(map(UUID, ids[:first_work])))


class Registry:
    """Subjects in an order; ``counts`` are by place in it. Keeps the lake of the last period open.

    What was taken from a path that its site keeps out of the use (``kept_out``) is not counted.
    """

    def __init__(self, subjects: Iterable[tuple[str, UUID]]) -> None:
        """``subjects``: kind ("work", "site") and id. Raises ``Invalid`` where one is there twice."""
        self._ids = [one.hex for _, one in subjects]
        if len(set(self._ids)) != len(self._ids):
            raise Invalid("A subject is in the registry twice.")
        self._span: tuple[date, date] | None = None
        self._db: Any = None
        self._source = "usage"

    def counts(
        self,
        starts: date,
        ends: date,
        operators: Collection[str],
        boundaries: Sequence[date] = (),
        uses: Sequence[str] = USES,
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """(subject, segment, use, requests) of these operators together, int64, sorted; nothing is nought.

        ``boundaries`` are the dates within [starts, ends) at which a new segment begins; ``use`` is the place
        in ``uses``, and other uses are left out. Subjects that are not registered are left out.
        """
        found = self.grouped(starts, ends, dict.fromkeys(spelt(operators), 0), boundaries, uses)
        places = np.array([uses.index(use) if use in uses else -1 for use in USES], dtype=np.int64)
        segment, use = np.divmod(found.cell, len(USES))
        use = places[use]
        if list(uses) != [one for one in USES if one in uses]:  # else they are sorted as they come
            order = np.lexsort((use, segment, found.subject))
            return found.subject[order], segment[order], use[order], found.requests[order]
        return found.subject, segment, use, found.requests

    def by_evidence(
        self,
        starts: date,
        ends: date,
        operators: Collection[str],
        boundaries: Sequence[date] = (),
        uses: Collection[str] = USES,
    ) -> Counts:
        """The same by cell, and by what each request showed of who asks."""
        licensee = dict.fromkeys(spelt(operators), 0)
        return self.grouped(starts, ends, licensee, boundaries, uses, shown=True)

    def grouped(
        self,
        starts: date,
        ends: date,
        operators: Mapping[str, int],
        boundaries: Sequence[date] = (),
        uses: Collection[str] = USES,
        *,
        shown: bool = False,
    ) -> Counts:
        """Several licensees in one pass: ``operators`` gives each operator's licensee as a number."""
        db = self._open(starts, ends)
        with lake.damage_told():
            measure = measures.counts(starts, ends, operators, boundaries, uses, self._source, shown=shown)
            found = db.execute(*measure).fetchnumpy()
        names = ("licensee", "subject", "cell", "requests", *(("evidence",) if shown else ()))
        return Counts(*(_int64(found[name]) for name in names))

    def _open(self, starts: date, ends: date) -> Any:
        if self._db is None or self._span != (starts, ends):
            if self._db is not None:
                self._db.close()
            self._db = engines.open(paths_of(starts, ends))
            self._span = (starts, ends)
            register(self._db, self._ids)
            with lake.damage_told():
                self._source = kept_out.part(self._db, starts, ends)
        return self._db


def register(
    db: Any,
    ids: Sequence[str],
    ordinals: Sequence[int] | np.ndarray | None = None,
    tiers: Sequence[int] | np.ndarray | None = None,
) -> None:
    """Make the table ``subjects``: for each id (a UUID as text) its ordinal, by default its place in ``ids``.

    Replaces the registry there was. Raises ``Invalid`` when the columns are not of one length.
    """
    places = np.arange(len(ids)) if ordinals is None else np.asarray(ordinals, dtype=np.int64)
    classes = np.zeros(len(ids), dtype=np.int64) if tiers is None else np.asarray(tiers, dtype=np.int64)
    if not len(places) == len(classes) == len(ids):
        raise Invalid("Every subject needs an ordinal, and every ordinal a subject.")
    columns = {"id": lake.texts(ids), "ordinal": places, "tier": classes}
    lake.put(db, "subjects", columns, "id::UUID AS id, ordinal, tier")


def _int64(column: np.ndarray) -> np.ndarray:
    """A column without NULLs, as int64; one with them is a broken measure."""
    if np.ma.is_masked(column):
        raise Invalid("A measure counted rows of an unknown use or licensee.")
    return np.asarray(column, dtype=np.int64)
