"""Agreements are recorded, refused and ended; shares that were rounded are made whole, on record."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from quire.core.errors import QuireError
from quire.society.kit.tables import TableRefused
from tests.rooms.repertoire_desk import Desk, reasons, sound

HEAD = "code,giver,takers,retention,works,uses,roles,from,until\n"


@pytest.fixture
def desk(people: dict[str, Any], tmp_path: Path) -> Desk:
    return Desk(tmp_path, people["preparer"])


def agreed(desk: Desk, text: str, **options: Any) -> Any:
    from quire.society.repertoire import actions

    return actions.import_agreements(desk.file(HEAD + text), by=desk.user, **options)


def record(desk: Desk, **given: Any) -> Any:
    from quire.society.repertoire import actions

    told = {"code": "deal-1", "giver": "label", "takers": "songwriter:performer:1", "retention": "30%"}
    return actions.record_agreement(by=desk.user, **{**told, **given})


# --- agreements


def test_an_agreement_is_recorded_once_and_followed_as_it_was_written(desk: Desk) -> None:
    from quire.core.chains import PASS_THROUGH, Agreement
    from quire.core.shares import Holder, Shares
    from quire.society.parties.models import Party
    from quire.society.repertoire import queries

    song = desk.register(url="a.example/song", member="label")
    given = {"works": "a.example/song", "uses": "search ai-train", "roles": "label", "starts": "2026-02-01"}
    first = record(desk, **given)
    assert record(desk, **given).id == first.id
    assert len(desk.acts("repertoire.record-agreement")) == 1
    (row,) = queries.agreements()
    tids = {party.code: party.tid for party in Party.objects.all()}
    assert row.told == Agreement(
        first.tid, PASS_THROUGH, tids["label"], date(2026, 2, 1), None, Fraction(3, 10),
        Shares((Holder(tids["songwriter"], "performer", Fraction(1)),)),
        (song.tid,), ("ai-train", "search"), ("label",),
    )  # fmt: skip
    assert (row.code, row.giver, row.works, row.ends) == ("deal-1", "label", ("a.example/song",), None)
    with pytest.raises(QuireError, match="on record otherwise"):
        record(desk, **{**given, "retention": "31%"})


def test_an_agreement_ends_once(desk: Desk) -> None:
    from quire.society.repertoire import actions, queries

    record(desk, starts="2026-01-01", ends="2030-01-01")
    for ends, sentence in (("2026-01-01", "cannot end by"), ("2030-01-01", "in any case")):
        with pytest.raises(QuireError, match=sentence):
            actions.end_agreement(code="deal-1", ends=date.fromisoformat(ends), by=desk.user)
    made = actions.end_agreement(code="deal-1", ends=date(2027, 1, 1), reason="Notice", by=desk.user)
    assert actions.end_agreement(code="deal-1", ends=date(2027, 1, 1), by=desk.user).id == made.id
    with pytest.raises(QuireError, match="ended on 2027-01-01 already"):
        actions.end_agreement(code="deal-1", ends=date(2028, 1, 1), by=desk.user)
    with pytest.raises(QuireError, match="No agreement"):
        actions.end_agreement(code="deal-9", ends=date(2028, 1, 1), by=desk.user)
    found = queries.agreement("deal-1")
    assert (found.ends, found.reason) == (date(2027, 1, 1), "Notice")
    # What was recorded is recorded again as it was, though it has ended since.
    assert record(desk, starts="2026-01-01", ends="2030-01-01")
    # And another follows it.
    record(desk, code="deal-2", starts="2027-01-01", retention="20%")
    assert sound()


def test_the_database_changes_no_agreement(desk: Desk) -> None:
    from django.db import IntegrityError, ProgrammingError, transaction

    made = record(desk)
    made.retention = Fraction(1, 2)
    with pytest.raises((IntegrityError, ProgrammingError)), transaction.atomic():
        made.save()


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("d,label,songwriter:performer:1,100%,,,,,", "keeps all"),
        ("d,label,songwriter:performer:1,120%,,,,,", "more than the whole"),
        ("d,label,songwriter:performer:1/2,30%,,,,,", "add up to 1/2"),
        ("d,label,label:performer:1,30%,,,,,", "cannot take from itself"),
        ("d,label,nobody:performer:1,30%,,,,,", "No party has the code"),
        ("d,nobody,label:performer:1,30%,,,,,", "No party has the code"),
        ("d,unknown,label:performer:1,30%,,,,,", "passes nothing on"),
        ("d,label,songwriter:king:1,30%,,,,,", "not a role"),
        ("d,label,songwriter:performer:1,30%,a.example/none,,,,", "No work"),
        ("d,label,songwriter:performer:1,30%,,reading,,,", "not a use"),
        ("d,label,songwriter:performer:1,30%,,,king,,", "not a role"),
        ("d,label,songwriter:performer:1,30%,,,,2026-02-01,2026-01-01", "not after from"),
        ("D 1,label,songwriter:performer:1,30%,,,,,", "no code"),
        ("d,label,,30%,,,,,", "takers is empty"),
    ],
)
def test_a_row_that_is_no_agreement_is_refused_with_a_sentence(desk: Desk, row: str, sentence: str) -> None:
    with pytest.raises(TableRefused) as refusal:
        agreed(desk, row + "\n")
    assert sentence in reasons(refusal)[2]


@pytest.mark.parametrize("wrong", [{"giver": "nobody"}, {"works": "a.example/none"}])
def test_a_party_or_work_that_is_not_on_record_is_not_found(desk: Desk, wrong: dict[str, str]) -> None:
    from quire.society.kit.nouns import Unknown

    with pytest.raises(Unknown, match=r"^No (party has|work )"):
        record(desk, **wrong)


def test_the_command_says_that_it_was_not_found_by_its_exit_code(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    from quire.cli import main

    told = ["agreements", "add", "d", "--to", "label:performer:1", "--keeps", "30%", "--by", "preparer"]
    assert main([*told, "--giver", "nobody"]) == 3
    assert main([*told, "--giver", "label"]) == 4
    assert "No party has the code 'nobody'" in capsys.readouterr().err


def test_a_way_that_no_line_could_tell_is_refused_when_it_is_recorded(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    from quire.core import chains

    monkeypatch.setattr(chains, "MOST_DEEP", 2)
    agreed(desk, "one,wire,paper:author:1,10%,,,,,\ntwo,paper,blog:author:1,10%,,,,,\n")
    with pytest.raises(TableRefused) as refusal:
        agreed(desk, "three,blog,portal:author:1,10%,,,,,\nfour,label,songwriter:performer:1,30%,,,,,\n")
    (told,) = reasons(refusal).values()
    assert "would go through 3 agreements, from one to line 2; a line of a distribution names 2" in told
    with pytest.raises(QuireError, match="from line 1 to two"):
        record(desk, code="zero", giver="publisher", takers="wire:author:1")
    monkeypatch.setattr(chains, "MOST_DEEP", 1)
    record(desk, code="four")  # what stands on record too long keeps no other from being recorded


def test_all_rows_of_an_overlap_or_a_circle_are_refused_whatever_their_order(desk: Desk) -> None:
    rows = [
        "one,label,songwriter:performer:1,30%,,,,,2027-01-01\n",
        "two,label,publisher:publisher:1,10%,,ai-train,,2026-12-31,\n",
        "three,wire,paper:author:1,10%,,,,,\n",
        "four,paper,blog:author:1,10%,,,,,\n",
        "five,blog,wire:author:1,10%,,,,,\n",
        "six,portal,paper:author:1,1%,,,,,\n",
    ]
    for order in (rows, rows[::-1]):
        with pytest.raises(TableRefused) as refusal:
            agreed(desk, "".join(order))
        told = reasons(refusal)
        named = {order[line - 2].split(",")[0] for line in told}
        assert named == {"one", "two", "three", "four", "five"}
        assert all("two ways, or come back" in sentence for sentence in told.values())
    account = agreed(desk, "".join(rows), skip_refused=True)
    assert (account.added, account.unchanged) == (1, 0)
    assert agreed(desk, rows[5]).unchanged == 1
    with pytest.raises(TableRefused) as refusal:
        agreed(desk, "seven,portal,wire:author:1,2%,,,,,\n")
    assert "Together with six" in reasons(refusal)[2]


def test_a_rehearsal_records_nothing_and_an_auditor_neither(desk: Desk, people: dict[str, Any]) -> None:
    from quire.society.repertoire import queries

    assert agreed(desk, "one,label,unknown:performer:1,30%,,,,,\n", dry_run=True).added == 1
    assert queries.agreements() == ()
    desk.user = people["auditor"]
    with pytest.raises(QuireError, match="auditor"):
        record(desk)


# --- owners whom nobody knows


def test_a_share_may_be_somebodys_whom_nobody_knows(desk: Desk) -> None:
    from quire.society.parties import actions

    song = desk.register(url="a.example/song", member="label", shares="label:label:1/2; unknown:composer:1/2")
    ((_, _, shares),) = desk.subject(song).versions
    assert [holder.role for holder in shares if holder.party == "unknown"] == ["composer"]
    desk.shares("a.example/song,2026-05-01,unknown,composer,1/3\na.example/song,2026-05-01,label,label,2/3\n")
    assert len(desk.subject(song).versions) == 2
    assert sound()
    with pytest.raises(QuireError, match="owners whom nobody knows"):
        actions.register_party(code="unknown", name="Unknown", kind="author", by=desk.user)


# --- shares that were rounded


def test_rounded_shares_are_made_whole_and_the_old_sum_stays_on_record(desk: Desk) -> None:
    song = desk.register(url="a.example/song", identifier="iswc:T-034.524.680-1", member="label")
    table = "".join(
        f"iswc:T-034.524.680-1,2026-01-01,{party},composer,33.33%\n" for party in ("label", "paper", "wire")
    )
    account = desk.shares(table)
    (one,) = account.as_json()["normalised"]
    assert one == {
        "work": "a.example/song",
        "from": "2026-01-01",
        "lines": [2, 3, 4],
        "sum": "9999/10000",
        "shares": [
            {"party": party, "role": "composer", "written": "3333/10000", "kept": "1/3"}
            for party in ("label", "paper", "wire")
        ],
    }
    assert set(desk.owners(song)[1][2].values()) == {Fraction(1, 3)}
    (act,) = desk.acts("repertoire.normalise")
    assert act.detail == one
    # The same again is told again, and put on record once.
    again = desk.shares(table)
    assert (again.unchanged, len(again.normalised)) == (1, 1)
    assert len(desk.acts("repertoire.normalise")) == 1
    assert sound()


@pytest.mark.parametrize(
    ("shares", "whole"),
    [(("50%", "50.06%"), "5003/5000"), (("50%", "49.94%"), "4997/5000"), (("50%", "50%"), None)],
)
def test_the_tolerance_is_that_of_cwr(desk: Desk, shares: tuple[str, str], whole: str | None) -> None:
    desk.register(url="a.example/song", member="label")
    rows = "".join(
        f"a.example/song,,{party},composer,{share}\n"
        for party, share in zip(("label", "wire"), shares, strict=True)
    )
    found = desk.shares(rows)
    assert [one["sum"] for one in found.as_json().get("normalised", [])] == ([whole] if whole else [])
    if whole:
        with pytest.raises(TableRefused) as refusal:
            desk.shares(rows, exact=True)
        assert "They must add up to exactly 1" in reasons(refusal)[2]


@pytest.mark.parametrize("second", ["50.07%", "49.93%", "0%"])
def test_outside_the_tolerance_a_version_is_refused(desk: Desk, second: str) -> None:
    desk.register(url="a.example/song", member="label")
    rows = f"a.example/song,,label,composer,50%\na.example/song,,wire,composer,{second}\n"
    with pytest.raises(TableRefused):
        desk.shares(rows)
    assert desk.acts("repertoire.normalise") == []


def test_the_shares_of_a_table_of_works_are_made_whole_too(desk: Desk) -> None:
    table = "url,title,member,shares\na.example/1,T,label,label:label:33.33%; wire:author:66.66%\n"
    with pytest.raises(TableRefused):
        desk.works(table, exact=True)
    rehearsed = desk.works(table, dry_run=True)
    assert [one.sentence() for one in rehearsed.normalised] == [
        "a.example/1: shares of 99.99 % were made whole, each in proportion."
    ]
    assert desk.acts("repertoire.normalise") == []
    assert len(desk.works(table).normalised) == 1
    assert len(desk.acts("repertoire.normalise")) == 1
    ((_, _, shares),) = desk.subject(desk.work("a.example/1")).versions
    assert sorted(holder.share for holder in shares) == [Fraction(1, 3), Fraction(2, 3)]
