"""The guides about rights and about money are run line by line, on the society of three members."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from quire.cli import main
from tests import small
from tests.conftest import House

GUIDES = Path(__file__).parents[2] / "docs" / "guides"

pytestmark = pytest.mark.more


@pytest.fixture
def place(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("QUIRE_USER", "preparer")
    monkeypatch.setenv("QUIRE_TODAY", "2026-04-10")
    monkeypatch.chdir(tmp_path)
    small.found(tmp_path)
    small.use(tmp_path)
    return tmp_path


def files(guide: str, names: tuple[str, ...]) -> None:
    """Write the page's files, in its order, under the names that its commands use."""
    blocks = re.findall(r"```(?:csv|toml|text)\n(.*?)```", guide, re.DOTALL)
    for name, text in zip(names, blocks, strict=True):
        Path(name).write_text(text)


def lines(guide: str) -> Iterator[list[str]]:
    for block in re.findall(r"```sh\n(.*?)```", guide, re.DOTALL):
        yield from map(shlex.split, block.splitlines())


def run(words: list[str], patch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], **known: str) -> str:
    """Run a line of a guide; ``known`` stands for its words in capitals. What it said."""
    with patch.context() as there:
        while "=" in words[0]:
            there.setenv(*words.pop(0).split("=", 1))
        assert words[0] == "quire"
        capsys.readouterr()
        said = [known.get(word, word) for word in words[1:]]
        assert main(said) == 0, (said, capsys.readouterr().err)
        return capsys.readouterr().out


def test_the_guide_about_rights(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from quire.society import audit

    guide = (GUIDES / "rights.md").read_text("utf-8")
    files(guide, ("shares.csv", "artists.csv", "heirs.csv"))
    said = [run(words, monkeypatch, capsys) for words in lines(guide)]
    assert len(said) == 13
    assert "heron" in said[-3]
    assert "clarified since" in said[-3]
    small.receive(place)
    small.distribute()
    found = small.quire("unclaimed", "list", capsys=capsys)
    assert {one["role"] if "role" in one else one["class"] for one in found} == {"author"}
    assert audit.findings() == []


def test_the_guide_about_money(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from quire.society import audit

    guide = (GUIDES / "money.md").read_text("utf-8")
    files(guide, ("in-euros.toml", "lump.toml", "class.txt", "settlement.toml"))
    small.receive(place)  # another plan is in force until the guide's is adopted
    known: dict[str, str] = {}
    said: list[str] = []
    for words in lines(guide):
        told = run(words, monkeypatch, capsys, **known)
        said.append(told)
        known |= learnt(told)
    text = "".join(said)
    for sentence in (
        "350.01 USD are due under south-share",
        "restated",
        "in force from 2026-01-02",
        "closed.",
        "wait to be exchanged",
        "is for runs that name it",
        "accepted: Seen in the archive",
        "20 % is kept for late claims",
        "It is not sent to that account again",
    ):
        assert sentence in text, sentence
    assert audit.findings() == []


def learnt(told: str) -> dict[str, Any]:
    """The ids of a batch and of a payment that a command named."""
    batch, payment = re.search(r"pay_\w{26}", told), re.search(r"pmt_\w{26}", told)
    return ({"BATCH": batch[0]} if batch else {}) | ({"PAYMENT": payment[0]} if payment else {})
