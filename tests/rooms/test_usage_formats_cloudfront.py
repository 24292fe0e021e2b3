"""CloudFront's standard logs: columns by name, and every line accounted for."""

from __future__ import annotations

import gzip
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quire.society.usage.formats import (
    Heading,
    RawLine,
    Read,
    UnknownFormat,
    detect,
    hostless,
    lines_for,
    load,
    open_lines,
    pieces_for,
    reader_for,
)

COLUMNS = (
    "date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status cs(Referer) "
    "cs(User-Agent) cs-uri-query cs(Cookie) x-edge-result-type x-edge-request-id x-host-header cs-protocol "
    "cs-bytes time-taken"
)
VERSION = b"#Version: 1.0"
FIELDS = b"#Fields: " + COLUMNS.encode()
GPTBOT = "Mozilla/5.0%20(compatible;%20GPTBot/1.2;%20+https://openai.com/gptbot)"


def visit(**other: str) -> bytes:
    cells = dict.fromkeys(COLUMNS.split(), "-")
    cells |= {
        "date": "2026-05-17", "time": "08:05:03",
        "sc-bytes": "5120", "c-ip": "203.0.113.9", "cs-method": "GET", "cs-uri-stem": "/news/1",
        "cs(Host)": "d111111abcdef8.cloudfront.net", "sc-status": "200",
        "cs(User-Agent)": GPTBOT, "x-edge-request-id": "SOX4xwn4XV6Q4rgb7XiVGOHms==",
        "x-host-header": "paper.example",
    }  # fmt: skip
    cells |= {name.replace("_", "-"): value for name, value in other.items()}
    return "\t".join(cells.values()).encode()


def agent(name: str) -> dict[str, str]:
    return {"cs(User-Agent)": name}


def read_all(*lines: bytes) -> list[Read]:
    reader = reader_for("cloudfront", load(), None, lambda host, path: False)
    return [reader.read(RawLine(number, 0, data)) for number, data in enumerate(lines, 1)]


def read_one(**other: str) -> Read:
    return read_all(FIELDS, visit(**other))[1]


def test_a_line_of_an_agent_becomes_a_row() -> None:
    version, fields, read = read_all(VERSION, FIELDS, visit())
    assert (version.heading, fields.heading, read.heading) == ("structure", "structure", "usage")
    row = read.row
    assert row is not None
    assert row.starts == row.ends == datetime(2026, 5, 17, 8, 5, 3, tzinfo=UTC)
    assert (row.agent, row.host, row.path, row.line) == ("GPTBot", "paper.example", "/news/1", 3)
    assert (row.status, row.size) == (200, 5120)


@pytest.mark.parametrize(
    ("cells", "heading"),
    [
        ({"sc_status": "206"}, "usage"),
        ({"sc_bytes": "-"}, "usage"),
        ({"x_edge_request_id": "-"}, "usage"),
        ({"x_host_header": "-"}, "usage"),
        (agent(GPTBOT.replace("%", "%25")), "usage"),
        (agent("GPTBot"), "usage"),
        ({"cs_uri_stem": "/a%20b"}, "usage"),
        ({"cs_uri_stem": "/logo.png"}, "asset"),
        ({"cs_method": "HEAD"}, "not_answered"),
        ({"sc_status": "403"}, "not_answered"),
        ({"sc_status": "000"}, "not_answered"),
        (agent("Mozilla/5.0%20Firefox/140.0"), "human"),
        (agent("-"), "human"),
        (agent("Mozilla/5.0%20(+https://x.example/GPTBot)"), "human"),
        ({"date": "2026-02-30"}, "unreadable"),
        ({"time": "8:05:03"}, "unreadable"),
        ({"date": "-"}, "unreadable"),
        ({"sc_status": "2e2"}, "unreadable"),
        ({"sc_bytes": "9" * 30}, "unreadable"),
        ({"sc_bytes": "+1"}, "unreadable"),
        ({"x_host_header": "-", "cs(Host)": "-"}, "unreadable"),
        ({"cs_uri_stem": "/a\tb"}, "unreadable"),
        ({"cs_uri_stem": "http://other.example/x"}, "unreadable"),
    ],
)
def test_every_line_has_one_heading(cells: dict[str, str], heading: str) -> None:
    read = read_one(**cells)
    assert read.heading == heading
    assert (read.reason is not None) == (heading == "unreadable")


