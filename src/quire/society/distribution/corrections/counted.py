"""Which files of usage each run has counted, and what came of days that were divided before.

When a run is frozen it keeps the files with rows of its pots' days. A later run of the same licence counts,
as late, what other files tell of days that runs before it have divided. What counted late counts in that run
alone: where a month is divided once more, by a second run or because the first was cancelled, what a run of
another month has counted late is left out of it.

What files take back beyond what they tell is kept for a person to look at: usage was paid that did not take
place.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import pairwise
from typing import Any
from uuid import UUID

import numpy as np
from django.db.models import Exists, F, OuterRef, Q, Sum

from quire.core import arrays, terms
from quire.core.distribution import Counts
from quire.core.facts import Pot as Evidence
from quire.society.distribution.corrections.models import Counted, TakenBack
from quire.society.distribution.models import Pot, Run
from quire.society.kit import ids
from quire.society.usage import queries as usage

FROZEN = ("frozen", "allocated", "reviewed", "approved", "posted", "closed")
Span = tuple[date, date]


@dataclass(frozen=True, slots=True)
class LateSpan:
    """Days, and of the files that tell of them those that came late."""

    starts: date
    ends: date
    part: usage.Part


@dataclass(slots=True)
class Late:
    """The late usage of a run, by pot; ``elsewhere`` is what of a pot's own days another run counted late."""

    operators: Mapping[str, Sequence[str]]
    pots: dict[str, list[LateSpan]] = field(default_factory=dict)
    elsewhere: dict[str, list[LateSpan]] = field(default_factory=dict)
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
        """A pot's counts with those of its late usage before them, without what counted late elsewhere:
        ``counts`` are of its own segments alone, by their places among all of ``counts.segments``."""
        counts = self._without(pot, counts, rows, shown=shown)
        columns: list[list[np.ndarray]] = []
        for one in self.pots.get(pot.id, ()):
            mine = self._counted(pot, one, counts.segments, rows, shown=shown)
            self._take_back(pot, rows, counts.segments, *mine[:3])
            kept = mine[2] > 0
            columns.append([column[kept] for column in mine])
        if not columns:
            return counts
        joined = [
            arrays.ints([value for column in several for value in arrays.to_list(column)])
            for several in zip(*columns, _columns(counts), strict=True)
        ]
        late = sum(day < pot.starts for day, _ in counts.segments)
        return Counts(counts.segments, *joined[:3], joined[3] if shown else None, late)

    def _without(self, pot: Evidence, counts: Counts, rows: Sequence[Any], *, shown: bool) -> Counts:
        """A pot's own counts without what another run has counted late. What that run counted and was taken
        back since is below zero then, and taken back. Where the files of an import that came late take back
        more than they tell, that run has counted nothing of it, and nothing is left out for it."""
        spans = self.elsewhere.get(pot.id)
        if not spans:
            return counts
        left: dict[tuple[int, ...], int] = defaultdict(int)
        for *key, n in _rows(_columns(counts)):
            left[tuple(key)] += n
        for one in spans:
            for *key, n in _rows(self._counted(pot, one, counts.segments, rows, shown=shown)):
                left[tuple(key)] -= max(n, 0)
        found = [(*key[:2], n, *key[2:]) for key, n in sorted(left.items()) if n > 0]
        gone = [(*key[:2], n) for key, n in sorted(left.items()) if n < 0]
        self._take_back(pot, rows, counts.segments, *_transposed(gone, 3))
        subjects, cells, requests, *more = _transposed(found, 4 if shown else 3)
        return replace(
            counts,
            subjects=arrays.ints(subjects),
            cells=arrays.ints(cells),
            requests=arrays.ints(requests),
            evidence=arrays.ints(more[0]) if more else None,
        )

    def _counted(
        self, pot: Evidence, one: LateSpan, segments: Sequence[Span], rows: Sequence[Any], *, shown: bool
    ) -> list[np.ndarray]:
        """What the files of a span count: subjects, cells of the pot, requests and, if shown, evidence."""
        first = max(place for place, (day, _) in enumerate(segments) if day <= one.starts)
        edges = [day for day, _ in segments if one.starts < day < one.ends]
        uses = [use for use in terms.USES if use in pot.licence.uses]
        whom = self.operators[pot.licence.licensee]
        ids = [row.id for row in rows]
        found = usage.counts_in(one.part, ids, one.starts, one.ends, whom, edges, uses, shown=shown)
        cells = found.cell + first * len(terms.USES)
        return [found.subject, cells, found.requests, *([found.evidence] if shown else [])]

    def _take_back(
        self,
        pot: Evidence,
        rows: Sequence[Any],
        segments: Sequence[Span],
        subjects: Sequence[int],
        cells: Sequence[int],
        requests: Sequence[int],
    ) -> None:
        """Keep what is below zero."""
        for subject, cell, count in zip(subjects, cells, requests, strict=True):
            if count >= 0:
                continue
            segment, use = divmod(int(cell), len(terms.USES))
            self.taken.append(
                TakenBack(
                    pot_id=_id(pot.id),
                    subject=rows[int(subject)].tid,
                    starts=segments[segment][0],
                    ends=segments[segment][1],
                    use=terms.USES[use],
                    requests=-int(count),
                )
            )


