"""The ledger is whole: the chain, the audit, any journal, and an outside program that agrees."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.rooms.ledgers import DAY, ONE, PAPER, faults, modules, poster, pot, quarter


@pytest.fixture
def room(house: Any) -> SimpleNamespace:
    return modules()


@pytest.fixture
def post(room: SimpleNamespace) -> Callable[..., Any]:
    return poster(room)


def canonical_by_hand(value: Any) -> bytes:
    """RFC 8785 for ASCII keys, texts and small integers, by the standard library."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def test_a_digest_can_be_computed_by_hand(room: Any, post: Any) -> None:
    text = 'a "quoted" \\ text with ,"entries":[] in it, and é'
    payable = room.accounts.payable(PAPER)
    first = post("a", ("rights:bank", 5), (payable, -5), text=text).transaction
    second = post("b", ("rights:bank", ONE), (payable, -ONE)).transaction
    asked = {
        "key": "a",
        "date": "2026-03-31",
        "kind": "receipt",
        "text": text,
        "entries": [["rights:bank", "EUR", "0.000000000005"], [payable, "EUR", "-0.000000000005"]],
    }
    asked_hash = hashlib.sha256(canonical_by_hand(asked)).hexdigest()
    numbered = [[line, *entry] for line, entry in enumerate(asked["entries"], 1)]
    whole = asked | {"number": 1, "previous": "0" * 64, "input_hash": asked_hash, "entries": numbered}
    assert first.input_hash == asked_hash
    assert first.digest == hashlib.sha256(canonical_by_hand(whole)).hexdigest()
    assert second.previous == first.digest
    assert room.queries.head() == room.queries.Head(2, second.digest)


def test_a_digest_of_many_entries_is_that_of_the_whole_document(room: Any) -> None:
    chain = room.chain
    many = [chain.Leg(n, f"rights:payable:pty_{n}", "EUR", f"{n}.000000000000") for n in range(1, 2502)]
    for some in (many, many[:1000], many[:1]):
        whole = {
            "key": "k",
            "date": "2026-03-31",
            "kind": "run",
            "text": "t",
            "entries": [[leg.account, leg.currency, leg.amount] for leg in some],
        }
        made = chain.input_hash(key="k", date=DAY, kind="run", text="t", legs=iter(some))
        assert made == hashlib.sha256(canonical_by_hand(whole)).hexdigest()


OF = "transaction_id = (SELECT id FROM ledger_transaction WHERE number = {})"
TAMPERING = [
    (
        "UPDATE ledger_entry SET amount = amount + 0.000000000001 WHERE line = 1 AND amount = -15",
        [
            "in EUR together are off by 0.000000000001,",
            "Transaction 3 is off by 0.000000000001 EUR",
            "Transaction 3 (admin:1) was changed",
        ],
    ),
    (
        f"UPDATE ledger_entry SET amount = amount * 2 WHERE abs(amount) = 100 AND {OF.format(1)}",
        ["Transaction 1 (receipt:1) was changed"],
    ),
    ("UPDATE ledger_transaction SET text = 'other' WHERE number = 2", ["Transaction 2 (run:1) was changed"]),
    (
        "UPDATE ledger_transaction SET digest = repeat('a', 64) WHERE number = 2",
        ["Transaction 2 (run:1) was changed", "Transaction 3 does not name the digest"],
    ),
    (
        f"DELETE FROM ledger_entry WHERE {OF.format(5)}",
        ["Transaction 5 has 0 entries", "Transaction 5 (settled:1) was changed"],
    ),
    (
        f"DELETE FROM ledger_seal WHERE {OF.format(3)}",
        ["Transaction 3 is not sealed"],
    ),
    ("UPDATE ledger_transaction SET number = 9 WHERE number = 5", ["Transaction 9 comes after 4"]),
    (
        "UPDATE ledger_transaction SET kind = 'receipt' WHERE number = 2",
        ["Transaction 2, of kind receipt, moves 15.000000000000 EUR"],
    ),
    (
        "UPDATE ledger_account SET code = 'rights:payable:pty_01other' WHERE code LIKE '%blog'",
        ["Transaction 2 (run:1) was changed"],
    ),
]


@pytest.mark.parametrize(("change", "said"), TAMPERING)
def test_the_audit_finds_what_was_done_behind_its_back(
    room: Any, post: Any, change: str, said: list[str]
) -> None:
    from django.db import connections

    quarter(room, post)
    with connections["owner"].cursor() as run:
        for table in ("ledger_transaction", "ledger_entry", "ledger_account", "ledger_seal"):
            run.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        run.execute(change)
        assert run.rowcount > 0
    found = "\n".join(faults(room))
    for sentence in said:
        assert sentence in found


