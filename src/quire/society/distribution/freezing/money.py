"""What a pot says of money beyond its amount: revenue reported, the rate of its conversion, its class."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from quire.core.classes import Class
from quire.core.facts import Licence, Pot
from quire.core.fx import Conversion, Rate
from quire.society.distribution import models
from quire.society.invoicing import queries as invoicing
from quire.society.invoicing.queries import RoundRow


def pot(found: models.Pot, licence: Licence) -> Pot:
    """A pot as evidence."""
    revenue = None
    if licence.kind == "revenue":
        revenue = invoicing.revenue(found.licence_id, found.starts, found.ends).amount
    return Pot(
        found.tid,
        licence,
        found.starts,
        found.ends,
        found.amount,
        found.currency,
        revenue,
        _conversion(found),
    )


def _conversion(found: models.Pot) -> Conversion | None:
    if found.received is None:
        return None
    stated = Rate(found.received_currency, found.currency, found.rate, found.rate_source, found.rate_date)
    return Conversion(found.received, stated)


def rounds(run: models.Run) -> dict[str, RoundRow]:
    """The round of a lump sum that each pot of a run pays, by the pot's id; most runs have none."""
    found = {}
    for one in run.pots.filter(licence__kind="lump"):
        told = invoicing.round_of(one.receipts.values_list("receipt_id", flat=True))
        if told is not None:
            found[one.tid] = told
    return found


def works(told: Mapping[str, RoundRow]) -> set[UUID]:
    """Every work of a class: it is a subject of the run, used or not."""
    return {work for one in told.values() for work in one.works}


def classes(told: Mapping[str, RoundRow], ordered: Mapping[UUID, str]) -> tuple[Class, ...]:
    """The class of each pot, by the pots' ids; ``ordered`` are the run's works in their order."""
    return tuple(
        Class(pot, tuple(tid for work, tid in ordered.items() if work in chosen), one.reserve, one.fund)
        for pot, one in sorted(told.items())
        for chosen in [frozenset(one.works)]
    )
