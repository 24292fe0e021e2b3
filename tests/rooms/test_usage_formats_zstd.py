"""Usage files packed with zstd: read like gzip, cut off or damaged or made to burst whoever unpacks them."""

from __future__ import annotations

import random
import resource
from pathlib import Path

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from quire.society.usage.formats import detect, length_of, open_lines
from quire.society.usage.formats.lines import LONGEST_LINE
from quire.society.usage.formats.packed import LARGEST_WINDOW

ROWS = [
    b'203.0.113.9 - - [17/May/2026:10:05:03 +0200] "GET /%d HTTP/1.1" 200 5 "-" "x"' % n for n in range(3000)
]
WHOLE = b"\n".join(ROWS) + b"\n"


def pack(data: bytes, level: int = 3, **more: int) -> bytes:
    params = zstandard.ZstdCompressionParameters.from_level(level, write_checksum=True, **more)
    return zstandard.ZstdCompressor(compression_params=params).compress(data)


def test_frames_one_after_another_and_skippable_ones_are_one_file(tmp_path: Path) -> None:
    skippable = b"\x5a\x2a\x4d\x18\x05\x00\x00\x00abcde"
    path = tmp_path / "access.log.zst"
    for content in (
        pack(WHOLE),
        pack(WHOLE[:70]) + pack(b"") + skippable + pack(WHOLE[70:]),
        skippable + pack(WHOLE),
    ):
        path.write_bytes(content)
        lines = list(open_lines(path))
        assert [raw.data for raw in lines] == ROWS
        assert all(raw.problem is None for raw in lines)
        assert list(open_lines(path, lines[1234].position)) == lines[1235:]
        assert detect(path) == "access-log"


def test_a_byte_order_mark_is_no_part_of_the_first_line(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(pack(b"\xef\xbb\xbf") + pack(b"one\n"))
    assert [raw.data for raw in open_lines(tmp_path / "log")] == [b"one"]


@pytest.mark.parametrize("frames", [1, 2])
def test_a_file_cut_off_anywhere_ends_with_one_line_that_says_so(tmp_path: Path, frames: int) -> None:
    whole = pack(WHOLE[:9000]) * (frames - 1) + pack(WHOLE)
    for cut in (5, 12, len(whole) // 3, len(whole) // 2, len(whole) - 4, len(whole) - 1):
        (tmp_path / "log").write_bytes(whole[:cut])
        *good, last = open_lines(tmp_path / "log")
        assert [raw.problem for raw in good] == [None] * len(good)
        assert last.number == len(good) + 1
        said = f"the zstd file ends early after line {len(good)}: everything up to there was read."
        assert last.problem == said
        assert list(open_lines(tmp_path / "log", last.position)) == []


def test_a_damaged_file_ends_with_one_line_that_says_so(tmp_path: Path) -> None:
    noise = random.Random(4)
    whole = pack(b"".join(b"%s %d\n" % (row, noise.getrandbits(99)) for row in ROWS))
    for at in (len(whole) - 2, len(whole) // 2):
        damaged = bytearray(whole)
        damaged[at] ^= 0xFF
        (tmp_path / "log").write_bytes(damaged)
        *good, last = open_lines(tmp_path / "log")
        assert good
        assert "the zstd file is damaged after line" in (last.problem or "")
    (tmp_path / "log").write_bytes(whole + b"more")
    *good, last = open_lines(tmp_path / "log")
    assert len(good) == len(ROWS)
    assert "the zstd file is damaged" in (last.problem or "")


def test_a_file_that_wants_too_much_memory_is_told_so(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(_streamed(pack_window=28))
    (only,) = open_lines(tmp_path / "log")
    assert only.problem == (
        "the zstd file needs more than 128 MiB to unpack after line 0: everything up to there was read."
    )
    (tmp_path / "log").write_bytes(_streamed(pack_window=LARGEST_WINDOW.bit_length() - 1))
    assert [raw.data for raw in open_lines(tmp_path / "log")] == ROWS


def _streamed(pack_window: int) -> bytes:
    """Packed without its size being known, so that the frame says the whole window."""
    params = zstandard.ZstdCompressionParameters(window_log=pack_window, hash_log=12, chain_log=12)
    packer = zstandard.ZstdCompressor(compression_params=params).compressobj()
    return packer.compress(WHOLE) + packer.flush()


def test_half_a_gigabyte_in_a_few_kilobytes_takes_little_memory(tmp_path: Path) -> None:
    packer = zstandard.ZstdCompressor(level=1).compressobj()
    megabyte = b"x" * 1024 * 1024
    (tmp_path / "log").write_bytes(b"".join(packer.compress(megabyte) for _ in range(512)) + packer.flush())
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    (only,) = open_lines(tmp_path / "log")
    assert (only.offset_after, len(only.data)) == (512 * 1024**2, 200)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 160 * 1024  # KiB


def test_the_length_is_what_the_file_claims(tmp_path: Path) -> None:
    for content, length in ((pack(WHOLE), len(WHOLE)), (b"abc", 3), (b"\x28\xb5\x2f\xfd", 4), (b"", 0)):
        (tmp_path / "log").write_bytes(content)
        assert length_of(tmp_path / "log") == length


FILES = st.lists(
    st.sampled_from([b"a", b"\n", b"\r\n", b"\x00", b"bc\n", b"x" * (LONGEST_LINE + 9), b"\xff"])
)


@settings(max_examples=100, deadline=None)
@given(FILES.map(b"".join), st.integers(0, 90_000))
def test_packed_or_not_the_lines_are_the_same(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, cut: int
) -> None:
    folder = tmp_path_factory.mktemp("zstd")
    (folder / "plain").write_bytes(content)
    (folder / "packed").write_bytes(pack(content[:cut]) + pack(content[cut:]))
    plain = list(open_lines(folder / "plain"))
    if "UTF-16" not in (plain[0].problem or "" if plain else ""):
        assert list(open_lines(folder / "packed")) == plain
