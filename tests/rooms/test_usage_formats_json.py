"""Logs in JSON, of nginx and of Cloudflare: every line under one heading, no client believed too much."""

from __future__ import annotations

import json
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quire.society.usage.formats import (
    Format,
    Heading,
    RawLine,
    Read,
    UnknownFormat,
    cloudflare,
    detect,
    hostless,
    lines_for,
    load,
    nginx_json,
    open_lines,
    pieces_for,
    reader_for,
)
from quire.society.usage.formats.lines import LONGEST_LINE
from quire.society.usage.formats.telling import Problem, moment

GPTBOT = "Mozilla/5.0 (compatible; GPTBot/1.2; +https://openai.com/gptbot)"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0"
MOMENT = datetime(2026, 5, 17, 8, 5, 3, tzinfo=UTC)
GONE = object()


def dump(fields: dict[str, Any]) -> bytes:
    return json.dumps({name: value for name, value in fields.items() if value is not GONE}).encode()


def nginx(**other: Any) -> bytes:
    fields = {
        "time_iso8601": "2026-05-17T10:05:03+02:00",
        "remote_addr": "203.0.113.9",
        "request": "GET /news/1?x=1 HTTP/1.1",
        "status": "200",
        "body_bytes_sent": 5120,
        "http_user_agent": GPTBOT,
        "host": "paper.example",
    }
    return dump({**fields, **other})


def edge(**other: Any) -> bytes:
    fields = {
        "ClientIP": "203.0.113.9",
        "ClientRequestHost": "paper.example",
        "ClientRequestMethod": "GET",
        "ClientRequestURI": "/news/1?x=1",
        "ClientRequestUserAgent": GPTBOT,
        "EdgeResponseBytes": 5120,
        "EdgeResponseStatus": 200,
        "EdgeStartTimestamp": "2026-05-17T08:05:03Z",
        "RayID": "7d8a4f5b6c7d8e9f",
    }
    return dump({**fields, **other})


def read_all(form: Format, *lines: bytes, host: str | None = None) -> list[Read]:
    reader = reader_for(form, load(), host, lambda host, path: path == "/works/a.css")
    return [reader.read(RawLine(number, 0, data)) for number, data in enumerate(lines, 1)]


@pytest.mark.parametrize(("form", "line"), [("nginx-json", nginx), ("cloudflare", edge)])
def test_a_line_of_an_agent_becomes_a_row(form: Format, line: Any) -> None:
    (read,) = read_all(form, line())
    row = read.row
    assert read.heading is Heading.USAGE
    assert row is not None
    assert (row.starts, row.ends, row.count, row.line) == (MOMENT, MOMENT, 1, 1)
    assert (row.agent, row.host, row.path) == ("GPTBot", "paper.example", "/news/1")
    assert (row.status, row.size) == (200, 5120)


@pytest.mark.parametrize(
    ("written", "micro"),
    [
        ("2026-05-17T08:05:03Z", 0),
        ("2026-05-17T10:05:03.25+02:00", 250_000),
        ("2026-05-17T08:05:03.123456789Z", 123_456),
        ("1779005103", 0),
        ("1779005103.5", 500_000),
        ("1779005103123", 123_000),
        ("1779005103123456", 123_456),
        ("1779005103123456789", 123_456),
    ],
)
def test_moments_are_told_by_how_they_are_written(written: str, micro: int) -> None:
    assert moment(written) == MOMENT.replace(microsecond=micro)
    for line, form in (
        (nginx(time_iso8601=written), "nginx-json"),
        (edge(EdgeStartTimestamp=written), "cloudflare"),
    ):
        (read,) = read_all(form, line)  # type: ignore[arg-type]
        assert read.row is not None
        assert read.row.starts == MOMENT.replace(microsecond=micro)
    if written.isdigit():
        (read,) = read_all("cloudflare", edge(EdgeStartTimestamp=int(written)))
        assert read.row is not None
        assert read.row.starts == MOMENT.replace(microsecond=micro)


@pytest.mark.parametrize(
    "written",
    ["", "-", "now", "2026-05-17", "2026-05-17T08:05:03", "2026-02-30T00:00:00Z", "2026-05-17T25:00:00Z",
     "-1", "1e9", "9999999999", "17790051031", "99999999999999999999", "٣",
     "2026-05-17T08:05:03Z ", "1779005103."],
)  # fmt: skip
def test_what_is_no_moment_is_none(written: str) -> None:
    assert moment(written) is None


