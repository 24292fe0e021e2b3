"""What a correction takes from whom and gives to whom: exact differences that sum to nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from quire.core.allocation import allocate
from quire.core.chains import Chains
from quire.core.corrections.records import Correction, CorrectionWrong


@dataclass(slots=True)
class Change:
    """What one party has too little (above zero) or too much (below), in quanta, over all of its roles.

    ``old`` and ``new`` are its shares of the subject before and after, ``lines`` its lines in the old run.
    ``via`` names the agreements by which it is unclear yet who succeeds it: what it gets must be held.
    """

    amount: int = 0
    old: Fraction = Fraction(0)
    new: Fraction = Fraction(0)
    lines: list[int] = field(default_factory=list)
    roles: dict[str, int] = field(default_factory=dict)
    via: tuple[str, ...] = ()

    def add(self, role: str, amount: int) -> None:
        self.amount += amount
        self.roles[role] = self.roles.get(role, 0) + amount

    @property
    def role(self) -> str:
        """The role in which most of the difference arises; of equal ones the first in the alphabet."""
        sign = -1 if self.amount < 0 else 1
        return min(self.roles, key=lambda role: (-sign * self.roles[role], role), default="owner")


def changes(
    one: Correction, chains: Chains, before: Correction | None = None
) -> tuple[dict[int, Change], int]:
    """The change of each party by its ordinal, and what goes to the fund; together they come to nothing.

    The old amounts are those of the lines written; after an earlier correction of the row (``before``), those
    which that one made of them. Both go on to whoever succeeds a party; the new ones by every agreement in
    force on the row's first day. CorrectionWrong where that leads to somebody unknown.
    """
    found: dict[int, Change] = {}
    for old in one.old:
        mine = found.setdefault(chains.order[old.party], Change())
        mine.old += old.share
        mine.lines.append(old.line)
    fund = 0
    if before is None:
        for old in one.old:
            _pass(found, chains, one, old.party, old.role, -old.amount, None)
    else:
        fund -= _new(found, chains, before, -1)
    fund += _new(found, chains, one, 1)
    assert fund + sum(change.amount for change in found.values()) == 0, "a correction sums to nothing"
    return dict(sorted(found.items())), fund


def _new(found: dict[int, Change], chains: Chains, one: Correction, sign: int) -> int:
    """Add what the new owners get, by way of the agreements; returns what the fund gets."""
    if one.new is None:
        return one.amount
    kept = allocate(one.amount, {0: one.part, 1: 1 - one.part})
    parts = one.new.split(kept[0], chains.order)
    for (party, role, amount), holder in zip(parts, one.new, strict=True):
        shares = found if sign > 0 else None
        _pass(found, chains, one, party, role, sign * amount, one.subject, shares, holder.share * one.part)
    return kept[1]


def _pass(
    found: dict[int, Change],
    chains: Chains,
    one: Correction,
    party: str,
    role: str,
    amount: int,
    subject: str | None,
    shares: dict[int, Change] | None = None,
    share: Fraction = Fraction(0),
) -> None:
    """An amount to where it comes to rest; without a subject, to successors alone."""
    for link in chains.pass_on(amount, chains.order[party], subject, one.use, one.starts, role):
        if link.party is None:
            raise CorrectionWrong(
                f"The correction {one.id} leads to somebody unknown; say first who it is.", correction=one.id
            )
        mine = found.setdefault(link.party, Change())
        mine.add(link.role, link.amount)
        mine.via = link.via if link.unclear else mine.via
        if shares is not None:
            mine.new += share * link.part


def matched(found: Mapping[int, Change], fund: int, fund_key: int) -> dict[int, dict[int, int]]:
    """What each debtor owes each creditor: rows sum to what a debtor has too much, columns to what a creditor
    has too little.

    Each debtor, by ordinal, is divided among the creditors in proportion to what they still lack.
    """
    lacking = {place: one.amount for place, one in found.items() if one.amount > 0}
    if fund:
        lacking[fund_key] = fund
    owed: dict[int, dict[int, int]] = {}
    excess = {place: -one.amount for place, one in found.items() if one.amount < 0}
    for debtor, amount in sorted(excess.items()):
        parts = allocate(amount, lacking)
        lacking = {key: lack - parts[key] for key, lack in lacking.items()}
        owed[debtor] = {key: part for key, part in parts.items() if part}
    assert not any(lacking.values()), "what some have too much is what others have too little"
    return owed
