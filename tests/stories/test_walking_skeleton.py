"""From an access log to a payment: three members, one month, every step through the commands."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from quire.core.money import decimal_of, quanta_of
from tests import small
from tests.conftest import House


def test_january_from_the_logs_to_the_bank(
    house: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from quire.society import audit
    from quire.society.distribution import queries as distribution

    small.found(tmp_path)
    small.use(tmp_path)
    small.receive(tmp_path)

    told = small.quire("distribution", "run", "--period", "2026-01", "--by", "preparer", capsys=capsys)
    assert told["state"] == "reviewed"
    euros = told["review"]["currencies"]["EUR"]
    assert euros["received"] == "1000.000000000000"
    assert euros["deducted"] == "150.000000000000"
    assert euros["residue"] == decimal_of(0)
    names = ("allocated", "held", "unclaimed", "deducted", "fund", "residue")
    parts = [quanta_of(euros[name]) for name in names]
    assert sum(parts) == quanta_of(euros["received"])

    # Who prepared the run cannot approve it; an approver can.
    from quire.cli import main

    assert main(["distribution", "approve", "latest", "--by", "preparer"]) == 6
    told = small.quire("distribution", "approve", "latest", "--by", "approver", capsys=capsys)
    assert told["state"] == "closed"

    statements = small.quire("statements", "write", "latest", capsys=capsys)
    assert statements["statements"] == 3
    paid = small.quire(
        "payouts", "prepare", "--currency", "EUR", "--on", "2026-03-02", "--by", "preparer", capsys=capsys
    )
    assert paid["payments"] == 2  # marsh has given no bank account: carried, with the reason
    assert [one["party"] for one in paid["carried"]] == ["marsh"]
    small.quire("payouts", "settle", paid["batch"], "--on", "2026-03-02", "--by", "preparer")
    assert audit.findings() == []

    # The auditor has the bundle, the key and a statement, and the small install.
    run = distribution.row(distribution.find("latest"))
    key = house.home / "published" / "keys.json"
    statement = Path(statements["folder"]) / "gazette.json"
    for place in (run.bundle, run.bundle.with_name(run.bundle.name + ".zip")):
        assert main(["verify", str(place), "--key", str(key), "--statement", str(statement)]) == 0
    assert main(["verify", str(run.bundle)]) == 10
    oracle = subprocess.run(
        [sys.executable, "tests/core/oracle.py", str(run.bundle)],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"]},
    )
    assert oracle.returncode == 0, oracle.stdout + oracle.stderr

    # Marsh's no to Lab North from 21 January: its visits of the 5th, 7th and 20th count, later ones do not.
    lines = [json.loads(line) for line in (run.bundle / "lines.jsonl").read_text().splitlines()]
    marsh = [line for line in lines if line.get("subject") and line["from"] == "2026-01-21"]
    assert not marsh


def test_rebuilt_in_another_order_the_lines_are_the_same(
    house: House, tmp_path: Path, postgres: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    small.found(tmp_path / "one")
    small.use(tmp_path / "one")
    small.receive(tmp_path / "one")
    small.distribute()
    first = _lines()

    from tests.conftest import another_house

    with another_house(postgres, tmp_path / "two", monkeypatch):
        order = ("parties", "members", "works", "sites", "mandates", "licences")
        small.found(tmp_path / "two", order=order, reverse=True)
        small.use(tmp_path / "two", hosts=("marsh.example", "lantern.example", "gazette.example"))
        small.receive(tmp_path / "two")
        small.distribute()
        assert _lines() == first


def _lines() -> list[tuple[object, ...]]:
    """The run's lines with codes and keys in place of ids, which differ from one building to the next."""
    from quire.society.distribution.models import Line
    from quire.society.repertoire.models import Site, Work

    names = {one.tid: one.key for one in Work.objects.all()} | {
        one.tid: one.code for one in Site.objects.all()
    }
    return [
        (
            line.number,
            line.pot.licence.code,
            line.outcome,
            line.party.code if line.party else None,
            line.amount,
            names.get(line.detail.get("subject", "")),
            line.detail.get("from"),
            line.detail.get("role"),
        )
        for line in Line.objects.select_related("pot__licence", "party").order_by("number")
    ]
