"""Which usage of a pot is licensed: memberships, mandates and direct licences, day by day, as columns.

Owns the cutting of a pot's period into segments in which nothing changes, and the flags of each member in
them. The rule itself, for one member and one day, is ``terms.standing_of``.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from datetime import date
from functools import cached_property
from itertools import pairwise
from operator import attrgetter

from quire.core import arrays, terms
from quire.core.arrays import Ints
from quire.core.chains import Agreement
from quire.core.facts import Counts, Evidence, EvidenceWrong, Hold, Party, Pot, Subjects, Version

MOST_LOOKS = 100_000_000
"""Answers looked at for one pot: each member has a few, and they are looked at on a few days."""

MOST_FLAGS = 50_000_000
"""Flags kept at once. A society of any size needs a few thousand; a bundle made to fill the memory, more."""


def cut(
    parties: Iterable[Party],
    answers: Iterable[terms.Answer],
    direct: Iterable[terms.DirectLicence],
    versions: Iterable[Version | Agreement | Hold],
    pot: Pot,
) -> tuple[tuple[date, date], ...]:
    """The segments of a pot: its period, cut wherever a membership, answer, direct licence, ownership,
    agreement or hold (these three are ``versions``) that bears on it begins or ends; before them those of
    its late usage, cut likewise. Both the freeze and the auditor cut with this."""
    ours = pot.licence.licensee
    spans = (*pot.late, (pot.starts, pot.ends))
    dates = terms.boundaries(
        spans[0][0],
        pot.ends,
        (span for party in parties for span in party.spans),
        (answer for answer in answers if answer.licensee in (None, ours)),
        (one for one in direct if one.licensee == ours),
        [pot.licence],
    )
    owned = {day for version in versions for day in (version.starts, version.ends) if day is not None}
    days = sorted({*dates, *owned})
    return tuple(one for starts, ends in spans for one in terms.segments(starts, ends, days))


_Said = tuple[terms.Answer, ...]
_Direct = tuple[terms.DirectLicence, ...]


class Histories:
    """Parties by what they have behind them: those alike in every membership, answer and direct licence are
    judged together, in all pots of a run. ``kinds`` has one party of each kind with what was said by it,
    ``of`` the kind of each party, by ordinal."""

    def __init__(self, evidence: Evidence) -> None:
        answers: dict[str, list[terms.Answer]] = {}
        for answer in evidence.answers:
            answers.setdefault(answer.member, []).append(answer)
        direct: dict[str, list[terms.DirectLicence]] = {}
        for one in evidence.direct:
            direct.setdefault(one.member, []).append(one)
        self.kinds: list[tuple[Party, _Said, _Direct]] = []
        known: dict[tuple[object, ...], int] = {}
        places = []
        for party in evidence.parties:
            said, beside = answers.get(party.id, ()), direct.get(party.id, ())
            place = known.setdefault(_alike(party, said, beside), len(self.kinds))
            if place == len(self.kinds):
                self.kinds.append((party, tuple(said), tuple(beside)))
            places.append(place)
        self.of: Ints = arrays.ints(places)


class Standings:
    """Which cells (segment and use) of a pot each member's usage is licensed in; ``any`` says, by party
    ordinal, whether it is in any of the pot's own period. ``late`` is how many segments lie before that.

    Raises ``EvidenceWrong`` where there are more different histories than anybody could have.
    """

    def __init__(
        self,
        evidence: Evidence,
        pot: Pot,
        segments: Sequence[tuple[date, date]],
        histories: Histories | None = None,
    ) -> None:
        self.pot = pot
        self.segments = segments
        self.histories = histories or Histories(evidence)
        self._starts = [day for day, _ in segments]
        self.late = bisect_left(self._starts, pot.starts)
        self._offsets: list[int] = []
        self._any: list[bool] = []
        self._looks = 0
        # Members whose usage of one kind is licensed on the same days share a row of flags.
        rows: dict[bytes, int] = {}
        ours = pot.licence.licensee
        for party, told, other in self.histories.kinds:
            said = [one for one in told if one.licensee in (None, ours)]
            beside = [one for one in other if one.licensee == ours]
            by_use = {use: [one for one in said if one.use == use] for use in terms.USES}
            mine = [self._row(use, party, by_use[use], beside) for use in terms.USES]
            self._offsets += [rows.setdefault(row, len(rows) * len(segments)) for row in mine]
            self._any.append(any(1 in row[self.late :] for row in mine))
            self._must_fit(len(rows))
        self._flags = arrays.ints(list(b"".join(rows)))

    @cached_property
    def any(self) -> list[bool]:
        return [self._any[kind] for kind in arrays.to_list(self.histories.of)]

    def _must_fit(self, rows: int) -> None:
        if rows * len(self.segments) > MOST_FLAGS:
            raise self._too_many()

    def _too_many(self) -> EvidenceWrong:
        return EvidenceWrong(
            f"The members of the pot {self.pot.id} have too many different histories to be divided at "
            "once; divide a shorter period."
        )

    def _row(
        self, use: str, party: Party, said: Sequence[terms.Answer], beside: Sequence[terms.DirectLicence]
    ) -> bytes:
        """1 for each segment in which this use is licensed, judged once between two of the party's dates."""
        licence = self.pot.licence
        if use not in licence.uses or not party.spans or not said:
            return bytes(len(self.segments))
        since = min([self.pot.starts, *self._starts[:1]])
        days = terms.boundaries(since, self.pot.ends, party.spans, said, beside, [licence])
        self._looks += len(days) * (len(said) + len(beside) + len(party.spans))
        if self._looks > MOST_LOOKS:
            raise self._too_many()
        edges = [0, *(bisect_left(self._starts, day) for day in days), len(self.segments)]
        row = b""
        for first, last in pairwise(edges):
            if first < last:
                row += bytes([self._licensed(use, self._starts[first], party, said, beside)]) * (last - first)
        return row

    def _licensed(
        self,
        use: str,
        day: date,
        party: Party,
        said: Sequence[terms.Answer],
        beside: Sequence[terms.DirectLicence],
    ) -> bool:
        licence = self.pot.licence
        return (
            licence.starts <= day < licence.ends
            and terms.standing_of(use, licence.licensee, day, said, party.spans, beside) == "allowed"
        )

    def last(self) -> Ints:
        """By party ordinal the last segment in which some use is licensed, −1 where none is."""
        size, uses = len(self.segments), len(terms.USES)
        flags = bytes(arrays.to_list(self._flags))
        found = {offset: flags.rfind(1, offset + self.late, offset + size) for offset in set(self._offsets)}
        lasts = [max(-1, found[offset] - offset) for offset in self._offsets]
        by_kind = [max(lasts[place : place + uses]) for place in range(0, len(lasts), uses)]
        return arrays.take(arrays.ints(by_kind), self.histories.of)

    def licensed(self, counts: Counts, subjects: Subjects) -> Ints:
        """For each row of the counts, 1 where it is licensed and mandated, else 0."""
        uses = len(terms.USES)
        cells = range(len(self.segments) * uses)
        segment = arrays.take(arrays.ints([cell // uses for cell in cells]), counts.cells)
        use = arrays.take(arrays.ints([cell % uses for cell in cells]), counts.cells)
        first = arrays.times(self.histories.of, arrays.alike(uses, len(self.histories.of)))
        members = arrays.take(first, arrays.take(subjects.members, counts.subjects))
        offset = arrays.take(arrays.ints(self._offsets), arrays.plus(members, use))
        return arrays.take(self._flags, arrays.plus(offset, segment))


_DATES = attrgetter("starts", "ends")
_SAID = attrgetter("licensee", "use", "yes", "starts", "ends")
_DIRECT = attrgetter("licensee", "starts", "ends")


def _alike(
    party: Party, said: Sequence[terms.Answer], beside: Sequence[terms.DirectLicence]
) -> tuple[object, ...]:
    """Members who have this in common are judged alike, whoever the licensee is."""
    return (
        tuple(map(_DATES, party.spans)),
        tuple(map(_SAID, said)),
        tuple(map(_DIRECT, beside)),
    )


def place_of(segments: Sequence[tuple[date, date]], day: date) -> int:
    """The segment that begins on ``day``; ``EvidenceWrong`` where none does."""
    place = bisect_left(segments, (day, date.min))
    if place < len(segments) and segments[place][0] == day:
        return place
    raise EvidenceWrong(f"Counts from {day} stand in no segment of the pot.")
