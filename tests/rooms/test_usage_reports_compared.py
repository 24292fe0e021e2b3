"""Both sides: what edges and logs counted, against what a lab reported of itself, in lines and in lists."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from tests.rooms.test_usage_reports import URL, batch, event, post, shown
from tests.rooms.usage_edges import Edge, admitted, edge
from tests.rooms.usage_society import NOON, hour, society  # noqa: F401

MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)
TENTH = date(2026, 3, 10)


class Both:
    """A newspaper behind an edge, and a lab with a licence that reports what it got."""

    def __init__(self, made: Any) -> None:
        self.society = made
        made.site()
        made.work(URL)
        self.licence, self.lab = made.licence(), shown(made)
        self.front: Edge = edge(made)
        self.step = 0

    def crawl(self, count: int = 1, when: Any = NOON, told: bool = True, **more: Any) -> list[dict[str, Any]]:
        """Requests under the licence, a minute apart; the events that the lab tells of them."""
        said = []
        for minute in range(count):
            self.step += 1
            at = when + timedelta(minutes=minute)
            fields = {"telemetry": f"00000000-0000-4000-9000-{self.step:012d}", "path": "/news/one", **more}
            self.front.tells(1, when=at, **admitted(
                licence=self.licence.tid, licensee=self.licence.licensee.tid, jti="j",
                request=f"r{self.step}", **fields,
            ))  # fmt: skip
            said.append(event(
                self.step, timestamp=at.isoformat(), content_url=f"https://paper.example{fields['path']}",
                content_telemetry_id=fields["telemetry"],
            ))  # fmt: skip
        return said

    def counted(self) -> None:
        from quire.society.usage import actions

        assert self.front.sends(self.front_sent + 1)[0] == 200
        self.front_sent = len(self.front.events)
        actions.compact()

    front_sent = 0

    def reports(self, events: list[dict[str, Any]]) -> None:
        status, said = post(batch(*events), self.lab)
        assert (status, said["refused"]) == (200, []), said


@pytest.fixture
def both(society: Any) -> Both:  # noqa: F811
    return Both(society)


def lines(licence: str = "", starts: date = MARCH, ends: date = APRIL) -> list[tuple[Any, ...]]:
    from quire.society.usage import queries

    found = queries.reconcile(starts, ends, licence)
    return [
        (o.licence, o.day, o.basis, o.site, o.lab, o.matched, o.only_site, o.only_lab) for o in found.lines
    ]


def only(side: str, licence: str = "") -> list[tuple[Any, ...]]:
    from quire.society.usage import queries

    return [(o.basis, o.day, o.at and o.at.minute, o.host, o.path, o.requests)
            for o in queries.unmatched(MARCH, APRIL, side, licence)]  # fmt: skip


def sentences() -> tuple[str, ...]:
    from quire.society.usage import queries

    return queries.reconcile(MARCH, APRIL).sentences()


def test_the_same_on_both_sides(both: Both) -> None:
    both.reports(both.crawl(5))
    both.counted()
    assert lines() == [("lab-o-2026", TENTH, "event", 5, 5, 5, 0, 0)]
    assert only("only-site") == only("only-lab") == []
    assert sentences() == ("Licence lab-o-2026: 5 requests, as the sites counted and The lab-o reported.",)


def test_what_only_one_side_has_is_named(both: Both) -> None:
    told = both.crawl(10)
    both.counted()
    both.reports([*told[:6], event(900, timestamp=(NOON + timedelta(hours=5)).isoformat())])
    assert lines() == [("lab-o-2026", TENTH, "event", 10, 7, 6, 4, 1)]
    assert only("only-site") == [("event", TENTH, m, "paper.example", "/news/one", 1) for m in (6, 7, 8, 9)]
    assert only("only-lab") == [("event", TENTH, 0, "paper.example", "/news/one", 1)]
    assert sentences() == (
        (
            "Licence lab-o-2026: the sites counted 3 requests more than The lab-o reported, 30 % (10 against "
            "7); 4 of the sites' and 1 of The lab-o's have no counterpart."
        ),
    )
