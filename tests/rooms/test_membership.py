"""Joining by criteria that give every reason, leaving with notice, and tables in any order."""

from __future__ import annotations

import json
import random
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quire.core.errors import QuireError
from quire.society.kit.tables import TableRefused
from tests.rooms import walls

ENOUGH = {"works": "100", "authority": "20", "quality": "60", "good_standing": "yes"}
DAY = date(2026, 3, 1)


@pytest.fixture
def criteria(house):
    from quire.society.membership import actions

    return actions.adopt_default_criteria()


@pytest.fixture
def paper(criteria):
    from quire.society.parties import actions

    return actions.register_party(code="harbour", name="Harbour Times", kind="newspaper")


def row(code: str, **more: str) -> dict[str, str]:
    return {"code": code, "name": code.title(), "kind": "blogger", **ENOUGH, **more}


def taken(path: Path, rows: list[dict[str, str]], **how: bool):  # type: ignore[no-untyped-def]
    from quire.society.membership import actions

    file = path / "members.json"
    file.write_text(json.dumps(rows))
    return actions.import_members(path=file, **how)


def reasons(path: Path, *rows: dict[str, str]) -> dict[int, str]:
    """Line to reason of a table that is refused, after which nothing has changed."""
    before = state()
    with pytest.raises(TableRefused) as refusal:
        taken(path, list(rows))
    assert state() == before
    return {item["line"]: item["reason"] for item in refusal.value.data["refused"]}


def state() -> list[tuple]:  # type: ignore[type-arg]
    """Everything on record that anybody could see, without ids."""
    from quire.society.membership import queries
    from quire.society.parties import queries as parties

    codes = sorted(parties.by_code())
    members = [(m.party.code, m.starts, m.ends) for code in codes for m in queries.memberships_of(code)]
    asked = sorted((a.party.code, a.on, a.shown, a.admitted, a.reasons) for a in queries.applications())
    return [("parties", parties.facts_of(code)) for code in codes] + members + asked


def audit() -> list[str]:
    from quire.society.membership import checks

    return [sentence for check in checks.CHECKS for sentence in check()]


def test_an_applicant_who_meets_all_criteria_is_a_member_from_that_day(paper, people):
    from quire.society.membership import actions, queries

    asked = actions.apply(party="harbour", shown=ENOUGH, on=DAY, by=people["preparer"])
    assert asked.admitted
    assert asked.reasons == []
    assert queries.spans() == {paper.id: ((DAY, None),)}
    assert [m.party.code for m in queries.members_on(DAY)] == ["harbour"]
    assert queries.members_on(date(2026, 2, 28)) == ()
    assert actions.apply(party="harbour", shown=ENOUGH, on=DAY) == asked
    assert audit() == []


def test_a_refusal_gives_every_reason(paper):
    from quire.society.membership import actions, queries

    shown = {"works": 40, "authority": Decimal("19.9"), "quality": "60", "good_standing": False}
    asked = actions.apply(party=paper, shown=shown, on=DAY)
    assert asked.reasons == [
        "You show 40 works; at least 100 are needed.",
        "Your authority is 19.9; at least 20 is needed.",
        "You are not in good standing; members must be.",
    ]
    [told] = queries.applications("harbour")
    assert (told.admitted, list(told.reasons)) == (False, asked.reasons)
    assert queries.spans() == {}
    assert audit() == []


def test_nobody_can_refuse_by_hand():
    from quire.society.membership import actions

    assert not [name for name in dir(actions) if "refuse" in name.lower() and callable(getattr(actions, name))
                and not name.startswith(("Refused", "_"))]  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.tuples(st.integers(0, 200), st.integers(0, 40), st.integers(0, 120), st.booleans()))
def test_reasons_are_exactly_the_criteria_not_met(postgres, values):
    from quire.society.membership import rules

    shown = rules.read_shown(rules.DEFAULT_CRITERIA, dict(zip(ENOUGH, values, strict=True)))
    works, authority, quality, standing = values
    assert len(rules.reasons(rules.DEFAULT_CRITERIA, shown)) == sum(
        [works < 100, authority < 20, quality < 60, not standing]
    )
    assert rules.from_json([rule.as_json() for rule in rules.DEFAULT_CRITERIA]) == rules.DEFAULT_CRITERIA