@pytest.mark.parametrize(
    ("fields", "heading"),
    [
        ({"request": GONE, "request_method": "GET", "request_uri": "/news/1"}, "usage"),
        ({"request": GONE, "method": "GET", "uri": "/news/1"}, "usage"),
        ({"time_iso8601": GONE, "time_local": "17/May/2026:10:05:03 +0200"}, "usage"),
        ({"time_iso8601": GONE, "msec": "1779005103.000"}, "usage"),
        ({"time_iso8601": GONE, "msec": 1779005103.25}, "usage"),
        ({"http_user_agent": GONE, "user_agent": GPTBOT}, "usage"),
        ({"upstream": {"a": [1, {}]}, "more": None, "cached": True}, "usage"),
        ({"body_bytes_sent": GONE}, "usage"),
        ({"status": 206}, "usage"),
        ({"request": "GET /works/a.css HTTP/1.1"}, "usage"),
        ({"request": "GET /a.css HTTP/1.1"}, "asset"),
        ({"status": "304"}, "not_answered"),
        ({"status": 0}, "not_answered"),
        ({"status": None}, "not_answered"),
        ({"request": "POST /news/1 HTTP/2.0"}, "not_answered"),
        ({"request": ""}, "not_answered"),
        ({"request": "\u0016\u0003\u0001"}, "not_answered"),
        ({"http_user_agent": FIREFOX}, "human"),
        ({"http_user_agent": ""}, "human"),
        ({"http_user_agent": None}, "human"),
        ({"http_user_agent": GONE}, "unreadable"),
        ({"http_user_agent": {"name": "GPTBot"}}, "unreadable"),
        ({"request": GONE}, "unreadable"),
        ({"status": GONE}, "unreadable"),
        ({"status": "2e2"}, "unreadable"),
        ({"status": -200}, "unreadable"),
        ({"status": 200.5}, "unreadable"),
        ({"body_bytes_sent": "9" * 5000}, "unreadable"),
        ({"time_iso8601": GONE}, "unreadable"),
        ({"time_iso8601": "yesterday"}, "unreadable"),
        ({"time_iso8601": GONE, "time_local": "31/Feb/2026:10:05:03 +0200"}, "unreadable"),
        ({"time_iso8601": GONE, "time_local": "17/Mai/2026:10:05:03 +0200"}, "unreadable"),
    ],
)
def test_every_line_of_nginx_has_one_heading(fields: dict[str, Any], heading: str) -> None:
    (read,) = read_all("nginx-json", nginx(**fields))
    assert read.heading == heading
    assert (read.reason is not None) == (heading == "unreadable")


@pytest.mark.parametrize(
    ("fields", "heading"),
    [
        ({"ClientRequestURI": GONE, "ClientRequestPath": "/news/1"}, "usage"),
        ({"RayID": GONE}, "usage"),
        ({"ClientRequestSource": "eyeball", "WorkerSubrequest": False}, "usage"),
        ({"ClientRequestSource": 1}, "usage"),
        ({"ClientRequestSource": "edgeWorkerFetch"}, "not_answered"),
        ({"WorkerSubrequest": True}, "not_answered"),
        ({"EdgeResponseStatus": 403}, "not_answered"),
        ({"ClientRequestMethod": "HEAD"}, "not_answered"),
        ({"ClientRequestURI": "/robots.txt"}, "asset"),
        ({"ClientRequestUserAgent": ""}, "human"),
        ({"ClientRequestUserAgent": GONE}, "unreadable"),
        ({"ClientRequestHost": ""}, "unreadable"),
        ({"ClientRequestHost": "a b"}, "unreadable"),
        ({"ClientRequestURI": GONE}, "unreadable"),
        ({"EdgeStartTimestamp": "-62135596800000000000"}, "unreadable"),
        ({"EdgeResponseStatus": "ok"}, "unreadable"),
    ],
)
def test_every_line_of_cloudflare_has_one_heading(fields: dict[str, Any], heading: str) -> None:
    (read,) = read_all("cloudflare", edge(**fields))
    assert read.heading == heading


@pytest.mark.parametrize(
    "data",
    [
        b"{", b"[]", b"1", b'"x"', b"null", b"[" * LONGEST_LINE, b'{"a":' * 10_000, b"{}", b'{"status": NaN}',
        nginx()[:-1], nginx() + b"{}", nginx().replace(b'"status"', b'"status": "404", "status"'),
        nginx().replace(b'"GET', b'"\\xGET'), b'{"a": 1' + b"0" * 60_000 + b"}", b"\xff{}", b'{"\\ud800": 1}',
    ],
)  # fmt: skip
@pytest.mark.parametrize("form", ["nginx-json", "cloudflare"])
def test_what_is_no_such_object_is_unreadable_with_a_reason(form: Format, data: bytes) -> None:
    begun = time.process_time()
    (read,) = read_all(form, data)
    assert read.heading is Heading.UNREADABLE
    assert (read.reason or "").endswith(".")
    assert read.requests == 0
    assert time.process_time() - begun < 1


def test_a_field_that_a_client_wrote_in_makes_the_line_unreadable() -> None:
    """A log without ``escape=json``, and a client whose user agent has quotation marks in it."""
    forged = nginx(http_user_agent="X").replace(b'"X"', b'"X", "host": "other.example"')
    (read,) = read_all("nginx-json", forged)
    assert read.heading is Heading.UNREADABLE
    assert "twice" in (read.reason or "")


