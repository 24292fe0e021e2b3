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


def test_without_the_correlation_id_the_page_and_the_time_decide(both: Both) -> None:
    told = both.crawl(3, telemetry=None)
    other = both.crawl(1, path="/news/two", telemetry=None)
    late = timedelta(minutes=9)
    for one in told:
        one["timestamp"] = (NOON + late).isoformat()
    other[0]["timestamp"] = (NOON + timedelta(minutes=11)).isoformat()
    both.counted()
    both.reports([{**one, "content_telemetry_id": None} for one in (*told, *other)])
    assert lines() == [("lab-o-2026", TENTH, "event", 4, 4, 3, 1, 1)]
    assert only("only-site") == [("event", TENTH, 0, "paper.example", "/news/two", 1)]
    assert only("only-lab") == [("event", TENTH, 11, "paper.example", "/news/two", 1)]


def test_the_correlation_id_goes_before_the_page(both: Both) -> None:
    """Two requests of one page a minute apart, the lab's clock three minutes late: each finds its own."""
    told = both.crawl(2)
    both.counted()
    told[0] |= {"timestamp": (NOON + timedelta(hours=3)).isoformat(),
                "content_telemetry_id": told[0]["content_telemetry_id"].upper()}  # fmt: skip
    both.reports(told[:1])
    assert lines() == [("lab-o-2026", TENTH, "event", 2, 1, 1, 1, 0)]
    assert only("only-site") == [("event", TENTH, 1, "paper.example", "/news/one", 1)]


def test_a_pair_across_midnight_and_the_month_belongs_to_the_sites_day(both: Both) -> None:
    from datetime import UTC, datetime

    midnight = datetime(2026, 4, 1, tzinfo=UTC)
    told = both.crawl(2, when=midnight - timedelta(seconds=30))
    for one in told:
        one["timestamp"] = midnight.isoformat()
    both.counted()
    both.reports(told)
    assert lines() == [("lab-o-2026", date(2026, 3, 31), "event", 1, 1, 1, 0, 0)]
    assert lines(starts=APRIL, ends=date(2026, 5, 1)) == [("lab-o-2026", APRIL, "event", 1, 1, 1, 0, 0)]
    assert lines(starts=date(2026, 1, 1), ends=date(2027, 1, 1)) == [
        ("lab-o-2026", date(2026, 3, 31), "event", 1, 1, 1, 0, 0),
        ("lab-o-2026", APRIL, "event", 1, 1, 1, 0, 0),
    ]


def test_what_was_taken_back_is_not_there_and_a_new_owner_changes_nothing(both: Both) -> None:
    from quire.society.usage import actions

    both.reports(both.crawl(3))
    both.crawl(1, path="/news/later")
    both.counted()
    both.front.tells(1, kind="void", of=2, status=502)
    both.counted()
    both.society.work("https://paper.example/news/later")
    assert actions.rematch(by=both.society.user).lines == 1
    assert lines() == [("lab-o-2026", TENTH, "event", 3, 3, 2, 1, 1)]
    assert only("only-site") == [("event", TENTH, 0, "paper.example", "/news/later", 1)]
    assert only("only-lab") == [("event", TENTH, 1, "paper.example", "/news/one", 1)]


def test_what_a_log_told_is_compared_by_count(both: Both) -> None:
    from tests.rooms.usage_society import GPT, line

    log = "".join(line(f"/news/{n}", NOON + timedelta(minutes=n), GPT) for n in range(5))
    both.society.log(log)
    told = [event(n, content_url=f"https://paper.example/news/{n}") for n in range(7)]
    elsewhere = event(50, content_url="https://elsewhere.example/x")
    both.reports([*told, elsewhere])
    assert lines() == [
        ("lab-o-2026", TENTH, "event", 0, 1, 0, 0, 1),
        ("", TENTH, "count", 5, 7, 5, 0, 2),
    ]
    assert only("only-lab") == [
        ("count", TENTH, 0, "paper.example", "/news/5", 1),
        ("count", TENTH, 0, "paper.example", "/news/6", 1),
        ("event", TENTH, 0, "elsewhere.example", "/x", 1),
    ]
    assert sentences() == (
        "Licence lab-o-2026: The lab-o reported 1 request more than the sites counted (0 against 1).",
        (
            "The lab-o, by count only: The lab-o reported 2 requests more than the sites counted, 40 % "
            "(5 against 7)."
        ),
    )


def test_hours_of_a_log_that_nobody_reported(both: Both) -> None:
    both.society.hours(hour(40) + hour(2, when=NOON + timedelta(days=1)))
    assert only("only-site") == [
        ("count", TENTH, None, "paper.example", "", 40),
        ("count", date(2026, 3, 11), None, "paper.example", "", 2),
    ]
    assert [one[3:] for one in lines()] == [(40, 0, 0, 40, 0), (2, 0, 0, 2, 0)]
    assert lines("lab-o-2026") == lines()


