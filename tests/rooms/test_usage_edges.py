"""What edges metered, compacted: every event under one heading, and usage that counts like any other."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.rooms.usage_edges import Edge, admitted, edge
from tests.rooms.usage_society import GPT, NOON, account, hour, lake_rows, line, society  # noqa: F401


@pytest.fixture
def front(society: Any) -> Edge:  # noqa: F811
    society.site()
    society.work("https://paper.example/news/one")
    return edge(society)


def compact(**more: Any) -> dict[str, tuple[int, int]]:
    from quire.society.usage import actions

    result = actions.compact(**more)
    return {name: (tally.lines, tally.requests) for name, tally in sorted(result.tallies.items())}


def aside() -> list[tuple[int, str, str]]:
    from quire.society.usage.models import SetAside

    return list(SetAside.objects.order_by("line").values_list("line", "heading", "reason"))


def test_each_event_stands_under_one_heading(front: Edge) -> None:
    n = front.tells(3, **admitted())
    front.tells(2, **admitted(status=404))
    front.tells(1, **admitted(status=None, size=None))
    front.tells(1, **admitted(path="/style.css"))
    front.tells(2, **admitted(outcome="refused", code="no-token", status=401))
    front.tells(1, kind="people", host="paper.example", people=40)
    front.tells(1, kind="void", of=n, status=500)
    front.tells(1, **admitted(host="other.example"))
    front.tells(1, **admitted(agent="Nobody", use=None))
    front.sends()
    assert compact() == {
        "asset": (1, 1), "human": (1, 40), "not_answered": (2, 2), "refused": (2, 2), "unreadable": (2, 0),
        "usage": (3, 3), "voided": (2, 1),
    }  # fmt: skip
    assert compact() == {}
    assert lake_rows("line, agent, operator, use, host, path, status, work IS NOT NULL, evidence") == [
        (line, "GPTBot", "OpenAI", "ai-train", "paper.example", "/news/one", status, True, "token+signature")
        for line, status in ((1, 200), (2, 200), (6, None))
    ]
    assert [(line, heading) for line, heading, _ in aside()] == [(12, "unreadable"), (13, "unreadable")]


def test_lines_that_are_no_events_are_kept_with_their_reason(front: Edge) -> None:
    import gzip
    import json

    good = {"n": 0, "t": "2026-03-10T12:00:00.000000Z", **admitted()}
    lines = [
        {**good, "n": 1}, b"{\"n\":2,", b"[]", {**good, "n": 5}, {**good, "n": 5, "status": 20},
        {**good, "n": 6, "t": "2126-03-10T12:00:00.000000Z"}, {**good, "n": 7, "charged": "1"},
        {"n": 8, "t": good["t"], "kind": "void", "of": 8}, b"\xff\xfe", b"{\"n\":10}" + b" " * 70_000,
        {**good, "n": 11, "path": "/caf%c3%a9/../x"}, {**good, "n": 12}, b"", {**good, "n": 14},
    ]  # fmt: skip
    body = gzip.compress(
        b"".join((x if isinstance(x, bytes) else json.dumps(x).encode()) + b"\n" for x in lines)
    )
    assert front.post(body, front.header(1, 14, body))[0] == 200
    assert compact() == {"unreadable": (11, 0), "usage": (3, 3)}
    assert [number for number, _, _ in aside()] == [*range(2, 12), 13]
    assert lake_rows("line") == [(1,), (12,), (14,)]


def test_numbers_given_up_are_said_and_stand_for_themselves(front: Edge) -> None:
    front.tells(2, **admitted())
    front.events.append({"n": 3, "t": "2026-03-10T12:01:00.000000Z", "kind": "lost", "from": 3, "to": 300})
    front.events.append({**front.events[0], "n": 301})
    body = front.body(1, 4)
    assert front.post(body, front.header(1, 301, body)) == (200, {"through": 301})
    assert front.post(body, front.header(1, 301, body)) == (200, {"through": 301})
    assert compact() == {"lost": (298, 0), "usage": (3, 3)}
    assert lake_rows("line") == [(1,), (2,), (301,)]


def test_a_void_afterwards_takes_the_row_away(front: Edge) -> None:
    front.tells(5, **admitted())
    front.sends()
    compact()
    front.tells(1, kind="void", of=2, status=502)
    front.tells(1, kind="void", of=2, status=502)
    front.sends(6)
    assert compact() == {"usage": (-1, -1), "voided": (3, 1)}
    assert lake_rows("line, sum(count)", "true GROUP BY line HAVING sum(count) > 0") == [
        (1, 1),
        (3, 1),
        (4, 1),
        (5, 1),
    ]
    front.tells(1, kind="void", of=2, status=502)
    front.sends(8)
    assert compact() == {"voided": (1, 0)}


def test_pieces_of_any_size_come_to_the_same(front: Edge) -> None:
    for step in range(20):
        front.tells(1, when=NOON + timedelta(hours=step), **admitted(request=f"r{step}"))
        if step % 3 == 0:
            front.tells(1, kind="void", of=step + 1, status=500)
        front.sends(len(front.events) - (step % 3 == 0))
    compact(most=3)
    from quire.society.usage.models import Piece

    assert Piece.objects.count() > 5
    voided = {event["of"] for event in front.events if event.get("kind") == "void"}
    expected = [(e["n"], e["request"]) for e in front.events if "kind" not in e and e["n"] not in voided]
    assert lake_rows("line, request", "true GROUP BY line, request HAVING sum(count) > 0") == expected


@pytest.mark.parametrize("counts", [False, True])
def test_an_hour_told_by_a_file_and_by_an_edge_counts_once(front: Edge, society: Any, counts: bool) -> None:  # noqa: F811
    def told(name: str) -> Any:
        if counts:
            return society.hours(hour(7), name)
        return society.log(line() + line("/news/two"), name)

    front.tells(2, **admitted())
    front.sends()
    compact()
    late = account(told("late.log"))
    assert late["conflicting"].lines == (1 if counts else 2)
    assert "front, lane 0" in aside()[-1][2]
    front.tells(2, when=NOON + timedelta(hours=1), **admitted(agent="ClaudeBot", use="ai-train"))
    front.tells(2, when=NOON + timedelta(hours=2), **admitted())
    early = society.hours(hour(7, when=NOON + timedelta(hours=2)), "early.csv") if counts else society.log(
        line(when=NOON + timedelta(hours=2, minutes=50)), "early.log")  # fmt: skip
    assert not account(early)["conflicting"].lines
    front.sends(3)
    assert compact() == {"conflicting": (2, 2), "usage": (2, 2)}
    assert "early." in aside()[-1][2]


def test_usage_of_an_edge_reaches_the_licence(front: Edge, society: Any) -> None:  # noqa: F811
    from quire.society.kit.periods import parse
    from quire.society.licensing import queries as licensing
    from quire.society.usage import queries

    licence = society.licence()
    society.yes()
    row = licensing.licence(licence)
    token = {"licence": row.tid, "licensee": row.licensee_tid, "jti": "j1"}
    front.tells(4, **admitted(agent=None, **token))
    front.tells(1, **admitted(agent="OddBot", use="ai-input", **token))
    front.tells(
        1, **admitted(agent=None, use="ai-train", licence=row.tid, licensee="pty_01h2xcejqtf2nbrexx3vqjhp41")
    )
    front.tells(1, **admitted(outcome="charged", charged="0.002000000000", currency="EUR", **token))
    front.sends()
    assert compact() == {"unreadable": (1, 0), "usage": (6, 6)}
    march = parse("2026-03")
    found = {
        (t.heading, t.operator, t.licensee, t.use): t.requests
        for t in queries.totals(march.starts, march.ends)
    }
    pty = row.licensee_tid
    assert found == {("counted", pty, pty, "ai-train"): 5, ("outside", pty, pty, "ai-input"): 1}
    due = queries.fee_counts(licence, march.starts, march.ends)
    assert due == (("standard", 4, 1),), "what was charged at the edge is billed again"
    assert licensing.by_operator()[pty] == licensing.by_operator()["OpenAI"]
    assert lake_rows("charged, currency, jti", "charged IS NOT NULL") == [(2_000_000_000, "EUR", "j1")]


def test_works_registered_later_are_found_again(front: Edge, society: Any) -> None:  # noqa: F811
    from quire.society.usage import actions

    front.tells(2, **admitted(path="/news/new", request="r"))
    front.sends()
    compact()
    society.work("https://paper.example/news/new")
    assert actions.rematch(by=society.user).lines == 2
    front.tells(1, kind="void", of=1, status=500)
    front.sends(3)
    assert compact() == {"usage": (-1, -1), "voided": (2, 1)}
    assert lake_rows("line, work IS NULL", "true GROUP BY line, work HAVING sum(count) > 0") == [(2, False)]


def test_a_spool_is_not_withdrawn_like_a_file(front: Edge, society: Any) -> None:  # noqa: F811
    from quire.society.usage import actions
    from quire.society.usage.errors import Unfinished
    from quire.society.usage.models import Import

    front.tells(1, **admitted())
    front.sends()
    compact()
    with pytest.raises(Unfinished, match="edge"):
        actions.withdraw(Import.objects.get(), reason="wrong", by=society.user)
    assert GPT


def test_a_distribution_counts_what_an_edge_metered(front: Edge, society: Any, house: Any) -> None:  # noqa: F811
    """Three requests at the paper's edge and one in the blog's log divide the money three to one."""
    from quire.core.money import quanta_of
    from quire.society.licensing import queries as licensing
    from quire.society.parties import actions as parties
    from tests.rooms.distribution_desk import Desk, euros

    licence = licensing.licence(society.licence())
    for member in ("paper", "blog"):
        society.yes(member)
    society.site("blog", "blog.example")
    front.tells(3, **admitted(agent=None, licence=licence.tid, licensee=licence.licensee_tid, jti="j"))
    front.tells(5, **admitted(outcome="refused", code="no-token", status=401))
    front.sends()
    compact()
    society.log(line("/post"), host="blog.example")
    parties.found_society(
        name="A society", form="association", currency="EUR", town="Ghent", country="BE", by=society.user
    )
    desk = Desk(house)
    desk.adopt("per-usage")
    desk.receive("R-1", "1000", licence="lab-o-2026", period="2026-03")
    paid = euros(desk.closed("2026-03"))
    members = {name: amount for (name, _), amount in paid.items() if name in ("paper", "blog")}
    assert members["paper"] == 3 * members["blog"] == quanta_of("637.5")
