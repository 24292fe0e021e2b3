"""Money whose owner nobody knows: listed, searched, matched with its history, disposed of by two people."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from quire.core.errors import QuireError
from tests.rooms.distribution_desk import Desk, balance, built, desk, eur, euros, january, of
from tests.rooms.test_awards import credited, holds

__all__ = ["built", "desk", "january"]

B = "https://gazette.example/b"
ORPHANED = "gazette:publisher:1/2; lantern:photographer:1/6; unknown:photographer:1/3"


KEPT = """
name = "kept"
[tiers]
giants = 100000
[[share]]
label = "best"
portion = "100%"
key = "tier"
tier = "giants"
if_empty = "hold"
"""


class Office:
    """Who looks after money that nobody claims."""

    def __init__(self, desk: Desk, patch: pytest.MonkeyPatch) -> None:
        self.desk, self.patch, self.by, self.second = desk, patch, desk.preparer, desk.approver
        self.on("2026-02-10")

    def on(self, day: str) -> None:
        self.patch.setenv("QUIRE_TODAY", day)

    def orphan(self, shares: str = ORPHANED) -> Any:
        """A third of /b is a photographer's whom nobody knows; January is distributed."""
        from quire.society.repertoire import actions, queries

        actions.amend_owners(
            work=queries.work(B).id, starts=None, shares=queries.shares_of(shares), why="test", by=self.by
        )
        return self.desk.closed()

    def items(self, words: str = "") -> list[Any]:
        from quire.society.unclaimed import queries

        return queries.search(words)

    def match(self, **told: Any) -> list[Any]:
        from quire.society.unclaimed import actions

        usual = {"shares": {"marsh": Fraction(1)}, "evidence": "The negatives", "by": self.by}
        return actions.match(**{**usual, **told})

    def prepare(self, way: str = "class", **told: Any) -> Any:
        from quire.society.unclaimed import actions

        usual = {"decision": "Assembly of May 2030, item 7", "by": self.by}
        return actions.prepare(way=way, **{**usual, **told})[0]

    def approve(self, disposal: Any, by: Any = None) -> Any:
        from quire.society.unclaimed import actions

        return actions.approve(disposal=disposal.tid, by=by or self.second)

    def report(self, disposal: Any) -> Any:
        from quire.society.unclaimed import report

        return report.report(disposal.tid)


@pytest.fixture
def office(january: Desk, monkeypatch: pytest.MonkeyPatch) -> Office:
    return Office(january, monkeypatch)


def unclaimed(currency: str = "EUR") -> int:
    from quire.society.ledger import queries

    return -sum(queries.balances("rights:unclaimed", currency).values())


def test_what_nobody_owns_keeps_its_class_period_and_territory(office: Office) -> None:
    run = office.orphan()
    assert holds(run)
    assert unclaimed() == eur("60.00")
    (item,) = office.items("gazette.example/b photographer lab 2026-01")[:1]
    told = item.as_json()
    assert (told["class"], told["use"], told["territory"], told["period"]) == (
        "photographer", "ai-train", "AT", "2026-01",
    )  # fmt: skip
    assert (told["listed by"], told["public by"], told["disposable from"]) == (
        "2027-12-31", "2028-12-31", "2030-01-01",
    )  # fmt: skip
    assert office.items("gazette composer") == []
    assert {one.currency for one in office.items()} == {"EUR", "USD"}


def test_a_match_pays_with_its_history_and_amends_the_registration(office: Office) -> None:
    from quire.society.distribution import queries as distribution
    from quire.society.parties import queries as parties
    from quire.society.repertoire import queries as repertoire

    run = office.orphan()
    office.on("2028-03-01")
    before = credited("marsh")
    (made,) = office.match(work=B, amend=True, amend_from=date(2026, 2, 1))
    assert credited("marsh") - before == eur("60.00")
    assert credited("marsh") == of("payable", "marsh")
    assert (unclaimed(), unclaimed("USD"), office.items()) == (0, 0, [])
    given = [one for one in distribution.awards_of(parties.party("marsh").id) if one.currency == "EUR"]
    assert [(one.run, str(one.starts), one.role, one.kind) for one in given] == [
        (run.tid, "2026-01-01", "photographer", "match")
    ]
    assert made.evidence == "The negatives"
    work = repertoire.work(B).id
    owners = {(party, role): share for party, role, share in repertoire.owners(work, date(2026, 2, 1))}
    assert owners["marsh", "photographer"] == Fraction(1, 3)
    assert "unknown" in {party for party, _, _ in repertoire.owners(work, date(2026, 1, 31))}


