"""The demonstration, as a newcomer gets it: its year, again, and what outside programs say of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from quire.core.money import Money

PRICE = Money.parse("0.002", "EUR")

pytestmark = pytest.mark.more


@pytest.fixture(scope="module")
def demo() -> Iterator[tuple[Path, dict[str, str], str]]:
    """The demonstration's home, the environment of its commands, and the account it printed."""
    with tempfile.TemporaryDirectory(prefix="quire-demo-") as folder:
        Path(folder).chmod(0o755)
        env = {**os.environ, "QUIRE_HOME": f"{folder}/var"}
        env.pop("DJANGO_SETTINGS_MODULE", None)
        try:
            yield Path(folder) / "var" / "demo", env, _quire(env, "demo", "build", "--scale", "0.2")
        finally:
            _quire(env, "demo", "stop")


def _quire(env: dict[str, str], *words: str, code: int = 0) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "quire.cli", *words], env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout


def test_the_account_says_what_happened_and_where_it_lies(demo: tuple[Path, dict[str, str], str]) -> None:
    home, _, account = demo
    for sentence in (
        "42 members; 3 applicants were refused",
        "7 of 7 bundles hold",
        "every check holds",
        "Paid:",
        "The plan “demo hybrid 2026” over 4 runs, 2025-Q1 to 2025-Q4; nothing was written.",
        "The Lone Kettle's log of the first quarter came when that had been divided",
        "the next run gave",
        "were found, and paid with its history:",
        "are on the public list",
        "came back, as the account is closed",
        "a dispute about tidal-hum.example/songs/winter-and-the-moon: salt-cellar-four, disputed",
    ):
        assert sentence in account
    assert (home / "ACCOUNT.txt").read_text() == account
    assert len(list((home / "published" / "bundles").glob("*.zip"))) == 7
    assert b"<svg" in (home / "replay.html").read_bytes()
    assert list((home / "payments").glob("*/pain.001.001.09.xml"))


def test_each_kind_of_line_is_on_a_statement(demo: tuple[Path, dict[str, str], str]) -> None:
    """Every link of a chain, late usage, a correction and an estimate stand on somebody's statement."""
    home, _, _ = demo
    (roster,) = {
        one["record"]["via"][0]
        for one in _lines(home, "tidal-hum")
        if "you keep 40 % under tidal-hum-roster" in one.get("agreed", "")
    }
    for code in ("salt-cellar-four", "wicker-lane-songs"):
        further = [one for one in _lines(home, code) if roster in one["record"].get("via", ())]
        assert further
        assert all(len(one["record"]["via"]) == 2 and "salt-cellar-desk" in one["agreed"] for one in further)
    assert any("late" in one["record"] for one in _lines(home, "the-lone-kettle"))
    assert any(one["record"]["share"] == "recovery" for one in _lines(home, "halflight"))
    assert any("estimate" in one["record"] for one in _lines(home, "glimmerlight"))


def _lines(home: Path, code: str) -> list[Any]:
    """Every line of a party's statements."""
    files = home.glob(f"statements/*/{code}.json")
    return [line for path in files for line in json.loads(path.read_text())["lines"]]


def test_one_song_is_still_on_the_public_list(demo: tuple[Path, dict[str, str], str]) -> None:
    home, env, _ = demo
    listed = json.loads((home / "published" / "unclaimed.json").read_text())["items"]
    assert {one["work"] for one in listed} == {"tidal-hum.example/songs/swallow-without-the-snow"}
    awards = json.loads(
        _quire({**env, "QUIRE_HOME": str(home)}, "statements", "awards", "salt-cellar-four", "--json")
    )
    assert {one["because"] for one in awards} == {
        "Found to be yours: tidal-hum.example/songs/willow-against-the-tide, as performer"
    }


def test_crawlers_were_let_in_charged_and_counted(demo: tuple[Path, dict[str, str], str]) -> None:
    home, env, account = demo
    lines = (home / "edges" / "lab-east.receipts.jsonl").read_text().splitlines()
    receipts = [json.loads(line) for line in lines]
    paid = [Money.parse(one["charged"], "EUR") for one in receipts if "charged" in one]
    assert len(paid) == 120, "every page of both sites was for sale"
    (balance,) = json.loads(_quire({**env, "QUIRE_HOME": str(home)}, "credit", "list", "--json"))
    assert Money.parse(balance["balance"], "EUR") == Money.parse("20", "EUR") - PRICE * 120
    assert f"{PRICE * 120} were charged" in account
    assert "got 116 pages; 4 its members do not give for that" in account
    assert "was answered 20 times 402" in account
    assert "40 of 40 readers were let through" in account
    assert "236 requests count" in account
    edges = json.loads(_quire({**env, "QUIRE_HOME": str(home)}, "edges", "list", "--json"))
    assert [one["alarms"] for one in edges] == [[], []]


def test_again_it_starts_from_what_is_there(demo: tuple[Path, dict[str, str], str]) -> None:
    home, env, account = demo
    bundles = {path.name: path.stat().st_mtime_ns for path in (home / "published" / "bundles").glob("*.zip")}
    assert _quire(env, "demo", "build", "--scale", "0.2") == account
    assert {
        path.name: path.stat().st_mtime_ns for path in (home / "published" / "bundles").glob("*.zip")
    } == bundles


def test_outside_programs_agree(demo: tuple[Path, dict[str, str], str]) -> None:
    home, _, _ = demo
    bean_check = Path(sys.executable).with_name("bean-check")
    done = subprocess.run(
        [bean_check, home / "ledger.beancount"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for place in sorted((home / "published" / "bundles").iterdir()):
        if place.is_dir():
            oracle = [sys.executable, "tests/core/oracle.py", str(place)]
            done = subprocess.run(oracle, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stdout + done.stderr


def test_every_statement_is_proved_by_its_bundle(demo: tuple[Path, dict[str, str], str]) -> None:
    from quire.core import bundle, verify

    home, _, _ = demo
    seen = 0
    for folder in sorted((home / "statements").iterdir()):
        found = bundle.read(home / "published" / "bundles" / folder.name)
        for path in sorted(folder.glob("*.json")):
            verdict = verify.verify_statement(found, path.read_bytes())
            assert verdict.holds, (path.name, verdict.findings)
            seen += 1
    assert seen > 150
