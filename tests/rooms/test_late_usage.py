"""A log comes after its month was divided: it counts in the next run, once; what it takes back is seen."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from quire.core.bundle import read
from quire.core.tokens import KeySet
from quire.core.verify import verify
from tests.rooms.distribution_desk import FEBRUARY, JANUARY, Desk, built, desk, eur, euros, january
from tests.small import GPT, hit, quire

__all__ = ["built", "desk", "january"]

MARCH = "2026-03"


@pytest.fixture
def usage(desk: Desk) -> Desk:
    """January divided by use alone: 1000 EUR among 17 licensed requests."""
    desk.adopt("per-usage")
    desk.receive("R-1", "1000.00")
    return desk


def late_log(desk: Desk, *days: int) -> str:
    """Another log of the gazette's January, whose import is returned."""
    place = desk.house.home.parent / f"late-{'-'.join(map(str, days))}.log"
    place.write_text("".join(hit(day, "/a", GPT, hour=20) for day in days))
    quire("usage", "import", place, "--host", "gazette.example", "--by", "preparer")
    from quire.society.usage.models import Import

    return str(Import.objects.order_by("-id")[0].tid)


def lines(run: Any) -> list[dict[str, Any]]:
    from quire.society.distribution import publishing
    from quire.society.distribution.keys import signing_key

    found = read(publishing.folder(run))
    verdict = verify(found, KeySet.of(signing_key().public_jwk()))
    assert verdict.holds, verdict.sentence()
    return [one for _, one in found.records("lines.jsonl")]


def test_a_late_log_counts_in_the_next_run_and_in_no_other(usage: Desk) -> None:
    first = usage.closed()
    before = json.dumps(lines(first))
    late_log(usage, 11, 12)
    usage.receive("R-2", "100.00", period=FEBRUARY)
    second = usage.closed(FEBRUARY)
    shared = [one for one in lines(second) if one.get("party")]
    assert [(one["late"], one["requests"]) for one in shared] == [(["2026-01-01", "2026-02-01"], 2)]
    assert euros(second)["gazette", "payable"] == eur("85")
    usage.receive("R-3", "100.00", period=MARCH)
    third = usage.closed(MARCH)
    assert not any("late" in one for one in lines(third)), "it has counted"
    assert json.dumps(lines(first)) == before, "a closed run never changes"


def test_a_cancelled_run_has_counted_nothing(usage: Desk) -> None:
    from quire.society.distribution import actions

    usage.closed()
    late_log(usage, 11)
    usage.receive("R-2", "100.00", period=FEBRUARY)
    run = usage.reviewed(FEBRUARY)
    actions.cancel(run, reason="Another receipt came", by=usage.preparer)
    again = usage.closed(FEBRUARY)
    assert [one["requests"] for one in lines(again) if "late" in one] == [1]


def test_a_second_run_of_the_month_itself_counts_it_as_its_own(usage: Desk) -> None:
    usage.closed()
    late_log(usage, 11, 12)
    usage.receive("R-1b", "19.00", period=JANUARY)
    again = usage.closed()
    assert sum(one["requests"] for one in lines(again) if one.get("role") == "owner") == 13
    assert not any("late" in one for one in lines(again))
    usage.receive("R-2", "100.00", period=FEBRUARY)
    assert not any("late" in one for one in lines(usage.closed(FEBRUARY)))


