"""kill −9 of edge, server, database and compaction under a load: every answered request is counted, once.

``QUIRE_SOAK`` is how many requests are to be answered (60 000); a million takes about ten minutes. What a
loss of power takes, and that it is said, is in test_power_cut.py and tests/edge/test_spool.py.
"""

from __future__ import annotations

import json
import os
from typing import Any

import pytest

from quire.core.money import quanta_of
from tests.races import soak
from tests.races.soak_society import PRICE

pytestmark = pytest.mark.more

WANTED = int(os.environ.get("QUIRE_SOAK", "60000"))
PAID = max(WANTED // 10, 1000)


def holds(found: dict[str, Any]) -> None:
    """What must be true after any soak."""
    print(json.dumps({name: found[name] for name in found if name != "status"}, indent=1))
    print(found["edge status"], found["edges list"])
    assert found["durability"] == ["on", "on", "on"]
    assert found["missing"] == 0, "what was answered is counted"
    assert found["not once"] == 0, "once"
    assert found["answered"] == found["answered, different"]
    assert found["extra, not broken"] == 0, "what nobody was answered was under way when something was killed"
    assert found["extra"] <= found["most in flight"]
    assert found["there"] == found["rows"] == found["answered"] + found["extra"]
    headings = found["account"]["headings"]
    assert headings["counted"] == {"lines": found["rows"], "requests": found["rows"]}
    assert found["lost"] == found["differs"] == 0
    assert sum(found["through"].values()) == found["account"]["lines"]
    assert found["through"] == found["compacted"]
    assert found["findings"] == []
    assert found["audit"] == 0
    lanes = found["status"]["lanes"]
    assert {one["spool"]: one["written"] for one in lanes if one["written"]} == found["through"]
    assert not any(one["waiting"] or one["alarm"] for one in lanes)


def test_every_answered_request_is_counted_once() -> None:
    with soak.town() as town:
        found = soak.soak(town, WANTED, seed=20261121)
    holds(found)
    assert found["answered"] >= WANTED // 2 * 2
    assert min(found["kills"].get(one, 0) for one in ("edge", "server", "database", "compaction")) > 0


def test_every_answered_request_is_charged_once_and_nobody_overspends() -> None:
    """What is asked for costs more than was deposited; it ends when nothing came for a while."""
    deposit = "9.00"
    with soak.town(deposit) as town:
        found = soak.soak(town, PAID, seed=7, price=f"EUR {PRICE}", gap=(0.2, 1.5), pace=500, patience=10.0)
    holds(found)
    credit = found["credit"]
    assert found["answered"] >= 1000
    assert found["not charged"] == 0
    assert found["charged"] == found["rows"] * quanta_of(PRICE) == credit["booked"]
    assert credit["problems"] == []
    assert credit["balance"] == quanta_of(deposit) - credit["booked"]
    assert min(credit["balance"], credit["aside"], credit["available"]) >= 0
