"""Runs whose plan asks for more than requests: works nobody used, weighings, evidence, pools and bounds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from quire.core import bundle, canonical
from quire.core.errors import QuireError
from quire.core.money import quanta_of
from quire.core.tokens import KeySet
from quire.core.verify import verify
from tests.rooms.distribution_desk import Desk, audit, balance, built, desk, eur, euros, got

__all__ = ["built", "desk"]

WORKS = """name = "training"
[[share]]
label = "training"
portion = "100%"
key = "equal"
among = "works"
"""
FOUND = """name = "output"
[[share]]
label = "output"
portion = "100%"
  [[share.share]]
  label = "found"
  portion = "75%"
  key = "attribution"
  of = "first quarter"
  [[share.share]]
  label = "seats"
  portion = "25%"
  key = "units"
  of = "seats"
"""
POOLED = """name = "pooled"
[evidence]
none = "1"
"*" = "3"
[[deduct]]
label = "administration"
rate = "10%"
to = "society:administration"
ceiling = ["EUR 50.00"]
[[share]]
label = "use"
portion = "60%"
key = "usage"
weight = ["evidence"]
income = "pooled"
cap = "50%"
[[share]]
label = "floor"
portion = "40%"
key = "equal"
"""


def published(desk: Desk, run: Any) -> bundle.Bundle:
    """The run's bundle, which holds."""
    from quire.society.distribution import queries

    found = bundle.read(queries.row(run).bundle)
    keys = json.loads((desk.house.home / "published" / "keys.json").read_text())["keys"]
    verdict = verify(found, KeySet.of(*keys))
    assert verdict.holds, verdict.sentence()
    return found


def records(found: bundle.Bundle, name: str) -> list[dict[str, Any]]:
    return [record for _, record in canonical.read_lines(found[name])]


def handed_in(desk: Desk, folder: Path, name: str, kind: str, rows: str) -> Any:
    from quire.society.distribution import actions
    from quire.society.kit import tables

    place = folder / "weights.csv"
    place.write_text(rows)
    return actions.import_weighing(
        name=name, kind=kind, rows=tables.read(place, ["of", "weight", "low", "high"], ["of", "weight"]),
        data=place.read_bytes(), method="influence functions", error="± 10 %", by=desk.preparer,
    )  # fmt: skip


def work(url: str) -> str:
    from quire.society.kit import ids
    from quire.society.repertoire import queries

    return ids.show("wrk", queries.work_id(url))


def test_every_mandated_work_has_its_part_whether_anybody_used_it_or_not(desk: Desk) -> None:
    from quire.society.repertoire import actions

    actions.register_work(
        title="Never read", member="marsh", url="https://marsh.example/unread", by=desk.preparer
    )
    desk.adopt(WORKS)
    desk.receive("R-1", "900.00")
    run = desk.closed()
    parts = euros(run)
    assert sum(parts.values()) == eur("900.00")
    lines = records(published(desk, run), "lines.jsonl")
    assert work("https://marsh.example/unread") in {line["subject"] for line in lines}
    assert all("requests" not in line for line in lines)
    each = {line["subject"]: 0 for line in lines}
    for line in lines:
        each[line["subject"]] += quanta_of(line["amount"])
    assert set(each.values()) == {eur("180.00")}


def test_a_run_divides_by_files_of_weights_and_says_which(desk: Desk, tmp_path: Path) -> None:
    desk.adopt(FOUND)
    desk.receive("R-1", "400.00")
    with pytest.raises(QuireError, match="nobody has handed in"):
        desk.forecast()
    used = work("https://lantern.example/p/1")
    rows = f"of,weight,low,high\n{used},2,1.5,3\n{work('https://marsh.example/one')},1/2,,\n"
    handed_in(desk, tmp_path, "first quarter", "attribution", "of,weight,low,high\nmarsh,7,,\n")
    newest = handed_in(desk, tmp_path, "first quarter", "attribution", rows)
    handed_in(desk, tmp_path, "seats", "units", "of,weight\ngazette,1\nmarsh,3\nlab-north,1\n")
    run = desk.closed()
    assert euros(run) == {
        ("lantern", "payable"): eur("240.00"),
        ("marsh", "payable"): eur("60.00") + eur("75.00"),
        ("gazette", "payable"): eur("25.00"),
    }
    found = published(desk, run)
    head = {one["weighing"]: one for one in records(found, "weighings.jsonl")}
    assert head["first quarter"]["digest"] == newest.digest
    line = next(one for one in records(found, "lines.jsonl") if one.get("subject") == used)
    assert (line["weight"], line["low"], line["high"]) == ("2/1", "3/2", "3/1")


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ("of,weight,low,high\nmarsh,-1,,\n", "Line 2: a weight is a text"),
        ("of,weight,low,high\nnobody-here,1,,\n", "Line 2: .* is no work, site or party"),
        ("of,weight,low,high\nmarsh,1,,\nmarsh,2,,\n", "twice"),
        ("of,weight,low,high\nmarsh,1,2,3\n", "between its bounds"),
        ("of,weight,low,high\nmarsh,1,0,\n", "both bounds"),
        ("of,weight,low,high\nmarsh,0,,\n", "Nothing in the file weighs"),
    ],
)
def test_a_file_of_weights_is_taken_whole_or_not_at_all(
    desk: Desk, tmp_path: Path, rows: str, why: str
) -> None:
    from quire.society.distribution.models import Weighing

    with pytest.raises(QuireError, match=why):
        handed_in(desk, tmp_path, "seats", "units", rows)
    assert not Weighing.objects.exists()


