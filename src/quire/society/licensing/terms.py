"""The terms of a licence as they are written down, read into values that cannot contradict each other."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from quire.core.errors import Invalid
from quire.core.money import QUANTA, WHOLE_DIGITS, quanta_of
from quire.core.shares import parse_share
from quire.core.tariff import ANY_TIER, Tariff
from quire.core.terms import USES, check_use
from quire.society.kit.tables import Row
from quire.society.licensing import conditions as beside
from quire.society.licensing.conditions import Conditions, sentences
from quire.society.licensing.errors import BadTerms

__all__ = ["COLUMNS", "REQUIRED", "Terms", "of_row", "read_terms", "sentences"]

COLUMNS = (
    "code", "licensee", "kind", "uses", "from", "until", "currency", "fee", "prices", "rate", "minimum",
    "operators", "terms", "tariff", "deviation",
)  # fmt: skip
REQUIRED = ("code", "licensee", "kind", "uses", "from", "until", "currency")

_CODE = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_TIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
MOST_USE = WHOLE_DIGITS - 6
"""Digits before the point of a fee or price: six less than a column holds, so that a sum of many fits."""


@dataclass(frozen=True, slots=True)
class Terms:
    """A licence as it is asked for: ``licensee`` is a party's code, ``uses`` are in the order of USES.

    ``published`` names the tariff that it is taken under ("lab", "lab@2", empty: none), ``deviation`` why it
    is not as that one, or any, has it.
    """

    code: str
    licensee: str
    operators: tuple[str, ...]
    uses: tuple[str, ...]
    tariff: Tariff
    conditions: Conditions = field(default_factory=Conditions)
    published: str = ""
    deviation: str = ""


def read_terms(
    *,
    code: str,
    licensee: str,
    operators: Iterable[str],
    kind: str,
    uses: Iterable[str],
    starts: date,
    ends: date,
    currency: str,
    fee: str,
    prices: Mapping[str, str],
    conditions: Conditions | None = None,
    published: str = "",
    deviation: str = "",
    rate: str = "",
    minimum: str = "0",
) -> Terms:
    """Terms from what a person wrote. ``fee``, ``prices`` and ``minimum`` are in major units, "12000.00";
    ``rate`` is a part of the revenue: "3.5%" or "7/200".

    Refuses, in this order: the code, the uses, the operators' names, the amounts, and what
    ``core.tariff.Tariff`` refuses: kind, currency, dates, negative amounts, prices missing or out of place.
    """
    if not _CODE.fullmatch(code):
        raise BadTerms(f"{code[:70]!r} is no code; use small letters, digits, dots and hyphens, at most 64.")
    asked = list(uses)
    for use in asked:
        check_use(use)
    if not asked:
        raise BadTerms(f"The licence names no use; name one or more of {', '.join(USES)}.")
    named = tuple(sorted({_operator(name) for name in operators}))
    tiers = {_tier(tier): _amount(f"price of {tier}", price) for tier, price in sorted(prices.items())}
    tariff = Tariff(
        kind, starts, ends, currency, _amount("fee", fee), tiers, _rate(rate), _amount("minimum", minimum)
    )
    why = deviation.strip()
    if len(why) > 500 or not why.isprintable():
        raise BadTerms("The reason of a deviation has at most 500 characters, all of which can be shown.")
    ordered = tuple(use for use in USES if use in asked)
    return Terms(code, licensee, named, ordered, tariff, conditions or Conditions(), published.strip(), why)


def of_row(row: Row) -> Terms:
    """Terms from a row with COLUMNS."""
    return read_terms(
        code=row.need("code"),
        licensee=row.need("licensee"),
        operators=_list(row.get("operators"), r";"),
        kind=row.need("kind"),
        uses=_list(row.need("uses"), r"[\s,;]+"),
        starts=_day("from", row.need("from")),
        ends=_day("until", row.need("until")),
        currency=row.need("currency"),
        fee=row.get("fee", "0"),
        prices=_prices(row.get("prices")),
        rate=row.get("rate"),
        minimum=row.get("minimum", "0"),
        conditions=_conditions(row.get("terms")),
        published=row.get("tariff"),
        deviation=row.get("deviation"),
    )


def _conditions(text: str) -> Conditions:
    """Words between semicolons, as ``conditions.of_words`` has them, or a JSON object."""
    if not text.startswith("{"):
        return beside.of_words(_list(text, ";"))
    try:
        given = json.loads(text)
    except ValueError as problem:
        raise BadTerms(f"terms is {text[:40]!r}, which is not an object of terms.") from problem
    return beside.read(given)


def _operator(name: str) -> str:
    name = name.strip()
    if not name or len(name) > 80 or not name.isprintable():
        raise BadTerms(f"{name[:90]!r} is no operator's name; give the name in the list of AI agents.")
    return name


def _tier(tier: str) -> str:
    if tier != ANY_TIER and not _TIER.fullmatch(tier):
        raise BadTerms(f'{tier[:40]!r} is no content tier; write one word, or "{ANY_TIER}" for any other.')
    return tier


def _amount(name: str, text: str) -> int:
    """Quanta of an amount in major units; at most MOST_USE digits before the point."""
    try:
        quanta = quanta_of(text)
    except Invalid as problem:
        raise BadTerms(f"{name}: {problem.sentence}") from problem
    if quanta >= 10**MOST_USE * QUANTA:
        raise BadTerms(f"{name}: {text[:40]} is more than can be kept exactly.")
    return quanta


def _rate(text: str) -> Fraction:
    """A part of the revenue; nothing where there is no text."""
    try:
        return parse_share(text) if text else Fraction(0)
    except Invalid as problem:
        raise BadTerms(f"rate: {problem.sentence}") from problem


def _day(column: str, text: str) -> date:
    try:
        if not _DATE.fullmatch(text):
            raise ValueError(text)
        return date.fromisoformat(text)
    except ValueError as problem:
        raise BadTerms(f"{column} is {text[:40]!r}; write a date as 2026-01-31.") from problem


def _list(text: str, between: str) -> list[str]:
    """The parts of a cell, or of a JSON list in it."""
    if text.startswith("["):
        try:
            found = json.loads(text)
        except ValueError as problem:
            raise BadTerms(f"{text[:40]!r} is not a list.") from problem
        return [str(part) for part in found]
    return [part.strip() for part in re.split(between, text) if part.strip()]


def _prices(text: str) -> dict[str, str]:
    """``standard:0.002; original:0.005; *:0.001``, or the same as a JSON object of texts."""
    if text.startswith("{"):
        try:
            found = json.loads(text, parse_float=str, parse_int=str)
        except ValueError as problem:
            raise BadTerms(
                f"prices is {text[:40]!r}, which is not an object of tiers and prices."
            ) from problem
        return {str(tier): str(price) for tier, price in found.items()}
    prices: dict[str, str] = {}
    for part in _list(text, ";"):
        tier, colon, price = (piece.strip() for piece in part.partition(":"))
        if not colon or tier in prices:
            raise BadTerms(
                f"prices has {part[:40]!r}; write tier:price once for each tier, between semicolons."
            )
        prices[tier] = price
    return prices
