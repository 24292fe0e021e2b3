"""The ledger: what it books, how that is read, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.rooms.ledgers import BLOG, DAY, ONE, PAPER, faults, modules, poster, pot, quarter


@pytest.fixture
def room(house: Any) -> SimpleNamespace:
    return modules()


@pytest.fixture
def post(room: SimpleNamespace) -> Callable[..., Any]:
    return poster(room)


def test_a_quarter_is_booked_and_read(room: Any, post: Any) -> None:
    quarter(room, post)
    q = room.queries
    third = 60 * ONE + ONE // 3
    assert q.balance("rights:bank", "EUR") == 25 * ONE
    assert q.balance("rights:bank", "EUR", on=DAY) == 85 * ONE
    assert q.balance("rights:bank", "USD") == 0
    assert q.balance(room.accounts.payable(PAPER), "EUR") == 60 * ONE - third
    assert q.balances("rights:payable") == {
        (room.accounts.payable(BLOG), "EUR"): third - 85 * ONE,
        (room.accounts.payable(PAPER), "EUR"): -(ONE // 3),
    }
    assert q.balances("rights:pay") == {}, "a prefix ends where a word ends"
    assert q.balances("rights", on=date(2026, 1, 1)) == {}
    assert [(t.number, t.key) for t in q.transactions(after_number=3, limit=1)] == [(4, "batch:1")]
    assert [(e.line, e.account, e.amount) for e in q.entries_of("receipt:1")] == [
        (1, "rights:bank", 100 * ONE),
        (2, pot(room), -100 * ONE),
    ]
    assert [h.balance // ONE for h in q.history("rights:bank")] == [100, 85, 25]
    assert q.transaction(q.transaction(5).tid) == q.posted("settled:1")
    assert q.posted("settled:2") is None
    assert faults(room) == []


def test_trial_balance_shows_each_account_and_sums_to_zero(room: Any, post: Any) -> None:
    quarter(room, post)
    lines = {line.code: line for line in room.queries.trial_balance()}
    bank = lines["rights:bank"]
    assert (bank.kind, bank.money, bank.currency) == ("asset", "rights", "EUR")
    assert (bank.debit, bank.credit, bank.balance) == (100 * ONE, 75 * ONE, 25 * ONE)
    assert lines["own:administration"].kind == "income"
    assert lines[pot(room)].balance == 0
    assert sum(line.balance for line in lines.values()) == 0
    assert sum(line.debit for line in lines.values()) == sum(line.credit for line in lines.values())
    assert [line.code for line in room.queries.trial_balance(until_number=1)] == ["rights:bank", pot(room)]


def test_unknown_things_are_said_to_be_unknown(room: Any) -> None:
    from quire.core.errors import NotFound

    for ask in (
        lambda: room.queries.transaction(7),
        lambda: room.queries.entries_of("receipt:9"),
        lambda: room.queries.history("rights:bank"),
    ):
        with pytest.raises(NotFound):
            ask()


def test_the_act_and_the_user_are_on_record(room: Any, people: Any) -> None:
    from quire.society.kit.models import Act

    sides = [
        room.actions.EntryIn("rights:bank", "JPY", ONE),
        room.actions.EntryIn("rights:fund:culture", "JPY", -ONE),
    ]
    moment = datetime(2026, 4, 1, 9, tzinfo=UTC)
    done = room.actions.post(
        key="gift", date=DAY, kind="receipt", text="a gift", entries=sides, at=moment, by=people["preparer"]
    )
    act = Act.objects.get()
    assert (act.verb, act.subject, act.by) == ("ledger.post", done.transaction.tid, people["preparer"])
    assert done.transaction.at == moment
    assert done.transaction.by == people["preparer"]


def test_the_same_movement_twice_is_booked_once(room: Any, post: Any) -> None:
    first = post("receipt:1", ("rights:bank", 5), (pot(room), -5))
    again = post("receipt:1", ("rights:bank", 5), (pot(room), -5))
    assert (first.fresh, again.fresh) == (True, False)
    assert again.transaction == first.transaction
    assert room.queries.balance("rights:bank", "EUR") == 5
    assert room.models.Transaction.objects.count() == 1


@pytest.mark.parametrize("other", ["amount", "day", "text", "kind", "order"])
def test_a_key_cannot_serve_for_something_else(room: Any, post: Any, other: str) -> None:
    post("receipt:1", ("rights:bank", 5), (pot(room), -5))
    entries = [("rights:bank", 6 if other == "amount" else 5), (pot(room), -6 if other == "amount" else -5)]
    changed = {"day": {"day": date(2026, 4, 1)}, "text": {"text": "another"}, "kind": {"kind": "payout"}}
    if other == "order":
        entries.reverse()
    with pytest.raises(room.errors.KeyReused, match="used before") as refused:
        post("receipt:1", *entries, **changed.get(other, {}))
    assert refused.value.data["number"] == 1
    assert refused.value.status == 409


def test_entries_alike_are_not_merged(room: Any, post: Any) -> None:
    done = post("receipt:1", ("rights:bank", 5), ("rights:bank", 5), (pot(room), -10))
    assert [e.amount for e in room.queries.entries_of(done.transaction)] == [5, 5, -10]


def test_what_cannot_be_booked_is_refused_by_name(room: Any, post: Any) -> None:
    e = room.errors
    from quire.core.currencies import UnknownCurrency

    cases: list[tuple[type[Exception], list[Any], dict[str, Any]]] = [
        (e.TooFewEntries, [], {}),
        (e.TooFewEntries, [("rights:bank", 5)], {}),
        (e.BadEntry, [("rights:bank", 5), ("rights:fund:a", 0), ("rights:fund:b", -5)], {}),
        (e.BadEntry, [("rights:bank", 10**38), ("rights:fund:a", -(10**38))], {}),
        (TypeError, [("rights:bank", 5.0), ("rights:fund:a", -5.0)], {}),
        (UnknownCurrency, [("rights:bank", "XAU", 5), ("rights:fund:a", "XAU", -5)], {}),
        (e.BadAccount, [("rights:bank", 5), ("rights:Fund", -5)], {}),
        (e.BadAccount, [("rights:bank", 5), ("others:fund", -5)], {}),
        (e.BadAccount, [("rights:bank", 5), ("rights:fund:a\n", -5)], {}),
        (e.BadAccount, [("rights:bank", 5), ("rights:mystery", -5)], {}),
        (e.MoneyMixed, [("own:bank", 5), ("rights:fund:a", -5)], {}),
        (e.BadHeader, [("rights:bank", 5), ("rights:fund:a", -5)], {"text": " "}),
        (e.BadHeader, [("rights:bank", 5), ("rights:fund:a", -5)], {"text": "two\nlines"}),
        (e.BadHeader, [("rights:bank", 5), ("rights:fund:a", -5)], {"kind": "k" * 41}),
        (e.BadHeader, [("rights:bank", 5), ("rights:fund:a", -5)], {"day": datetime(2026, 1, 1, tzinfo=UTC)}),
    ]
    for error, entries, header in cases:
        with pytest.raises(error):
            post("wrong", *entries, **header)
    assert not room.models.Transaction.objects.exists()
    assert not room.models.Account.objects.exists(), "a refusal opens no account"


def test_a_difference_is_named_per_currency(room: Any, post: Any) -> None:
    with pytest.raises(room.errors.Unbalanced, match=r"0\.000000000001 EUR, -1\.000000000000 USD") as refused:
        post(
            "off",
            ("rights:bank", 6),
            (pot(room), -5),
            ("rights:bank", "USD", ONE),
            (pot(room), "USD", -2 * ONE),
            ("rights:bank", "JPY", 3),
            (pot(room), "JPY", -3),
        )
    assert refused.value.data["differences"] == {"EUR": "0.000000000001", "USD": "-1.000000000000"}


def test_two_currencies_do_not_balance_each_other(room: Any, post: Any) -> None:
    with pytest.raises(room.errors.Unbalanced):
        post("swap", ("rights:bank", 5), (pot(room), "USD", -5))


def test_a_refusal_inside_a_larger_act_undoes_it_whole(room: Any, post: Any) -> None:
    from django.db import transaction

    def larger_act() -> None:
        post("a", ("rights:bank", 5), (pot(room), -5))
        post("b", ("rights:bank", 5), (pot(room), -5))
        post("a", ("rights:bank", 6), (pot(room), -6))

    with pytest.raises(room.errors.KeyReused):
        transaction.atomic(larger_act)()
    assert room.queries.head().number == 0
    assert post("b", ("rights:bank", 5), (pot(room), -5)).transaction.number == 1


def test_amounts_keep_every_quantum(room: Any, post: Any) -> None:
    largest = 10**38 - 1
    post("large", ("rights:bank", largest), (pot(room), -largest))
    post("larger", ("rights:bank", largest), (pot(room), -largest))
    post("small", ("rights:bank", 1), (pot(room), -1))
    assert room.queries.balance("rights:bank", "EUR") == 2 * largest + 1
    assert faults(room) == []


def test_accounts_are_opened_once_and_explain_themselves(room: Any) -> None:
    opened = room.actions.open_account(code="own:expense:rent", kind="expense", by=None)
    assert (opened.kind, opened.money) == ("expense", "own")
    assert room.actions.open_account(code="own:expense:rent", kind="expense", money="own", by=None) == opened
    assert room.actions.open_account(code="rights:fund:culture", by=None).kind == "liability"
    with pytest.raises(room.errors.AccountDiffers):
        room.actions.open_account(code="own:expense:rent", kind="income", by=None)
    for wrong in (
        {"code": "own:other"},
        {"code": "rights:fund:x", "kind": "asset"},
        {"code": "own:x", "kind": "loan"},
        {"code": "rights:fund:x", "money": "own"},
        {"code": "rights"},
        {"code": "rights:" + "x" * 160},
    ):
        with pytest.raises(room.errors.BadAccount):
            room.actions.open_account(by=None, **wrong)


def test_every_code_that_is_built_has_a_nature(room: Any) -> None:
    a = room.accounts
    built = [
        a.bank(),
        pot(room),
        a.credit("pty_01lab"),
        a.payable(PAPER),
        a.held(PAPER),
        a.transit("pay_01april"),
        a.fund("culture"),
        a.unallocated("lic_01lab", "ai-train"),
        a.unclaimed("pot_01april", "author"),
        a.recoverable(PAPER),
        a.awaited(PAPER),
        a.conversion("USD", "EUR"),
        a.fx_difference(),
        a.own_bank(),
        a.administration(),
        a.deduction("legal-aid"),
    ]
    assert all(a.nature_of(code) for code in built)
    assert {a.family_of(code) for code in built} == set(a.FAMILIES)
    assert a.deduction("administration") == a.administration()
    with pytest.raises(room.errors.BadAccount):
        a.fund("Culture & Co")


@pytest.mark.more
def test_a_hundred_thousand_entries_are_one_transaction(room: Any, tmp_path: Path) -> None:
    """Twice 100 000 entries to 50 000 payees, each one transaction."""
    n, entry = 100_000, room.actions.EntryIn
    entries = [entry(room.accounts.payable(f"pty_{i % 50_000:026d}"), "EUR", -i) for i in range(1, n)]
    entries.append(entry("rights:bank", "EUR", sum(range(1, n))))
    for key in ("first", "second"):
        room.actions.post(key=key, date=DAY, kind="receipt", text="large", entries=entries, by=None)
    assert not room.actions.post(
        key="first", date=DAY, kind="receipt", text="large", entries=entries, by=None
    ).fresh
    assert faults(room) == []
    assert room.queries.balance("rights:bank", "EUR") == n * (n - 1)
