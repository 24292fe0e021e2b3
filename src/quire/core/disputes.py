"""What of a work is in dispute, and who gets it once the dispute has ended.

A claim states whom the work belongs to, with every share. Whoever has more now than the claim leaves them is
a respondent, and the part of their share that it would take is held, and nothing else (``held``). The shares
that end the dispute may lie anywhere between: of what was held of a respondent goes back what the respondent
keeps of it, and the rest to those who gain, in proportion to what each gains (``awarded``). All of it is
exact; docs/algorithms/disputes.md has worked tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from fractions import Fraction

from quire.core.errors import Invalid
from quire.core.shares import UNKNOWN, Holder, Shares

KINDS = ("authorship", "share", "ownership", "tier", "classification")
OF_MONEY = ("authorship", "share", "ownership")
"""Disputes about whom a work belongs to; the others are about what it is, and hold nothing."""

DAYS = 60
"""Days to document a claim, and days to answer one, where the society has set no others."""


class ClaimWrong(Invalid):
    """A claim that takes nothing from anybody, or gives to somebody whom nobody knows."""

    code = "disputes.claim"


def by(day: date, days: int) -> date:
    """The last day of a time of so many days that begins on ``day``."""
    return day + timedelta(days=days)


def overdue(last: date, on: date) -> bool:
    """Whether the time is over: the last day itself still counts."""
    return on > last


def whole(shares: Shares) -> dict[str, Fraction]:
    """Each party's share of the work, all its roles together."""
    sums: dict[str, Fraction] = {}
    for party, _, share in shares:
        sums[party] = sums.get(party, Fraction(0)) + share
    return sums


def held(present: Shares, claimed: Shares) -> dict[str, Fraction]:
    """Respondent to the part of what it has that the claim would take: above 0, at most 1.

    What nobody is known to own is nobody's to answer for: ``unknown`` is no respondent. Raises ClaimWrong
    where the claim takes nothing from anybody known, or gives more to somebody whom nobody knows.
    """
    before, after = whole(present), whole(claimed)
    _known_gain(before, after)
    found = {
        party: (share - after.get(party, Fraction(0))) / share
        for party, share in sorted(before.items())
        if party != UNKNOWN and after.get(party, Fraction(0)) < share
    }
    if not found:
        raise ClaimWrong("The claim takes nothing from anybody who has a share of the work now.")
    return found


def awarded(present: Shares, claimed: Shares, final: Shares) -> dict[str, dict[str, Fraction]]:
    """Of what was held of each respondent: party to share of it, summing to one, those of nothing left out.

    A respondent who loses more in the end than was claimed loses all that was held, and no more: what was
    paid before stays paid. Raises ClaimWrong as ``held`` does.
    """
    before, after, last = whole(present), whole(claimed), whole(final)
    _known_gain(before, last)
    gains = {party: share - before.get(party, Fraction(0)) for party, share in last.items()}
    gains = {party: gain for party, gain in sorted(gains.items()) if gain > 0}
    found = {}
    for respondent in held(present, claimed):
        disputed = before[respondent] - after.get(respondent, Fraction(0))
        lost = before[respondent] - last.get(respondent, Fraction(0))
        gone = min(max(lost, Fraction(0)), disputed) / disputed
        parts = {respondent: 1 - gone}
        if gone:
            gained = sum(gains.values(), Fraction(0))
            parts |= {party: gone * gain / gained for party, gain in gains.items()}
        found[respondent] = {party: part for party, part in sorted(parts.items()) if part}
    return found


def shifted(claimed: Shares, present: Shares, now: Shares) -> Shares:
    """What a claim made of ``present`` makes of the owners as they are ``now``: it takes and gives the same.

    For a claim that was filed before another dispute about the work ended. What it takes of a party that has
    less of it in that role comes out of the party's others. Raises ClaimWrong where the party has it no more.
    """
    if now == present:
        return claimed
    found: dict[tuple[str, str], Fraction] = {}
    for shares, sign in ((now, 1), (claimed, 1), (present, -1)):
        for party, role, share in shares:
            found[party, role] = found.get((party, role), Fraction(0)) + sign * share
    holders = []
    for party in dict.fromkeys(party for party, _ in found):
        roles = {role: share for (one, role), share in found.items() if one == party}
        lacking = -sum((share for share in roles.values() if share < 0), Fraction(0))
        for role, share in roles.items():
            taken = min(max(share, Fraction(0)), lacking)
            lacking -= taken
            if share > taken:
                holders.append(Holder(party, role, share - taken))
        if lacking:
            raise ClaimWrong(f"{party} has less of the work by now than the claim would take from it.")
    return Shares(tuple(holders))


def _known_gain(before: Mapping[str, Fraction], after: Mapping[str, Fraction]) -> None:
    if after.get(UNKNOWN, Fraction(0)) > before.get(UNKNOWN, Fraction(0)):
        raise ClaimWrong("Nobody can win a share for somebody whom nobody knows.")
