"""Several processes that read one log read what one does; and it shows in nothing when they are killed."""

from __future__ import annotations

import gzip
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from quire.core.agents import book_of
from quire.society.usage.formats import Crew, Format, Position, Task, crew_for, load, pieces_for, reader_for
from quire.society.usage.formats.crew import WORTH_IT
from quire.society.usage.formats.lines import Whole
from quire.society.usage.formats.looking import look_for, packed, unpacked
from tests.rooms.test_usage_fast import _log, quickly, slowly
from tests.rooms.test_usage_formats_json import edge, nginx

TASK = Task("access-log", load(), "paper.example")


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Of all kinds of lines, with a part of it behind it again: those are told already."""
    lines = _log(12_000)
    path = tmp_path / "log"
    path.write_bytes(b"\n".join([*lines, b"junk", b"x" * 70_000, *lines[4_000:], b"the last has no end"]))
    return path


def crew_of(hands: int, task: Task = TASK) -> Crew:
    crew = Crew(hands)
    crew.begin(task)
    return crew


@pytest.mark.parametrize("hands", [1, 2])
@pytest.mark.parametrize("limit", [700, 10**9])
@pytest.mark.parametrize("packs", [False, True])
def test_a_crew_reads_what_one_process_reads(log: Path, hands: int, limit: int, packs: bool) -> None:
    if packs:
        log.write_bytes(gzip.compress(log.read_bytes()))
    with crew_of(hands) as crew:
        assert quickly(log, None, limit, crew) == quickly(log, None, limit)


def test_it_goes_on_in_the_middle(log: Path) -> None:
    raws, _ = slowly(log)
    start = raws[14_321].position
    with crew_of(1) as crew:
        assert quickly(log, start, 700, crew) == quickly(log, start, 700)


def test_a_crew_that_is_killed_leaves_no_gap(log: Path) -> None:
    expected = quickly(log, None, 100)
    for moment in (0.0, 0.3, 0.32, 0.35):
        with crew_of(2) as crew:
            time.sleep(moment)
            for hand in crew._hands:
                os.kill(hand.pid, signal.SIGKILL)
            assert quickly(log, None, 100, crew) == expected


def test_one_of_two_is_killed_in_the_middle(log: Path) -> None:
    reader = reader_for("access-log", load(), "paper.example", lambda host, path: False)
    with crew_of(2) as crew, pieces_for(reader, log, limit=100, crew=crew) as pieces:
        count = 0
        while taken := list(pieces.take()):
            count += sum(piece.lines for piece in taken)
            if count == 5_000:
                crew._hands[0].kill()
    assert count == 12_000 + 2 + 8_000 + 1


def test_what_cannot_be_looked_at_is_said_by_whoever_settles(log: Path) -> None:
    with crew_of(1, Task("access-log", load(), "no host!")) as crew:  # it ends at once
        assert quickly(log, None, 700, crew) == quickly(log, None, 700)


def test_nobody_is_left_behind(log: Path) -> None:
    with crew_of(2) as crew:
        reader = reader_for("access-log", load(), None, lambda host, path: False)
        with pieces_for(reader, log, limit=100, crew=crew) as pieces:
            next(iter(pieces.take()))
        hands = crew._hands
    assert all(hand.returncode == -signal.SIGKILL for hand in hands)
    assert not any(thread.is_alive() for thread in crew._threads)


ALONE = """
import sys, time
from quire.society.usage.formats import Crew, Task, load
crew = Crew(1)
crew.begin(Task("access-log", load(), None))
print(crew._hands[0].pid, flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("after", [0.0, 0.5])
def test_it_ends_when_whoever_began_it_is_killed(after: float) -> None:
    with subprocess.Popen([sys.executable, "-c", ALONE], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        hand = int(process.stdout.readline())
        time.sleep(after)
        process.kill()
    for _ in range(100):
        if not _alive(hand):
            return
        time.sleep(0.1)
    raise AssertionError("it lives on, reading from nobody")


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize(("form", "line"), [("nginx-json", nginx), ("cloudflare", edge)])
def test_what_is_sent_is_what_was_looked_at(form: Format, line: Any) -> None:
    lines = [line(), b"junk", b"", line(), line(RayID="x", request_id="y"), line(status="404")]
    block = Whole(b"".join(one + b"\n" for one in lines), 7, 70, len(lines))
    looked = look_for(reader_for(form, load(), None, None))(block)
    assert looked.events
    assert unpacked(packed(looked)) == looked


def test_assets_are_left_to_whoever_knows_the_works(tmp_path: Path) -> None:
    path = tmp_path / "log"
    agent = '203.0.113.9 - - [17/May/2026:10:05:03 +0200] "GET /{} HTTP/1.1" 200 5 "-" "GPTBot/1.2"\n'
    path.write_text("".join(agent.format(name) for name in ("a.css", "b.css", "a.css", "a")) * 900)
    with crew_of(1) as crew:
        reads, _ = quickly(path, None, 60, crew)
    assert sum(times for read, times in reads.items() if read.row and read.row.path == "/a.css") == 1800
    assert (reads, _) == quickly(path, None, 60)


def test_another_list_of_agents_is_told_too(tmp_path: Path) -> None:
    book = book_of([{"name": "Paperbot", "operator": "Paper", "use": "search"}])
    path = tmp_path / "log"
    line = b'203.0.113.9 - - [17/May/2026:10:05:03 +0200] "GET /a HTTP/1.1" 200 5 "-" "Paperbot/1"\n'
    path.write_bytes(line * 3000)
    reader = reader_for("access-log", book, None, lambda host, path: False)
    with (
        crew_of(1, Task("access-log", book, None)) as crew,
        pieces_for(reader, path, Position(0, 0), limit=10, crew=crew) as pieces,
    ):
        count = 0
        while taken := list(pieces.take()):
            count += sum(len(piece.reads) for piece in taken)
    assert count == 3000


def test_a_short_file_gets_none(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"x" * (WORTH_IT - 1))
    assert crew_for(path, "access-log") is None
    assert crew_for(tmp_path / "nowhere", "access-log") is None
    path.write_bytes(b"x" * WORTH_IT)
    assert crew_for(path, "hourly") is None
    crew = crew_for(path, "access-log")
    assert (crew is None) == (len(os.sched_getaffinity(0)) == 1)
    if crew is not None:
        crew.close()
