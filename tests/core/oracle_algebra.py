"""The plan algebra again, slowly: keys, nested shares, bounds, pools. Part of ``oracle.py``, and like it
imports nothing of Quire: a pot is whatever has the members that ``oracle.PotOf`` has.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

Record = dict[str, Any]
Row = dict[str, Any]
"""Who stands: ``member``, ``weight``, ``told`` (of its line), ``owners`` (None for a member itself)."""


def fraction(value: Fraction) -> str:
    return f"{value.numerator}/{value.denominator}"


def share_of(text: str) -> Fraction:
    return Fraction(text[:-1].strip()) / 100 if text.endswith("%") else Fraction(text)


def split(total: int, weights: Sequence[Fraction | int]) -> list[int]:
    """Everybody's exact share cut to quanta; what is left over, one each, to the largest cut-off parts."""
    whole = sum(weights)
    exact = [Fraction(total * weight) / whole for weight in weights]
    parts = [int(share) for share in exact]
    ranked = sorted(range(len(parts)), key=lambda place: (parts[place] - exact[place], place))
    for place in ranked[: total - sum(parts)]:
        parts[place] += 1
    return parts


def sum_of(standing: Sequence[Row]) -> Fraction:
    return sum((row["weight"] for row in standing), Fraction(0))


def leaves(parts: Sequence[Record]) -> Iterator[Record]:
    for part in parts:
        if "share" in part:
            yield from leaves(part["share"])
        else:
            yield part


# --- who stands, and with what weight ---


def standing(pot: Any, part: Record) -> list[Row]:
    """Those with a weight, in the order that breaks ties."""
    if part["key"] == "usage" and part.get("measure") != "works":
        rows = used(pot, part)
    elif part["key"] == "survey":
        rows = surveyed(pot, part)
    elif part["key"] == "usage" or part.get("among") == "works":
        rows = works(pot, part)
    elif part["key"] in ("attribution", "units"):
        rows = weighed(pot, part)
    else:
        rows = [
            member(one["party"], Fraction(1))
            for one in pot.bundle.parties
            if pot.is_member(one) and (part["key"] == "equal" or pot.tier_of(one["works"]) == part["tier"])
        ]
    return [row for row in rows if row["weight"]]


def member(party: str, weight: Fraction) -> Row:
    return {"member": party, "weight": weight, "told": {}, "owners": None}


def table(pot: Any, part: Record, word: str, name: str, value: str) -> Fraction:
    """What the plan's table ``name`` says that ``value`` weighs, if the share is weighted by ``word``."""
    told = part.get("weight", [])
    if word not in ([told] if isinstance(told, str) else told):
        return Fraction(1)
    found = pot.bundle.plan[name]
    return Fraction(found.get(value, found.get("*", "1")))


def used(pot: Any, part: Record) -> Iterator[Row]:
    for row in pot.earning:
        work = row["work"]
        weight = row["requests"] * table(pot, part, "content tier", "content", work["tier"])
        weight *= table(pot, part, "use", "uses", row["use"])
        weight *= table(pot, part, "evidence", "evidence", row.get("evidence", ""))
        if part.get("measure") == "value":
            weight *= pot.price(work["tier"], pooled=part.get("income") == "pooled")
        names = [name for name in ("from", "until", "late", "use", "requests", "evidence") if name in row]
        told = {name: row[name] for name in names} | {"subject": work["id"]}
        yield {"member": work["member"], "weight": weight, "told": told, "owners": row["owners"]}


def works(pot: Any, part: Record) -> Iterator[Row]:
    """Each work once: all that are mandated, or all that were used."""
    for work in pot.bundle.works:
        if work["kind"] != "work" and not pot.entitled:
            continue
        if part["key"] == "usage":
            days = [row["days"] for row in pot.earning if row["work"] is work]
        else:
            days = pot.there(work)
        if days:
            weight = table(pot, part, "content tier", "content", work["tier"])
            yield once(pot, work, days[-1], weight)


def once(pot: Any, work: Record, days: Sequence[Any], weight: Fraction) -> Row:
    told = {"subject": work["id"], **pot.from_until(days)}
    return {"member": work["member"], "weight": weight, "told": told, "owners": pot.owners(work, days)}


def weighed(pot: Any, part: Record) -> Iterator[Row]:
    named = [one for one in pot.bundle.weights if one["weighing"] == part["of"]]
    heads = {one["licence"] for one in pot.bundle.weighings if one["weighing"] == part["of"]}
    mine = pot.licence["licence"] if pot.licence["licence"] in heads else ""
    yield from listed(pot, {one["of"]: one for one in named if one["licence"] == mine})


def surveyed(pot: Any, part: Record) -> Iterator[Row]:
    """Those that the survey saw; each says what was estimated."""
    weights = {one["of"]: one for one in pot.bundle.estimates(part["of"])}
    for row in listed(pot, weights):
        row["told"]["estimate"] = fraction(row["weight"])
        yield row


