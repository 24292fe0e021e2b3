"""Canonical JSON: against the library and RFC 8785's own example, and against bytes made by an enemy."""

from __future__ import annotations

import enum
import hashlib
import json
from decimal import Decimal

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from quire.core import canonical
from quire.core.canonical import MAX_DEPTH, MAX_INT, MAX_LINE, NotCanonical

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
control = st.text(st.characters(max_codepoint=0x7F), max_size=12)
integers = st.integers(-MAX_INT, MAX_INT)
scalars = st.none() | st.booleans() | integers | texts | control
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts | control, inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=200)
@given(values)
def test_every_value_is_written_as_the_library_writes_it(value: object) -> None:
    written = canonical.dumps(value)
    assert written == rfc8785.dumps(value)
    assert canonical.loads(written) == value


@settings(max_examples=200)
@given(st.dictionaries(control, control | integers | st.booleans(), max_size=6))
def test_the_fast_path_is_taken_and_equal(record: dict[str, object]) -> None:
    assert canonical._is_plain(record, MAX_DEPTH)
    assert canonical.dumps(record) == rfc8785.dumps(record)


def test_every_character_below_0x100_is_written_as_the_library_writes_it() -> None:
    for point in [*range(0x100), 0x2028, 0x2029, 0xFFFF, 0x10FFFF]:
        assert canonical.dumps({"a": chr(point)}) == rfc8785.dumps({"a": chr(point)})
        assert canonical.dumps({chr(point): 1}) == rfc8785.dumps({chr(point): 1})


def test_keys_sort_by_utf16_code_units_as_in_rfc_8785_section_3_2_3() -> None:
    keys = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]
    written = canonical.dumps({key: index for index, key in enumerate(keys)})
    assert list(json.loads(written)) == ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]


class Use(enum.StrEnum):
    TRAIN = "ai-train"


class Loud(str):
    __slots__ = ()

    def __str__(self) -> str:
        return "LOUD"


def test_subclasses_of_text_and_int_are_written_as_what_they_hold() -> None:
    number = enum.IntEnum("number", {"ONE": 1})
    assert canonical.dumps([Use.TRAIN, Loud("quiet"), number(1)]) == b'["ai-train","quiet",1]'
    assert canonical.dumps({Use.TRAIN: (1, 2)}) == b'{"ai-train":[1,2]}'


@pytest.mark.parametrize(
    "value",
    [
        0.5,
        1.0,
        float("nan"),
        [{"a": 2.5}],
        MAX_INT + 1,
        -MAX_INT - 1,
        {"a": [MAX_INT + 1]},
        "\ud800",
        {"\ud800": 1},
        {"a": "\udfff"},
        {"é": "\udfff"},
        {1: "a"},
        {None: 1},
        {True: 1},
        {("a",): 1},
        {b"a": 1},
        Decimal("1.5"),
        b"bytes",
        {1, 2},
        object(),
        {"é": 1.5},
        {"é": MAX_INT + 1},
    ],
)
def test_what_has_no_exact_form_is_refused(value: object) -> None:
    with pytest.raises(NotCanonical):
        canonical.dumps(value)


def test_the_bounds_themselves_are_written() -> None:
    assert canonical.loads(canonical.dumps([MAX_INT, -MAX_INT])) == [MAX_INT, -MAX_INT]


def nested(depth: int) -> object:
    value: object = 1
    for _ in range(depth):
        value = [value]
    return value


