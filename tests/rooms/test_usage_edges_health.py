"""What is told of edges: heard, behind, lost, contradicted; the commands; and how visits are forgotten."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.rooms.usage_edges import Edge, admitted, edge
from tests.rooms.usage_society import broken, society  # noqa: F401


@pytest.fixture
def front(society: Any) -> Edge:  # noqa: F811
    society.site()
    society.work("https://paper.example/news/one")
    return edge(society)


def told(front: Edge) -> Any:
    from quire.society.usage import queries

    (found,) = queries.edges(front.new.tid)
    return found


def compact() -> None:
    from quire.society.usage import actions

    actions.compact()


def test_an_edge_is_told_of(front: Edge) -> None:
    assert (told(front).heard, told(front).spools, told(front).alarms()) == (None, (), ())
    front.tells(10, **admitted())
    front.sends(2)
    front.sends(1, 5)
    front.sends(1, 5)
    front.sends(6)
    compact()
    front.tells(5, **admitted())
    front.sends(11)
    (spool,) = told(front).spools
    assert (spool.through, spool.compacted, spool.gaps, spool.replays, spool.differs) == (15, 10, 1, 1, 0)
    assert spool.waiting > 100
    assert told(front).silent < timedelta(minutes=5)
    assert told(front).alarms() == ()
    compact()
    assert told(front).spools[0].waiting == 0


def test_a_lane_that_comes_back_with_another_spool_has_lost_one(front: Edge) -> None:
    front.tells(7, **admitted())
    front.sends()
    again = Edge(front.new, spool="ab" * 16)
    again.tells(3, **admitted())
    other = Edge(front.new, spool="cd" * 16, lane=1)
    other.tells(1, **admitted())
    again.sends()
    other.sends()
    assert [(s.spool[:2], s.superseded) for s in told(front).spools] == [
        ("5f", True),
        ("ab", False),
        ("cd", False),
    ]
    (alarm,) = told(front).alarms()
    assert "through 7" in alarm
    front.tells(1, **admitted())
    front.sends(8)  # it was not lost after all: two of one lane at once
    assert told(front).alarms() == ()


def test_what_is_wrong_is_said(front: Edge) -> None:
    front.tells(3, **admitted())
    body = front.body(1, 3)
    late = datetime.now(UTC) - timedelta(hours=1)
    front.post(body, front.header(1, 3, body, sent=late.strftime("%Y-%m-%dT%H:%M:%SZ")))
    front.events[1]["path"] = "/else"
    front.sends()
    front.events.append({"n": 4, "t": front.events[0]["t"], "kind": "lost", "from": 4, "to": 9})
    body = front.body(4, 4)
    front.post(body, front.header(4, 9, body))
    compact()
    said = " ".join(told(front).alarms())
    assert "6 numbers" in said
    assert "1 times numbers came again with another content" in said
    assert "behind of ours" in said


def test_the_audit_sees_damage_to_what_was_accepted(front: Edge) -> None:
    from quire.society.usage.acceptance.spools import folder, segments

    front.tells(3, **admitted())
    front.tells(1, **admitted(outcome="refused"))
    front.sends()
    compact()
    assert broken() == []
    (segment,) = segments(folder(front.new.tid, front.spool))
    data = segment.read_bytes()
    segment.write_bytes(data[:60] + bytes([data[60] ^ 1]) + data[61:])
    assert any("not those accepted" in sentence for sentence in broken())
    shutil.rmtree(segment.parent)
    assert any("lost its segments" in sentence for sentence in broken())
    (visits,) = (Path(os.environ["QUIRE_HOME"]) / "lake/visits").rglob("*.parquet")
    visits.write_bytes(b"")
    assert any("not what was written" in sentence for sentence in broken())


def test_visits_are_forgotten_and_what_counts_stays(
    front: Edge,
    society: Any,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from quire.core.errors import Invalid
    from quire.society.kit import clock
    from quire.society.usage import actions
    from quire.society.usage.acceptance import spools
    from tests.rooms.usage_society import lake_rows

    monkeypatch.setattr(spools, "ROLL", 300)
    for number in range(1, 7):
        front.tells(1, **admitted(outcome="refused" if number % 2 else "admitted"))
        front.sends(number)
        compact()
    with pytest.raises(Invalid):
        actions.forget(before=clock.today() - timedelta(days=29), by=society.user)
    today = clock.today()
    monkeypatch.setenv("QUIRE_TODAY", str(today + timedelta(days=40)))
    asked = {"before": today + timedelta(days=2), "by": society.user}
    assert actions.forget(**asked, dry_run=True).rows == 3
    done = actions.forget(**asked)
    assert (done.files, done.rows) == (3, 3)
    assert done.segments > 1
    again = actions.forget(**asked)
    assert (again.files, again.segments) == (0, 0)
    assert broken() == []
    assert lake_rows("line") == [(2,), (4,), (6,)]
    assert told(front).spools[0].waiting == 0
    front.sends(1, 2)
    front.tells(1, **admitted())
    assert front.sends(7) == (200, {"through": 7})
    compact()
    assert told(front).spools[0].compacted == 7


@pytest.mark.more
def test_the_commands(front: Edge, society: Any, house: Any, tmp_path: Path) -> None:  # noqa: F811
    def quire(*words: str, code: int = 0) -> Any:
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-m", "quire.cli", *words, "--json"],
            env={**os.environ, **house.env}, capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        assert done.returncode == code, done.stderr + done.stdout
        return json.loads(done.stdout)

    folder = tmp_path / "edge"
    made = quire("edges", "register", "paper", "--name", "back", "--folder", str(folder), "--by", "preparer")
    assert stat.S_IMODE((folder / "quire-edge.key").stat().st_mode) == 0o600
    configuration = tomllib.loads((folder / "quire-edge.toml").read_text())
    assert configuration["edge"] == made["edge"]
    assert configuration["hosts"] == ["paper.example"]
    ((issuer, pinned),) = configuration["issuers"].items()
    assert issuer == configuration["society"] + "/olp"
    assert pinned["keys"][0]["crv"] == "Ed25519"
    quire("edges", "register", "paper", "--name", "back", "--folder", str(folder), "--by", "preparer", code=5)
    front.tells(5, **admitted())
    front.sends()
    assert quire("edges", "compact")["headings"] == {"usage": [5, 5]}
    assert [one["name"] for one in quire("edges", "list")] == ["front", "back"]
    assert quire("edges", "show", front.new.tid)["spools"][0]["compacted"] == 5
    quire("edges", "revoke", made["edge"], "--reason", "a rehearsal", "--by", "preparer")
    assert quire("edges", "show", made["edge"])["revoked_reason"] == "a rehearsal"
    quire("usage", "forget", "--before", "2020-01-01", "--by", "preparer")
