"""Sums of money again, slowly: texts and quanta, what is due, what was converted. Part of ``oracle.py``, and
like it imports nothing of Quire.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

Record = dict[str, Any]
QUANTA = 10**12
DIGITS = dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3) | {"UYW": 4} | dict.fromkeys(
    ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF",
     "XOF", "XPF"), 0,
)  # fmt: skip


def quanta(text: str) -> int:
    amount = Fraction(text) * QUANTA
    assert amount.denominator == 1, f"{text} is no whole number of quanta"
    return amount.numerator


def decimal(amount: int) -> str:
    digits = str(abs(amount)).rjust(13, "0")
    return f"{'-' if amount < 0 else ''}{digits[:-12]}.{digits[-12:]}"


def is_in(day: date, span: Mapping[str, Any]) -> bool:
    """Whether the day lies in a span of the files: ``until`` is out, null is for ever."""
    begun = span["from"] is None or date.fromisoformat(span["from"]) <= day
    return begun and (span["until"] is None or day < date.fromisoformat(span["until"]))


def due(pot: Record, licence: Record, days: Sequence[date], used: Sequence[Record]) -> int:
    """What the licence asks for the pot's own days; ``used`` are the licensed rows of these."""
    minor = QUANTA // 10 ** DIGITS.get(licence["currency"], 2)
    if licence["kind"] == "blanket":
        return by_the_day(licence, quanta(licence["fee"]), days, minor)
    if licence["kind"] == "revenue":
        part = int(quanta(pot["revenue"]) * Fraction(licence["rate"])) // minor * minor
        return max(part, by_the_day(licence, quanta(licence["minimum"]), days, minor))
    prices = {name: quanta(price) for name, price in licence["prices"].items()}
    if licence["kind"] == "per-request":
        counted = [(row["work"]["tier"], row["requests"]) for row in used]
    elif licence["kind"] == "per-work":
        works = {row["work"]["id"]: row["work"] for row in used}.values()
        counted = [(work["tier"], 1) for work in works if work["kind"] == "work"]
    else:
        counted = []  # crawl and lump: paid when it was agreed
    return sum(prices.get(tier, prices.get("*", 0)) * n for tier, n in counted) // minor * minor


def by_the_day(licence: Record, yearly: int, days: Sequence[date], minor: int) -> int:
    """The part of a yearly sum that belongs to those of the days on which the licence runs."""
    ours = [day for day in days if is_in(day, licence)]
    if not ours:
        return 0
    first = date.fromisoformat(licence["from"])
    ends = ours[-1] + timedelta(days=1)
    return run_up(first, yearly, ends, minor) - run_up(first, yearly, ours[0], minor)


def run_up(first: date, yearly: int, day: date, minor: int) -> int:
    """The yearly sum from the licence's first day, whole years and then by the day."""
    years = 0
    while anniversary(first, years + 1) <= day:
        years += 1
    begun, ends = anniversary(first, years), anniversary(first, years + 1)
    exact = yearly * (years + Fraction((day - begun).days, (ends - begun).days))
    return int(exact / minor) * minor


def anniversary(first: date, years: int) -> date:
    """The same day so many years later; of a 29 February, 1 March in common years."""
    try:
        return first.replace(year=first.year + years)
    except ValueError:
        return date(first.year + years, 3, 1)


def faults(pots: Sequence[Record], receipts: Sequence[Record]) -> Iterator[str]:
    """What of the money that came in is not what the pots say."""
    for pot in pots:
        told = pot.get("received", pot["amount"])
        came = sum(quanta(one["amount"]) for one in receipts if one["pot"] == pot["pot"])
        if came != quanta(told):
            yield f"The receipts of {pot['pot']} sum to {decimal(came)}, not to {told}."
        if "received" not in pot:
            continue
        exact = quanta(told) * Fraction(pot["rate"])
        if (quanta(pot["amount"]), Fraction(pot["residue"])) != (int(exact), exact - int(exact)):
            yield f"By its rate {told} of {pot['pot']} are {exact} quanta, not what it says."
        age = date.fromisoformat(pot["until"]) - timedelta(1) - date.fromisoformat(pot["rate_date"])
        if not 0 <= age.days <= 10:
            yield f"The rate of {pot['pot']} is {age.days} days older than its last day."
