"""Rates of exchange are recorded as they were stated; what the bank really gave is booked."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from django.db import transaction

from quire.core.allocation import allocate
from quire.core.currencies import minor_digits
from quire.core.fx import Rate, parse_rate
from quire.core.money import Money, decimal_of
from quire.core.shares import share_text
from quire.society.invoicing.actions.receipts import LOCK, day_of_cell, quanta_of_amount
from quire.society.invoicing.errors import BadExchange, RateDiffers
from quire.society.invoicing.models import Exchange, ExchangeRate
from quire.society.invoicing.queries import fx
from quire.society.kit import acts, clock, locks, tables
from quire.society.kit.tables import Registered
from quire.society.ledger import accounts
from quire.society.ledger import queries as ledger
from quire.society.ledger.actions import EntryIn, post
from quire.society.parties import queries as parties
from quire.society.parties.models import User

RATE_COLUMNS = ("from", "to", "rate", "on", "source")


def record_rate(*, have: str, want: str, rate: str, on: date, source: str, by: User | None) -> ExchangeRate:
    """Record that one unit of ``have`` was ``rate`` of ``want`` on a day, and who says so; once.

    Refuses: what ``core.fx.Rate`` refuses, a day that has not come, and another rate of the same source and
    day (RateDiffers).
    """
    parties.may_write(by)
    stated = _stated(have, want, rate, on, source)
    with transaction.atomic():
        locks.wait(LOCK)
        return _known(stated) or _write(stated, by)


def import_rates(
    path: Path, *, by: User | None, dry_run: bool = False, skip_refused: bool = False
) -> Registered:
    """Rates from a CSV or JSON file with RATE_COLUMNS; those on record stay.

    Raises TableRefused with every refused line unless ``skip_refused``.
    """
    parties.may_write(by)
    rows = tables.read(Path(path), RATE_COLUMNS, RATE_COLUMNS)
    with transaction.atomic():
        locks.wait(LOCK)
        seen: dict[tuple[str, str, str, date], Rate] = {}

        def settle(row: tables.Row) -> Rate:
            on = day_of_cell("on", row.need("on"))
            one = _stated(row.need("from"), row.need("to"), row.need("rate"), on, row.need("source"))
            if seen.setdefault((one.have, one.want, one.source, one.day), one) != one:
                raise RateDiffers(f"{one.source} states two rates for {one.day} in this file.")
            _known(one)
            return one

        good, taken = tables.judge(rows, settle, skip_refused=skip_refused)
        fresh = [one for one in dict.fromkeys(good) if _known(one) is None]
        if not dry_run:
            for one in fresh:
                _write(one, by)
    return Registered(taken.taken, taken.refused, added=len(fresh), unchanged=len(good) - len(fresh))


def exchange(
    *, have: str, sold: str, want: str, bought: str, on: date, reference: str, by: User | None
) -> Exchange:
    """Book that the bank gave ``bought`` of ``want`` for ``sold`` of ``have``; the same reference once.

    The sum sold is one that runs have converted. What they had made of it by their rates is taken as a part
    of all that waits, in proportion, cut to the quantum; the difference to what the bank gave is realised in
    ``rights:fx-difference``. Amounts are text in major units.

    Refuses: unknown currencies, amounts not above nothing, a reference that is empty or another exchange's,
    more than waits to be exchanged, more than the bank holds.
    """
    parties.may_write(by)
    minor_digits(have)
    minor_digits(want)
    out, into = quanta_of_amount(sold), quanta_of_amount(bought)
    if have == want or out <= 0 or into <= 0:
        raise BadExchange(
            "An exchange is of more than nothing, of one currency for more than nothing of another."
        )
    if not reference.strip() or len(reference) > 64 or not reference.isprintable():
        raise BadExchange(f"{reference[:70]!r} is no reference; give the bank's, at most 64 characters.")
    with transaction.atomic():
        locks.wait(LOCK)
        if known := Exchange.objects.filter(reference=reference.strip()).first():
            if (known.have, known.sold, known.want, known.bought, known.on) != (have, out, want, into, on):
                raise RateDiffers(
                    f"The reference {reference} is that of another exchange; it does not change."
                )
            return known
        return _book(have, out, want, into, on, reference.strip(), by)


def _book(have: str, out: int, want: str, into: int, on: date, reference: str, by: User | None) -> Exchange:
    waits = fx.waiting(have, want)
    if out > waits.sum:
        raise BadExchange(
            f"{Money(out, have)} were sold, but of what runs have converted into {want} only "
            f"{Money(waits.sum, have)} wait to be exchanged."
        )
    if out > (held := ledger.balance(accounts.bank(), have)):
        raise BadExchange(f"{Money(out, have)} were sold, but the bank holds only {Money(held, have)}.")
    booked = allocate(waits.promised, {0: out, 1: waits.sum - out})[0]
    code = accounts.conversion(have, want)
    entries = [
        EntryIn(code, have, out),
        EntryIn(accounts.bank(), have, -out),
        EntryIn(accounts.bank(), want, into),
        EntryIn(code, want, -booked),
        EntryIn(accounts.fx_difference(), want, booked - into),
    ]
    posted = post(
        key=f"exchange:{reference}",
        date=on,
        kind="exchange",
        text=f"Exchange {reference} of {have} for {want}",
        entries=[one for one in entries if one.amount],
        by=by,
    ).transaction
    made: Exchange = Exchange.objects.create(
        reference=reference, have=have, sold=out, want=want, bought=into, booked=booked, on=on,
        transaction=posted,
    )  # fmt: skip
    acts.record(
        "invoicing.exchange", made, by=by, sold=decimal_of(out), have=have, bought=decimal_of(into),
        want=want, booked=decimal_of(booked),
    )  # fmt: skip
    return made


def _stated(have: str, want: str, rate: str, on: date, source: str) -> Rate:
    stated = Rate(have, want, parse_rate(rate), source.strip(), on)
    if on > clock.today():
        raise BadExchange(f"A rate is recorded once it has been stated; {on} has not come.")
    return stated


def _known(stated: Rate) -> ExchangeRate | None:
    """The row that says the same; RateDiffers where the source is on record with another rate."""
    known = ExchangeRate.objects.filter(
        have=stated.have, want=stated.want, source=stated.source, day=stated.day
    ).first()
    if known and known.rate != stated.rate:
        raise RateDiffers(
            f"{stated.source} is on record with {known.rate} {stated.want} for one {stated.have} on "
            f"{stated.day}, and a rate does not change; name another source if it was corrected."
        )
    return known


def _write(stated: Rate, by: User | None) -> ExchangeRate:
    made: ExchangeRate = ExchangeRate.objects.create(
        have=stated.have, want=stated.want, rate=stated.rate, source=stated.source, day=stated.day
    )
    acts.record(
        "invoicing.rate", made, by=by, have=stated.have, want=stated.want, rate=share_text(stated.rate),
        source=stated.source, on=stated.day.isoformat(),
    )  # fmt: skip
    return made
