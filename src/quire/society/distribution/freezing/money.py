"""What a pot says of money beyond its amount: revenue reported, the rate of its conversion, its class."""

from __future__ import annotations

from quire.core.facts import Licence, Pot
from quire.core.fx import Conversion, Rate
from quire.society.distribution import models
from quire.society.invoicing import queries as invoicing


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
