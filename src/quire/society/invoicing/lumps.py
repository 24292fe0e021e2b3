"""The terms of a lump sum, read from the file in which it was agreed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from quire.core.currencies import minor_digits
from quire.core.errors import Invalid
from quire.core.money import quanta_of
from quire.core.shares import parse_share
from quire.society.invoicing.errors import BadLump
from quire.society.kit import written

FIELDS = {
    "name", "payer", "about", "amount", "currency", "uses", "starts", "ends", "claims_until", "reserve",
    "reserve_until", "plan", "decision", "instalment", "class",
}  # fmt: skip
NEEDED = ("name", "payer", "about", "amount", "currency", "uses", "starts", "ends", "claims_until", "plan",
          "decision")  # fmt: skip
CRITERIA = ("members_before", "types", "tiers")
MOST_NAME = 40
MOST_INSTALMENTS = 200


@dataclass(frozen=True, slots=True)
class Agreed:
    """A lump sum as its file has it. ``instalments`` are days and quanta, and sum to ``amount``; ``criteria``
    is empty where ``works`` (URLs or identifiers) list the class.
    """

    name: str
    payer: str
    about: str
    amount: int
    currency: str
    uses: tuple[str, ...]
    starts: date
    ends: date
    claims_until: date
    reserve: Fraction
    reserve_until: date
    plan: str
    decision: str
    instalments: tuple[tuple[date, int], ...]
    works: tuple[str, ...]
    criteria: Mapping[str, Any]


def read_lump(text: str, works: Sequence[str] = ()) -> Agreed:
    """A lump sum from TOML or JSON; ``works`` are the class, where the file does not list them itself.

    Refuses (BadLump), in this order: what is neither or too long (``kit.written``), fields that are unknown,
    missing or of the wrong type, a name too long to name a fund, a period that ends before it begins, a
    reserve that is not a part, days in the wrong order, instalments that do not sum to the amount, a class
    that is neither a list nor criteria, or both.
    """
    given = written.fields(text, "lump sum", known=FIELDS, needed=NEEDED, wrong=BadLump)
    name, currency, amount = _text(given, "name", MOST_NAME), _text(given, "currency", 3), _amount(given)
    minor_digits(currency)
    listed, criteria = _class(given, works)
    claims_until = _day(given, "claims_until")
    reserve_until = _day(given, "reserve_until") if given.get("reserve_until") else claims_until
    found = Agreed(
        name, _text(given, "payer", 64), _text(given, "about", 500), amount, currency, _texts(given, "uses"),
        _day(given, "starts"), _day(given, "ends"), claims_until, _reserve(given), reserve_until,
        _text(given, "plan", 80), _text(given, "decision", 200), _instalments(given, amount), listed,
        criteria,
    )  # fmt: skip
    _check(found)
    return found


def _check(found: Agreed) -> None:
    if found.ends <= found.starts:
        raise BadLump(f"The period of the class ends on {found.ends}, which is not after {found.starts}.")
    if found.reserve_until < found.claims_until:
        raise BadLump("The reserve is kept until the deadline of the claims at least.")
    if bool(found.reserve) != (found.reserve_until > found.claims_until):
        raise BadLump(
            "A reserve, and the later day until which it is kept, are given together or not at all."
        )
    if sum(amount for _, amount in found.instalments) != found.amount:
        raise BadLump("The instalments do not sum to the amount.")
    days = [day for day, _ in found.instalments]
    if len(set(days)) != len(days) or len(days) > MOST_INSTALMENTS:
        raise BadLump(f"Instalments are due on different days, at most {MOST_INSTALMENTS} of them.")


def _text(given: Mapping[str, Any], name: str, most: int) -> str:
    value = given[name]
    if not isinstance(value, str) or not value.strip() or len(value) > most or not value.isprintable():
        raise BadLump(f"{name} is a text of at most {most} characters, all of which can be shown.")
    return value.strip()


def _texts(given: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = given[name]
    if not isinstance(value, list) or not all(isinstance(one, str) and one.strip() for one in value):
        raise BadLump(f"{name} is a list of texts.")
    return tuple(value)


def _amount(given: Mapping[str, Any]) -> int:
    value = given["amount"]
    if not isinstance(value, str):
        raise BadLump('The amount is a text; write it between quotation marks: "900000.00".')
    try:
        quanta = quanta_of(value)
    except Invalid as problem:
        raise BadLump(f"amount: {problem.sentence}") from problem
    if quanta <= 0:
        raise BadLump("The amount is more than nothing.")
    return quanta


def _reserve(given: Mapping[str, Any]) -> Fraction:
    try:
        share = parse_share(given.get("reserve", "0"))
    except (Invalid, TypeError) as problem:
        raise BadLump('The reserve is a part of the sum, such as "10%".') from problem
    if share == 1:
        raise BadLump("The reserve is less than all of it.")
    return share


def _day(given: Mapping[str, Any], name: str) -> date:
    return written.day(given, name, wrong=BadLump)


def _instalments(given: Mapping[str, Any], amount: int) -> tuple[tuple[date, int], ...]:
    """As they are dated; where none is, all of it is due on the day that claims end."""
    told = given.get("instalment")
    if told is None:
        return ((_day(given, "claims_until"), amount),)
    if not isinstance(told, list) or not all(
        isinstance(one, dict) and set(one) == {"due_on", "amount"} for one in told
    ):
        raise BadLump("An instalment says due_on and amount, and nothing beside.")
    return tuple(sorted((_day(one, "due_on"), _amount(one)) for one in told))


def _class(given: Mapping[str, Any], works: Sequence[str]) -> tuple[tuple[str, ...], dict[str, Any]]:
    told = given.get("class", {})
    if not isinstance(told, dict) or set(told) - {*CRITERIA, "works"}:
        raise BadLump(f"A class is said by works, or by {', '.join(CRITERIA)}.")
    listed = (*(_texts(told, "works") if "works" in told else ()), *works)
    criteria: dict[str, Any] = {name: list(_texts(told, name)) for name in ("types", "tiers") if name in told}
    if "members_before" in told:
        criteria["members_before"] = _day(told, "members_before").isoformat()
    if bool(listed) == bool(criteria):
        raise BadLump(
            "A class is a list of works, or criteria by which works are in it; give one of the two."
        )
    return listed, criteria
