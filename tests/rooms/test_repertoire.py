"""Sites and works come in, change hands, and are copied."""

from __future__ import annotations

import json
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from quire.core.errors import QuireError
from quire.core.shares import SharesNotWhole
from quire.society.kit.tables import TableRefused
from tests.rooms.repertoire_desk import Desk, reasons, sound


@pytest.fixture
def desk(people: dict[str, Any], tmp_path: Path) -> Desk:
    return Desk(tmp_path, people["preparer"])


# --- sites


def test_a_site_is_registered_once_and_the_same_again_is_no_news(desk: Desk) -> None:
    from quire.society.repertoire import actions

    first = actions.register_site(code="daily", host="Daily.Example:443", owner="paper", by=desk.user)
    again = actions.register_site(code="daily", host="daily.example", owner="paper", by=desk.user)
    assert first.id == again.id
    assert len(desk.acts("repertoire.register-site")) == 1
    with pytest.raises(QuireError, match="registered otherwise"):
        actions.register_site(code="daily", host="daily.example", owner="wire", by=desk.user)


def test_an_auditor_registers_nothing(desk: Desk, people: dict[str, Any]) -> None:
    from quire.society.repertoire import actions

    with pytest.raises(QuireError, match="auditor"):
        actions.register_site(code="daily", host="daily.example", owner="paper", by=people["auditor"])


def test_sites_come_from_a_file_and_change_with_an_act(desk: Desk) -> None:
    table = "daily,daily.example,,paper,news\nblogs,daily.example,/blogs /~*/diary,blog,standard\n"
    account = desk.sites(table)
    assert (account.added, account.changed, account.unchanged) == (2, 0, 0)
    assert desk.sites(table).unchanged == 2
    changed = desk.sites(table.replace("/blogs /~", "/columns /~"))
    assert (changed.changed, changed.unchanged) == (1, 1)
    (act,) = desk.acts("repertoire.change")
    assert act.detail["was"]["patterns"] == ["/blogs", "/~*/diary"]
    assert act.detail["now"]["patterns"] == ["/columns", "/~*/diary"]
    assert len(desk.acts("repertoire.import-sites")) == 2


def test_a_code_that_is_taken_does_not_take_the_site_from_its_owner(desk: Desk) -> None:
    from quire.society.repertoire.models import SitePattern

    desk.sites("daily,daily.example,,paper,news\n")
    with pytest.raises(TableRefused) as problem:
        desk.sites("daily,elsewhere.example,,blog,news\n")
    assert "is that of daily.example, which is somebody else's" in reasons(problem)[2]
    assert list(SitePattern.objects.values_list("host", flat=True)) == ["daily.example"]
    assert desk.sites("daily,www.daily.example,,paper,news\n").changed == 1
    assert desk.sites("daily,www.daily.example,,blog,news\n").changed == 1


def test_refused_sites_are_named_by_line_and_nothing_is_taken(desk: Desk) -> None:
    from quire.society.repertoire.models import Site

    with pytest.raises(TableRefused) as problem:
        desk.sites(
            "a,daily.example,/,paper,\nb,daily.example,/,wire,\nc,c.example,no-slash,wire,\nd,d.example,,nobody,\n"
            "a,e.example,,paper,\nf,not a host,,paper,\n"
        )
    found = reasons(problem)
    assert sorted(found) == [3, 4, 5, 6, 7]
    assert "belongs to site a" in found[3]
    assert "begin with /" in found[4]
    assert "nobody" in found[5]
    assert "line 2" in found[6]
    assert not Site.objects.exists()


def test_a_refused_site_keeps_its_patterns_from_others_in_the_file(desk: Desk) -> None:
    desk.sites("a,daily.example,/news,paper,\n")
    account = desk.sites("a,daily.example,/sport,nobody,\nb,daily.example,/news,wire,\n", skip_refused=True)
    assert account.taken == 0
    assert [line for line, _ in account.refused] == [2, 3]


# --- works


HEAD = "url,identifier,title,type,words,tier,member,from,until,shares,original,syndicator_share\n"


