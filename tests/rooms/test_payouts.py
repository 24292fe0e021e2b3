"""Payouts: who is paid, who is carried and why, and what becomes of it."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from quire.core.money import QUANTA, quanta_of
from tests.conftest import Furnished, furnished
from tests.rooms import closed_run, walls

FRIDAY = date(2026, 2, 13)
MONDAY = date(2026, 2, 16)
EURO = QUANTA


@pytest.fixture(scope="module")
def before(postgres: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Furnished]:
    folder = tmp_path_factory.mktemp("before")
    with furnished(postgres, folder, lambda people, patch: closed_run.found(people)) as made:
        yield made


@pytest.fixture
def payees(house: Any, before: Furnished) -> dict[str, Any]:
    return dict(before.made)


@pytest.fixture
def owed(people: dict[str, Any], payees: dict[str, Any]) -> dict[str, Any]:
    """120.50 and a hair to the newspaper, 4.20 to the blog, 88 to the songwriter, 50 to the photographer."""
    amounts = {
        "daily-harbour": quanta_of("120.500000000007"),
        "tidewater-blog": quanta_of("4.20"),
        "ferry-songs": quanta_of("88"),
        "lantern-photos": quanta_of("50.015"),
    }
    closed_run.credit(people, amounts, "first")
    return payees


def prepare(people: dict[str, Any], **other: Any) -> Any:
    from quire.society.payouts import actions

    return actions.prepare(**{"currency": "EUR", "on": FRIDAY, "by": people["preparer"], **other})


def balance(code: str, currency: str = "EUR") -> int:
    from quire.society.ledger import queries

    return queries.balance(code, currency)


def payable(party: Any, currency: str = "EUR") -> int:
    return -balance(f"rights:payable:{party.tid}", currency)


def findings() -> list[str]:
    from quire.society.payouts.checks import CHECKS

    return [sentence for check in CHECKS for sentence in check()]


def the_books_balance() -> bool:
    from quire.society.ledger.checks import CHECKS

    return not [sentence for check in CHECKS for sentence in check()]


# Who is paid


def test_whole_cents_are_paid_and_everything_else_is_carried_with_its_reason(
    people: dict[str, Any], owed: dict[str, Any]
) -> None:
    made = prepare(people)
    assert {one.payee.code: one.amount for one in made.payments} == {
        "daily-harbour": quanta_of("120.50"),
        "ferry-songs": quanta_of("88.00"),
    }
    assert {one.code: one.reason for one in made.carried} == {
        "lantern-photos": "no bank account is on record.",
        "tidewater-blog": "4.20 EUR is below the minimum of 10.00 EUR.",
    }
    assert payable(owed["daily-harbour"]) == 7
    assert payable(owed["ferry-songs"]) == 0
    assert payable(owed["lantern-photos"]) == quanta_of("50.015")
    assert -balance(f"rights:transit:{made.batch.tid}") == made.total.quanta == quanta_of("208.50")
    assert the_books_balance()
    assert made.batch.carried[0] == {
        "party": owed["lantern-photos"].tid,
        "code": "lantern-photos",
        "amount": "50.015000000000",
        "reason": "no bank account is on record.",
    }


def test_a_second_batch_pays_only_what_came_since(people: dict[str, Any], owed: dict[str, Any]) -> None:
    from quire.society.payouts import queries

    prepare(people)
    closed_run.credit(people, {"tidewater-blog": 6 * EURO, "daily-harbour": 10 * EURO - 7}, "second")
    made = prepare(people, on=MONDAY)
    assert {one.payee.code: one.amount for one in made.payments} == {
        "daily-harbour": 10 * EURO,
        "tidewater-blog": quanta_of("10.20"),
    }
    told = queries.payments_of("daily-harbour")
    assert [(one.amount, one.on, one.settled) for one in told] == [
        (quanta_of("120.50"), FRIDAY, None),
        (10 * EURO, MONDAY, None),
    ]


def test_every_reason_is_given_not_only_the_first(people: dict[str, Any], payees: dict[str, Any]) -> None:
    from quire.society.distribution import actions as distribution
    from quire.society.payouts.paying import plan

    distribution.place_hold(
        party="lantern-photos", reason="Heirs are being looked for.", by=people["preparer"]
    )
    closed_run.credit(people, {"lantern-photos": 4 * EURO}, "little")
    [carried] = plan("EUR").carried
    assert carried.reason == (
        "on hold: Heirs are being looked for; 4.00 EUR is below the minimum of 10.00 EUR; "
        "no bank account is on record."
    )


def test_nobody_on_hold_is_paid_until_it_is_released(people: dict[str, Any], owed: dict[str, Any]) -> None:
    from quire.society.distribution import actions as distribution

    hold = distribution.place_hold(
        party="ferry-songs", reason="Two publishers claim it", by=people["preparer"]
    )
    made = prepare(people)
    assert [one.payee.code for one in made.payments] == ["daily-harbour"]
    assert "on hold: Two publishers claim it." in [one.reason for one in made.carried]
    distribution.release_hold(hold.tid, by=people["preparer"])
    assert [one.payee.code for one in prepare(people).payments] == ["ferry-songs"]


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"iban": "DE00370400440532013000"}, "the IBAN on record is not valid."),
        ({"town": ""}, "the address on record lacks town, without which banks refuse a payment."),
        (
            {"town": "", "country": ""},
            "the address on record lacks town and country, without which banks refuse a payment.",
        ),
    ],
)
def test_bank_details_that_would_not_arrive_are_a_reason(
    people: dict[str, Any], owed: dict[str, Any], changed: dict[str, str], reason: str
) -> None:
    from quire.society.parties.models import Party

    Party.objects.filter(code="ferry-songs").update(**changed)
    made = prepare(people)
    assert {one.code: one.reason for one in made.carried}["ferry-songs"] == reason
    assert "ferry-songs" not in {one.payee.code for one in made.payments}


def test_exactly_the_minimum_is_paid_and_a_quantum_less_is_not(
    people: dict[str, Any], payees: dict[str, Any]
) -> None:
    closed_run.credit(people, {"daily-harbour": 10 * EURO, "ferry-songs": 10 * EURO - 1}, "edge")
    made = prepare(people)
    assert [one.payee.code for one in made.payments] == ["daily-harbour"]
    assert made.carried[0].reason == "9.99 EUR is below the minimum of 10.00 EUR."


def test_without_a_minimum_the_smallest_unit_is_the_least(
    people: dict[str, Any], payees: dict[str, Any]
) -> None:
    closed_run.credit(people, {"daily-harbour": 1 * EURO, "ferry-songs": EURO // 2}, "yen", "JPY")
    closed_run.credit(
        people, {"daily-harbour": EURO // 1000, "ferry-songs": EURO // 1000 - 1}, "dinar", "KWD"
    )
    yen, dinar = prepare(people, currency="JPY"), prepare(people, currency="KWD")
    assert [one.amount for one in yen.payments] == [EURO]
    assert yen.carried[0].reason == "0.5 JPY is below the smallest payable amount, 1 JPY."
    assert [one.amount for one in dinar.payments] == [EURO // 1000]


def test_more_than_one_transfer_carries_is_not_paid(people: dict[str, Any], payees: dict[str, Any]) -> None:
    closed_run.credit(people, {"daily-harbour": 10**9 * EURO, "ferry-songs": 10 * EURO}, "much")
    [carried] = prepare(people).carried
    assert carried.reason == "1000000000.00 EUR is more than one transfer carries, 999999999.99 EUR."


# What is refused


def test_a_dry_run_says_the_same_and_writes_nothing(people: dict[str, Any], owed: dict[str, Any]) -> None:
    from quire.society.ledger import queries as ledger
    from quire.society.payouts import queries

    before = ledger.head()
    dry = prepare(people, dry_run=True)
    assert (dry.batch, ledger.head(), queries.batches()) == (None, before, [])
    wet = prepare(people)
    assert (dry.payments, dry.carried, dry.total) == (wet.payments, wet.carried, wet.total)
    assert dry.sentence() == "208.50 EUR would be paid to 2 payees on 2026-02-13; 2 balances are carried."
    assert wet.sentence() == "208.50 EUR are paid to 2 payees on 2026-02-13; 2 balances are carried."


def test_nothing_payable_is_a_refusal_that_says_what_is_carried(
    people: dict[str, Any], owed: dict[str, Any]
) -> None:
    from quire.society.payouts.errors import NothingToPay

    with pytest.raises(NothingToPay, match="Nobody is owed anything in USD"):
        prepare(people, currency="USD")
    prepare(people)
    with pytest.raises(NothingToPay) as caught:
        prepare(people)
    assert caught.value.sentence.startswith(
        "Nobody can be paid in EUR now; 54.21 EUR is carried. daily-harbour: "
    )
    assert {one["code"]: one["amount"] for one in caught.value.data["carried"]} == {
        "daily-harbour": "0.000000000007",
        "lantern-photos": "50.015000000000",
        "tidewater-blog": "4.200000000000",
    }


def test_the_bank_must_have_it_beside_what_is_promised_already(
    people: dict[str, Any], owed: dict[str, Any]
) -> None:
    from quire.society.ledger import actions as ledger
    from quire.society.payouts import queries
    from quire.society.payouts.errors import BankShort

    def lend(amount: int) -> None:
        """Rights money that is not at the bank any more."""
        entries = [
            ledger.EntryIn("rights:lent", "EUR", amount),
            ledger.EntryIn("rights:bank", "EUR", -amount),
        ]
        ledger.post(key=f"lent {amount}", date=FRIDAY, kind="loan", text="lent", entries=entries, by=None)

    prepare(people)
    ledger.open_account(code="rights:lent", kind="asset", by=None)
    closed_run.credit(people, {"ferry-songs": 20 * EURO}, "second")
    lend(64 * EURO)
    with pytest.raises(BankShort, match=r"need 20\.00 EUR, and only 10\.21"):
        prepare(people)
    assert len(queries.batches()) == 1
    assert payable(owed["ferry-songs"]) == 20 * EURO


@pytest.mark.parametrize("who", ["approver", "auditor", None])
def test_only_an_operator_prepares_and_settles(
    people: dict[str, Any], owed: dict[str, Any], who: str | None
) -> None:
    from quire.society.parties.errors import RoleMissing
    from quire.society.payouts import actions

    by = people[who] if who else None
    with pytest.raises(RoleMissing):
        prepare(people, by=by)
    made = prepare(people)
    with pytest.raises(RoleMissing):
        actions.settle(made.batch, on=MONDAY, by=by)


def test_two_at_once_pay_once(people: dict[str, Any], owed: dict[str, Any]) -> None:
    from quire.society.payouts import queries
    from quire.society.payouts.errors import NothingToPay

    outcomes: list[Any] = []
    barrier = threading.Barrier(4)

    def try_it() -> None:
        try:
            barrier.wait()
            outcomes.append(prepare(people).total.quanta)
        except NothingToPay:
            outcomes.append("nothing")
        finally:
            connection.close()

    threads = [threading.Thread(target=try_it) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, outcomes)) == sorted([str(quanta_of("208.50")), "nothing", "nothing", "nothing"])
    assert len(queries.batches()) == 1
    assert the_books_balance()


# Settled


def test_what_the_bank_executed_leaves_transit_once(people: dict[str, Any], owed: dict[str, Any]) -> None:
    from quire.society.ledger import queries as ledger
    from quire.society.payouts import actions, queries
    from quire.society.payouts.errors import SettledBefore, TooEarly

    batch = prepare(people).batch
    before = balance("rights:bank")
    with pytest.raises(TooEarly):
        actions.settle(batch, on=date(2026, 2, 12), by=people["preparer"])
    actions.settle(batch.tid, on=MONDAY, by=people["preparer"])
    assert before - balance("rights:bank") == quanta_of("208.50")
    assert balance(f"rights:transit:{batch.tid}") == 0
    head = ledger.head()
    actions.settle(batch, on=MONDAY, by=people["preparer"])
    with pytest.raises(SettledBefore, match="2026-02-16"):
        actions.settle(batch, on=date(2026, 2, 17), by=people["preparer"])
    assert ledger.head() == head
    [row] = queries.batches()
    assert (row.total, row.payments, row.carried, row.settled) == (quanta_of("208.50"), 2, 2, MONDAY)
    assert queries.find("latest").tid == batch.tid


def test_the_database_keeps_batches_and_payments_as_they_are(
    people: dict[str, Any], owed: dict[str, Any]
) -> None:
    from quire.society.payouts import actions
    from quire.society.payouts.models import Batch, Payment

    batch = prepare(people).batch
    for refused in (
        lambda: Batch.objects.filter(id=batch.id).update(currency="USD"),
        lambda: Batch.objects.filter(id=batch.id).update(carried=[]),
        lambda: Batch.objects.filter(id=batch.id).delete(),
        lambda: Payment.objects.update(amount=1),
        lambda: Payment.objects.all().delete(),
    ):
        with pytest.raises(Exception, match=r"never|grows|permission|protected"), transaction.atomic():
            refused()
    with pytest.raises(IntegrityError, match="its own money out of transit"), transaction.atomic():
        Batch.objects.filter(id=batch.id).update(settled=batch.transit)
    actions.settle(batch, on=MONDAY, by=people["preparer"])
    with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
        Batch.objects.filter(id=batch.id).update(settled=None)


# The account of a payee


def test_credited_is_paid_and_in_transit_and_carried_to_the_quantum(people: dict[str, Any]) -> None:
    from quire.society.payouts import actions, queries

    closed_run.found(people)
    closed_run.stock(people)
    closed_run.receive(people, "north-2026", "1000")
    used = [("harbour.example/fog", "search", 5), ("songs.example/ferry", "ai-train", 2)]
    run = closed_run.close_run(people, {"north-2026": used})
    [account] = queries.account_of("daily-harbour")
    # 850 after administration; 5/7 of it for the article, a third of the other 2/7 for the song.
    assert abs(account.credited - 850 * EURO * 17 // 21) <= 2
    assert (account.paid, account.in_transit, account.carried) == (0, 0, account.credited)
    batch = prepare(people).batch
    [account] = queries.account_of("daily-harbour")
    assert (account.paid, account.in_transit) == (0, account.credited // (EURO // 100) * (EURO // 100))
    assert account.carried == account.residue.quanta > 0
    assert account.adds_up
    actions.settle(batch, on=MONDAY, by=people["preparer"])
    [account] = queries.account_of("daily-harbour")
    assert (account.in_transit, account.paid + account.carried) == (0, account.credited)
    assert findings() == []
    [payment] = queries.payments_of("daily-harbour")
    assert payment.runs == (run.tid,)
    assert payment.text == f"Royalties 2026-01, {run.tid}, Harbour Writers' Society"
    assert len(payment.text) <= 140


def test_a_transfer_names_only_runs_that_none_before_it_named(people: dict[str, Any]) -> None:
    from quire.society.kit.periods import month
    from quire.society.payouts import queries

    closed_run.found(people)
    closed_run.stock(people)
    runs = []
    for number in (1, 2, 3):
        closed_run.receive(people, "north-2026", "100", month(2026, number))
        used = [("harbour.example/fog", "search", number)]
        runs.append(closed_run.close_run(people, {"north-2026": used}, month(2026, number)).tid)
        if number != 2:
            prepare(people, on=date(2026, number + 1, 15))
    first, second = queries.payments_of("daily-harbour")
    assert (first.runs, second.runs) == ((runs[0],), (runs[1], runs[2]))
    assert second.text == "Royalties 2026-02 to 2026-03, 2 runs, Harbour Writers' Society"
    assert findings() == []


def test_the_audit_finds_money_that_no_run_gave_and_a_batch_that_is_not_its_payments(
    people: dict[str, Any], owed: dict[str, Any]
) -> None:
    from quire.society.payouts.models import Payment

    assert any("ferry-songs was credited 0.000000000000 EUR, but" in one for one in findings())
    batch = prepare(people).batch
    assert not any(batch.tid in one for one in findings())
    slipped = {
        "batch": batch, "party": owed["tidewater-blog"], "amount": EURO // 1000, "name": "x", "iban": "DE00",
        "town": "Hull", "country": "GB", "text": "slipped in",
    }  # fmt: skip
    with pytest.raises(IntegrityError, match="a batch pays no more than"), transaction.atomic():
        Payment.objects.create(**slipped)
    walls.take_down("payouts_payment")
    Payment.objects.create(**slipped)
    said = " ".join(findings())
    assert f"is not the sum of the payments of {batch.tid}" in said
    assert f"is in transit for {batch.tid}, which pays 208.501" in said
    assert "goes to an IBAN that is not valid" in said
    assert "is not in whole minor units of EUR" in said


def test_whatever_comes_in_nothing_is_lost_and_no_residue_is_paid_twice(
    people: dict[str, Any], payees: dict[str, Any]
) -> None:
    """Seeded: twenty rounds of credits of every size, batches prepared and settled in between."""
    from quire.society.payouts import actions
    from quire.society.payouts.errors import NothingToPay
    from quire.society.payouts.models import Payment

    dice = random.Random(20260213)
    credited = dict.fromkeys(("daily-harbour", "ferry-songs", "tidewater-blog", "lantern-photos"), 0)
    for number in range(20):
        amounts = {code: dice.randrange(1, 10 ** dice.randrange(1, 16)) for code in credited}
        closed_run.credit(people, amounts, f"round {number}")
        credited = {code: credited[code] + amounts[code] for code in credited}
        try:
            batch = prepare(people).batch
        except NothingToPay:
            continue
        if dice.random() < 0.5:
            actions.settle(batch, on=MONDAY, by=people["preparer"])
    for code, whole in credited.items():
        sent = list(Payment.objects.filter(party=payees[code]).values_list("amount", flat=True))
        assert sum(sent) + payable(payees[code]) == whole
        assert all(amount >= 10 * EURO and amount % (EURO // 100) == 0 for amount in sent)
    assert payable(payees["lantern-photos"]) == credited["lantern-photos"]
    assert the_books_balance()
