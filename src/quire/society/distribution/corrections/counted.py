"""Which files of usage each run has counted, and what came of days that were divided before.

A row counts in one run alone. When a run is frozen it keeps the files with rows of its pots' days. A later
run of the same licence counts, as late, what other files tell of days that runs before it have divided. What
they take back beyond what they tell is kept for a person to look at: usage was paid that did not take place.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from uuid import UUID

import numpy as np
from django.db.models import Sum

from quire.core import arrays, terms
from quire.core.distribution import Counts
from quire.core.facts import Pot as Evidence
from quire.society.distribution.corrections.models import Counted, TakenBack
from quire.society.distribution.models import Pot, Run
from quire.society.usage import queries as usage

FROZEN = ("frozen", "allocated", "reviewed", "approved", "posted", "closed")
Span = tuple[date, date]


@dataclass(frozen=True, slots=True)
class LateSpan:
    """Days that were divided before, and the files that came since."""

    starts: date
    ends: date
    part: usage.Part


@dataclass(slots=True)
class Late:
    """The late usage of a run, by pot."""

    operators: Mapping[str, Sequence[str]]
    pots: dict[str, list[LateSpan]] = field(default_factory=dict)
    taken: list[TakenBack] = field(default_factory=list)

    def spans(self, pot: str) -> tuple[Span, ...]:
        return tuple((one.starts, one.ends) for one in self.pots.get(pot, ()))

    def with_spans(self, pot: Evidence) -> Evidence:
        """The pot with the days of its late usage."""
        spans = self.spans(pot.id)
        return replace(pot, late=spans) if spans else pot

    def since(self, day: date) -> date:
        """The first late day, or ``day``."""
        return min([day, *(one.starts for several in self.pots.values() for one in several)])

    def used(self, pots: Sequence[Evidence]) -> tuple[set[UUID], set[UUID]]:
        """Works and sites of which there is late usage."""
        works, sites = set[UUID](), set[UUID]()
        for pot in pots:
            for one in self.pots.get(pot.id, ()):
                found = usage.subjects_in(
                    one.part, one.starts, one.ends, self.operators[pot.licence.licensee]
                )
                works |= set(found.works)
                sites |= set(found.sites)
        return works, sites

    def added(self, pot: Evidence, counts: Counts, rows: Sequence[Any], *, shown: bool) -> Counts:
        """A pot's counts with those of its late usage before them: ``counts`` are of its own segments alone,
        by their places among all of ``counts.segments``."""
        uses = [use for use in terms.USES if use in pot.licence.uses]
        whom, segments = self.operators[pot.licence.licensee], counts.segments
        ids = [row.id for row in rows]
        columns: list[list[np.ndarray]] = []
        for one in self.pots.get(pot.id, ()):
            inside = [place for place, (day, _) in enumerate(segments) if one.starts <= day < one.ends]
            edges = [segments[place][0] for place in inside[1:]]
            found = usage.counts_in(one.part, ids, one.starts, one.ends, whom, edges, uses, shown=shown)
            cells = found.cell + inside[0] * len(terms.USES)
            self._take_back(pot, rows, segments, found, cells)
            kept = found.requests > 0
            mine = [found.subject, cells, found.requests, *([found.evidence] if shown else [])]
            columns.append([column[kept] for column in mine])
        if not columns:
            return counts
        own = [counts.subjects, counts.cells, counts.requests, *([counts.evidence] if shown else [])]
        joined = [
            arrays.ints([value for column in several for value in arrays.to_list(column)])
            for several in zip(*columns, own, strict=True)
        ]
        late = sum(day < pot.starts for day, _ in segments)
        return Counts(segments, *joined[:3], joined[3] if shown else None, late)

    def _take_back(
        self, pot: Evidence, rows: Sequence[Any], segments: Sequence[Span], found: Any, cells: np.ndarray
    ) -> None:
        for row in np.flatnonzero(found.requests < 0).tolist():
            segment, use = divmod(int(cells[row]), len(terms.USES))
            self.taken.append(
                TakenBack(
                    pot_id=_id(pot.id),
                    subject=rows[int(found.subject[row])].tid,
                    starts=segments[segment][0],
                    ends=segments[segment][1],
                    use=terms.USES[use],
                    requests=-int(found.requests[row]),
                )
            )


def _id(tid: str) -> UUID:
    from quire.society.kit import ids

    return ids.read("pot", tid)


def late(run: Run, operators: Mapping[str, Sequence[str]]) -> Late:
    """What the run has to count of days divided before: for each licence in its first pot alone."""
    found, seen = Late(operators), set[UUID]()
    for pot in run.pots.filter(pool="").order_by("starts", "currency", "id"):
        if pot.licence_id in seen or pot.licence.kind == "lump":
            continue
        seen.add(pot.licence_id)
        spans = list(_spans(run, pot))
        if spans:
            found.pots[pot.tid] = spans
    return found


def _spans(run: Run, pot: Pot) -> Iterator[LateSpan]:
    before = (
        Pot.objects.filter(licence=pot.licence_id, pool="", starts__lt=pot.starts, run__state__in=FROZEN)
        .exclude(run=run)
        .order_by("starts", "-ends")
    )
    kept = set(Counted.objects.filter(licence=pot.licence_id, file=None).values_list("run_id", flat=True))
    since = date.min
    for starts, ends, by in before.values_list("starts", "ends", "run_id"):
        starts, ends = max(starts, since), min(ends, pot.starts)
        if starts >= ends or by not in kept:
            continue
        since = ends
        # A run that is replayed has kept its files already: they are late once more.
        done = Counted.objects.filter(licence=pot.licence_id, until__gte=ends, file__isnull=False)
        done = done.exclude(run=run)
        part = usage.files(starts, ends, set(done.values_list("file_id", flat=True)))
        if part:
            yield LateSpan(starts, ends, part)


def keep(run: Run, found: Late) -> None:
    """Keep which files the run has counted, and what they took back. Call it in the freeze's transaction."""
    rows = []
    for pot in run.pots.filter(pool="").order_by("id"):
        own = usage.files(pot.starts, pot.ends).files
        came = [one for span in found.pots.get(pot.tid, ()) for one in span.part.files]
        names: list[UUID | None] = [None, *dict.fromkeys([*own, *came])]
        rows += [Counted(run=run, licence_id=pot.licence_id, file_id=one, until=pot.ends) for one in names]
    Counted.objects.bulk_create(rows, batch_size=10_000)
    TakenBack.objects.bulk_create(found.taken)


def leave(run: Run) -> None:
    """A run that is given up has counted nothing."""
    Counted.objects.filter(run=run).delete()
    TakenBack.objects.filter(pot__run=run).delete()


def notices(run: Run) -> Iterator[str]:
    """What a second person should know of usage that came late and took more back than it told."""
    for code, requests in (
        TakenBack.objects.filter(pot__run=run)
        .order_by("pot__licence__code")
        .values_list("pot__licence__code")
        .annotate(requests=Sum("requests"))
    ):
        yield (
            f"{code}: files that came late took back {requests:,} requests that an earlier run had divided; "
            "look at them (quire corrections taken-back) and file a correction where money went wrong."
        )


def taken_back(runs: Collection[UUID] | None = None) -> list[TakenBack]:
    """What was taken back after it had been divided, the newest last; of these runs, or of all."""
    found = TakenBack.objects.select_related("pot__run", "pot__licence").order_by("id")
    return list(found if runs is None else found.filter(pot__run__in=runs))