def test_works_come_from_a_file_once(desk: Desk) -> None:
    table = (
        HEAD + "https://daily.example/1,,First,article,900,standard,paper,2026-01-01,,,,\n"
        ",isrc:US-SKG-19-12345,Song,music,,original,label,,,songwriter:composer:50%; label:label:1/4;"
        "publisher:publisher:25%,,\n"
        "https://portal.example/1,,First again,article,900,standard,portal,,,,https://daily.example/1,10%\n"
    )
    rehearsal = desk.works(table, dry_run=True)
    assert rehearsal.as_json() == {"taken": 3, "added": 3, "changed": 0, "unchanged": 0, "refused": []}
    assert not _count_works()
    assert desk.works(table).added == 3
    again = desk.works(table)
    assert (again.added, again.changed, again.unchanged) == (0, 0, 3)
    assert len(desk.acts("repertoire.import-works")) == 1
    song = desk.work("isrc:USSKG1912345")
    quarter = Fraction(1, 4)
    split = {
        ("songwriter", "composer"): 2 * quarter,
        ("label", "label"): quarter,
        ("publisher", "publisher"): quarter,
    }
    assert desk.owners(song) == [(None, None, split)]
    copy = desk.work("portal.example/1")
    assert desk.owners(copy) == [
        (None, None, {("paper", "owner"): Fraction(9, 10), ("portal", "syndicator"): Fraction(1, 10)})
    ]
    assert desk.subject(copy).member == desk.work("daily.example/1").member_id
    assert sound()


def _count_works() -> int:
    from quire.society.repertoire.models import Work

    return Work.objects.count()


def test_a_json_file_is_as_good(desk: Desk) -> None:
    from quire.society.repertoire import actions

    path = desk.folder / "works.json"
    path.write_text(json.dumps([{"url": "a.example/1", "title": "One", "member": "blog", "words": 250}]))
    assert actions.import_works(path, by=desk.user).added == 1
    assert desk.work("a.example/1").words == 250


def test_every_refused_work_is_named_by_line_with_its_reason(desk: Desk) -> None:
    desk.register(url="taken.example/1", member="wire")
    lines = [
        ("a.example/1,,Good,article,1,standard,paper,,,,,", None),
        ("http://a.example/1?x,,Same,article,1,standard,paper,,,,,", "line 2 already"),
        (",,No address,article,1,standard,paper,,,,,", "both empty"),
        ("a.example/3,,,article,1,standard,paper,,,,,", "title is empty"),
        ("a.example/4,,T,article,1,standard,nobody,,,,,", "'nobody'"),
        ("a.example/5,,T,article,many,standard,paper,,,,,", "whole number"),
        ("a.example/6,,T,article,1,standard,paper,2026-13-01,,,,", "2026-01-31"),
        ("a.example/7,,T,article,1,standard,paper,2026-02-01,2026-02-01,,,", "not after"),
        ("a.example/8,,T,article,1,standard,paper,,,label:label:1/3; wire:publisher:1/3,,", "1/3 is missing"),
        ("a.example/9,,T,article,1,standard,paper,,,label:label:2/3; wire:publisher:2/3,,", "1/3 too much"),
        ("a.example/10,,T,article,1,standard,paper,,,label:singer:1,,", "not a role"),
        ("a.example/11,,T,article,1,standard,paper,,,somebody:label:1,,", "'somebody'"),
        ("a.example/12,,T,article,1,standard,paper,,,label 1,,", "party:role:share"),
        ("a.example/13,isrc:XX,T,article,1,standard,paper,,,,,", "ISRC"),
        ("a.example/14,,T,article,1,standard,paper,,,,a.example/1,", "syndicator_share is empty"),
        ("a.example/15,,T,article,1,standard,paper,,,,,10%", "no original"),
        ("a.example/16,,T,article,1,standard,paper,,,label:label:1,a.example/1,10%", "leave shares empty"),
        (
            "a.example/17,,T,article,1,standard,paper,,,,a.example/99,10%",
            "neither on record nor in this file",
        ),
        ("a.example/18,,T,article,1,standard,paper,,,,a.example/18,10%", "leads back to itself"),
        ("a.example/19,,T,article,1,standard,paper,,,,a.example/20,10%", "leads back to itself"),
        ("a.example/20,,T,article,1,standard,paper,,,,a.example/19,10%", "leads back to itself"),
        ("a.example/21,,T,article,1,standard,paper,,,,a.example/1,100%", "between 0 and 1"),
        ("a.example/22,,T,article,1,standard,paper,,,,a.example/4,10%", "is refused"),
        ("taken.example/1,,T,article,1,standard,paper,,,,,", "another member"),
        ("a.example/23,,T,arti cle,1,standard,paper,,,,,", "one word"),
    ]
    with pytest.raises(TableRefused) as problem:
        desk.works(HEAD + "".join(line + "\n" for line, _ in lines))
    found = reasons(problem)
    for number, (line, reason) in enumerate(lines, 2):
        assert (number in found) == (reason is not None), (line, found.get(number))
        assert reason is None or reason in found[number], found[number]
    assert _count_works() == 1
    account = desk.works(HEAD + "".join(line + "\n" for line, _ in lines), skip_refused=True)
    assert (account.taken, account.added) == (1, 1)
    assert len(account.refused) == len(lines) - 1


