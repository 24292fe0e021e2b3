"""Usage told by those who gain from it: other people's hosts, one log twice, windows that overlap."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.rooms.usage_society import NOON, Society, hour, lake_rows, line, lines_of, requests_of, society

__all__ = ["society"]


def _log(first: int = 0, until: int = 50) -> str:
    """A line every seven minutes; each third one is told twice in its second."""
    return "".join(
        line(f"/{n}", NOON + timedelta(minutes=7 * n)) * (1 + (n % 3 == 0)) for n in range(first, until)
    )


def test_a_client_cannot_give_usage_to_a_host_by_naming_it(society: Society) -> None:
    from quire.society.usage import queries
    from quire.society.usage.errors import HostNeeded

    society.site()
    society.site("blog", "blog.example")
    forged = line("http://blog.example/x")
    result = society.log(line("http://paper.example/a") + forged + line("/b"))
    assert lines_of(result.account) == {"unlicensed": 2, "unreadable": 1}
    assert lake_rows("DISTINCT host") == [("paper.example",)]
    (kept,) = queries.set_aside(result.imported, "unreadable")
    assert kept.reason.startswith("its address names another host")
    with pytest.raises(HostNeeded):
        society.take(forged, "forged.log")


def test_one_log_is_of_one_host(society: Society) -> None:
    from quire.society.usage.errors import OfAnotherHost

    first = society.log(line(), "monday.log")
    with pytest.raises(OfAnotherHost, match=f"as the log of paper.example .monday.log, {first.imported.tid}"):
        society.log(line(), "copy.log", host="other.example")
    with pytest.raises(OfAnotherHost):
        society.log(line(), "copy.log", host="other.example", dry_run=True)
    assert lake_rows("count(*)") == [(1,)]


def test_a_log_without_usage_may_be_of_many_hosts(society: Society) -> None:
    society.log("", "quiet.log")
    assert society.log("", "quiet.log", host="other.example").fresh


@pytest.mark.parametrize("chunk", [7, 1000])
@pytest.mark.parametrize("copies", [2, 3])
def test_a_log_put_behind_itself_counts_once(society: Society, copies: int, chunk: int) -> None:
    once = society.log(_log(), "once.log")
    assert lake_rows("count(*)") == [(67,)]
    again = society.log(_log() * copies, "doubled.log", chunk=chunk)
    assert lines_of(once.account) == {"unknown_host": 67}
    assert lines_of(again.account) == {"conflicting": 67 * copies}


@pytest.mark.parametrize(
    "parts",
    [
        [lambda: _log() * 2],
        [lambda: _log(20) + _log(0, 30)],
        [lambda: _log(30), lambda: _log(10, 40), lambda: _log(0, 20) + _log(5, 45)],
        [lambda: "".join(reversed(_log().splitlines(keepends=True))), _log],
    ],
)
def test_a_log_in_parts_that_overlap_counts_each_event_once(
    society: Society, parts: list[Callable[[], str]]
) -> None:
    for number, part in enumerate(parts):
        society.log(part(), f"{number}.log", chunk=11)
    assert lake_rows("count(*), count(DISTINCT fingerprint)") == [(67, 67)]


def test_windows_that_overlap_do_not_add_up(society: Society) -> None:
    half = timedelta(minutes=30)
    first = (
        hour(5) + hour(7, when=NOON + half) + hour(9, when=NOON + 2 * half) + hour(1, "/other", NOON + half)
    )
    assert requests_of(society.hours(first, chunk=2).account) == {
        "structure": 0,
        "unknown_host": 15,
        "conflicting": 7,
    }
    later = (
        hour(2, when=NOON - half) + hour(2, when=NOON - 2 * half) + hour(2, when=NOON + half, bot="ClaudeBot")
    )
    assert lines_of(society.hours(later, "later.csv").account) == {
        "structure": 1, "conflicting": 1, "unknown_host": 2,
    }  # fmt: skip
    day = "2026-03-10T00:00:00Z - 2026-03-11T00:00:00Z,GPTBot,100,paper.example,/news/one\n"
    assert requests_of(society.hours(day, "day.csv").account) == {"structure": 0, "conflicting": 100}


def test_windows_of_a_whole_site_that_overlap_do_not_add_up(society: Society) -> None:
    rows = (
        hour(5, None) + hour(7, None, NOON + timedelta(minutes=30)) + hour(9, None, NOON + timedelta(hours=1))
    )
    assert requests_of(society.hours(rows).account) == {"structure": 0, "unknown_host": 14, "conflicting": 7}


def test_counts_meant_to_break_a_sum_are_unreadable(society: Society) -> None:
    result = society.hours("".join(hour(2**53, f"/{n}") for n in range(1100)))
    assert lines_of(result.account)["unreadable"] == 1100
