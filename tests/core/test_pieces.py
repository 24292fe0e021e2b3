"""Bytes in pieces say what they say in one, wherever they lie; and a file that changes is noticed."""

from __future__ import annotations

import hashlib
import mmap
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quire.core import pieces
from quire.core.pieces import Cursor, Data, Extent, FileChanged, NoLine, Pieces

texts = st.lists(st.sampled_from([b"a", b"bcd", b"\n", b"\r", b"\n\n", b"x" * 9]), max_size=30).map(b"".join)
small = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(autouse=True)
def little(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks and lines of few bytes."""
    monkeypatch.setattr(pieces, "BLOCK", 8)
    monkeypatch.setattr(pieces, "MAX_LINE", 8)


def extent(path: Path, start: int, size: int) -> Extent:
    with path.open("rb") as file:
        return Extent(str(path), path.name, start, size, pieces.state_of(file.fileno()))


def lain(draw: st.DrawFn, whole: bytes, folder: Path) -> Data:
    """The bytes in memory, mapped, on the disk, or some of each."""
    path = folder / "file"
    path.write_bytes(b"before" + whole + b"after")
    found: list[bytes | mmap.mmap | Extent | Pieces] = []
    start = 0
    while start < len(whole):
        size = draw(st.integers(1, len(whole) - start))
        how = draw(st.sampled_from(["held", "mapped", "disk", "within"]))
        some = whole[start : start + size]
        if how == "mapped":
            one = mmap.mmap(-1, size)
            one.write(some)
            found.append(one)
        else:
            place = extent(path, 6 + start, size)
            found.append({"held": some, "disk": place, "within": Pieces((place,))}[how])
        start += size
    return whole if draw(st.booleans()) else Pieces(found)


@small
@given(data=st.data(), whole=texts)
def test_it_is_the_same_wherever_it_lies(tmp_path: Path, data: st.DataObject, whole: bytes) -> None:
    told = lain(data.draw, whole, tmp_path)  # type: ignore[arg-type]
    start = data.draw(st.integers(0, len(whole) + 2))
    end = data.draw(st.integers(0, len(whole) + 2))
    assert len(told) == len(whole)
    assert bytes(told) == whole
    assert told == whole
    assert bytes(pieces.cut(told, start, end)) == whole[start:end]
    assert bytes(pieces.cut(pieces.cut(told, start, end), 1, 3)) == whole[start:end][1:3]
    assert pieces.digest(told) == hashlib.sha256(whole).hexdigest()
    assert all(0 < len(one) <= pieces.BLOCK for one in pieces.blocks(told))
    cursor, taken = Cursor(told), b""
    while some := cursor.take(data.draw(st.integers(1, 20))):
        taken += some
    assert taken == whole
    assert Pieces((whole,)) != whole + b"x"
    assert Pieces((whole,)) != 1


@small
@given(data=st.data(), whole=texts)
def test_lines_are_those_of_the_whole(tmp_path: Path, data: st.DataObject, whole: bytes) -> None:
    told, found = lain(data.draw, whole, tmp_path), []  # type: ignore[arg-type]
    *expected, rest = whole.split(b"\n")
    too_long = [len(one) >= pieces.MAX_LINE for one in expected]
    try:
        for line in pieces.lines(told):
            found.append(line)
    except NoLine as ended:
        if ended.long:
            assert any(too_long) or len(rest) >= pieces.MAX_LINE
            assert found == expected[: len(found)]
            assert not any(too_long[: len(found)])
        else:
            assert rest
            assert found == expected
    else:
        assert not rest
        assert not any(too_long)
        assert found == expected


@pytest.mark.parametrize("how", ["longer", "shorter", "other", "gone", "link", "pipe"])
def test_a_file_that_changed_is_an_error_that_names_it(tmp_path: Path, how: str) -> None:
    path = tmp_path / "lines.jsonl"
    path.write_bytes(b"0123456789\n" * 3)
    told = Pieces((extent(path, 0, 33),))
    assert bytes(told) == b"0123456789\n" * 3
    path.unlink()
    if how == "link":
        (tmp_path / "other").write_bytes(b"0123456789\n" * 3)
        path.symlink_to(tmp_path / "other")
    elif how == "pipe":
        os.mkfifo(path)
    elif how != "gone":
        path.write_bytes({"longer": b"0123456789\n" * 4, "shorter": b"0", "other": b"0123456780\n" * 3}[how])
    with pytest.raises(FileChanged, match=r"lines\.jsonl is not what it was") as caught:
        bytes(told)
    assert caught.value.data["file"] == "lines.jsonl"


def test_a_file_that_is_cut_while_it_is_read_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "lines.jsonl"
    path.write_bytes(b"0123456789" * 3)
    going = pieces.blocks(Pieces((extent(path, 0, 30),)))
    assert next(going) == b"01234567"
    os.truncate(path, 10)
    with pytest.raises(FileChanged):
        list(going)
