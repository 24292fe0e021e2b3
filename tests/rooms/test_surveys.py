"""A survey from its draft to its estimates: by commands, by the room's own verbs, and against the walls."""

from __future__ import annotations

import json
import re
import shlex
from fractions import Fraction
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from django.db import Error, IntegrityError, connection, transaction

from quire.cli import main
from quire.core import survey
from quire.core.errors import QuireError
from quire.society.kit.tables import TableRefused
from tests.rooms import walls
from tests.rooms.usage_society import Society

UNITS = "unit,stratum,fee,take\n" + "".join(
    [f"chain-{n},chains,{400 + n}.00,all\n" for n in range(2)]
    + [f"office-{n:02},offices,{20 + n}.50,\n" for n in range(12)]
    + [f"desk-{n:02},desks,{4 + n}.00,sample\n" for n in range(10)]
)
WORK = "https://paper.example/a"


@pytest.fixture
def society(people: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Society:
    """A newspaper with a site and a work; it is 10 April 2026."""
    monkeypatch.setenv("QUIRE_TODAY", "2026-04-10")
    made = Society(tmp_path, people["preparer"])
    made.site()
    made.work(WORK)
    return made


def actions() -> Any:
    from quire.society.surveys import actions

    return actions


def queries() -> Any:
    from quire.society.surveys import queries

    return queries


def drafted(society: Society, text: str = UNITS, **other: Any) -> Any:
    given = {"name": "offices-2026", "period": "2026-Q1", "size": 10, "by": society.user}
    return actions().draft(society.file(text, "units.csv"), **{**given, **other})


def drawn(society: Society, **other: Any) -> list[str]:
    name = drafted(society, **other).name
    actions().publish(name=name, by=society.user)
    found: list[str] = actions().draw(name=name, by=society.user)
    return found


def report(society: Society, rows: str, **other: Any) -> Any:
    path = society.file("unit,work,requests\n" + rows, "reports.csv")
    return actions().import_reports(path, name="offices-2026", by=society.user, **other)


def told() -> list[str]:
    from quire.society.surveys.checks import CHECKS

    return [sentence for check in CHECKS for sentence in check()]


def work_of(society: Society) -> str:
    from quire.society.kit import ids
    from quire.society.repertoire import queries

    return ids.show("wrk", queries.work_id(WORK))


# The way of a survey


def test_a_survey_is_drafted_published_drawn_reported_and_closed(society: Society) -> None:
    made = drafted(society)
    assert made.stage == "drafted"
    assert queries().survey_row("offices-2026").seed == ""
    published = actions().publish(name="offices-2026", by=society.user)
    row = queries().survey_row("offices-2026")
    assert (row.stage, row.seed) == ("published", "")
    assert row.digest == published.digest == queries().design_of("offices-2026").digest
    drawn_units = actions().draw(name="offices-2026", by=society.user)
    row = queries().survey_row("offices-2026")
    assert row.commitment == "sha256:" + sha256(row.seed.encode()).hexdigest()
    assert drawn_units == list(survey.draw(queries().design_of("offices-2026"), row.seed))
    assert drawn_units[:2] == ["chain-0", "chain-1"]  # taken whole
    assert len(drawn_units) == 10
    assert {u.code for u in queries().units("offices-2026") if u.drawn} == set(drawn_units)
    account = report(society, "".join(f"{unit},{WORK},{n + 1}\n" for n, unit in enumerate(drawn_units[:-1])))
    assert (len(account.added), account.missing) == (9, drawn_units[-1:])
    found = actions().close(name="offices-2026", by=society.user)
    assert list(found) == [work_of(society)]
    assert found[work_of(society)].proxied
    frozen = queries().frozen("offices-2026")
    assert survey.estimates(frozen) == found
    assert frozen.missing == tuple(drawn_units[-1:])
    assert told() == []


def test_two_drafts_have_two_seeds_and_the_later_stands(society: Society) -> None:
    drafted(society)
    first = queries().survey_row("offices-2026").commitment
    drafted(society, size=11)
    again = queries().survey_row("offices-2026")
    assert again.commitment != first
    assert again.size == 11
    assert len(queries().units("offices-2026")) == 24


def test_a_beacon_is_mixed_into_the_draw(society: Society) -> None:
    drafted(society, beacon="the first lottery of May 2026")
    actions().publish(name="offices-2026", by=society.user)
    with pytest.raises(QuireError, match="has no value"):
        actions().draw(name="offices-2026", by=society.user)
    actions().draw(name="offices-2026", beacon_value="4 8 15 16 23 42", by=society.user)
    assert queries().survey_row("offices-2026").beacon_value == "4 8 15 16 23 42"
    assert told() == []


# Reports


def test_a_work_a_site_and_an_address_of_nobody_are_three_subjects(society: Society) -> None:
    unit = drawn(society)[0]
    rows = (
        f"{unit},{WORK},3\n{unit},https://paper.example/b?x=1,4\n{unit},https://paper.example/c,5\n"
        f"{unit},https://elsewhere.example/z,6\n{unit},HTTPS://PAPER.example/a,7\n"
    )
    report(society, rows)
    found = queries().held("offices-2026").reports[unit]
    assert found.pop(work_of(society)) == 10
    assert found.pop("other:elsewhere.example/z") == 6
    assert [(subject[:4], count) for subject, count in found.items()] == [("sit_", 9)]


def test_a_later_report_takes_the_place_of_an_earlier_and_both_stay(society: Society) -> None:
    from quire.society.surveys.models import Report

    one, other = drawn(society)[:2]
    assert report(society, f"{one},{WORK},3\n{other},nothing,\n").added == [one, other]
    assert report(society, f"{one},{WORK},3\n").unchanged == [one]
    assert report(society, f"{one},{WORK},4\n").replaced == [one]
    assert queries().held("offices-2026").reports == {one: {work_of(society): 4}, other: {}}
    assert Report.objects.filter(unit__code=one).count() == 2


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("desk-99,{work},1", "not in the sample"),
        ("{unit},{work},0", "1 or more"),
        ("{unit},{work},-1", "1 or more"),
        ("{unit},{work},1.5", "1 or more"),
        ("{unit},{work},1e3", "1 or more"),
        ("{unit},{work},", "1 or more"),
        ("{unit},{work},9999999999999999", "1 or more"),
        ("{unit},ftp://x y,1", ""),
        ("{unit},,1", "work is empty"),
        (",{work},1", "unit is empty"),
        ("{unit},nothing,7", "used nothing"),
    ],
)
def test_a_row_that_cannot_be_taken_is_named(society: Society, row: str, why: str) -> None:
    unit = drawn(society)[0]
    rows = f"{unit},{WORK},2\n" + row.format(unit=unit, work=WORK) + "\n"
    with pytest.raises(TableRefused) as refused:
        report(society, rows)
    assert [(one["line"], why in one["reason"]) for one in refused.value.data["refused"]] == [(3, True)]
    assert queries().held("offices-2026").reports == {}
    account = report(society, rows, skip_refused=True)
    assert (account.added, len(account.refused)) == ([unit], 1)
    assert queries().held("offices-2026").reports == {unit: {work_of(society): 2}}


