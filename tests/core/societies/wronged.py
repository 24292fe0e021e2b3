"""Corrections of closed runs at random, and what earlier runs left of them to be recovered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from hypothesis import strategies as st

from quire.core import corrections, terms
from quire.core.chains import Agreement, Chains
from quire.core.corrections import Correction, CorrectionWrong, Debt, Old
from quire.core.distribution import Party, Pot
from quire.core.shares import ROLES
from tests.core.societies.folk import day, mostly, shares
from tests.core.societies.income import amounts

FUND = "fund:mistakes"


@st.composite
def wrongs(
    draw: st.DrawFn,
    folk: Sequence[Party],
    works: Sequence[str],
    found: Sequence[Pot],
    agreed: Sequence[Agreement],
) -> tuple[tuple[Correction, ...], tuple[Debt, ...]]:
    """Often none; else some that lead to nobody unknown, at times one after another of the same row."""
    chains = Chains(agreed, {party.id: place for place, party in enumerate(folk)})
    # Of a currency in which nothing comes in, nothing can be recovered.
    currencies = [*(pot.currency for pot in found), "GBP"]
    told: list[Correction] = []
    for place in range(draw(st.sampled_from([0, 0, 0, 1, 2, 4]))):
        one = draw(correction(f"cor_{place}", folk, works, draw(st.sampled_from(currencies))))
        after = told[-1] if told and told[-1].posted and draw(st.booleans()) else None
        if after is not None:
            more = {"part": Fraction(1), "to": ""} if not after.to else {"part": after.part, "to": after.to}
            new = None if not more["part"] else draw(shares(folk, known=True))
            one = replace(
                after, id=one.id, new=new, filed=one.filed, held=(), after=after.id, posted="", **more
            )
        try:
            corrections.changes(one, chains, after)
        except CorrectionWrong:
            continue
        told.append(one)
    debts = [debt for one in told if one.posted for debt in draw(owed(one, folk))]
    return tuple(told), tuple(debts)


@st.composite
def correction(
    draw: st.DrawFn, name: str, folk: Sequence[Party], works: Sequence[str], currency: str
) -> Correction:
    """A row as it was divided among anybody, and as it should be."""
    lines = draw(
        st.lists(st.tuples(st.sampled_from(folk), st.sampled_from(ROLES), amounts), min_size=1, max_size=3)
    )
    old = [
        Old(party.id, role, Fraction(1, len(lines)), amount, 10 + place)
        for place, (party, role, amount) in enumerate(lines)
    ]
    held = [
        (one.line, draw(st.integers(1, one.amount)), "hld_old")
        for one in old
        if one.amount and not draw(mostly)
    ]
    part = draw(st.sampled_from([Fraction(1), Fraction(1), Fraction(3, 7), Fraction(0)]))
    begin = draw(st.integers(-30, 10))
    return Correction(
        name, "run_0", "a" * 64, currency, "part 0", draw(st.sampled_from([*works, "wrk_gone"])), day(begin),
        day(begin + 9), draw(st.sampled_from(["", *terms.USES])), sum(one.amount for one in old), tuple(old),
        draw(shares(folk, known=True)) if part else None, "It was somebody else's.",
        day(draw(st.integers(-3, 3))), part, FUND if part < 1 else "", tuple(held),
        posted=draw(st.sampled_from(["", "", "run_1"])),
    )  # fmt: skip


@st.composite
def owed(draw: st.DrawFn, one: Correction, folk: Sequence[Party]) -> list[Debt]:
    """What may be left of a correction that an earlier run has posted."""
    names = [party.id for party in folk]
    pairs = st.tuples(st.sampled_from(names), st.sampled_from([*names, one.to] if one.to else names))
    found = draw(st.lists(pairs.filter(lambda pair: pair[0] != pair[1]), max_size=3, unique=True)) \
        if len(names) > 1 or one.to else []  # fmt: skip
    return [Debt(one.id, debtor, creditor, one.currency, draw(amounts) + 1) for debtor, creditor in found]