def test_columns_may_stand_in_any_order_and_change_within_a_file() -> None:
    other = b"#Fields: time date cs(User-Agent) cs(Host) cs-method cs-uri-stem sc-status"
    line = b"08:05:03\t2026-05-17\tGPTBot\tpaper.example\tGET\t/x\t200"
    reads = read_all(FIELDS, visit(), other, line, visit())
    assert [read.heading for read in reads] == ["structure", "usage", "structure", "usage", "unreadable"]
    assert reads[4].reason == "it has 19 columns where the #Fields line names 7."


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        (b"#Fields: date time cs-method", "does not name cs(host)"),
        (b"#Fields:", "does not name date"),
        (FIELDS + b" date", "names a column twice"),
    ],
)
def test_without_good_columns_no_line_can_be_read(fields: bytes, reason: str) -> None:
    before, bad, after, good, last = read_all(visit(), fields, visit(), FIELDS, visit())
    assert before.reason == "no #Fields line before it says what its columns are."
    assert bad.reason == f"the #Fields line {reason}."
    assert after.reason == f"the #Fields line before it {reason}."
    assert (good.heading, last.heading) == ("structure", "usage")


def test_a_request_that_is_there_twice_counts_once() -> None:
    _, first, again, other = read_all(FIELDS, visit(), visit(sc_bytes="1"), visit(x_edge_request_id="B"))
    assert [read.heading for read in (first, again, other)] == ["usage", "conflicting", "usage"]
    _, one, two = read_all(FIELDS, visit(x_edge_request_id="-"), visit(x_edge_request_id="-"))
    assert one.row is not None
    assert two.row is not None
    assert one.row.fingerprint != two.row.fingerprint


def test_the_format_is_told_by_its_columns_and_reading_goes_on_in_the_middle(tmp_path: Path) -> None:
    path = tmp_path / "E2EXAMPLE.2026-05-17-08.gz"
    lines = [VERSION, FIELDS, visit(), visit(x_edge_request_id="B"), b"junk", visit(), b""]
    path.write_bytes(gzip.compress(b"\n".join(lines)))
    assert detect(path) == "cloudfront"
    assert hostless(path, "cloudfront") is None
    reader = reader_for("cloudfront", load(), None, lambda host, path: False)
    whole = [reader.read(raw) for raw in lines_for(reader, path)]
    for done, raw in enumerate(list(open_lines(path)), 1):
        fresh = reader_for("cloudfront", load(), None, lambda host, path: False)
        with pieces_for(fresh, path, raw.position, limit=99) as pieces:
            rest = list(pieces.take())
        assert [read for piece in rest for _, read in piece.reads] == [
            read for read in whole[done:] if read.row or read.reason
        ]
        assert sum((piece.counts for piece in rest), Counter()) == Counter(
            read for read in whole[done:] if not (read.row or read.reason)
        )


@pytest.mark.parametrize("content", [VERSION, b"#Fields: s-ip cs-username", b"#Fields\n", visit()])
def test_columns_of_another_server_are_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "log").write_bytes(content)
    with pytest.raises(UnknownFormat, match="nor a log of Cloudflare"):
        detect(tmp_path / "log")


CELLS: st.SearchStrategy[Any] = st.dictionaries(
    st.sampled_from(COLUMNS.split()), st.text(st.characters(exclude_characters="\n\r"), max_size=20)
)


@settings(max_examples=200)
@given(CELLS, st.binary(max_size=40).filter(lambda data: b"\n" not in data))
def test_any_values_end_under_one_heading(cells: dict[str, str], junk: bytes) -> None:
    cells = {name: value.encode("utf-8", "replace").decode() for name, value in cells.items()}
    reads = read_all(FIELDS, visit(**cells), junk, visit())
    assert all(read.heading in set(Heading) for read in reads)
    assert all((read.reason or "x.").endswith(".") for read in reads)
