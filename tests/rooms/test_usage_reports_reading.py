"""Whatever a lab sends: it is read, or named, or refused as a whole; every event is in one of these."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quire.core.urls import canonical_url
from quire.society.usage.reports import reading

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
GOOD = {
    "id": "e1", "type": "content_cited", "timestamp": "2026-11-21T10:00:00Z", "content_url": "https://a.example/x",
    "content_id": None, "license_ref": "lic", "content_telemetry_id": "T", "data": {"excerpt_chars": 3},
}  # fmt: skip
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.dictionaries(st.sampled_from(sorted(GOOD)), ANYTHING, max_size=3).map(lambda more: GOOD | more)


@settings(max_examples=200, deadline=None)
@given(told=st.lists(FIELDS | ANYTHING, max_size=5), lines=st.booleans())
def test_every_event_is_read_or_named(told: list[Any], lines: bool) -> None:
    document = {"document_type": "event_batch", "schema_version": "1.0", "events": told}
    body = "\n".join(json.dumps(one) for one in told) if lines else json.dumps(document)
    try:
        found = reading.read(body.encode(), lines=lines, now=NOW)
    except reading.NotAReport:
        assert "NaN" in body or "Infinity" in body  # no JSON: the whole batch is refused, a line by itself
        assert not lines
        return
    places = sorted([one.index for one in found.events] + [one.index for one in found.refused])
    assert places == list(range(len(told)))
    for event in found.events:
        assert event.kind in reading.KINDS.values()
        assert event.at <= NOW + reading.AHEAD
        assert event.ref
        assert event.content or canonical_url(event.host + event.path) == (event.host, event.path)
        texts = (event.name, event.host, event.path, event.content, event.ref, event.telemetry)
        assert all(text.isprintable() and len(text) <= reading.LONGEST_PATH for text in texts)


@settings(max_examples=200, deadline=None)
@given(body=st.binary(max_size=200), lines=st.booleans())
def test_bytes_that_are_nothing(body: bytes, lines: bool) -> None:
    try:
        assert reading.read(body, lines=lines, now=NOW).events == ()
    except reading.NotAReport:
        assert not lines


def test_a_moment_of_any_zone_is_that_moment() -> None:
    said = ("2026-11-21T12:10:00Z", "2026-11-21t13:10:00.000+01:00", "2026-11-21T06:40:00.0000000-05:30")
    told = [GOOD | {"timestamp": text, "id": text} for text in said]
    body = json.dumps({"document_type": "event_batch", "schema_version": "1.7", "events": told}).encode()
    found = reading.read(body, lines=False, now=NOW)
    assert [event.at for event in found.events] == [datetime(2026, 11, 21, 12, 10, tzinfo=UTC)] * 3
    assert reading.read(body, lines=False, now=datetime(2026, 11, 21, 11, 59, tzinfo=UTC)).events == ()


@pytest.mark.parametrize("other", [{"id": "E1 "}, {"turn_id": "x"}, {"content_url": "https://b.example/"}])
def test_an_event_is_known_by_its_id_and_its_licensee(other: dict[str, Any]) -> None:
    lines = "\n".join(json.dumps(one) for one in (GOOD, GOOD | other)).encode()
    first, second = reading.read(lines, lines=True, now=NOW).events
    one, two = UUID(int=1), UUID(int=2)
    assert first.key(one) == second.key(one) != first.key(two)
