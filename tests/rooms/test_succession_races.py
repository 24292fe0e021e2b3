"""Two acts at once, of which each would be right alone: one waits for the other and sees what it did."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date
from typing import Any

from tests.rooms.distribution_desk import Desk, built, desk, january, of
from tests.rooms.test_succession import LANTERN, agree, coast, halves, succeed

__all__ = ["built", "coast", "desk", "january"]


def beside(first: Callable[[], Any], second: Callable[[], Any]) -> str:
    """``second`` begun while ``first`` is done and not yet committed; what came of the second."""
    from django.db import connection, connections, transaction

    from quire.core.errors import QuireError

    told: list[str] = []

    def go() -> None:
        try:
            second()
            told.append("done")
        except QuireError as problem:
            told.append(problem.code)
        finally:
            connections.close_all()

    thread = threading.Thread(target=go)
    with transaction.atomic():
        first()
        thread.start()
        while thread.is_alive():
            with connection.cursor() as sql:
                # Not pg_stat_activity: a transaction sees it as it was when it first looked.
                sql.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
                if sql.fetchone()[0]:
                    break
            thread.join(0.02)
    thread.join()
    (one,) = told
    return one


def test_an_agreement_and_a_succession_make_no_circle_together(coast: Desk) -> None:
    told = beside(
        lambda: agree(coast, "reef", "lantern:author:1", "50%"),
        lambda: succeed(coast, "lantern", takers=halves("reef")),
    )
    assert told == "distribution.circle-of-rights"


def test_a_succession_and_an_agreement_make_no_circle_together(coast: Desk) -> None:
    told = beside(
        lambda: succeed(coast, "lantern", takers=halves("reef")),
        lambda: agree(coast, "reef", "lantern:author:1", "50%"),
    )
    assert told != "done"


def test_nobody_is_paid_what_goes_to_the_heirs_at_that_moment(coast: Desk) -> None:
    from quire.society.payouts import actions

    coast.closed()
    told = beside(
        lambda: succeed(coast, "lantern", takers=halves("reef")),
        lambda: actions.prepare(currency="EUR", on=date(2026, 3, 1), by=coast.preparer),
    )
    assert told == "done"
    assert (of("payable", "lantern"), of("payable", "reef")) == (0, LANTERN)


def test_what_was_paid_at_that_moment_does_not_go_to_the_heirs(coast: Desk) -> None:
    from quire.society.payouts import actions

    coast.closed()
    told = beside(
        lambda: actions.prepare(currency="EUR", on=date(2026, 3, 1), by=coast.preparer),
        lambda: succeed(coast, "lantern", takers=halves("reef")),
    )
    assert told == "done"
    # Of 233.33… whole cents were on their way; the rest of one is the heir's.
    assert of("payable", "lantern") == 0
    assert 0 < of("payable", "reef") < 10**10