def test_each_licence_by_itself(both: Both) -> None:
    told = both.crawl(2)
    second = both.society.licence(code="lab-o-two", operator="Other", uses=["ai-input"])
    both.society.licence(lab="lab-a", operator="Anthropic")
    both.counted()
    both.reports([told[0], {**told[1], "license_ref": second.tid}])
    assert lines() == [
        ("lab-o-2026", TENTH, "event", 2, 1, 1, 1, 0),
        ("lab-o-two", TENTH, "event", 0, 1, 0, 0, 1),
    ]
    assert lines("lab-o-two") == [("lab-o-two", TENTH, "event", 0, 1, 0, 0, 1)]
    assert lines(second.tid) == lines("lab-o-two")
    assert lines("lab-a-2026") == []
    assert only("only-site", "lab-o-two") == []
    assert len(only("only-lab", "lab-o-two")) == 1


def test_sums_of_what_was_done_with_it(both: Both) -> None:
    from quire.society.usage import queries

    both.reports([
        event(1), event(2),
        event(3, "content_grounded", data={"chars_ingested": 5000, "tokens_ingested": 1200}),
        event(4, "content_grounded", data={"chars_ingested": 200}),
        event(5, "content_cited", data={"excerpt_chars": 12}),
        event(6, "content_displayed", timestamp="2026-03-11T01:00:00+02:00"),
        event(7, "content_presented", timestamp="2026-03-11T01:00:00Z"),
    ])  # fmt: skip
    found = queries.reported(MARCH, APRIL)
    assert [(o.day, o.kind, o.events, o.chars, o.tokens) for o in found] == [
        (TENTH, "cited", 1, 12, 0),
        (TENTH, "grounded", 2, 5200, 1200),
        (TENTH, "presented", 1, 0, 0),
        (TENTH, "retrieved", 2, 0, 0),
        (date(2026, 3, 11), "presented", 1, 0, 0),
    ]
    assert {(o.licensee, o.licence, o.host) for o in found} == {("lab-o", "lab-o-2026", "paper.example")}
    assert queries.reported(MARCH, TENTH) == ()


def test_no_list_of_another_name_and_no_licence_that_is_not_there(both: Both) -> None:
    from quire.society.kit.nouns import Unknown
    from quire.society.usage import queries
    from quire.society.usage.reports.reconciling import NoSuchList

    with pytest.raises(NoSuchList):
        queries.unmatched(MARCH, APRIL, "both")
    with pytest.raises(Unknown):
        queries.reconcile(MARCH, APRIL, "nothing'; DROP TABLE usage_report; --")


@pytest.mark.parametrize("seed", range(3))
def test_everything_is_in_exactly_one_line(both: Both, seed: int) -> None:
    """Days around the end of a month, clocks that differ, ids that are missing or shared, a log beside it."""
    from collections import Counter
    from datetime import UTC, datetime
    from random import Random

    from quire.society.usage import queries

    random = Random(seed)
    begin = datetime(2026, 3, 30, 22, tzinfo=UTC)
    told = []
    for n in range(120):
        at = begin + timedelta(minutes=random.randrange(3000))
        shared = random.choice([None, None, f"t{n % 9}", f"own{n}"])
        counted, reported = random.random() < 0.8, random.random() < 0.8
        path = f"/news/{random.randrange(4)}"
        if counted:
            both.crawl(1, when=at, telemetry=shared, path=path)
        if reported:
            off = timedelta(minutes=random.choice([0, 1, -9, 9, 11, 1500]))
            told.append(event(
                1000 + n, timestamp=(at + off).isoformat(), content_telemetry_id=shared,
                content_url=f"https://paper.example{path}",
            ))  # fmt: skip
    both.society.hours(hour(9, when=begin + timedelta(hours=30), bot="GPTBot"))
    both.counted()
    both.reports(told)
    starts, ends = date(2026, 3, 1), date(2026, 5, 1)
    found = queries.reconcile(starts, ends)
    assert sum(o.lab for o in found.lines) == len(told)
    assert sum(o.site for o in found.lines) == len(both.front.events) + 9 - aside(both)
    for side, number in (("only-site", "only_site"), ("only-lab", "only_lab")):
        listed = Counter[Any]()  # by count a report is listed under the licence that it names
        for one in queries.unmatched(starts, ends, side):
            listed[one.licence if one.basis == "event" else "", one.day, one.basis] += one.requests
        expected = {
            (o.licence, o.day, o.basis): getattr(o, number) for o in found.lines if getattr(o, number)
        }
        assert listed == expected
    months = [queries.reconcile(*span).lines for span in ((starts, APRIL), (APRIL, ends))]
    assert (*months[0], *months[1]) == tuple(sorted(found.lines, key=lambda one: one.day >= APRIL))


def aside(both: Both) -> int:
    """Requests of the edge that do not count: a file told of their hour first."""
    from quire.society.usage.models import SetAside

    return SetAside.objects.count()