def test_what_is_taken_back_after_it_was_divided_is_for_a_person_to_look_at(
    usage: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    log = late_log(usage, 11, 12, 13)
    usage.closed()
    quire("usage", "withdraw", log, "--reason", "It was the society's own test", "--by", "preparer")
    usage.receive("R-2", "100.00", period=FEBRUARY)
    run = usage.reviewed(FEBRUARY)
    assert any("took back 3 requests" in notice for notice in run.review["notices"])
    usage.close(run)
    [told] = quire("corrections", "taken-back", capsys=capsys)
    assert (told["work"], told["use"], told["requests"]) == ("gazette.example/a", "ai-train", 3)
    assert (told["from"], told["until"], told["licence"]) == ("2026-01-01", "2026-01-21", "north-2026")
    usage.receive("R-3", "100.00", period=MARCH)
    usage.closed(MARCH)
    assert len(quire("corrections", "taken-back", capsys=capsys)) == 1


def test_the_statement_says_that_it_is_late(usage: Desk, tmp_path: Path) -> None:
    from quire.society.statements import queries, render

    usage.closed()
    late_log(usage, 11)
    usage.receive("R-2", "100.00", period=FEBRUARY)
    run = usage.closed(FEBRUARY)
    files = render.files(queries.statement(run, "gazette"))
    assert "listed late" in files["gazette.html"].decode()
    assert "2026-01-01" in files["gazette.csv"].decode()
    place = tmp_path / "gazette.json"
    place.write_bytes(files["gazette.json"])
    from quire.society.distribution import publishing
    from quire.society.kit.config import home

    keys = home() / "published" / "keys.json"
    quire("verify", publishing.folder(run), "--key", keys, "--statement", place)


def february_log(desk: Desk) -> None:
    """A log of the gazette's with two requests of February."""
    place = desk.house.home.parent / "february.log"
    place.write_text("".join(hit(day, "/a", GPT).replace("Jan", "Feb") for day in (3, 4)))
    quire("usage", "import", place, "--host", "gazette.example", "--by", "preparer")


def requests(run: Any, *, late: bool) -> int:
    """The requests that a run shared by, of late days or of its own."""
    return sum(
        one["requests"] for one in lines(run) if one.get("role") == "owner" and ("late" in one) == late
    )


def test_what_counted_late_does_not_count_again_in_a_second_run_of_its_own_month(usage: Desk) -> None:
    usage.closed()
    late_log(usage, 11, 12)
    usage.receive("R-2", "100.00", period=FEBRUARY)
    assert requests(usage.closed(FEBRUARY), late=True) == 2
    usage.receive("R-1b", "18.00", period=JANUARY)
    assert requests(usage.closed(), late=False) == 11, "as in the first run"


def crossed(desk: Desk) -> tuple[Any, Any]:
    """February done again after a run of March counted late what came meanwhile; both in review."""
    from quire.society.distribution import actions

    desk.closed()
    desk.receive("R-2", "100.00", period=FEBRUARY)
    run = desk.reviewed(FEBRUARY)
    february_log(desk)
    desk.receive("R-3", "100.00", period=MARCH)
    march = desk.reviewed(MARCH)
    actions.cancel(run, reason="Another receipt came", by=desk.preparer)
    return desk.reviewed(FEBRUARY), march


def test_a_run_that_is_done_again_leaves_out_what_a_later_one_counted_meanwhile(usage: Desk) -> None:
    february, march = crossed(usage)
    assert requests(usage.close(march), late=True) == 2
    assert requests(usage.close(february), late=False) == 0


def test_what_neither_has_counted_in_the_end_counts_in_the_next(usage: Desk) -> None:
    from quire.society.distribution import actions

    february, march = crossed(usage)
    usage.close(february)
    actions.cancel(march, reason="It is not wanted yet", by=usage.preparer)
    assert requests(usage.closed(MARCH), late=True) == 2


def test_what_counted_late_and_was_taken_back_since_is_set_against_its_own_work(usage: Desk) -> None:
    usage.closed()
    log = late_log(usage, 11, 12)
    usage.receive("R-2", "100.00", period=FEBRUARY)
    usage.closed(FEBRUARY)
    quire("usage", "withdraw", log, "--reason", "It was the society's own test", "--by", "preparer")
    usage.receive("R-1b", "18.00", period=JANUARY)
    assert requests(usage.closed(), late=False) == 11 - 2


def test_what_was_taken_back_does_not_count_again_after_a_later_run_has_looked_at_that(usage: Desk) -> None:
    """The later run counted nothing of it: there is nothing to leave out of a second run of the month."""
    log = late_log(usage, 11, 12, 13)
    usage.closed()
    quire("usage", "withdraw", log, "--reason", "It was the society's own test", "--by", "preparer")
    usage.receive("R-2", "100.00", period=FEBRUARY)
    usage.closed(FEBRUARY)
    usage.receive("R-1b", "18.00", period=JANUARY)
    assert requests(usage.closed(), late=False) == 11


def test_the_database_counts_late_usage_once(usage: Desk) -> None:
    from datetime import date

    from django.db import IntegrityError, transaction

    from quire.society.distribution.corrections.models import Counted

    first = usage.closed()
    late_log(usage, 11)
    usage.receive("R-2", "100.00", period=FEBRUARY)
    usage.closed(FEBRUARY)
    late = Counted.objects.get(late=True)
    assert (late.starts, late.until) == (date(2026, 1, 1), date(2026, 2, 1))
    again = {"licence_id": late.licence_id, "file_id": late.file_id, "until": date(2026, 1, 12)}
    with pytest.raises(IntegrityError, match="in one run alone"), transaction.atomic():
        Counted.objects.create(run=first, starts=date(2026, 1, 10), **again)
