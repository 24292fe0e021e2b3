"""A census comes after a run divided by a survey's estimates: the difference is put right in a later run."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from quire.core import survey
from quire.core.allocation import allocate
from quire.core.bundle import read
from quire.core.errors import QuireError
from quire.core.tokens import KeySet
from quire.core.verify import verify
from tests.rooms.distribution_desk import FEBRUARY, Desk, audit, built, desk, eur, of
from tests.rooms.test_survey_run import PLAN, USED, surveyed
from tests.small import quire

__all__ = ["built", "desk"]

MARSH = "https://marsh.example/one"


@pytest.fixture
def closed(desk: Desk) -> Any:
    """January's 1000.00, divided between the gazette and the lantern by a survey that never saw the marsh."""
    surveyed(desk)
    desk.adopt(PLAN)
    desk.receive("R-1", "1000.00")
    return desk.closed()


def census(desk: Desk, gazette: int = 50, lantern: int = 30, marsh: int = 20) -> Path:
    """Every unit told what it used: one of them all of this."""
    place = desk.house.home.parent / f"census-{gazette}-{lantern}-{marsh}.csv"
    used = [(USED[0], gazette), (USED[1], lantern), (MARSH, marsh), (USED[2], 7)]
    rows = [f"big-0,{work},{n}\n" for work, n in used if n]
    units = ["big-1", *(f"firm-{n:02}" for n in range(12))]
    place.write_text("unit,work,requests\n" + "".join([*rows, *(f"{unit},nothing,\n" for unit in units)]))
    return place


def filed(desk: Desk, run: Any, place: Path) -> Any:
    from quire.society.distribution import actions
    from quire.society.surveys.actions import record_census

    told = record_census(place, name="offices", by=desk.preparer)
    return actions.file_reconciliation(run=run.tid, census=told.tid, by=desk.preparer)


def changes(claim: Any) -> dict[str, int]:
    from quire.society.distribution import queries

    return {one.whom: one.amount for one in queries.changes_of(claim.tid)}


def estimated() -> dict[str, Fraction]:
    """The estimates of the gazette's and the lantern's work."""
    from quire.society.surveys import queries
    from tests.rooms.test_survey_run import works

    found = survey.estimates(queries.frozen("offices"))
    return {member: found[work].estimate for member, work in works().items()}


def wanted(**counted: int) -> dict[str, int]:
    """What each should have had more (or less) than by the estimates."""
    had = allocate(eur("1000"), estimated())
    new = allocate(eur("1000"), counted)
    return {one: d for one in sorted({*had, *new}) if (d := new.get(one, 0) - had.get(one, 0))}


def test_the_difference_goes_from_who_had_too_much_to_who_had_too_little(desk: Desk, closed: Any) -> None:
    from quire.society.distribution import actions, publishing, queries
    from quire.society.distribution.keys import signing_key

    claim = filed(desk, closed, census(desk))
    found = wanted(gazette=50, lantern=30, marsh=20)
    assert changes(claim) == found
    assert found["marsh"] == eur("200"), "which no unit that was asked had used"
    actions.accept_correction(claim.tid, by=desk.approver)
    before = {code: of("payable", code) for code in ("gazette", "lantern", "marsh")}
    desk.receive("R-2", "5000.00", period=FEBRUARY)
    earned = {one: amount * 5 for one, amount in allocate(eur("1000"), estimated()).items()}
    run = desk.closed(FEBRUARY)
    for code, was in before.items():
        gained = of("payable", code) - was - earned.get(code, 0)
        assert abs(gained - found.get(code, 0)) <= 5
    assert queries.debts() == []
    verdict = verify(read(publishing.folder(run)), KeySet.of(signing_key().public_jwk()))
    assert verdict.holds, verdict.sentence()
    assert audit() == []


