"""Four processes post at once, with the same keys, other keys, and the same keys for other amounts."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from typing import Any

import pytest

pytestmark = pytest.mark.more

PROCESSES = 4
SHARED, CONTESTED, OWN = 10, 5, 10

POSTER = """
import datetime, sys
import django
django.setup()
from quire.society.ledger import accounts, actions
from quire.society.ledger.errors import KeyReused
me, shared, contested, own = (int(word) for word in sys.argv[1:])

def book(key, amount, party):
    sides = [("rights:bank", amount), (accounts.payable(party), -amount)]
    entries = [actions.EntryIn(account, "EUR", quanta) for account, quanta in sides]
    day = datetime.date(2026, 3, 31)
    try:
        done = actions.post(key=key, date=day, kind="receipt", text="race", entries=entries, by=None)
    except KeyReused:
        return "refused"
    return "fresh" if done.fresh else "known"

print("ready", flush=True)
sys.stdin.readline()
for n in range(max(shared, contested, own)):
    if n < shared:
        print("shared", n, book(f"shared:{n}", 1, f"pty_{n}"))
    if n < contested:
        print("contested", n, book(f"contested:{n}", 100 + me, f"pty_{n}"))
    if n < own:
        print("own", n, book(f"own:{me}:{n}", 10_000, f"pty_{me}"))
"""


def start(house: Any, number: int) -> subprocess.Popen[str]:
    env = os.environ | house.env | {"DJANGO_SETTINGS_MODULE": "quire.society.settings"}
    words = [str(number), str(SHARED), str(CONTESTED), str(OWN)]
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", POSTER, *words],
        env=env,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )


def test_four_posting_at_once_lose_nothing_and_double_nothing(house: Any) -> None:
    posters = [start(house, number) for number in range(PROCESSES)]
    for poster in posters:
        assert poster.stdout is not None
        assert poster.stdout.readline() == "ready\n"
    for poster in posters:
        assert poster.stdin is not None
        poster.stdin.write("go\n")
        poster.stdin.flush()
    said = [line.split() for poster in posters for line in poster.communicate(timeout=120)[0].splitlines()]
    assert [poster.returncode for poster in posters] == [0] * PROCESSES

    others = PROCESSES - 1
    assert Counter((which, answer) for which, _, answer in said) == {
        ("shared", "fresh"): SHARED,
        ("shared", "known"): SHARED * others,
        ("contested", "fresh"): CONTESTED,
        ("contested", "refused"): CONTESTED * others,
        ("own", "fresh"): OWN * PROCESSES,
    }

    from quire.society.ledger import checks, queries

    assert [sentence for check in checks.CHECKS for sentence in check()] == []
    assert queries.head().number == SHARED + CONTESTED + OWN * PROCESSES
    contested = sum(queries.entries_of(f"contested:{n}")[0].amount for n in range(CONTESTED))
    assert queries.balance("rights:bank", "EUR") == SHARED + contested + OWN * PROCESSES * 10_000


def test_a_late_entry_cannot_slip_in_between_two_commits(house: Any) -> None:
    """One session writes an entry for a header that another is about to commit: refused at once."""
    import psycopg

    with (
        psycopg.connect(house.env["DATABASE_URL"]) as first,
        psycopg.connect(house.env["DATABASE_URL"]) as second,
    ):
        account, row = "01900000-0000-7000-8000-00000000000a", "01900000-0000-7000-8000-00000000000b"
        first.execute(
            "INSERT INTO ledger_account (id, code, kind, money) "
            "VALUES (%s, 'rights:bank', 'asset', 'rights')",
            (account,),
        )
        first.commit()
        first.execute(
            "INSERT INTO ledger_transaction "
            "(id, number, key, input_hash, date, at, kind, text, previous, digest) "
            "VALUES (%s, 1, 'k', '', now(), now(), 'raw', 'raw', repeat('0', 64), repeat('a', 64))",
            (row,),
        )
        entry = (
            "INSERT INTO ledger_entry (id, transaction_id, line, account_id, currency, amount) "
            "VALUES (gen_random_uuid(), %s, %s, %s, 'EUR', %s)"
        )
        first.execute(entry, (row, 1, account, 5))
        first.execute(entry, (row, 2, account, -5))
        with pytest.raises(psycopg.errors.IntegrityError, match="not there"):
            second.execute(entry, (row, 3, account, 7))
        second.rollback()
        second.execute("SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        second.commit()
        second.execute("SELECT 1 FROM ledger_transaction")
        first.commit()
        with pytest.raises(psycopg.errors.IntegrityError, match="not there"):
            second.execute(entry, (row, 3, account, 7))
        second.rollback()
        with pytest.raises(psycopg.errors.IntegrityError, match="is sealed"):
            second.execute(entry, (row, 3, account, 7))
