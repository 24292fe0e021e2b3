"""Who owns how much of a work: exact fractions that add up to exactly one.

A third is 1/3 and not 33.33 %: three of those would leave a hundredth of a per cent without an owner, which
of a large pot is real money. Whoever writes percentages writes ones that add up, or is told what is missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import NamedTuple

from quire.core.allocation import allocate
from quire.core.errors import Invalid

ROLES = (
    "author",
    "photographer",
    "composer",
    "lyricist",
    "performer",
    "label",
    "publisher",
    "estate",
    "owner",
    "syndicator",
)
"""The parts somebody can have in a work."""

TOLERANCE = Fraction(6, 10_000)
"""How far from one rounded shares may add up (CWR 2.2 rule 11: 100 % ± 0.06 %)."""

MOST_DIGITS = 1_000
"""Digits of a number that fractions have as their common denominator. Shares are of two or three; a file made
to fill the memory, where each has a denominator of its own, of as many as there are fractions."""

UNKNOWN = "unknown"
"""In place of a party: nobody knows who it is. What it earns keeps its role, and is unclaimed."""

_SHARE = re.compile(
    r"(?P<over>[0-9]{1,60})/(?P<under>[0-9]{1,60})|(?P<number>[0-9]{1,30}(\.[0-9]{1,30})?)(?P<percent> ?%)?"
)


class ShareUnreadable(Invalid):
    """The text is not a fraction from 0 to 1."""

    code = "shares.unreadable"


class ShareRefused(Invalid):
    """A share of nothing or less, a party twice in one role, or parties that cannot be told apart."""

    code = "shares.refused"


class UnknownRole(Invalid):
    """The role is not in ROLES."""

    code = "shares.unknown-role"


class SharesNotWhole(Invalid):
    """The shares of a work add up to less or more than one."""

    code = "shares.not-whole"


def parse_share(text: str) -> Fraction:
    """The fraction from 0 to 1 that "1/3", "33.34%", "50 %", "0.5" or "1" stands for, exactly.

    Raises ShareUnreadable for signs, exponents, anything above one and anything else; TypeError for what is
    not a str, because a float is not the number that was typed.
    """
    if not isinstance(text, str):
        raise TypeError(f"a share is read from text, not from {type(text).__name__}")
    shown = text if len(text) <= 60 else text[:60] + "…"
    found = _SHARE.fullmatch(text)
    if found is None or (found["under"] and not int(found["under"])):
        raise ShareUnreadable(
            f'{shown!r} is not a share; write it like "1/3", "33.34%" or "0.5".', text=shown
        )
    if found["under"]:
        share = Fraction(int(found["over"]), int(found["under"]))
    else:
        share = Fraction(found["number"]) / (100 if found["percent"] else 1)
    if share > 1:
        raise ShareUnreadable(f"{shown!r} is more than the whole; a share is at most 1, or 100%.", text=shown)
    return share


def share_text(share: Fraction) -> str:
    """A share as "n/d" in lowest terms, "1/1" for the whole: the form JSON carries."""
    return f"{share.numerator}/{share.denominator}"


class Holder(NamedTuple):
    """One owner's share of a work."""

    party: str
    role: str
    share: Fraction


