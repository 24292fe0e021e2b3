"""Files in which something was agreed: how far they are read, and the days in them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as any_

from quire.core.errors import Invalid
from quire.society.kit import written


class Wrong(Invalid):
    code = "wrong"


def fields(text: str) -> dict[str, Any]:
    return written.fields(text, "deed", known={"name", "on"}, needed=("name",), wrong=Wrong)


def test_toml_and_json_say_the_same() -> None:
    assert fields('name = "a"\non = "2026-01-31"') == fields(' {"name": "a", "on": "2026-01-31"}')


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("# " + "x " * written.MOST_TEXT, "at most 262,144 characters"),
        ("{" + " " * written.MOST_TEXT + "}", "at most 262,144 characters"),
        ('name = "a"\n' + ".".join("a" * 800) + " = 1", "lines of at most 1,000 characters"),
        ("name", "neither TOML nor JSON"),
        ('{"name": ' * 5_000, "neither TOML nor JSON"),
        ('name = "a"\nother = 1', "'other' is no field of a deed; there are name, on"),
        ('name = " "', "does not say name"),
        ("on = 2026-01-31", "does not say name"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(Wrong, match=sentence):
        fields(text)


def test_a_long_line_of_json_is_read() -> None:
    assert len(fields('{"name": "' + "x" * 100_000 + '"}')["name"]) == 100_000


@settings(max_examples=100)
@given(any_.dates())
def test_a_day_is_read_as_it_is_written(day: date) -> None:
    for text in (f'name = "a"\non = {day}', f'name = "a"\non = "{day}"', f'{{"name": "a", "on": "{day}"}}'):
        assert written.day(fields(text), "on", wrong=Wrong) == day


@pytest.mark.parametrize(
    "value", ["20260131", "2026-W05-6", "2026-02-30", "٢٠٢٦-٠١-٣١", "2026-01-31 ", "", 5, None, [], True]
)
def test_what_is_no_day_is_refused(value: object) -> None:
    with pytest.raises(Wrong, match="on is a date such as 2026-01-31"):
        written.day({"on": value}, "on", wrong=Wrong)
