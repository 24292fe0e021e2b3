"""Publish what is unclaimed, so that whoever owns it finds it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from quire.core.currencies import minor_digits
from quire.core.money import DECIMALS, decimal_of
from quire.society.kit import acts, clock, config
from quire.society.parties import queries as parties
from quire.society.unclaimed import queries
from quire.society.unclaimed.queries import Item

LEAST = 10
"""Major units below which the public list names no amount: so small a one helps nobody to find it."""


def publish(*, by: Any) -> tuple[Path, int]:
    """Write the public list under ``QUIRE_HOME/published/unclaimed.json``: every work with money that nobody
    claims, with class, use, territory, period and dates. Returns the file and how many items it has.

    Everything is public from the day its run is posted, long before the law's last day. Amounts are cut to
    the minor unit, and those below ``LEAST`` major units are not named. Raises ReadsOnly.
    """
    parties.may_write(by)
    items = [item for item in queries.items() if item.subject]
    told = {
        "society": parties.society().name,
        "on": clock.today().isoformat(),
        "amounts": f"cut to the minor unit; below {LEAST} major units none is named",
        "items": [{**item.as_json(amount=False), **_amount(item)} for item in items],
    }
    place = config.home() / "published" / "unclaimed.json"
    place.parent.mkdir(parents=True, exist_ok=True)
    fresh = place.with_name(f".unclaimed.{os.getpid()}")
    fresh.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n")
    fresh.replace(place)
    acts.record("unclaimed.publish", "unclaimed", by=by, items=len(items))
    return place, len(items)


def _amount(item: Item) -> dict[str, Any]:
    if item.amount < LEAST * 10**DECIMALS:
        return {"currency": item.currency, "amount": None}
    unit = 10 ** (DECIMALS - minor_digits(item.currency))
    return {"currency": item.currency, "amount": decimal_of(item.amount // unit * unit)}
