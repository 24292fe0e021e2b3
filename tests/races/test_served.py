"""``quire serve`` and ``quire worker`` as they run: with sockets, a log, and a signal that ends them."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import House
from tests.ports import free_port
from tests.rooms.test_ops_running import SECRETS, TOKEN, within_a_minute

pytestmark = pytest.mark.more
ROOT = Path(__file__).parents[2]


class Running:
    """A command of Quire's that goes on, its log in a file."""

    def __init__(self, house: House, folder: Path, *words: str, **env: str) -> None:
        self.log = folder / f"{words[0]}.log"
        with open(self.log, "wb") as handle:
            self.process = subprocess.Popen(
                [sys.executable, "-W", "ignore", "-m", "quire.cli", *words], cwd=ROOT, stderr=handle,
                stdout=subprocess.DEVNULL, env={**os.environ, **house.env, **env},
            )  # fmt: skip

    def ended(self) -> int:
        """Ask it to end, as systemd does; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_text().splitlines()]


@pytest.fixture
def server(house: House, tmp_path: Path) -> Iterator[tuple[Running, int]]:
    port = free_port()
    words = ("serve", "--port", str(port), "--workers", "2")
    made = Running(
        house, tmp_path, *words, QUIRE_METRICS_TOKEN=TOKEN, QUIRE_PROXIES="1", QUIRE_PAGE_LIMIT="9"
    )
    until = time.monotonic() + 60
    while time.monotonic() < until:
        assert made.process.poll() is None, made.log.read_text()
        try:
            if ask(port, "/healthz")[0] == 200:
                break
        except OSError:
            time.sleep(0.1)
    yield made, port
    if made.process.poll() is None:
        made.process.kill()
        made.process.wait()


def ask(port: int, path: str, body: str = "", **headers: str) -> tuple[int, dict[str, str], str]:
    """Status, headers and text of an answer, over a connection of its own, so that any process may answer."""
    to = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    form = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
    try:
        to.request("POST" if body else "GET", path, body or None, {**form, **headers})
        answer = to.getresponse()
        heads = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, heads, answer.read().decode()
    finally:
        to.close()


def test_a_server_of_two_processes_counts_limits_logs_and_ends(server: tuple[Running, int]) -> None:
    made, port = server
    within_a_minute(30)
    for one in range(6):
        status, said, _ = ask(port, "/licences", **{"X-Forwarded-For": "203.0.113.7"})
        assert (status, one) == (200, one)
        assert said["x-request-id"].startswith("req_")
    limited = [ask(port, "/licences", **{"X-Forwarded-For": "203.0.113.7"})[0] for _ in range(6)]
    assert limited == [200] * 3 + [429] * 3, "nine pages a minute, whichever process answers"
    sent = urllib.parse.urlencode(SECRETS)
    for path in ("/account/login/", f"/invitation/{SECRETS['random']}", "/nothing"):
        ask(port, f"{path}?{sent}", sent, Authorization=f"Bearer {SECRETS['jwt']}")
    assert ask(port, "/usage/batches", "x", Authorization=f"Edge {SECRETS['jwt']}")[0] == 400
    status, _, said = ask(port, "/metrics", Authorization=f"Bearer {TOKEN}")
    assert status == 200
    counted = dict(
        line.rsplit(" ", 1) for line in said.splitlines() if line.startswith("quire_requests_total")
    )
    assert counted['quire_requests_total{method="GET",page="licences",status="200"}'] == "9.0"
    assert counted['quire_requests_total{method="GET",page="licences",status="429"}'] == "3.0"
    assert any('page="batches"' in name for name in counted)
    assert made.ended() == 0
    told = made.lines()
    pages = [one["page"] for one in told if one["event"] == "request"]
    assert {"licences", "account_login", "invitation", "nothing", "batches"} <= set(pages)
    assert "health" not in pages
    for secret in SECRETS.values():
        assert secret not in made.log.read_text()
    assert TOKEN not in made.log.read_text()


def test_the_worker_says_that_it_lives_and_ends_when_it_is_asked_to(
    house: House, server: tuple[Running, int], tmp_path: Path
) -> None:
    _, port = server
    assert ask(port, "/readyz")[0] == 503
    worker = Running(house, tmp_path, "worker")
    until = time.monotonic() + 60
    while ask(port, "/readyz")[0] != 200 and time.monotonic() < until:
        assert worker.process.poll() is None, worker.log.read_text()
        time.sleep(0.2)
    assert json.loads(ask(port, "/readyz")[2]) == {
        "status": "ok", "database": "ok", "migrations": "ok", "worker": "ok", "ledger": "ok",
    }  # fmt: skip
    assert worker.ended() == 0, worker.log.read_text()
