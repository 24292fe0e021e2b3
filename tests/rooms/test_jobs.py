"""Jobs: asked for in the transaction that needs them, done by a worker, watched while they run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from quire.core.errors import Invalid
from tests import small


@pytest.fixture
def kinds(house: Any) -> Iterator[None]:
    """Three kinds of job for this test alone."""
    from quire.society.kit import jobs

    def counts(running: Any, *, by: Any, to: int) -> dict[str, str]:
        for done in range(to + 1):
            running.count(done, to, "things")
        running.say("Nearly there.")
        return {"address": f"/things/{to}"}

    def refuses(running: Any, *, by: Any) -> None:
        raise Invalid("There is nothing to divide.")

    def breaks(running: Any, *, by: Any) -> None:
        raise ZeroDivisionError("secret")

    ours = {"test.counts": counts, "test.refuses": refuses, "test.breaks": breaks}
    for name, work in ours.items():
        jobs.kind(name)(work)
    yield
    for name in ours:  # and none of the rooms' own, which may have come meanwhile and come but once
        del jobs._KINDS[name]


def test_a_job_is_done_and_says_how_far_it_came(kinds: None, people: dict[str, Any]) -> None:
    from quire.society.kit import jobs

    job = jobs.ask("test.counts", "Count to forty", by=people["preparer"], to=40)
    assert (jobs.find(job.tid).state, jobs.waiting()) == ("waiting", 1)
    small.quire("worker", "--once")
    row = jobs.find(job.tid)
    assert (row.state, row.done, row.whole, row.unit) == ("done", 40, 40, "things")
    assert row.result == {"address": "/things/40"}
    assert (row.by, jobs.waiting()) == ("preparer", 0)


def test_a_job_that_is_refused_says_why_and_the_next_is_done(kinds: None) -> None:
    from quire.society.kit import jobs

    one = jobs.ask("test.refuses", "Refuse", by=None)
    other = jobs.ask("test.breaks", "Break", by=None)
    last = jobs.ask("test.counts", "Count", by=None, to=1)
    small.quire("worker", "--once")
    assert jobs.find(one.tid).sentence == "There is nothing to divide."
    broken = jobs.find(other.tid)
    assert broken.state == "failed"
    assert "secret" not in broken.sentence
    assert jobs.find(last.tid).state == "done"


def test_what_was_rolled_back_is_not_done(kinds: None) -> None:
    from django.db import transaction

    from quire.society.kit import jobs

    with transaction.atomic():
        jobs.ask("test.counts", "Count", by=None, to=1)
        transaction.set_rollback(True)
    small.quire("worker", "--once")
    assert list(jobs.job_list().every(_everything())) == []


def test_a_job_that_has_ended_is_not_done_again(kinds: None) -> None:
    from quire.society.kit import jobs

    job = jobs.ask("test.counts", "Count", by=None, to=3)
    jobs.perform(job.id)
    ended = jobs.find(job.tid).ended_at
    jobs.perform(job.id)
    small.quire("worker", "--once")
    assert jobs.find(job.tid).ended_at == ended


def test_a_kind_that_nobody_knows_is_refused(kinds: None) -> None:
    from quire.society.kit import jobs

    with pytest.raises(jobs.JobUnknown):
        jobs.ask("test.nothing", "Nothing", by=None)


def _everything() -> Any:
    from quire.society.kit.paging import Asked

    return Asked()