def test_the_statement_says_what_was_estimated_and_what_was_counted(desk: Desk, closed: Any) -> None:
    from quire.society.distribution import actions
    from quire.society.statements import queries, render

    claim = filed(desk, closed, census(desk))
    actions.accept_correction(claim.tid, by=desk.approver)
    desk.receive("R-2", "5000.00", period=FEBRUARY)
    run = desk.closed(FEBRUARY)
    page = render.files(queries.statement(run, "marsh"))["marsh.html"].decode()
    assert f"in run {closed.tid}, counted" in page
    assert "marsh.example/one: estimated 0, counted 20 since" in page


def test_again_it_is_the_same_claim_and_once_accepted_nothing_more(desk: Desk, closed: Any) -> None:
    from quire.society.distribution import actions

    claim = filed(desk, closed, census(desk))
    assert filed(desk, closed, census(desk)).id == claim.id
    with pytest.raises(QuireError, match="does not hold the role approver"):
        actions.accept_correction(claim.tid, by=desk.preparer)
    actions.accept_correction(claim.tid, by=desk.approver)
    assert filed(desk, closed, census(desk)).id == claim.id
    with pytest.raises(QuireError, match="was corrected already"):
        filed(desk, closed, census(desk, gazette=49))


def test_what_is_refused_may_be_claimed_by_another_census(desk: Desk, closed: Any) -> None:
    from quire.society.distribution import actions

    claim = filed(desk, closed, census(desk))
    actions.refuse_correction(claim.tid, note="A unit told nonsense", by=desk.approver)
    again = filed(desk, closed, census(desk, gazette=40))
    assert changes(again) == wanted(gazette=40, lantern=30, marsh=20)


def test_it_has_its_time_and_its_survey(desk: Desk, closed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from quire.society.distribution.corrections.window import until

    place = census(desk)
    desk.adopt(starts=date(2026, 2, 1))
    desk.receive("R-2", "10.00", period=FEBRUARY)
    other = desk.closed(FEBRUARY)
    with pytest.raises(QuireError, match="divided nothing by the survey offices"):
        filed(desk, other, place)
    monkeypatch.setenv("QUIRE_TODAY", date.fromordinal(until(closed).toordinal() + 1).isoformat())
    with pytest.raises(QuireError, match="were taken until"):
        filed(desk, closed, place)


def test_who_is_on_hold_or_passes_single_works_on_is_settled_by_hand(desk: Desk, closed: Any) -> None:
    hold = desk.hold(work=MARSH)
    with pytest.raises(QuireError, match=r"marsh\.example/one should have got more, and is on hold"):
        filed(desk, closed, census(desk))
    desk.release(hold)
    filed(desk, closed, census(desk))


def test_a_census_that_says_what_the_survey_said_changes_nothing(desk: Desk, closed: Any) -> None:
    scale = 1
    for one in estimated().values():
        scale *= one.denominator
    same = {code: int(one * scale) for code, one in estimated().items()}
    with pytest.raises(QuireError, match="divided what it divided by offices rightly"):
        filed(desk, closed, census(desk, same["gazette"], same["lantern"], 0))


def test_by_the_commands(desk: Desk, closed: Any, capsys: pytest.CaptureFixture[str]) -> None:
    from quire.society.distribution.corrections.models import Correction
    from quire.society.surveys.models import Census

    said = ("surveys", "reconcile", "offices", census(desk))
    assert "corrections" not in quire(*said, capsys=capsys)
    tried = quire(*said, "--post", "--dry-run", "--by", "preparer", capsys=capsys)
    assert not Correction.objects.exists()
    assert not Census.objects.exists()
    (told,) = quire(*said, "--post", "--by", "preparer", capsys=capsys)["corrections"]
    assert told["changes"] == tried["corrections"][0]["changes"]
    assert told["left out"] == ["other:elsewhere.example/x"]
    assert {one["whom"]: eur(one["amount"]) for one in told["changes"]} == wanted(
        gazette=50, lantern=30, marsh=20
    )
    quire("corrections", "accept", told["correction"], "--by", "approver")
    (row,) = quire("corrections", "list", capsys=capsys)
    assert (row["work"], row["kind"]) == (
        "survey offices", "a census counted other than a survey had estimated",
    )  # fmt: skip
