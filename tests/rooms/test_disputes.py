"""Disputes: filed, documented, answered, and each way in which they end."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from quire.core.errors import QuireError
from tests.rooms.distribution_desk import Desk, audit, built, desk, eur, euros, january, of
from tests.rooms.test_awards import credited, holds

__all__ = ["built", "desk", "january"]

B = "https://gazette.example/b"


class Court:
    """Somebody who brings disputes to the society, on days of their choice."""

    def __init__(self, desk: Desk, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.desk, self.folder, self.patch = desk, folder, patch
        self.by = desk.preparer
        self.on("2026-02-10")

    def on(self, day: str) -> None:
        self.patch.setenv("QUIRE_TODAY", day)

    def file(self, **told: Any) -> Any:
        from quire.society.disputes import actions

        usual = {
            "kind": "ownership",
            "work": B,
            "claimant": "marsh",
            "shares": "gazette:publisher:2/3; marsh:photographer:1/3",
            "reason": "The photographs are ours since the sale of 2025",
            "by": self.by,
        }
        return actions.file_dispute(**{**usual, **told})

    def paper(self, name: str = "contract.pdf", data: bytes = b"%PDF a contract") -> Path:
        path = self.folder / name
        path.write_bytes(data)
        return path

    def document(self, dispute: Any) -> Any:
        from quire.society.disputes import actions

        return actions.document(dispute=dispute.tid, title="Contract", path=self.paper(), by=self.by)

    def answer(self, dispute: Any, party: str = "lantern") -> Any:
        from quire.society.disputes import actions

        return actions.answer(
            dispute=dispute.tid,
            party=party,
            title="Another contract",
            path=self.paper("b.pdf", b"no"),
            by=self.by,
        )

    def settle(self, dispute: Any, shares: str, **more: Any) -> Any:
        from quire.society.disputes import actions

        return actions.settle(dispute=dispute.tid, shares=shares, text="Both agreed", by=self.by, **more)

    def decide(self, dispute: Any, shares: str = "", **more: Any) -> Any:
        from quire.society.disputes import actions

        usual = {"who": "The committee", "text": "Half and half", "by": self.by}
        return actions.decide(dispute=dispute.tid, shares=shares, **{**usual, **more})

    def withdraw(self, dispute: Any) -> Any:
        from quire.society.disputes import actions

        return actions.withdraw(dispute=dispute.tid, text="We were wrong", by=self.by)

    def tick(self) -> list[tuple[str, str]]:
        from quire.society.disputes import actions

        return [(one.tid, one.state) for one in actions.tick(by=self.by)]


@pytest.fixture
def court(january: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Court:
    return Court(january, tmp_path, monkeypatch)


def row(dispute: Any) -> Any:
    from quire.society.disputes import queries

    return queries.row(dispute.tid)


def owners(work: str = B, on: date = date(2026, 1, 15)) -> dict[tuple[str, str], Fraction]:
    from quire.society.repertoire import queries

    shares = queries.owners(queries.work(work).id, on)
    return {(party, role): share for party, role, share in shares}


def test_a_claim_that_nobody_documents_lapses_and_nothing_was_held(court: Court) -> None:
    made = court.file()
    assert (made.state, str(made.document_by)) == ("filed", "2026-04-11")
    run = court.desk.closed()
    assert all(outcome != "held" for _, outcome in euros(run))
    court.on("2026-04-11")
    assert court.tick() == []
    court.on("2026-04-12")
    assert court.tick() == [(made.tid, "lapsed")]
    assert court.tick() == []


def test_documented_and_not_answered_it_is_granted_with_what_was_earned_meanwhile(court: Court) -> None:
    made = court.file()
    court.document(made)
    assert row(made).respondents == (("lantern", Fraction(1)),)
    run = court.desk.closed()
    assert euros(run)["lantern", "held"] == eur("60.00")
    assert holds(run)
    assert (row(made).held[0].currency, row(made).held[0].quanta) == ("EUR", eur("60.00"))
    before = credited("marsh")
    court.on("2026-04-11")
    assert court.tick() == []
    court.on("2026-04-12")
    assert court.tick() == [(made.tid, "amended")]
    assert credited("marsh") - before == eur("60.00")
    assert of("held", "lantern") == 0
    assert owners() == {("gazette", "publisher"): Fraction(2, 3), ("marsh", "photographer"): Fraction(1, 3)}


def test_answered_it_is_in_dispute_and_a_decision_divides_what_was_held(court: Court) -> None:
    made = court.file()
    court.document(made)
    court.answer(made)
    court.on("2027-02-10")
    assert court.tick() == []
    court.desk.closed()
    lantern, marsh = credited("lantern"), credited("marsh")
    half = "gazette:publisher:2/3; marsh:photographer:1/6; lantern:photographer:1/6"
    assert court.decide(made, half).state == "decided"
    assert credited("lantern") - lantern == credited("marsh") - marsh == eur("30.00")
    assert owners()["marsh", "photographer"] == Fraction(1, 6)
    with pytest.raises(QuireError, match="is decided"):
        court.withdraw(made)


def test_a_settlement_may_give_more_than_was_claimed_but_no_more_than_was_held(court: Court) -> None:
    made = court.file(shares="gazette:publisher:2/3; marsh:photographer:1/6; lantern:photographer:1/6")
    court.document(made)
    court.desk.closed()
    assert of("held", "lantern") == eur("30.00")
    before = credited("marsh")
    court.settle(made, "gazette:publisher:2/3; marsh:photographer:1/3")
    assert credited("marsh") - before == eur("30.00")


def test_withdrawn_it_goes_back_to_those_it_was_held_of(court: Court) -> None:
    made = court.file(shares="marsh:owner:1")
    court.document(made)
    court.desk.closed()
    gazette, lantern = credited("gazette"), credited("lantern")
    assert (of("held", "gazette"), of("held", "lantern")) == (eur("120.00"), eur("60.00"))
    court.withdraw(made)
    assert credited("gazette") - gazette == eur("120.00")
    assert credited("lantern") - lantern == eur("60.00")
    assert owners()["gazette", "publisher"] == Fraction(2, 3)


def test_a_claim_of_shares_alone_is_held_at_once_from_the_day_of_use_claimed(court: Court) -> None:
    made = court.file(
        kind="share",
        claimant="lantern",
        shares="gazette:publisher:1/3; lantern:photographer:2/3",
        since=date(2026, 1, 4),
    )
    assert made.state == "disputed"
    run = court.desk.closed()
    # From the fourth to the sixth of January three requests: of Gazette's 60, half is disputed.
    assert euros(run)["gazette", "held"] == eur("30.00")
    assert holds(run)
    before = credited("lantern")
    court.settle(made, "gazette:publisher:1/3; lantern:photographer:2/3")
    assert credited("lantern") - before == eur("30.00")
    assert owners(on=date(2026, 1, 3))["gazette", "publisher"] == Fraction(2, 3)
    assert owners(on=date(2026, 1, 4))["gazette", "publisher"] == Fraction(1, 3)


def test_a_tier_is_decided_and_holds_nothing(court: Court) -> None:
    from quire.society.repertoire import queries

    made = court.file(kind="tier", shares="", wanted="research", claimant="gazette")
    assert (made.state, row(made).respondents) == ("disputed", ())
    court.decide(made, wanted="research", starts=date(2026, 3, 1))
    assert queries.work(B).tier == "standard"
    court.on("2026-03-01")
    assert court.tick() == [(made.tid, "decided")]
    assert queries.work(B).tier == "research"
    assert court.tick() == []


def test_a_class_that_is_not_granted_stays(court: Court) -> None:
    from quire.society.repertoire import queries

    made = court.file(kind="classification", shares="", wanted="photograph", claimant="lantern")
    court.decide(made, wanted="article", text="It is text")
    assert queries.work(B).type == "article"
    assert "photograph was wanted" in row(made).outcome


def test_the_queue_goes_by_money_held_then_by_days_left(court: Court) -> None:
    from quire.society.disputes import queries

    waits = court.file(work="https://marsh.example/one", claimant="gazette", shares="gazette:owner:1")
    court.on("2026-02-11")
    later = court.file(work="https://lantern.example/p/1", claimant="gazette", shares="gazette:owner:1")
    rich = court.file()
    court.document(rich)
    court.desk.closed()
    assert [one.tid for one in queries.rows()] == [rich.tid, waits.tid, later.tid]
    assert [one.left for one in queries.rows()] == [60, 59, 60]
    court.withdraw(rich)
    assert [one.state for one in queries.rows()] == ["filed", "filed"]
    assert len(queries.rows(all_=True)) == 3


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ({"kind": "looks"}, "A dispute is about"),
        ({"reason": " "}, "Say in a sentence"),
        ({"work": "https://gazette.example/none"}, "No work is registered"),
        ({"claimant": "nobody"}, "No party has the code"),
        ({"shares": "marsh:owner:1/2"}, "1/2 is missing"),
        ({"shares": "gazette:publisher:2/3; lantern:photographer:1/3"}, "takes nothing from anybody"),
        ({"shares": "gazette:publisher:1/3; lantern:photographer:2/3"}, "no more than it has now"),
        ({"shares": "gazette:publisher:2/3; unknown:photographer:1/3"}, "whom nobody knows"),
        ({"kind": "tier", "shares": "", "wanted": "standard"}, "it has standard"),
        ({"wanted": "research"}, "names no tier"),
    ],
)
def test_claims_that_are_refused(court: Court, told: dict[str, Any], why: str) -> None:
    with pytest.raises(QuireError, match=why):
        court.file(**told)


def test_steps_follow_one_another_and_one_claim_at_a_time(court: Court) -> None:
    made = court.file()
    with pytest.raises(QuireError, match="has an open dispute"):
        court.file()
    with pytest.raises(QuireError, match="is filed"):
        court.answer(made)
    with pytest.raises(QuireError, match="is filed"):
        court.settle(made, "marsh:owner:1")
    court.on("2026-05-01")
    with pytest.raises(QuireError, match="time to document the claim ended on 2026-04-11"):
        court.document(made)
    court.on("2026-04-11")
    court.document(made)
    with pytest.raises(QuireError, match="nothing in this dispute to answer for"):
        court.answer(made, "gazette")
    auditor = _auditor()
    for act in (court.withdraw, court.answer):
        court.by = auditor
        with pytest.raises(QuireError, match="is an auditor"):
            act(made)


def _auditor() -> Any:
    from quire.society.parties.models import RoleGrant, User

    user = User.objects.create_user("reader")
    RoleGrant.objects.create(user=user, role="auditor")
    return user


def test_a_document_that_was_changed_is_found_by_the_audit(court: Court) -> None:
    from quire.society.kit import config

    court.document(made := court.file())
    (path,) = (config.home() / "disputes" / made.tid).iterdir()
    assert path.stat().st_mode & 0o077 == 0
    data = path.read_bytes()
    path.write_bytes(b"forged")
    assert any("is not the file that was handed in" in finding for finding in audit())
    path.write_bytes(data)


def test_the_database_keeps_an_ended_dispute_as_it_ended(court: Court) -> None:
    from django.db import DatabaseError, transaction

    from quire.society.disputes.models import Dispute

    court.withdraw(made := court.file())
    for change in ({"state": "filed", "ended_on": None}, {"outcome": "We won"}, {"reason": "Other"}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Dispute.objects.filter(id=made.id).update(**change)


def test_a_day_setting_that_is_none_is_refused(court: Court, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUIRE_DISPUTE_DOCUMENT_DAYS", "30")
    assert str(court.file().document_by) == "2026-03-12"
    monkeypatch.setenv("QUIRE_DISPUTE_DOCUMENT_DAYS", "soon")
    with pytest.raises(QuireError, match="from 1 to 1000"):
        court.file(work="https://marsh.example/one", claimant="gazette", shares="gazette:owner:1")


def test_copies_of_a_work_are_held_with_it(court: Court) -> None:
    from quire.society.repertoire import actions

    actions.register_work(
        title="The lock keeper", member="marsh", url="https://marsh.example/lock", original=B,
        syndicator_share="10%", by=court.by,
    )  # fmt: skip
    made = court.file(shares="gazette:publisher:2/3; marsh:photographer:1/6; lantern:photographer:1/6")
    court.document(made)
    holds = {one.hold.work.key: one.hold.part for one in made.holds.select_related("hold__work")}
    assert holds == {"gazette.example/b": Fraction(1, 2), "marsh.example/lock": Fraction(1, 2)}
    with pytest.raises(QuireError, match="is a copy"):
        court.file(work="https://marsh.example/lock", claimant="gazette")
    court.withdraw(made)
    assert not made.holds.filter(hold__released_on=None).exists()


def test_one_that_cannot_move_keeps_no_other_from_moving(court: Court) -> None:
    from quire.society.disputes import queries
    from quire.society.repertoire.models import Work

    stuck = court.file(work="https://marsh.example/one", claimant="gazette", shares="gazette:owner:1")
    moves, other = court.file(), court.file(claimant="lantern", shares="lantern:owner:1")
    for made in (stuck, moves, other):
        court.document(made)
    # Between the claim and its end the work was found to be a copy: nobody can amend it.
    original = Work.objects.get(key="gazette.example/a")
    marsh = Work.objects.filter(key="marsh.example/one")
    marsh.update(original=original, syndicator_share=Fraction(1, 10))
    court.on("2026-04-12")
    assert [tid for tid, _ in court.tick()] == [moves.tid, other.tid]
    assert [(row.tid, row.left) for row in queries.rows()] == [(stuck.tid, -1)]
    court.withdraw(stuck)


def test_a_share_in_dispute_is_not_passed_on(court: Court) -> None:
    from quire.society.parties import queries as parties
    from quire.society.repertoire import actions, queries
    from quire.society.repertoire.errors import OfferRefused

    work, lantern, marsh = queries.work(B).id, parties.party("lantern").id, parties.party("marsh").id
    said = {"work": work, "giver": lantern, "taker": "marsh", "role": "photographer", "share": "1/3"}
    starts = {"starts": date.fromisoformat("2026-03-01"), "by": court.by}
    offer = actions.offer_share(**said, **starts)
    made = court.file()
    court.document(made)
    with pytest.raises(OfferRefused, match="in dispute"):
        actions.answer_offer(offer.id, party=marsh, accept=True, by=court.by)
    with pytest.raises(OfferRefused, match="in dispute"):
        actions.offer_share(**said | {"share": "1/6"}, **starts)
    court.withdraw(made)
    assert actions.answer_offer(offer.id, party=marsh, accept=True, by=court.by).answer == "accepted"


def test_what_is_in_dispute_already_is_not_claimed_again(court: Court) -> None:
    first = court.file()
    sentence = rf"What lantern has of gazette.example/b is in dispute already: {first.tid}, claimed by marsh"
    with pytest.raises(QuireError, match=sentence):
        court.file(claimant="gazette", shares="gazette:publisher:1", kind="share")
    court.withdraw(first)
    court.file(claimant="gazette", shares="gazette:publisher:1", kind="share")


def test_two_disputes_about_two_shares_of_a_work_do_not_undo_each_other(court: Court) -> None:
    """The marsh claims the lantern's third, the lantern half of the gazette's two."""
    one = court.file(kind="share")
    half = "gazette:publisher:1/3; lantern:publisher:1/3; lantern:photographer:1/3"
    other = court.file(kind="share", claimant="lantern", shares=half)
    court.desk.closed()
    assert (of("held", "lantern"), of("held", "gazette")) == (eur("60"), eur("60"))
    before = {code: of("payable", code) for code in ("gazette", "lantern", "marsh")}
    court.settle(one, "gazette:publisher:2/3; marsh:photographer:1/3")
    court.settle(other, "gazette:publisher:1/3; lantern:publisher:1/3; marsh:photographer:1/3")
    third = Fraction(1, 3)
    assert owners() == {
        ("gazette", "publisher"): third, ("lantern", "publisher"): third, ("marsh", "photographer"): third,
    }  # fmt: skip
    assert (of("held", "lantern"), of("held", "gazette")) == (0, 0)
    gained = {code: of("payable", code) - amount for code, amount in before.items()}
    assert gained == {"gazette": 0, "lantern": eur("60"), "marsh": eur("60")}


def test_a_claim_that_nobody_answers_takes_what_it_claimed_and_leaves_the_rest(court: Court) -> None:
    one = court.file(kind="share")
    half = "gazette:publisher:1/3; lantern:publisher:1/3; lantern:photographer:1/3"
    other = court.file(claimant="lantern", shares=half)
    court.document(other)
    court.settle(one, "gazette:publisher:2/3; marsh:photographer:1/3")
    court.on("2026-06-12")
    assert court.tick() == [(other.tid, "amended")]
    third = Fraction(1, 3)
    assert owners() == {
        ("gazette", "publisher"): third, ("lantern", "publisher"): third, ("marsh", "photographer"): third,
    }  # fmt: skip


def test_a_claim_about_what_was_amended_since_is_filed_again(court: Court) -> None:
    from quire.core.shares import Shares
    from quire.society.repertoire import queries
    from quire.society.repertoire.actions import amend_owners

    made = court.file(kind="share")
    amend_owners(
        work=queries.work(B).id, starts=None, shares=Shares.sole("gazette"), why="A contract", by=court.by
    )
    with pytest.raises(QuireError, match="lantern has less of the work by now"):
        court.settle(made, "gazette:publisher:2/3; marsh:photographer:1/3")
    court.withdraw(made)


def test_the_audit_sees_a_share_that_is_in_two_disputes(
    court: Court, monkeypatch: pytest.MonkeyPatch
) -> None:
    from quire.society.disputes.actions import filing

    monkeypatch.setattr(filing, "_must_be_alone", lambda *_: None)
    court.file()
    second = court.file(claimant="gazette", shares="gazette:publisher:1")
    (found,) = audit()
    assert found.endswith("are both about what lantern has of a work.")
    court.withdraw(second)
