"""What of an amount is held: all of it, or the part that is in dispute.

A hold on a party or on a subject keeps all that it earns. A hold on both keeps a part of what that party owns
of that subject, for use from a day on. The amount is divided between such holds and the rest at once, by
``allocation.allocate``; where their parts come to more than the whole, an earlier one of the evidence goes
before a later. The line of each says which hold it is.

What an owner passes on by an agreement is held like what it keeps, each part under the name of whoever gets
it: a dispute about the owner's share is about all of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction

from quire.core.allocation import allocate
from quire.core.distribution.lines import Line
from quire.core.facts import EvidenceWrong, Hold
from quire.core.shares import common


class Holds:
    """The holds of one run's evidence. ``parties`` and ``subjects`` are held altogether; ``disputed`` names
    the subjects of which parts are. Raises EvidenceWrong where the parts of one have too long a denominator
    in common."""

    def __init__(self, holds: Iterable[Hold]) -> None:
        told = tuple(holds)
        self.parties = {one.party for one in told if one.party and not one.both}
        self.subjects = {one.subject for one in told if one.subject and not one.both}
        self.places = {one.id: place for place, one in enumerate(told)}
        self.narrow: dict[tuple[str, str], list[Hold]] = {}
        for one in told:
            if one.party is not None and one.subject is not None:
                self.narrow.setdefault((one.party, one.subject), []).append(one)
        self.disputed = {subject for _, subject in self.narrow}
        parts: dict[str, list[Fraction]] = {}
        for (_, subject), several in self.narrow.items():
            parts.setdefault(subject, []).extend(one.part for one in several)
        for subject, told_parts in parts.items():
            if common(1, told_parts) is None:
                raise EvidenceWrong(
                    f"The parts of {subject} that are on hold have no common measure short enough."
                )

    def whole(self, party: str, subject: str | None) -> bool:
        """Whether all that the party gets of the subject is held."""
        return party in self.parties or (subject is not None and subject in self.subjects)

    def split(self, line: Line, owners: Sequence[str], subject: str | None, day: date) -> Iterator[Line]:
        """A payable line, and the parts of it that holds on what ``owners`` have of the subject keep."""
        found = [] if subject is None else self.over(owners, subject, day)
        if not found:
            yield line
            return
        parts = _parts(found)
        amounts = allocate(line.amount, dict(enumerate(parts)))
        for place, part in enumerate(parts):
            made = replace(line, amount=amounts[place], part=line.part * part)
            if part and place == len(found):
                yield made
            elif part:
                yield replace(made, outcome="held", hold=found[place].id)

    def over(self, owners: Iterable[str], subject: str, day: date) -> list[Hold]:
        """The holds on what these parties own of the subject, of use on that day, in their order."""
        found = [
            one
            for owner in dict.fromkeys(owners)
            for one in self.narrow.get((owner, subject), ())
            if one.starts is None or one.starts <= day
        ]
        # An earlier hold goes before a later one, whoever of the owners it is on.
        return sorted(found, key=lambda one: self.places[one.id])


def _parts(holds: Iterable[Hold]) -> list[Fraction]:
    """What each hold keeps of the whole, and last what none of them does."""
    left, parts = Fraction(1), []
    for one in holds:
        parts.append(min(one.part, left))
        left -= parts[-1]
    return [*parts, left]