def test_what_a_file_does_not_say_stays_and_what_it_changes_is_on_record(desk: Desk) -> None:
    desk.works(HEAD + "a.example/1,,Old title,essay,900,original,paper,2026-01-01,,,,\n")
    account = desk.works("url,title,member,words\na.example/1,New title,paper,950\n")
    assert (account.added, account.changed, account.unchanged) == (0, 1, 0)
    work = desk.work("a.example/1")
    assert (work.title, work.words, work.type, work.tier, work.starts) == (
        "New title", 950, "essay", "original", date(2026, 1, 1),
    )  # fmt: skip
    (act,) = desk.acts("repertoire.change")
    assert act.subject == work.tid
    assert act.detail == {
        "was": {"title": "Old title", "words": 900},
        "now": {"title": "New title", "words": 950},
    }
    assert act.by == desk.user


def test_an_identifier_is_added_later_and_belongs_to_one_work(desk: Desk) -> None:
    desk.register(url="a.example/song")
    desk.works("url,identifier,title,member\na.example/song,iswc:T-034.524.680-1,A title,paper\n")
    assert desk.work("a.example/song").identifier == "iswc:T0345246801"
    with pytest.raises(QuireError, match=r"is the work a\.example/song"):
        desk.register(url="b.example/song", identifier="iswc:T0345246801")
    with pytest.raises(QuireError, match="name it by that"):
        desk.register(identifier="iswc:T0345246801")


def test_registering_one_work_says_its_reason_itself(desk: Desk) -> None:
    with pytest.raises(SharesNotWhole, match="1/2 is missing"):
        desk.register(url="a.example/1", shares="label:label:50%")
    first = desk.register(url="a.example/1", shares="label:label:50%;songwriter:composer:50%")
    assert desk.register(url="a.example/1", shares="songwriter:composer:1/2; label:label:1/2").id == first.id
    with pytest.raises(QuireError, match="registered otherwise"):
        desk.register(url="a.example/1", title="Another")
    with pytest.raises(QuireError, match="registered otherwise"):
        desk.register(url="a.example/1", shares="label:label:1")


# --- copies


def test_copies_of_copies_go_to_the_first_original_whatever_their_order(desk: Desk) -> None:
    rows = [
        "c.example/1,,Third,article,1,standard,wire,,,,b.example/1,20%",
        "b.example/1,,Second,article,1,standard,portal,,,,isrc:USSKG1912345,10%",
        "a.example/1,isrc:US-SKG-19-12345,First,article,1,standard,paper,,,songwriter:composer:1,,",
    ]
    desk.works(HEAD + "\n".join(rows) + "\n")
    first, copy = desk.work("a.example/1"), desk.work("c.example/1")
    assert copy.original_id == first.id
    four_fifths = {("songwriter", "composer"): Fraction(4, 5), ("wire", "syndicator"): Fraction(1, 5)}
    assert desk.owners(copy) == [(None, None, four_fifths)]
    assert desk.works(HEAD + "\n".join(rows) + "\n").unchanged == 3
    assert sound()