# Refusals


@pytest.mark.parametrize(
    ("text", "other", "why"),
    [
        (UNITS, {"name": "No name"}, "no name of a survey"),
        (UNITS, {"period": "soon"}, "soon"),
        (UNITS, {"size": 2}, "need 6 at least"),
        (UNITS, {"method": "best"}, "ratio or ht"),
        (UNITS, {"auxiliary": "requests"}, "not known"),
        (UNITS + "chain-9,chains,3.00,sample\n", {}, "taken whole in some rows"),
        (UNITS + "chain-0,chains,3.00,all\n", {}, "twice"),
        (UNITS.replace("400.00", "0"), {}, "pays nothing"),
        (UNITS.replace("400.00", "4e2"), {}, "cannot be taken"),
        (UNITS.replace("400.00,all", "400.00,some"), {}, "cannot be taken"),
        (UNITS.replace("chain-0,chains", "chain-0,"), {}, "cannot be taken"),
        ("unit,stratum\n", {}, "no units|at least one stratum|lacks|has"),
    ],
)
def test_a_draft_that_cannot_be_is_refused(society: Society, text: str, other: Any, why: str) -> None:
    with pytest.raises(QuireError, match=why):
        drafted(society, text, **other)
    assert queries().surveys() == []


def test_stages_follow_one_another(society: Society) -> None:
    drafted(society)
    verbs = actions()
    given = {"name": "offices-2026", "by": society.user}
    for verb in (verbs.draw, verbs.close):
        with pytest.raises(QuireError, match="is drafted"):
            verb(**given)
    verbs.publish(**given)
    for verb in (verbs.publish, verbs.close):
        with pytest.raises(QuireError, match="is published"):
            verb(**given)
    with pytest.raises(QuireError, match="is published"):
        drafted(society)
    asked = verbs.draw(**given)
    with pytest.raises(QuireError, match="two at least"):
        verbs.close(**given)
    with pytest.raises(QuireError, match="not closed"):
        queries().frozen("offices-2026")
    report(society, "".join(f"{unit},{WORK},1\n" for unit in asked))
    verbs.close(**given)
    with pytest.raises(QuireError, match="is closed"):
        report(society, f"{asked[0]},{WORK},2\n")