@pytest.mark.parametrize(
    ("shown", "says"),
    [
        ({**ENOUGH, "works": "many"}, "works is 'many'; write a number"),
        ({**ENOUGH, "works": "-1"}, "write a number"),
        ({**ENOUGH, "works": "1e9"}, "write a number"),
        ({**ENOUGH, "works": "NaN"}, "write a number"),
        ({**ENOUGH, "works": "١٢٣"}, "write a number"),
        ({**ENOUGH, "works": True}, "write a number"),
        ({**ENOUGH, "good_standing": "maybe"}, "write yes or no"),
        ({"works": "100"}, "authority is empty. quality is empty. good_standing is empty."),
        ({**ENOUGH, "charm": "5"}, "charm is not asked"),
    ],
)
def test_what_cannot_be_read_is_an_error_and_no_refusal(postgres, shown, says):
    from quire.society.membership import errors, rules

    with pytest.raises(errors.ShownWrong) as refusal:
        rules.read_shown(rules.DEFAULT_CRITERIA, shown)
    assert says in str(refusal.value)


@pytest.mark.usefixtures("paper")
def test_the_criteria_in_force_on_the_date_are_used():
    from quire.society.membership import actions, errors, queries
    from quire.society.membership.rules import Rule

    harder = [Rule("works", "at-least", Decimal(500), "{shown} works are fewer than {needed}.")]
    adopted = actions.adopt_criteria(rules=harder, starts=DAY, decision="General assembly 2026, item 4")
    assert (
        actions.adopt_criteria(rules=harder, starts=DAY, decision="General assembly 2026, item 4") == adopted
    )
    with pytest.raises(errors.CriteriaOutOfOrder, match="2026-03-01"):
        actions.adopt_criteria(rules=harder, starts=DAY, decision="Another")
    refused = actions.apply(party="harbour", shown={"works": 120}, on=DAY)
    assert refused.reasons == ["120 works are fewer than 500."]
    assert actions.apply(party="harbour", shown=ENOUGH, on=date(2026, 2, 28)).admitted
    assert actions.adopt_default_criteria() == queries.Criteria.objects.order_by("starts").first()
    assert len(queries.criteria_versions()) == 2
    assert audit() == []


def test_without_criteria_nobody_can_be_judged(house):
    from quire.society.membership import actions, errors
    from quire.society.parties import actions as parties

    parties.register_party(code="a", name="A", kind="blogger")
    with pytest.raises(errors.NoCriteria, match="quire init"):
        actions.apply(party="a", shown=ENOUGH, on=DAY)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"name": "iban"}, "taken"),
        ({"name": "Number of works"}, "small letters"),
        ({"sentence": ""}, "sentence"),
        ({"value": "many"}, "number"),
        ({"kind": "at-most"}, "kinds are"),
        ({"extra": "x"}, "nothing else"),
    ],
)
def test_a_criterion_that_cannot_be_applied(postgres, change, says):
    from quire.society.membership import errors, rules
    from quire.society.membership.rows import RESERVED

    good = rules.DEFAULT_CRITERIA[0].as_json()
    with pytest.raises(errors.RuleWrong, match=says):
        rules.check(rules.from_json([{**good, **change}]), RESERVED)


@pytest.mark.usefixtures("paper")
def test_notice_holds_nobody_longer_than_six_months():
    from quire.society.membership import actions, errors, queries

    with pytest.raises(errors.NotAMember):
        actions.give_notice(member="harbour", on=DAY, ends=DAY)
    actions.apply(party="harbour", shown=ENOUGH, on=DAY)
    on = date(2026, 8, 31)
    for ends, says in ((date(2027, 3, 1), "2027-02-28"), (date(2026, 8, 30), "too early")):
        with pytest.raises(errors.DateWrong, match=says):
            actions.give_notice(member="harbour", on=on, ends=ends)
    left = actions.give_notice(member="harbour", on=on, ends=date(2027, 2, 28))
    assert actions.give_notice(member="harbour", on=on, ends=date(2027, 2, 28)) == left
    with pytest.raises(errors.AlreadyLeaving, match="2027-02-28"):
        actions.give_notice(member="harbour", on=on, ends=date(2026, 12, 1))
    assert queries.is_member("harbour", date(2027, 2, 27))
    assert not queries.is_member("harbour", date(2027, 2, 28))


