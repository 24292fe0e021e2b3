"""Which usage of a pot is licensed: memberships, mandates and direct licences, day by day, as columns.

Owns the cutting of a pot's period into segments in which nothing changes, and the flags of each member in
them. The rule itself, for one member and one day, is ``terms.standing_of``.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from datetime import date
from itertools import pairwise
from operator import attrgetter

from quire.core import arrays, terms
from quire.core.arrays import Ints
from quire.core.chains import Agreement
from quire.core.facts import Counts, Evidence, EvidenceWrong, Party, Pot, Subjects, Version

MOST_FLAGS = 50_000_000
"""Flags kept at once. A society of any size needs a few thousand; a bundle made to fill the memory, more."""


def cut(
    parties: Iterable[Party],
    answers: Iterable[terms.Answer],
    direct: Iterable[terms.DirectLicence],
    versions: Iterable[Version | Agreement],
    pot: Pot,
) -> tuple[tuple[date, date], ...]:
    """The segments of a pot: its period, cut wherever a membership, answer, direct licence, ownership or
    agreement (both are ``versions``) that bears on it begins or ends. Both the freeze and the auditor cut
    with this."""
    ours = pot.licence.licensee
    dates = terms.boundaries(
        pot.starts,
        pot.ends,
        (span for party in parties for span in party.spans),
        (answer for answer in answers if answer.licensee in (None, ours)),
        (one for one in direct if one.licensee == ours),
        [pot.licence],
    )
    owned = {day for version in versions for day in (version.starts, version.ends) if day is not None}
    return tuple(terms.segments(pot.starts, pot.ends, sorted({*dates, *owned})))


class Standings:
    """Which cells (segment and use) of a pot each member's usage is licensed in; ``any`` says, by party
    ordinal, whether it is in any at all.

    Raises ``EvidenceWrong`` where there are more different histories than anybody could have.
    """

    def __init__(self, evidence: Evidence, pot: Pot, segments: Sequence[tuple[date, date]]) -> None:
        self.pot = pot
        self.segments = segments
        self.any: list[bool] = []
        self._starts = [day for day, _ in segments]
        self._offsets: list[int] = []
        # Members whose usage of one kind is licensed on the same days share a row of flags.
        rows: dict[bytes, int] = {}
        known: dict[tuple[object, ...], tuple[list[int], bool]] = {}
        answers, direct = self._said(evidence)
        for party in evidence.parties:
            said, beside = answers.get(party.id, ()), direct.get(party.id, ())
            alike = _alike(party, said, beside)
            if (judged := known.get(alike)) is None:
                mine = [self._row(use, party, said, beside) for use in terms.USES]
                offsets = [rows.setdefault(row, len(rows) * len(segments)) for row in mine]
                judged = known[alike] = (offsets, any(1 in row for row in mine))
                self._must_fit(len(rows))
            self._offsets += judged[0]
            self.any.append(judged[1])
        self._flags = arrays.ints(list(b"".join(rows)))

    def _must_fit(self, rows: int) -> None:
        if rows * len(self.segments) > MOST_FLAGS:
            raise EvidenceWrong(
                f"The members of the pot {self.pot.id} have too many different histories to be divided at "
                "once; divide a shorter period."
            )

    def _said(
        self, evidence: Evidence
    ) -> tuple[dict[str, list[terms.Answer]], dict[str, list[terms.DirectLicence]]]:
        """What each member answered to this licensee or to all, and licensed to it directly."""
        ours = self.pot.licence.licensee
        answers: dict[str, list[terms.Answer]] = {}
        for answer in evidence.answers:
            if answer.licensee in (None, ours):
                answers.setdefault(answer.member, []).append(answer)
        direct: dict[str, list[terms.DirectLicence]] = {}
        for one in evidence.direct:
            if one.licensee == ours:
                direct.setdefault(one.member, []).append(one)
        return answers, direct

    def _row(
        self, use: str, party: Party, said: Sequence[terms.Answer], beside: Sequence[terms.DirectLicence]
    ) -> bytes:
        """1 for each segment in which this use is licensed, judged once between two of the party's dates."""
        licence = self.pot.licence
        if use not in licence.uses or not party.spans or not said:
            return bytes(len(self.segments))
        days = terms.boundaries(self.pot.starts, self.pot.ends, party.spans, said, beside, [licence])
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

    def last(self) -> list[int]:
        """By party ordinal the last segment in which some use is licensed, −1 where none is."""
        size, uses = len(self.segments), len(terms.USES)
        flags = bytes(arrays.to_list(self._flags))
        found = {offset: flags.rfind(1, offset, offset + size) for offset in set(self._offsets)}
        lasts = [max(-1, found[offset] - offset) for offset in self._offsets]
        return [max(lasts[place : place + uses]) for place in range(0, len(lasts), uses)]

    def licensed(self, counts: Counts, subjects: Subjects) -> Ints:
        """For each row of the counts, 1 where it is licensed and mandated, else 0."""
        uses = len(terms.USES)
        cells = range(len(self.segments) * uses)
        segment = arrays.take(arrays.ints([cell // uses for cell in cells]), counts.cells)
        use = arrays.take(arrays.ints([cell % uses for cell in cells]), counts.cells)
        members = arrays.take(subjects.members, counts.subjects)
        first = arrays.times(members, arrays.alike(uses, len(members)))
        offset = arrays.take(arrays.ints(self._offsets), arrays.plus(first, use))
        return arrays.take(self._flags, arrays.plus(offset, segment))


_DATES = attrgetter("starts", "ends")
_SAID = attrgetter("licensee", "use", "yes", "starts", "ends")


def _alike(
    party: Party, said: Sequence[terms.Answer], beside: Sequence[terms.DirectLicence]
) -> tuple[object, ...]:
    """Members who have this in common are judged alike."""
    return (
        tuple(map(_DATES, party.spans)),
        tuple(map(_SAID, said)),
        tuple(map(_DATES, beside)),
    )


def place_of(segments: Sequence[tuple[date, date]], day: date) -> int:
    """The segment that begins on ``day``; ``EvidenceWrong`` where none does."""
    place = bisect_left(segments, (day, date.min))
    if place < len(segments) and segments[place][0] == day:
        return place
    raise EvidenceWrong(f"Counts from {day} stand in no segment of the pot.")