def test_a_very_long_chain_of_copies_is_followed(desk: Desk) -> None:
    rows = [f"a.example/{n},,T,article,1,standard,paper,,,,a.example/{n + 1},10%" for n in range(3000)]
    desk.works(HEAD + "\n".join([*rows, "a.example/3000,,T,article,1,standard,paper,,,,,"]) + "\n")
    assert desk.work("a.example/0").original.key == "a.example/3000"
    assert sound()


def test_when_an_original_becomes_a_copy_its_copies_follow(desk: Desk) -> None:
    desk.register(url="b.example/1", member="portal")
    desk.register(url="c.example/1", member="wire", original="b.example/1", syndicator_share="5%")
    desk.register(url="a.example/1", member="paper")
    desk.works("url,title,member,original,syndicator_share\nb.example/1,A title,portal,a.example/1,1/10\n")
    assert desk.work("b.example/1").original == desk.work("c.example/1").original == desk.work("a.example/1")
    assert sound()
    with pytest.raises(TableRefused) as problem:
        desk.works("url,title,member,original,syndicator_share\na.example/1,A title,paper,c.example/1,1/10\n")
    assert "leads back to itself" in reasons(problem)[2]
    desk.works("url,title,member,original\nb.example/1,A title,portal,\n")
    assert desk.work("b.example/1").original is None


def test_a_work_with_owners_of_its_own_cannot_become_a_copy_nor_a_copy_have_owners(desk: Desk) -> None:
    desk.register(url="a.example/1")
    desk.register(url="b.example/1", shares="label:label:1")
    desk.register(url="c.example/1", original="a.example/1", syndicator_share="10%")
    with pytest.raises(TableRefused) as problem:
        desk.works("url,title,member,original,syndicator_share\nb.example/1,A title,paper,a.example/1,10%\n")
    assert "no owners of its own" in reasons(problem)[2]
    with pytest.raises(TableRefused) as problem:
        desk.works("url,title,member,shares\nc.example/1,A title,paper,label:label:1\n")
    assert "no owners of its own" in reasons(problem)[2]
    with pytest.raises(TableRefused) as problem:
        desk.shares("c.example/1,2026-01-01,label,label,1\n")
    assert "is a copy" in reasons(problem)[2]


def test_a_syndicator_of_the_original_who_publishes_the_copy_gets_both_parts(desk: Desk) -> None:
    desk.register(url="a.example/1", shares="paper:owner:3/4;portal:syndicator:1/4")
    copy = desk.register(url="b.example/1", member="portal", original="a.example/1", syndicator_share="1/5")
    split = {("paper", "owner"): Fraction(3, 5), ("portal", "syndicator"): Fraction(2, 5)}
    assert desk.owners(copy) == [(None, None, split)]


# --- ownership over time


def test_versions_follow_one_another_and_gaps_are_the_members(desk: Desk) -> None:
    song = desk.register(url="a.example/song", member="label")
    copy = desk.register(
        url="b.example/song", member="portal", original="a.example/song", syndicator_share="10%"
    )
    desk.shares(
        "a.example/song,2026-03-01,songwriter,composer,50%\na.example/song,2026-03-01,label,label,50%\n"
        "a.example/song,2026-07-01,publisher,publisher,1\n"
    )
    march, july = date(2026, 3, 1), date(2026, 7, 1)
    half = {("songwriter", "composer"): Fraction(1, 2), ("label", "label"): Fraction(1, 2)}
    assert desk.owners(song) == [
        (None, march, {("label", "owner"): 1}),
        (march, july, half),
        (july, None, {("publisher", "publisher"): 1}),
    ]
    assert [(starts, ends) for starts, ends, _ in desk.owners(copy)] == [
        (None, march),
        (march, july),
        (july, None),
    ]
    assert desk.owners(copy)[1][2][("songwriter", "composer")] == Fraction(9, 20)
    # A version put in between ends where the next begins; one from the beginning fills the gap.
    desk.shares("a.example/song,2026-05-01,label,label,1\nhttps://a.example/song,,songwriter,composer,1\n")
    may = date(2026, 5, 1)
    assert [(starts, ends) for starts, ends, _ in desk.owners(song)] == [
        (None, march), (march, may), (may, july), (july, None),
    ]  # fmt: skip
    assert sound()


