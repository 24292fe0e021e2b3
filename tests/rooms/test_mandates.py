"""Yes and no, by hand and by table, and what leaving does to them."""

from __future__ import annotations

import json
import random
from datetime import date, timedelta
from pathlib import Path

import pytest

from quire.core.errors import QuireError
from quire.core.terms import USES, UnknownUse
from quire.society.kit.periods import Period
from quire.society.kit.tables import TableRefused

ENOUGH = {"works": "100", "authority": "20", "quality": "60", "good_standing": "yes"}
JAN, MAR, MAY, JUL = (date(2026, month, 1) for month in (1, 3, 5, 7))


@pytest.fixture
def harbour(house):
    """Harbour Times, a member since January 2026; two labs; and a blogger who is no member."""
    from quire.society.membership import actions
    from quire.society.parties import actions as parties

    actions.adopt_default_criteria()
    for code, kind in (("lab-a", "lab"), ("lab-b", "lab"), ("outsider", "blogger")):
        parties.register_party(code=code, name=code, kind=kind)
    party = parties.register_party(code="harbour", name="Harbour Times", kind="newspaper")
    actions.apply(party=party, shown=ENOUGH, on=JAN)
    return party


def stands(use: str, lab: str, day: date) -> str:
    from quire.society.mandates import queries

    return queries.standing("harbour", use, lab, day)


def said() -> list[tuple]:  # type: ignore[type-arg]
    """Every answer and direct licence on record, without ids."""
    from quire.society.mandates import queries

    found = [
        (m.member.code, m.use, m.licensee.code if m.licensee else "*", m.yes, m.starts, m.ends)
        for m in queries.mandates_of()
    ]
    own = [(d.member.code, d.licensee.code, d.starts, d.ends, d.note) for d in queries.direct_of()]
    return sorted(found, key=str) + sorted(own, key=str)


def table(path: Path, rows: list[dict[str, str]]) -> Path:
    file = path / "table.json"
    file.write_text(json.dumps(rows))
    return file


def row(answer: str = "yes", use: str = "all", licensee: str = "*", **more: str) -> dict[str, str]:
    return {
        "member": "harbour",
        "use": use,
        "licensee": licensee,
        "answer": answer,
        "from": "2026-01-01",
        **more,
    }


def verbs() -> list[str]:
    from quire.society.kit.models import Act

    return [act.verb for act in Act.objects.order_by("id") if act.verb.startswith("mandates.")]


@pytest.mark.usefixtures("harbour")
def test_silence_is_no_and_a_no_beats_a_yes(people):
    from quire.society.mandates import actions

    assert stands("search", "lab-a", MAR) == "not allowed"
    made = actions.answer(member="harbour", use="all", answer=True, starts=MAR, by=people["preparer"])
    assert [mandate.use for mandate in made] == list(USES)
    assert actions.answer(member="harbour", use="all", answer=True, starts=MAR) == made
    assert verbs() == ["mandates.answer"]
    assert stands("search", "lab-a", MAR) == "allowed"
    assert stands("search", "lab-a", MAR - timedelta(days=1)) == "not allowed"
    actions.answer(member="harbour", use="ai-train", licensee="lab-a", answer=False, starts=MAY, ends=JUL)
    found = [stands("ai-train", lab, day) for lab in ("lab-a", "lab-b") for day in (MAR, MAY, JUL)]
    assert found == ["allowed", "not allowed", "allowed", "allowed", "allowed", "allowed"]


@pytest.mark.usefixtures("harbour")
@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"member": "outsider"}, "outsider is not a member on 2026-03-01"),
        ({"member": "nobody"}, "No party has the code 'nobody'"),
        ({"licensee": "nobody"}, "No party has the code 'nobody'"),
        ({"licensee": "harbour"}, "no mandate for itself"),
        ({"use": "training"}, "ai-train, ai-input, ai-index, search"),
        ({"starts": date(2025, 12, 31)}, "not a member on 2025-12-31"),
        ({"ends": MAR}, "must be after"),
    ],
)
def test_an_answer_that_cannot_be_given(change, says):
    from quire.society.mandates import actions

    with pytest.raises(QuireError, match=says):
        actions.answer(**{"member": "harbour", "use": "search", "answer": True, "starts": MAR, **change})
    assert said() == []


@pytest.mark.usefixtures("harbour")
def test_a_withdrawn_answer_never_comes_back(tmp_path):
    from quire.society.mandates import actions, errors

    [mandate] = actions.answer(member="harbour", use="search", answer=True, starts=JAN)
    actions.withdraw(mandate=mandate.tid, ends=MAY)
    assert actions.withdraw(mandate=mandate, ends=MAY).ends == MAY
    assert stands("search", "lab-a", MAY - timedelta(days=1)) == "allowed"
    assert stands("search", "lab-a", MAY) == "not allowed"
    with pytest.raises(errors.AnswerEnded, match="new answer needs a new date"):
        actions.answer(member="harbour", use="search", answer=True, starts=JAN)
    with pytest.raises(errors.AnswerEnded):
        actions.withdraw(mandate=mandate, ends=JUL)
    account = actions.import_mandates(path=table(tmp_path, [row()]))
    assert (account.taken, account.added, len(account.not_revived)) == (1, 3, 1)
    assert stands("search", "lab-a", MAY) == "not allowed"
    actions.answer(member="harbour", use="search", answer=True, starts=JUL)
    assert stands("search", "lab-a", JUL) == "allowed"
    with pytest.raises(errors.MandateUnknown):
        actions.withdraw(mandate="man_01h2xcejqtf2nbrexx3vqjhp41", ends=JUL)


