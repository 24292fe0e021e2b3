"""An event's line says what happened, on one line, whatever a stranger put into the request."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quire.core import canonical
from quire.core.errors import Invalid
from quire.core.events import MAX_LINE, MAX_PATH, MAX_TEXT, Event, NotAnEvent, decode, encode
from quire.core.money import Money
from quire.core.terms import USES
from quire.core.urls import canonical_path

AT = datetime(2026, 11, 21, 10, 0, 0, 123456, tzinfo=UTC)
ADMITTED = Event(7, AT, host="example.org", path="/a", outcome="admitted")
LINE: dict[str, Any] = {
    "n": 7,
    "t": "2026-11-21T10:00:00.123456Z",
    "host": "example.org",
    "path": "/a",
    "outcome": "admitted",
}

numbers = st.integers(1, canonical.MAX_INT)
sizes = st.integers(0, canonical.MAX_INT)
statuses = st.none() | st.integers(100, 999)
moments = st.datetimes(timezones=st.just(UTC))
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
paths = st.text(max_size=60).map(canonical_path)
charges = st.none() | st.builds(Money, st.integers(0, 10**30), st.sampled_from(["EUR", "USD", "JPY"]))

decisions = st.builds(
    Event,
    numbers,
    moments,
    host=st.text(min_size=1, max_size=20, alphabet="abc.-é"),
    path=paths,
    outcome=st.sampled_from(["admitted", "charged", "refused"]),
    code=texts,
    status=statuses,
    size=st.none() | sizes,
    agent=texts,
    evidence=texts,
    licence=texts,
    licensee=texts,
    use=st.sampled_from(("", *USES)),
    jti=texts,
    request=texts,
    charged=charges,
    allowance=texts,
    telemetry=texts,
)
people = st.builds(Event, numbers, moments, kind=st.just("people"), host=st.just("example.org"), count=sizes)
voids = st.builds(Event, numbers, moments, kind=st.just("void"), of=numbers, status=statuses)
losses = st.builds(
    lambda number, at, two: Event(number, at, kind="lost", lost_from=min(two), lost_to=max(two)),
    numbers,
    moments,
    st.tuples(numbers, numbers),
)
events = decisions | people | voids | losses


def plainly(event: Event) -> dict[str, Any]:
    """The line's object, made the slow and obvious way."""
    names = {"number": "n", "at": "t", "lost_from": "from", "lost_to": "to"}
    said: dict[str, Any] = {}
    for field in fields(event):
        value = getattr(event, field.name)
        if isinstance(value, Money):
            said |= {"charged": value.decimal(), "currency": value.currency}
        elif isinstance(value, datetime):
            said["t"] = value.isoformat(timespec="microseconds").replace("+00:00", "Z")
        elif value not in (None, ""):
            said[names.get(field.name, field.name)] = value
    return said


@settings(max_examples=200, deadline=None)
@given(events)
def test_what_is_written_is_read_and_is_what_the_obvious_way_writes(event: Event) -> None:
    line = encode(event)
    assert decode(line) == event
    assert decode(line + b"\n") == event
    assert json.loads(line) == plainly(event)
    assert line.isascii()
    assert min(line) >= 32


strange = st.text(st.characters(), max_size=60) | st.text(
    st.sampled_from('\0\r\n\t"\\\u2028\u0085\x1b\x7f\ud800\udfffa{}[],:'), max_size=400
)


@settings(max_examples=200, deadline=None)
@given(strange, strange, strange)
def test_a_stranger_cannot_break_a_line_or_make_one_that_is_refused(
    path: str, request: str, telemetry: str
) -> None:
    line = encode(replace(ADMITTED, path="/" + path, request=request, telemetry=telemetry))
    assert min(line) >= 32
    assert max(line) < 127
    event = decode(line)
    assert replace(event, path="/a", request="", telemetry="") == ADMITTED
    assert len(event.request) <= MAX_TEXT
    if request.isprintable() and len(request) <= MAX_TEXT:
        assert event.request == request


def test_a_request_id_that_looks_like_json_stays_a_text() -> None:
    wanted = '","outcome":"charged","x":"\r\n{"n":8}'
    event = decode(encode(replace(ADMITTED, request=wanted)))
    assert (event.request, event.outcome) == (wanted, "admitted")
    assert decode(encode(replace(ADMITTED, request="a\0b\ud800c"))).request == "a\ufffdb\ufffdc"


def test_what_is_too_long_is_cut_and_still_read() -> None:
    huge = replace(ADMITTED, path="/" + "é" * 50_000, request="é" * 50_000, telemetry='"' * 50_000)
    line = encode(huge)
    event = decode(line)
    assert len(line) <= MAX_LINE
    assert (event.request, event.telemetry) == ("é" * MAX_TEXT, '"' * MAX_TEXT)
    assert MAX_PATH - 2 <= len(event.path) <= MAX_PATH
    assert canonical_path(event.path) == event.path
    for extra in range(4):
        path = "/" + "a" * (MAX_PATH - 4 + extra) + "%C3%A9"
        cut = decode(encode(replace(ADMITTED, path=path))).path
        assert path.startswith(cut)
        assert canonical_path(cut) == cut


def test_the_longest_line_an_edge_can_write_is_read() -> None:
    full = {field.name: "\U0001f98a" * MAX_TEXT for field in fields(Event) if field.type == "str"}
    full |= {"kind": "", "outcome": "admitted", "use": "ai-train", "path": "/" + '"' * (MAX_PATH - 1)}
    event = Event(7, AT, **full, charged=Money(10**37, "EUR"), status=200, size=canonical.MAX_INT)
    assert len(encode(event)) < MAX_LINE
    assert decode(encode(event)) == replace(event, path=decode(encode(event)).path)


