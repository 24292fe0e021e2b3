"""Usage is told once, in whatever order things are recorded, and counted for who needs it."""

from __future__ import annotations

import json
import random
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from quire.core.errors import QuireError
from tests.rooms.usage_society import (
    CLAUDE,
    NOON,
    READER,
    Society,
    account,
    broken,
    hour,
    lake_rows,
    line,
    lines_of,
    listed,
    requests_of,
    society,
    society_home,
)

__all__ = ["society"]


def test_every_line_of_a_log_stands_under_one_heading(society: Society) -> None:
    society.site()
    society.site("blog", "blog.example", patterns=["/diary"])
    society.licence()
    society.yes()
    text = (
        line() + line(agent=READER) + line("/style.css") + line(status=404) + line(method="POST")
        + line(agent=CLAUDE) + "\n" + "no line of a log\n" + "blog.example " + line("/elsewhere")
        + line(agent="ChatGPT-User/1.0")
    )  # fmt: skip
    result = society.log(text)

    assert result.fresh
    assert not result.resumed
    assert lines_of(result.account) == {
        "counted": 1, "human": 1, "asset": 1, "not_answered": 2, "unlicensed": 1, "structure": 1,
        "unreadable": 1, "unknown_host": 1, "outside": 1,
    }  # fmt: skip
    assert result.account.lines == 10
    assert lake_rows("host, path, agent, use, status, size, count", "agent = 'GPTBot'") == [
        ("blog.example", "/elsewhere", "GPTBot", "ai-train", 200, 512, 1),
        ("paper.example", "/news/one", "GPTBot", "ai-train", 200, 512, 1),
    ]


def test_people_and_client_addresses_are_kept_nowhere(society: Society, house: Any) -> None:
    from quire.society.usage.models import SetAside

    society.log(
        line(client="203.0.113.99") + line(agent=READER, client="2001:db8::9")
        + "203.0.113.99 - - [no time] x\n" + "2001:db8::9 what\n" + "[2001:db8::9]:443 what\n"
    )  # fmt: skip
    kept = [one.excerpt + one.reason for one in SetAside.objects.order_by("line")]
    assert [text.count("[address]") for text in kept] == [1, 1, 1]
    everything = (
        b"".join(path.read_bytes() for path in house.home.rglob("*.parquet")) + "".join(kept).encode()
    )
    assert b"203.0.113.99" not in everything
    assert b"db8::9" not in everything
    assert b"Firefox" not in everything


def test_the_lake_has_the_columns_that_others_read(society: Society) -> None:
    from quire.society.usage import lake

    site, work = society.site(), society.work("https://paper.example/news/one", member="paper")
    society.log(line() + line("/news/two"))
    society.hours(hour(5, None, NOON + timedelta(hours=5)))
    with lake.open(listed()) as db:
        assert [(r[0], r[1]) for r in db.execute("DESCRIBE usage").fetchall()] == [
            (name, {"TIMESTAMPTZ": "TIMESTAMP WITH TIME ZONE"}.get(kind, kind)) for name, kind in lake.COLUMNS
        ]
    found = lake_rows("path, site, work, epoch_us(starts), epoch_us(ends) - epoch_us(starts), count, status")
    noon = int(NOON.timestamp()) * 1_000_000
    assert found == [
        ("/news/one", None, work.id, noon, 0, 1, 200),
        ("/news/two", site.id, None, noon, 0, 1, 200),
        (None, site.id, None, noon + 5 * 3_600_000_000, 3_600_000_000, 5, None),
    ]


def test_a_log_without_ai_crawlers_earns_nothing_and_says_so(society: Society) -> None:
    result = society.log(line(agent=READER) * 12_000 + "nonsense\n")
    assert result.account.sentences() == [
        "12,001 lines: 12,000 by people and ordinary search engines, 1 unreadable.",
        "No AI crawler in it: it earns nothing.",
    ]
    assert listed() == []


def test_an_account_survives_json_and_refuses_not_to_add_up() -> None:
    from quire.society.usage.account import Account, Tally

    one = Account(5, {"counted": Tally(2, 40), "human": Tally(3, 3)})
    assert Account.from_json(json.loads(json.dumps(one.as_json()))) == one
    assert (one + one).lines == 10
    for lines, tallies in ((6, one.tallies), (1, {"nonsense": Tally(1, 1)})):
        with pytest.raises(QuireError):
            Account(lines, tallies)


