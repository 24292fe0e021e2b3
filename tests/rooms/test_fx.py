"""Several currencies: rates on record, pots converted once, what the bank gave, and the difference."""

from __future__ import annotations

import io
from datetime import date
from fractions import Fraction
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from quire.core import bundle
from quire.core.fx import convert
from quire.core.money import decimal_of, quanta_of
from quire.core.tokens import KeySet
from quire.core.verify import verify
from quire.society.kit.tables import TableRefused
from tests.rooms import distribution_desk
from tests.rooms.distribution_desk import Desk, audit, balance, got, of

built, desk = distribution_desk.built, distribution_desk.desk
ECB = "ECB reference rates"
JANUARY_30 = date(2026, 1, 30)


@pytest.fixture
def euro(desk: Desk) -> Desk:
    """The hybrid plan in EUR, and January's money: 1000 EUR, and 100 USD of a lab that has no usage but two
    requests."""
    text = (files("quire.core") / "plans" / "hybrid.toml").read_text()
    desk.adopt(text.replace('name = "', 'currency = "EUR"\nname = "', 1))
    desk.receive("R-1", "1000.00")
    desk.receive("R-2", "100.00", "south-2026")
    return desk


def record(desk: Desk, rate: str = "0.9123", on: date = JANUARY_30, **other: Any) -> Any:
    from quire.society.invoicing import actions

    given = {"have": "USD", "want": "EUR", "source": ECB, **other}
    return actions.record_rate(rate=rate, on=on, by=desk.preparer, **given)


def exchange(desk: Desk, sold: str, bought: str, reference: str, **other: Any) -> Any:
    from quire.society.invoicing import actions

    given = {"have": "USD", "want": "EUR", "on": date(2026, 3, 2), **other}
    return actions.exchange(sold=sold, bought=bought, reference=reference, by=desk.preparer, **given)


def test_a_run_without_a_rate_is_refused_and_nothing_is_kept(euro: Desk) -> None:
    from quire.society.distribution.models import Run
    from quire.society.invoicing.errors import NoRate

    with pytest.raises(NoRate, match="No rate of USD to EUR is on record for 2026-01-31 or before"):
        euro.opened()
    record(euro, on=date(2026, 2, 1))
    with pytest.raises(NoRate, match="for 2026-01-31 or before"):
        euro.opened()
    record(euro, on=date(2026, 1, 20))
    with pytest.raises(NoRate, match="more than 10 days before"):
        euro.opened()
    assert not Run.objects.exists()


def test_the_latest_rate_up_to_the_last_day_converts_the_pot_once(euro: Desk) -> None:
    record(euro, "0.9", on=date(2026, 1, 29))
    record(euro, "0.9123")
    record(euro, "0.95", on=date(2026, 2, 2))
    run = euro.reviewed()
    pot = run.pots.get(licence__code="south-2026")
    assert (pot.amount, pot.currency) == (quanta_of("91.23"), "EUR")
    assert (pot.received, pot.received_currency) == (quanta_of("100"), "USD")
    assert (pot.rate, pot.rate_source, pot.rate_date) == (Fraction("0.9123"), ECB, JANUARY_30)
    assert {unit for _, _, unit in got(run)} == {"EUR"}
    assert sum(got(run).values()) == quanta_of("1091.23")
    assert any("100.00 USD came in and is divided as 91.23 EUR" in one for one in run.review["notices"])
    euro.close(run)


def test_a_rate_the_other_way_round_is_turned_exactly(euro: Desk) -> None:
    record(euro, "1.0877", have="EUR", want="USD")
    run = euro.reviewed()
    pot = run.pots.get(licence__code="south-2026")
    assert pot.rate == Fraction(10000, 10877)
    assert pot.amount == quanta_of("100") * 10000 // 10877
    euro.close(run)


def test_the_books_keep_each_currency_and_an_auditor_recomputes_the_conversion(euro: Desk) -> None:
    from quire.society.distribution import publishing
    from quire.society.distribution.keys import signing_key
    from quire.society.ledger import queries as ledger

    record(euro, "1/3")
    run = euro.closed()
    made, rest = convert(quanta_of("100"), _rate("1/3"))
    assert rest == Fraction(1, 3)
    assert ledger.balance("rights:conversion:usd-eur", "USD") == -quanta_of("100")
    assert ledger.balance("rights:conversion:usd-eur", "EUR") == made
    pots = ledger.balances("rights:pot")
    assert set(pots.values()) == {0}
    found = bundle.read(publishing.folder(run))
    verdict = verify(found, KeySet.of(signing_key().public_jwk()))
    assert verdict.holds, verdict.sentence()
    assert "1,000.00 EUR and 100.00 USD came in" in verdict.sentence()
    (pot,) = [one for _, one in found.records("pots.jsonl") if "received" in one]
    assert {name: pot[name] for name in pot if name.startswith(("r", "a", "c"))} == {
        "currency": "EUR",
        "amount": decimal_of(made),
        "received": decimal_of(quanta_of("100")),
        "received_currency": "USD",
        "rate": "1/3",
        "rate_source": ECB,
        "rate_date": "2026-01-30",
        "residue": "1/3",
    }


