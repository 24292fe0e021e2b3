"""Debts settled from what debtors earn: exact, the oldest first, never beyond the limit.

For one currency of a run, in the order in which corrections were filed:

1. A correction that is new makes debts (``changes``, ``matched``). What of a debtor's own lines is still on
   hold comes out of the hold at once, up to what it has too much.
2. Then, of what the debtor earned in this run, payable, its creditors get what it owes by this correction,
   as far as that goes: all corrections together take at most the limit of it, rounded down to the quantum.
   Where it does not suffice for all creditors of one correction, it is divided among them in proportion to
   what each still has to get, ties to the smaller ordinal, a fund last.

What is left is owed in later runs. A debt of somebody who is no more is its successors', and so is what is
owed to it; what one party thereby owes itself is nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction
from typing import Any

from quire.core.allocation import allocate
from quire.core.chains import Chains
from quire.core.corrections.changes import Change, changes, matched
from quire.core.corrections.records import Correction, Debt
from quire.core.shares import share_text

CORRECTION, RECOVERY = "correction", "recovery"
"""Labels: taken out of a hold at once, and taken from what a debtor earned."""

Owed = dict[int, dict[int, int]]
"""Debtor and creditor by ordinal to quanta; a fund's ordinal is the one after the last party."""


@dataclass(frozen=True, slots=True)
class Corrects:
    """What a line corrects: the row of the old run, the party's lines in it, and its old and new share."""

    correction: Correction
    lines: tuple[int, ...] = ()
    old: Fraction | None = None
    new: Fraction | None = None

    def record(self) -> dict[str, Any]:
        """What the line says of it in the bundle."""
        one = self.correction
        told: dict[str, Any] = {
            "correction": one.id,
            "run": one.run,
            "lines": list(self.lines),
            "share": one.label,
            "reason": one.reason,
        }
        shares = (("old", self.old), ("new", self.new))
        told |= {name: share_text(share) for name, share in shares if share is not None}
        used = {"use": one.use} if one.use else {}
        days = {"from": one.starts.isoformat(), "until": one.ends.isoformat()}
        return {"subject": one.subject, **days, **used, "corrects": told}


@dataclass(frozen=True, slots=True)
class Move:
    """An amount that goes from or to a party, or to a fund (``to``). It comes out of a ``hold``, or must be
    held because it is unclear who succeeds the party, ``via`` these agreements."""

    label: str
    amount: int
    corrects: Corrects
    party: int | None = None
    role: str = ""
    to: str = ""
    hold: str = ""
    via: tuple[str, ...] = ()

    @property
    def held(self) -> bool:
        return bool(self.hold or self.via)


@dataclass(frozen=True, slots=True)
class Settled:
    """What a run does for its corrections in one currency, and what is owed after it."""

    moves: tuple[Move, ...]
    debts: tuple[Debt, ...]


def settle(
    corrections: Iterable[Correction],
    debts: Sequence[Debt],
    chains: Chains,
    earned: Callable[[int], int],
    limit: Fraction,
) -> Settled:
    """Settle the corrections and debts of one currency.

    ``earned`` says what a party, by ordinal, earned payable in this run, in quanta. ``corrections`` may be
    more than those that are new: debts and later corrections name them. Raises CorrectionWrong.
    """
    known = sorted(corrections, key=lambda one: one.age)
    run = _Run(chains, {one.id: one for one in known}, earned, limit)
    moves = [move for one in known for move in run.of(one, debts)]
    return Settled(tuple(moves), tuple(run.rest))


