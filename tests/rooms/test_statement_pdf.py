"""The statement as PDF, read back: its amounts are the statement's, its text is text, and it is tagged."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from pypdf import PdfReader

from tests.conftest import Furnished, furnished
from tests.rooms import closed_run
from tests.rooms.test_statements import close, statement


@pytest.fixture(scope="module")
def closed_house(postgres: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Furnished]:
    with furnished(postgres, tmp_path_factory.mktemp("pdf"), close) as made:
        yield made


@pytest.fixture
def before(closed_house: Furnished) -> Furnished:
    return closed_house


@pytest.fixture
def run(house: Any, closed_house: Furnished) -> Any:
    return type(closed_house.made).objects.get(pk=closed_house.made.pk)


def read(told: Any) -> PdfReader:
    from quire.society.statements.pdf import pdf

    return PdfReader(io.BytesIO(pdf(told)))


def text(reader: PdfReader) -> str:
    """Everything that it says, with one space between words."""
    return " ".join(" ".join(page.extract_text().split()) for page in reader.pages)


@pytest.mark.parametrize("party", sorted(closed_run.KINDS))
def test_every_amount_of_the_statement_stands_in_it(run: Any, party: str) -> None:
    from quire.society.statements import words

    told = statement(run, party)
    said = text(read(told))
    assert "Harbour Writers' Society" in said.replace("’", "'")
    assert "Statement for January 2026" in said
    assert f"{told.payee.name} ({party})" in said
    wanted = [one.credited for one in told.sums]
    for pot in told.pots:
        wanted += [pot.received, pot.rest, pot.credited + pot.held, *(-one.amount for one in pot.deductions)]
    wanted += [line.amount for line in told.lines]
    assert [one for one in map(words.exact, wanted) if one not in said] == []
    assert [
        line.subject.title for line in told.lines if line.subject and line.subject.title not in said
    ] == []
    assert all(line.pot.licensee in said and line.pot.licence in said for line in told.lines)


def test_it_is_tagged_and_says_what_it_is(run: Any) -> None:
    reader = read(statement(run, "ferry-songs"))
    root: Any = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en-GB"
    assert root["/StructTreeRoot"]
    assert b"pdfuaid:part" in root["/Metadata"].get_object().get_data()
    assert reader.metadata is not None
    assert reader.metadata.title == "Statement for January 2026: Ferry Songs"
    pages = len(reader.pages)
    for number, page in enumerate(reader.pages, 1):
        assert f"Page {number} of {pages}" in " ".join(page.extract_text().split())


def test_whatever_a_title_says_is_text(run: Any) -> None:
    told = statement(run, "daily-harbour")
    hostile = '#read("/etc/passwd") $x^2$ *bold* = no heading \\ ] #panic()'
    odd = "\x00\x1b\ue000\ud800 港のうた אבג 🎣 " + "W" * 300
    lines = tuple(
        replace(line, subject=replace(line.subject, title=title, key=hostile)) if line.subject else line
        for line, title in zip(told.lines, [hostile, odd] * len(told.lines), strict=False)
    )
    named = replace(told.payee, name=hostile, code="#code")
    said = text(read(replace(told, lines=lines, payee=named, decision=hostile, society=hostile)))
    assert said.count(hostile) >= 4
    assert "root:" not in said


def test_a_letter_that_no_font_has_costs_the_claim_not_the_file(run: Any) -> None:
    told = statement(run, "ferry-songs")
    reader = read(replace(told, payee=replace(told.payee, name="Ferry \U0001f9ff\U0010fffd\U000e0fff songs")))
    root: Any = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert b"pdfuaid" not in root["/Metadata"].get_object().get_data()


@pytest.mark.more
def test_two_thousand_lines_are_all_there_and_add_up(run: Any) -> None:
    from quire.society.statements import words

    told = statement(run, "daily-harbour")
    model = next(line for line in told.lines if line.subject and line.pot.currency == "EUR")
    many = tuple(
        replace(model, number=one, amount=one, subject=replace(model.subject, tid=str(one), title=f"T{one}."))
        for one in range(2_000)
    )
    reader = read(replace(told, lines=many))
    said = text(reader)
    assert len(reader.pages) > 40
    assert [one for one in range(2_000) if f"T{one}." not in said] == []
    assert f"All lines together under €0.01 {words.exact(1_999_000)}" in said


def test_beyond_so_many_works_it_says_where_the_rest_is(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quire.society.statements.pdf.WORKS", 1)
    said = text(read(statement(run, "daily-harbour")))
    assert "These are the 1 that earned most." in said


def test_the_same_statement_gives_the_same_bytes(run: Any) -> None:
    from quire.society.statements import queries

    told = queries.file_of(run, "lantern-photos", "pdf")
    assert told == queries.file_of(run, "lantern-photos", "pdf")


def test_the_command_writes_it(run: Any, tmp_path: Any) -> None:
    from quire.cli import main

    place = tmp_path / "one.pdf"
    assert main(["statements", "pdf", "ferry-songs", "--run", run.tid, "-o", str(place)]) == 0
    assert "Ferry song" in text(PdfReader(place))