def _rate(text: str) -> Any:
    from quire.core.fx import Rate, parse_rate

    return Rate("USD", "EUR", parse_rate(text), ECB, JANUARY_30)


def test_what_the_bank_gave_is_booked_and_the_difference_lies_in_one_account(euro: Desk) -> None:
    from quire.society.invoicing import queries
    from quire.society.ledger import queries as ledger

    record(euro)
    euro.closed()
    first = exchange(euro, "40.00", "36.00", "X-1")
    assert first.booked == quanta_of("36.492")
    assert balance("rights:fx-difference") == -quanta_of("0.492"), "a loss is a debit"
    assert exchange(euro, "40.00", "36.00", "X-1").id == first.id
    second = exchange(euro, "60.00", "55.00", "X-2")
    assert second.booked == quanta_of("54.738")
    assert queries.differences() == {"EUR": quanta_of("-0.23")}
    assert queries.all_waiting() == []
    assert ledger.balance("rights:bank", "USD") == 0
    assert ledger.balance("rights:bank", "EUR") == quanta_of("1091.00")
    assert audit() == []


def test_an_exchange_that_cannot_have_been(euro: Desk) -> None:
    from quire.society.invoicing.errors import BadExchange, RateDiffers

    record(euro)
    with pytest.raises(BadExchange, match=r"only 0\.00 USD wait"):
        exchange(euro, "1.00", "0.90", "X-0")
    euro.closed()
    exchange(euro, "40.00", "36.00", "X-1")
    with pytest.raises(BadExchange, match=r"only 60\.00 USD wait"):
        exchange(euro, "60.01", "55.00", "X-2")
    with pytest.raises(RateDiffers):
        exchange(euro, "41.00", "36.00", "X-1")
    for sold, bought in (("0", "1"), ("1", "0"), ("-1", "1")):
        with pytest.raises(BadExchange):
            exchange(euro, sold, bought, "X-3")
    with pytest.raises(BadExchange):
        exchange(euro, "1", "1", "X-3", want="USD")
    with pytest.raises(BadExchange, match="no reference"):
        exchange(euro, "1", "1", " ")


def test_payees_are_paid_in_the_plans_currency_only_from_money_that_is_there(euro: Desk) -> None:
    """Payouts never pay in EUR what is still in USD at the bank."""
    from quire.society.payouts import actions
    from quire.society.payouts.errors import BankShort

    record(euro, "30")
    euro.closed()
    with pytest.raises(BankShort):
        actions.prepare(currency="EUR", on=date(2026, 3, 3), by=euro.preparer)
    exchange(euro, "100.00", "3000.00", "X-1")
    made = actions.prepare(currency="EUR", on=date(2026, 3, 3), by=euro.preparer)
    assert made.total.quanta > quanta_of("1000")


def test_money_may_come_in_another_currency_than_the_licences(euro: Desk) -> None:
    from quire.society.invoicing import actions, queries
    from quire.society.invoicing.errors import BadReceipt

    given = {
        "licence": "north-2026",
        "period": "2026-01",
        "received_on": date(2026, 2, 9),
        "by": euro.preparer,
    }
    with pytest.raises(BadReceipt, match="say that it is foreign"):
        actions.record_receipt(amount="50.00", currency="USD", reference="F-1", **given)
    for currency in ("", "EUR"):
        with pytest.raises(BadReceipt, match="other than the licence's"):
            actions.record_receipt(amount="50.00", currency=currency, foreign=True, reference="F-1", **given)
    actions.record_receipt(amount="50.00", currency="USD", foreign=True, reference="F-1", **given)
    told = queries.outstanding("north-2026")
    assert (told.received.quanta, [str(one) for one in told.foreign]) == (quanta_of("1000"), ["50.00 USD"])
    record(euro)
    run = euro.closed()
    pots = run.pots.filter(licence__code="north-2026").order_by("received_currency")
    assert [(one.currency, one.amount) for one in pots] == [
        ("EUR", quanta_of("1000")),
        ("EUR", quanta_of("45.615")),
    ]


def test_without_a_currency_in_the_plan_pots_stay_apart(desk: Desk) -> None:
    from quire.society.invoicing import actions

    desk.adopt()
    desk.receive("R-1", "1000.00")
    actions.record_receipt(
        licence="north-2026", period="2026-01", received_on=date(2026, 2, 9), amount="50.00", currency="USD",
        foreign=True, reference="F-1", by=desk.preparer,
    )  # fmt: skip
    run = desk.closed()
    assert {(one.currency, one.amount) for one in run.pots.all()} == {
        ("EUR", quanta_of("1000")),
        ("USD", quanta_of("50")),
    }
    assert of("payable", "gazette", "USD") > 0


