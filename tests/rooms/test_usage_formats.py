"""Usage files: whatever is in them, every line ends under one heading, and the rows are right."""

from __future__ import annotations

import gzip
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quire.society.usage.formats import (
    Heading,
    RawLine,
    Read,
    Registered,
    UnknownFormat,
    access_log,
    detect,
    hourly,
    lines_for,
    load,
    open_lines,
    reader_for,
)
from quire.society.usage.formats.lines import LONGEST_LINE

GPTBOT = (
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)"
)
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0"
HEADER = b"timestamp,bot_name,request_count,host,path"
HOUR = "2026-02-23T20:00:00Z - 2026-02-23T21:00:00Z"


def line(
    request: str = "GET /news/1 HTTP/1.1",
    agent: str = GPTBOT,
    status: str = "200",
    before: str = "",
    after: str = "",
    when: str = "17/May/2026:10:05:03 +0200",
) -> bytes:
    return f'{before}203.0.113.9 - - [{when}] "{request}" {status} 5120 "-" "{agent}"{after}'.encode()


def nothing_registered(host: str, path: str) -> bool:
    return False


def read_all(
    path: Path, host: str | None = "paper.example", registered: Registered = nothing_registered
) -> list[Read]:
    reader = reader_for(detect(path), load(), host, registered)
    return [reader.read(raw) for raw in lines_for(reader, path)]


def read_log(
    *lines: bytes, host: str | None = "paper.example", registered: Registered = nothing_registered
) -> list[Read]:
    reader = access_log.Reader(load(), host, registered)
    return [reader.read(RawLine(number, 0, data)) for number, data in enumerate(lines, 1)]


def read_hour(*cells: str, registered: Registered = nothing_registered) -> Read:
    reader = hourly.Reader(load(), None, registered)
    return reader.read(RawLine(7, 0, ",".join(cells).encode()))


# --- access logs -----------------------------------------------------------------------------------


def test_a_line_of_an_agent_becomes_a_row() -> None:
    (read,) = read_log(line("GET /News/../caf%c3%a9?utm=1 HTTP/2.0"), host="Paper.Example:443")
    moment = datetime(2026, 5, 17, 8, 5, 3, tzinfo=UTC)
    assert read.heading is Heading.USAGE
    assert read.requests == 1
    row = read.row
    assert row is not None
    assert (row.starts, row.ends, row.count, row.line) == (moment, moment, 1, 1)
    assert (row.agent, row.operator, row.use) == ("GPTBot", "OpenAI", "ai-train")
    assert (row.host, row.path, row.status, row.size) == ("paper.example", "/caf%C3%A9", 200, 5120)
    assert -(2**63) <= row.fingerprint < 2**63


@pytest.mark.parametrize(
    ("data", "heading"),
    [
        (line(), "usage"),
        (line(status="206"), "usage"),
        (line(after=' "198.51.100.7" rt=0.01'), "usage"),
        (line("GET /a b HTTP/1.1"), "usage"),
        (line("GET /old"), "usage"),
        (line(agent=FIREFOX), "human"),
        (line(agent="-"), "human"),
        (line(agent=FIREFOX, status="404"), "human"),
        (line(agent="Mozilla/5.0 (compatible; Googlebot/2.1)"), "human"),
        (line("\\x16\\x03\\x01\\x00", agent="-", status="400"), "human"),
        (b'203.0.113.9 - - [17/May/2026:10:05:03 +0200] "GET / HTTP/1.1" 200 -', "human"),
        (line("HEAD / HTTP/1.1"), "not_answered"),
        (line("POST / HTTP/1.1"), "not_answered"),
        (line(status="304"), "not_answered"),
        (line(status="404", request="GET /a.css HTTP/1.1"), "not_answered"),
        (line("-", status="408"), "not_answered"),
        (line("\\x16\\x03\\x01"), "not_answered"),
        (line("CONNECT a.example:443 HTTP/1.1"), "not_answered"),
        (line("GET http://a b:x/ HTTP/1.1"), "not_answered"),
        (line("GET /a.css HTTP/1.1"), "asset"),
        (line("GET /robots.txt?x HTTP/1.1"), "asset"),
        (b"", "structure"),
        (b"   ", "structure"),
        (b"hello", "unreadable"),
        (line()[:-1], "unreadable"),
        (line(agent=FIREFOX)[:-1], "unreadable"),
        (line(when="31/Feb/2026:10:05:03 +0200"), "unreadable"),
        (line(when="31/Feb/2026:10:05:03 +0200", agent=FIREFOX), "unreadable"),
        (line(when="17/May/2026:25:05:03 +0200"), "unreadable"),
        (line(when="17/Mai/2026:10:05:03 +0200"), "unreadable"),
        (line(status="2e2"), "unreadable"),
        (line(before="not/a/host "), "unreadable"),
        (line(before="not/a/host ", agent=FIREFOX), "unreadable"),
    ],
)
def test_every_line_has_one_heading(data: bytes, heading: str) -> None:
    (read,) = read_log(data)
    assert read.heading == heading
    assert (read.row is not None) == (heading == "usage")
    assert (read.reason is not None) == (read.excerpt is not None) == (heading == "unreadable")
    assert read.requests == (0 if heading in ("structure", "unreadable") else 1)


