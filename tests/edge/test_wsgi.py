"""The edge in front of real WSGI applications, over real sockets."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from wsgiref.validate import validator

import httpx
import pytest
from flask import Flask, Response, request

from quire.edge.spool import Bounds
from quire.edge.wsgi import QuireMiddleware, request_of
from tests.edge import live
from tests.edge.django_site import running
from tests.edge.gates import BROWSER, GPTBOT, HOST
from tests.edge.live import Site, wsgi

TEXT = [("Content-Type", "text/plain")]
CLOSED: list[str] = []


class Body:
    """An iterable with a close, as PEP 3333 has it."""

    def __init__(self, parts: list[bytes], fails: bool = False) -> None:
        self.parts = iter(parts)
        self.fails = fails

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        for part in self.parts:
            return part
        if self.fails:
            raise RuntimeError("in the middle")
        raise StopIteration

    def close(self) -> None:
        CLOSED.append("closed")


def flask_application() -> Flask:
    app = Flask(__name__)

    @app.get("/page")
    @app.get("/paid/page")
    def page() -> Response:
        return Response("A page.", headers={"X-Own": "kept"})

    @app.get("/stream")
    def stream() -> Response:
        return Response(part for part in ("one ", "two"))

    @app.post("/echo")
    def echo() -> str:
        return str(len(request.get_data()))

    @app.get("/paid/status/<int:code>")
    def status(code: int) -> Response:
        return Response(status=code)

    @app.get("/raises")
    def raises() -> str:
        raise RuntimeError("before anything")

    @app.get("/robots.txt")
    def robots() -> Response:
        return Response("User-agent: *\nDisallow: /private/\n", mimetype="text/plain")

    return app


def odd_application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """What PEP 3333 allows, and frameworks seldom do."""
    path = environ["PATH_INFO"].removeprefix("/paid")
    if path == "/written":
        write = start_response("200 OK", TEXT)
        write(b"by hand, ")
        return [b"and returned"]
    if path == "/generator":
        return generated(start_response)
    if path == "/closing":
        start_response("200 OK", TEXT)
        return Body([b"", b"one ", b"", b"two"])
    if path == "/breaks":
        start_response("200 OK", TEXT)
        return Body([b"one "], fails=True)
    if path == "/breaks/known":
        start_response("200 OK", [*TEXT, ("Content-Length", "100")])
        return Body([b"one "], fails=True)
    if path == "/second-thoughts":
        start_response("200 OK", TEXT)
        try:
            raise RuntimeError("on second thoughts")
        except RuntimeError:
            start_response("503 Service Unavailable", TEXT, sys.exc_info())
        return [b"not now"]
    if path == "/never":
        return [b"no start_response"]
    if path == "/raises":
        raise RuntimeError("before anything")
    start_response("404 Not Found", TEXT)
    return []


def generated(start_response: Any) -> Iterator[bytes]:
    start_response("200 OK", TEXT)
    yield b"one "
    yield b"two"


class Standing:
    """One server for all tests, in which each puts its own edge."""

    app: Any = None

    def __call__(self, environ: Any, start_response: Any) -> Any:
        return self.app(environ, start_response)


@pytest.fixture(scope="module")
def standing() -> Iterator[tuple[Standing, str]]:
    app = Standing()
    with wsgi(app) as address:
        yield app, address


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    yield made
    made.edge.close()


@pytest.fixture
def at(site: Site, standing: tuple[Standing, str]) -> str:
    standing[0].app = QuireMiddleware(flask_application(), edge=site.edge)
    return standing[1]


@pytest.fixture
def odd(site: Site, standing: tuple[Standing, str]) -> str:
    standing[0].app = QuireMiddleware(odd_application, edge=site.edge)
    return standing[1]


def test_let_in_refused_and_on_record(site: Site, at: str) -> None:
    got = live.get(f"{at}/page?q=1", headers=site.headers(site.token(), x_request_id="r-1"))
    assert (got.status_code, got.text, got.headers["x-own"]) == (200, "A page.", "kept")
    assert got.headers["tdm-reservation"] == "1"
    refused = live.get(f"{at}/page", headers=site.headers())
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"].startswith("License error=")
    assert refused.json()["code"] == "no-token"
    head = live.request("HEAD", f"{at}/page", headers=site.headers(site.token()))
    assert (head.status_code, head.content) == (200, b"")
    one, two, three = site.events()
    assert (one["host"], one["path"], one["outcome"], one["status"]) == (HOST, "/page", "admitted", 200)
    assert (one["size"], one["request"], one["evidence"], one["use"]) == (7, "r-1", "token+name", "ai-train")
    assert (two["outcome"], two["code"], two["size"]) == ("refused", "no-token", len(refused.content))
    assert (three["status"], three["size"]) == (200, 0)


def test_people_pass(site: Site, at: str) -> None:
    got = live.get(f"{at}/page", headers=site.headers(agent=BROWSER))
    assert (got.text, got.headers["tdm-reservation"]) == ("A page.", "1")
    assert live.request("POST", f"{at}/echo", content=b"x" * 300_000).text == "300000"
    assert (site.events(), site.people()) == ([], 2)


def test_streams_bodies_and_errors(site: Site, at: str) -> None:
    headers = site.headers(site.token())
    assert live.get(f"{at}/stream", headers=headers).text == "one two"
    assert live.request("POST", f"{at}/echo", content=b"x" * 300_000, headers=headers).text == "300000"
    assert live.get(f"{at}/raises", headers=headers).status_code == 500
    found = [(event["status"], event["size"]) for event in site.events()]
    assert found[:2] == [(200, 7), (200, 6)]
    assert found[2][0] == 500


def test_paid_for_once_and_only_for_a_success(site: Site, at: str) -> None:
    headers = site.headers(site.token(charge="crawl"), crawler_max_price="EUR 1", idempotency_key="k")
    for _ in range(2):
        assert live.get(f"{at}/paid/page", headers=headers).headers["crawler-charged"] == "EUR 0.002"
    for code in (404, 500, 304):
        assert "crawler-charged" not in live.get(f"{at}/paid/status/{code}", headers=headers).headers
    assert [event["outcome"] for event in site.events()] == ["charged", *["admitted"] * 4]
    assert site.left() == "0.002 EUR"


def test_the_terms_are_served(site: Site, at: str) -> None:
    xml = live.get(f"{at}/license.xml", headers=site.headers())
    assert xml.headers["content-type"].startswith("application/rsl+xml")
    assert live.get(f"{at}/.well-known/tdmrep.json").json()[0]["tdm-reservation"] == 1
    robots = live.get(f"{at}/robots.txt", headers=site.headers())
    assert f"License: https://{HOST}/license.xml" in robots.text
    assert "Disallow: /private/" in robots.text


def test_a_robots_txt_is_made_where_there_is_none(site: Site, odd: str) -> None:
    got = live.get(f"{odd}/robots.txt", headers=site.headers())
    assert (got.status_code, got.text.splitlines()[0]) == (200, f"License: https://{HOST}/license.xml")


@pytest.mark.parametrize(
    ("path", "status", "text", "size"),
    [
        ("/written", 200, "by hand, and returned", None),
        ("/generator", 200, "one two", 7),
        ("/closing", 200, "one two", 7),
        ("/second-thoughts", 503, "not now", 7),
        ("/never", 500, None, None),
        ("/raises", 500, None, None),
    ],
)
def test_everything_that_pep_3333_allows(
    site: Site, odd: str, path: str, status: int, text: str | None, size: int | None
) -> None:
    CLOSED.clear()
    got = live.get(odd + path, headers=site.headers(site.token()))
    assert got.status_code == status
    assert text is None or got.text == text
    (event,) = site.events()
    assert (event["outcome"], event["status"], event.get("size")) == ("admitted", status, size)
    assert (["closed"] if path == "/closing" else []) == CLOSED


@pytest.mark.parametrize("known", [False, True])
def test_an_answer_that_breaks_off(site: Site, odd: str, known: bool) -> None:
    CLOSED.clear()
    headers = site.headers(site.token(charge="crawl"), crawler_max_price="EUR 1")
    path = "/paid/breaks/known" if known else "/paid/breaks"
    try:
        live.get(odd + path, headers=headers)
    except httpx.RemoteProtocolError:
        assert known
    events = site.events()
    if known:
        assert [event.get("kind", event.get("outcome")) for event in events] == ["charged", "void"]
    else:
        assert [(event["outcome"], event["status"]) for event in events] == [("admitted", 500)]
    assert site.left() == "0.004 EUR"
    assert CLOSED == ["closed"]


def test_what_cannot_be_written_down_is_not_given_away(
    tmp_path: Path, standing: tuple[Standing, str]
) -> None:
    full = Site(tmp_path / "full", bounds=Bounds(most=4096, segment=4096))
    app, at = standing
    app.app = QuireMiddleware(flask_application(), edge=full.edge)
    got = [live.get(f"{at}/page", headers=full.headers(full.token())).status_code for _ in range(40)]
    assert (got[0], got[-1]) == (200, 503)
    admitted = [event for event in full.events() if event["outcome"] == "admitted"]
    assert len(admitted) == got.count(200)
    assert live.get(f"{at}/page", headers=full.headers(agent=BROWSER)).status_code == 200
    full.edge.close()


def test_the_middleware_is_valid_wsgi_on_both_sides(site: Site, standing: tuple[Standing, str]) -> None:
    app, at = standing
    app.app = validator(QuireMiddleware(validator(flask_application()), edge=site.edge))
    for path in ("/page", "/stream", "/paid/status/404", "/robots.txt", "/license.xml"):
        for headers in (site.headers(site.token()), site.headers(), site.headers(agent=BROWSER)):
            assert live.get(at + path, headers=headers).status_code in (200, 401, 402, 404)


@pytest.mark.parametrize(
    ("environ", "path"),
    [
        ({"PATH_INFO": "/a b/é".encode().decode("latin-1")}, "/a%20b/%C3%A9"),
        ({"SCRIPT_NAME": "/x", "PATH_INFO": "/a"}, "/x/a"),
        ({"PATH_INFO": "/a/b", "RAW_URI": "/a%2Fb?c"}, "/a%2Fb"),
        ({"PATH_INFO": "/closed", "REQUEST_URI": "/open"}, "/closed"),
        ({}, ""),
    ],
)
def test_the_path_is_the_one_the_application_goes_by(environ: dict[str, str], path: str) -> None:
    assert request_of({"REQUEST_METHOD": "GET", **environ}).path == path


def test_in_front_of_django(tmp_path: Path) -> None:
    with running("wsgi", tmp_path) as (at, token):
        licensed = {"host": HOST, "user-agent": GPTBOT, "authorization": f"License {token}"}
        assert live.get(f"{at}/hello", headers=licensed).text == "Hello."
        assert live.get(f"{at}/stream", headers=licensed).text == "one two"
        assert live.get(f"{at}/hello", headers={"host": HOST, "user-agent": GPTBOT}).status_code == 401
    after = Site(tmp_path)
    found = [(event["outcome"], event["status"], event["size"]) for event in after.events()]
    assert found[:2] == [("admitted", 200, 6), ("admitted", 200, 7)]
    assert found[2][:2] == ("refused", 401)
    after.edge.close()