def test_the_same_file_again_changes_nothing(society: Society) -> None:
    from quire.society.kit.models import Act
    from quire.society.usage.models import Import

    text = line() + line(agent=READER)
    first = society.log(text)
    acts = Act.objects.count()
    again = society.log(text, "renamed.log")
    assert (again.fresh, again.imported.id) == (False, first.imported.id)
    assert again.account == first.account
    assert (Import.objects.count(), Act.objects.count(), len(listed())) == (1, acts, 1)


def test_identical_lines_are_different_events(society: Society) -> None:
    assert lines_of(society.log(line() * 3).account) == {"unknown_host": 3}
    assert lake_rows("count(*)") == [(3,)]


def test_of_a_file_that_grew_only_the_new_lines_count(society: Society) -> None:
    from quire.society.usage import queries

    old = line() * 2 + line(agent=READER) + line("/news/two")
    society.log(old)
    grown = society.log(old + line() + line("/news/three", NOON + timedelta(days=1)), chunk=2)
    assert lines_of(grown.account)["conflicting"] == 3
    assert requests_of(grown.account)["unknown_host"] == 2
    assert lake_rows("count(*)") == [(5,)]
    first = next(iter(queries.set_aside(grown.imported, "conflicting")))
    assert first.line == 1
    assert first.reason.startswith("the same usage is in it: access.log (imp_")
    assert first.excerpt == "GPTBot paper.example/news/one 2026-03-10T12:00:00+00:00 × 1"


def test_overlapping_logs_count_each_event_once(society: Society) -> None:
    a, b, c = (line(f"/news/{n}", NOON + timedelta(minutes=n)) for n in range(3))
    society.log(a + b, "monday.log")
    second = society.log(b + c, "tuesday.log")
    assert lines_of(second.account) == {"conflicting": 1, "unknown_host": 1}
    elsewhere = society.log(b + c + "\n", "tuesday.log", host="other.example")
    assert "conflicting" not in lines_of(elsewhere.account)


@pytest.mark.parametrize("log_first", [True, False])
def test_a_log_and_an_hourly_count_of_one_hour_do_not_add_up(society: Society, log_first: bool) -> None:
    log = (
        line() + line("/x", NOON + timedelta(minutes=59, seconds=59)) + line("/y", NOON + timedelta(hours=1))
    )
    log += line("/news/one", agent=CLAUDE)
    hours = hour(7) + hour(3, when=NOON + timedelta(hours=2)) + hour(9, host="other.example")
    if log_first:
        society.log(log)
        later = society.hours(hours)
        assert requests_of(later.account)["conflicting"] == 7
        assert lake_rows("sum(count)::BIGINT") == [(4 + 3 + 9,)]
    else:
        society.hours(hours)
        later = society.log(log)
        assert lines_of(later.account)["conflicting"] == 2
        assert lake_rows("sum(count)::BIGINT") == [(7 + 3 + 9 + 2,)]
    from quire.society.usage import queries

    reasons = {one.reason for one in queries.set_aside(later.imported)}
    assert len(reasons) == 1
    assert ("single requests" if log_first else "counts of this agent and hour by path") in reasons.pop()


def test_a_count_of_the_site_and_counts_of_its_paths_do_not_add_up(society: Society) -> None:
    later = NOON + timedelta(hours=1)
    result = society.hours(
        hour(5, None) + hour(2) + hour(2, "/b", later) + hour(9, None, later) + hour(3, "/c", later)
        + hour(4, "/b", later)  # said twice, with another count
        + hour(8, None, bot="ClaudeBot"),
        chunk=3,
    )  # fmt: skip
    assert requests_of(result.account) == {
        "unknown_host": 5 + 2 + 3 + 8,
        "conflicting": 2 + 9 + 4,
        "structure": 0,
    }
    from quire.society.usage import queries

    assert [(one.line, one.reason.partition(":")[2]) for one in queries.set_aside(result.imported)] == [
        (3, " this very file, imported first."), (5, " this very file, imported first."),
        (7, " this very file, imported first."),
    ]  # fmt: skip


