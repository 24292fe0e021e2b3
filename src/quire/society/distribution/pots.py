"""The receipts that a run takes, and the pots it makes of them: one licence, period and currency each.

Where the plan has a currency, a pot that came in another one is converted here, once and as a whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Sum

from quire.core.distribution import pools
from quire.core.fx import convert
from quire.core.money import Money, decimal_of
from quire.core.plan import Plan
from quire.society.distribution import errors, fitting
from quire.society.distribution.models import Line, Pot, PotReceipt, Run
from quire.society.invoicing import queries as invoicing
from quire.society.invoicing.queries import ReceiptRow
from quire.society.kit.periods import Period
from quire.society.ledger import accounts
from quire.society.ledger.actions import EntryIn
from quire.society.licensing import queries as licensing

MOST = 10**38
"""Quanta beyond what an amount in the books can be."""

Groups = dict[tuple[Any, ...], list[ReceiptRow]]
"""Receipts by licence, first day, first day out, and currency."""


def waiting(period: Period, lump: str = "") -> Groups:
    """The receipts of the period that no run has taken: of one lump sum, or of everything that is none.

    Raises ``NothingToDistribute``, naming the run that has the receipts, if one has.
    """
    receipts = invoicing.distributable(period.starts, period.ends, lump)
    taken = _taken(receipts)
    groups: Groups = {}
    for one in receipts:
        if one.id not in taken:
            groups.setdefault((one.licence_id, one.starts, one.ends, one.currency), []).append(one)
    if groups:
        return groups
    if taken:
        run = Run.objects.get(id=next(iter(taken.values())))
        raise errors.NothingToDistribute(
            f"All receipts of {period} are already in the run {run.tid}, which is {run.state}.", run=run.tid
        )
    raise errors.NothingToDistribute(f"No money has come in for {period}: record a receipt first.")


def _taken(receipts: Sequence[ReceiptRow]) -> dict[UUID, UUID]:
    found = PotReceipt.objects.filter(receipt_id__in=[one.id for one in receipts])
    return dict(found.values_list("receipt_id", "pot__run_id"))


def make(run: Run, groups: Groups) -> None:
    """Write the pots of a run that has just been opened. Raises ``PlanUnfit`` and invoicing.NoRate before
    anything is kept."""
    plan = Plan.parse(run.plan.text)
    wanted = plan.currency
    fitting.must_fit(plan, (licensing.licence(one) for one in sorted({licence for licence, *_ in groups})))
    _must_fit_lumps(groups, plan)
    for (licence, starts, ends, currency), receipts in sorted(groups.items(), key=lambda item: str(item[0])):
        amount = sum(one.amount for one in receipts)
        pot = Pot.objects.create(
            run=run,
            licence_id=licence,
            starts=starts,
            ends=ends,
            **_kept(_money(amount, currency, wanted or currency, Period(starts, ends))),
        )
        PotReceipt.objects.bulk_create(PotReceipt(receipt_id=one.id, pot=pot) for one in receipts)
    _make_pools(run, plan)


def _make_pools(run: Run, plan: Plan) -> None:
    """A pot for every pool that may come together: of each portion that is pooled, in each currency."""
    names = [part.label for part in plan.leaves if part.pooled]
    currencies = set(run.pots.values_list("currency", flat=True)) if names else set()
    Pot.objects.bulk_create(
        Pot(
            run=run,
            pool=pools.name(name, currency),
            starts=run.starts,
            ends=run.ends,
            currency=currency,
            amount=0,
        )
        for name in names
        for currency in sorted(currencies)
    )


def _must_fit_lumps(groups: Groups, plan: Plan) -> None:
    """What is kept in reserve of a lump sum is paid in the currency it came in: none of it is converted. And
    it was paid at no price by the request, so nothing in it has a value to share by."""
    by_value = any(part.key == "usage" and part.measure == "value" for part in plan.leaves)
    for (licence, _, _, currency), _ in groups.items():
        if (plan.currency in ("", currency) and not by_value) or licensing.licence(licence).kind != "lump":
            continue
        if by_value:
            raise errors.NothingToDistribute(
                "A lump sum has no prices, and this plan shares by value; adopt one for it that shares by "
                "requests or by works."
            )
        raise errors.NothingToDistribute(
            f"A lump sum is divided in its own currency, {currency}, and this plan's is {plan.currency}; "
            "adopt a plan without a currency for it."
        )


def _money(amount: int, currency: str, wanted: str, period: Period) -> dict[str, Any]:
    """The fields of a pot that say its money, converted by the latest rate up to its last day."""
    if currency == wanted:
        return {"currency": currency, "amount": amount}
    rate = invoicing.rate_for(currency, wanted, period.ends - timedelta(days=1))
    return {
        "currency": wanted,
        "amount": convert(amount, rate)[0],
        "received": amount,
        "received_currency": currency,
        "rate": rate.rate,
        "rate_source": rate.source,
        "rate_date": rate.day,
    }


def _kept(told: dict[str, Any]) -> dict[str, Any]:
    """The same, or TooMuch where the books cannot keep such an amount."""
    for amount, currency in (
        (told.get("received", 0), told.get("received_currency", "")), (told["amount"], told["currency"])
    ):  # fmt: skip
        if amount >= MOST:
            raise errors.TooMuch(
                f"{decimal_of(amount).partition('.')[0]} {currency} are more than the books can keep; look "
                "at the receipts, and at the rate of exchange."
            )
    return told


def out_of(pot: Pot) -> Iterator[EntryIn]:
    """The entries that empty a pot's account; of a converted one, in its own currency, with the sum that it
    became taken out of what waits to be exchanged. Each currency comes to nothing, with the lines'.
    """
    received, currency = pot.came_in
    if pot.pool:
        pooled = Line.objects.filter(pot=pot).aggregate(sum=Sum("amount"))["sum"] or 0
        yield from [EntryIn(accounts.unallocated(pot.tid), currency, pooled)] if pooled else []
        return
    account = accounts.pot(pot.licence.tid, pot.starts, pot.ends)
    entries = [EntryIn(account, currency, received)]
    if pot.received is not None:
        between = accounts.conversion(currency, pot.currency)
        entries += [EntryIn(between, currency, -received), EntryIn(between, pot.currency, pot.amount)]
    yield from (one for one in entries if one.amount)


def notices(pot: Pot, due: int) -> Iterator[str]:
    """What a second person should know of a pot's money: where what came in is not what is ``due`` (quanta of
    the licence's currency), revenue not reported, and the rate of a conversion.
    """
    received, currency = pot.came_in
    licence = pot.licence
    # What crawlers pay by the request is charged as they go, and a lump is what it is: nothing is due.
    if received != due and licence.kind not in ("crawl", "lump") and currency == licence.currency:
        by = {"revenue": "the revenue reported", "blanket": "its yearly fee"}.get(licence.kind, "the counts")
        yield f"{Money(received, currency)} came in; by {by} {Money(due, currency)} is due."
    if licence.kind == "revenue":
        missing = invoicing.revenue(licence.id, pot.starts, pot.ends).missing
        if missing:
            yield f"the revenue of {missing} days is not reported, and counts as none."
    if pot.received is not None:
        yield (
            f"{Money(received, currency)} came in and is divided as {Money(pot.amount, pot.currency)}, by "
            f"the rate of {pot.rate_source} of {pot.rate_date}."
        )