def test_shares_are_taken_once_and_a_mended_version_is_on_record(desk: Desk) -> None:
    song = desk.register(url="a.example/song", identifier="iswc:T0345246801", member="label")
    table = (
        "iswc:T-034.524.680-1,2026-03-01,label,label,1/3\na.example/song,2026-03-01,songwriter,composer,2/3\n"
    )
    assert desk.shares(table).added == 1
    again = desk.shares(table)
    assert (again.taken, again.added, again.changed, again.unchanged) == (2, 0, 0, 1)
    mended = desk.shares(table.replace("1/3", "1/2").replace("2/3", "1/2"))
    assert (mended.added, mended.changed) == (0, 1)
    (act,) = desk.acts("repertoire.change")
    assert act.subject == song.tid
    assert [share for _, _, share in act.detail["was"]["shares"]] == ["2/3", "1/3"]
    assert [share for _, _, share in act.detail["now"]["shares"]] == ["1/2", "1/2"]
    assert sound()


def test_a_version_is_refused_as_a_whole(desk: Desk) -> None:
    desk.register(url="a.example/song", member="label")
    with pytest.raises(TableRefused) as problem:
        desk.shares(
            "a.example/song,2026-03-01,label,label,1/3\na.example/song,2026-03-01,songwriter,composer,1/3\n"
            "b.example/none,,label,label,1\na.example/song,March,label,label,1\n"
        )
    found = reasons(problem)
    assert sorted(found) == [2, 3, 4, 5]
    assert "1/3 is missing" in found[2]
    assert found[2] == found[3]
    assert "lines 2 to 3" in found[2]
    assert "register it first" in found[4]


def test_the_checks_find_what_went_wrong(desk: Desk) -> None:
    from quire.society.repertoire.models import Ownership, OwnershipShare, Work

    desk.register(url="a.example/1", shares="label:label:1/2;songwriter:composer:1/2")
    first = desk.register(url="b.example/1", original="a.example/1", syndicator_share="10%")
    second = desk.register(url="c.example/1", original="a.example/1", syndicator_share="10%")
    assert sound()
    work = desk.work("a.example/1")
    Ownership.objects.create(work=work, starts=date(2026, 1, 1))
    OwnershipShare.objects.filter(role="label").update(share=Fraction(1, 3))
    Work.objects.filter(id=second.id).update(original=first)
    from quire.society.repertoire.checks import CHECKS

    told = " ".join(sentence for check in CHECKS for sentence in check())
    assert "add up to 5/6" in told
    assert "has no owners" in told
    assert "share the day 2026-01-01" in told
    assert "which is a copy itself" in told


@pytest.mark.more
def test_a_hundred_thousand_works_come_in_well_under_a_minute(desk: Desk) -> None:
    import time

    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from quire.society.repertoire import queries
    from quire.society.repertoire.models import Work

    rows = [
        f"https://a.example/works/{n},,Work number {n},article,{n},standard,paper,,,"
        + ("songwriter:composer:50%;label:label:1/4;publisher:publisher:25%,,\n" if n % 4 == 0 else ",,\n")
        for n in range(100_000)
    ]
    began = time.process_time()
    with CaptureQueriesContext(connection) as asked:
        account = desk.works(HEAD + "".join(rows))
    took = time.process_time() - began
    assert account.added == 100_000
    assert len(asked) < 1000
    began = time.process_time()
    assert desk.works(HEAD + "".join(rows)).unchanged == 100_000
    again = time.process_time() - began
    began = time.process_time()
    assert desk.works(HEAD + "".join(rows).replace("standard", "news")).changed == 100_000
    changed = time.process_time() - began
    began = time.process_time()
    found = list(queries.subjects(Work.objects.values_list("id", flat=True)))
    read = time.process_time() - began
    assert len(found) == 100_000
    assert max(took, again, read) < 60
    print(f"import {took:.1f} s with {len(asked)} queries, again {again:.1f} s, all changed {changed:.1f} s")
    print(f"subjects {read:.1f} s")
