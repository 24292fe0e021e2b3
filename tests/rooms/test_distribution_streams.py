"""Freeze and allocate need room for the evidence, and not for the lines that are made of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def ran(way: str, folder: Path, limited: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.rooms.streamed_run", way, str(folder), limited]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=600)


@pytest.mark.more
def test_three_hundred_thousand_lines_in_little_memory(tmp_path: Path) -> None:
    """The same bytes as with every file in memory, where there is no room for those."""
    free = ran("whole", tmp_path / "free", "free")
    assert free.returncode == 0, free.stderr
    done = ran("streamed", tmp_path / "streamed", "limited")
    assert (done.returncode, done.stdout) == (0, free.stdout), done.stderr
    refused = ran("whole", tmp_path / "whole", "limited")
    assert refused.returncode != 0
    assert "MemoryError" in refused.stderr
    assert (tmp_path / "streamed/run/results/lines.jsonl").read_bytes().count(b"\n") == 300_000


def test_a_big_file_is_mapped_and_its_digest_kept(tmp_path: Path) -> None:
    """What was written in blocks is what is read, be it small, big or empty; and a changed byte is found."""
    from quire.core.canonical import digest
    from quire.society.distribution.errors import EvidenceChanged
    from quire.society.distribution.store import SMALL, Store, digest_of

    files = {"big": b"0123456789abcdef" * (SMALL // 8), "small": b"x", "empty": b""}
    place = Store(tmp_path)
    kept = place.save("run", "inputs", ((name, [data[:5], data[5:]]) for name, data in files.items()))
    found = place.load("run", "inputs", kept)
    assert {name: bytes(data) for name, data in found.items()} == files
    assert not isinstance(found["big"], bytes)
    assert kept == digest_of(files) == digest_of(found)
    assert digest(found["big"]) == digest(files["big"])
    with (tmp_path / "run/inputs/big").open("r+b") as handle:
        handle.seek(SMALL)
        handle.write(b"!")
    with pytest.raises(EvidenceChanged):
        place.load("run", "inputs", kept)
