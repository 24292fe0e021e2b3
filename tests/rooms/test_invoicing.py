"""What is due under a licence, what came in, and the ledger that agrees."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError

from quire.core.errors import QuireError
from quire.core.money import Money, quanta_of
from quire.core.tariff import NoPrice
from quire.society.kit.tables import TableRefused
from tests.conftest import Furnished, furnished
from tests.rooms import walls

HEAD = "reference,licence,period,amount,currency,received\n"
PAID = date(2026, 4, 9)


TODAY = "2026-04-15"


def lab(people: dict[str, Any], patch: pytest.MonkeyPatch) -> None:
    """A lab with three licences."""
    from quire.society.licensing.actions import grant_licence
    from quire.society.parties.models import Party

    patch.setenv("QUIRE_TODAY", TODAY)
    by = people["preparer"]
    Party.objects.create(code="lab", name="A lab", kind="lab")
    terms = {"licensee": "lab", "starts": date(2026, 1, 1), "ends": date(2027, 1, 1), "by": by}
    grant_licence(code="blanket", kind="blanket", uses=["ai-train"], currency="EUR", fee="12000.00", **terms)
    prices = {"original": "0.0055", "*": "0.0021"}
    grant_licence(code="metered", kind="per-request", uses=["search"], currency="EUR", prices=prices, **terms)
    grant_licence(
        code="yen", kind="per-work", uses=["ai-input"], currency="JPY", prices={"standard": "12.5"}, **terms
    )


@pytest.fixture(scope="module")
def before(postgres: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Furnished]:
    with furnished(postgres, tmp_path_factory.mktemp("before"), lab) as made:
        yield made


@pytest.fixture
def desk(people: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Any:
    """Who works there; it is 15 April 2026."""
    monkeypatch.setenv("QUIRE_TODAY", TODAY)
    return people["preparer"]


def invoice(by: Any, licence: str = "blanket", period: str = "2026-Q1", **other: Any) -> Any:
    from quire.society.invoicing.actions import issue_invoice

    return issue_invoice(licence=licence, period=period, by=by, **other)


def receive(by: Any, **other: Any) -> Any:
    from quire.society.invoicing.actions import record_receipt

    given = {
        "licence": "blanket",
        "period": "2026-Q1",
        "amount": "2958.90",
        "received_on": PAID,
        "reference": "R-1",
    }
    return record_receipt(by=by, **{**given, **other})


def load(by: Any, folder: Path, text: str, **options: Any) -> Any:
    from quire.society.invoicing.actions import import_receipts

    path = folder / "receipts.csv"
    path.write_text(HEAD + text, encoding="utf-8")
    return import_receipts(path, by=by, **options)


def told() -> list[str]:
    from quire.society.invoicing.checks import CHECKS

    return [sentence for check in CHECKS for sentence in check()]


def balances() -> dict[tuple[str, str], int]:
    from quire.society.ledger import queries

    return queries.balances("rights")


# --- invoices


def test_four_quarters_of_a_blanket_fee_are_the_fee(desk: Any) -> None:
    amounts = [invoice(desk, period=f"2026-Q{n}").amount for n in (1, 2, 3, 4)]
    assert amounts == [quanta_of(text) for text in ("2958.90", "2991.78", "3024.66", "3024.66")]
    assert sum(amounts) == quanta_of("12000.00")


def test_an_invoice_says_what_it_was_made_of(desk: Any) -> None:
    made = invoice(desk, "metered", counts=[("news", 10, 3), ("original", 3, 1), ("news", 1, 1)])
    # 11 × 0.0021 + 3 × 0.0055 = 0.0396, cut to the cent
    assert made.amount == quanta_of("0.03")
    assert made.issued_on == date(2026, 4, 15)
    assert made.basis["counts"] == [
        {"tier": "news", "requests": 11, "works": 4},
        {"tier": "original", "requests": 3, "works": 1},
    ]
    assert made.basis["prices"] == {"*": "0.002100000000", "original": "0.005500000000"}
    assert invoice(desk, "yen", counts=[("standard", 900, 3)]).amount == quanta_of("37")


def test_the_same_invoice_again_is_the_first_and_another_is_refused(desk: Any) -> None:
    from quire.society.kit.models import Act

    first = invoice(desk, "metered", counts=[("news", 10, 3), ("original", 1, 1)])
    assert invoice(desk, "metered", counts=[("original", 1, 1), ("news", 10, 3)]).id == first.id
    with pytest.raises(QuireError, match=r"was invoiced 0\.02 EUR for"):
        invoice(desk, "metered", counts=[("news", 1000, 3)])
    with pytest.raises(QuireError, match="shares days with 2026-03"):
        invoice(desk, "metered", "2026-03")
    assert invoice(desk, counts=[("news", 1, 1)]).id == invoice(desk, counts=[("news", 2, 2)]).id
    assert Act.objects.filter(verb="invoicing.issue").count() == 2


def test_no_usage_is_an_invoice_of_zero(desk: Any) -> None:
    assert invoice(desk, "metered").amount == 0


def test_invoices_that_cannot_be_are_refused(desk: Any, people: dict[str, Any]) -> None:
    with pytest.raises(QuireError, match="not within that"):
        invoice(desk, period="2025-12-01..2026-02-01")
    with pytest.raises(NoPrice, match="'news'"):
        invoice(desk, "yen", counts=[("news", 1, 1)])
    with pytest.raises(QuireError, match="no licence"):
        invoice(desk, "none")
    with pytest.raises(QuireError, match="auditor"):
        invoice(people["auditor"])


# --- receipts


def test_a_receipt_goes_from_the_bank_to_its_pot_once(desk: Any) -> None:
    from quire.society.ledger import accounts, queries

    first = receive(desk)
    assert receive(desk, amount="2958.9", period="2026-01-01..2026-04-01").id == first.id
    pot = accounts.pot(first.licence.tid, date(2026, 1, 1), date(2026, 4, 1))
    assert balances() == {("rights:bank", "EUR"): quanta_of("2958.90"), (pot, "EUR"): -quanta_of("2958.90")}
    posted = queries.posted("receipt:R-1")
    assert posted
    assert (posted.tid, posted.date, posted.kind) == (first.transaction.tid, PAID, "receipt")
    assert told() == []


@pytest.mark.parametrize("other", [
    {"amount": "2958.91"}, {"period": "2026-Q2"}, {"licence": "metered"}, {"received_on": date(2026, 4, 10)},
])  # fmt: skip
def test_a_reference_belongs_to_one_receipt(desk: Any, other: dict[str, Any]) -> None:
    receive(desk)
    before = balances()
    with pytest.raises(QuireError, match=r"R-1 is that of 2958\.90 EUR") as problem:
        receive(desk, **other)
    assert problem.value.exit_code == 5
    assert balances() == before


def test_a_receipt_of_zero_is_on_record_and_moves_nothing(desk: Any) -> None:
    first = receive(desk, amount=0)
    assert receive(desk, amount="0.00").id == first.id
    assert first.transaction is None
    assert balances() == {}
    assert told() == []


def test_an_amount_finer_than_its_currency_is_booked_whole_and_stated(desk: Any) -> None:
    from quire.society.kit.models import Act

    first = receive(desk, licence="yen", amount="1000.000000000001", currency="JPY")
    assert first.amount == 1000 * 10**12 + 1
    act = Act.objects.get(verb="invoicing.receive")
    assert act.subject == first.tid
    assert "more decimals than JPY" in act.detail["stated"]
    receive(desk, reference="R-2")
    assert "stated" not in Act.objects.get(verb="invoicing.receive", detail__reference="R-2").detail


@pytest.mark.parametrize(("other", "sentence"), [
    ({"amount": "-0.01"}, "is negative"),
    ({"amount": -1}, "is negative"),
    ({"amount": 10**38}, "26 digits"),
    ({"amount": "0.0000000000001"}, "at most 12"),
    ({"amount": "1.000,00"}, "not an amount"),
    ({"currency": "USD"}, "is in EUR, the receipt in USD"),
    ({"period": "2027-Q1"}, "not within that"),
    ({"period": "soon"}, "not a period"),
    ({"licence": "none"}, "no licence"),
    ({"reference": " "}, "no reference"),
    ({"reference": "x" * 65}, "no reference"),
    ({"reference": "a\nb"}, "no reference"),
])  # fmt: skip
def test_receipts_that_cannot_be_are_refused(desk: Any, other: dict[str, Any], sentence: str) -> None:
    from quire.society.invoicing.models import Receipt

    with pytest.raises(QuireError, match=sentence):
        receive(desk, **other)
    assert not Receipt.objects.exists()


def test_a_float_is_no_amount(desk: Any) -> None:
    with pytest.raises(TypeError):
        receive(desk, amount=1.5)


def test_two_currencies_never_meet_in_a_pot(desk: Any) -> None:
    receive(desk)
    receive(desk, licence="yen", amount="500", reference="R-2")
    assert {currency for code, currency in balances() if code.startswith("rights:pot")} == {"EUR", "JPY"}
    assert told() == []


def test_receipts_come_from_a_file_once(desk: Any, tmp_path: Path) -> None:
    table = (
        "A-1,blanket,2026-Q1,2958.90,EUR,2026-04-09\nA-2,metered,2026-03,0,EUR,2026-04-09\n"
        "A-3,yen,2026,100.5,JPY,2026-04-10\n"
    )
    assert load(desk, tmp_path, table, dry_run=True).added == 3
    assert balances() == {}
    account = load(desk, tmp_path, table)
    assert (account.taken, account.added) == (3, 3)
    assert [line for line, _ in account.stated] == [4]
    again = load(desk, tmp_path, table)
    assert (again.taken, again.added) == (3, 0)
    assert again.as_json()["stated"][0]["statement"].startswith("100.5 JPY")
    assert told() == []


def test_refused_receipts_are_named_by_line_and_nothing_is_booked(desk: Any, tmp_path: Path) -> None:
    receive(desk, reference="OLD")
    rows = [
        ("A-1,blanket,2026-Q1,1.00,EUR,2026-04-09", None),
        ("A-1,blanket,2026-Q2,1.00,EUR,2026-04-09", "line 2"),
        ("A-2,blanket,2026-Q1,1.00,USD,2026-04-09", "receipt in USD"),
        ("A-3,blanket,2026-Q1,1.00,EUR,9 April", "2026-01-31"),
        ("A-4,nobody,2026-Q1,1.00,EUR,2026-04-09", "no licence"),
        ("OLD,blanket,2026-Q1,1.00,EUR,2026-04-09", "is that of 2958.90 EUR"),
        ("A-5,blanket,2026-Q1,,EUR,2026-04-09", "amount is empty"),
    ]
    before = balances()
    with pytest.raises(TableRefused) as problem:
        load(desk, tmp_path, "".join(row + "\n" for row, _ in rows))
    found = {row["line"]: row["reason"] for row in problem.value.data["refused"]}
    for line, (_, reason) in enumerate(rows, 2):
        assert (line in found) == (reason is not None)
        assert reason is None or reason in found[line], found[line]
    assert balances() == before
    assert load(desk, tmp_path, "".join(row + "\n" for row, _ in rows), skip_refused=True).added == 1


# --- what others ask


def test_receipts_are_read_by_whole_periods(desk: Any) -> None:
    from quire.society.invoicing.queries import receipts

    receive(desk, reference="B", licence="metered", period="2026-03")
    receive(desk, reference="A")
    receive(desk, reference="Y", period="2026")
    found = receipts(date(2026, 1, 1), date(2026, 4, 1))
    assert [(row.reference, row.licence_code) for row in found] == [("A", "blanket"), ("B", "metered")]
    assert (found[0].amount, found[0].currency, found[0].received_on) == (quanta_of("2958.90"), "EUR", PAID)
    assert [row.reference for row in receipts(date(2026, 1, 1), date(2027, 1, 1))] == ["A", "Y", "B"]


def test_what_is_outstanding_is_due_less_received(desk: Any) -> None:
    from quire.society.invoicing.queries import invoices, outstanding

    assert outstanding("blanket").open == Money.zero("EUR")
    invoice(desk)
    receive(desk, amount="2000.00")
    found = outstanding("blanket")
    assert (str(found.due), str(found.received), str(found.open)) == (
        "2958.90 EUR",
        "2000.00 EUR",
        "958.90 EUR",
    )
    receive(desk, amount="1000.00", reference="R-2")
    assert str(outstanding("blanket").open) == "-41.10 EUR"
    (row,) = invoices(date(2026, 3, 1), date(2026, 3, 2))
    assert (row.licence_code, row.amount, row.currency) == ("blanket", quanta_of("2958.90"), "EUR")


def test_the_checks_find_a_receipt_that_the_ledger_does_not_know(desk: Any) -> None:
    from quire.society.invoicing.models import Receipt
    from quire.society.ledger.actions import EntryIn, post

    first = receive(desk)
    assert told() == []
    pot = f"rights:pot:{first.licence.tid}:2026-04-01:2026-07-01"
    entries = [EntryIn("rights:bank", "EUR", 7), EntryIn(pot, "EUR", -7)]
    other = post(key="other", date=PAID, kind="receipt", text="By hand", entries=entries, by=None).transaction
    assert len(told()) == 1
    terms = {
        "licence": first.licence,
        "starts": date(2026, 4, 1),
        "ends": date(2026, 7, 1),
        "currency": "EUR",
    }
    forged = {"amount": 8, "received_on": PAID, "reference": "X", "transaction": other, **terms}
    with pytest.raises(IntegrityError, match="a receipt is what its transaction brought in"):
        Receipt.objects.create(**forged)
    walls.take_down("invoicing_receipt")
    Receipt.objects.create(**forged)
    sentences = told()
    assert any("receipt X is not what transaction 2 has booked" in sentence for sentence in sentences)
    assert any("0.000000000008 EUR were received" in sentence for sentence in sentences)
    with pytest.raises(IntegrityError, match="invoicing_receipt_booked"):
        Receipt.objects.create(amount=8, received_on=PAID, reference="Z", **terms)


def test_the_database_keeps_invoices_as_they_are(desk: Any) -> None:
    from quire.society.invoicing import actions
    from quire.society.invoicing.models import Invoice

    actions.issue_invoice(licence="blanket", period="2026-03", by=desk)
    for refused in (lambda: Invoice.objects.update(amount=1), lambda: Invoice.objects.all().delete()):
        with pytest.raises(IntegrityError, match="only grows"):
            refused()
