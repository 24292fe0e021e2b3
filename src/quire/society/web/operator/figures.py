"""A run's sums as tables and pictures, beside those of another run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from quire.core.money import Money, quanta_of
from quire.society.web import charts
from quire.society.web.operator.words import DRAWN, OUTCOMES, read, signed
from quire.society.web.words import Cut

_OUT_OF = 10
"""A sum that is a tenth of itself away from the last one is looked at."""


@dataclass(frozen=True, slots=True)
class Line:
    """One part of the sums: now, then (None where there was no run), and the difference; ``stark`` where it
    is so large that somebody should know why."""

    name: str
    now: Cut
    then: Cut | None
    change: str
    stark: bool


@dataclass(frozen=True, slots=True)
class Beside:
    """One currency's sums."""

    currency: str
    lines: list[Line]
    payees: int
    payees_then: int | None
    picture: SafeString


def beside(now: Mapping[str, Any], then: Mapping[str, Any]) -> list[Beside]:
    """The sums of a run's ``review``, currency by currency, beside those of another's (or of none: {})."""
    return [
        _currency(unit, mine, then.get("currencies", {}).get(unit))
        for unit, mine in now.get("currencies", {}).items()
    ]


def _currency(unit: str, mine: Mapping[str, Any], other: Mapping[str, Any] | None) -> Beside:
    lines = [
        _line(str(words), mine.get(name, "0"), other and other.get(name, "0"), unit)
        for name, words in OUTCOMES.items()
        if quanta_of(mine.get(name, "0")) or (other and quanta_of(other.get(name, "0")))
    ]
    parts = [
        charts.Part(str(OUTCOMES[name]), quanta_of(mine[name]), read(mine[name], unit).grouped(), css=css)
        for name, css in DRAWN.items()
        if name in mine
    ]
    drawn = SafeString("")
    if all(part.value >= 0 for part in parts):
        whole = read(mine["received"], unit).grouped()
        drawn = charts.bar(parts, label=_("Where %(amount)s went") % {"amount": whole})
    return Beside(unit, lines, mine.get("payees", 0), other.get("payees", 0) if other else None, drawn)


def _line(name: str, now: str, then: str | None, unit: str) -> Line:
    here = read(now, unit)
    if then is None:
        return Line(name, here, None, "", False)
    there = read(then, unit)
    more = Money(here.quanta - there.quanta, unit)
    stark = abs(more.quanta) * _OUT_OF > max(abs(there.quanta), 1)
    return Line(name, here, there, signed(more) if more.quanta else "", stark)
