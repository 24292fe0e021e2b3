"""A member whom bundles call by another name: paid as before, proved as before, and named nowhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from quire.core.bundle import read
from tests.rooms.distribution_desk import FEBRUARY, Desk, built, desk, eur, january, of
from tests.rooms.test_corrections import corrected, debts, holds
from tests.small import quire

__all__ = ["built", "desk", "january"]


def folder(run: Any) -> Path:
    from quire.society.distribution import publishing

    return publishing.folder(run)


def tid(code: str) -> str:
    from quire.society.parties import queries

    return str(queries.party(code).tid)


def hide(code: str, capsys: pytest.CaptureFixture[str], on: str = "--on") -> str:
    return str(quire("members", "pseudonym", code, on, "--by", "preparer", capsys=capsys)["pseudonym"])


def test_nobody_finds_the_member_in_the_bundle_and_it_is_paid_all_the_same(
    january: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    name = hide("lantern", capsys)
    assert name.startswith("psn_")
    run = january.closed()
    holds(run)
    files = read(folder(run)).contents
    assert not any(tid("lantern").encode() in data for data in files.values())
    assert name.encode() in files["lines.jsonl"]
    assert of("payable", "lantern") > 0
    order = [record["party"] for _, record in read(folder(run)).records("parties.jsonl")]
    assert order.index(tid("gazette")) < order.index(name) < order.index(tid("marsh")), "ordinals stay"


def test_the_statement_tells_the_name_and_is_proved_by_it(
    january: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from quire.society.kit.config import home
    from quire.society.statements import queries, render

    name = hide("lantern", capsys)
    run = january.closed()
    files = render.files(queries.statement(run, "lantern"))
    assert name in files["lantern.html"].decode()
    place = tmp_path / "lantern.json"
    place.write_bytes(files["lantern.json"])
    keys = home() / "published" / "keys.json"
    quire("verify", folder(run), "--key", keys, "--statement", place)
    proof = tmp_path / "lantern.proof"
    told = quire("statements", "proof", "--run", run.tid, "--party", "lantern", "-o", proof, capsys=capsys)
    assert tid("lantern").encode() not in proof.read_bytes()
    quire("verify", "--proof", proof, "--root", told["root"])
    quire("statements", "write", run.tid)


def test_a_name_is_the_same_in_every_run_and_on_every_return(
    january: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    name = hide("lantern", capsys)
    january.closed()
    assert hide("lantern", capsys, "--off") == name
    january.receive("R-feb", "30.00", period=FEBRUARY)
    second = january.closed(FEBRUARY)
    assert tid("lantern").encode() in read(folder(second))["parties.jsonl"]
    assert hide("lantern", capsys) == name
    secret = january.house.home / "keys" / "pseudonyms"
    assert secret.stat().st_mode & 0o077 == 0
    assert len(secret.read_bytes()) == 32


def test_debts_and_corrections_are_between_the_same_parties_whatever_they_are_called(
    january: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    first = january.closed()
    corrected(january, first)
    hide("gazette", capsys)
    hide("marsh", capsys)
    january.receive("R-feb", "300.00", period=FEBRUARY)
    run = january.closed(FEBRUARY)
    holds(run)
    assert debts() == [("gazette", "marsh", eur("52.5"))]
    assert tid("marsh").encode() not in read(folder(run))["outstanding.jsonl"]
    quire("verify", folder(run), "--key", _keys(), "--previous", folder(first))
    january.receive("R-mar", "600.00", period="2026-03")
    holds(january.closed("2026-03"))
    assert debts() == []


def _keys() -> Path:
    from quire.society.kit.config import home

    return home() / "published" / "keys.json"


def test_a_replay_compares_the_member_with_itself(january: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    hide("lantern", capsys)
    january.closed()
    from quire.society.distribution.replay import replay

    text = (Path(__file__).parents[2] / "src/quire/core/plans/hybrid.toml").read_text()
    told = replay(text, against="LAST-1")
    assert tid("lantern") in told.names
