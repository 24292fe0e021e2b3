"""What of the money that nobody claims reaches its term, and when; from the ledger, which has it by pot."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from quire.core import unclaimed as rules
from quire.core.money import Money
from quire.society.distribution import watching
from quire.society.kit import config, ids
from quire.society.kit.nouns import one
from quire.society.ledger import queries as ledger
from quire.society.unclaimed import queries
from quire.society.unclaimed.queries import ClaimRow


@dataclass(frozen=True, slots=True)
class Reaching:
    """Money of one year of collection and currency, and the first day on which it may be disposed of."""

    year: int
    disposable: date
    amount: Money


def reaching() -> list[Reaching]:
    """All that is unclaimed of works, by year of collection and currency, the oldest first."""
    sums = {key: -amount for key, amount in ledger.balances("rights:unclaimed").items() if amount}
    pots = {code: ids.read("pot", code.split(":")[2]) for code, _currency in sums}
    days = watching.collected(set(pots.values()))
    found: dict[tuple[date, str], int] = {}
    for (code, currency), amount in sums.items():
        day = days.get(pots[code])
        if day is not None:
            key = (date(day.year, 1, 1), currency)
            found[key] = found.get(key, 0) + amount
    years = config.unclaimed_years(rules.YEARS)
    return [
        Reaching(first.year, rules.dates(first, years).disposable, Money(amount, currency))
        for (first, currency), amount in sorted(found.items())
    ]


def claim(tid: str) -> ClaimRow:
    """One claim to unclaimed money by its id. kit.nouns.Unknown where there is none."""
    listing = queries.claims_list()
    rows = listing.rows.filter(id=ids.read("clm", tid))
    return next(iter(listing.make([one(rows, f"No claim has the id {tid[:60]}.")])))