def test_the_reason_names_what_is_missing() -> None:
    reasons = [
        read.reason or ""
        for read in read_log(b"x", line(when="now"), b"a - - [17/May/2026:10:05:03 +0200] x")
    ]
    assert "begin with a client" in reasons[0]
    assert "there is no time" in reasons[1]
    assert "no request in quotation marks" in reasons[2]


def test_the_host_is_the_virtual_one_else_the_importers_and_never_the_clients() -> None:
    reads = read_log(
        line(before="Photo.Example:443 "),
        line(before="photo.example ", request="GET http://photo.example/x HTTP/1.1"),
        line("GET http://Paper.Example:80/x?y HTTP/1.1"),
        line(),
        line(before="photo.example ", request="GET http://other.example/x HTTP/1.1"),
        line("GET http://other.example/x HTTP/1.1"),
    )
    assert [read.row and read.row.host for read in reads] == [
        *("photo.example", "photo.example", "paper.example", "paper.example"),
        *(None, None),
    ]
    assert {read.heading for read in reads[4:]} == {"unreadable"}
    assert "names another host" in (reads[5].reason or "")
    (client,) = read_log(line("GET http://other.example/x HTTP/1.1"), host=None)
    assert client.row is None
    (nowhere,) = read_log(line(), host=None)
    assert nowhere.row is not None
    assert nowhere.row.host is None


def test_quoting_is_undone_and_a_user_may_have_two_names() -> None:
    request, agent = rb'"GET /\"\\\xc3\xa9 HTTP/1.1"', rb'"a\"b\\ \x47PTBot/1"'
    data = rb"::1 - Ana Lima [17/May/2026:10:05:03 -0330] %s 200 7 %s %s" % (request, rb'"\""', agent)
    entry = access_log.parse(data)
    assert isinstance(entry, access_log.Entry)
    assert entry.when == datetime(2026, 5, 17, 13, 35, 3, tzinfo=UTC)
    assert (entry.client, entry.host, entry.target_path) == ("::1", None, "/%22%5C%C3%A9")
    assert entry.user_agent == 'a"b\\ GPTBot/1'
    (read,) = read_log(data)
    assert read.heading is Heading.USAGE


def test_nothing_within_a_quoted_value_can_pretend_to_be_a_line() -> None:
    forged = r"x\" 200 1 \"-\" \"GPTBot/1.0"
    (read,) = read_log(line(f"GET /{forged} HTTP/1.1", agent=FIREFOX))
    assert read.heading is Heading.HUMAN


def test_a_photographers_images_are_works() -> None:
    images = [line("GET /heron.jpg HTTP/1.1"), line("GET /logo.png HTTP/1.1")]
    reads = read_log(*images, registered=lambda host, path: (host, path) == ("paper.example", "/heron.jpg"))
    assert [read.heading for read in reads] == [Heading.USAGE, Heading.ASSET]


def test_a_search_crawler_counts_from_the_day_it_began_to_feed_answers() -> None:
    bing = "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)"
    days = ["17/May/2015:10:05:03 +0000", "06/Feb/2023:23:59:59 +0000", "07/Feb/2023:00:00:00 +0000"]
    reads = read_log(*(line(agent=bing, when=day) for day in days))
    assert [read.heading for read in reads] == [Heading.HUMAN, Heading.HUMAN, Heading.USAGE]


