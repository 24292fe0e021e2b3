"""Moments are written in one form of two and read in no other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quire.core.moments import BadMoment, read, write, write_exactly

zones = st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=45)), timezone(timedelta(hours=-11))])
moments = st.datetimes(timezones=zones).filter(lambda at: 1 < at.year < 9999)


@settings(max_examples=200)
@given(moments)
def test_a_moment_is_read_as_it_was_written(at: datetime) -> None:
    assert read(write_exactly(at)) == at
    assert read(write(at)) == at.astimezone(UTC).replace(microsecond=0)
    assert read(write(at)).tzinfo is UTC


@settings(max_examples=200)
@given(moments)
def test_what_is_written_is_what_the_library_writes(at: datetime) -> None:
    at = at.astimezone(UTC)
    assert write_exactly(at) == at.isoformat(timespec="microseconds").replace("+00:00", "Z")
    assert write(at) == at.isoformat(timespec="seconds").replace("+00:00", "Z")


def test_the_forms_of_the_page() -> None:
    at = datetime(2026, 11, 21, 10, 0, 0, 123456, tzinfo=UTC)
    assert write_exactly(at) == "2026-11-21T10:00:00.123456Z"
    assert write(at) == "2026-11-21T10:00:00Z"
    assert write_exactly(at.replace(microsecond=0)) == "2026-11-21T10:00:00.000000Z"


def test_a_moment_without_a_zone_is_not_written() -> None:
    for wrong in (write, write_exactly):
        with pytest.raises(BadMoment):
            wrong(datetime(2026, 11, 21, tzinfo=UTC).replace(tzinfo=None))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-11-21",
        "2026-11-21T10:00:00",
        "2026-11-21T10:00:00+00:00",
        "2026-11-21T10:00:00z",
        "2026-11-21 10:00:00Z",
        "2026-11-21T10:00:00.123Z",
        "2026-11-21T10:00:00.1234567Z",
        "2026-11-21T10:00Z",
        "2026-11-31T10:00:00Z",
        "2026-13-01T10:00:00Z",
        "2026-11-21T24:00:00Z",
        "2026-11-21T23:59:60Z",
        "0000-01-01T00:00:00Z",
        "２026-11-21T10:00:00Z",
        "2026-11-21T10:00:00Z\n",
        "20261121T100000Z",
        None,
        5,
        ["2026-11-21T10:00:00Z"],
    ],
)
def test_nothing_else_is_a_moment(text: Any) -> None:
    with pytest.raises(BadMoment):
        read(text)
