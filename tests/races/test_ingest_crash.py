"""kill −9 of the server while an edge sends, and of compaction: what was answered 200 is there, once."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.ports import free_port
from tests.rooms.usage_edges import Edge, admitted, edge
from tests.rooms.usage_society import broken, lake_rows, society  # noqa: F401

pytestmark = pytest.mark.more

ROOT = Path(__file__).parents[2]
KILLS = 20
EVENTS = 400
COMPACT = """
import django
django.setup()
from quire.society.usage import actions
print("begin", flush=True)
actions.compact(most=10)
"""


class Server:
    """`quire serve` in a process group of its own, killed whole."""

    def __init__(self, env: dict[str, str]) -> None:
        self.env = {**os.environ, **env, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        words = [sys.executable, "-W", "ignore", "-m", "quire.cli", "serve", "--port", str(self.port)]
        self.process = subprocess.Popen(
            words, env=self.env, cwd=ROOT, start_new_session=True, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.02)
        raise AssertionError("the server does not answer")

    def kill(self) -> None:
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):  # killed already
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


@pytest.fixture
def server(house: Any) -> Iterator[Server]:
    made = Server(house.env)
    yield made
    made.kill()


def post(port: int, front: Edge, first: int, last: int) -> tuple[int, dict[str, Any]] | None:
    """The answer, or None where the server was gone before there was one."""
    body = front.body(first, last)
    headers = {"Authorization": front.header(first, last, body), "Content-Encoding": "gzip"}
    to = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        to.request("POST", "/usage/batches", body, headers)
        answer = to.getresponse()
        return answer.status, json.loads(answer.read())
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        to.close()


def test_a_killed_server_keeps_what_it_answered_and_nothing_twice(society: Any, server: Server) -> None:  # noqa: F811
    society.site()
    front = edge(society)
    front.tells(EVENTS * (KILLS + 1), **admitted(request="r"))
    dice = random.Random("ingest")
    answered, unanswered = 0, 0
    for kill in range(KILLS + 1):
        server.start()
        until = time.monotonic() + dice.uniform(0.0, 0.25)
        while answered < EVENTS * (kill + 1):
            last = min(answered + dice.randint(1, 30), EVENTS * (kill + 1))
            if kill < KILLS and time.monotonic() > until:
                told = _killed_meanwhile(server, front, answered + 1, last, dice)
            else:
                told = post(server.port, front, answered + 1, last)
            if told is None:
                unanswered += 1
                break
            status, said = told
            assert status in (200, 409), said
            assert said["through"] >= answered, "what was answered is there no more"
            answered = said["through"]
        server.kill()
    assert unanswered > KILLS // 3
    _all_once(answered)


def _killed_meanwhile(
    server: Server, front: Edge, first: int, last: int, dice: random.Random
) -> tuple[int, dict[str, Any]] | None:
    """Send a batch, and kill the server a moment after its first bytes have left."""
    assert server.process is not None
    killer = subprocess.Popen(
        ["sh", "-c", f"sleep {dice.uniform(0, 0.006):.4f}; kill -9 -{server.process.pid}"]
    )
    told = None
    while (again := post(server.port, front, first, last)) is not None:
        told = again
        if killer.poll() is not None:
            break
    killer.wait()
    return told if again is not None else None


def _all_once(through: int) -> None:
    from quire.society.usage import actions

    assert actions.compact().tallies["usage"].lines == through
    assert lake_rows("count(*), count(DISTINCT line), max(line)") == [(through, through, through)]
    assert broken() == []


def test_a_killed_compaction_goes_on_as_if_nothing_had_been(society: Any, server: Server) -> None:  # noqa: F811
    society.site()
    front = edge(society)
    for number in range(1, 601):
        front.tells(1, **admitted(outcome="refused" if number % 5 == 0 else "admitted"))
        if number % 7 == 0:
            front.tells(1, kind="void", of=len(front.events) - 3, status=500)
    first = 1
    while first <= len(front.events):
        last = min(first + 9, len(front.events))
        assert front.sends(first, last)[0] == 200
        first = last + 1
    dice = random.Random("compaction")
    from quire.society.usage.models import Piece

    done = set()
    for _ in range(KILLS):
        running = [_compaction(server.env) for _ in range(dice.choice([1, 1, 2]))]
        time.sleep(dice.uniform(0, 0.3))
        for process in running:
            process.kill()
            process.wait()
        done.add(Piece.objects.count())
    assert len(done) > 2, "no kill was in the middle"
    last_one = _compaction(server.env)
    assert last_one.wait(120) == 0
    taken = {event["of"] for event in front.events if event.get("kind") == "void"}
    counts = [(e["n"],) for e in front.events if e.get("outcome") == "admitted" and e["n"] not in taken]
    assert lake_rows("line", "true GROUP BY line HAVING sum(count) = 1") == counts
    assert lake_rows("line", "true GROUP BY line HAVING sum(count) NOT IN (0, 1)") == []
    assert broken() == []


def _compaction(env: dict[str, str]) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", COMPACT], cwd=ROOT, text=True, stdout=subprocess.PIPE,
        env={**env, "DJANGO_SETTINGS_MODULE": "quire.society.settings"},
    )  # fmt: skip
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    return process
