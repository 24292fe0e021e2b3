"""The edge and the real society, each a process of its own, over loopback: nothing stands for another."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from quire.cli import edge as command
from quire.core import licence_token
from quire.core.licence_token import Claims
from quire.edge import config
from quire.edge.build import Parts, parts
from quire.edge.request import Request
from tests.clients.serving import society
from tests.ports import free_port
from tests.rooms.boundary_desk import HOST, Desk

pytestmark = pytest.mark.more


def until(true: Callable[[], object]) -> None:
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


def visit(made: Parts, token: str, path: str) -> str:
    headers = {"user-agent": "GPTBot/1.0", "authorization": f"License {token}"}
    found = made.edge.judge(Request("GET", HOST, path, headers, time.time()))
    if not found.decision.passes:
        found.refuse()
        return str(found.decision.code)
    found.begin(200)
    found.record(200, 1_000)
    return "in"


def test_what_an_edge_learns_and_what_it_brings(
    house: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from quire.society.licensing import keys
    from quire.society.usage import actions, queries

    port = free_port()
    url = f"http://127.0.0.1:{port}"
    monkeypatch.setenv("QUIRE_URL", url)
    desk = Desk()
    desk.site()
    desk.verified()
    desk.yes("ai-train")
    desk.terms("/closed/", "ai-train", False)
    made = actions.register_edge(site="harbour", name="front", by=None)
    folder = tmp_path / "edge"
    folder.mkdir()
    (folder / "quire-edge.toml").write_text(made.configuration)
    (folder / "quire-edge.key").write_text(json.dumps(made.private_jwk))
    (folder / "quire-edge.key").chmod(0o600)
    key = keys.signing_key()
    now = int(time.time())
    claims = Claims(
        iss=f"{url}/olp", sub="cli_1", aud=(f"https://{HOST}",), iat=now, exp=now + 900, jti="tok_1",
        licence="lic_1", licensee=desk.lab("lab-a"), uses=("ai-train",),
    )  # fmt: skip
    token = licence_token.issue(claims, key)
    with society({**house.env, "QUIRE_HOME": str(house.home)}, port):
        assert command.run(["check", f"https://{HOST}/n/1", "--config", str(folder / "quire-edge.toml")]) == 0
        assert "401" in capsys.readouterr().out
        edge = parts(config.read(folder / "quire-edge.toml"))
        until(lambda: edge.edge.gate.state.revocations)
        assert [visit(edge, token, path) for path in ("/n/1", "/closed/1", "/n/2")] == [
            "in",
            "forbidden",
            "in",
        ]
        until(lambda: edge.spool.lane.delivered.through == 3)
        edge.courier._tell()
        assert command.run(["status", "--config", str(folder / "quire-edge.toml")]) == 0
        edge.edge.close()
    (told,) = queries.edges(made.tid)
    assert [(one.lane, one.through, one.gaps) for one in told.spools] == [(0, 3, 0)]
    # The society is gone: a new process of the edge decides as before, and keeps what happens.
    again = parts(config.read(folder / "quire-edge.toml"))
    assert visit(again, token, "/n/3") == "in"
    again.edge.close()
    with society({**house.env, "QUIRE_HOME": str(house.home)}, port):
        last = parts(config.read(folder / "quire-edge.toml"))
        until(lambda: last.spool.lane.delivered.through == 4)
        last.edge.close()
