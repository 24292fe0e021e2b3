"""Compaction: the same bytes for the same events, whatever was killed before."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from tests.rooms.usage_edges import Edge, admitted, edge
from tests.rooms.usage_society import NOON, broken, lake_rows, society  # noqa: F401


@pytest.fixture
def front(society: Any) -> Edge:  # noqa: F811
    society.site()
    return edge(society)


def compact(**more: Any) -> dict[str, tuple[int, int]]:
    from quire.society.usage import actions

    told = actions.compact(**more).tallies
    return {heading: (tally.lines, tally.requests) for heading, tally in sorted(told.items())}


def sends_many(front: Edge, count: int, step: int) -> None:
    """Events like one another but for number, path and request, cut into batches."""
    plain = json.dumps({"t": f"{NOON:%Y-%m-%dT%H:%M:%S}.000000Z", **admitted()}, separators=(",", ":"))
    for first in range(1, count + 1, step):
        text = "".join(
            f'{{"n":{n},"request":"{n * 7919 % 65_521:x}",{plain[1:]}\n' for n in range(first, first + step)
        )
        body = gzip.compress(text.encode(), 1, mtime=0)
        assert front.post(body, front.header(first, first + step - 1, body))[0] == 200


@pytest.mark.more
def test_a_file_written_again_has_the_same_bytes(front: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    """Several row groups, so that several threads write them; it fails when the file is there."""
    from quire.society.usage import lake
    from quire.society.usage.actions import chunks
    from quire.society.usage.models import LakeFile

    sends_many(front, 280_000, 40_000)
    digests = []

    def broken_off(record: Any, written: lake.Written) -> None:
        digests.append(written.digest)
        raise KeyboardInterrupt

    for _ in range(3):
        monkeypatch.setattr(chunks, "list_file", broken_off)
        with pytest.raises(KeyboardInterrupt):
            compact()
        monkeypatch.undo()
    assert compact() == {"usage": (280_000, 280_000)}
    assert {*digests, LakeFile.objects.get().digest} == {digests[0]}
    assert broken() == []


def test_fingerprints_differ_and_hang_on_the_number_alone(front: Edge) -> None:
    """Cut into pieces of any size they are the same, modulo 2^64: no event of a spool has another's."""
    from hashlib import blake2b

    from quire.society.usage.models import Import

    front.tells(40, **admitted())
    for first in range(1, 41, 5):
        front.sends(first, first + 4)
    compact(most=7)
    base = int.from_bytes(blake2b(Import.objects.get().id.bytes, digest_size=8).digest(), "big")
    expected = [(n, (n * 0x9E3779B97F4A7C15 + base) % 2**64) for n in range(1, 41)]
    signed = [(n, int(np.uint64(whole).astype(np.int64))) for n, whole in expected]
    assert lake_rows("line, fingerprint") == signed


def test_what_is_found_out_stands_beside_the_line_it_is_about(front: Edge) -> None:
    """Every address another, so that the tables looked up in are as long as the lines."""
    from quire.society.kit import config
    from quire.society.usage.models import VisitFile

    expected, refused = [], []
    for n in range(1, 61):
        if n == 30:
            front.events.append({"n": 30, "t": front.events[-1]["t"], "kind": "lost", "from": 30, "to": 30})
        elif n % 3 == 0:
            front.tells(1, **admitted(path=f"/refused/{n * 7919 % 61}", outcome="refused", status=402))
            refused.append((n, f"/refused/{n * 7919 % 61}"))
        else:
            agent = ("GPTBot", "ClaudeBot")[n % 2]
            front.tells(1, **admitted(path=f"/read/{n * 7919 % 61}", agent=agent, request=f"r{n}"))
            expected.append((n, f"/read/{n * 7919 % 61}", agent, f"r{n}"))
    front.sends(1, 20)
    front.sends(21, 60)
    compact()
    assert lake_rows("line, path, agent, request") == expected
    with duckdb.connect() as db:
        found = db.execute("SELECT line, path FROM read_parquet(?) ORDER BY line",
                           [str(config.home() / VisitFile.objects.get().path)]).fetchall()  # fmt: skip
    assert found == refused
    assert broken() == []


def test_a_taking_back_that_does_not_fit_takes_nothing_back(front: Edge) -> None:
    front.tells(3, **admitted())
    front.sends(1, 3)
    assert compact() == {"usage": (3, 3)}
    front.events.append({"n": 9, "t": front.events[-1]["t"], "kind": "void", "of": 2})  # it should be 4
    front.sends(4, 4)
    assert compact() == {"unreadable": (1, 0)}
    assert lake_rows("sum(count)::BIGINT") == [(3,)]
    assert broken() == []


def segment(front: Edge) -> Path:
    folder = Path(os.environ["QUIRE_HOME"]) / "lake/accepted" / front.new.tid / front.spool
    return min(folder.glob("*.seg"))


def test_a_damaged_spool_does_not_hold_up_the_others(front: Edge, society: Any) -> None:  # noqa: F811
    from quire.society.usage import actions
    from quire.society.usage.errors import LakeDamaged

    fronts = [front, edge(society, name="second"), edge(society, name="third")]
    for one in fronts:
        one.tells(5, **admitted())
        one.sends()
    whole = segment(fronts[1]).read_bytes()
    segment(fronts[1]).write_bytes(whole[:-1] + b"?")
    with pytest.raises(LakeDamaged, match="not what was accepted"):
        actions.compact()
    assert lake_rows("count(*)") == [(10,)]
    segment(fronts[1]).write_bytes(whole)
    assert compact() == {"usage": (5, 5)}
    assert broken() == []


def test_it_comes_to_its_end_when_asked_to(front: Edge) -> None:
    """After a chunk, of one spool; the rest is for later."""
    from quire.society.usage import actions

    front.tells(40, **admitted())
    for first in range(1, 41, 10):
        front.sends(first, first + 9)
    asked = iter([False, False, True, True])
    assert actions.compact(most=10, over=lambda: next(asked)).events == 20
    assert compact() == {"usage": (20, 20)}
    assert compact() == {}


def test_what_a_killed_compaction_left_is_swept_away(front: Edge) -> None:
    temporary = Path(os.environ["QUIRE_HOME"]) / "tmp"
    temporary.mkdir(exist_ok=True)
    old, young = temporary / "compact-1.ndjson", temporary / "compact-2.ndjson"
    old.write_text("{}")
    young.write_text("{}")
    os.utime(old, (time.time() - 90_000,) * 2)
    compact()
    assert not old.exists()
    assert young.exists()


@pytest.mark.more
def test_as_a_service_it_counts_what_comes_and_ends_when_told(front: Edge, house: Any) -> None:
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "quire.cli", "edges", "compact", "--every", "1"],
        env={**os.environ, **house.env}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        for first in (1, 4):
            front.tells(3, **admitted())
            front.sends(first)
            until = time.monotonic() + 60
            while lake_rows("count(*)") != [(first + 2,)]:
                assert time.monotonic() < until, "nothing was counted"
                assert process.poll() is None
                time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        told, wrong = process.communicate(timeout=60)
    finally:
        process.kill()
        process.wait()
    assert (process.returncode, wrong) == (0, "")
    assert told.splitlines() == ["3 events counted: 3 usage."] * 2
