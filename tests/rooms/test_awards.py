"""Holds of a disputed part, and what becomes of held lines: released, or awarded to others, exactly."""

from __future__ import annotations

import json
from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from quire.core import bundle
from quire.core.errors import QuireError
from quire.core.tokens import KeySet
from quire.core.verify import verify
from tests.rooms.distribution_desk import Desk, audit, built, desk, eur, euros, january, of

__all__ = ["built", "desk", "january"]

B = "https://gazette.example/b"


def credited(code: str, currency: str = "EUR") -> int:
    from quire.society.distribution import queries
    from quire.society.parties import queries as parties

    return queries.credited().get((parties.party(code).id, currency), 0)


def release(desk: Desk, hold: Any, **to: str) -> int:
    from quire.society.distribution import actions

    shares = {party: Fraction(share) for party, share in to.items()}
    return actions.release_hold(hold.tid, to=shares, by=desk.preparer)


def holds(run: Any) -> bool:
    """Whether an outsider finds the run right."""
    from quire.society.distribution import queries
    from quire.society.distribution.keys import signing_key

    found = bundle.read(queries.row(run).bundle)
    verdict = verify(found, KeySet.of(signing_key().public_jwk()))
    return verdict.holds or pytest.fail(verdict.sentence())


def test_only_the_disputed_part_of_one_partys_share_of_one_work_is_held(january: Desk) -> None:
    hold = january.hold(work=B, party="lantern", part=Fraction(1, 4))
    run = january.closed()
    # Six requests of /b earn 180; a third of it is Lantern's, and a quarter of that is disputed.
    assert euros(run)["lantern", "held"] == of("held", "lantern") == eur("15.00")
    assert ("gazette", "held") not in euros(run)
    assert holds(run)
    before = credited("lantern")
    assert january.release(hold) == 2  # one in each currency
    assert of("held", "lantern") == 0
    assert credited("lantern") == of("payable", "lantern") == before + eur("15.00")


def test_use_before_the_day_that_is_claimed_is_not_held(january: Desk) -> None:
    january.hold(work=B, party="lantern", part=Fraction(1, 2), since=date(2026, 1, 5))
    run = january.closed()
    # Of the six days of use, the fifth and the sixth are disputed: 60 × 1/3 × 1/2.
    assert euros(run)["lantern", "held"] == eur("10.00")
    assert holds(run)


def test_what_was_held_goes_to_whom_it_is_awarded_and_never_was_its_partys(january: Desk) -> None:
    hold = january.hold(work=B, party="lantern")
    january.closed()
    lantern, marsh, gazette = credited("lantern"), credited("marsh"), credited("gazette")
    assert release(january, hold, lantern="1/2", marsh="1/3", gazette="1/6") == 2
    assert credited("lantern") - lantern == eur("30.00")
    assert credited("marsh") - marsh == eur("20.00")
    assert credited("gazette") - gazette == eur("10.00")
    assert of("held", "lantern") == 0
    for code in ("lantern", "marsh", "gazette"):
        assert credited(code) == of("payable", code)


def test_an_award_is_remembered_for_runs_that_were_frozen_while_the_hold_stood(january: Desk) -> None:
    hold = january.hold(work=B, party="lantern")
    run = january.reviewed()
    assert release(january, hold, marsh="1") == 0
    january.close(run)
    assert of("held", "lantern") == 0
    assert credited("marsh") == of("payable", "marsh") == euros(run)["marsh", "payable"] + eur("60.00")


def test_a_hold_on_the_work_keeps_what_was_awarded_until_it_ends_too(january: Desk) -> None:
    hold = january.hold(work=B, party="lantern", part=Fraction(1, 2))
    january.closed()
    other = january.hold(work=B, reason="A court asks")
    assert release(january, hold, marsh="1") == 0
    assert of("held", "lantern") == eur("30.00")
    before = credited("marsh")
    assert january.release(other) == 2
    assert credited("marsh") - before == eur("30.00")


@pytest.mark.parametrize(
    ("to", "why"),
    [
        ({"marsh": "1/2"}, "add up to exactly 1"),
        ({"marsh": "3/2", "lantern": "-1/2"}, "above 0"),
        ({"nobody-at-all": "1"}, "nobody-at-all"),
    ],
)
def test_an_award_is_of_all_of_it(january: Desk, to: dict[str, str], why: str) -> None:
    hold = january.hold(work=B, party="lantern")
    with pytest.raises(QuireError, match=why):
        release(january, hold, **to)
    whole = january.hold(party="gazette")
    with pytest.raises(QuireError, match="one party's share of one work"):
        release(january, whole, marsh="1")


def test_a_party_in_dispute_about_one_work_is_paid_for_the_others(january: Desk) -> None:
    from quire.society.distribution import queries

    january.hold(work=B, party="lantern")
    assert queries.on_hold() == set()
    (row,) = queries.holds()
    assert (row.of, row.party, row.part) == ("lantern of gazette.example/b", None, Fraction(1))


def test_a_statement_says_why_a_part_is_held_and_what_came_of_it(january: Desk) -> None:
    from quire.society.statements import queries, render

    hold = january.hold(work=B, party="lantern", part=Fraction(1, 2), reason="Marsh claims half")
    run = january.closed()
    told = queries.statement(run, "lantern")
    held = [line for line in told.lines if line.outcome == "held"]
    assert {line.held_because for line in held} == {"Marsh claims half"}
    assert not any(line.held_because for line in told.lines if line.outcome == "payable")
    assert "awards" not in json.loads(render.to_json(told))["accounts"]
    release(january, hold, lantern="1/2", marsh="1/2")
    (award, _) = json.loads(render.to_json(queries.statement(run, "marsh")))["accounts"]["awards"]
    assert (award["run"], award["amount"], award["role"]) == (run.tid, "15.000000000000", "photographer")
    page = render.files(queries.statement(run, "marsh"))["marsh.html"].decode()
    assert "Released from dispute: gazette.example/b: Marsh claims half" in page
    assert f"earned in January 2026, run {run.tid}, as photographer" in page


def test_an_award_that_gives_more_than_it_took_is_found_by_the_audit(january: Desk) -> None:
    from django.db import transaction

    from quire.society.distribution.models import Award, AwardPart

    hold = january.hold(work=B, party="lantern")
    january.closed()
    release(january, hold, marsh="1")
    assert audit() == []
    with transaction.atomic():
        part = AwardPart.objects.filter(pot__currency="EUR").get()
        AwardPart.objects.create(award=part.award, pot=part.pot, party=part.party, amount=1)
        assert any("gives 0.000000000001 more than it took" in finding for finding in audit())
        assert any("marsh was credited" in finding for finding in audit())
        transaction.set_rollback(True)
    assert Award.objects.count() == 1


def test_a_part_with_more_digits_than_can_be_kept_is_refused_in_a_sentence(january: Desk) -> None:
    with pytest.raises(QuireError, match="more than thirty digits") as refused:
        january.hold(work=B, party="lantern", part=Fraction(1, 10**30))
    assert refused.value.code == "shares.too-long"
    january.hold(work=B, party="lantern", part=Fraction(1, 10**30 - 1))