@dataclass(slots=True)
class _Run:
    """One currency of a run on its way; ``left`` is what each debtor can still be asked for."""

    chains: Chains
    known: Mapping[str, Correction]
    earned: Callable[[int], int]
    limit: Fraction
    left: dict[int, int] = field(default_factory=dict)
    rest: list[Debt] = field(default_factory=list)

    @property
    def fund(self) -> int:
        return len(self.chains.order)

    def of(self, one: Correction, debts: Sequence[Debt]) -> Iterator[Move]:
        """What one correction moves."""
        found, fund = changes(one, self.chains, self.known.get(one.after))
        if one.posted:
            owed = self.inherited(one, [debt for debt in debts if debt.correction == one.id])
        else:
            owed = matched(found, fund, self.fund)
            yield from self.out_of_holds(one, found, owed)
        for debtor in sorted(owed):
            taken = min(self.budget(debtor), sum(owed[debtor].values()))
            if taken:
                self.left[debtor] -= taken
                yield self.move(RECOVERY, one, found, debtor, -taken)
                yield from self.paid(RECOVERY, one, found, owed[debtor], taken)
        self.rest += self.debts(one, owed)

    def budget(self, debtor: int) -> int:
        """What may still be taken of what the debtor earned."""
        if debtor not in self.left:
            most = max(0, self.earned(debtor)) * self.limit
            self.left[debtor] = most.numerator // most.denominator
        return self.left[debtor]

    def out_of_holds(self, one: Correction, found: Mapping[int, Change], owed: Owed) -> Iterator[Move]:
        """What debtors still have on hold of the row, at once."""
        of = {old.line: self.chains.order[old.party] for old in one.old}
        for line, held, hold in one.held:
            debtor = of[line]
            taken = min(held, sum(owed.get(debtor, {}).values()))
            if taken:
                yield replace(self.move(CORRECTION, one, found, debtor, -taken, (line,)), hold=hold)
                yield from self.paid(CORRECTION, one, found, owed[debtor], taken)

    def paid(
        self, label: str, one: Correction, found: Mapping[int, Change], owed: dict[int, int], taken: int
    ) -> Iterator[Move]:
        """To the creditors of one debtor what was taken of it; ``owed`` becomes the less."""
        for creditor, part in allocate(taken, owed).items():
            owed[creditor] -= part
            if part:
                yield self.move(label, one, found, creditor, part)

    def move(
        self,
        label: str,
        one: Correction,
        found: Mapping[int, Change],
        place: int,
        amount: int,
        lines: tuple[int, ...] = (),
    ) -> Move:
        if place == self.fund:
            return Move(label, amount, Corrects(one), to=one.to)
        change = found.get(place)
        if change is None:
            return Move(label, amount, Corrects(one), place, "owner")
        told = Corrects(one, lines or tuple(change.lines), change.old, change.new)
        return Move(label, amount, told, place, change.role, via=change.via if amount > 0 else ())

    def inherited(self, one: Correction, debts: Iterable[Debt]) -> Owed:
        """Debts of an earlier run, between those in whose hands they are now."""
        owed: Owed = {}
        for debt in debts:
            for debtor, part in self._now(debt.debtor, debt.amount, one.starts):
                whom = [(self.fund, part)]
                if debt.creditor in self.chains.order:
                    whom = self._now(debt.creditor, part, one.starts)
                mine = owed.setdefault(debtor, {})
                for creditor, amount in whom:
                    if creditor != debtor and amount:
                        mine[creditor] = mine.get(creditor, 0) + amount
        return {debtor: mine for debtor, mine in owed.items() if mine}

    def _now(self, party: str, amount: int, day: date) -> list[tuple[int, int]]:
        links = self.chains.pass_on(amount, self.chains.order[party], None, "", day, "owner")
        found = [(link.party, link.amount) for link in links if link.party is not None]
        return found if len(found) == len(links) else [(self.chains.order[party], amount)]

    def debts(self, one: Correction, owed: Owed) -> Iterator[Debt]:
        """What is owed by the correction from now on."""
        names = self.chains.names
        for debtor, mine in sorted(owed.items()):
            for creditor, amount in sorted(mine.items()):
                if amount:
                    whom = one.to if creditor == self.fund else names[creditor]
                    yield Debt(one.id, names[debtor], whom, one.currency, amount)
