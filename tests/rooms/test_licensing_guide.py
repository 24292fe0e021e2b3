"""The guide for labs: its commands run in its order, and its table has every error that there is."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from quire.cli import main

GUIDE = (Path(__file__).parents[2] / "docs" / "guides" / "lab.md").read_text()


def test_the_commands_of_the_guide_run_in_its_order(
    people: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("QUIRE_USER", "preparer")
    monkeypatch.setenv("QUIRE_TODAY", "2026-06-01")
    for name, kind in (("training.toml", "toml"), ("labs.csv", "csv")):
        (text,) = re.findall(rf"```{kind}\n(.*?)```", GUIDE, re.DOTALL)
        (tmp_path / name).write_text(text)
    blocks = re.findall(r"```sh\n(.*?)```", GUIDE, re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines() if line.startswith("quire ")]
    assert len(lines) == 8
    client = ""
    for line in lines:
        _, *words = shlex.split(line.replace("cli_…", client))
        assert main(words) == 0, (words, capsys.readouterr().err)
        if found := re.search(r"cli_\w+", capsys.readouterr().out):
            client = found[0]


def test_the_table_of_errors_is_whole() -> None:
    from quire.society.licensing import errors

    told = set(re.findall(r"\| 4\d\d \| `(\w+)` \|", GUIDE))
    known = {one.error for one in errors.TokenDenied.__subclasses__()} | {"invalid_request"}
    assert known <= told
    assert told - known <= {"unsupported_grant_type"}
