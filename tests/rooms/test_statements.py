"""Statements: the way from what came in to each line, provable, and good to read."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from fractions import Fraction
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from quire.core import bundle as bundles
from quire.core.money import QUANTA, quanta_of
from quire.core.verify import verify, verify_statement
from tests.conftest import Furnished, furnished
from tests.rooms import closed_run

EURO = QUANTA
USED = {
    "north-2026": [
        ("harbour.example/fog", "search", 5),
        ("harbour.example/fog", "ai-train", 1),
        ("site:harbour", "search", 4),
        ("songs.example/ferry", "ai-train", 2),
    ],
    "south-2026": [("tide.example/low", "search", 3), ("songs.example/ferry", "search", 1)],
}


def stock(people: dict[str, Any], patch: pytest.MonkeyPatch) -> None:
    closed_run.found(people)
    closed_run.stock(people)
    closed_run.receive(people, "north-2026", "1000")
    closed_run.receive(people, "south-2026", "5000")


def close(people: dict[str, Any], patch: pytest.MonkeyPatch) -> Any:
    stock(people, patch)
    return closed_run.close_run(people, USED, plan="hybrid")


@pytest.fixture(scope="module")
def open_house(postgres: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Furnished]:
    with furnished(postgres, tmp_path_factory.mktemp("open"), stock) as made:
        yield made


@pytest.fixture(scope="module")
def closed_house(postgres: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Furnished]:
    with furnished(postgres, tmp_path_factory.mktemp("closed"), close) as made:
        yield made


@pytest.fixture
def before(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue("closed_house" if "run" in request.fixturenames else "open_house")


@pytest.fixture
def stocked(people: dict[str, Any]) -> dict[str, Any]:
    """January's money is there, nothing is divided yet."""
    return people


@pytest.fixture
def run(house: Any, closed_house: Furnished) -> Any:
    """January is divided and published."""
    return type(closed_house.made).objects.get(pk=closed_house.made.pk)


def statement(run: Any, party: str) -> Any:
    from quire.society.statements import queries

    return queries.statement(run, party)


def published(run: Any) -> bundles.Bundle:
    from quire.society.distribution import queries

    return bundles.read(queries.row(run).bundle)


def keys() -> Any:
    from quire.core.tokens import KeySet
    from quire.society.distribution.keys import signing_key

    return KeySet.of(signing_key().public_jwk())


# What it says


def test_the_way_from_the_pot_to_the_line_can_be_followed_by_hand(run: Any) -> None:
    told = statement(run, "ferry-songs")
    north, south = told.pots
    assert (north.licence, north.licensee, north.currency) == ("north-2026", "Lab North", "EUR")
    assert (north.received, north.rest) == (1000 * EURO, 850 * EURO)
    [kept] = north.deductions
    assert (kept.label, kept.rate, kept.base, kept.amount) == (
        "administration", Fraction(15, 100), 1000 * EURO, 150 * EURO,
    )  # fmt: skip
    assert [(one.label, one.of_rest, one.amount, one.weight) for one in north.portions] == [
        ("floor", Fraction(40, 100), 340 * EURO, Fraction(4)),
        ("use", Fraction(60, 100), 510 * EURO, Fraction(12)),
    ]
    floor, song = (line for line in told.lines if line.pot is north)
    assert (floor.amount, floor.subject, floor.role) == (85 * EURO, None, "member")
    assert (song.subject.title, song.subject.key) == ("Ferry song", "songs.example/ferry")
    assert (song.weight, song.part, song.requests, song.use) == (2, Fraction(2, 3), 2, "ai-train")
    # 510 × 2/12 × 2/3, to the quantum that the largest remainder gives or takes.
    assert abs(song.amount - Fraction(510 * EURO * 2 * 2, 12 * 3)) < 2
    assert south.currency == "JPY"


def test_each_line_follows_from_its_portion_within_two_quanta(run: Any) -> None:
    from quire.society.statements import queries

    seen = 0
    for told in queries.statements(run):
        for line in told.lines:
            exact = line.portion.amount * line.weight / line.portion.weight * line.part
            assert abs(line.amount - exact) < 2
            seen += 1
        for pot in told.pots:
            left = pot.received
            for one in pot.deductions:
                assert abs(one.amount - one.base * one.rate) < 1
                left -= one.amount
            assert left == pot.rest == sum(one.amount for one in pot.portions)
            assert sum((one.of_rest for one in pot.portions), Fraction(0)) == 1
            mine = sum(line.amount for line in told.lines if line.pot is pot)
            assert mine == pot.credited + pot.held
    assert seen > 12


