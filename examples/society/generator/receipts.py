"""What each lab owes for each quarter, and what it paid: the fees follow from the licences and the visits."""

from __future__ import annotations

import csv
from datetime import date
from decimal import ROUND_FLOOR, Decimal
from pathlib import Path
from typing import NamedTuple

from generator.catalogue import YEAR
from generator.logs import Bills
from generator.record import Licence

COLUMNS = ("reference", "licence", "period", "amount", "currency", "received")
_SMALLEST = {"JPY": Decimal(1)}


class Due(NamedTuple):
    """What is due under a licence for a quarter. ``works`` counts works that were used, sites apart."""

    licence: Licence
    quarter: int
    requests: int
    works: int
    amount: Decimal

    def as_json(self) -> dict[str, object]:
        """As the manifest has it."""
        return {"licence": self.licence.code, "period": f"{YEAR}-Q{self.quarter}", "requests": self.requests,
                "works": self.works, "due": str(self.amount), "currency": self.licence.currency}  # fmt: skip


def dues(licences: list[Licence], bills: Bills) -> list[Due]:
    """What is due, by quarter and licence, of the quarters in which the licence runs."""
    found = []
    for quarter in (1, 2, 3, 4):
        starts, ends = date(YEAR, 3 * quarter - 2, 1), date(YEAR + quarter // 4, 3 * quarter % 12 + 1, 1)
        for licence in licences:
            if licence.span.starts < ends and (licence.span.ends or date.max) > starts:
                found.append(_due(licence, quarter, starts, ends, bills))
    return found


def _due(licence: Licence, quarter: int, starts: date, ends: date, bills: Bills) -> Due:
    mine = {
        bill: number
        for (when, bill), number in bills.items()
        if when == quarter and bill.licence == licence.code
    }
    works = {(bill.tier, bill.work) for bill in mine if bill.work}
    if licence.kind == "blanket":
        amount = _until(licence, ends) - _until(licence, starts)
    elif licence.kind == "per-request":
        amount = sum((_price(licence, bill.tier) * number for bill, number in mine.items()), Decimal(0))
    else:
        amount = sum((_price(licence, tier) for tier, _ in works), Decimal(0))
    return Due(licence, quarter, sum(mine.values()), len(works), _cut(amount, licence.currency))


def _price(licence: Licence, tier: str) -> Decimal:
    return Decimal(licence.prices.get(tier, licence.prices["*"]))


def _until(licence: Licence, day: date) -> Decimal:
    """A yearly fee from the licence's first day until ``day``, by the day; no licence here runs longer."""
    days = max(0, (day - licence.span.starts).days)
    length = (licence.span.starts.replace(year=licence.span.starts.year + 1) - licence.span.starts).days
    return _cut(Decimal(licence.fee) * days / length, licence.currency)


def _cut(amount: Decimal, currency: str) -> Decimal:
    return amount.quantize(_SMALLEST.get(currency, Decimal("0.01")), rounding=ROUND_FLOOR)


def payments(found: list[Due]) -> list[tuple[str, str, str, str, str, str]]:
    """Rows of ``receipts.csv``: what is due, in the month after the quarter, and three exceptions.

    Lab North pays its second quarter in two parts, the second late. Lab East pays its third by a count of its
    own, a fiftieth less. Lab West owes nothing for the first, because its crawlers had not come yet, and says
    so with a receipt of nought.
    """
    rows = []
    for due in found:
        quarter, code, amount = due.quarter, due.licence.code, due.amount
        day = date(YEAR + quarter // 4, 3 * quarter % 12 + 1, 8 + len(code) % 12)
        parts = [(amount, day)]
        if (code, quarter) == ("north-training", 2):
            parts = [(Decimal("20000.00"), day), (amount - Decimal("20000.00"), date(YEAR, 10, 28))]
        if (code, quarter) == ("east-answers", 3):
            parts = [(_cut(amount * 49 / 50, due.licence.currency), day)]
        for number, (part, received) in enumerate(parts, 1):
            reference = f"{code}-{YEAR}-q{quarter}" + (f"-{number}" if len(parts) > 1 else "")
            rows.append(
                (reference, code, f"{YEAR}-Q{quarter}", str(part), due.licence.currency, received.isoformat())
            )
    return rows


def write(path: Path, found: list[Due]) -> None:
    """``receipts.csv``."""
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(payments(found))
