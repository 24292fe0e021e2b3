"""A run that divides by a survey: frozen, published, and recomputed from its bundle by anybody."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import pytest

from quire.core import bundle, canonical, evidence, survey
from quire.core.allocation import allocate
from quire.core.errors import QuireError
from quire.core.tokens import KeySet
from quire.core.verify import verify
from tests.core.bundles import KEY, KEYS
from tests.rooms.distribution_desk import Desk, audit, built, desk, eur, euros

__all__ = ["built", "desk"]

PLAN = """name = "surveyed"
[[share]]
label = "asked"
portion = "100%"
key = "survey"
of = "offices"
if_empty = "hold"
"""
UNITS = "unit,stratum,fee,take\n" + "".join(
    [f"big-{n},big,{900 - n}.00,all\n" for n in range(2)]
    + [f"firm-{n:02},firms,{40 + n}.00,\n" for n in range(12)]
)
USED = ("https://gazette.example/a", "https://lantern.example/p/1", "https://elsewhere.example/x")


def surveyed(desk: Desk, *, close: bool = True) -> list[str]:
    from quire.society.surveys import actions

    units, reports = desk.house.home / "units.csv", desk.house.home / "reports.csv"
    units.write_text(UNITS)
    actions.draft(units, name="offices", period="2026-01", size=8, by=desk.preparer)
    actions.publish(name="offices", by=desk.preparer)
    drawn = actions.draw(name="offices", by=desk.preparer)
    rows = [f"{unit},{USED[n % 3]},{n + 1}\n{unit},{USED[0]},2\n" for n, unit in enumerate(drawn[:-1])]
    reports.write_text("unit,work,requests\n" + "".join(rows))
    actions.import_reports(reports, name="offices", by=desk.preparer)
    if close:
        actions.close(name="offices", by=desk.preparer)
    return drawn


def works() -> dict[str, str]:
    """Gazette's and Lantern's work, by their members."""
    from quire.society.kit import ids
    from quire.society.repertoire import queries

    return {
        member: ids.show("wrk", queries.work_id(url))
        for member, url in zip(("gazette", "lantern"), USED, strict=False)
    }


def published(desk: Desk, run: Any) -> tuple[bundle.Bundle, KeySet]:
    from quire.society.distribution import queries

    keys = json.loads((desk.house.home / "published" / "keys.json").read_text())["keys"]
    return bundle.read(queries.row(run).bundle), KeySet.of(*keys)


def records(found: bundle.Bundle, name: str) -> list[dict[str, Any]]:
    return [record for _, record in canonical.read_lines(found[name])]


def test_a_run_divides_by_the_estimates_of_a_survey(desk: Desk) -> None:
    from quire.society.surveys import queries

    surveyed(desk)
    desk.adopt(PLAN)
    desk.receive("R-1", "1000.00")
    estimates = survey.estimates(queries.frozen("offices"))
    assert "other:elsewhere.example/x" in estimates  # it is nobody's here, and divides nothing
    run = desk.closed()
    weights = {member: estimates[work].estimate for member, work in works().items()}
    parts = allocate(eur("1000.00"), weights)
    assert euros(run) == {(member, "payable"): amount for member, amount in parts.items()}
    found, keys = published(desk, run)
    verdict = verify(found, keys)
    assert verdict.holds, verdict.sentence()
    again = evidence.read({name: found[name] for name in found.manifest.files})
    held = survey.gathered(again.surveys, again.survey_units, again.survey_reports)["offices"]
    assert survey.estimates(held) == estimates
    told = {line["subject"]: line for line in records(found, "lines.jsonl") if line.get("subject")}
    for work in works().values():
        one = estimates[work]
        shown = tuple(Fraction(told[work][name]) for name in ("estimate", "low", "high"))
        assert shown == (one.estimate, one.low, one.high)
    assert audit() == []


def test_who_publishes_another_report_or_another_sample_is_found_out(desk: Desk) -> None:
    """Signed anew, so that no digest gives it away: what follows from the survey is recomputed."""
    surveyed(desk)
    desk.adopt(PLAN)
    desk.receive("R-1", "1000.00")
    found, _ = published(desk, desk.closed())
    files = {name: found[name] for name in found.manifest.files}
    about = found.manifest.about
    assert verdict_of(files, about).holds
    reports, units = records(found, "survey-reports.jsonl"), records(found, "survey-units.jsonl")
    (head,) = records(found, "surveys.jsonl")
    for change in (
        {"survey-reports.jsonl": written([*reports[:-1], raised(reports[-1])])},
        {"survey-units.jsonl": written(units[:-1])},
        {"surveys.jsonl": written([{**head, "method": "ht"}])},
    ):
        assert not verdict_of({**files, **change}, about).holds
    gone = {name: data for name, data in files.items() if not name.startswith("survey")}
    assert not verdict_of(gone, about).holds


def raised(report: dict[str, Any]) -> dict[str, Any]:
    return {**report, "requests": report["requests"] + 1}


def written(rows: list[dict[str, Any]]) -> bytes:
    return b"".join(canonical.write_lines(rows))


def verdict_of(files: dict[str, bytes], about: Any) -> Any:
    return verify(bundle.Bundle(bundle.build(files, about, KEY)), KEYS)


def test_a_survey_that_is_open_or_not_there_is_not_divided_by(desk: Desk) -> None:
    desk.adopt(PLAN)
    desk.receive("R-1", "1000.00")
    with pytest.raises(QuireError, match="There is no survey"):
        desk.forecast()
    surveyed(desk, close=False)
    with pytest.raises(QuireError, match="not closed"):
        desk.forecast()
