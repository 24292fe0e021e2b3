"""Allowances: a part of a licensee's balance, set aside for one spool of one edge (docs/boundary.md §7).

Owns the form, its signing and its reading. Does not own balances or spending.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from quire.core import canonical
from quire.core.errors import Invalid
from quire.core.money import Money
from quire.core.tokens import ALG, KeySet, SigningKey, verify

TYP = "quire-allowance+jws"

_FIELDS = {"id", "iss", "edge", "spool", "licensee", "amount", "currency", "expires"}
_PLAIN = re.compile(r"[!-~]{1,300}")
_SPOOL = re.compile(r"[0-9a-f]{8,64}")


class BadAllowance(Invalid):
    """What was signed is no allowance."""

    code = "allowance.invalid"


@dataclass(frozen=True, slots=True)
class Allowance:
    """``amount`` that ``edge`` may charge ``licensee`` in ``spool`` (hexadecimal) until ``expires``.

    ``expires`` is in seconds since 1970, ``iss`` the society's OLP server. Raises BadAllowance.
    """

    id: str
    iss: str
    edge: str
    spool: str
    licensee: str
    amount: Money
    expires: int

    def __post_init__(self) -> None:
        for name in ("id", "iss", "edge", "licensee"):
            value = getattr(self, name)
            if not isinstance(value, str) or not _PLAIN.fullmatch(value):
                raise BadAllowance(f"An allowance's {name} is printable ASCII without blanks.")
        if not isinstance(self.spool, str) or not _SPOOL.fullmatch(self.spool):
            raise BadAllowance("An allowance's spool is 8 to 64 hexadecimal digits.")
        if type(self.expires) is not int or not 0 <= self.expires <= canonical.MAX_INT:
            raise BadAllowance("An allowance expires at a whole second since 1970.")
        if self.amount.quanta < 0:
            raise BadAllowance("An allowance is not negative.")


def issue(allowance: Allowance, key: SigningKey) -> str:
    """The JWS of an allowance, by an Ed25519 key."""
    said = {
        "id": allowance.id,
        "iss": allowance.iss,
        "edge": allowance.edge,
        "spool": allowance.spool,
        "licensee": allowance.licensee,
        "amount": allowance.amount.decimal(),
        "currency": allowance.amount.currency,
        "expires": allowance.expires,
    }
    return key.sign(canonical.dumps(said), TYP, ALG)


def read(text: str, keys: KeySet) -> Allowance:
    """The allowance that one of ``keys`` signed. Raises BadSignature, UnknownKey or BadAllowance."""
    said = _said(verify(text, keys, TYP))
    if not isinstance(said["amount"], str) or not isinstance(said["currency"], str):
        raise BadAllowance("An allowance's amount and currency are texts.")
    try:
        amount = Money.parse(said["amount"], said["currency"])
    except Invalid as error:
        raise BadAllowance(f"The allowance's amount cannot be read: {error}") from None
    if amount.decimal() != said["amount"]:
        raise BadAllowance("An allowance's amount has twelve decimals.")
    return Allowance(**{**{name: said[name] for name in _FIELDS - {"amount", "currency"}}, "amount": amount})


def _said(payload: bytes) -> dict[str, Any]:
    try:
        said = canonical.loads(payload)
    except canonical.NotCanonical as error:
        raise BadAllowance(f"The allowance cannot be read: {error}") from None
    if not isinstance(said, dict) or set(said) != _FIELDS:
        raise BadAllowance("An allowance has " + ", ".join(sorted(_FIELDS)) + ", and nothing else.")
    return said
