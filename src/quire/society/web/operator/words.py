"""How the desk's pages say things: amounts cut to what can be paid, parties by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from quire.core.money import Money, quanta_of
from quire.society.kit import ids
from quire.society.parties import queries as parties
from quire.society.web.words import Cut

OUTCOMES = {
    "received": _("Came in"),
    "allocated": _("To members and owners"),
    "held": _("Held"),
    "unclaimed": _("Unclaimed"),
    "deducted": _("Deducted"),
    "fund": _("To funds"),
    "residue": _("Rest of rounding"),
}
"""The parts of a run's sums, as its review names them."""
DRAWN = {"allocated": "allocated", "held": "held", "unclaimed": "c3", "deducted": "deducted", "fund": "fund"}
"""Those that are drawn, with the class of their colour."""


def cut(quanta: int, currency: str) -> Cut:
    """Quanta of a currency, to be shown as they are paid."""
    return Cut(quanta, currency)


def read(text: str, currency: str) -> Cut:
    """An amount with twelve decimals, as documents have it, to be shown as it is paid."""
    return Cut(quanta_of(text), currency)


def signed(amount: Money) -> str:
    """With a plus before what is more than nothing."""
    return f"{'+' if amount.quanta > 0 else ''}{Cut(amount.quanta, amount.currency).grouped()}"


def together(some: Iterable[Money]) -> str:
    """Sums of several currencies in one line, or a dash."""
    sums: dict[str, int] = {}
    for one in some:
        sums[one.currency] = sums.get(one.currency, 0) + one.quanta
    return (
        " · ".join(
            Cut(amount, unit).grouped().replace(" ", "\u00a0")
            for unit, amount in sorted(sums.items())
            if amount
        )
        or "–"
    )


def names(of: Iterable[UUID]) -> dict[UUID, str]:
    """Parties by id, as they are called."""
    return {party: one.name for party, one in parties.names(set(of)).items()}


def received(review: Mapping[str, Any]) -> list[Cut]:
    """What came in, by currency, as a run's review says; nothing before the run was reviewed."""
    return [read(one["received"], unit) for unit, one in review.get("currencies", {}).items()]


def party_page(party: UUID) -> str:
    """Where a party is looked at."""
    return reverse("desk-party", args=[ids.show("pty", party)])
