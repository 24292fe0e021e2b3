"""The three lines of use: a middleware that opens its edge from a configuration; and a real signature."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from quire.edge.asgi import QuireMiddleware as Asgi
from quire.edge.config import BadConfig
from quire.edge.identity import Identity
from quire.edge.wsgi import QuireMiddleware as Wsgi
from tests.edge import gates, live
from tests.edge.live import asgi, wsgi
from tests.edge.society import HOST, configure, tiny_society
from tests.edge.test_identity import signed

AGENT = "GPTBot/1.0"


async def page(scope: Any, receive: Any, send: Any) -> None:
    """An application without a lifespan."""
    if scope["type"] != "http":
        raise ValueError("only http")
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")]})
    await send({"type": "http.response.body", "body": b"page."})


def wsgi_page(environ: Any, start_response: Any) -> list[bytes]:
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "5")])
    return [b"page."]


def until(good: Callable[[], bool]) -> None:
    """Wait for what happens in the background."""
    end = time.monotonic() + 20
    while not good():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.parametrize("kind", ["asgi", "wsgi"])
def test_from_a_configuration_to_the_societys_books(kind: str, tmp_path: Path) -> None:
    with tiny_society() as society:
        file = configure(tmp_path, society)
        if kind == "asgi":
            made: Any = Asgi(page, config=str(file))
            serving = asgi
        else:
            made, serving = Wsgi(wsgi_page, config=file), wsgi
        with serving(made) as at:
            licensed = {"host": HOST, "user-agent": AGENT, "authorization": f"License {society.token()}"}
            until(lambda: live.get(f"{at}/a", headers=licensed).status_code == 200)
            assert live.get(f"{at}/closed/a", headers=licensed).status_code == 403
            until(lambda: any(event.code == "forbidden" for event in society.all_events()))
        made._opening.close()
        found = society.all_events()
        assert [event.number for event in found] == list(range(1, len(found) + 1))
        assert [event.status for event in found if event.outcome == "admitted"] == [200]


def test_a_configuration_that_cannot_be_right_is_said_at_once(tmp_path: Path) -> None:
    made = Wsgi(wsgi_page, config=tmp_path / "none.toml")
    with pytest.raises(BadConfig, match="cannot be read"):
        made({"REQUEST_METHOD": "GET", "PATH_INFO": "/a"}, lambda *_: None)


def test_a_bound_token_and_a_real_signature() -> None:
    key = gates.STRANGER
    now = int(time.time())
    text = gates.token(key=key.public.members(), aud=("https://example.org",), iat=now - 5, exp=now + 600)
    here = gates.gate(verifier=Identity(), site=gates.terms(hosts=("example.org",)), heard=float(now))

    def ask(by: Any, nonce: str, host: str = "example.org") -> Any:
        request = signed(by, nonce=nonce, agent="", cover=("@authority", "authorization"), token=text)
        request.headers = {**request.headers, "user-agent": gates.GPTBOT}
        request.host = host
        return here.decide(request)

    assert (ask(key, "n1").outcome, ask(key, "n2").proof) == ("admitted", "key")
    assert ask(key, "n1").code == "replay"
    assert ask(gates.KEY, "n3").code == "key-proof"
    assert ask(key, "n4", "EXAMPLE.org").outcome == "admitted"
