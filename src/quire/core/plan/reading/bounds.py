"""Caps and floors of a share, and where it goes when all are at their caps."""

from __future__ import annotations

from fractions import Fraction
from typing import TypeAlias

from quire.core.plan.model import Sums, Tiers
from quire.core.plan.reading.values import Table, Values, is_fund, share

NAMES = ("cap", "caps", "floor", "if_over")
Limits: TypeAlias = tuple[Fraction | None, tuple[tuple[str, Fraction], ...], Fraction | None, Sums, str]


def read(values: Values, table: Table, tiers: Tiers, key: str, where: str) -> Limits:
    """``cap``, ``caps``, ``floor`` (a fraction, or sums) and ``if_over``, as ``Portion`` has them."""
    cap = _cap(values, table, where)
    caps = _caps(values, table, tiers, where)
    if caps and key == "tier":
        values.say(f"{where}: caps means nothing where the key is tier; make its portion smaller.")
    floor, sums = _floor(values, table, where)
    if cap is not None and floor is not None and cap < floor:
        values.say(f"{where}: its cap is below its floor, so no member could be given either.")
    for name, most in caps:
        if floor is not None and most < floor:
            values.say(f"{where}: the cap of the tier {name} is below the floor of a single member of it.")
    over = values.text(table, "if_over", where)
    if "if_over" in table and over != "hold" and not is_fund(over):
        values.say(f'{where}: if_over must be "hold" or "fund:NAME".')
    if "if_over" in table and cap is None and not caps:
        values.say(f"{where}: if_over means nothing where there is no cap; leave it out.")
    return cap, caps, floor, sums, over


def _cap(values: Values, table: Table, where: str) -> Fraction | None:
    if "cap" not in table:
        return None
    cap = values.rate(table, "cap", where)
    if cap == 0 and share(table["cap"]) == 0:
        values.say(f"{where}: with a cap of nothing nobody gets anything; leave the share out.")
    if cap == 1:
        values.say(f"{where}: a cap of all caps nothing; leave it out.")
    return cap


def _caps(values: Values, table: Table, tiers: Tiers, where: str) -> tuple[tuple[str, Fraction], ...]:
    told = table.get("caps", {})
    found = {}
    names = {name for name, _ in tiers}
    for name in told if isinstance(told, dict) else ():
        if name not in names:
            values.say(f"{where}: caps names the tier {name[:40]!r}, which is not in [tiers].")
        if not (cap := share(told[name])):
            break
        found[name] = cap
    if not isinstance(told, dict) or len(found) != len(told) or ("caps" in table and not told):
        values.say(f'{where}: caps gives tiers a part each, more than nothing, such as {{ gold = "40%" }}.')
        return ()
    return tuple((name, found[name]) for name, _ in tiers if name in found)


def _floor(values: Values, table: Table, where: str) -> tuple[Fraction | None, Sums]:
    if "floor" not in table:
        return None, ()
    told = table["floor"]
    part = share(told)
    if part is None:
        sums = values.sums(told, f'{where}: floor, where it is no part such as "1%",')
        if any(not least for _, least in sums):
            values.say(f"{where}: a floor of nothing lifts nobody; leave it out.")
        return None, sums
    if part == 0:
        values.say(f"{where}: a floor of nothing lifts nobody; leave it out.")
    if part > Fraction(1, 2):
        values.say(f"{where}: a floor of more than half is possible for a single member only.")
    return part, ()