def test_an_auditor_changes_nothing(society: Society, people: dict[str, Any]) -> None:
    with pytest.raises(QuireError, match="auditor"):
        drafted(society, by=people["auditor"])


# The walls


SPARE = "FROM surveys_unit WHERE id NOT IN (SELECT unit_id FROM surveys_drawn) LIMIT 1"


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE surveys_survey SET seed = repeat('0', 64)",
        "UPDATE surveys_survey SET size = size + 1",
        "UPDATE surveys_survey SET drawn_at = NULL",
        "UPDATE surveys_survey SET beacon_value = '1'",
        "DELETE FROM surveys_survey",
        "UPDATE surveys_unit SET fee = fee + 1",
        "DELETE FROM surveys_unit",
        "UPDATE surveys_stratum SET take_all = NOT take_all",
        "DELETE FROM surveys_drawn",
        "UPDATE surveys_report SET number = number + 1",
        "DELETE FROM surveys_reportline",
        f"INSERT INTO surveys_drawn (id, unit_id) SELECT gen_random_uuid(), id {SPARE}",
        (
            "INSERT INTO surveys_report (id, unit_id, number, file, digest, at, refused)"
            f" SELECT gen_random_uuid(), id, 1, '', '', now(), '[]' {SPARE}"
        ),
    ],
)
def test_the_database_keeps_what_was_published_and_drawn(society: Society, sql: str) -> None:
    unit = drawn(society)[0]
    report(society, f"{unit},{WORK},2\n")
    refused = r"never changes|only grows|permission denied|drawn once|only units"
    with pytest.raises(Error, match=refused), transaction.atomic(), connection.cursor() as run:
        run.execute(sql)


def test_a_closed_survey_takes_no_lines(society: Society) -> None:
    units = drawn(society)[:2]
    report(society, "".join(f"{unit},{WORK},2\n" for unit in units))
    actions().close(name="offices-2026", by=society.user)
    sql = (
        "INSERT INTO surveys_reportline (id, report_id, subject, requests)"
        " SELECT gen_random_uuid(), id, 'wrk_x', 1 FROM surveys_report LIMIT 1"
    )
    refused = pytest.raises(IntegrityError, match="when it is recorded")
    with refused, transaction.atomic(), connection.cursor() as run:
        run.execute(sql)


def test_damage_behind_the_walls_is_found_by_the_audit(society: Society) -> None:
    from quire.society.surveys.models import Drawn, ReportLine, Unit

    units = drawn(society)[:3]
    report(society, "".join(f"{unit},{WORK},2\n" for unit in units))
    actions().close(name="offices-2026", by=society.user)
    for table in ("surveys_unit", "surveys_drawn", "surveys_reportline"):
        walls.take_down(table)
    line = ReportLine.objects.using("owner").first()
    assert line is not None
    ReportLine.objects.using("owner").filter(id=line.id).update(requests=3)
    assert [sentence for sentence in told() if "estimated again" in sentence] == told() != []
    spare = Drawn.objects.exclude(unit__code__in=units).first()
    assert spare is not None
    Drawn.objects.using("owner").filter(id=spare.id).delete()
    assert any("not the one that its seed gives" in sentence for sentence in told())
    Unit.objects.using("owner").filter(code="desk-09").update(fee=5)
    assert any("not the one that was published" in sentence for sentence in told())


# By commands