def test_the_audit_names_overdrawn_accounts_and_uncovered_debts(room: Any, post: Any) -> None:
    post("a", ("rights:bank", 5 * ONE), (pot(room), -5 * ONE))
    post("b", (pot(room), 6 * ONE), (room.accounts.payable(PAPER), -6 * ONE), kind="distribution")
    post("c", ("rights:bank", -7 * ONE), ("own:bank", 7 * ONE), kind="administration")
    found = faults(room)
    assert [sentence.split(" ")[0] for sentence in found] == ["rights:bank", pot(room), "Rightsholders"]
    assert "7.000000000000 EUR more than is held" in found[2]


def test_an_empty_ledger_is_whole(room: Any) -> None:
    assert faults(room) == []
    assert room.queries.trial_balance() == []
    assert room.queries.head() == room.queries.Head(0, "0" * 64)


_sums = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "c", "d"]),
        st.sampled_from(["EUR", "JPY", "KWD"]),
        st.integers(-(10**24), 10**24).filter(bool),
    ),
    min_size=1,
    max_size=8,
)


@given(journal=st.lists(_sums, min_size=1, max_size=4))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_journal_keeps_the_books_whole(room: Any, journal: Any) -> None:
    """One ledger for all examples on purpose: it grows, and stays equal to a plain sum of what went in."""
    before = {(line.code, line.currency): line.balance for line in room.queries.trial_balance()}
    for sides in journal:
        entries = [
            room.actions.EntryIn(f"rights:fund:{name}", currency, amount) for name, currency, amount in sides
        ]
        for currency in {currency for _, currency, _ in sides}:
            if rest := sum(amount for _, unit, amount in sides if unit == currency):
                entries.append(room.actions.EntryIn("rights:bank", currency, -rest))
        if len(entries) < 2:
            continue
        number = room.queries.head().number
        room.actions.post(
            key=f"j{number + 1}", date=DAY, kind="receipt", text="random", entries=entries, by=None
        )
        for entry in entries:
            before[entry.account, entry.currency] = (
                before.get((entry.account, entry.currency), 0) + entry.amount
            )
    assert {(line.code, line.currency): line.balance for line in room.queries.trial_balance()} == before
    for check in room.checks.CHECKS[:4]:
        assert list(check()) == []


def exported(room: Any) -> str:
    pieces: list[str] = []
    room.beancount.export(pieces.append)
    return "".join(pieces)


def bean_check(folder: Path, text: str) -> subprocess.CompletedProcess[str]:
    book = folder / "book.beancount"
    book.write_text(text, encoding="utf-8")
    program = Path(sys.executable).with_name("bean-check")
    return subprocess.run(
        [program, "--no-cache", book], capture_output=True, text=True, check=False, timeout=120
    )


def test_bean_check_agrees_that_the_books_balance(room: Any, post: Any, tmp_path: Path) -> None:
    quarter(room, post)
    post(
        "odd \\ key", ("rights:bank", "JPY", 1), ("rights:fund:a", "JPY", -1), text='He said "ça va" \\ left'
    )
    post("sub", ("rights:bank", 2), ("rights:fund:a", -1), ("rights:fund:a:b_c.d-e", -1))
    text = exported(room)
    assert bean_check(tmp_path, text).returncode == 0, bean_check(tmp_path, text).stderr
    assert 'code: "rights:fund:a:b_c.d-e"' in text
    assert "Liabilities:Rights:Fund:A:B-Uc-Dd--e  -0.000000000001 EUR" in text


def test_bean_check_finds_one_quantum(room: Any, post: Any, tmp_path: Path) -> None:
    quarter(room, post)
    text = exported(room)
    posting = "Assets:Rights:Bank  100.000000000000 EUR"
    assert text.count(posting) == 1
    tampered = bean_check(tmp_path, text.replace(posting, "Assets:Rights:Bank  100.000000000001 EUR"))
    assert tampered.returncode != 0
    assert "does not balance" in tampered.stderr
    balance = "Assets:Rights:Bank  25.000000000000 ~ 0 EUR"
    assert text.count(balance) == 1
    tampered = bean_check(tmp_path, text.replace(balance, "Assets:Rights:Bank  25.000000000001 ~ 0 EUR"))
    assert tampered.returncode != 0
    assert "Balance failed" in tampered.stderr


def test_an_empty_ledger_is_a_book_too(room: Any, tmp_path: Path) -> None:
    assert bean_check(tmp_path, exported(room)).returncode == 0


@given(
    st.lists(
        st.from_regex(r"(rights|own)(:[a-z0-9][a-z0-9_.-]{0,4}){1,3}", fullmatch=True),
        min_size=2,
        unique=True,
    )
)
@settings(max_examples=200, deadline=None)
def test_no_two_codes_share_a_name(postgres: Any, codes: list[str]) -> None:
    import re

    from quire.society.ledger.beancount import account_name

    names = [account_name(code, "asset") for code in codes]
    assert len(set(names)) == len(codes)
    assert all(re.fullmatch(r"Assets(:[A-Z0-9][A-Za-z0-9-]*)+", name) for name in names)