def test_depth_ends_with_an_error_and_never_with_the_stack() -> None:
    deepest = canonical.dumps(nested(MAX_DEPTH))
    assert canonical.loads(deepest) == nested(MAX_DEPTH)
    for value in (nested(MAX_DEPTH + 1), {"é": nested(MAX_DEPTH)}, nested(5000)):
        with pytest.raises(NotCanonical):
            canonical.dumps(value)
    endless: list[object] = []
    endless.append(endless)
    with pytest.raises(NotCanonical):
        canonical.dumps(endless)
    for size in (MAX_DEPTH + 1, 2000, 300_000):
        for data in (b"[" * size + b"]" * size, b"[" * size, b'{"a":' * size + b"1" + b"}" * size):
            for strictly in (True, False):
                with pytest.raises(NotCanonical):
                    canonical.loads(data, canonical=strictly)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"nul",
        b'{"a":1,"a":1}',
        b'{"a":1,"a":2}',
        b'[{"b":{"a":1,"a":2}}]',
        b"NaN",
        b"[Infinity]",
        b"-Infinity",
        b"1.0",
        b"1e2",
        b"1E400",
        b"9007199254740992",
        b"-9007199254740992",
        b"1" * 5000,
        b'"\xff"',
        b"\xef\xbb\xbf1",
        '"a"'.encode("utf-16"),
        b'"\\ud800"',
        b'{"\\udfff":1}',
        b'"\x01"',
        b'"a',
        b"01",
        b"1 2",
        b"[1,]",
        b"'a'",
    ],
)
def test_ill_formed_bytes_are_refused_with_or_without_the_canonical_form(data: bytes) -> None:
    for strictly in (True, False):
        with pytest.raises(NotCanonical):
            canonical.loads(data, canonical=strictly)


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b' {"a":1}', {"a": 1}),
        (b'{"a": 1}', {"a": 1}),
        (b'{"b":1,"a":2}', {"a": 2, "b": 1}),
        (b'"\\u0041"', "A"),
        (b'"\\/"', "/"),
        (b'"\\u001F"', "\x1f"),
        (b"-0", 0),
        (b"1\n", 1),
        (b'{"\xef\xac\xb3":1,"\xf0\x9f\x98\x80":2}', {"\ufb33": 1, "\U0001f600": 2}),
    ],
)
def test_another_form_of_a_good_value_is_taken_only_on_request(data: bytes, value: object) -> None:
    assert canonical.loads(data, canonical=False) == value
    with pytest.raises(NotCanonical, match="differs at byte"):
        canonical.loads(data)


def test_the_sentence_names_a_key_that_stands_twice_without_its_control_characters() -> None:
    with pytest.raises(NotCanonical, match=r"'\\x1b' stands twice"):
        canonical.loads(b'{"\\u001b":1,"\\u001b":1}')


@settings(max_examples=200)
@given(st.binary(max_size=40) | st.text('{}[]",:\\u0123eE.-ntf ', max_size=40).map(str.encode))
def test_any_bytes_give_a_value_or_one_kind_of_error(data: bytes) -> None:
    try:
        value = canonical.loads(data)
    except NotCanonical:
        return
    assert canonical.dumps(value) == data


def test_digest_names_its_algorithm() -> None:
    assert canonical.digest(b"abc") == "sha256:" + hashlib.sha256(b"abc").hexdigest()


@settings(max_examples=100)
@given(st.lists(st.dictionaries(texts, values, max_size=4), max_size=5))
def test_lines_come_back_as_they_were_written(records: list[dict[str, object]]) -> None:
    data = b"".join(canonical.write_lines(records))
    assert data == b"".join(rfc8785.dumps(record) + b"\n" for record in records)
    assert list(canonical.read_lines(data)) == list(enumerate(records, 1))


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b'{"a":1}', 1),
        (b'{"a":1}\n{"a":2}', 2),
        (b'{"a":1}\n\n', 2),
        (b'{"a":1}\r\n', 1),
        (b'{"a":1}\n{"a":1.5}\n', 2),
        (b'{"a":1}\n[1]\n', 2),
        (b'{"a":1}\n{"b":1,"a":2}\n', 2),
        (b"\n", 1),
        (b'{"a":1}\n{"a":"' + b"x" * MAX_LINE + b'"}\n', 2),
        (b'{"a":1}\n{"a":"' + b"x" * MAX_LINE, 2),
    ],
)
def test_a_bad_line_is_named(data: bytes, line: int) -> None:
    with pytest.raises(NotCanonical) as caught:
        list(canonical.read_lines(data))
    assert caught.value.data["line"] == line
    assert f"Line {line}:" in caught.value.sentence


def test_a_record_that_cannot_be_written_is_named() -> None:
    for bad in ({"a": 0.5}, {"a": "x" * MAX_LINE}):
        with pytest.raises(NotCanonical) as caught:
            list(canonical.write_lines([{"a": 1}, bad]))
        assert caught.value.data["line"] == 2


def test_the_longest_line_that_is_written_is_read() -> None:
    line = next(canonical.write_lines([{"a": "x" * (MAX_LINE - 9)}]))
    assert len(line) == MAX_LINE
    assert [number for number, _ in canonical.read_lines(line)] == [1]
