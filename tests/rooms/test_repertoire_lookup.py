"""Whose an address is: the exact work, else the site of the longest pattern, else nobody's."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.rooms.repertoire_desk import Desk


@pytest.fixture
def desk(people: dict[str, Any], tmp_path: Path) -> Desk:
    return Desk(tmp_path, people["preparer"])


# --- the look-up


def test_the_longest_pattern_wins_and_an_exact_work_before_all(desk: Desk) -> None:
    from quire.society.repertoire import queries

    desk.sites(
        "all,daily.example,/,paper,\nnews,daily.example,/news,wire,\n"
        "diary,daily.example,/~*/diary /n*s/2026,blog,\n"
    )
    work = desk.register(url="https://daily.example/news/1?from=home")
    lone = desk.register(url="https://elsewhere.example/a", title="On a host without a site")
    finder = queries.Finder(["daily.example", "elsewhere.example"])
    codes = {site.id: site.code for site in _sites()}

    def site(path: str | None) -> str:
        found = finder.find("daily.example", path)
        assert found.work is None
        return codes[found.site]

    assert finder.find("daily.example", "/news/1") == (None, work.id)
    assert finder.find("elsewhere.example", "/a") == (None, lone.id)
    assert site("/news/2") == site("/newsletter") == "news"
    assert site("/news/2026/1") == "diary"  # /n*s/2026 has more characters than /news
    assert site("/~ann/x/diary/1") == "diary"
    assert site("/~ann") == site("/") == site(None) == "all"
    assert finder.find("elsewhere.example", "/b") == (None, None) == finder.find("third.example", "/")
    assert not finder.find("third.example", None)
    assert finder.is_registered("daily.example", "/news/1")
    assert not finder.is_registered("daily.example", "/news/2")
    assert queries.Finder().find("elsewhere.example", "/a") == (None, lone.id)
    assert not queries.Finder([]).find("elsewhere.example", "/a")


def _sites() -> Any:
    from quire.society.repertoire.models import Site

    return Site.objects.all()


def test_patterns_of_equal_length_go_by_their_text_whatever_their_order() -> None:
    import itertools

    from quire.core.patterns import Book
    from quire.society.kit import ids

    given = {"/a*c": ids.new(), "/*bc": ids.new(), "/abc": ids.new(), "/ab": ids.new()}
    for order in itertools.permutations(given):
        patterns: Book[object] = Book()
        for pattern in order:
            patterns.add(pattern, given[pattern])
        assert patterns.find("/abc/d") == given["/*bc"]
        assert patterns.find("/abd") == given["/ab"]
        assert patterns.find("/b") is None


def test_the_look_up_equals_a_slow_reading_of_the_rule() -> None:
    import random
    import re

    from quire.core.patterns import Book
    from quire.society.kit import ids

    chance = random.Random(7)
    for _ in range(300):
        given = {"/" + "".join(chance.choices("ab/*", k=chance.randrange(5))) for _ in range(6)}
        named = {re.sub(r"\*+", "*", pattern).rstrip("*"): ids.new() for pattern in given}
        patterns: Book[object] = Book()
        for pattern, site in named.items():
            patterns.add(pattern, site)
        path = "/" + "".join(chance.choices("ab/", k=chance.randrange(7)))
        matching = [p for p in named if re.match(".*".join(map(re.escape, p.split("*"))), path)]
        best = min(matching, key=lambda p: (-len(p), p), default=None)
        assert patterns.find(path) == (named[best] if best is not None else None), (path, named)


def test_people_look_up_addresses_and_identifiers(desk: Desk) -> None:
    from quire.society.repertoire.queries import Answer, lookup

    desk.sites("daily,daily.example,/,paper,news\n")
    desk.register(
        url="http://daily.example/song",
        identifier="iswc:T-034.524.680-1",
        title="Song",
        words=7,
        tier="original",
    )
    song = {"key": "daily.example/song", "title": "Song", "tier": "original", "words": 7, "member": "paper"}
    asked = [
        "https://DAILY.example/song#top",
        "iswc:T0345246801",
        "daily.example/other",
        "b.example",
        "ftp://x",
    ]
    answers = lookup(asked)
    assert [answer.url for answer in answers] == asked
    assert answers[0] == Answer(asked[0], "work", **song)
    assert answers[1] == Answer(asked[1], "work", **song)
    assert answers[2] == Answer(asked[2], "site", tier="news", member="paper", site="daily")
    assert answers[3] == Answer(asked[3])
    assert answers[4].found == "nothing"
    assert "not a web address" in answers[4].problem


# --- identifiers


@pytest.mark.parametrize(("text", "key"), [
    ("ISWC: T-034.524.680-1", "iswc:T0345246801"),
    ("isrc:US-SKG-19-12345", "isrc:USSKG1912345"),
    ("isbn:1-85798-218-5", "isbn:9781857982183"),
    ("isbn:9781857982183", "isbn:9781857982183"),
    ("doi:10.1000/ABC", "doi:10.1000/abc"),
    ("doi:https://doi.org/10.1000/abc", "doi:10.1000/abc"),
    ("issn:0024-9319", "issn:00249319"),
    ("HTTPS://Example.org:443/%7Ea?b", "example.org/~a"),
])  # fmt: skip
def test_identifiers_have_one_spelling(text: str, key: str) -> None:
    from quire.society.repertoire.identifiers import key_of

    assert key_of(text) == key


@pytest.mark.parametrize("text", ["iswc:T-034.524.680-2", "isrc:US-SKG-19", "isbn:1-85798-218-6",
                                  "doi:11.1/x", "issn:0024-9318", "iswc:", "doi:10.1000/a b"])  # fmt: skip
def test_mistyped_identifiers_are_refused(text: str) -> None:
    from quire.society.repertoire.identifiers import BadIdentifier, key_of

    with pytest.raises(BadIdentifier, match="check its digits"):
        key_of(text)


# --- what other rooms ask


def test_works_in_force_are_counted_without_copies(desk: Desk) -> None:
    from quire.society.parties.models import Party
    from quire.society.repertoire.queries import works_count

    paper, portal = Party.objects.get(code="paper"), Party.objects.get(code="portal")
    desk.register(url="a.example/1", starts="2026-01-01", ends="2026-02-01")
    desk.register(url="a.example/2")
    desk.register(url="b.example/2", member="portal", original="a.example/2", syndicator_share="10%")
    both = [paper.id, portal.id]
    assert works_count(both, date(2026, 1, 31)) == {paper.id: 2, portal.id: 0}
    assert works_count(both, date(2026, 2, 1)) == {paper.id: 1, portal.id: 0}
    assert works_count(on=date(2025, 12, 31)) == {paper.id: 1}


def test_a_site_is_its_owners(desk: Desk) -> None:
    from quire.society.repertoire import actions, queries

    site = actions.register_site(code="daily", host="daily.example", owner="paper", by=desk.user)
    (row,) = queries.subjects([], [site.id])
    assert (row.kind, row.tid, row.key, row.member_tid) == ("site", site.tid, "site:daily", site.owner.tid)
    ((starts, ends, shares),) = row.versions
    assert (starts, ends) == (None, None)
    assert [(holder.party, holder.role, holder.share) for holder in shares] == [(site.owner.tid, "owner", 1)]