def test_an_item_is_found_by_its_id(office: Office) -> None:
    from quire.society.kit.ids import BadId, new, show
    from quire.society.unclaimed import queries

    office.orphan()
    for item in office.items():
        assert queries.find(item.tid) == item
    assert queries.find(show("lin", new())) is None
    with pytest.raises(BadId):
        queries.find(item.subject)


def test_who_is_found_has_a_statement_without_a_line(office: Office) -> None:
    from quire.society.parties import actions as parties
    from quire.society.statements import actions, queries
    from quire.society.statements.errors import NoLines

    run = office.orphan()
    for code in ("otter", "stint"):
        parties.register_party(code=code, name=f"The {code}", kind="photographer", by=office.by)
    office.match(work=B, shares={"otter": Fraction(1)})
    told = queries.statement(run, "otter")
    assert (told.lines, told.sums, {one.currency for one in told.awards}) == ((), (), {"EUR", "USD"})
    assert "otter" in [one.code for one in queries.payees(run)]
    with pytest.raises(NoLines):
        queries.statement(run, "stint")
    done: list[tuple[int, int]] = []
    written = actions.write(run, progress=lambda *counts: done.append(counts))
    page = (written.folder / "otter.html").read_text()
    assert "earned in January 2026" in page
    assert "The negatives" in page or "gazette.example/b" in page
    assert done[-1] == (written.count, written.count)
    with pytest.raises(QuireError, match="has no line"):
        actions.proof(run, "otter")


def test_one_item_is_matched_to_several_and_the_other_stays(office: Office) -> None:
    office.orphan()
    (item,) = [one for one in office.items() if one.currency == "EUR"]
    gazette, marsh = credited("gazette"), credited("marsh")
    office.match(item=item.tid, shares={"marsh": Fraction(1, 4), "gazette": Fraction(3, 4)})
    assert (credited("gazette") - gazette, credited("marsh") - marsh) == (eur("45.00"), eur("15.00"))
    assert {one.currency for one in office.items()} == {"USD"}


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ({"work": B, "evidence": " "}, "Say what shows"),
        ({"work": B, "shares": {"marsh": Fraction(1, 2)}}, "add up to exactly 1"),
        ({"work": B, "shares": {"nobody": Fraction(1)}}, "No party has the code"),
        ({}, "Name either"),
        ({"work": "https://marsh.example/one"}, "Nothing of"),
        ({"work": B, "role": "composer"}, "as composer"),
    ],
)
def test_matches_that_are_refused(office: Office, told: dict[str, Any], why: str) -> None:
    office.orphan()
    with pytest.raises(QuireError, match=why):
        office.match(**told)
    assert unclaimed() == eur("60.00")


def test_two_matches_at_once_pay_once(office: Office) -> None:
    from django.db import connections

    office.orphan()
    before = credited("marsh") + credited("gazette")

    def try_(code: str) -> str:
        try:
            office.match(work=B, shares={code: Fraction(1)})
            return "paid"
        except QuireError as problem:
            return problem.code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        told = sorted(pool.map(try_, ["marsh", "gazette"]))
    assert told in (["distribution.already-given", "paid"], ["paid", "unclaimed.nothing"])
    assert credited("marsh") + credited("gazette") - before == eur("60.00")


def test_after_three_years_it_goes_to_its_own_class_by_two_people(office: Office) -> None:
    from quire.society.parties import actions as parties
    from quire.society.parties.errors import SecondPerson

    office.orphan()
    with pytest.raises(QuireError, match="may be disposed of yet"):
        office.prepare()
    office.on("2030-01-01")
    gazette, lantern = credited("gazette"), credited("lantern")
    made = office.prepare()
    with pytest.raises(QuireError, match="does not hold the role"):
        office.approve(made, office.by)
    parties.grant_role(user="preparer", role="approver")
    with pytest.raises(SecondPerson, match="You prepared this disposal; somebody else does it"):
        office.approve(made, office.by)
    office.approve(made)
    # The only photographer who earned anything in January is Lantern: Gazette's publisher gets nothing.
    assert (credited("gazette") - gazette, credited("lantern") - lantern) == (0, eur("60.00"))
    told = office.report(made)
    row = next(row for row in told.classes if row.currency == "EUR")
    assert (row.role, row.unclaimed, row.same, row.parties, row.left_class) == (
        "photographer", eur("60.00"), eur("60.00"), 1, 0,
    )  # fmt: skip
    assert "Every cent stayed in its class" in told.sentence()
    assert sum(one.gained for one in told.bands if one.currency == "EUR") == eur("60.00")
    with pytest.raises(QuireError, match="is done"):
        office.approve(made)


