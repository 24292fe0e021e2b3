"""``[recovery]``: how much of what a debtor earns goes to those it was paid too much at the cost of."""

from __future__ import annotations

from fractions import Fraction

from quire.core.plan.reading.values import Table, Values

_WHERE = "[recovery]"


def recovery(values: Values, found: Table) -> Fraction:
    """The limit: a part of what a debtor earns in a run, all of it where the plan does not say."""
    told = found.get("recovery")
    if told is None:
        return Fraction(1)
    if not isinstance(told, dict):
        values.say(f'Write {_WHERE} as a table, with limit = "50%".')
        return Fraction(1)
    values.unknown(told, {"limit"}, _WHERE)
    limit = values.rate(told, "limit", _WHERE)
    if not limit:
        values.say(f"{_WHERE}: a limit of nothing recovers nothing; leave it out, or say more than 0 %.")
    return limit
