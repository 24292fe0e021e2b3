"""Tables handed in by anybody: what is no table ends in a sentence, and nothing hangs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from quire.core.errors import Invalid
from quire.society.kit import tables


def _read(path: Path) -> list[dict[str, str]]:
    return [row.cells for row in tables.read(path, ("a", "b"), ("a",))]


def test_pipes_and_devices_are_refused_before_they_are_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero"), Path("/dev/null")):
        with pytest.raises(Invalid, match="pipe or a device"):
            _read(path)
    with pytest.raises(Invalid, match="cannot be read"):
        _read(tmp_path)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"a,b\n1,\0\n", "NUL"),
        (b'[{"a": "1", "a": "2"}]', "names a key twice"),
        (b'[{"a": 1}, 2]', "list of objects"),
        (b"[" * 200_000, "not JSON"),
        ("a,b\n1,2\n".encode("utf-16"), "not UTF-8"),
        (b"a,a\n1,2\n", "a column twice"),
        (b"a,c\n1,2\n", "not known: c"),
        (b"b\n1\n", "lacks the column a"),
        (b'a,b\n1,"2\n', "not CSV"),
        (b"a,b\n1,2,3\n", "3 cells"),
        (b"a,b\n" + b"x" * 200_000 + b",1\n", "not CSV"),
    ],
)
def test_what_is_no_table_is_refused_in_a_sentence(tmp_path: Path, content: bytes, sentence: str) -> None:
    (tmp_path / "table").write_bytes(content)
    with pytest.raises(Invalid, match=sentence):
        _read(tmp_path / "table")


def test_numbers_in_json_stay_as_they_are_written(tmp_path: Path) -> None:
    (tmp_path / "table").write_text('[{"a": 0.1, "b": 12345678901234567890.000000000001}]')
    assert _read(tmp_path / "table") == [{"a": "0.1", "b": "12345678901234567890.000000000001"}]


def test_byte_order_mark_carriage_returns_and_quoted_lines_are_read(tmp_path: Path) -> None:
    (tmp_path / "table").write_bytes(b'\xef\xbb\xbfa,b\r\n"x\r\ny","1,""2"""\r\n\r\n')
    assert _read(tmp_path / "table") == [{"a": "x\r\ny", "b": '1,"2"'}]
