"""What the bank and a person get to read of a payment batch: right, private, and the same each time."""

from __future__ import annotations

import csv
import io
import re
import xml.etree.ElementTree as ElementTree
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from quire.core.money import QUANTA, quanta_of
from tests.rooms import closed_run

EURO = QUANTA


@pytest.fixture
def payees(people: dict[str, Any]) -> dict[str, Any]:
    return closed_run.found(people)


@pytest.fixture
def owed(people: dict[str, Any], payees: dict[str, Any]) -> dict[str, Any]:
    """120.50 and a hair to the newspaper, 88 to the songwriter."""
    amounts = {"daily-harbour": quanta_of("120.500000000007"), "ferry-songs": quanta_of("88")}
    closed_run.credit(people, amounts, "first")
    return payees


def prepare(people: dict[str, Any], currency: str = "EUR") -> Any:
    from quire.society.payouts import actions

    return actions.prepare(currency=currency, on=date(2026, 2, 13), by=people["preparer"])


def parsed(made: bytes) -> tuple[Any, str]:
    root = ElementTree.fromstring(made)
    return root, root.tag.removesuffix("Document")


def texts(made: bytes, name: str) -> list[str]:
    root, space = parsed(made)
    return [found.text or "" for found in root.iter(space + name)]


def test_the_bank_reads_the_same_sums_accounts_and_addresses(
    people: dict[str, Any], owed: dict[str, Any]
) -> None:
    from quire.society.payouts import actions

    batch = prepare(people).batch
    xml = actions.files(batch)["pain.001.001.09.xml"]
    root, space = parsed(xml)
    assert space == "{urn:iso:std:iso:20022:tech:xsd:pain.001.001.09}"
    assert texts(xml, "InstdAmt") == ["120.50", "88.00"]
    assert {found.get("Ccy") for found in root.iter(f"{space}InstdAmt")} == {"EUR"}
    assert texts(xml, "CtrlSum") == ["208.50", "208.50"]
    assert texts(xml, "NbOfTxs") == ["2", "2"]
    assert texts(xml, "IBAN") == [
        "NL91ABNA0417164300",
        "DE89370400440532013000",
        "FR1420041010050500013M02606",
    ]
    for kind in ("Dbtr", "Cdtr"):
        for who in root.iter(space + kind):
            assert who.findtext(f"{space}PstlAdr/{space}TwnNm")
            assert re.fullmatch("[A-Z]{2}", who.findtext(f"{space}PstlAdr/{space}Ctry") or "")
            assert who.find(f"{space}PstlAdr/{space}AdrLine") is None
    [day] = root.iter(f"{space}ReqdExctnDt")
    assert day.findtext(f"{space}Dt") == "2026-02-13"


def test_a_batch_gives_the_same_bytes_whenever_it_is_asked(
    people: dict[str, Any], owed: dict[str, Any]
) -> None:
    from quire.society.parties.models import Party
    from quire.society.payouts import actions

    batch = prepare(people).batch
    first = actions.files(batch)
    Party.objects.filter(code="ferry-songs").update(town="Elsewhere", iban="", account_holder="Another")
    assert actions.files(batch) == first
    xml = first["pain.001.001.09.xml"]
    ids = [*texts(xml, "MsgId"), *texts(xml, "PmtInfId"), *texts(xml, "EndToEndId")]
    assert all(re.fullmatch(r"[a-z0-9-]{1,35}", one) for one in ids)
    assert len(set(texts(xml, "EndToEndId"))) == 2
    assert ids[:2] == [batch.tid.replace("_", "-")] * 2


def test_names_reach_the_bank_in_letters_it_takes_and_the_table_in_their_own(
    people: dict[str, Any], payees: dict[str, Any]
) -> None:
    from quire.society.parties import actions as parties
    from quire.society.payouts import actions

    parties.change_party(
        code="ferry-songs", account_holder="=Żółte Łódki & Söhne <3", street="Πειραιώς", by=people["preparer"]
    )
    closed_run.credit(people, {"ferry-songs": 10 * EURO}, "once")
    made = actions.files(prepare(people).batch)
    assert texts(made["pain.001.001.09.xml"], "Nm")[-1] == "Zolte Lodki Sohne 3"
    assert texts(made["pain.001.001.09.xml"], "StrtNm")[-1] == "Peiraios"
    [row] = csv.DictReader(io.StringIO(made["payments.csv"].decode(), newline=""))
    assert row["account holder"] == "'=Żółte Łódki & Söhne <3"
    assert (row["amount"], row["currency"], row["pay on"]) == ("10.00", "EUR", "2026-02-13")


def test_other_currencies_are_paid_from_the_table_and_the_account_says_so(
    people: dict[str, Any], payees: dict[str, Any]
) -> None:
    from quire.society.payouts import actions

    closed_run.credit(people, {"daily-harbour": 5 * EURO + 1}, "yen", "JPY")
    written = actions.write(prepare(people, currency="JPY").batch)
    assert [path.name for path in written] == ["payments.csv"]
    assert written.notes == (
        "pain.001.001.09.xml is made for EUR alone; pay the JPY of this batch from payments.csv.",
    )
    [row] = csv.DictReader(io.StringIO(written.paths[0].read_text(), newline=""))
    assert (row["amount"], row["currency"]) == ("5", "JPY")


def test_a_society_without_an_account_still_gets_its_table(people: dict[str, Any]) -> None:
    from quire.society.payouts import actions

    closed_run.found(people, iban="", bic="")
    closed_run.credit(people, {"daily-harbour": 50 * EURO}, "once")
    written = actions.write(prepare(people).batch)
    assert [path.name for path in written] == ["payments.csv"]
    assert "own IBAN is not on record" in written.notes[0]


def test_a_creditor_without_bic_needs_none_and_a_debtor_bank_is_never_empty(people: dict[str, Any]) -> None:
    from quire.society.payouts import actions

    closed_run.found(people, bic="")
    closed_run.credit(people, {"daily-harbour": 50 * EURO}, "once")
    xml = actions.files(prepare(people).batch)["pain.001.001.09.xml"]
    assert texts(xml, "BICFI") == []
    assert b"<Othr><Id>NOTPROVIDED</Id></Othr>" in re.sub(rb">\s+<", b"><", xml)


def test_files_are_private_and_stay_where_they_were_written(
    house: Any, people: dict[str, Any], owed: dict[str, Any], tmp_path: Path
) -> None:
    from quire.society.payouts import actions

    batch = prepare(people).batch
    written = actions.write(batch)
    assert written.folder == house.home / "payments" / batch.tid
    assert written.folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in written} == {0o600}
    written.paths[0].write_bytes(b"torn")
    stamps = [path.stat().st_mtime_ns for path in written]
    actions.write(batch)
    assert {path.name: path.read_bytes() for path in written.folder.iterdir()} == actions.files(batch)
    assert [path.stat().st_mtime_ns == stamp for path, stamp in zip(written, stamps, strict=True)] == [
        False,
        True,
    ]
    assert sorted(path.name for path in actions.write(batch, tmp_path / "copy")) == sorted(
        actions.files(batch)
    )