def test_pots_of_a_currency_are_pooled_divided_within_bounds_and_posted(desk: Desk) -> None:
    desk.adopt(POOLED)
    desk.receive("R-1", "1000.00")
    desk.receive("R-2", "0.05", "south-2026")
    run = desk.closed()
    sums = got(run)
    # Of 1000.00 a tenth would be 100.00, but the ceiling is 50.00; 570.00 go into the pool, 380.00 to all.
    assert sums["administration", "deducted", "EUR"] == eur("50.00")
    assert sums["use", "pooled", "EUR"] == eur("570.00")
    paid = {name: n for (name, outcome, unit), n in sums.items() if (outcome, unit) == ("payable", "EUR")}
    assert sum(paid.values()) == eur("950.00")
    found = published(desk, run)
    totals = {one["pot"]: one for one in records(found, "totals.jsonl")}
    assert totals["pool:use:EUR"]["received"] == "570.000000000000"
    lines = [one for one in records(found, "lines.jsonl") if one["pot"] == "pool:use:EUR"]
    assert {one["evidence"] for one in lines} == {"none"}
    assert len({one["source"] for one in lines}) == 1
    assert sum(quanta_of(one["amount"]) for one in lines) == eur("570.00")
    assert balance(f"rights:unallocated:{run.pots.get(pool='pool:use:EUR').tid}") == 0
    assert audit() == []


def test_a_statement_tells_of_a_pool(desk: Desk) -> None:
    from quire.society.parties import queries as parties
    from quire.society.statements import queries

    desk.adopt(POOLED)
    desk.receive("R-1", "1000.00")
    run = desk.closed()
    told = queries.statement(run, parties.party("gazette").id)
    pot = next(one for one in told.pots if one.tid == "pool:use:EUR")
    assert pot.received == eur("570.00")
    assert sum(line.amount for line in told.lines) == told.sums[0].credited


def test_evidence_is_counted_by_its_last_word_and_what_is_not_known_as_none() -> None:
    from datetime import date

    import duckdb

    from quire.core.plan import EVIDENCE
    from quire.society.usage import measures

    words = ("key", "token+signature", "address", "name", "token", "", None, "guess", "name")
    subject = "01900000-0000-7000-8000-000000000001"
    with duckdb.connect() as db:
        db.execute(
            "CREATE TABLE usage (starts TIMESTAMPTZ, operator VARCHAR, use VARCHAR, work UUID, site UUID, "
            "count BIGINT, evidence VARCHAR)"
        )
        rows = [("2026-01-05 12:00:00+00", "OpenAI", "ai-train", subject, None, 2, word) for word in words]
        db.executemany("INSERT INTO usage VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        db.execute("CREATE TABLE subjects AS SELECT ?::UUID AS id, 7::BIGINT AS ordinal", [subject])
        span = (date(2026, 1, 1), date(2026, 2, 1))
        found = db.execute(*measures.counts(*span, {"OpenAI": 0}, (), shown=True)).fetchall()
        plain = db.execute(*measures.counts(*span, {"OpenAI": 0}, ())).fetchall()
    assert {EVIDENCE[row[3]]: row[4] for row in found} == {
        "key": 2, "signature": 2, "address": 2, "name": 4, "token": 2, "none": 6
    }  # fmt: skip
    assert plain == [(0, 7, 0, 18)]