def test_the_whole_way_by_commands(society: Society, capsys: pytest.CaptureFixture[str]) -> None:
    def quire(*words: str) -> Any:
        capsys.readouterr()
        assert main([*words, "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    units, by = str(society.file(UNITS, "units.csv")), ("--by", "preparer")
    asked = ("--period", "2026-Q1", "--size", "10")
    rehearsed = quire("surveys", "draft", "bars", units, *asked, *by, "--dry-run")
    assert quire("surveys", "list") == []
    made = quire("surveys", "draft", "bars", units, *asked, *by)
    assert [s["asked"] for s in made["strata"]] == [s["asked"] for s in rehearsed["strata"]]
    assert Fraction(made["bias at most"]) > 0
    assert quire("surveys", "publish", "bars", *by)["seed"] == ""
    drawn_units = quire("surveys", "draw", "bars", *by)["drawn"]
    rows = "unit,work,requests\n" + "".join(f"{unit},{WORK},5\n" for unit in drawn_units[1:])
    reports = str(society.file(rows, "reports.csv"))
    assert quire("surveys", "report", "bars", reports, *by)["missing"] == drawn_units[:1]
    closed = quire("surveys", "close", "bars", *by)
    shown = quire("surveys", "show", "bars")
    assert shown["estimates"] == closed["estimates"]
    assert shown["stage"] == "closed"
    assert [u["unit"] for u in shown["units"] if u["drawn"] and not u["reported"]] == drawn_units[:1]
    assert [one["survey"] if "survey" in one else one["name"] for one in quire("surveys", "list")] == ["bars"]
    capsys.readouterr()
    for words in (["show", "bars"], ["list"]):
        assert main(["surveys", *words]) == 0
        assert "bars" in (for_people := capsys.readouterr().out)
        assert "wrk_" not in for_people
        assert "svy_" not in for_people
    assert main(["surveys", "show", "bars"]) == 0
    assert "paper.example/a" in (for_people := capsys.readouterr().out)
    assert "bars is closed." in for_people
    assert main(["surveys", "show", "cafes"]) == 3


def test_the_commands_of_the_guide_run_in_its_order(
    society: Society, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    guide = (Path(__file__).parents[2] / "docs/guides/survey.md").read_text("utf-8")
    monkeypatch.chdir(society.folder)
    monkeypatch.setenv("QUIRE_USER", "preparer")
    for name, text in zip(
        ("units.csv", "reports.csv"), re.findall(r"```csv\n(.*?)```", guide, re.DOTALL), strict=True
    ):
        society.file(text, name)
    blocks = re.findall(r"```sh\n(.*?)```", guide, re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    assert len(lines) == 9
    for line in lines:
        assert main(shlex.split(line)[1:]) == 0, (line, capsys.readouterr().err)
    frozen = queries().frozen("offices-2026")
    assert len(frozen.reports) == 2
    assert len(frozen.missing) == 6
    assert told() == []


def test_a_census_that_comes_later_is_held_against_the_estimates(
    society: Society, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = drawn(society)
    monkeypatch.setenv("QUIRE_USER", "preparer")
    row = {
        unit.code: f"{unit.code},{WORK},{n + 1}\n" for n, unit in enumerate(queries().units("offices-2026"))
    }
    path = society.file("unit,work,requests\n" + "".join(row.values()), "census.csv")
    assert main(["surveys", "reconcile", "offices-2026", str(path)]) == 5  # not closed
    report(society, "".join(row[unit] for unit in asked))
    estimate = actions().close(name="offices-2026", by=society.user)[work_of(society)]
    capsys.readouterr()
    assert main(["surveys", "reconcile", "offices-2026", str(path), "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)["differences"]
    assert (found["subject"], found["counted"]) == (work_of(society), "300/1")
    assert Fraction(found["change"]) == 300 - estimate.estimate
    assert found["within"] == (estimate.low <= 300 <= estimate.high)
    assert main(["surveys", "reconcile", "offices-2026", str(path)]) == 0
    assert "of 1 held what was counted" in capsys.readouterr().out
    society.file("unit,work,requests\n" + row[asked[0]], "census.csv")
    assert main(["surveys", "reconcile", "offices-2026", str(path)]) == 4
    assert "missing in the census" in capsys.readouterr().err
    society.file("unit,work,requests\n" + f"desk-99,{WORK},1\n", "census.csv")
    assert main(["surveys", "reconcile", "offices-2026", str(path)]) == 4
    assert "desk-99 is not a unit of offices-2026" in capsys.readouterr().err