@pytest.mark.usefixtures("harbour")
def test_an_answer_withdrawn_before_it_began_was_never_in_force():
    from quire.society.mandates import actions

    [mandate] = actions.answer(member="harbour", use="search", answer=True, starts=MAY)
    actions.withdraw(mandate=mandate, ends=MAR)
    assert actions.withdraw(mandate=mandate, ends=MAR).ends == MAY
    assert {stands("search", "lab-a", day) for day in (MAR, MAY, JUL)} == {"not allowed"}


def test_leaving_ends_the_answers_then_and_joining_again_revives_none(harbour, people):
    from quire.society.mandates import actions, checks, queries
    from quire.society.membership import actions as membership
    from quire.society.membership import errors

    actions.answer(member="harbour", use="all", answer=True, starts=JAN)
    actions.answer(member="harbour", use="search", licensee="lab-b", answer=False, starts=JAN, ends=MAR)
    actions.answer(member="harbour", use="ai-index", licensee="lab-b", answer=True, starts=date(2026, 9, 1))
    left = actions.leave(member="harbour", notice_on=MAR, ends=MAY, by=people["preparer"])
    assert left.answers_ended == 5
    assert actions.leave(member="harbour", notice_on=MAR, ends=MAY).answers_ended == 0
    with pytest.raises(errors.AlreadyLeaving):
        actions.leave(member="harbour", notice_on=MAR, ends=JUL)
    assert {a.ends for a in queries.answers()} == {MAR, MAY, date(2026, 9, 1)}
    assert stands("search", "lab-a", MAY - timedelta(days=1)) == "allowed"
    assert stands("search", "lab-a", MAY) == "not allowed"
    membership.apply(party="harbour", shown=ENOUGH, on=JUL)
    for day in (JUL, date(2026, 9, 1), date(2027, 1, 1)):
        assert stands("ai-index", "lab-b", day) == "not allowed"
    actions.answer(member="harbour", use="search", answer=True, starts=JUL)
    assert stands("search", "lab-b", JUL) == "allowed"
    assert [s for check in checks.CHECKS for s in check()] == []


@pytest.mark.usefixtures("harbour")
def test_a_membership_that_ended_without_us_cuts_the_answers_too():
    from quire.society.mandates import actions, queries
    from quire.society.membership import actions as membership

    actions.answer(member="harbour", use="search", answer=True, starts=JAN)
    membership.give_notice(member="harbour", on=MAR, ends=MAY)
    membership.apply(party="harbour", shown=ENOUGH, on=JUL)
    assert [a.ends for a in queries.answers()] == [None]
    assert [stands("search", "lab-a", day) for day in (MAR, MAY, JUL)] == ["allowed"] + ["not allowed"] * 2


@pytest.mark.usefixtures("harbour")
def test_a_direct_licence_stands_beside_the_society(tmp_path, people):
    from quire.society.mandates import actions, errors

    actions.answer(member="harbour", use="all", answer=True, starts=JAN)
    given = {"member": "harbour", "licensee": "lab-a", "starts": MAR, "ends": MAY, "note": "archive deal"}
    made = actions.record_direct_licence(**given, by=people["preparer"])
    assert actions.record_direct_licence(**given) == made
    found = [stands("ai-train", lab, day) for lab in ("lab-a", "lab-b") for day in (JAN, MAR, MAY)]
    assert found == ["allowed", "direct", "allowed", "allowed", "allowed", "allowed"]
    other = {"member": "harbour", "licensee": "lab-b", "from": "2026-03-01"}
    rows = [{**other, "licensee": "lab-a", "until": "2026-07-01", "note": "longer"}, other]
    account = actions.import_direct_licences(path=table(tmp_path, rows))
    assert (account.taken, account.added, account.changed, account.unchanged) == (2, 1, 1, 0)
    assert actions.import_direct_licences(path=table(tmp_path, rows)).unchanged == 2
    assert stands("ai-train", "lab-a", MAY) == "direct"
    with pytest.raises(errors.NotAMember, match="beside the society"):
        actions.record_direct_licence(member="outsider", licensee="lab-a", starts=MAR)
    with pytest.raises(errors.NotAMember):
        actions.record_direct_licence(member="harbour", licensee="lab-a", starts=date(2020, 1, 1), ends=JAN)
    with pytest.raises(errors.AnswerWrong, match="from itself"):
        actions.record_direct_licence(member="harbour", licensee="harbour", starts=MAR)