def test_joining_again_is_a_new_membership(paper):
    from quire.society.membership import actions, errors, queries

    actions.apply(party="harbour", shown=ENOUGH, on=DAY)
    with pytest.raises(errors.AlreadyMember):
        actions.apply(party="harbour", shown=ENOUGH, on=date(2026, 4, 1))
    with pytest.raises(errors.AlreadyMember):
        actions.apply(party="harbour", shown=ENOUGH, on=date(2026, 2, 1))
    actions.give_notice(member="harbour", on=date(2026, 5, 1), ends=date(2026, 6, 1))
    actions.apply(party="harbour", shown=ENOUGH, on=date(2026, 6, 1))
    assert queries.spans([paper.id])[paper.id] == ((DAY, date(2026, 6, 1)), (date(2026, 6, 1), None))
    assert audit() == []


def test_good_standing_is_lost_with_a_reason_and_restored(paper):
    from quire.society.membership import actions, errors, queries

    lost, back = date(2026, 5, 1), date(2026, 7, 1)
    with pytest.raises(errors.NotAMember):
        actions.set_standing(member="harbour", reason="dues unpaid", starts=lost)
    actions.apply(party="harbour", shown=ENOUGH, on=DAY)
    made = actions.set_standing(member="harbour", reason="dues unpaid", starts=lost)
    assert actions.set_standing(member="harbour", reason="dues unpaid", starts=lost) == made
    with pytest.raises(errors.StandingUnchanged):
        actions.set_standing(member="harbour", reason="false metadata", starts=back)
    with pytest.raises(errors.DateWrong):
        actions.restore_standing(member="harbour", on=lost)
    actions.restore_standing(member="harbour", on=back)
    assert queries.standings() == {paper.id: ((lost, back),)}
    assert queries.in_good_standing("harbour", DAY, lost)
    assert queries.in_good_standing("harbour", back, None)
    assert not queries.in_good_standing("harbour", DAY, date(2026, 5, 2))
    with pytest.raises(errors.StandingUnchanged):
        actions.restore_standing(member="harbour", on=back)


MEMBERS = [
    row("a", joined="2020-01-01", left="2022-01-01"),
    row("a", joined="2024-01-01"),
    row("b", joined="2026-01-01", works="40", quality="3"),
    row("b", joined="2026-02-01"),
    row("c", joined="2026-01-01"),
    row("c", joined="2026-01-01"),
    row("d", joined="2025-06-01", good_standing="no"),
]


@pytest.mark.usefixtures("criteria")
def test_a_table_of_members(tmp_path):
    account = taken(tmp_path, MEMBERS)
    assert (account.taken, account.admitted, account.left, account.unchanged) == (7, 4, 0, 0)
    assert [(a.line, a.code, len(a.reasons)) for a in account.applicants_refused] == [
        (3, "b", 2),
        (7, "d", 1),
    ]
    first = state()
    again = taken(tmp_path, MEMBERS)
    assert (again.taken, again.admitted, again.left, again.unchanged) == (7, 0, 0, 6)
    assert again.applicants_refused == account.applicants_refused
    assert state() == first
    assert audit() == []


@pytest.mark.usefixtures("criteria")
@pytest.mark.parametrize("seed", [1, 2])
def test_the_order_of_rows_never_matters(tmp_path, seed):
    from django.db import transaction

    def outcome(rows: list[dict[str, str]]) -> list[tuple]:  # type: ignore[type-arg]
        with transaction.atomic():
            taken(tmp_path, rows, skip_refused=True)
            found = state()
            transaction.set_rollback(True)
        return found

    dubious = [row("e", joined="2026-01-01"), row("e", joined="2026-05-01"), row("f", works="x"), row("f")]
    rows = MEMBERS + dubious
    assert outcome(random.Random(seed).sample(rows, len(rows))) == outcome(rows) == outcome(MEMBERS)


