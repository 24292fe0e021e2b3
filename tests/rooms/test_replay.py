"""A plan replayed over runs that are closed: beside what they gave, exactly, and without a trace."""

from __future__ import annotations

import csv
import io
import json
import re
import shlex
from datetime import date
from fractions import Fraction
from importlib.resources import files
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from quire.cli import main
from quire.core.errors import QuireError
from quire.core.plan import PlanWrong
from quire.core.replay import Comparison
from tests.rooms.distribution_desk import (
    FEBRUARY,
    JANUARY,
    Desk,
    built,
    desk,
    eur,
    euros,
    everything,
    january,
)
from tests.rooms.test_survey_run import PLAN as BY_SURVEY
from tests.rooms.test_survey_run import surveyed

__all__ = ["built", "desk", "january"]

BY_WORKS = """name = "works"
[[share]]
label = "works"
portion = "100%"
key = "equal"
among = "works"
"""
BY_EVIDENCE = """name = "shown"
[evidence]
key = "2"
none = "1"
[[share]]
label = "use"
portion = "100%"
key = "usage"
weight = "evidence"
"""


def shipped(name: str) -> str:
    return (files("quire.core") / "plans" / f"{name}.toml").read_text()


def told(text: str, against: str = "LAST-12") -> dict[str, Comparison]:
    from quire.society.distribution.replay import replay

    return {one.currency: one for one in replay(text, against=against).comparisons}


def by_code(one: Comparison) -> dict[str, tuple[int, int]]:
    """Member to what they had and would have had."""
    from quire.society.kit import ids
    from quire.society.parties import queries

    names = {row.party: queries.party(ids.read("pty", row.party)).code for row in one.rows}
    return {names[row.party]: (row.had, row.would) for row in one.rows}


def test_the_same_plan_changes_nothing_to_the_quantum(january: Desk) -> None:
    run = january.closed()
    found = told(shipped("hybrid"))
    assert set(found) == {"EUR", "USD"}
    for one in found.values():
        assert all(row.difference == 0 for row in one.rows)
        assert (one.all.gain, one.all.lose, one.had) == (0, 0, one.would)
        assert all(had == would for had, would in one.outcomes.values())
    had = {name: both[0] for name, both in by_code(found["EUR"]).items()}
    assert had == {name: amount for (name, outcome), amount in euros(run).items() if outcome == "payable"}


def test_what_some_gain_others_lose_where_deductions_are_alike(january: Desk) -> None:
    january.closed()
    one = told(shipped("per-usage"))["EUR"]
    # 850.00 by 17 requests, 50.00 each, in place of a third of 340.00 and 30.00 each.
    assert {name: would for name, (_, would) in by_code(one).items()} == {
        "gazette": eur("500"), "lantern": eur("200"), "marsh": eur("150")
    }  # fmt: skip
    assert one.all.gained == one.all.lost > 0
    assert (one.all.gain, one.all.lose) == (1, 2)
    assert one.outcomes["deducted"] == (eur("150"), eur("150"))
    assert one.would.gini == Fraction(2 * (500 - 150), 3 * 850)
    assert one.would.median == eur("200")
    assert [group.people for group in one.tenths] == [1, 1, 1]


def test_a_run_by_the_plan_gives_what_its_replay_said(january: Desk) -> None:
    january.closed()
    said = told(shipped("tiered"))
    january.adopt("tiered", date(2026, 1, 2))
    january.receive("R-3", "1000.00")
    run = january.closed(plan="tiered")
    given = {name: amount for (name, outcome), amount in euros(run).items() if outcome == "payable"}
    would = {name: would for name, (_, would) in by_code(said["EUR"]).items() if would}
    assert would == given


def test_which_runs_are_replayed(january: Desk) -> None:
    from quire.society.distribution.errors import NothingToReplay

    first = january.closed()
    january.receive("R-3", "90.00", period=FEBRUARY)
    second = january.closed(FEBRUARY)
    january.receive("R-4", "7.00")
    open_one = january.reviewed()
    sums = {
        against: sum(row.had for row in told(shipped("hybrid"), against)["EUR"].rows)
        + told(shipped("hybrid"), against)["EUR"].outcomes.get("held", (0, 0))[0]
        for against in ("LAST-12", "last-1", JANUARY, "2026", first.tid, f"{first.tid},{second.tid}")
    }
    both = sums["LAST-12"]
    assert sums[JANUARY] == sums[first.tid] == eur("850")
    assert sums["2026"] == sums[f"{first.tid},{second.tid}"] == both
    assert sums["last-1"] == both - eur("850")
    for against in ("LAST-0", "2025", open_one.tid):
        with pytest.raises(NothingToReplay):
            told(shipped("hybrid"), against)
    with pytest.raises(QuireError, match="LAST-12"):
        told(shipped("hybrid"), "lately")
    with pytest.raises(PlanWrong):
        told("name = 'none'")


def test_nothing_is_written_and_writing_is_refused(january: Desk) -> None:
    january.closed()
    before = everything()
    told(shipped("per-usage"))
    assert everything() == before


