"""``[[deduct]]``: what is kept before anything is shared."""

from __future__ import annotations

from quire.core.plan.model import BASES, Deduction
from quire.core.plan.reading.values import DESTINATION, Table, Values

_KNOWN = {"label", "rate", "of", "to", "ceiling"}


def deduction(values: Values, table: Table) -> Deduction:
    """One deduction."""
    label = values.words(table, "label", "A deduction")
    where = f"The deduction “{label}”"
    values.unknown(table, _KNOWN, where)
    of, to = values.choice(table, "of", where, BASES), values.text(table, "to", where)
    if not DESTINATION.fullmatch(to):
        values.say(f'{where}: to must be "society:NAME" or "fund:NAME".')
    ceiling = values.sums(table["ceiling"], f"{where}: ceiling") if "ceiling" in table else ()
    for currency, most in ceiling:
        if not most:
            values.say(f"{where}: a ceiling of nothing in {currency} keeps nothing; leave the deduction out.")
    return Deduction(label, values.rate(table, "rate", where), of, to, ceiling)
