"""The edge in front of real ASGI applications, over real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request as Asked
from starlette.responses import (
    FileResponse,
    JSONResponse,
    PlainTextResponse,
    Response,
    StreamingResponse,
)
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from quire.edge.asgi import QuireMiddleware
from quire.edge.spool import Bounds
from tests.edge import live
from tests.edge.django_site import running
from tests.edge.gates import BROWSER, GPTBOT, HOST, SOCIETY
from tests.edge.live import Site, asgi

ROBOTS = "User-agent: *\nDisallow: /private/\n"
PARTS = [b"one ", b"two ", b"three"]


async def chunks() -> AsyncIterator[bytes]:
    for part in PARTS:
        await asyncio.sleep(0)
        yield part


async def breaking() -> AsyncIterator[bytes]:
    yield b"one "
    raise RuntimeError("in the middle")


async def page(asked: Asked) -> Response:
    return PlainTextResponse("A page.", headers={"X-Own": "kept"})


async def stream(asked: Asked) -> Response:
    return StreamingResponse(chunks())


async def breaks(asked: Asked) -> Response:
    known = {"content-length": "100"} if "known" in asked.query_params else None
    return StreamingResponse(breaking(), headers=known)


async def raises(asked: Asked) -> Response:
    raise RuntimeError("before anything")


async def status(asked: Asked) -> Response:
    return Response(status_code=int(asked.path_params["code"]))


async def later(asked: Asked) -> Response:
    def fails() -> None:
        raise RuntimeError("after everything")

    return PlainTextResponse("done", background=BackgroundTask(fails))


async def file(asked: Asked) -> Response:
    return FileResponse(__file__)


async def echo(asked: Asked) -> Response:
    return JSONResponse({"got": len(await asked.body())})


async def socket(ws: WebSocket) -> None:
    await ws.accept()
    await ws.send_text("hello")
    await ws.close()


async def robots(asked: Asked) -> Response:
    if "none" in asked.query_params:
        return Response("nothing here", status_code=404)
    return PlainTextResponse(ROBOTS, headers={"etag": '"old"', "x-own": "kept"})


def application() -> Starlette:
    return Starlette(
        routes=[
            Route("/robots.txt", robots),
            WebSocketRoute("/socket", socket),
            *(
                Route(prefix + path, endpoint, methods=["GET", "POST"])
                for prefix in ("", "/paid")
                for path, endpoint in (
                    ("/page", page),
                    ("/stream", stream),
                    ("/breaks", breaks),
                    ("/raises", raises),
                    ("/status/{code}", status),
                    ("/later", later),
                    ("/file", file),
                    ("/echo", echo),
                )
            ),
        ]
    )


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    yield made
    made.edge.close()


class Standing:
    """One server for all tests, in which each puts its own edge."""

    app: Any = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.app(scope, receive, send)


@pytest.fixture(scope="module")
def standing() -> Iterator[tuple[Standing, str]]:
    app = Standing()
    app.app = application()
    with asgi(app) as address:
        yield app, address


@pytest.fixture
def at(site: Site, standing: tuple[Standing, str]) -> str:
    standing[0].app = QuireMiddleware(application(), edge=site.edge)
    return standing[1]


def test_let_in_and_on_record(site: Site, at: str) -> None:
    got = live.get(f"{at}/page?q=1", headers=site.headers(site.token(), x_request_id="r-1"))
    assert (got.status_code, got.text, got.headers["x-own"]) == (200, "A page.", "kept")
    (event,) = site.events()
    del event["t"]
    assert event == {
        "n": 1,
        "host": HOST,
        "path": "/page",
        "outcome": "admitted",
        "status": 200,
        "size": 7,
        "agent": "GPTBot",
        "evidence": "token+name",
        "licence": "lic_1",
        "licensee": "pty_lab",
        "use": "ai-train",
        "jti": "tok_1",
        "request": "r-1",
    }


def test_refused_and_on_record(site: Site, at: str) -> None:
    got = live.get(f"{at}/page", headers=site.headers())
    assert got.status_code == 401
    assert got.headers["link"].startswith(f"<https://{HOST}/license.xml>")
    assert got.headers["www-authenticate"].startswith('License error="invalid_request"')
    assert got.json()["licence"] == SOCIETY.page
    (event,) = site.events()
    assert (event["outcome"], event["code"], event["status"]) == ("refused", "no-token", 401)
    assert event["size"] == len(got.content)
    head = live.request("HEAD", f"{at}/page", headers=site.headers())
    assert (head.status_code, head.content) == (401, b"")


def test_people_pass_and_are_only_counted(site: Site, at: str) -> None:
    for _ in range(3):
        got = live.get(f"{at}/closed/page", headers=site.headers(agent=BROWSER))
        assert got.status_code == 404
    assert live.get(f"{at}/page", headers=site.headers(agent=BROWSER)).text == "A page."
    assert site.events() == []
    assert site.people() == 4


@pytest.mark.parametrize(
    ("path", "status", "size"),
    [
        ("/page", 200, 7),
        ("/stream", 200, 13),
        ("/file", 200, Path(__file__).stat().st_size),
        ("/status/404", 404, 0),
        ("/status/304", 304, 0),
        ("/nowhere", 404, 9),
        ("/raises", 500, 21),
        ("/later", 200, 4),
    ],
)
def test_status_and_size_of_the_sites_answer(
    site: Site, at: str, path: str, status: int, size: int | None
) -> None:
    got = live.get(at + path, headers=site.headers(site.token()))
    assert got.status_code == status
    (event,) = site.events()
    assert (event["status"], event.get("size")) == (status, size)


def test_a_body_that_is_sent_arrives(site: Site, at: str) -> None:
    got = live.request("POST", f"{at}/echo", content=b"x" * 300_000, headers=site.headers(site.token()))
    assert got.json() == {"got": 300_000}


def test_a_stream_is_not_held_back(site: Site, at: str) -> None:
    with httpx.stream("GET", f"{at}/stream", headers=site.headers(site.token())) as got:
        assert b"".join(got.iter_raw()) == b"".join(PARTS)
    assert site.events()[0]["size"] == 13


@pytest.mark.parametrize("query", ["", "?known"])
def test_an_answer_that_breaks_off(site: Site, at: str, query: str) -> None:
    headers = site.headers(site.token(charge="crawl"), crawler_max_price="EUR 1")
    with pytest.raises(httpx.RemoteProtocolError):
        live.get(f"{at}/paid/breaks{query}", headers=headers)
    events = site.events()
    if query:
        assert [event["outcome"] for event in events[:1]] == ["charged"]
        void = events[1]
        del void["t"]
        assert void == {"n": 2, "kind": "void", "of": 1, "status": 500}
    else:
        assert [(event["outcome"], event["status"]) for event in events] == [("admitted", 500)]
    assert site.left() == "0.004 EUR"


def test_paid_for_once(site: Site, at: str) -> None:
    headers = site.headers(site.token(charge="crawl"), crawler_max_price="EUR 1", idempotency_key='"k"')
    for _ in range(3):
        got = live.get(f"{at}/paid/page", headers=headers)
        assert (got.status_code, got.headers["crawler-charged"]) == (200, "EUR 0.002")
    first, *again = site.events()
    assert (first["outcome"], first["charged"], first["currency"]) == ("charged", "0.002000000000", "EUR")
    assert (first["allowance"], first["request"]) == ("alw_1", "k")
    assert [(event["outcome"], "charged" in event) for event in again] == [("admitted", False)] * 2
    assert site.left() == "0.002 EUR"


@pytest.mark.parametrize("path", ["/paid/status/404", "/paid/status/304", "/paid/raises", "/paid/status/500"])
def test_only_a_success_is_charged(site: Site, at: str, path: str) -> None:
    headers = site.headers(site.token(charge="crawl"), crawler_exact_price="EUR 0.002")
    got = live.get(at + path, headers=headers)
    assert "crawler-charged" not in got.headers
    (event,) = site.events()
    assert (event["outcome"], "charged" in event) == ("admitted", False)
    assert site.left() == "0.004 EUR"


def test_until_the_allowance_is_used_up(site: Site, at: str) -> None:
    headers = site.headers(site.token(charge="crawl"), crawler_max_price="EUR 1")
    got = [live.get(f"{at}/paid/page", headers=headers) for _ in range(3)]
    assert [each.status_code for each in got] == [200, 200, 403]
    assert got[2].headers["crawler-error"] == "PaymentFailed"
    assert [event["outcome"] for event in site.events()] == ["charged", "charged", "refused"]


def test_the_terms_are_served(site: Site, at: str) -> None:
    for agent in (BROWSER, "GPTBot/1.0"):
        xml = live.get(f"{at}/license.xml", headers=site.headers(agent=agent))
        assert xml.headers["content-type"].startswith("application/rsl+xml")
        assert "<rsl" in xml.text
        assert "pty_" not in xml.text
        tdm = live.get(f"{at}/.well-known/tdmrep.json", headers=site.headers(agent=agent))
        assert tdm.json()[0]["tdm-reservation"] == 1
    assert live.request("HEAD", f"{at}/license.xml").headers["content-length"] == str(len(xml.content))
    assert site.events() == []


def test_what_the_answers_say_of_the_terms(site: Site, at: str) -> None:
    for headers in (site.headers(agent=BROWSER), site.headers(site.token())):
        got = live.get(f"{at}/page", headers=headers)
        assert got.headers["tdm-reservation"] == "1"
        assert "train-ai=n" in got.headers["content-usage"]
        assert f"<https://{HOST}/license.xml>" in got.headers["link"]


def test_the_sites_own_robots_txt_is_kept(site: Site, at: str) -> None:
    got = live.get(f"{at}/robots.txt", headers={**site.headers(), "range": "bytes=0-3"})
    assert got.status_code == 200
    assert f"License: https://{HOST}/license.xml" in got.text
    assert "Content-Usage: " in got.text
    assert "Disallow: /private/" in got.text
    assert got.headers["x-own"] == "kept"
    assert "etag" not in got.headers
    head = live.request("HEAD", f"{at}/robots.txt", headers=site.headers())
    assert (head.content, head.headers["content-length"]) == (b"", str(len(got.content)))


def test_a_robots_txt_is_made_where_there_is_none(site: Site, at: str) -> None:
    got = live.get(f"{at}/robots.txt?none", headers=site.headers())
    assert got.status_code == 200
    assert got.text.startswith(f"License: https://{HOST}/license.xml")
    assert "nothing here" not in got.text


def test_what_cannot_be_written_down_is_not_given_away(tmp_path: Path) -> None:
    full = Site(tmp_path, bounds=Bounds(most=4096, segment=4096))
    with asgi(QuireMiddleware(application(), edge=full.edge)) as at:
        headers = full.headers(full.token())
        got = [live.get(f"{at}/page", headers=headers).status_code for _ in range(40)]
        assert got[0] == 200
        assert got[-1] == 503
        admitted = [event for event in full.events() if event["outcome"] == "admitted"]
        assert len(admitted) == got.count(200)
        assert live.get(f"{at}/page", headers=full.headers(agent=BROWSER)).status_code == 200
    full.edge.close()


def test_websockets_pass(site: Site) -> None:
    sent: list[Any] = []

    async def go() -> None:
        scope = {"type": "websocket", "path": "/socket", "headers": [], "query_string": b"", "scheme": "ws"}
        asked = iter([{"type": "websocket.connect"}])

        async def receive() -> Any:
            return next(asked)

        async def send(message: Any) -> None:
            sent.append(message)

        await QuireMiddleware(application(), edge=site.edge)(scope, receive, send)

    asyncio.run(go())
    assert [message["type"] for message in sent] == ["websocket.accept", "websocket.send", "websocket.close"]


def test_in_front_of_fastapi(site: Site) -> None:
    from fastapi import FastAPI

    app = FastAPI()

    @app.get("/items/{item}")
    def item(item: int) -> dict[str, int]:
        return {"item": item}

    app.add_middleware(QuireMiddleware, edge=site.edge)
    with asgi(app) as at:
        assert live.get(f"{at}/items/7", headers=site.headers(site.token())).json() == {"item": 7}
        assert live.get(f"{at}/items/7", headers=site.headers()).status_code == 401
        assert live.get(f"{at}/items/7", headers=site.headers(agent=BROWSER)).status_code == 200
    assert [event["outcome"] for event in site.events()] == ["admitted", "refused"]


def test_in_front_of_django(tmp_path: Path) -> None:
    with running("asgi", tmp_path) as (at, token):
        licensed = {"host": HOST, "user-agent": GPTBOT, "authorization": f"License {token}"}
        got = live.get(f"{at}/hello", headers=licensed)
        assert (got.status_code, got.text) == (200, "Hello.")
        assert live.get(f"{at}/stream", headers=licensed).text == "one two"
        assert live.get(f"{at}/hello", headers={"host": HOST, "user-agent": GPTBOT}).status_code == 401
        assert live.get(f"{at}/hello", headers={"host": HOST, "user-agent": BROWSER}).text == "Hello."
    after = Site(tmp_path)
    found = [(event["outcome"], event["status"], event["size"]) for event in after.events()]
    assert found[:2] == [("admitted", 200, 6), ("admitted", 200, 7)]
    assert found[2][:2] == ("refused", 401)
    after.edge.close()
