"""The fast way to read a log is the slow way, line for line: whatever is in the file, wherever it stops."""

from __future__ import annotations

import gzip
import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quire.society.usage.formats import (
    Crew,
    Heading,
    Position,
    RawLine,
    Read,
    lines_for,
    load,
    pieces_for,
    reader_for,
)
from quire.society.usage.formats.access_log import Reader
from quire.society.usage.formats.lines import LONGEST_LINE
from quire.society.usage.formats.rows import HUMAN

NAMES = (
    "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Mozilla/5.0 (compatible; Googlebot/2.1)",
    "Mozilla/5.0 (compatible; bingbot/2.0)",
    "Mozilla/5.0 (compatible; GPTBot/1.2; +https://openai.com/gptbot)",
    "claudebot",
    "Claude\u212aBot",
    "-",
    "",
    'a\\"b',
    "\\x47PTBot/1",
)
HEADS = ("203.0.113.9 - - ", "::1 - ana ", "a.example:443 ::1 - - ", "b.example 192.0.2.1 - x ", "h i - - ",
         "a..b 192.0.2.1 - - ", "host - Ana Lima ", "x - [ ", "c.example:999999 192.0.2.1 - - ", " - - ",
         "é - - ", "[2001:db8::1]:80 192.0.2.1 - - ", "a - x  ", "a - x[", "a - x", "a - ", "a -  ", "- - - ",
         "d.example - - - ", "y" * 300 + " - - ", "a.example  - - ", 'a" - - ', "a - b - c ")  # fmt: skip
MOMENTS = ("17/May/2026:10:05:03 +0200", "29/Feb/2024:23:59:59 -1459", "29/Feb/2023:10:05:03 +0000",
           "29/Feb/1900:00:00:00 +0000", "29/Feb/2000:00:00:00 +0000", "31/Apr/2026:10:05:03 +0000",
           "00/Jan/2026:10:05:03 +0000", "31/Dec/2099:24:00:00 +0000", "17/May/2100:10:05:03 +0000",
           "17/may/2026:10:05:03 +0000", "07/Feb/2023:00:00:00 +1500", "06/Feb/2023:23:59:59 +0000",
           "17/May/2026:10:60:03 +0000", "17/May/2026:10:05:03 +0060",
           "17/May/2026:10:05:03 *0000", "17/May/2026:10:05:03 ,0000")  # fmt: skip
REQUESTS = ("GET /news/1 HTTP/1.1", "GET /a.css HTTP/1.1", "-", "POST / HTTP/2.0", "\\x16\\x03\\x01\\x00",
            "GET http://c.example/x HTTP/1.1", "é", "")  # fmt: skip
AFTER = ("200 5120", "206 -", "- 0", "404 1", "2e2 5", "200 ", "200 1-2", "200 --", "304 " + "9" * 19,
         "304 " + "9" * 18, "200  7", "200 7x", "200", "2000 1")  # fmt: skip
ENDS = (' "-" "{}"', 'x"-" "{}"', '"-" "{}"', "", " ",
        ' "-"', ' "-"  "{}"', ' "-" "{}"y', ' "-" "{}" "198.51.100.7" rt=1',
        ' "a" "{}" "', ' "-" "{}" \\', ' "-" "{}" ', ' "' + "r" * 70_000 + '" "{}"')  # fmt: skip
FIELDS = (HEADS, MOMENTS, REQUESTS, AFTER, ENDS, NAMES)


def line_of(head: str, moment: str, request: str, after: str, end: str, name: str) -> bytes:
    return f'{head}[{moment}] "{request}" {after}{end.replace("{}", name)}'.encode()


ONE_STRANGE = [
    line_of(*(option if here == at else options[0] for here, options in enumerate(FIELDS)))
    for at, strange in enumerate(FIELDS)
    for option in strange
]
LINES = st.sampled_from(ONE_STRANGE) | st.builds(line_of, *map(st.sampled_from, FIELDS))
USUAL = st.builds(
    '203.0.113.9 - - [17/May/2026:10:05:03 +0200] "GET /{} HTTP/1.1" 200 5120 "-" "{}"'.format,
    st.integers(0, 3),
    st.sampled_from(NAMES),
).map(str.encode)
NOISE = st.sampled_from(
    (b'"', b"\\", b" ", b"[", b"]", b"-", b"\x00", b"\t", b"\r", b"\x7f", b"\xff", b"\xc3\xa9", b"9")
)


@st.composite
def harmed(draw: st.DrawFn) -> bytes:
    """A line of which a byte was taken, put in, or replaced."""
    line = draw(USUAL | LINES)
    at = draw(st.integers(0, len(line)))
    return line[:at] + draw(NOISE | st.just(b"")) + line[at + draw(st.integers(0, 1)) :]


RUBBISH = st.binary(max_size=60) | st.sampled_from((b"", b"  ", b"x" * (LONGEST_LINE + 5)))
FILES = st.lists(
    st.tuples(USUAL | LINES | harmed() | RUBBISH, st.sampled_from((b"\n", b"\n", b"\r\n", b"\r\r\n")))
)


def registered(host: str, path: str) -> bool:
    return path == "/a.css"


def slowly(path: Path, start: Position | None = None) -> tuple[list[RawLine], list[Read]]:
    reader = reader_for("access-log", load(), "paper.example", registered)
    raws = list(lines_for(reader, path, start))
    return raws, [reader.read(raw) for raw in raws]