def test_all_statements_together_are_all_that_the_run_gave(run: Any) -> None:
    from quire.society.statements import queries

    sums: dict[str, int] = {}
    told = list(queries.statements(run))
    for one in told:
        for each in one.sums:
            sums[each.currency] = sums.get(each.currency, 0) + each.credited
    allocated = {code: quanta_of(one["allocated"]) for code, one in run.review["currencies"].items()}
    assert sums == allocated == {"EUR": 850 * EURO, "JPY": 4250 * EURO}
    assert [one.payee.code for one in told] == sorted(closed_run.KINDS)
    for one in told:
        assert replace(statement(run, one.payee.code), pots=one.pots, lines=one.lines) == one


def test_the_account_beside_it_has_what_was_paid_and_what_is_left(stocked: dict[str, Any], run: Any) -> None:
    from quire.society.payouts import actions as payouts

    payouts.prepare(currency="EUR", on=date(2026, 2, 13), by=stocked["preparer"])
    [euro, yen] = statement(run, "lantern-photos").accounts
    assert (euro.credited, euro.paid, euro.in_transit, euro.carried) == (85 * EURO, 0, 0, 85 * EURO)
    assert euro.reason == "no bank account is on record."
    assert (yen.currency, yen.carried, yen.reason) == ("JPY", 425 * EURO, "")
    [euro, _] = statement(run, "ferry-songs").accounts
    assert euro.in_transit == quanta_of("141.66")
    assert euro.residue.quanta == euro.carried == euro.credited - euro.in_transit > 0


def test_a_held_line_says_why(stocked: dict[str, Any]) -> None:
    from quire.society.distribution import actions as distribution
    from quire.society.distribution.models import Hold
    from quire.society.repertoire.models import Work

    song = Work.objects.get(title="Ferry song")
    Hold.objects.create(work=song, reason="Two claims", starts=date(2026, 1, 1))
    distribution.place_hold(party="tidewater-blog", reason="Heirs sought", by=stocked["preparer"])
    run = closed_run.close_run(stocked, USED)
    song = statement(run, "ferry-songs")
    assert [(one.credited, one.held > 0) for one in song.sums] == [(0, True), (0, True)]
    assert {line.held_because for line in song.lines} == {"Two claims"}
    assert {line.held_because for line in statement(run, "tidewater-blog").lines} == {"Heirs sought"}
    assert verify_statement(published(run), to_json(song)).holds
    page = the_page(song)
    assert "held for you: Two claims." in page
    assert {line.held_because for line in statement(run, "daily-harbour").lines} == {"", "Two claims"}


# What is refused


def test_who_has_no_line_gets_a_sentence_not_an_empty_page(stocked: dict[str, Any]) -> None:
    from quire.society.statements.errors import NoLines

    run = closed_run.close_run(stocked, USED)
    with pytest.raises(NoLines, match="lantern-photos has no line in the run dst_"):
        statement(run, "lantern-photos")


def test_only_what_is_published_is_stated(stocked: dict[str, Any]) -> None:
    from quire.society.distribution import actions as distribution
    from quire.society.statements import actions
    from quire.society.statements.errors import NotPublished

    run = distribution.open_run(period=closed_run.JANUARY, by=stocked["preparer"])
    with pytest.raises(NotPublished, match="is open; statements are made when it is closed"):
        statement(run, "daily-harbour")
    with pytest.raises(NotPublished):
        actions.write(run)


def test_a_changed_bundle_states_nothing(run: Any) -> None:
    from quire.core.bundle import BundleError
    from quire.society.distribution import queries
    from quire.society.statements.errors import BundleDiffers

    path = queries.row(run).bundle / "lines.jsonl"
    good = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(good.replace(b'"role":"member"', b'"role":"editor"', 1))
    with pytest.raises(BundleError, match="nothing can be proved"):
        statement(run, "daily-harbour")
    path.write_bytes(good)
    run.bundle_root = "0" * 64
    with pytest.raises(BundleDiffers):
        statement(run, "daily-harbour")


# Proved


def to_json(told: Any) -> bytes:
    from quire.society.statements import render

    return render.to_json(told)


def test_every_statement_is_proved_against_the_bundle(run: Any) -> None:
    from quire.society.statements import queries

    bundle = published(run)
    assert verify(bundle, keys()).holds
    for told in queries.statements(run):
        verdict = verify_statement(bundle, to_json(told))
        assert verdict.holds, verdict.sentence()
        assert verdict.facts["lines"] == len(told.lines)


