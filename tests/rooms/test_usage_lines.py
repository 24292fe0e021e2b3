"""The lines of a file nobody vouches for: each exactly once, whatever the file holds."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quire.core.errors import Invalid, NotFound
from quire.society.usage.formats import Position, UnknownFormat, detect, open_lines, safe
from quire.society.usage.formats.lines import LONGEST_LINE


def line(request: str) -> bytes:
    return f'203.0.113.9 - - [17/May/2026:10:05:03 +0200] "{request}" 200 5120 "-" "GPTBot/1.2"'.encode()


def told(path: Path, start: Position | None = None) -> list[tuple[int, bytes, bool]]:
    return [(raw.number, raw.data, raw.problem is None) for raw in open_lines(path, start)]


def test_ends_of_lines_byte_order_mark_and_gzip_make_no_difference(tmp_path: Path) -> None:
    wanted = [(1, b"one", True), (2, b"", True), (3, "drei é".encode(), True)]
    texts = [b"one\n\n", b"one\r\n\r\n", b"\xef\xbb\xbfone\n\n"]
    for content in [text + "drei é".encode() + end for text in texts for end in (b"", b"\n", b"\r\n")]:
        (tmp_path / "plain").write_bytes(content)
        (tmp_path / "packed").write_bytes(gzip.compress(content[:5]) + gzip.compress(content[5:]))
        assert told(tmp_path / "plain") == wanted
        assert told(tmp_path / "packed") == wanted
    (tmp_path / "empty").write_bytes(b"")
    assert told(tmp_path / "empty") == []


@pytest.mark.parametrize("size", [LONGEST_LINE + 2, 1_000_000])
@pytest.mark.parametrize("end", [b"\n", b""])
def test_a_line_too_long_is_one_unreadable_line(tmp_path: Path, size: int, end: bytes) -> None:
    (tmp_path / "log").write_bytes(b"a\n" + b"x" * size + end + (b"b" if end else b""))
    lines = list(open_lines(tmp_path / "log"))
    assert lines[1].problem == "the line is longer than 64 KiB."
    assert len(lines[1].data) == 200
    assert [(raw.number, raw.data) for raw in lines if not raw.problem] == (
        [(1, b"a"), (3, b"b")] if end else [(1, b"a")]
    )
    assert lines[-1].offset_after == (tmp_path / "log").stat().st_size


def test_the_longest_line_is_read_wherever_blocks_end(tmp_path: Path) -> None:
    rows = [b"y" * LONGEST_LINE, b"z"] * 20
    (tmp_path / "log").write_bytes(b"\r\n".join(rows))
    assert [(raw.data, raw.problem) for raw in open_lines(tmp_path / "log")] == [(row, None) for row in rows]


def test_junk_is_unreadable_line_by_line(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"good\n\x00\x01\x02\nbad\x1b[2J\ncr\rcr\ngood\n")
    assert [ok for _, _, ok in told(tmp_path / "log")] == [True, False, False, False, True]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf16_is_refused_in_one_sentence(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "log").write_bytes(line("GET / HTTP/1.1").decode().encode(encoding) * 9)
    (only,) = open_lines(tmp_path / "log")
    assert only.problem == "the file is not in UTF-8 but in UTF-16: save it as UTF-8 and import that."
    assert list(open_lines(tmp_path / "log", only.position)) == []
    with pytest.raises(UnknownFormat, match="UTF-16"):
        detect(tmp_path / "log")


def test_a_gzip_file_cut_off_anywhere_ends_with_one_line_that_says_so(tmp_path: Path) -> None:
    rows = [line(f"GET /news/{n} HTTP/1.1") for n in range(2000)]
    whole = gzip.compress(b"\n".join(rows) + b"\n")
    for cut in (3, 12, len(whole) // 2, len(whole) - 9, len(whole) - 1):
        (tmp_path / "log").write_bytes(whole[:cut])
        *good, last = open_lines(tmp_path / "log")
        assert [raw.data for raw in good] == rows[: len(good)]
        assert last.number == len(good) + 1
        said = f"the gzip file ends early after line {len(good)}: everything up to there was read."
        assert last.problem == said
        assert list(open_lines(tmp_path / "log", last.position)) == []


def test_a_damaged_gzip_file_ends_with_one_line_that_says_so(tmp_path: Path) -> None:
    whole = bytearray(gzip.compress(b"\n".join(line(f"GET /news/{n} HTTP/1.1") for n in range(9000))))
    for at in (len(whole) - 6, len(whole) // 2):
        damaged = bytearray(whole)
        damaged[at] ^= 0xFF
        (tmp_path / "log").write_bytes(damaged)
        *good, last = open_lines(tmp_path / "log")
        assert good
        assert all(raw.problem is None for raw in good[:100])
        assert last.problem is not None
        assert "the gzip file " in last.problem


def test_a_file_that_is_not_there_or_a_folder_is_an_error_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="There is no file"):
        list(open_lines(tmp_path / "none"))
    with pytest.raises(Invalid, match="cannot be read"):
        list(open_lines(tmp_path))


FILES = st.lists(
    st.sampled_from([b"a", b"\n", b"\r\n", b"\x00", b"bc\n", b"x" * 70_000, b"\xef\xbb\xbf", b"\xff"])
)


@settings(max_examples=100, deadline=None)
@given(FILES.map(b"".join), st.booleans(), st.data())
def test_reading_goes_on_from_any_line_and_adds_up_to_the_file(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, packed: bool, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("files") / "file"
    path.write_bytes(gzip.compress(content) if packed else content)
    lines = list(open_lines(path))
    if lines and "UTF-16" in (lines[0].problem or ""):
        return
    assert [raw.number for raw in lines] == list(range(1, len(lines) + 1))
    assert [len(raw.data) for raw in lines if not raw.problem or "KiB" not in raw.problem] == [
        len(part.removesuffix(b"\r"))
        for part in content.removeprefix(b"\xef\xbb\xbf").removesuffix(b"\n").split(b"\n")
        if len(part.removesuffix(b"\r")) <= LONGEST_LINE
    ][: len(lines)]
    if lines:
        assert lines[-1].offset_after == len(content)
        stop = data.draw(st.integers(0, len(lines) - 1))
        assert list(open_lines(path, lines[stop].position)) == lines[stop + 1 :]


def test_what_is_shown_cannot_act() -> None:
    assert safe("plain é") == "plain é"
    assert safe("a\x1b[2J\r\nb\u202e") == "a\\x1b[2J\\x0d\\x0ab\\u202e"
    assert safe('=HYPERLINK("http://x")') == '\'=HYPERLINK("http://x")'
    assert safe(b"\xff\x00") == "\\xff\\x00"
    assert safe("x" * 300) == "x" * 199 + "…"


@settings(max_examples=200)
@given(st.text() | st.binary())
def test_what_is_shown_is_short_and_printable(value: str | bytes) -> None:
    shown = safe(value, 50)
    assert len(shown) <= 50
    assert shown.isprintable()
    assert not shown.lstrip().startswith(("=", "+", "-", "@"))


def test_a_pipe_or_a_device_is_refused_before_it_is_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("/dev/zero")
    for path in (tmp_path / "pipe", tmp_path / "link"):
        with pytest.raises(Invalid, match="pipe or a device"):
            next(open_lines(path))
