"""What a party declares for tax."""

from __future__ import annotations

import re
from datetime import date

from django.db import transaction
from stdnum import get_cc_module
from stdnum.exceptions import ValidationError

from quire.society.kit import acts, clock
from quire.society.parties import facts, queries
from quire.society.parties.errors import CellWrong
from quire.society.parties.identifiers import mask
from quire.society.parties.models import TaxForm, User
from quire.society.parties.queries import Ref

_PLAIN = re.compile(r"[A-Z0-9][A-Z0-9 ./-]{2,29}")


def declare_tax(
    *, party: Ref, country: str, number: str = "", none_because: str = "", treaty: bool, signed: str,
    on: date | None = None, by: User | None,
) -> TaxForm:  # fmt: skip
    """Put a declaration on record: ``country`` (ISO 3166) where the party is taxed, its ``number`` there or
    why it has none, whether it claims the ``treaty`` between the two countries, and who ``signed``.

    It stands in place of the last one; the same again on the same day is that one. Refused in this order:
    ReadsOnly, Unknown, CellWrong (a country that is none, a number that its country does not know, neither
    or both of number and reason, nobody's signature, a day to come).
    """
    queries.may_write(by)
    found = queries.party(party)
    said = {
        "country": _country(country),
        "number": _number(country.strip().upper(), number),
        "none_because": facts.check_text("the reason", none_because, 200),
        "treaty": bool(treaty),
        "signed": facts.check_text("the signature", signed, 140),
        "on": on or clock.today(),
    }
    _check(said)
    with transaction.atomic():
        last = TaxForm.objects.filter(party=found).order_by("-on", "-id").first()
        if last is not None and all(getattr(last, name) == value for name, value in said.items()):
            return last
        made = TaxForm.objects.create(party=found, by=by, **said)
        acts.record(
            "parties.declare-tax", found, by=by, country=made.country, number=mask(made.number),
            treaty=made.treaty, signed=made.signed,
        )  # fmt: skip
    return made


def _check(said: dict[str, object]) -> None:
    if bool(said["number"]) == bool(said["none_because"]):
        raise CellWrong("Give the tax number, or say why there is none.", column="number")
    if not said["signed"]:
        raise CellWrong("Whoever declares it signs with their name.", column="signed")
    on = said["on"]
    if isinstance(on, date) and on > clock.today():
        raise CellWrong("A declaration is of today or of a day that is over.", column="on")


def _country(text: str) -> str:
    country = facts.check_cell("country", text)
    if not country:
        raise CellWrong("Say in which country the party is taxed.", column="country")
    return country


def _number(country: str, text: str) -> str:
    """The number in capitals; by its country's own rule where that is known (python-stdnum)."""
    number = facts.check_text("the tax number", text, 30).upper()
    if not number:
        return ""
    if not _PLAIN.fullmatch(number):
        raise CellWrong(
            "A tax number has letters, digits, spaces, dots, hyphens and slashes, three at least.",
            column="number",
        )
    rule = get_cc_module(country.lower(), "tin")
    if rule is None:
        return number
    try:
        return str(rule.validate(number))
    except ValidationError as problem:
        raise CellWrong(
            f"This is no tax number of {country}: look for a digit that is missing or mistyped.",
            column="number",
        ) from problem
