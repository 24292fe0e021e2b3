"""From an amount to the parties that get it: the one way by which any amount reaches anybody.

A row's amount goes to the owners of its subject by their shares, and what a party has goes on to whoever
takes it (``pay``): that is where an agreement passes it on and a hold keeps it. Most rows are ``plain``: one
owner, no agreement, no hold. Those never come here; they are summed as columns.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property

from quire.core import arrays
from quire.core.arrays import Ints
from quire.core.distribution.lines import Line
from quire.core.facts import Evidence


class Owners:
    """Who gets what of a row, by one run's evidence."""

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        self.order = {party.id: place for place, party in enumerate(evidence.parties)}
        self.held_parties = {hold.party for hold in evidence.holds if hold.party}
        self.held_subjects = {hold.subject for hold in evidence.holds if hold.subject}

    @cached_property
    def plain_parties(self) -> Ints:
        """1 for each party, by ordinal, that keeps what it gets and may be paid all of it."""
        return arrays.ints([int(one.id not in self.held_parties) for one in self.evidence.parties])

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
        owners = zip(shares.split(told.amount, self.order), shares, strict=True)
        for (party, role, owned), holder in sorted(
            owners, key=lambda one: (self.order[one[0][0]], one[0][1])
        ):
            line = replace(told, amount=owned, party=self.order[party], role=role, part=holder.share)
            yield from self.pay(line)

    def pay(self, line: Line) -> Iterator[Line]:
        """What becomes of an amount that is a party's: payable, unless party or subject is on hold."""
        party = None if line.party is None else self.evidence.parties[line.party].id
        subject = None if line.subject is None else self.evidence.subjects.ids[line.subject]
        held = party in self.held_parties or (subject is not None and subject in self.held_subjects)
        yield replace(line, outcome="held") if held else line
