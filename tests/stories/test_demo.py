"""The demonstration, as a newcomer gets it: its year, again, and what outside programs say of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

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
        "5 of 5 bundles hold",
        "every check holds",
        "Paid:",
        "The plan “demo hybrid 2026” over 4 runs, 2025-Q1 to 2025-Q4; nothing was written.",
        "a dispute about tidal-hum.example/songs/winter-and-the-moon: salt-cellar-four, disputed",
    ):
        assert sentence in account
    assert (home / "ACCOUNT.txt").read_text() == account
    assert len(list((home / "published" / "bundles").glob("*.zip"))) == 5
    assert b"<svg" in (home / "replay.html").read_bytes()
    assert list((home / "payments").glob("*/pain.001.001.09.xml"))


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