def test_a_statement_with_one_amount_or_line_changed_is_found_out(run: Any) -> None:
    bundle = published(run)
    good = json.loads(to_json(statement(run, "daily-harbour")))

    def findings(told: dict[str, Any]) -> str:
        return " ".join(one.sentence for one in verify_statement(bundle, json.dumps(told).encode()).findings)

    more = json.loads(json.dumps(good))
    more["lines"][0]["record"]["amount"] = "999.000000000000"
    assert "is not in the bundle as it stands there" in findings(more)
    fewer = {**good, "lines": good["lines"][1:]}
    assert "is this party's, but not in the statement" in findings(fewer)
    good["proof"]["totals"]["EUR"]["payable"] = "1.000000000000"
    assert "The statement says 1.000000000000 EUR payable" in findings(good)


def test_the_json_carries_money_as_text_and_shares_as_fractions(run: Any) -> None:
    told = json.loads(to_json(statement(run, "ferry-songs")))
    assert list(told) == sorted(told)
    line = next(one for one in told["lines"] if "work" in one and one["currency"] == "EUR")
    assert line["work"]["title"] == "Ferry song"
    assert (line["part"], line["weight"], line["portion"]["weight"]) == ("2/3", "2/1", "12/1")
    assert line["record"]["part"] == "2/3"
    assert told["pots"][0]["received"] == "1000.000000000000"
    assert told["accounts"]["balances"][0]["carried"] == line_sum(told, "EUR")


def line_sum(told: dict[str, Any], currency: str) -> str:
    from quire.core.money import decimal_of

    return decimal_of(sum(quanta_of(one["amount"]) for one in told["lines"] if one["currency"] == currency))


def test_the_table_has_a_row_a_line_and_no_formula(stocked: dict[str, Any]) -> None:
    from quire.society.repertoire import actions as repertoire
    from quire.society.statements import render

    title = '=HYPERLINK("https://evil.example","Fog")'
    repertoire.register_work(
        title=title, member="daily-harbour", url="https://harbour.example/trap", by=stocked["preparer"]
    )
    used = {"north-2026": [("harbour.example/trap", "search", 5)], "south-2026": []}
    told = statement(closed_run.close_run(stocked, used), "daily-harbour")
    rows = list(csv.DictReader(io.StringIO(render.to_csv(told).decode(), newline="")))
    assert [int(row["line"]) for row in rows] == [line.number for line in told.lines]
    assert rows[0]["work or site"] == "'" + title
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())
    assert quanta_of(rows[0]["amount"]) == told.lines[0].amount


# The page


def the_page(told: Any) -> str:
    from quire.society.statements import page

    return page.page(told).decode()


