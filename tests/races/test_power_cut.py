"""A loss of power at the site, as far as it can be played: what was not on the disk is gone, and it is said.

The edge is killed, and its spool cut back to what it had made durable: of the last fifth of a second nothing
is left, and the machine has started anew. That only the edge's part of it is right, number by number, is in
tests/edge/test_spool.py.
"""

from __future__ import annotations

import json
import time
from datetime import timedelta
from pathlib import Path

import pytest

from quire.core import moments
from quire.edge.spool import Bounds, segments
from quire.edge.spool.frames import lines
from tests.races import soak

pytestmark = pytest.mark.more

WANTED = 20_000


def cut(lane: Path) -> list[str]:
    """Play the loss of power in this lane's folder; the ids of the requests whose events are gone.

    What the society has was durable before it was sent, so it stays.
    """
    sent = json.loads((lane / "delivered.json").read_text())["through"]
    last = segments.firsts(lane)[-1]
    found = [line for line in lines((lane / segments.name_of(last)).read_bytes()) if line.event is not None]
    events = [json.loads(line.event or b"") for line in found]
    since = moments.read(events[-1]["t"]) - timedelta(seconds=Bounds().interval)
    kept = [n for n, one in enumerate(events) if one["n"] <= sent or moments.read(one["t"]) < since]
    segments.cut(lane, last, found[kept[-1]].end if kept else 0)
    mark = json.loads((lane / "mark.json").read_text())
    (lane / "mark.json").write_text(json.dumps({**mark, "boot": "another"}))
    return [one["request"] for one in events[len(kept) :]]


def answered(place: Path) -> set[str]:
    return {one for file in place.glob("answered-*") for one in file.read_text().splitlines()}


def test_a_loss_of_power_takes_the_last_moments_alone_and_says_so() -> None:
    with soak.town() as town:
        crawler = soak.crawler(town, "c0", WANTED, connections=12, pace=4000.0)
        until = time.monotonic() + soak.LONGEST
        while (
            not (town.edge / "spool" / "lane-0" / "delivered.json").exists()
            or len(answered(town.folder)) < 6000
        ):
            assert time.monotonic() < until
            time.sleep(0.05)
        town.site.kill()
        gone = cut(town.edge / "spool" / "lane-0")
        town.site.start()
        crawler.communicate()
        found = soak.ended(town)
        missing = set(gone) & answered(town.folder)
    assert 0 < len(missing) == found["missing"] <= len(gone)
    assert found["answered"] >= WANTED
    assert found["not once"] == found["extra, not broken"] == 0
    assert found["extra"] <= 12
    assert found["lost"] >= len(gone), "more numbers are given up than events are gone, and never fewer"
    assert found["account"]["headings"]["lost"]["lines"] == found["lost"]
    assert sum(found["through"].values()) == found["account"]["lines"]
    assert found["findings"] == []
    assert "lost power" in found["edge status"]
    assert any("the edge lost" in sentence for sentence in found["alarms"])
    assert "alarm" in found["edges list"]
