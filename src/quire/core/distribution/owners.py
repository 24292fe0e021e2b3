"""From an amount to the parties that get it: the one way by which any amount reaches anybody.

A row's amount goes to the owners of its subject by their shares, and what a party has goes on to whoever
takes it (``pay``): that is where an agreement passes it on (``chains``) and a hold keeps it, link by link.
What belongs to somebody whom nobody knows is unclaimed. Most rows are ``plain``: one owner, no agreement, no
hold. Those never come here; they are summed as columns.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import cached_property

from quire.core import arrays
from quire.core.arrays import Ints
from quire.core.chains import Chains, Link
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
        self.held_parties = {hold.party for hold in evidence.holds if hold.party}
        self.held_subjects = {hold.subject for hold in evidence.holds if hold.subject}

    @cached_property
    def plain_parties(self) -> Ints:
        """1 for each party, by ordinal, that keeps what it gets and may be paid all of it."""
        giving, held = self.chains.givers, self.held_parties
        parties = enumerate(self.evidence.parties)
        return arrays.ints([int(place not in giving and one.id not in held) for place, one in parties])

    @cached_property
    def plain_subjects(self) -> Ints:
        """1 for each subject whose amounts all go to its member, as ``owner``, payable."""
        subjects = self.evidence.subjects
        plain = arrays.take(self.plain_parties, subjects.members)
        if not subjects.versions and not self.held_subjects:
            return plain
        alone = [1] * len(subjects.ids)
        for place in subjects.versions:
            alone[place] = 0
        if self.held_subjects:
            for place, name in enumerate(subjects.ids):
                if name in self.held_subjects:
                    alone[place] = 0
        return arrays.masked(plain, arrays.ints(alone))

    def of(self, told: Line) -> Iterator[Line]:
        """The lines of a row, whose ``party`` is the member: the subject's owners on the segment's days, in
        the order of the run, and on from each to whoever takes it."""
        if told.subject is None:
            yield from self.pay(told)
            return
        day = self.evidence.counts[told.source or told.pot].segments[told.segment][0]
        shares = self.evidence.subjects.version(told.subject, day)
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
        it payable, unless the party that has it or the subject is on hold."""
        if line.party not in self.chains.givers:
            yield self.settled(line)
            return
        for link in self.links(line):
            found = replace(line, amount=link.amount, party=link.party, role=link.role)
            found = replace(found, part=line.part * link.part, via=link.via)
            if link.via:
                found = replace(found, of=link.of)
            yield replace(found, outcome="held") if link.unclear else self.settled(found)

    def links(self, line: Line) -> list[Link]:
        """The way of a line's amount. What is earned by no work is judged by the last day of the run."""
        assert line.party is not None
        if line.subject is None:
            day = max(pot.ends for pot in self.evidence.pots) - timedelta(days=1)
            return self.chains.pass_on(line.amount, line.party, None, "", day, line.role)
        day = self.evidence.counts[line.source or line.pot].segments[line.segment][0]
        subject = self.evidence.subjects.ids[line.subject]
        return self.chains.pass_on(line.amount, line.party, subject, line.use, day, line.role)

    def settled(self, line: Line) -> Line:
        """The line as it comes out: unclaimed if nobody is known, held if a hold stands, else payable."""
        if line.party is None:
            return replace(line, outcome="unclaimed")
        party = self.evidence.parties[line.party].id
        subject = None if line.subject is None else self.evidence.subjects.ids[line.subject]
        held = party in self.held_parties or (subject is not None and subject in self.held_subjects)
        return replace(line, outcome="held") if held else line
