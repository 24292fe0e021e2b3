"""How the public's pages say things."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from quire.core.money import Money
from quire.society.web.words import cut

PARTS = {
    "allocated": (gettext_lazy("to members and owners"), "allocated"),
    "held": (gettext_lazy("held"), "held"),
    "unclaimed": (gettext_lazy("unclaimed: its owner is sought"), "c3"),
    "deducted": (gettext_lazy("administration"), "deducted"),
    "fund": (gettext_lazy("funds"), "fund"),
    "residue": (gettext_lazy("carried to the next"), "c6"),
}
"""Where the money of a run goes, with the class of its colour."""


def money(quanta: int, currency: str) -> str:
    """The amount as it is paid."""
    return cut(Money(quanta, currency)).grouped()
