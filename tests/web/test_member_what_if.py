"""What another answer would have earned: closed runs divided again, and told on the member's page."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quire.core.terms import Answer, Span, allows, answered
from tests.conftest import Furnished
from tests.web import desk

FIRST = date(2026, 1, 1)
DAYS = [FIRST + timedelta(days=n) for n in range(12)]
LABS = ["north", "south", "west"]
spans = st.tuples(st.integers(0, 9), st.none() | st.integers(1, 11)).map(
    lambda both: (DAYS[both[0]], None if both[1] is None or both[1] <= both[0] else DAYS[both[1]])
)
answers = st.lists(
    st.builds(
        lambda member, who, use, yes, span: Answer(member, who, use, yes, *span),
        st.sampled_from(["me", "you"]), st.sampled_from([None, *LABS]),
        st.sampled_from(["ai-train", "search"]), st.booleans(), spans,
    ),
    max_size=8,
)  # fmt: skip


@given(answers, st.sampled_from(["", *LABS]), st.booleans())
@settings(max_examples=150, deadline=None)
def test_one_answer_is_another_and_all_else_stands_as_it_stood(
    said: list[Answer], who: str, yes: bool
) -> None:
    member = [Span(FIRST, None)]
    new = [Answer("me", who or None, "ai-train", yes, FIRST, None)]
    now = answered(said, "me", "ai-train", who, new, set(LABS) - {who})

    def allowed(some: Any, whose: str, use: str, lab: str, day: date) -> bool:
        return allows(use, lab, day, [one for one in some if one.member == whose], member)

    for day in DAYS:
        for lab in LABS:
            assert allowed(now, "you", "ai-train", lab, day) == allowed(said, "you", "ai-train", lab, day)
            assert allowed(now, "me", "search", lab, day) == allowed(said, "me", "search", lab, day)
            if who and lab != who:
                assert allowed(now, "me", "ai-train", lab, day) == allowed(said, "me", "ai-train", lab, day)
        if who:
            assert allowed(now, "me", "ai-train", who, day) == yes


@pytest.fixture
def before(january: Furnished) -> Furnished:
    """The small society's January."""
    return january


@pytest.fixture
def browser(house: Any) -> Any:
    """Of somebody at the marsh, which said no to lab-north from the 21st on."""
    return desk.seated("reed", "marsh")


def test_the_answer_that_was_given_would_have_given_what_it_gave(browser: Any) -> None:
    from quire.society.distribution.what_if import what_if
    from quire.society.parties import queries

    lantern, north = queries.party("lantern").tid, queries.party("lab-north").tid
    same = what_if(member=lantern, use="ai-train", licensee=north, yes=True)
    assert [had for had, _would in same.sums] == [would for _had, would in same.sums]
    none = what_if(member=lantern, use="ai-train", yes=False)
    assert all(would.quanta < had.quanta for had, would in none.sums)


def test_a_yes_throughout_would_have_given_more_and_a_no_less(browser: Any) -> None:
    from quire.society.distribution.what_if import what_if
    from quire.society.parties import queries

    marsh, north = queries.party("marsh").tid, queries.party("lab-north").tid
    [(had, yes)] = [both for both in what_if(member=marsh, use="ai-train", licensee=north).sums
                    if both[0].currency == "EUR"]  # fmt: skip
    [(again, no)] = [both for both in what_if(member=marsh, use="ai-train", licensee=north, yes=False).sums
                     if both[0].currency == "EUR"]  # fmt: skip
    assert had == again
    assert no.quanta < had.quanta < yes.quanta


def test_the_page_has_it_worked_out_by_a_job_of_the_members_own(browser: Any) -> None:
    from quire.society.kit import jobs
    from quire.society.kit.models import Job

    address = "/member/marsh/terms/change/?use=ai-train&licensee=lab-north"
    assert "Work out what each answer would have earned" in desk.text(browser.get(address))
    assert browser.post(address, {"act": "work-out"}).status_code == 302
    job = Job.objects.latest("asked_at")
    jobs.perform(job.id)
    job.refresh_from_db()
    assert (job.state, job.result["address"]) == ("done", address)
    page = desk.text(browser.get(address))
    assert "Had you said it all along" in page
    assert page.count('<td class="money">') >= 3
    reader = desk.seated("heron", "marsh", "reader")
    assert reader.post(address, {"act": "work-out"}).status_code == 403
    assert "Had you said" not in desk.text(desk.seated("lens", "lantern").get(
        address.replace("/marsh/", "/lantern/")))  # fmt: skip