def test_a_line_is_what_the_page_of_forms_says() -> None:
    assert encode(ADMITTED) == json.dumps(LINE, separators=(",", ":")).encode()
    assert encode(ADMITTED, 8) == encode(replace(ADMITTED, number=8))
    lost = Event(9, AT, kind="lost", lost_from=3, lost_to=5)
    assert encode(lost) == b'{"n":9,"t":"2026-11-21T10:00:00.123456Z","kind":"lost","from":3,"to":5}'
    zero = replace(ADMITTED, size=0, charged=Money(0, "EUR"))
    assert b'"size":0,"charged":"0.000000000000","currency":"EUR"' in encode(zero)


def test_whatever_has_the_fields_of_an_event_is_written_like_one() -> None:
    like = SimpleNamespace(**{field.name: getattr(ADMITTED, field.name) for field in fields(Event)})
    assert encode(like) == encode(ADMITTED)  # type: ignore[arg-type]


def test_a_time_in_another_zone_is_written_in_utc_and_one_without_a_zone_is_not() -> None:
    elsewhere = replace(ADMITTED, at=AT.astimezone(timezone(timedelta(hours=9))))
    assert encode(elsewhere) == encode(ADMITTED)
    with pytest.raises(Invalid):
        encode(replace(ADMITTED, at=AT.replace(tzinfo=None)))


def changed(**change: Any) -> bytes:
    said = {name: value for name, value in {**LINE, **change}.items() if value != "gone"}
    return json.dumps(said).encode()


def test_the_line_that_is_changed_would_be_read_unchanged() -> None:
    assert decode(changed()) == ADMITTED
    spaced = json.dumps(dict(reversed(LINE.items())), separators=(" , ", " : "))
    assert decode(spaced.encode()) == ADMITTED


@pytest.mark.parametrize("name", LINE)
def test_a_decision_needs_its_number_time_place_and_outcome(name: str) -> None:
    for wrong in ("gone", None, "", [], {}, True, -1, 0.5, "\0", "\ud800", "x" * (MAX_PATH + 1), 2**60):
        with pytest.raises(NotAnEvent):
            decode(changed(**{name: wrong}))


@pytest.mark.parametrize(
    "change",
    [
        {"n": 0},
        {"t": "2026-11-21"},
        {"t": "2026-11-21T10:00:00.123456+00:00"},
        {"kind": ""},
        {"kind": "decision"},
        {"path": "a"},
        {"path": "/é"},
        {"path": "/a\n"},
        {"outcome": "perhaps"},
        {"code": ""},
        {"code": "x" * (MAX_TEXT + 1)},
        {"status": 99},
        {"status": 1000},
        {"status": "200"},
        {"size": -1},
        {"size": 1.0},
        {"use": "all"},
        {"request": {"a": 1}},
        {"request": "\udc80"},
        {"charged": "1.000000000000"},
        {"currency": "EUR"},
        {"charged": "1", "currency": "EUR"},
        {"charged": "-1.000000000000", "currency": "EUR"},
        {"charged": 1, "currency": "EUR"},
        {"charged": "1.000000000000", "currency": "eur"},
        {"charged": "1.000000000000", "currency": "XYZ"},
        {"count": 1},
        {"of": 1},
        {"from": 1, "to": 2},
        {"more": 1},
        {"number": 1},
        {"lost_from": 1},
        {"kind": "people"},
        {"kind": "people", "count": 5},
        {"kind": "void", "of": 3},
        {"kind": "lost", "from": 1, "to": 2},
    ],
)
def test_a_field_that_is_wrong_or_of_another_kind_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(NotAnEvent) as caught:
        decode(changed(**change))
    assert caught.value.code == "event.invalid"


@pytest.mark.parametrize(
    "said",
    [
        {"kind": "people", "host": "a.example"},
        {"kind": "people", "count": 5},
        {"kind": "people", "host": "a.example", "count": -1},
        {"kind": "void"},
        {"kind": "void", "of": 0},
        {"kind": "lost", "from": 5},
        {"kind": "lost", "from": 5, "to": 4},
        {"kind": ["lost"], "from": 5, "to": 6},
    ],
)
def test_each_kind_needs_its_own(said: dict[str, Any]) -> None:
    with pytest.raises(NotAnEvent):
        decode(json.dumps({"n": 1, "t": LINE["t"], **said}).encode())


GOOD = json.dumps(LINE).encode()


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\n",
        b"{}",
        b"[]",
        b"null",
        GOOD + b"\n\n",
        b"\n" + GOOD,
        json.dumps(LINE, indent=1).encode(),
        GOOD + GOOD,
        GOOD[:-1],
        GOOD[:-1] + b',"n":8}',
        GOOD[:-1] + b',"size":NaN}',
        GOOD[:-1] + b',"size":1e3}',
        GOOD[:-1] + b',"size":' + b"9" * 5000 + b"}",
        GOOD[:-1] + b',"agent":"\xff"}',
        GOOD[:-1] + b',"agent":"a\nb"}',
        GOOD[:-1] + b',"agent":{"a":1,"a":2}}',
        b"\xef\xbb\xbf" + GOOD,
        GOOD.decode().encode("utf-16"),
        b"[" * 30_000,
        b'{"a":' * 6_000,
        b" " * (MAX_LINE + 1),
        GOOD + b" " * MAX_LINE,
    ],
)
def test_what_is_no_line_of_a_spool_is_refused_with_a_sentence(line: bytes) -> None:
    with pytest.raises(NotAnEvent) as caught:
        decode(line)
    assert len(caught.value.sentence) < 300


@settings(max_examples=150)
@given(st.binary(max_size=60))
def test_any_bytes_give_one_kind_of_error(line: bytes) -> None:
    with pytest.raises(NotAnEvent):
        decode(line)
