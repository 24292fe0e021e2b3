"""A distribution plan: how a pot becomes lines, written in TOML, explained in sentences.

A plan deducts in order, then splits the rest in portions; each portion is divided into portions again or has
a key that says among whom and in proportion to what. Nothing here touches an amount:
``quire.core.distribution`` applies a plan to a pot.
"""

from __future__ import annotations

from quire.core.plan import fitting
from quire.core.plan.model import (
    AMONG,
    BASES,
    EVIDENCE,
    INCOMES,
    KEYS,
    MEASURES,
    MOST_DEPTH,
    MOST_LINE,
    MOST_PARTS,
    MOST_TEXT,
    MOST_WORKS,
    NOBODY,
    WEIGHTS,
    Deduction,
    Plan,
    PlanWrong,
    Portion,
    Tiers,
    weight_in,
)
from quire.core.plan.picture import picture
from quire.core.plan.sentences import percent

__all__ = [
    "AMONG",
    "BASES",
    "EVIDENCE",
    "INCOMES",
    "KEYS",
    "MEASURES",
    "MOST_DEPTH",
    "MOST_LINE",
    "MOST_PARTS",
    "MOST_TEXT",
    "MOST_WORKS",
    "NOBODY",
    "WEIGHTS",
    "Deduction",
    "Plan",
    "PlanWrong",
    "Portion",
    "Tiers",
    "fitting",
    "percent",
    "picture",
    "weight_in",
]
