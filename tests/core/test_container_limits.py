"""A folder from anyone: what is too large is refused before it is read."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest

from quire.core import container
from quire.core.container import BundleTooLarge


def test_a_file_of_ten_gigabytes_of_nothing_is_refused_unread(tmp_path: Path) -> None:
    with open(tmp_path / "lines.jsonl", "wb") as file:
        file.truncate(10 << 30)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(BundleTooLarge, match=r"lines\.jsonl is larger"):
        container.read(tmp_path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000  # KiB