class Page(HTMLParser):
    """Gathers what a page is made of, and whether its tags are closed as they were opened."""

    VOID = frozenset({"meta", "link", "br", "rect"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def test_the_page_says_first_what_and_why(run: Any) -> None:
    text = Page(the_page(statement(run, "daily-harbour"))).text
    assert text.index("You earned €") < text.index("Where it came from") < text.index("How it became yours")
    assert text.index("How it became yours") < text.index("Line by line") < text.index("Your account on")
    assert text.index("Your account on") < text.index("Check it yourself")
    assert (
        "Lab North asked for 2 works of yours and other pages of harbour.example 12 times. What they paid, "
        "less 15 % administration, was shared by the plan “hybrid” (Members' meeting, May 2025). "
        "€85.00 of it is your part in what is shared among members."
    ) in text
    assert "€510.00 × 2 ÷ 12 × 1/3 (publisher)" in text
    assert f"quire verify {run.tid}.zip --key keys.json --statement daily-harbour.json" in text


def test_who_had_no_usage_reads_that_they_share_as_a_member(run: Any) -> None:
    text = Page(the_page(statement(run, "lantern-photos"))).text
    assert "You earned €85.00" in text
    assert (
        "None of your works was used under a licence; you have a part in what is shared among members."
        in text
    )


def test_the_page_is_one_file_with_nothing_remote_and_nothing_that_runs(run: Any) -> None:
    text = the_page(statement(run, "daily-harbour"))
    page = Page(text)
    names = {tag for tag, _ in page.tags}
    assert not names & {"script", "img", "iframe", "object", "embed", "form", "base"}
    assert [attrs for tag, attrs in page.tags if tag == "link"] == [{"rel": "icon", "href": "data:,"}]
    assert not re.search(r"@import|url\(|https?:|//[a-z]", text)
    assert not any(name.startswith("on") for _, attrs in page.tags for name in attrs)


def test_the_page_is_built_for_every_reader(run: Any) -> None:
    page = Page(the_page(statement(run, "daily-harbour")))
    html = next(attrs for tag, attrs in page.tags if tag == "html")
    assert html["lang"] == "en-GB"
    assert all(attrs.get("scope") for tag, attrs in page.tags if tag == "th")
    assert next(tag for tag, _ in page.tags if tag in {"h1", "h2", "h3"}) == "h1"
    assert sum(tag == "h1" for tag, _ in page.tags) == 1
    assert all(attrs.get("aria-hidden") for tag, attrs in page.tags if tag == "svg")
    assert "Statement January 2026: Daily Harbour · Harbour Writers' Society" in page.text


def test_whatever_a_name_says_is_text_on_the_page(stocked: dict[str, Any]) -> None:
    from quire.society.parties import actions as parties
    from quire.society.repertoire import actions as repertoire

    hostile = '<script>alert(1)</script> & "quoted" {{ x }}'
    parties.change_party(code="daily-harbour", name=hostile, by=stocked["preparer"])
    repertoire.register_work(
        title=hostile, member="daily-harbour", url="https://harbour.example/trap", by=stocked["preparer"]
    )
    used = {"north-2026": [("harbour.example/trap", "search", 5)], "south-2026": []}
    text = the_page(statement(closed_run.close_run(stocked, used), "daily-harbour"))
    assert "<script" not in text
    assert hostile in Page(text).text


def test_beyond_two_hundred_works_the_page_says_where_the_rest_is(run: Any) -> None:
    told = statement(run, "daily-harbour")
    model = next(line for line in told.lines if line.subject and line.pot.currency == "EUR")
    many = tuple(
        replace(
            model,
            number=number,
            subject=replace(model.subject, tid=f"wrk_{number:04}", title=f"Work {number}"),
        )
        for number in range(230)
    )
    page = Page(the_page(replace(told, lines=many)))
    assert sum(attrs.get("class") == "work" for _, attrs in page.tags) == 200
    assert "These are the 200 that earned most. 30 others earned €" in page.text


@pytest.mark.parametrize(
    ("quanta", "currency", "short", "exact"),
    [
        (quanta_of("1234.569"), "EUR", "€1,234.56", "1,234.569000000000"),
        (7, "EUR", "under €0.01", "0.000000000007"),
        (0, "EUR", "€0.00", "0.000000000000"),
        (quanta_of("-150"), "EUR", "−€150.00", "-150.000000000000"),
        (quanta_of("5.9"), "JPY", "JP¥5", "5.900000000000"),
        (quanta_of("1.2345"), "KWD", "KWD\u00a01.234", "1.234500000000"),
        (
            quanta_of("12345678901234.05"),
            "CHF",
            "CHF\u00a012,345,678,901,234.05",
            "12,345,678,901,234.050000000000",
        ),
    ],
)
def test_amounts_are_cut_to_what_is_paid_and_exact_beside(
    quanta: int, currency: str, short: str, exact: str
) -> None:
    from quire.society.statements import words

    assert words.money(quanta, currency) == short
    assert words.exact(quanta) == exact


# Written


def test_files_of_all_payees_private_and_the_same_again(house: Any, run: Any) -> None:
    from quire.society.statements import actions

    told: list[tuple[int, int]] = []
    folder, count = actions.write(run.tid, progress=lambda done, whole: told.append((done, whole)))
    assert (folder, count) == (house.home / "statements" / run.tid, 4)
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        f"{code}.{kind}" for code in closed_run.KINDS for kind in ("json", "csv", "html")
    )
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    for path in folder.glob("*.json"):
        assert verify_statement(published(run), path.read_bytes()).holds
    stamps = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    actions.write(run)
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == stamps


def test_queries_do_not_grow_with_the_lines(run: Any, tmp_path: Path) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from quire.society.statements import actions

    with CaptureQueriesContext(connection) as asked:
        actions.write(run, tmp_path / "out")
    assert len(asked) < 30


def test_a_period_is_told_in_words() -> None:
    from quire.society.kit import periods
    from quire.society.statements import words

    told = {
        "2026": "2026",
        "2026-01": "January 2026",
        "2025-Q2": "April to June 2025",
        "2026-01-01..2026-03-15": "1 January to 14 March 2026",
        "2025-07-01..2026-07-01": "1 July 2025 to 30 June 2026",
    }
    assert {text: words.period(periods.parse(text)) for text in told} == told