def test_the_database_itself_keeps_a_replay_from_writing(
    january: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import InternalError

    from quire.society.distribution import replay as room
    from quire.society.kit import acts

    january.closed()
    monkeypatch.setattr(room, "_both", lambda *_: acts.record("distribution.open", None, by=january.preparer))
    with pytest.raises(InternalError, match="read-only"):
        room.replay(shipped("hybrid"))


def test_what_was_not_frozen_is_gathered_again_and_said(january: Desk) -> None:
    from quire.society.distribution.replay import replay

    january.closed()
    surveyed(january)
    found = replay(BY_SURVEY)
    assert any("survey “offices”" in notice for notice in found.notices)
    one = next(one for one in found.comparisons if one.currency == "EUR")
    assert one.outcomes["payable"] == (eur("850"), eur("1000"))
    assert one.all.gained - one.all.lost == eur("150")


def test_works_that_nobody_used_are_gathered_too(january: Desk) -> None:
    from quire.society.repertoire import actions

    actions.register_work(
        title="Never read", member="marsh", url="https://marsh.example/never", by=january.preparer
    )
    january.closed()
    one = told(BY_WORKS)["EUR"]
    # Five works, 200 each; Lantern owns one and a third of another, Marsh one that was read and one that was
    # not. A quantum that the third leaves is Lantern's, whose remainder is the larger.
    assert {name: would for name, (_, would) in by_code(one).items()} == {
        "gazette": eur("1000") // 3, "lantern": eur("800") // 3 + 1, "marsh": eur("400")
    }  # fmt: skip


def test_usage_is_counted_again_by_what_requests_showed(january: Desk) -> None:
    from quire.society.distribution.replay import replay

    january.closed()
    found = replay(BY_EVIDENCE)
    assert any("what requests showed" in notice for notice in found.notices)
    assert not any("not what it was" in notice for notice in found.notices)
    one = next(one for one in found.comparisons if one.currency == "EUR")
    # A log shows nothing of who asks, so all of it weighs alike: 17 requests.
    assert by_code(one)["gazette"][1] == eur("10000") // 17


def test_what_is_not_there_is_named(january: Desk) -> None:
    january.closed()
    with pytest.raises(QuireError, match="offices"):
        told(BY_SURVEY)


def test_a_plan_with_a_currency_converts_by_the_rate_on_record(january: Desk) -> None:
    from quire.society.distribution.replay import replay
    from quire.society.invoicing import actions

    january.closed()
    text = 'currency = "EUR"\n' + shipped("hybrid")
    with pytest.raises(QuireError, match="No rate of USD to EUR"):
        replay(text)
    actions.record_rate(
        have="USD", want="EUR", rate="0.5", source="ECB", on=date(2026, 1, 30), by=january.preparer
    )
    found = replay(text)
    sums = {one.currency: sum(both[1] for both in one.outcomes.values()) for one in found.comparisons}
    assert sums == {"EUR": eur("1000.025"), "USD": 0}
    assert any("USD would be divided in EUR" in notice for notice in found.notices)


def test_the_command_says_it_in_every_form(
    january: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    january.closed()
    capsys.readouterr()
    names = {name: tmp_path / f"out.{name}" for name in ("svg", "page", "csv")}
    words = [word for name, place in names.items() for word in (f"--{name}", str(place))]
    assert main(["plan", "replay", "per-usage", "--against", JANUARY, *words]) == 0
    text = capsys.readouterr().out
    assert "1 would have had more, 86.66 EUR together; 2 less, 86.66 EUR together" in text
    assert main(["plan", "replay", "per-usage", "--json"]) == 0
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    everybody = document["currencies"]["EUR"]["all"]
    assert everybody["gained"] == everybody["lost"] == "86.666666666666"
    assert document["currencies"]["EUR"]["spread"]["would"]["gini"] == "14/51"

    rows = list(csv.DictReader(io.StringIO(names["csv"].read_text())))
    assert {row["member"]: row["would"] for row in rows if row["currency"] == "EUR"}["marsh"] == (
        "150.000000000000"
    )
    assert not any(cell.startswith("'") for row in rows for cell in row.values())
    drawing = ElementTree.parse(names["svg"]).getroot()
    tags = [child.tag.rpartition("}")[2] for child in drawing]
    assert tags[:3] == ["title", "desc", "style"]
    assert tags.count("rect") == 6
    assert drawing.attrib["role"] == "img"
    assert drawing.attrib["viewBox"].startswith("0 0 390 ")
    page = names["page"].read_text()
    assert "<svg" in page
    assert page.count("<table>") >= 8
    assert "Harbour Gazette" in page
    assert "http://" not in page.replace("http://www.w3.org/2000/svg", "")
    assert "https://" not in page


def test_the_guide_is_true(
    january: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    january.closed()
    guide = (Path(__file__).parents[2] / "docs/guides/plans.md").read_text("utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("QUIRE_USER", "preparer")
    (plan,) = re.findall(r"```toml\n(.*?)```", guide, re.DOTALL)
    Path("quarter-floor.toml").write_text(plan)
    lines = [
        line for block in re.findall(r"```sh\n(.*?)```", guide, re.DOTALL) for line in block.splitlines()
    ]
    assert len(lines) >= 7
    for line in lines:
        assert main(shlex.split(line)[1:]) == 0, line
    assert {one.name for one in tmp_path.glob("replay.*")} == {"replay.html", "replay.svg", "replay.csv"}
    assert "quarter floor" in capsys.readouterr().out


def test_who_goes_by_a_pseudonym_is_told_by_name(january: Desk) -> None:
    from quire.society.parties import actions

    actions.set_pseudonym(party="marsh", on=True, by=january.preparer)
    january.closed()
    one = told(shipped("per-usage"))["EUR"]
    assert by_code(one)["marsh"][1] == eur("150")