def test_rates_on_record_do_not_change(euro: Desk, tmp_path: Path) -> None:
    from quire.society.invoicing import actions, queries
    from quire.society.invoicing.errors import BadExchange, RateDiffers

    first = record(euro)
    assert record(euro).id == first.id
    with pytest.raises(RateDiffers, match="name another source"):
        record(euro, "0.9124")
    with pytest.raises(BadExchange, match="has not come"):
        record(euro, on=date(2099, 1, 1))
    place = tmp_path / "rates.csv"
    head = "from,to,rate,on,source\n"
    place.write_text(
        f"{head}USD,EUR,0.9123,2026-01-30,{ECB}\nUSD,EUR,x,2026-01-29,{ECB}\nJPY,EUR,0.0061,2026-01-30,{ECB}\n"
    )
    with pytest.raises(TableRefused) as caught:
        actions.import_rates(place, by=euro.preparer)
    assert [row["line"] for row in caught.value.data["refused"]] == [3]
    assert actions.import_rates(place, by=euro.preparer, skip_refused=True, dry_run=True).added == 1
    taken = actions.import_rates(place, by=euro.preparer, skip_refused=True)
    assert (taken.added, taken.unchanged) == (1, 1)
    assert [(one.have, one.rate) for one in queries.rates()] == [
        ("JPY", Fraction("0.0061")),
        ("USD", Fraction("0.9123")),
    ]


def test_an_outside_program_agrees_that_the_books_balance(euro: Desk, tmp_path: Path) -> None:
    from beancount import loader

    from quire.society.ledger import beancount

    record(euro, "1/3")
    euro.closed()
    exchange(euro, "100.00", "33.00", "X-1")
    out = io.StringIO()
    beancount.export(out.write)
    _, errors, _ = loader.load_string(out.getvalue())
    assert errors == []


def test_a_statement_says_by_which_rate_its_money_was_converted(euro: Desk) -> None:
    from quire.society.statements import page, queries

    record(euro)
    run = euro.closed()
    told = queries.statement(run, "lantern")
    pot = next(one for one in told.pots if one.converted)
    assert pot.converted == f"100.00 USD, converted at 0.9123 by {ECB} of 2026-01-30"
    assert (pot.currency, pot.received) == ("EUR", quanta_of("91.23"))
    assert b"converted at" in page.page(told)


def test_the_commands_lead_through_it(euro: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from tests.small import quire

    by = ("--by", "preparer")
    pair = ("--from", "USD", "--to", "EUR")
    rate = ("fx", "record", *pair, "--rate", "0.9123", "--on", "2026-01-30", "--source", ECB, *by)
    quire(*rate, "--dry-run", capsys=capsys)
    assert quire("fx", "list", capsys=capsys) == []
    assert quire(*rate, capsys=capsys)["rate"] == "9123/10000"
    place = tmp_path / "rates.csv"
    place.write_text(f"from,to,rate,on,source\nJPY,EUR,0.0061,2026-01-30,{ECB}\n")
    assert quire("fx", "import", place, *by, capsys=capsys)["added"] == 1
    foreign = ("receipts", "record", "north-2026", "50.00", "--currency", "USD", "--period", "2026-01")
    told = quire(*foreign, "--received", "2026-02-09", "--reference", "F-1", *by, capsys=capsys)
    assert told["currency"] == "USD"
    euro.closed()
    (waits,) = quire("fx", "status", capsys=capsys)["waiting"]
    assert (waits["sum"], waits["promised"]) == ("150.000000000000", "136.845000000000")
    given = ("fx", "exchange", *pair, "--sold", "150.00", "--bought", "137.00", "--on", "2026-03-02")
    told = quire(*given, "--reference", "X-1", *by, capsys=capsys)
    assert told["difference"] == "0.155000000000"
    told = quire("fx", "status", capsys=capsys)
    assert told == {"waiting": [], "differences": {"EUR": "0.155000000000"}}
    for words in (("fx", "status"), ("fx", "list"), ("revenue", "list"), (*given, "--reference", "X-1", *by)):
        quire(*words)


def test_one_exchange_told_by_two_at_once_is_booked_once(euro: Desk) -> None:
    import threading

    from django.db import connections

    from quire.core.errors import QuireError
    from quire.society.ledger.models import Transaction

    record(euro)
    euro.closed()
    told: list[str] = []
    ready = threading.Barrier(3)

    def go(sold: str, reference: str) -> None:
        ready.wait()
        try:
            exchange(euro, sold, "80.00", reference)
            told.append("booked")
        except QuireError as problem:
            told.append(problem.code)
        finally:
            connections.close_all()

    several = [threading.Thread(target=go, args=one) for one in (("90", "X-1"), ("90", "X-1"), ("80", "X-2"))]
    for one in several:
        one.start()
    for one in several:
        one.join()
    assert Transaction.objects.filter(kind="exchange").count() == 1
    assert sorted(told) in (
        ["booked", "booked", "invoicing.exchange"],
        ["booked", "invoicing.exchange", "invoicing.exchange"],
    )
