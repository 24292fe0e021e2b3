"""From an amount to the parties that get it: the one way by which any amount reaches anybody.

A row's amount goes to the owners of its subject by their shares, and what a party has goes on to whoever
takes it (``pay``): that is where an agreement passes it on (``chains``) and a hold keeps it, link by link.
What belongs to somebody whom nobody knows is unclaimed. Most rows are ``plain``: one owner, no agreement, no
hold. Those never come here; they are summed as columns.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from functools import cached_property

from quire.core import arrays
from quire.core.arrays import Ints
from quire.core.chains import Chains, Link
from quire.core.distribution.holding import Holds
from quire.core.distribution.lines import Line
from quire.core.facts import Evidence
from quire.core.shares import UNKNOWN


class Owners:
    """Who gets what of a row, by one run's evidence."""

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        self.order = {party.id: place for place, party in enumerate(evidence.parties)}
        self.chains = Chains(evidence.agreements, self.order)
        self.owning = {**self.order, UNKNOWN: len(self.order)}
        self.holds = Holds(evidence.holds)

    @cached_property
    def plain_parties(self) -> Ints:
        """1 for each party, by ordinal, that keeps what it gets and may be paid all of it."""
        giving, held = self.chains.givers, self.holds.parties
        parties = enumerate(self.evidence.parties)
        return arrays.ints([int(place not in giving and one.id not in held) for place, one in parties])

    @cached_property
    def plain_subjects(self) -> Ints:
        """1 for each subject whose amounts all go to its member, as ``owner``, payable."""
        subjects = self.evidence.subjects
        plain = arrays.take(self.plain_parties, subjects.members)
        held = self.holds.subjects | self.holds.disputed
        if not subjects.versions and not held:
            return plain
        alone = [1] * len(subjects.ids)
        for place in subjects.versions:
            alone[place] = 0
        if held:
            for place, name in enumerate(subjects.ids):
                if name in held:
                    alone[place] = 0
        return arrays.masked(plain, arrays.ints(alone))

    def of(self, told: Line) -> Iterator[Line]:
        """The lines of a row, whose ``party`` is the member: the subject's owners on the segment's days, in
        the order of the run, and on from each to whoever takes it."""
        if told.subject is None:
            yield from self.pay(told)
            return
        shares = self.evidence.subjects.version(told.subject, self.day(told))
        if shares is None:
            yield from self.pay(told)
            return
        owners = zip(shares.split(told.amount, self.owning), shares, strict=True)
        for (party, role, owned), holder in sorted(
            owners, key=lambda one: (self.owning[one[0][0]], one[0][1])
        ):
            place = self.order.get(party)
            yield from self.pay(replace(told, amount=owned, party=place, role=role, part=holder.share))

    def pay(self, line: Line) -> Iterator[Line]:
        """What becomes of an amount that is a party's: passed on where an agreement says so, and each part of
        it payable, unless the party that has it or the subject is on hold, or the part that is disputed."""
        if line.party not in self.chains.givers:
            yield from self.settled(line, line.party)
            return
        for link in self.links(line):
            found = replace(line, amount=link.amount, party=link.party, role=link.role)
            found = replace(found, part=line.part * link.part, via=link.via)
            if link.via:
                found = replace(found, of=link.of)
            settled = self.settled(found, line.party)
            # What waits for a successor may be in dispute as well: then the line says of which hold it is.
            yield from (replace(one, outcome="held") for one in settled) if link.unclear else settled

    def links(self, line: Line) -> list[Link]:
        """The way of a line's amount. What is earned by no work is judged by the last day of the run."""
        assert line.party is not None
        if line.subject is None:
            day = max(pot.ends for pot in self.evidence.pots) - timedelta(days=1)
            return self.chains.pass_on(line.amount, line.party, None, "", day, line.role)
        subject = self.evidence.subjects.ids[line.subject]
        return self.chains.pass_on(line.amount, line.party, subject, line.use, self.day(line), line.role)

    def day(self, line: Line) -> date:
        """The first day of a line's segment: all of them are alike in who owns and who passes on."""
        return self.evidence.counts[line.source or line.pot].segments[line.segment][0]

    def settled(self, line: Line, owner: int | None) -> Iterator[Line]:
        """The line as it comes out: unclaimed if nobody is known, held if a hold stands, else payable but for
        the part that is in dispute; ``owner`` is whose share of the subject it comes from."""
        if line.party is None:
            yield replace(line, outcome="unclaimed")
            return
        party = self.evidence.parties[line.party].id
        subject = None if line.subject is None else self.evidence.subjects.ids[line.subject]
        if self.holds.whole(party, subject):
            yield replace(line, outcome="held")
        elif subject is None or subject not in self.holds.disputed:
            yield line
        else:
            owners = [self.evidence.parties[place].id for place in (owner, line.party) if place is not None]
            yield from self.holds.split(line, owners, subject, self.day(line))
