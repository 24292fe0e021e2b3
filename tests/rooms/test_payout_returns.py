"""Payments that the bank gives back: to the balance they came from, and not to the same account again."""

from __future__ import annotations

import threading
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from quire.core.errors import QuireError
from quire.core.money import QUANTA, quanta_of
from tests.rooms import closed_run
from tests.rooms.test_payouts import FRIDAY, MONDAY, balance, findings, payable, prepare, the_books_balance

THURSDAY = date(2026, 2, 19)


@pytest.fixture
def payees(people: dict[str, Any]) -> dict[str, Any]:
    return closed_run.found(people)


@pytest.fixture
def sent(people: dict[str, Any], payees: dict[str, Any]) -> dict[str, str]:
    """120.50 to the newspaper, 88 to the songwriter, executed on Monday; payment ids by payee."""
    from quire.society.payouts import actions, queries

    closed_run.stock(people)
    closed_run.receive(people, "north-2026", "200.000000000007")
    closed_run.close_run(people, {"north-2026": [("harbour.example/fog", "ai-train", 3)]})
    batch = prepare(people).batch
    actions.settle(batch, on=MONDAY, by=people["preparer"])
    codes = {payees[code].id: code for code in payees}
    return {codes[one.party]: one.tid for one in queries.payments_in(batch)}


def give_back(people: dict[str, Any], payment: str, **other: Any) -> Any:
    from quire.society.payouts import actions

    given = {"reason": "AC04", "on": THURSDAY, "by": people["preparer"], **other}
    return actions.return_payment(payment, **given)


def account(payees: dict[str, Any], code: str) -> Any:
    from quire.society.payouts import queries

    (found,) = queries.account_of(payees[code].id)
    return found


def test_a_returned_payment_is_the_payees_again(
    people: dict[str, Any], payees: dict[str, Any], sent: dict[str, str]
) -> None:
    before = account(payees, "daily-harbour")
    paid, bank = before.paid, balance("rights:bank")
    back = give_back(people, sent["daily-harbour"], info="Konto erloschen")
    after = account(payees, "daily-harbour")
    assert (after.paid, after.in_transit, after.returned) == (0, 0, paid)
    assert after.carried == before.carried + paid == payable(payees["daily-harbour"])
    assert after.adds_up
    assert balance("rights:bank") == bank + paid
    assert back.transaction.kind == "return"
    assert (findings(), the_books_balance()) == ([], True)


def test_the_next_batch_waits_until_the_details_change(
    people: dict[str, Any], payees: dict[str, Any], sent: dict[str, str]
) -> None:
    from quire.society.parties.models import Party
    from quire.society.payouts import actions
    from quire.society.payouts.errors import NothingToPay

    give_back(people, sent["daily-harbour"])
    with pytest.raises(NothingToPay) as caught:
        prepare(people)
    assert (
        "the payment of 2026-02-13 came back on 2026-02-19 (AC04, the account is closed), and the bank "
        "details on record are still those"
    ) in caught.value.sentence
    Party.objects.filter(code="daily-harbour").update(iban="NL91ABNA0417164300")
    made = prepare(people)
    assert [one.payee.code for one in made.payments] == ["daily-harbour"]
    assert made.payments[0].text.startswith("Royalties 2026-01"), "what came back was not paid for its run"
    actions.settle(made.batch, on=FRIDAY, by=people["preparer"])
    after = account(payees, "daily-harbour")
    assert (after.paid, after.returned) == (made.payments[0].amount, made.payments[0].amount)
    assert after.adds_up
    assert findings() == []


def test_a_payment_that_came_back_for_another_reason_is_sent_again(
    people: dict[str, Any], sent: dict[str, str]
) -> None:
    give_back(people, sent["daily-harbour"], reason="TECH")
    assert [one.payee.code for one in prepare(people).payments] == ["daily-harbour"]


def test_the_same_return_again_is_no_news_and_another_is_refused(
    people: dict[str, Any], sent: dict[str, str]
) -> None:
    from quire.society.payouts.errors import ReturnedBefore

    first = give_back(people, sent["daily-harbour"])
    assert give_back(people, sent["daily-harbour"].replace("_", "-")).id == first.id
    with pytest.raises(ReturnedBefore, match="came back on 2026-02-19 already"):
        give_back(people, sent["daily-harbour"], reason="AC06")
    with pytest.raises(ReturnedBefore):
        give_back(people, sent["daily-harbour"], on=date(2026, 2, 20))


