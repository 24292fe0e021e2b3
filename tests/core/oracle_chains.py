"""Who gets what has been credited to somebody, again, slowly: agreements, holds, owners whom nobody knows.
Part of ``oracle.py``, and like it imports nothing of Quire. The rules in words: docs/algorithms/chains.md
and docs/algorithms/disputes.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from oracle_algebra import Record, fraction, split
from oracle_money import decimal, is_in

UNKNOWN = "unknown"


@dataclass(frozen=True)
class Use:
    """What an amount was earned by; of no work the subject is None, and the use then says nothing."""

    subject: str | None
    use: str
    day: date


@dataclass(frozen=True)
class Rest:
    """Where a part of an amount has come to rest, and by which agreements. ``unclear``: it waits there."""

    party: str
    role: str
    amount: int
    part: Fraction = Fraction(1)
    via: tuple[str, ...] = ()
    of: int = 0
    unclear: bool = False


class Chains:
    """The agreements of a run, and the ordinals of its parties."""

    def __init__(self, agreements: Sequence[Record], ordinal: Mapping[str, int]) -> None:
        self.agreements, self.ordinal = agreements, ordinal

    def place(self, party: str) -> int:
        """Whoever nobody knows, and a fund, come after all parties."""
        return self.ordinal.get(party, len(self.ordinal))

    def one(self, kind: str, here: Rest, use: Use) -> Record | None:
        """The agreement of this kind that is in force, of which there is one at most."""
        found = [
            one
            for one in self.agreements
            if (one["kind"], one["giver"]) == (kind, here.party)
            and is_in(use.day, one)
            and (one["subjects"] is None or use.subject in one["subjects"])
            and (one["uses"] is None or use.use in one["uses"])
            and (one["roles"] is None or here.role in one["roles"])
        ]
        assert len(found) < 2, "two agreements of one giver are in force"
        return found[0] if found else None

    def passed(self, here: Rest, use: Use, *, kept: bool = False) -> Iterator[Rest]:
        """Where an amount that has come to somebody comes to rest; ``kept``: it has passed on its part."""
        through = None if kept or use.subject is None else self.one("pass-through", here, use)
        if through is not None:
            yield from self.through(through, here, use)
            return
        after = self.one("succession", here, use)
        if after is None:
            yield here
        elif after["takers"] is None:
            way = (*here.via, after["agreement"])
            yield Rest(here.party, here.role, here.amount, here.part, way, here.amount, unclear=True)
        else:
            heirs = [(party, here.role, Fraction(share)) for party, _, share in after["takers"]]
            for one in self.divided(after, here, heirs):
                yield from self.passed(one, use)

    def through(self, one: Record, here: Rest, use: Use) -> Iterator[Rest]:
        """First what the giver keeps, then the others by ordinal and role."""
        keeps = Fraction(one["retention"])
        shares = [(party, role, Fraction(share) * (1 - keeps)) for party, role, share in one["takers"]]
        if keeps:
            shares.append((here.party, here.role, keeps))
        found = self.divided(one, here, shares)
        mine = [rest for rest in found if rest.party == here.party]
        for rest in mine:
            yield from self.passed(rest, use, kept=True)
        for rest in found:
            if rest not in mine:
                yield from self.passed(rest, use)

    def divided(self, one: Record, here: Rest, shares: list[tuple[str, str, Fraction]]) -> list[Rest]:
        """The amount among these, by ordinal and role, which break ties."""
        ordered = sorted(shares, key=lambda share: (self.place(share[0]), share[1]))
        amounts = split(here.amount, [share for _, _, share in ordered])
        way = (*here.via, one["agreement"])
        return [
            Rest(party, role, amount, here.part * share, way, here.amount)
            for (party, role, share), amount in zip(ordered, amounts, strict=True)
        ]


def lines(
    chains: Chains, holds: Sequence[Record], told: Record, amount: int, use: Use
) -> Iterator[tuple[Record, int]]:
    """The lines of an amount that is credited to ``told["party"]``, wherever it comes to rest."""
    owner = told["party"]
    for rest in chains.passed(Rest(owner, told["role"], amount), use):
        part = fraction(Fraction(told["part"]) * rest.part)
        line = {**told, "party": rest.party, "role": rest.role, "part": part}
        if rest.via:
            line |= {"via": list(rest.via), "of": decimal(rest.of)}
        for one, own in held(holds, line, rest.amount, {owner, rest.party}):
            yield (one | {"outcome": "held"} if rest.unclear else one), own


def held(
    holds: Sequence[Record], told: Record, amount: int, owners: set[str]
) -> Iterator[tuple[Record, int]]:
    """The lines of what has come to a party: unclaimed, held, payable, or in dispute in parts. A dispute
    about any of the owners' shares of the subject is about it."""
    if told["party"] == UNKNOWN:
        yield (
            {name: value for name, value in told.items() if name != "party"} | {"outcome": "unclaimed"},
            amount,
        )
        return
    names = (told["party"], told.get("subject"))
    if any((one["party"], one["subject"]) in ((names[0], None), (None, names[1])) for one in holds):
        yield {**told, "outcome": "held"}, amount
        return
    over = [
        one
        for one in holds
        if one["party"] in owners
        and one["subject"] is not None
        and one["subject"] == names[1]
        and one.get("from", "") <= told["from"]
    ]
    left, parts = Fraction(1), []
    for one in over:
        parts.append(min(Fraction(one.get("part", "1/1")), left))
        left -= parts[-1]
    for hold, part, own in zip([*over, None], [*parts, left], split(amount, [*parts, left]), strict=True):
        line = {**told, "part": fraction(Fraction(told["part"]) * part)}
        if part:
            outcome = {"outcome": "held", "hold": hold["hold"]} if hold else {"outcome": "payable"}
            yield {**line, **outcome}, own