def test_the_order_in_which_things_are_recorded_does_not_matter(society: Society) -> None:
    text = (
        line("/news/one")
        + line("/a", agent=CLAUDE)
        + line("/old", datetime(2025, 12, 31, 23, 59, 59, tzinfo=UTC))
    )
    society.site()
    result = society.log(text)
    assert lines_of(result.account) == {"unlicensed": 3}
    society.licence()
    assert lines_of(account(result)) == {"outside": 1, "unlicensed": 2}
    society.yes(starts=date(2026, 3, 11))
    assert lines_of(account(result)) == {"outside": 1, "unlicensed": 2}
    society.yes(starts=date(2026, 3, 10))
    assert lines_of(account(result)) == {"counted": 1, "unlicensed": 2}
    society.licence("lab-a", "Anthropic", ends=date(2026, 3, 10))
    assert lines_of(account(result)) == {"counted": 1, "unlicensed": 2}
    society.beside("paper", "lab-a")
    assert lines_of(account(result)) == {"counted": 1, "direct": 1, "unlicensed": 1}
    society.beside("paper", "lab-o", starts=date(2026, 3, 10), ends=date(2026, 3, 11))
    assert lines_of(account(result)) == {"direct": 2, "unlicensed": 1}


def test_a_licence_covers_only_its_uses_whatever_the_mandate_says(society: Society) -> None:
    society.site()
    society.licence(uses=["search"])
    society.yes()
    result = society.log(line() + line(agent="OAI-SearchBot/1.0"))
    assert lines_of(result.account) == {"outside": 1, "counted": 1}


def test_works_and_sites_registered_late_are_found_by_a_rematch(society: Society) -> None:
    from quire.society.kit.models import Act
    from quire.society.usage import actions

    society.licence()
    society.yes()
    society.yes("blog")
    first = society.log(line("/news/one") * 2 + line("/b/two"))
    second = society.hours(
        hour(6, None, NOON + timedelta(days=1)) + hour(3, "/b/two", NOON + timedelta(days=2))
    )
    assert lines_of(first.account) == {"unknown_host": 3}
    assert actions.rematch(by=society.user) == actions.RematchResult(0, 0, 0)

    society.site()
    assert actions.rematch(by=society.user) == actions.RematchResult(2, 5, 12)
    before = [Path(society_home() / path).read_bytes() for path in listed()]
    assert actions.rematch(by=society.user) == actions.RematchResult(0, 0, 0)
    work = society.work("https://paper.example/b/two", member="blog")
    assert actions.rematch(by=society.user) == actions.RematchResult(2, 2, 4)
    assert [Path(society_home() / path).read_bytes() for path in listed()][: len(before)] == before

    assert (lines_of(account(first)), requests_of(account(second))) == (
        {"counted": 3},
        {"counted": 9, "structure": 0},
    )
    assert lake_rows("sum(count)::BIGINT", f"work = '{work.id}'") == [(4,)]
    assert lake_rows("sum(count)::BIGINT") == [(12,)]
    assert lines_of(society.log(line("/news/one") * 2, "again.log").account) == {"conflicting": 2}
    assert Act.objects.filter(verb="usage.rematch").count() == 4


def test_fees_count_mandated_usage_by_tier(society: Society) -> None:
    from quire.society.usage import queries

    society.site(tier="basic")
    society.site("blog", "blog.example")
    society.work("https://paper.example/gold/1", tier="gold")
    society.work("https://paper.example/gold/2", tier="gold")
    licence = society.licence(operator="openai", starts=date(2026, 3, 1), uses=["ai-train"])
    society.yes()
    society.yes("blog", starts=date(2026, 3, 12))
    days = [NOON + timedelta(days=n) for n in range(4)]
    society.log(
        line("/gold/1") * 3 + line("/gold/2") + line("/plain/1") + line("/plain/2") * 2
        + line("/gold/1", agent=CLAUDE) + line("/gold/1", agent="OAI-SearchBot")
        + "".join("blog.example " + line("/x", day) for day in days)
        + line("/gold/1", datetime(2026, 2, 28, 23, 59, tzinfo=UTC))
        + line("/gold/1", datetime(2026, 4, 1, tzinfo=UTC)),
    )  # fmt: skip
    march = (date(2026, 3, 1), date(2026, 4, 1))
    due = (("basic", 3, 0), ("gold", 4, 2), ("standard", 2, 0))
    assert queries.fee_counts(licence, *march) == due
    assert queries.fee_counts("lab-o-2026", date(2026, 2, 1), march[1]) == due
    assert queries.fee_counts(licence, date(2025, 1, 1), date(2025, 2, 1)) == ()
    society.beside("paper", "lab-o")
    assert queries.fee_counts(licence, *march) == (("standard", 2, 0),)