@pytest.mark.parametrize(
    ("other", "what"),
    [
        ({"reason": "XX99"}, "is no reason of a return"),
        ({"reason": ""}, "is no reason of a return"),
        ({"on": FRIDAY}, "came back between then and today"),
        ({"on": date(2099, 1, 1)}, "came back between then and today"),
        ({"info": "x" * 141}, "at most 140 characters"),
    ],
)
def test_a_return_that_cannot_be(
    people: dict[str, Any], sent: dict[str, str], other: dict[str, Any], what: str
) -> None:
    from quire.society.payouts.errors import BadReturn

    with pytest.raises(BadReturn, match=what):
        give_back(people, sent["daily-harbour"], **other)


def test_what_is_still_in_transit_does_not_come_back(people: dict[str, Any], payees: dict[str, Any]) -> None:
    from quire.society.kit.nouns import Unknown
    from quire.society.payouts import queries
    from quire.society.payouts.errors import BadReturn

    closed_run.credit(people, {"daily-harbour": 100 * QUANTA}, "first")
    (payment,) = queries.payments_in(prepare(people).batch)
    with pytest.raises(BadReturn, match="is not settled"):
        give_back(people, payment.tid)
    with pytest.raises(Unknown):
        give_back(people, "pmt_01h455vb4pex5vsknk084sn02q")


def test_only_an_operator_returns(people: dict[str, Any], sent: dict[str, str]) -> None:
    from quire.society.parties.errors import RoleMissing

    with pytest.raises(RoleMissing):
        give_back(people, sent["daily-harbour"], by=people["auditor"])


def test_two_at_once_return_it_once(
    people: dict[str, Any], payees: dict[str, Any], sent: dict[str, str]
) -> None:
    from django.db import connections

    from quire.society.ledger.models import Transaction

    told: list[Any] = []
    ready = threading.Barrier(4)

    def go(reason: str) -> None:
        ready.wait()
        try:
            told.append(give_back(people, sent["daily-harbour"], reason=reason).id)
        except QuireError as problem:
            told.append(type(problem).__name__)
        finally:
            connections.close_all()

    several = [threading.Thread(target=go, args=(reason,)) for reason in ("AC04", "AC04", "AC06", "AC04")]
    for one in several:
        one.start()
    for one in several:
        one.join()
    assert Transaction.objects.filter(kind="return").count() == 1
    refused = [one for one in told if one == "ReturnedBefore"]
    assert len({one for one in told if one != "ReturnedBefore"}) == 1
    assert len(refused) in (1, 3), "either the others or the odd one came too late"
    assert account(payees, "daily-harbour").adds_up
    assert findings() == []


def test_a_banks_list_of_returns(people: dict[str, Any], sent: dict[str, str], tmp_path: Path) -> None:
    from quire.society.kit.tables import TableRefused
    from quire.society.payouts import actions, queries

    (payment,) = queries.payments_in("latest")
    amount = quanta_of("0") + payment.amount
    whole = f"{amount // QUANTA}.{amount % QUANTA:012}"
    place = tmp_path / "returns.csv"
    head = "payment,amount,currency,reason,on,info\n"
    tid = payment.tid.replace("_", "-")
    place.write_text(f"{head}{tid},{whole},EUR,AC01,2026-02-19,\n{tid},{whole},EUR,AC01,2026-02-19,\n")
    with pytest.raises(TableRefused) as caught:
        actions.import_returns(place, by=people["preparer"])
    assert "is on line 2 already" in caught.value.data["refused"][0]["reason"]
    place.write_text(f"{head}{tid},1.00,EUR,AC01,2026-02-19,\n")
    with pytest.raises(TableRefused) as caught:
        actions.import_returns(place, by=people["preparer"])
    assert "a charge that the bank kept" in caught.value.data["refused"][0]["reason"]
    place.write_text(f"{head}{tid},{whole},EUR,AC01,2026-02-19,wrong number\n")
    assert actions.import_returns(place, by=people["preparer"], dry_run=True).added == 1
    assert queries.payments_in("latest")[0].returned is None
    assert actions.import_returns(place, by=people["preparer"]).added == 1
    again = actions.import_returns(place, by=people["preparer"])
    assert (again.added, again.unchanged) == (0, 1)
    (row,) = queries.payments_in("latest")
    assert (row.returned, row.reason, row.because) == (THURSDAY, "AC01", "the account number is not right")


def test_the_database_takes_no_return_that_moved_other_money(
    people: dict[str, Any], sent: dict[str, str]
) -> None:
    from quire.society.ledger.models import Transaction
    from quire.society.payouts.models import Payment, Return

    other = Transaction.objects.order_by("number").first()
    payment = Payment.objects.get()
    with pytest.raises(IntegrityError, match="comes back whole"), transaction.atomic():
        Return.objects.create(payment=payment, on=THURSDAY, reason="AC04", transaction=other)
    made = give_back(people, payment.tid)
    with pytest.raises(Exception, match="permission denied"), transaction.atomic():
        Return.objects.filter(id=made.id).update(reason="AC06")