@pytest.mark.usefixtures("criteria")
def test_a_table_that_ends_memberships_and_begins_others(tmp_path):
    taken(tmp_path, [row("a", joined="2020-01-01"), row("b", joined="2020-01-01")])
    moved = [row("a", joined="2023-01-01"), row("a", joined="2020-01-01", left="2022-01-01")]
    account = taken(tmp_path, moved)
    assert (account.admitted, account.left, account.unchanged) == (1, 1, 0)
    assert taken(tmp_path, moved).unchanged == 2
    assert [s[2] for s in state() if s[0] == "a" and len(s) == 3] == [date(2022, 1, 1), None]
    assert "leaves on 2022-01-01" in reasons(tmp_path, row("a", joined="2020-01-01", left="2021-01-01"))[1]
    assert audit() == []


@pytest.mark.usefixtures("criteria")
def test_rows_that_cannot_be_taken_stop_the_table(tmp_path):
    taken(tmp_path, [row("known", joined="2026-01-01")])
    found = reasons(
        tmp_path,
        row("good"),
        row("bad1", works="lots"),
        row("bad2", joined="1 May"),
        row("bad3", kind="?", quality=""),
        row("bad4", left="2026-01-01"),
        row("bad5", joined="2026-01-01", left="2026-01-01"),
        row("known", joined="2025-01-01"),
        row("two", joined="2026-01-01"),
        row("two", joined="2026-02-01"),
        row("old", joined="1800-01-01"),
    )
    assert set(found) == {2, 3, 4, 5, 6, 7, 8, 9, 10}
    assert "kind" in found[4]
    assert "quality is empty" in found[4]
    for line, says in ((2, "'lots'"), (3, "2026-01-31"), (5, "without joined"), (6, "after"), (7, "overlap"),
                       (8, "Lines 8, 9"), (9, "Lines 8, 9"), (10, "No membership criteria")):  # fmt: skip
        assert says in found[line]


@pytest.mark.usefixtures("criteria")
def test_one_bad_row_of_a_party_keeps_its_others_out(tmp_path):
    rows = [
        row("a", joined="2020-01-01", left="2022-01-01"),
        row("a", joined="soon"),
        row("b", joined="2020-01-01"),
    ]
    account = taken(tmp_path, rows, skip_refused=True)
    assert (account.taken, account.admitted) == (1, 1)
    assert [line for line, _ in account.refused] == [1, 2]


@pytest.mark.usefixtures("criteria")
def test_undated_rows_apply_today_and_once(tmp_path, monkeypatch):
    monkeypatch.setenv("QUIRE_TODAY", "2026-03-01")
    rows = [row("a"), row("b", works="4")]
    assert taken(tmp_path, rows).admitted == 1
    first = state()
    monkeypatch.setenv("QUIRE_TODAY", "2026-03-09")
    account = taken(tmp_path, rows)
    assert (account.unchanged, len(account.applicants_refused)) == (2, 1)
    assert state() == first
    assert taken(tmp_path, [row("b", works="5")]).applicants_refused
    assert len(state()) == len(first) + 1


@pytest.mark.usefixtures("criteria")
def test_a_rehearsal_writes_nothing(tmp_path):
    account = taken(tmp_path, MEMBERS, dry_run=True)
    assert account.as_json()["admitted"] == 4
    assert len(account.as_json()["applicants_refused"]) == 2
    assert state() == []


def test_an_auditor_admits_nobody(paper, people):
    from quire.society.membership import actions

    with pytest.raises(QuireError, match="auditor"):
        actions.apply(party="harbour", shown=ENOUGH, on=DAY, by=people["auditor"])


@pytest.mark.usefixtures("paper")
def test_the_audit_finds_what_the_actions_would_not_do():
    from quire.society.membership import actions
    from quire.society.membership.models import Application, Membership

    actions.apply(party="harbour", shown=ENOUGH, on=DAY)
    walls.take_down("membership_application")
    asked = Application.objects.using("owner")
    asked.update(shown={**ENOUGH, "works": "4"})
    assert any("do not bear out" in sentence for sentence in audit())
    asked.update(shown={})
    assert any("cannot be judged again" in sentence for sentence in audit())
    asked.update(shown=ENOUGH)
    member = Membership.objects.get()
    Membership.objects.create(party=member.party, starts=date(2026, 4, 1), ends=date(2026, 5, 1))
    found = audit()
    assert any("twice" in sentence for sentence in found)
    assert any("without an application" in sentence for sentence in found)