def test_totals_of_a_period_say_who_took_what_for_which_use(society: Society) -> None:
    from quire.society.parties import queries as parties
    from quire.society.usage import queries

    society.site()
    society.licence()
    society.yes()
    society.log(line() * 2 + line(agent=CLAUDE) + line(when=NOON - timedelta(days=31)))
    totals = queries.totals(date(2026, 3, 1), date(2026, 4, 1))
    assert [(t.heading, t.operator, t.licensee, t.use, t.lines, t.requests) for t in totals] == [
        ("counted", "OpenAI", parties.party("lab-o").tid, "ai-train", 2, 2),
        ("unlicensed", "Anthropic", None, "ai-train", 1, 1),
    ]


def test_counts_for_a_distribution_equal_a_slow_count(society: Society) -> None:
    from quire.core.terms import USES
    from quire.society.repertoire import queries as repertoire
    from quire.society.usage import queries

    society.site()
    works = {f"/w/{n}": society.work(f"https://paper.example/w/{n}").id for n in range(7)}
    dice = random.Random(5)
    agents = {"GPTBot": "ai-train", "OAI-SearchBot": "search", "ChatGPT-User": "ai-input"}
    starts, ends, cuts = date(2026, 3, 2), date(2026, 3, 30), [date(2026, 3, 9), date(2026, 3, 20)]
    slow: dict[tuple[int, int, int], int] = {}
    text, site = "", repertoire.Finder().find("paper.example", "/elsewhere").site
    order = [("site", site), *(("work", work) for work in works.values())]
    places = {one: place for place, (_, one) in enumerate(order)}
    for _ in range(600):
        path, agent = dice.choice([*works, "/elsewhere"]), dice.choice([*agents, "ClaudeBot"])
        when = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(seconds=dice.randrange(31 * 86400))
        text += line(path, when, agent)
        if agent in agents and starts <= when.date() < ends:
            segment = sum(when.date() >= cut for cut in cuts)
            key = (places[works.get(path, site)], segment, USES.index(agents[agent]))
            slow[key] = slow.get(key, 0) + 1
    society.log(text, chunk=100)

    used = queries.subjects(starts, ends, ["OpenAI"])
    assert (sorted(used.works), used.sites) == (sorted(works.values()), [site])
    registry = queries.Registry(order)
    found = registry.counts(starts, ends, ["openai"], cuts)
    assert [tuple(row) for row in zip(*(column.tolist() for column in found), strict=True)] == [
        (*key, count) for key, count in sorted(slow.items())
    ]
    only = registry.counts(starts, ends, ["OpenAI"], cuts, ("search", "ai-train"))
    mine = sorted(((s, g, {3: 0, 0: 1}[u], n) for (s, g, u), n in slow.items() if u != 1))
    assert [tuple(row) for row in zip(*(column.tolist() for column in only), strict=True)] == mine
    assert [len(column) for column in registry.counts(starts, ends, [])] == [0, 0, 0, 0]
    with pytest.raises(QuireError):
        queries.Registry([*order, order[0]])


def test_the_audit_notices_damage_to_the_lake(society: Society) -> None:
    society.log(line())
    society.log(line("/b", NOON + timedelta(days=3)), "b.log")
    assert broken() == []
    one, two = (society_home() / path for path in listed())
    data = bytearray(one.read_bytes())
    data[8] ^= 1
    one.write_bytes(data)
    two.unlink()
    told = broken()
    assert [("is not what was written" in sentence, "has lost" in sentence) for sentence in told[:2]] == [
        (True, False), (False, True),
    ]  # fmt: skip


def test_the_lake_ignores_what_postgresql_does_not_list(society: Society) -> None:
    society.site()
    result = society.log(line())
    place = society_home() / listed()[0]
    place.with_name("999.parquet").write_bytes(place.read_bytes())
    assert lines_of(account(result)) == {"unlicensed": 1}
    assert lake_rows("count(*)") == [(1,)]


def test_the_same_rows_make_the_same_bytes(society: Society, house: Any) -> None:
    from quire.society.usage import formats, lake

    what = (1, "GPTBot", "OpenAI", "ai-train", "h")
    rows = [formats.Row(NOON, NOON, *what, f"/{n * 7919 % 1000}", 200, None, n, n * 3) for n in range(30_000)]
    digests = set()
    for name in ("one", "two"):
        random.Random(name).shuffle(rows)
        digests.add(lake.write(f"tmp/{name}.parquet", rows, [("", "")] * len(rows)).digest)
    assert len(digests) == 1
