"""A bundle is written and verified in memory that goes by its facts, and a zip may be longer than 4 GiB."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from quire.core import container, pieces
from quire.core.container import BundleError
from quire.core.pieces import Extent, Pieces

ROOT = Path(__file__).parents[2]
GIB = 1 << 30


def sparse(path: Path, size: int) -> Pieces:
    """A file of nothing that takes no room."""
    with path.open("wb") as file:
        file.truncate(size)
    with path.open("rb") as file:
        return Pieces((Extent(str(path), path.name, 0, size, pieces.state_of(file.fileno())),))


def written(path: Path, files: container.Files) -> None:
    """The zip, in which what is nothing takes no room either."""
    nothing = bytes(pieces.BLOCK)
    with path.open("wb") as file:
        for chunk in container.zip_chunks(files):
            if chunk == nothing:
                file.seek(len(chunk), 1)
            else:
                file.write(chunk)
        file.truncate(file.tell())


@pytest.mark.more
def test_a_zip_of_more_than_four_gigabytes_is_read_by_us_and_by_others(tmp_path: Path) -> None:
    large = sparse(tmp_path / "large", GIB)
    files = {f"a-{number}.bin": large for number in range(4)} | {"b.txt": b"b", "c.txt": b"c" * 99}
    written(tmp_path / "one.zip", files)
    assert (tmp_path / "one.zip").stat().st_size > 4 * GIB
    with zipfile.ZipFile(tmp_path / "one.zip") as other:
        assert {one.filename: one.file_size for one in other.infolist()} == {
            name: len(data) for name, data in files.items()
        }
        assert (other.read("b.txt"), other.read("c.txt")) == (files["b.txt"], files["c.txt"])
    found = container.read(tmp_path / "one.zip")
    assert {name: len(data) for name, data in found.items()} == {name: len(d) for name, d in files.items()}
    assert found["c.txt"] == files["c.txt"]
    with (tmp_path / "one.zip").open("r+b") as file:
        file.seek(-30, 2)
        byte = file.read(1)
        file.seek(-30, 2)
        file.write(bytes([byte[0] ^ 1]))
    with pytest.raises(BundleError, match="directory"):
        container.read(tmp_path / "one.zip")


def test_the_total_is_limited_before_anything_is_read(tmp_path: Path) -> None:
    for number in range(3):
        sparse(tmp_path / f"a{number}.bin", GIB)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(container.BundleTooLarge, match=r"With a2\.bin the bundle is larger"):
        container.read(tmp_path, container.Limits(total_bytes=2 * GIB))
    assert len(container.read(tmp_path)) == 3
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000  # KiB


def ran(way: str, folder: Path, room: int) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.core.large_bundle", way, str(folder), str(room)]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=600)


@pytest.mark.more
def test_three_hundred_thousand_lines_in_parts_are_verified_in_little_memory(tmp_path: Path) -> None:
    made = ran("write", tmp_path, 0)
    assert made.returncode == 0, made.stderr
    parts = sorted(path.name for path in (tmp_path / "run").glob("lines-*.jsonl"))
    assert len(parts) > 3
    size = sum(path.stat().st_size for path in (tmp_path / "run").iterdir())
    for place in ("run", "run.zip"):
        done = ran("verify", tmp_path / place, size // 2)
        assert done.returncode == 0, done.stderr + done.stdout
        assert json.loads(done.stdout)["facts"]["lines"] == 300_000
    refused = ran("whole", tmp_path / "run", size // 2)
    assert refused.returncode != 0
    assert "MemoryError" in refused.stderr