@dataclass(frozen=True, slots=True)
class Shares:
    """The owners of one work, in the order given: each a party, a role of ROLES and a share above 0.

    Refuses, in this order: an unknown role (UnknownRole), a share of 0 or less, a party twice in one role and
    shares without a common denominator that could be written down (ShareRefused), shares that do not add up
    to exactly 1 (SharesNotWhole). TypeError for a share that is no Fraction.
    """

    holders: tuple[Holder, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "holders", tuple(Holder(*holder) for holder in self.holders))
        for holder in self.holders:
            _check_holder(holder)
        seen: set[tuple[str, str]] = set()
        for party, role, _ in self.holders:
            if (party, role) in seen:
                raise ShareRefused(
                    f"{party} is named more than once as {role}; give one share for each party and role.",
                    party=party,
                    role=role,
                )
            seen.add((party, role))
        _check_whole(_sum(self.holders))

    @classmethod
    def sole(cls, party: str, role: str = "owner") -> Shares:
        """The whole work is one party's."""
        return cls((Holder(party, role, Fraction(1)),))

    @classmethod
    def rounded(cls, holders: Iterable[Holder]) -> tuple[Shares, Fraction]:
        """Shares that were rounded before they were written down, in proportion again and whole; and what
        they added up to, within ``TOLERANCE`` of one.

        Each becomes share ÷ sum, exactly: 33.33 % three times over is a third each. Raises what ``Shares``
        raises, SharesNotWhole outside the tolerance.
        """
        given = tuple(Holder(*holder) for holder in holders)
        for holder in given:
            _check_holder(holder)
        found = _sum(given)
        if found != 1 and abs(1 - found) <= TOLERANCE:
            given = tuple(holder._replace(share=holder.share / found) for holder in given)
        return cls(given), found

    def __iter__(self) -> Iterator[Holder]:
        return iter(self.holders)

    def __len__(self) -> int:
        return len(self.holders)

    def split(self, total: int, order: Mapping[str, int]) -> list[tuple[str, str, int]]:
        """``total``, in any unit, divided among the holders: (party, role, part), in the holders' order.

        ``order`` gives each party its ordinal in the run. A quantum left over goes to the largest remainder,
        of equal ones to the smaller ordinal, then to the role first in the alphabet, so the order in which
        the holders were written down makes no difference. ShareRefused if a party has no ordinal of its own.
        """
        keys = {(holder.party, holder.role): self._place(holder, order) for holder in self.holders}
        if len(set(keys.values())) < len(keys):
            raise ShareRefused("Two parties have the same place in the order; give each party its own.")
        parts = allocate(total, {keys[party, role]: share for party, role, share in self.holders})
        return [(party, role, parts[keys[party, role]]) for party, role, _ in self.holders]

    def syndicated(self, syndicator: str, share: Fraction) -> Shares:
        """The shares once a syndicator is given ``share`` of the whole; the owners keep the rest.

        Each owner's own share becomes share × (1 - ``share``). ShareRefused unless 0 < ``share`` < 1.
        """
        if not 0 < _fraction(share) < 1:
            raise ShareRefused(
                f"A syndicator's share must lie between 0 and 1; {share_text(share)} does not.",
                party=syndicator,
                share=share_text(share),
            )
        owners = tuple(Holder(party, role, own * (1 - share)) for party, role, own in self.holders)
        return Shares((*owners, Holder(syndicator, "syndicator", share)))

    @staticmethod
    def _place(holder: Holder, order: Mapping[str, int]) -> tuple[int, str]:
        if holder.party not in order:
            raise ShareRefused(
                f"{holder.party} has a share, but no place in the order of the run; add the party to it.",
                party=holder.party,
            )
        return order[holder.party], holder.role


def _fraction(share: Fraction) -> Fraction:
    if not isinstance(share, Fraction):
        raise TypeError(f"a share must be a Fraction, not {type(share).__name__}")
    return share


def _check_holder(holder: Holder) -> None:
    if holder.role not in ROLES:
        raise UnknownRole(
            f"{holder.role!r} is not a role; it must be one of {', '.join(ROLES)}.",
            role=holder.role,
            roles=ROLES,
        )
    if _fraction(holder.share) <= 0:
        raise ShareRefused(
            f"{holder.party} as {holder.role} has a share of {share_text(holder.share)}; "
            "leave out whoever has nothing.",
            party=holder.party,
            role=holder.role,
            share=share_text(holder.share),
        )


def _sum(holders: Iterable[Holder]) -> Fraction:
    """What the shares add up to; ShareRefused where ``common`` is."""
    shares = [holder.share for holder in holders]
    under = common(1, shares)
    if under is None:
        raise ShareRefused(
            f"The shares have no common denominator of at most {MOST_DIGITS} digits; write percentages."
        )
    return Fraction(sum(share.numerator * (under // share.denominator) for share in shares), under)


def common(under: int, fractions: Iterable[Fraction]) -> int | None:
    """The least common multiple of ``under`` and the denominators; None where it has too many digits."""
    for one in fractions:
        under = lcm(under, one.denominator)
        if under >= _TOO_LONG:
            return None
    return under


_TOO_LONG = 10**MOST_DIGITS


def _check_whole(found: Fraction) -> None:
    if found == 1:
        return
    gap = share_text(abs(1 - found))
    wrong = f"{gap} is missing" if found < 1 else f"that is {gap} too much"
    raise SharesNotWhole(
        f"The shares add up to {share_text(found)}; {wrong}. They must add up to exactly 1.",
        sum=share_text(found),
        gap=gap,
    )