def quickly(
    path: Path, start: Position | None, limit: int, crew: Crew | None = None
) -> tuple[Counter[Read], list[Position]]:
    """What was read, and where each ``limit`` lines ended."""
    reader = reader_for("access-log", load(), "paper.example", registered)
    reads: Counter[Read] = Counter()
    stops = []
    with pieces_for(reader, path, start, limit=limit, crew=crew) as pieces:
        while True:
            count = 0
            for piece in pieces.take():
                reads.update(piece.counts)
                reads.update(read for _, read in piece.reads)
                assert all(number == read.row.line for number, read in piece.reads if read.row)
                count += piece.lines
                last = piece.last
            if count:
                stops.append(last)
            if count < limit:
                return +reads, stops


@settings(max_examples=200, deadline=None)
@given(FILES, st.booleans(), st.integers(1, 9), st.data())
def test_both_ways_tell_the_same_of_any_file_from_anywhere(
    tmp_path_factory: pytest.TempPathFactory,
    lines: list[tuple[bytes, bytes]],
    packed: bool,
    limit: int,
    data: st.DataObject,
) -> None:
    path = tmp_path_factory.mktemp("fast") / "log"
    content = b"".join(line + end for line, end in lines)
    content = content[: len(content) - data.draw(st.integers(0, 1))]
    path.write_bytes(gzip.compress(content) if packed else content)
    raws, _ = slowly(path)
    start = data.draw(st.sampled_from([None, *(raw.position for raw in raws)]))
    raws, reads = slowly(path, start)
    told, stops = quickly(path, start, limit)
    assert told == Counter(reads)
    ends = [raw.position for raw in raws]
    assert stops == ends[limit - 1 :: limit] + (ends[-1:] if len(ends) % limit else [])


@settings(max_examples=200, deadline=None)
@given(st.lists(USUAL | LINES | harmed(), min_size=1, max_size=8))
def test_whoever_is_spared_is_human_and_leaves_no_trace(lines: list[bytes]) -> None:
    block = b"".join(line.replace(b"\n", b"") + b"\n" for line in lines)
    reader = Reader(load(), None, registered)
    ends, left = reader.sieve(block)
    kept = set(left.tolist())
    *parts, _ = block.split(b"\n")
    assert ends.tolist() == [sum(map(len, parts[:k])) + k for k in range(1, len(parts) + 1)]
    for number, line in enumerate(parts):
        if number not in kept:
            assert reader.read(RawLine(number, 0, line.removesuffix(b"\r"))) == HUMAN
    assert not reader.visits._times_seen


@pytest.mark.parametrize("ending", [b"\n", b"\r\n"])
@pytest.mark.parametrize("line", ONE_STRANGE)
def test_a_line_with_one_strange_field_is_left_to_the_reader_unless_it_is_human(
    line: bytes, ending: bytes
) -> None:
    reader = Reader(load(), None, registered)
    _, left = reader.sieve(line + ending)
    if not len(left):
        assert len(line) <= LONGEST_LINE
        assert reader.read(RawLine(1, 0, line)) == HUMAN


def test_every_day_of_two_centuries_and_each_that_is_none() -> None:
    frame = '192.0.2.1 - - [{:02}/{}/{}:10:05:03 +0000] "GET / HTTP/1.1" 200 1 "-" "x"\n'
    months = [date(2026, month, 1).strftime("%b") for month in range(1, 13)]
    asked = [(day, month, year) for year in range(1900, 2100) for month in range(1, 13) for day in range(34)]
    block = "".join(frame.format(day, months[month - 1], year) for day, month, year in asked).encode()
    _, left = Reader(load(), None, registered).sieve(block)
    none = [k for k, (day, month, year) in enumerate(asked) if not _there_is(day, month, year)]
    assert left.tolist() == none


def _there_is(day: int, month: int, year: int) -> bool:
    try:
        return bool(date(year, month, day))
    except ValueError:
        return False


def _log(count: int, seed: int = 5) -> list[bytes]:
    """A log as a site writes it: people, agents, a scanner now and then."""
    chance = random.Random(seed)
    moment = datetime(2026, 5, 17, tzinfo=UTC)
    lines = []
    for n in range(count):
        moment += timedelta(seconds=chance.randrange(3))
        request = chance.choice(REQUESTS[:5]) if n % 17 == 0 else f"GET /n/{chance.randrange(40)} HTTP/1.1"
        name = NAMES[chance.choice((0, 0, 0, 1, 2, 3))] if n % 29 else chance.choice(NAMES)
        lines.append(
            line_of("192.0.2.9 - - ", f"{moment:%d/%b/%Y:%H:%M:%S +0000}", request, f"200 {n}", ENDS[0], name)
        )
    return lines


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("limit", [1000, 20_000, 10**9])
@pytest.mark.more
def test_a_long_log_with_a_copy_of_itself_behind_it(tmp_path: Path, end: bytes, limit: int) -> None:
    lines = _log(25_000)
    path = tmp_path / "log"
    path.write_bytes(end.join([*lines, b"junk", b"x" * 70_000, *lines[9_000:]]) + end)
    raws, reads = slowly(path)
    told, stops = quickly(path, None, limit)
    assert told == Counter(reads)
    assert sum(1 for read in reads if read.heading is Heading.CONFLICTING) > 1000
    ends = [raw.position for raw in raws]
    assert stops == ends[limit - 1 :: limit] + (ends[-1:] if len(ends) % limit else [])
    again = ends[20_001]
    assert quickly(path, again, limit)[0] == Counter(reads[20_002:])


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("before", [b"", b"paper.example:443 "])
def test_most_of_a_usual_log_is_spared_the_reader(tmp_path: Path, before: bytes, end: bytes) -> None:
    path = tmp_path / "log"
    lines = [line for line in _log(5_000) if b"Firefox" in line or b"Googlebot" in line]
    path.write_bytes(b"".join(before + line + end for line in lines))
    reader = reader_for("access-log", load(), None, registered)
    _, left = reader.sieve(path.read_bytes())
    assert len(left) == sum(b"\\x" in line for line in lines)