def test_a_class_without_anybody_stays_unclaimed_until_another_way_is_decided(office: Office) -> None:
    office.orphan("gazette:publisher:2/3; unknown:composer:1/3")
    office.on("2030-06-01")
    with pytest.raises(QuireError, match="Nobody of its class"):
        office.prepare()
    office.approve(office.prepare("fund:culture", reserve=Fraction(1, 10)))
    assert (balance("rights:fund:culture"), balance("rights:fund:late-claims")) == (eur("54.00"), eur("6.00"))
    assert office.items() == []


def test_who_comes_too_late_is_honoured_as_far_as_the_reserve_reaches(office: Office) -> None:
    from quire.society.unclaimed import actions

    office.orphan()
    office.on("2030-01-01")
    late = {"work": B, "shares": {"marsh": Fraction(1)}, "evidence": "Negatives", "by": office.by}
    with pytest.raises(QuireError, match="was disposed of that is still to be paid"):
        actions.honour(decision="Board of 2030", **late)
    office.approve(office.prepare("fund:culture", reserve=Fraction(1, 10)))
    before = credited("marsh")
    with pytest.raises(QuireError, match="Name the decision"):
        actions.honour(decision=" ", **late)
    actions.honour(decision="Board of 2030", **late)
    assert credited("marsh") - before == eur("6.00")
    assert (credited("marsh"), balance("rights:fund:late-claims")) == (of("payable", "marsh"), 0)
    with pytest.raises(QuireError, match="is empty"):
        actions.honour(decision="Board of 2030", **late)


def test_a_public_fund_is_of_the_territory(office: Office) -> None:
    office.orphan()
    office.on("2031-01-01")
    made = office.prepare("country")
    office.approve(made)
    assert balance("rights:fund:public-at") == eur("60.00")
    assert "into a fund as decided" in office.report(made).sentence()


def test_what_was_matched_since_it_was_prepared_is_not_disposed_of(office: Office) -> None:
    from quire.society.unclaimed import actions

    office.orphan()
    office.on("2030-01-01")
    made = office.prepare()
    office.match(work=B)
    with pytest.raises(QuireError, match="was prepared something was matched"):
        office.approve(made)
    actions.withdraw(disposal=made.tid, by=office.by)


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ({"way": "me"}, "class, class-equally"),
        ({"decision": " "}, "Name the members' decision"),
        ({"reserve": Fraction(1)}, "less than everything"),
    ],
)
def test_disposals_that_are_refused(office: Office, told: dict[str, Any], why: str) -> None:
    with pytest.raises(QuireError, match=why):
        office.prepare(**told)


def test_the_database_wants_two_people_too(office: Office) -> None:
    from django.db import DatabaseError, transaction

    from quire.society.unclaimed.models import Disposal

    office.orphan()
    office.on("2030-01-01")
    made = office.prepare()
    for change in ({"way": "fund:mine"}, {"state": "done"}, {"state": "done", "approved_by": office.by}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Disposal.objects.filter(id=made.id).update(**change)


def test_the_public_list_names_no_small_amounts(office: Office) -> None:
    from quire.society.unclaimed import actions

    office.orphan()
    path, count = actions.publish(by=office.by)
    told = json.loads(path.read_text())
    assert count == 2
    assert {one["currency"]: one["amount"] for one in told["items"]} == {
        "EUR": "60.000000000000",
        "USD": None,
    }
    assert told["items"][0]["class"] == "photographer"


def test_what_nobody_stood_in_is_listed_and_can_only_be_disposed_of(office: Office) -> None:
    office.desk.adopt(KEPT, starts=date(2026, 1, 2))
    run = office.desk.closed()
    assert {outcome for _, outcome in euros(run)} == {"held"}
    (item,) = [one for one in office.items() if one.currency == "EUR"]
    assert (item.work, item.role, item.amount) == ("", "", eur("1000.00"))
    with pytest.raises(QuireError, match="can only be disposed of"):
        office.match(item=item.tid)
    office.on("2030-01-01")
    office.approve(office.prepare("fund:culture"))
    assert balance("rights:fund:culture") == eur("1000.00")