def test_identical_lines_are_different_events_and_the_same_in_the_next_import() -> None:
    lines = [line(), line(), line("GET /news/2 HTTP/1.1"), line()]
    first = [read.row.fingerprint for read in read_log(*lines) if read.row]
    assert len(set(first)) == 4
    assert [read.row.fingerprint for read in read_log(*lines) if read.row] == first
    elsewhere = [read.row.fingerprint for read in read_log(*lines, host="b.example") if read.row]
    assert not set(first) & set(elsewhere)


def test_an_import_goes_on_in_the_middle_with_the_same_fingerprints(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"\n".join([line(), line(agent=FIREFOX), line(), b"junk", line()] * 3))
    whole = read_all(log)
    positions = [raw.position for raw in open_lines(log)]
    for done, position in enumerate(positions, 1):
        reader = reader_for("access-log", load(), "paper.example", nothing_registered)
        assert [reader.read(raw) for raw in lines_for(reader, log, position)] == whole[done:]


@pytest.mark.parametrize(
    "hostile",
    [
        b'"' * LONGEST_LINE,
        b'\\"' * (LONGEST_LINE // 2),
        b" " * LONGEST_LINE,
        b"a " * (LONGEST_LINE // 2),
        b"[" * LONGEST_LINE,
        line()[:60] + b"\\" * LONGEST_LINE,
        line("GET /" + " HTTP/1" * 9000),
        line("GET /" + "%" * 60_000 + " HTTP/1.1"),
        line("GET " + "/.." * 20_000 + " HTTP/1.1"),
        line(agent="GPTBo" * 12_000),
        line(agent="GPTBot/" * 8_000)[:-1],
        line(agent='" "' * 20_000),
    ],
)
def test_a_hostile_line_costs_little_time(hostile: bytes) -> None:
    begun = time.process_time()
    (read,) = read_log(hostile[:LONGEST_LINE])
    assert read.heading in set(Heading)
    assert time.process_time() - begun < 1


@settings(max_examples=200)
@given(
    st.lists(
        st.sampled_from([*line(before="a.example ").decode().split(" "), '"', "\\", "[", "é", "\x16"])
    ).map(lambda words: " ".join(words).encode())
    | st.binary(max_size=80)
)
def test_the_reader_and_the_parser_agree_on_what_can_be_read(data: bytes) -> None:
    (read,) = read_log(data)
    parsed = access_log.parse(data)
    if data.strip():
        assert (read.heading is Heading.UNREADABLE) == isinstance(parsed, access_log.Problem)


# --- hourly counts ---------------------------------------------------------------------------------


def test_a_row_is_worth_its_count() -> None:
    read = read_hour(HOUR, "Meta AI", "25", "WWW.Paper.Example", "/%7eana/")
    assert (read.heading, read.requests) == (Heading.USAGE, 25)
    row = read.row
    assert row is not None
    assert (row.starts, row.ends) == (
        datetime(2026, 2, 23, 20, tzinfo=UTC),
        datetime(2026, 2, 23, 21, tzinfo=UTC),
    )
    assert (row.agent, row.operator, row.use, row.count) == ("meta-externalagent", "Meta", "ai-train", 25)
    assert (row.host, row.path, row.status, row.size, row.line) == (
        "www.paper.example",
        "/~ana/",
        None,
        None,
        7,
    )


@pytest.mark.parametrize("cells", [(), ("",), ('""',)])
def test_a_row_without_a_path_is_of_the_whole_site(cells: tuple[str, ...]) -> None:
    row = read_hour(HOUR, "ClaudeBot", "2", "paper.example", *cells).row
    assert row is not None
    assert row.path is None


@pytest.mark.parametrize(
    ("cells", "part", "requests"),
    [
        ((HOUR, "ClaudeBot", "2"), "3 cells", 0),
        ((HOUR, "ClaudeBot", "2", "a.example", "/", "x"), "6 cells", 0),
        (("yesterday", "ClaudeBot", "2", "a.example"), "no window", 2),
        (("2026-02-30T20:00:00Z - 2026-03-01T21:00:00Z", "ClaudeBot", "2", "a.example"), "no window", 2),
        (("2026-02-23T20:00:00 - 2026-02-23T21:00:00", "ClaudeBot", "2", "a.example"), "no window", 2),
        (("2026-02-23T20:00:00Z - 2026-02-23T20:00:00Z", "ClaudeBot", "2", "a.example"), "does not end", 2),
        (("2026-02-23T20:00:00Z - 2026-02-23T19:00:00Z", "ClaudeBot", "2", "a.example"), "does not end", 2),
        (
            ("2026-02-23T20:00:00Z - 2026-02-24T20:00:01Z", "ClaudeBot", "2", "a.example"),
            "longer than a day",
            2,
        ),
        *(
            ((HOUR, "ClaudeBot", count, "a.example"), "whole number", 0)
            for count in ("0", "-1", "1.5", "1e3", "", "two", "٣", str(10**12 + 1), "9" * 5000)
        ),
        ((HOUR, "Googlebot", "2", "a.example", "/"), "the bot Googlebot is not in the list", 2),
        ((HOUR, "=HYPERLINK(1)", "2", "a.example", "/"), "the bot '=HYPERLINK(1) is not", 2),
        ((HOUR, "ClaudeBot", "2", "a b", "/"), "not a host name", 2),
        ((HOUR, "ClaudeBot", "2", "a.example", "=1+1"), "begin with a slash", 2),
        ((HOUR, "ClaudeBot", "2", "a.example", '"/open'), "quotation marks", 0),
    ],
)
def test_a_row_that_cannot_be_right_is_unreadable_with_its_reason(
    cells: tuple[str, ...], part: str, requests: int
) -> None:
    read = read_hour(*cells)
    assert read.heading is Heading.UNREADABLE
    assert part in (read.reason or "")
    assert len(read.reason or "") < 250
    assert read.requests == requests


def test_a_row_said_twice_has_one_fingerprint_and_another_spelling_another() -> None:
    rows = [
        read_hour(HOUR, "ClaudeBot", count, "a.example", *path).row
        for count, path in [("1", ["/a"]), ("2", ["/a"]), ("1", ["/%61"]), ("1", []), ("1", ["/b"])]
    ]
    prints = [row.fingerprint for row in rows if row]
    assert prints[0] == prints[1]
    assert len(set(prints)) == 4


def test_a_file_that_grew_a_column_is_read_to_the_end(tmp_path: Path) -> None:
    early = f"{HOUR},ClaudeBot,3,paper.example".encode()
    rows = [("ChatGPT", 4, "/news/1"), ("Bingbot", 2, "/robots.txt"), ("Amazonbot", 5, '"/a,b"')]
    rows.append(("Nobody", 9, "/"))
    late = [f"{HOUR},{bot},{count},paper.example,{path}".encode() for bot, count, path in rows]
    file = tmp_path / "hours.csv"
    file.write_bytes(b"\r\n".join([HEADER[:-5], early, HEADER, *late, b"", b"\xff,"]))
    assert detect(file) == "hourly"
    lines: Counter[str] = Counter()
    requests: Counter[str] = Counter()
    for read in read_all(file):
        lines[read.heading] += 1
        requests[read.heading] += read.requests
    assert lines == {"structure": 3, "usage": 3, "asset": 1, "unreadable": 2}
    assert {heading: n for heading, n in requests.items() if n} == {"usage": 12, "asset": 2, "unreadable": 9}


# --- which format ----------------------------------------------------------------------------------


def test_the_format_is_told_by_the_first_line_that_fits(tmp_path: Path) -> None:
    file = tmp_path / "file"
    for content, form in [
        (b"", "access-log"),
        (b"\n\n", "access-log"),
        (b"\x00junk\n" + b"x" * 1_000_000 + b"\n" + line(), "access-log"),
        (gzip.compress(line(), mtime=0), "access-log"),
        (HEADER, "hourly"),
        (f"{HOUR},Nobody,1,a.example".encode(), "hourly"),
    ]:
        file.write_bytes(content)
        assert detect(file) == form


@pytest.mark.parametrize(
    "content", [b"name,iban\nAna,1\n", b"\x89PNG\r\n\x1a\n\x00", b"=1+1", gzip.compress(b"x", mtime=0)[:8]]
)
def test_a_file_that_is_neither_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(UnknownFormat, match="neither an access log"):
        detect(tmp_path / "file")
