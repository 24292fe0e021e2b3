"""The importer against the generator's own truth: every file, every heading, lines and requests alike.

The generator imports nothing of Quire and Quire nothing of it; what both know are the society's files.
"""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

SOCIETY = Path(__file__).parents[2] / "examples/society"


def made(out: Path, scale: str) -> Path:
    command = [sys.executable, str(SOCIETY / "generate.py"), "--out", str(out), "--scale", scale]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return out


def rows(path: Path) -> list[dict[str, str]]:
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def found(folder: Path, by: Any) -> None:
    """The society of ``examples/society``, by the imports that anybody would use."""
    from quire.society.distribution import actions as distribution
    from quire.society.licensing import actions as licensing
    from quire.society.mandates import actions as mandates
    from quire.society.membership import actions as membership
    from quire.society.membership import rules
    from quire.society.parties import actions as parties
    from quire.society.repertoire import actions as repertoire

    parties.found_society(**tomllib.loads((SOCIETY / "society.toml").read_text()))
    criteria = tomllib.loads((SOCIETY / "criteria.toml").read_text())
    membership.adopt_criteria(
        rules=rules.from_json(criteria["criterion"]),
        starts=date.fromisoformat(criteria["from"]),
        decision=criteria["decision"],
    )
    parties.import_parties(path=SOCIETY / "parties.csv", by=by)
    taken = membership.import_members(path=SOCIETY / "members.csv", by=by)
    assert {one.code for one in taken.applicants_refused} == {"clickmill", "copyhaus", "ten-things"}
    assert all(len(one.reasons) > 1 for one in taken.applicants_refused)
    assert taken.admitted == len(rows(SOCIETY / "members.csv")) - 3
    repertoire.import_sites(SOCIETY / "sites.csv", by=by)
    assert repertoire.import_works(folder / "works.csv", by=by).added == len(rows(folder / "works.csv"))
    repertoire.import_shares(folder / "shares.csv", by=by)
    licensing.import_licences(SOCIETY / "licences.csv", by=by)
    mandates.import_mandates(path=SOCIETY / "mandates.csv", by=by)
    mandates.import_direct_licences(path=SOCIETY / "direct.csv", by=by)
    for row in rows(SOCIETY / "notices.csv"):
        on, ends = (date.fromisoformat(row[column]) for column in ("on", "ends"))
        mandates.leave(member=row["member"], notice_on=on, ends=ends, by=by)
    for row in rows(SOCIETY / "plans.csv"):
        text = (SOCIETY / row["file"]).read_text()
        starts = date.fromisoformat(row["from"])
        distribution.adopt_plan(text=text, starts=starts, decision=row["decision"], by=by)


def plain(account: dict[str, Any]) -> dict[str, Any]:
    return {name: account[name] for name in ("lines", "headings")}


def test_the_importer_counts_what_the_generator_wrote(tmp_path: Path, house: Any, people: Any) -> None:
    """The first quarter, and few visits: each file costs the same however short it is."""
    _compare(made(tmp_path / "demo", "0.05"), people["preparer"], ("2025-Q1",))


@pytest.mark.more
def test_the_importer_counts_the_whole_year(tmp_path: Path, house: Any, people: Any) -> None:
    _compare(made(tmp_path / "demo", "1.0"), people["preparer"], ("2025-Q1", "2025-Q2", "2025-Q3", "2025-Q4"))


def _compare(folder: Path, by: Any, quarters: Sequence[str]) -> None:
    from quire.society.invoicing import actions as invoicing
    from quire.society.usage import actions, queries

    found(folder, by)
    manifest = json.loads((folder / "manifest.json").read_text())
    files = [file for file in manifest["files"] if file["path"].split("/")[1] in quarters]
    assert len(files) == 16 * len(quarters)
    imported = []
    for file in files:
        result = actions.import_file(folder / file["path"], host=file["host"] or None, by=by)
        assert result.imported.digest == file["digest"]
        assert (file["path"], plain(result.account.as_json())) == (file["path"], plain(file))
        imported.append(result.imported)
    # Headings are worked out from what is on record, so the accounts of the first files are still the same.
    for record, file in zip(imported[:6], files, strict=False):
        assert plain(queries.account_of(record).as_json()) == plain(file)
    _owes_what_follows([fee for fee in manifest["fees"] if fee["period"] in quarters], by)
    booked = invoicing.import_receipts(folder / "receipts.csv", by=by)
    assert booked.added == len(rows(folder / "receipts.csv"))


def _owes_what_follows(fees: list[dict[str, Any]], by: Any) -> None:
    """What is due, and the requests and works it is due for, as Quire finds them in what it imported."""
    from quire.core.money import Money
    from quire.society.invoicing import actions as invoicing
    from quire.society.kit import periods
    from quire.society.usage import queries

    for fee in fees:
        span = periods.parse(fee["period"])
        counts = queries.fee_counts(fee["licence"], span.starts, span.ends)
        invoice = invoicing.issue_invoice(licence=fee["licence"], period=span, counts=counts, by=by)
        due = Money.parse(fee["due"], fee["currency"])
        told = (
            sum(one[1] for one in counts),
            sum(one[2] for one in counts),
            Money(invoice.amount, fee["currency"]),
        )
        assert (fee["licence"], fee["period"], *told) == (
            fee["licence"], fee["period"], fee["requests"], fee["works"], due,
        )  # fmt: skip
