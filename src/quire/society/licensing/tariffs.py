"""Published tariffs as values: read from the file in which one is adopted, and compared with a licence."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any, Protocol
from uuid import UUID

from quire.core.money import Money, decimal_of
from quire.core.shares import share_text
from quire.core.tariff import Tariff
from quire.society.kit import written
from quire.society.licensing import conditions
from quire.society.licensing.conditions import Conditions
from quire.society.licensing.errors import BadTerms
from quire.society.licensing.terms import Terms, read_terms

FIELDS = {
    "code", "kind", "uses", "currency", "fee", "prices", "rate", "minimum", "starts", "ends", "terms",
    "sentence", "decision",
}  # fmt: skip
NEEDED = ("code", "kind", "uses", "currency", "starts", "sentence", "decision")
_NO_END = date(9998, 1, 1)


@dataclass(frozen=True, slots=True)
class TariffRow:
    """One version of a published tariff. ``fee`` (a year's), ``prices`` (by content tier) and ``minimum`` (a
    year's, of a share of revenue, which is ``rate``) are quanta.

    It holds from ``starts`` until the next version's first day, or ``ends``; ``ref`` is "lab@2".
    """

    id: UUID
    tid: str
    code: str
    version: int
    kind: str
    uses: tuple[str, ...]
    currency: str
    fee: int
    prices: Mapping[str, int]
    starts: date
    ends: date | None
    conditions: Conditions
    sentence: str
    decision: str
    rate: Fraction = Fraction(0)
    minimum: int = 0

    @property
    def ref(self) -> str:
        return f"{self.code}@{self.version}"

    def as_json(self) -> dict[str, Any]:
        """The tariff as it is published: amounts as twelve-decimal texts, dates as 2026-01-31."""
        return {
            "code": self.code,
            "version": self.version,
            "kind": self.kind,
            "uses": list(self.uses),
            "currency": self.currency,
            "fee": decimal_of(self.fee),
            "prices": {tier: decimal_of(price) for tier, price in self.prices.items()},
            **(
                {"rate": share_text(self.rate), "minimum": decimal_of(self.minimum)}
                if self.kind == "revenue"
                else {}
            ),
            "starts": self.starts.isoformat(),
            "ends": self.ends and self.ends.isoformat(),
            "terms": self.conditions.as_json(),
            "sentences": [*([share_sentence(self)] if self.rate else []), *conditions.sentences(self)],
            "sentence": self.sentence,
            "decision": self.decision,
        }


class Share(Protocol):
    """Anything that may be a share of revenue: a tariff's row, a licence's."""

    @property
    def rate(self) -> Fraction: ...
    @property
    def minimum(self) -> int: ...
    @property
    def currency(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Drafted:
    """A tariff as a file has it, before it has a version."""

    code: str
    tariff: Tariff
    uses: tuple[str, ...]
    ends: date | None
    conditions: Conditions
    sentence: str
    decision: str


def read_tariff(text: str) -> Drafted:
    """A tariff from TOML, or from JSON (a text that begins with a brace). Amounts are texts: "12000.00".

    Refuses (BadTerms) what is neither or too long, fields missing or unknown, and whatever a licence's
    terms would be refused for.
    """
    given = written.fields(text, "tariff", known=FIELDS, needed=NEEDED, wrong=BadTerms)
    starts, ends = _day(given, "starts"), _day(given, "ends") if given.get("ends") else None
    asked = read_terms(
        code=_text(given, "code"), licensee="", operators=(), kind=_text(given, "kind"),
        uses=_texts(given, "uses"),
        starts=starts, ends=ends or _NO_END, currency=_text(given, "currency"), fee=_text(given, "fee", "0"),
        prices=_prices(given), rate=_text(given, "rate"), minimum=_text(given, "minimum", "0"),
    )  # fmt: skip
    terms = given.get("terms", {})
    if not isinstance(terms, dict):
        raise BadTerms("The tariff's terms are a table of terms and what they say.")
    return Drafted(
        asked.code, asked.tariff, asked.uses, ends, conditions.read(terms),
        _text(given, "sentence", most=500), _text(given, "decision", most=200),
    )  # fmt: skip


def differences(asked: Terms, published: TariffRow) -> list[str]:
    """What is otherwise in a licence than its tariff has it, each named: "fee", "price of *", "uses", …"""
    return list(_differences(asked, published))


def share_sentence(row: Share) -> str:
    """A share of revenue for people: "3.5 % of the licensee's revenue, and at least 1,000.00 EUR a year."."""
    percent = row.rate * 100
    whole = f"{percent.numerator}" if percent.denominator == 1 else _decimal(percent)
    told = f"{whole} % of the licensee's revenue"
    least = f", and at least {Money(row.minimum, row.currency).grouped()} a year" if row.minimum else ""
    return f"{told}{least}."


def _decimal(percent: Fraction) -> str:
    """The number with as many decimals as it has, up to twelve; as a fraction where it has no end."""
    scaled = percent * 10**12
    if scaled.denominator != 1:
        return str(percent)
    whole, part = divmod(scaled.numerator, 10**12)
    return f"{whole}.{part:012}".rstrip("0")


def split_ref(ref: str) -> tuple[str, int | None]:
    """The code and version of "lab@2"; of "lab" no version."""
    found = re.fullmatch(r"([a-z0-9][a-z0-9._-]{0,63})(?:@([1-9][0-9]{0,5}))?", ref)
    if not found:
        raise BadTerms(f"{ref[:70]!r} names no tariff; write its code, or code@version.")
    return found[1], int(found[2]) if found[2] else None


def _differences(asked: Terms, published: TariffRow) -> Iterator[str]:
    if asked.uses != published.uses:
        yield "uses"
    if asked.tariff.fee != published.fee:
        yield "fee"
    if asked.tariff.rate != published.rate:
        yield "rate"
    if asked.tariff.minimum != published.minimum:
        yield "minimum"
    ours, theirs = asked.tariff.prices, published.prices
    yield from (f"price of {tier}" for tier in sorted({*ours, *theirs}) if ours.get(tier) != theirs.get(tier))
    own, public = asked.conditions.as_json(), published.conditions.as_json()
    yield from (name.replace("_", " ") for name in own if own[name] != public[name])


def _text(given: Mapping[str, Any], name: str, default: str = "", most: int = 100) -> str:
    value = given.get(name, default)
    if not isinstance(value, str):
        raise BadTerms(
            f'The tariff\'s {name} is a text; write it between quotation marks, an amount as "0.002".'
        )
    if len(value) > most or not value.isprintable():
        raise BadTerms(f"The tariff's {name} has more than {most} characters, or some that cannot be shown.")
    return value


def _texts(given: Mapping[str, Any], name: str) -> list[str]:
    value = given[name]
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise BadTerms(f"The tariff's {name} are a list of texts.")
    return list(value)


def _prices(given: Mapping[str, Any]) -> dict[str, str]:
    prices = given.get("prices", {})
    if not isinstance(prices, dict) or not all(isinstance(price, str) for price in prices.values()):
        raise BadTerms('The tariff\'s prices are texts by content tier: standard = "0.002".')
    return dict(prices)


def _day(given: Mapping[str, Any], name: str) -> date:
    return written.day(given, name, wrong=BadTerms)