def _columns(counts: Counts) -> list[Any]:
    shown = [] if counts.evidence is None else [counts.evidence]
    return [counts.subjects, counts.cells, counts.requests, *shown]


def _rows(columns: Sequence[Any]) -> Iterator[tuple[int, ...]]:
    """Subject, cell, evidence if shown, and last the requests, of columns as ``_columns`` has them."""
    subjects, cells, requests, *more = map(arrays.to_list, columns)
    return zip(subjects, cells, *more, requests, strict=True)


def _transposed(rows: Sequence[Sequence[int]], width: int) -> list[list[int]]:
    return [[row[place] for row in rows] for place in range(width)]


def _id(tid: str) -> UUID:
    return ids.read("pot", tid)


def late(run: Run, operators: Mapping[str, Sequence[str]]) -> Late:
    """What the run has to count of days divided before, for each licence in its first pot alone; and what of
    its own days it leaves out."""
    found, seen = Late(operators), set[UUID]()
    for pot in run.pots.filter(pool="").order_by("starts", "currency", "id"):
        if pot.licence.kind == "lump":
            continue
        if elsewhere := list(_counted_late(run, pot)):
            found.elsewhere[pot.tid] = elsewhere
        if pot.licence_id in seen:
            continue
        seen.add(pot.licence_id)
        if spans := list(_spans(run, pot)):
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
        yield from _not_counted(run, pot, starts, ends)


def _not_counted(run: Run, pot: Pot, starts: date, ends: date) -> Iterator[LateSpan]:
    """Of these days, what no run has counted: one span, unless a run counted a file of a part of them."""
    # A run that is replayed has kept its files already: they are late once more.
    told = Counted.objects.filter(Q(starts=None) | Q(starts__lt=ends), licence=pot.licence_id)
    told = told.filter(until__gt=starts, file__isnull=False).exclude(run=run)
    for first, last in _pieces(told, starts, ends):
        done = told.filter(Q(starts=None) | Q(starts__lte=first), until__gte=last)
        part = usage.files(first, last, set(done.values_list("file_id", flat=True)))
        if part:
            yield LateSpan(first, last, part)


def _counted_late(run: Run, pot: Pot) -> Iterator[LateSpan]:
    """Of the pot's own days, what another run has counted late: a span for each import."""
    told = Counted.objects.filter(licence=pot.licence_id, late=True, file__isnull=False).exclude(run=run)
    told = told.filter(starts__lt=pot.ends, until__gt=pot.starts)
    for first, last in _pieces(told, pot.starts, pot.ends):
        done = told.filter(starts__lte=first, until__gte=last)
        files: dict[UUID, dict[UUID, str]] = {}
        for source, file, path in done.values_list("file__source", "file_id", "file__path").distinct():
            files.setdefault(source, {})[file] = path
        yield from (LateSpan(first, last, usage.Part(some)) for some in files.values())


def _pieces(told: Any, starts: date, ends: date) -> Iterator[Span]:
    """The days of [starts, ends), cut where one of the counts that are told begins or ends."""
    spans = told.values_list("starts", "until").distinct()
    days = {day for span in spans for day in span if day is not None and starts < day < ends}
    yield from pairwise(sorted({starts, ends, *days}))


def keep(run: Run, found: Late) -> None:
    """Keep which files the run has counted, and what they took back. Call it in the freeze's transaction."""
    rows = []
    for pot in run.pots.filter(pool="").order_by("id"):
        rows.append(Counted(run=run, licence_id=pot.licence_id, starts=pot.starts, until=pot.ends))
        rows += [
            Counted(run=run, licence_id=pot.licence_id, file_id=one, starts=first, until=last)
            for one, first, last in _own(pot, found.elsewhere.get(pot.tid, ()))
        ]
        rows += [
            Counted(
                run=run,
                licence_id=pot.licence_id,
                file_id=one,
                starts=span.starts,
                until=span.ends,
                late=True,
            )
            for span in found.pots.get(pot.tid, ())
            for one in span.part.files
        ]
    Counted.objects.bulk_create(rows, batch_size=10_000)
    TakenBack.objects.bulk_create(found.taken)


def _own(pot: Pot, elsewhere: Sequence[LateSpan]) -> Iterator[tuple[UUID, date, date]]:
    """The files with rows of the pot's days, each with the days of which it was counted there."""
    days = sorted({pot.starts, pot.ends, *(day for one in elsewhere for day in (one.starts, one.ends))})
    for file in usage.files(pot.starts, pot.ends).files:
        out = [one for one in elsewhere if file in one.part.files]
        for first, last in pairwise(days) if out else [(pot.starts, pot.ends)]:
            if not any(one.starts <= first and last <= one.ends for one in out):
                yield file, first, last


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


def late_usage_counts_once() -> Iterator[str]:
    """What a run counted late of a file and a licence, no other run has counted."""
    same = Counted.objects.filter(
        licence=OuterRef("licence"), file=OuterRef("file"), starts__lt=OuterRef("until"),
        until__gt=OuterRef("starts"),
    ).exclude(run=OuterRef("run"))  # fmt: skip
    twice = Counted.objects.filter(late=True, file__isnull=False).filter(Exists(same))
    for run, path in twice.values_list("run_id", "file__path").distinct().order_by(F("run_id"), "file__path"):
        yield f"What {path} told late was counted by {ids.show(Run.prefix, run)}, and by another run too."