ANSWERS = [
    row(),
    row("no", "ai-train", "lab-a", **{"from": "2026-03-01", "until": "2026-05-01"}),
    row("no", "search", ""),
    row("yes", "search"),
    row("yes", "search"),
]


@pytest.mark.usefixtures("harbour")
def test_a_table_of_answers(tmp_path):
    from quire.society.mandates import actions

    account = actions.import_mandates(path=table(tmp_path, ANSWERS))
    assert (account.taken, account.added, account.unchanged, account.refused) == (5, 6, 2, [])
    first, acts = said(), verbs()
    again = actions.import_mandates(path=table(tmp_path, random.Random(3).sample(ANSWERS, 5)))
    assert (again.added, again.changed, again.unchanged) == (0, 0, 8)
    assert (said(), verbs()) == (first, acts)
    shorter = actions.import_mandates(path=table(tmp_path, [row("no", "search", until="2026-07-01")]))
    assert (shorter.added, shorter.changed) == (0, 1)
    assert [stands("search", "lab-a", day) for day in (MAY, JUL)] == ["not allowed", "allowed"]


@pytest.mark.usefixtures("harbour")
def test_the_order_of_rows_never_matters(tmp_path):
    from django.db import transaction

    from quire.society.mandates import actions

    def outcome(rows: list[dict[str, str]]) -> list[tuple]:  # type: ignore[type-arg]
        with transaction.atomic():
            actions.import_mandates(path=table(tmp_path, rows), skip_refused=True)
            found = said()
            transaction.set_rollback(True)
        return found

    rows = [*ANSWERS, row(use="ai-index", until="2026-02-01"), row("maybe")]
    assert outcome(random.Random(5).sample(rows, len(rows))) == outcome(rows)
    assert outcome(rows) == outcome(ANSWERS[1:])


@pytest.mark.usefixtures("harbour")
def test_rows_that_cannot_be_taken_are_named(tmp_path):
    from quire.society.mandates import actions

    rows = [
        row(),
        row("perhaps"),
        row(use="train"),
        row(member="outsider"),
        row(licensee="lab-z"),
        row(**{"from": "01.02.2026"}),
        row(until="2025-01-01"),
        row("no", "search"),
        row("no", "all", until="2026-07-01"),
        row(member=""),
    ]
    with pytest.raises(TableRefused) as refusal:
        actions.import_mandates(path=table(tmp_path, rows))
    found = {item["line"]: item["reason"] for item in refusal.value.data["refused"]}
    assert set(found) == set(range(2, 11))
    expected = {
        2: "yes or no",
        3: "not a use",
        4: "not a member",
        5: "'lab-z'",
        6: "2026-01-31",
        7: "must be after",
        8: "Lines 8, 9",
        9: "Lines 8, 9",
        10: "member is empty",
    }
    for line, says in expected.items():
        assert says in found[line]
    assert said() == []


@pytest.mark.usefixtures("harbour")
def test_csv_dry_run_and_the_refusal_of_an_auditor(tmp_path, people):
    from quire.society.mandates import actions

    file = tmp_path / "answers.csv"
    file.write_text("member,use,licensee,answer,from,until\nharbour,all,*,yes,2026-01-01,\n")
    assert actions.import_mandates(path=file, dry_run=True).as_json()["added"] == 4
    assert said() == []
    with pytest.raises(QuireError, match="auditor"):
        actions.import_mandates(path=file, by=people["auditor"])


def test_answers_come_raw_and_memberships_whole(harbour):
    from quire.core.terms import Answer, Span
    from quire.society.mandates import actions, queries
    from quire.society.parties import queries as parties

    actions.answer(member="harbour", use="search", licensee="lab-a", answer=True, starts=JAN, ends=MAR)
    actions.answer(member="harbour", use="search", answer=True, starts=MAR)
    lab = parties.party("lab-a").tid
    may = Period(MAY, date(2026, 6, 1))
    assert queries.answers(period=may) == [Answer(harbour.tid, None, "search", True, MAR, None)]
    assert queries.answers([harbour.id])[0] == Answer(harbour.tid, lab, "search", True, JAN, MAR)
    assert queries.answers([parties.party("lab-a").id]) == []
    assert queries.member_spans() == {harbour.tid: (Span(JAN, None),)}
    with pytest.raises(UnknownUse, match="ai-train, ai-input, ai-index, search, or all"):
        actions.answer(member="harbour", use="singing", answer=True, starts=JAN)
    with pytest.raises(UnknownUse):
        queries.standing("harbour", "all", "lab-a", MAY)


@pytest.mark.usefixtures("harbour")
def test_the_audit_finds_answers_of_outsiders():
    from quire.society.mandates import checks
    from quire.society.mandates.models import DirectLicence, Mandate
    from quire.society.parties import queries as parties

    outsider, lab = parties.party("outsider"), parties.party("lab-a")
    Mandate.objects.create(member=outsider, use="search", answer=True, starts=JAN)
    DirectLicence.objects.create(member=outsider, licensee=lab, starts=JAN)
    assert len([s for check in checks.CHECKS for s in check() if "outsider" in s]) == 2