def listed(pot: Any, weights: dict[str, Record]) -> Iterator[Row]:
    """The works that a file or a survey weighs, then the members that it does."""
    for work in pot.bundle.works:
        if work["id"] in weights and (days := pot.there(work)):
            one = weights[work["id"]]
            yield bounded(once(pot, work, days[-1], Fraction(one["weight"])), one)
    for party in pot.bundle.parties:
        if party["party"] in weights and pot.is_member(party):
            one = weights[party["party"]]
            yield bounded(member(party["party"], Fraction(one["weight"])), one)


def bounded(row: Row, one: Record) -> Row:
    row["told"] |= {name: one[name] for name in ("low", "high") if name in one}
    return row


def pooled(pots: Sequence[Any], part: Record) -> list[Row]:
    """Those who stand in any of the pots: each row of usage, but a member and a work once, the last time."""
    found = []
    for pot in pots:
        for row in standing(pot, part):
            more = {"source": pot.pot["pot"]} if row["owners"] else {}
            found.append({**row, "told": row["told"] | more})
    if part["key"] == "usage" and part.get("measure") != "works":
        return found
    order = {one["id"]: place for place, one in enumerate(pots[0].bundle.works)}
    order |= {one["party"]: place for place, one in enumerate(pots[0].bundle.parties)}
    last = {row["told"].get("subject", row["member"]): row for row in found}
    return [last[name] for name in sorted(last, key=order.__getitem__)]


# --- how much each gets ---


def amounts(pot: Any, rows: Sequence[Row], amount: int, part: Record) -> tuple[list[int], int]:
    """The amount of each row, and what is over all caps."""
    if not {"cap", "caps", "floor"} & {*part}:
        return split(amount, [row["weight"] for row in rows]), 0
    sums: dict[str, Fraction] = {}
    for row in sorted(rows, key=lambda row: pot.ordinal[row["member"]]):
        sums[row["member"]] = sums.get(row["member"], Fraction(0)) + row["weight"]
    tiers = {name: pot.tier_of(pot.party[name]["works"]) for name in sums}
    owed, over = by_member(sums, amount, part, pot.pot["currency"], tiers)
    found = [0] * len(rows)
    for name, sum_ in owed.items():
        places = [place for place, row in enumerate(rows) if row["member"] == name]
        for place, own in zip(places, split(sum_, [rows[p]["weight"] for p in places]), strict=True):
            found[place] = own
    return found, over


def by_member(
    sums: dict[str, Fraction], amount: int, part: Record, currency: str, tiers: dict[str, str]
) -> tuple[dict[str, int], int]:
    cap = -int(-amount * share_of(part["cap"]) // 1) if "cap" in part else None
    least = floor_of(part.get("floor", "0"), amount, currency)
    if cap is not None:
        least = min(least, cap)
    caps = {tier: -int(-amount * share_of(text) // 1) for tier, text in part.get("caps", {}).items()}
    free, done, rest = dict(sums), dict[str, int](), amount
    while True:
        owed, over = clamped(free, rest, least, cap)
        above = [t for t in caps if sum(owed[name] for name in free if tiers[name] == t) > caps[t]]
        if not above:
            return done | owed, over
        for tier in above:
            mine = {name: weight for name, weight in free.items() if tiers[name] == tier}
            free = {name: weight for name, weight in free.items() if name not in mine}
            done |= clamped(mine, caps[tier], least, cap)[0]
            rest -= caps[tier]


def floor_of(told: Any, amount: int, currency: str) -> int:
    listed = told if isinstance(told, list) else [told]
    if isinstance(told, str) and not told[:1].isalpha():
        return int(amount * share_of(told) // 1)
    fixed = dict(one.split(" ") for one in listed)
    return int(Fraction(fixed.get(currency, "0")) * 10**12)


def clamped(
    sums: dict[str, Fraction], amount: int, least: int, cap: int | None
) -> tuple[dict[str, int], int]:
    """Everybody's weight times one rate, but no less than ``least`` and no more than ``cap``.

    The rate is looked for among those at which somebody comes to a bound: between two of them the sum grows
    in a straight line. What nobody is bound by is cut to quanta together.
    """
    names = list(sums)
    if not names:
        return {}, amount
    if least and least * len(names) >= amount:
        return dict(zip(names, split(amount, [1] * len(names)), strict=True)), 0
    if cap is not None and cap * len(names) <= amount:
        return dict.fromkeys(names, cap), amount - cap * len(names)

    def at(rate: Fraction, weight: Fraction) -> Fraction:
        held = max(rate * weight, Fraction(least))
        return held if cap is None else min(held, Fraction(cap))

    marks = sorted(
        {Fraction(bound) / w for w in sums.values() for bound in (least, cap) if bound is not None}
    )
    below = [rate for rate in [Fraction(0), *marks] if sum(at(rate, w) for w in sums.values()) <= amount]
    rate = below[-1]
    # Just above that rate: those who move are the ones that nothing binds.
    moving = [n for n in names if rate * sums[n] >= least and (cap is None or rate * sums[n] < cap)]
    found = {name: int(at(rate, sums[name])) for name in names if name not in moving}
    rest = amount - sum(found.values())
    if moving:
        found |= dict(zip(moving, split(rest, [sums[name] for name in moving]), strict=True))
    return {name: found[name] for name in names}, 0
