"""What an act means, and for whom: a function for each act that is told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from importlib import import_module
from typing import Any
from uuid import UUID

from quire.core.money import Money, decimal_of
from quire.society.kit.acts import ActRow
from quire.society.parties import queries as parties


@dataclass(frozen=True, slots=True)
class Told:
    """One thing for one side: a party, or (None) the society's own people. ``parts`` are what the address of
    its page needs, ``facts`` what its words say: texts, numbers, ``money`` and ``day``. Where ``cause`` is
    given, that is told once, whatever act it comes of."""

    event: str
    audience: str
    party: UUID | None
    parts: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    due: date | None = None
    cause: str = ""


Teller = Callable[[ActRow], Iterable[Told]]
TELLERS: dict[str, list[Teller]] = {}


def tells(*verbs: str) -> Callable[[Teller], Teller]:
    """Register a function that says what acts of these verbs mean."""

    def registered(teller: Teller) -> Teller:
        for verb in verbs:
            TELLERS.setdefault(verb, []).append(teller)
        return teller

    return registered


def meant(act: ActRow) -> list[Told]:
    """Everything that an act means, for everybody."""
    for name in ("money", "rights", "house"):
        import_module(f"{__name__}.{name}")
    return [told for teller in TELLERS.get(act.verb, ()) for told in teller(act)]


def side(party: parties.PartyName | Any) -> str:
    """On which pages a party reads its notices."""
    return "licensee" if party.kind == "lab" else "member"


def desk(event: str, parts: Mapping[str, str] | None = None, **facts: Any) -> Told:
    """The same for everybody at the desk."""
    return Told(event, "operator", None, parts or {}, facts)


def amount_of(quanta: int, currency: str) -> dict[str, str]:
    """An amount, as facts have it."""
    return {"amount": decimal_of(quanta), "currency": currency}


def amount(found: Money) -> dict[str, str]:
    """The same of a Money."""
    return amount_of(found.quanta, found.currency)


def day(on: date | str) -> dict[str, str]:
    """A day, as facts have it."""
    return {"day": on if isinstance(on, str) else on.isoformat()}
