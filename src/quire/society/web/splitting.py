"""How a plan splits a hundred, as a picture."""

from __future__ import annotations

from fractions import Fraction

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from quire.core.plan import Plan, Portion
from quire.society.kit import spoken
from quire.society.web import charts

WHOLE = 100
"""How many euros (or whatever one counts in) are split in the picture."""


def split(plan: Plan) -> SafeString:
    """How a hundred is split, where every portion finds somebody and nothing is at a bound."""
    rest = 1 - sum(plan.kept, Fraction(0))
    parts = [
        charts.Part(one.label, part, _told(part), css="fund" if one.to.startswith("fund:") else "deducted")
        for one, part in zip(plan.deductions, plan.kept, strict=True)
    ]
    parts += [charts.Part(name, part, _told(part)) for name, part in _leaves(plan.portions, rest)]
    unit = plan.currency or "EUR"
    return charts.bar(parts, label=_("How 100 %(unit)s are split") % {"unit": unit})


def _leaves(portions: tuple[Portion, ...], whole: Fraction) -> list[tuple[str, Fraction]]:
    found: list[tuple[str, Fraction]] = []
    for one in portions:
        amount = whole * one.portion
        if one.parts:
            found += [(f"{one.label}: {name}", part) for name, part in _leaves(one.parts, amount)]
        else:
            found.append((one.label, amount))
    return found


def _told(part: Fraction) -> str:
    cents = round(part * WHOLE * 100)
    return spoken.written(f"{cents // 100}.{cents % 100:02}")