def test_the_clients_word_for_the_host_holds_only_where_nobody_else_has_one() -> None:
    def hosts(named: str | None, /, **fields: Any) -> tuple[str, str | None]:
        (read,) = read_all("nginx-json", nginx(**fields), host=named)
        return read.heading, read.row and read.row.host

    assert hosts(None) == ("usage", "paper.example")
    assert hosts("Paper.Example") == ("usage", "paper.example")
    assert hosts("other.example") == ("unreadable", None)
    assert hosts(None, host=GONE, server_name="site.example") == ("usage", "site.example")
    assert hosts("other.example", host="_", server_name="site.example") == ("usage", "site.example")
    assert hosts("other.example", host=GONE, server_name="_") == ("usage", "other.example")
    assert hosts(
        None, request="GET http://evil.example/x HTTP/1.1", host=GONE, server_name="site.example"
    ) == (
        "unreadable",
        None,
    )
    (read,) = read_all("cloudflare", edge(ClientRequestHost="Blog.Example"), host="other.example")
    assert read.row is not None
    assert read.row.host == "blog.example"


def test_a_request_delivered_twice_counts_once_and_the_next_import_knows_it() -> None:
    first, other, again, unnamed, too = read_all(
        "cloudflare",
        *(edge(), edge(RayID="8"), edge(EdgeResponseBytes=1), edge(RayID=""), edge(RayID="")),
    )
    assert [one.heading for one in (first, other, again)] == ["usage", "usage", "conflicting"]
    assert [one.heading for one in (unnamed, too)] == ["usage", "usage"]
    assert again.row is not None
    assert first.row is not None
    assert again.row.fingerprint == first.row.fingerprint
    assert "twice" in (again.reason or "")
    (later,) = read_all("cloudflare", edge(EdgeStartTimestamp="1779005103"))
    assert later.row is not None
    assert later.row.fingerprint == first.row.fingerprint


def test_identical_lines_of_nginx_are_different_events() -> None:
    rows = [read.row for read in read_all("nginx-json", nginx(), nginx())]
    assert len({row.fingerprint for row in rows if row}) == 2


def test_lone_surrogates_and_bytes_that_are_not_utf8_are_part_of_a_path() -> None:
    latin = nginx(request="GET /caf@ HTTP/1.1").replace(b"@", b"\xe9")
    reads = read_all("nginx-json", latin, nginx(request="GET /\ud800 HTTP/1.1"))
    assert [read.row and read.row.path for read in reads] == ["/caf%E9", "/%ED%A0%80"]
    (ray,) = read_all("cloudflare", edge(RayID="\ud800"))
    assert ray.heading is Heading.USAGE


@pytest.mark.parametrize(("form", "line"), [("nginx-json", nginx), ("cloudflare", edge)])
def test_the_format_is_told_and_reading_goes_on_in_the_middle(
    tmp_path: Path, form: Format, line: Any
) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"\n".join([b"", b"junk", line(), line(), b"{}", line(RayID="x"), line()]))
    assert detect(path) == form
    assert hostless(path, form) is None
    reader = reader_for(form, load(), None, lambda host, path: False)
    whole = [reader.read(raw) for raw in lines_for(reader, path)]
    for done, raw in enumerate(list(open_lines(path)), 1):
        fresh = reader_for(form, load(), None, lambda host, path: False)
        with pieces_for(fresh, path, raw.position, limit=99) as pieces:
            rest = list(pieces.take())
        assert [read for piece in rest for _, read in piece.reads] == [
            read for read in whole[done:] if read.row or read.reason
        ]
        assert sum((piece.counts for piece in rest), Counter()) == Counter(
            read for read in whole[done:] if not (read.row or read.reason)
        )


def test_a_log_without_hosts_says_so_and_one_that_lacks_a_field_says_which(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"junk\n" + nginx(host=GONE))
    assert hostless(path, "nginx-json") == 2
    path.write_bytes(edge(ClientRequestUserAgent=GONE))
    with pytest.raises(UnknownFormat, match="no field ClientRequestUserAgent: add it to the Logpush job"):
        detect(path)
    path.write_bytes(nginx(status=GONE))
    with pytest.raises(UnknownFormat, match="no field for the status, such as status"):
        detect(path)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda some: st.lists(some, max_size=2),
)
FIELDS = st.sampled_from(
    sorted({*json.loads(nginx()), *json.loads(edge()), "server_name", "msec", "WorkerSubrequest"})
)


@settings(max_examples=200)
@given(st.dictionaries(FIELDS, JSON), st.booleans())
def test_any_values_end_under_one_heading(values: dict[str, Any], cloud: bool) -> None:
    form: Format = "cloudflare" if cloud else "nginx-json"
    data = edge(**values) if cloud else nginx(**values)
    (read,) = read_all(form, data)
    assert isinstance((cloudflare if cloud else nginx_json).parse(data), Problem) == (
        read.heading is Heading.UNREADABLE and "names another host" not in (read.reason or "")
    )
    if read.row:
        assert read.row.path is None or read.row.path.isascii()
