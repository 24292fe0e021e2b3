"""What lies on the disk is its owner's alone; only what is published is for everybody."""

from __future__ import annotations

from pathlib import Path

from tests import small
from tests.conftest import House


def test_folders_with_private_matters_are_closed(house: House, tmp_path: Path) -> None:
    small.found(tmp_path)
    small.use(tmp_path)
    small.receive(tmp_path)
    small.distribute()
    small.quire("statements", "write", "latest")
    small.quire("payouts", "prepare", "--currency", "EUR", "--on", "2026-03-02", "--by", "preparer")
    folders = [path for path in house.home.iterdir() if path.is_dir()]
    assert [path.name for path in folders if path.stat().st_mode & 0o077] == ["published"]
