"""Rates of exchange on record, what runs converted by them, and what the bank made of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from quire.core import fx
from quire.society.invoicing.errors import NoRate
from quire.society.invoicing.models import Exchange, ExchangeRate
from quire.society.ledger import accounts
from quire.society.ledger import queries as ledger


@dataclass(frozen=True, slots=True)
class ExchangeRow:
    """What the bank gave: quanta ``sold`` of ``have`` for ``bought`` of ``want``; ``booked`` is what runs had
    made of the sum by their rates.
    """

    tid: str
    reference: str
    have: str
    sold: int
    want: str
    bought: int
    booked: int
    on: date

    @property
    def difference(self) -> int:
        """Quanta of ``want`` gained; lost, where it is below nothing."""
        return self.bought - self.booked


@dataclass(frozen=True, slots=True)
class Waiting:
    """What runs converted and nobody has exchanged yet: quanta of ``have``, and the quanta of ``want`` that
    payees were credited with for them.
    """

    have: str
    sum: int
    want: str
    promised: int


def rates() -> list[fx.Rate]:
    """Every rate on record, by currencies and day."""
    return [_rate(row) for row in ExchangeRate.objects.order_by("have", "want", "day", "id")]


def rate_for(have: str, want: str, last_day: date) -> fx.Rate:
    """The rate that converts a pot whose last day this is: the latest stated on or before it.

    A rate for the other way round serves as well, turned around exactly; of two of one day the direct one is
    taken, then the one recorded last. NoRate where there is none, or none of the last ``fx.OLDEST`` days.
    """
    pair = Q(have=have, want=want) | Q(have=want, want=have)
    rows = ExchangeRate.objects.filter(pair, day__lte=last_day).order_by("-day", "-id")
    newest = [row for row in rows if row.day == rows[0].day] if rows else []
    direct = [row for row in newest if row.have == have]
    for row in (direct or newest)[:1]:
        found = _rate(row) if row.have == have else _rate(row).inverse()
        if found.serves(last_day):
            return found
        raise NoRate(
            f"The latest rate of {have} to {want} is of {found.day}, more than {fx.OLDEST} days before "
            f"{last_day}; record one: quire fx record --from {have} --to {want}.",
            have=have,
            want=want,
        )
    raise NoRate(
        f"No rate of {have} to {want} is on record for {last_day} or before; record one: "
        f"quire fx record --from {have} --to {want}.",
        have=have,
        want=want,
    )


def exchanges() -> list[ExchangeRow]:
    """What the bank exchanged, the oldest first."""
    return [
        ExchangeRow(one.tid, one.reference, one.have, one.sold, one.want, one.bought, one.booked, one.on)
        for one in Exchange.objects.order_by("on", "id")
    ]


def waiting(have: str, want: str) -> Waiting:
    """What of these two currencies waits to be exchanged."""
    code = accounts.conversion(have, want)
    return Waiting(have, -ledger.balance(code, have), want, ledger.balance(code, want))


def all_waiting() -> list[Waiting]:
    """Every two currencies of which something waits, by their codes."""
    codes = sorted({code for code, _ in ledger.balances("rights:conversion")})
    pairs = [code.rpartition(":")[2].upper().split("-") for code in codes]
    return [one for have, want in pairs if (one := waiting(have, want)).sum or one.promised]


def differences() -> dict[str, int]:
    """Quanta that exchanging has gained in all, by currency; lost, where below nothing."""
    return {currency: -sum_ for (_, currency), sum_ in ledger.balances(accounts.fx_difference()).items()}


def _rate(row: ExchangeRate) -> fx.Rate:
    return fx.Rate(row.have, row.want, row.rate, row.source, row.day)
