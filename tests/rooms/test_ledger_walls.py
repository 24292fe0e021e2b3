"""What the database itself refuses of the ledger, whoever asks."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from tests.rooms.ledgers import DAY, faults, modules, poster, pot


@pytest.fixture
def room(house: Any) -> SimpleNamespace:
    return modules()


@pytest.fixture
def post(room: SimpleNamespace) -> Callable[..., Any]:
    return poster(room)


@contextmanager
def refused(saying: str) -> Iterator[None]:
    from django.db import DatabaseError

    with pytest.raises(DatabaseError, match=saying):
        yield


def header(room: Any, number: int, **changed: Any) -> Any:
    """A header as it should follow on, written past ``actions``."""
    before = room.queries.head()
    fields = {
        "number": number,
        "key": f"raw:{number}",
        "input_hash": "0" * 64,
        "date": DAY,
        "kind": "raw",
        "at": datetime(2026, 4, 1, tzinfo=UTC),
        "text": "raw",
        "previous": before.digest,
        "digest": hashlib.sha256(str(number).encode()).hexdigest(),
    }
    return room.models.Transaction.objects.create(**fields | changed)


def legs(room: Any, row: Any, *amounts: int, line: int = 1, currency: str = "EUR") -> None:
    """Entries of these amounts, all on one account, written past ``actions``."""
    account, _ = room.models.Account.objects.get_or_create(code="rights:bank", kind="asset", money="rights")
    room.models.Entry.objects.bulk_create(
        room.models.Entry(
            transaction_id=getattr(row, "id", row),
            line=line + n,
            account=account,
            currency=currency,
            amount=amount,
        )
        for n, amount in enumerate(amounts)
    )


def test_only_a_balanced_header_in_its_place_is_sealed(room: Any) -> None:
    from django.db import transaction

    with transaction.atomic():
        legs(room, header(room, 1), 5, -5)
    cases: list[tuple[str, int, dict[str, Any], tuple[int, ...]]] = [
        ("has 0 entries", 2, {}, ()),
        ("has 1 entries", 2, {}, (5,)),
        (r"off by 0\.000000000001 EUR", 2, {}, (6, -5)),
        ("follows no transaction 2", 3, {}, (5, -5)),
        ("follows no transaction -1", 0, {}, (5, -5)),
        ("breaks the chain", 2, {"previous": "f" * 64}, (5, -5)),
        ("breaks the chain", 2, {"digest": "none"}, (5, -5)),
    ]
    for saying, number, changed, amounts in cases:
        with refused(saying), transaction.atomic():
            legs(room, header(room, number, **changed), *amounts)
    with refused("off by"), transaction.atomic():
        row = header(room, 2)
        legs(room, row, 5)
        legs(room, row, -5, line=2, currency="USD")
    assert room.queries.head().number == 1


def test_the_first_transaction_names_zeros(room: Any) -> None:
    from django.db import transaction

    with refused("breaks the chain"), transaction.atomic():
        legs(room, header(room, 1, previous="1" * 64), 5, -5)


def test_no_entry_joins_after_the_seal(room: Any, post: Any) -> None:
    from django.db import connection, transaction

    sealed = post("a", ("rights:bank", 5), (pot(room), -5)).transaction
    with refused("is sealed"), transaction.atomic():
        legs(room, sealed, 5, -5, line=3)
    with refused("is sealed"), transaction.atomic():
        row = header(room, 2)
        legs(room, row, 5, -5)
        with connection.cursor() as run:
            run.execute("SET CONSTRAINTS ALL IMMEDIATE")
            run.execute("SET CONSTRAINTS ALL DEFERRED")
        legs(room, row, 5, -5, line=3)
    bank = str(room.models.Account.objects.get(code="rights:bank").id)
    columns = "COPY ledger_entry (id, transaction_id, line, account_id, currency, amount) FROM STDIN"
    with (
        refused("is sealed"),
        connection.wrap_database_errors,
        connection.cursor() as run,
        run.copy(columns) as copy,
    ):
        copy.write_row(["01900000-0000-7000-8000-000000000001", str(sealed.id), 3, bank, "EUR", "1"])
    assert room.queries.head().number == 1


def test_an_entry_cannot_go_ahead_of_its_header(room: Any) -> None:
    """Foreign keys are checked at commit: an entry ahead of its header would come in after the seal."""
    from django.db import transaction

    from quire.society.kit import ids

    with refused("which is not there"), transaction.atomic():
        legs(room, ids.new(), 5, -5)


def test_a_header_that_never_commits_seals_nothing(room: Any, post: Any) -> None:
    from django.db import connection, transaction

    with transaction.atomic():
        legs(room, header(room, 1), 5, -5)
        with connection.cursor() as run:
            run.execute("SET CONSTRAINTS ALL IMMEDIATE")
        transaction.set_rollback(True)
    with connection.cursor() as run:
        run.execute("SELECT count(*) FROM ledger_seal")
        assert run.fetchone() == (0,)
    assert post("a", ("rights:bank", 5), (pot(room), -5)).transaction.number == 1


CHANGES = [
    "UPDATE ledger_transaction SET text = 'other'",
    "DELETE FROM ledger_transaction",
    "TRUNCATE ledger_transaction CASCADE",
    "UPDATE ledger_entry SET amount = amount * 2",
    "DELETE FROM ledger_entry",
    "TRUNCATE ledger_entry",
    "UPDATE ledger_account SET code = 'rights:bank:other' WHERE code = 'rights:bank'",
    "DELETE FROM ledger_account",
    "TRUNCATE ledger_account CASCADE",
    "UPDATE ledger_seal SET transaction_id = gen_random_uuid()",
    "DELETE FROM ledger_seal",
    "TRUNCATE ledger_seal",
]


@pytest.mark.parametrize("who", ["default", "owner"])
def test_nothing_is_changed_or_removed(room: Any, post: Any, who: str) -> None:
    from django.db import connections

    post("a", ("rights:bank", 5), (pot(room), -5))
    for change in CHANGES:
        with (
            refused("only grows" if who == "owner" else "permission denied|only grows"),
            connections[who].cursor() as run,
        ):
            run.execute(change)
    assert faults(room) == []


def test_commands_cannot_seal_by_themselves(room: Any, post: Any) -> None:
    from django.db import connection

    sealed = post("a", ("rights:bank", 5), (pot(room), -5)).transaction
    with refused("permission denied"), connection.cursor() as run:
        run.execute("INSERT INTO ledger_seal VALUES (%s)", [sealed.id])
    for statement in (
        "DROP TRIGGER ledger_entry_in_time ON ledger_entry",
        "ALTER TABLE ledger_transaction DISABLE TRIGGER ledger_transaction_sealed",
        "SET session_replication_role = replica",
    ):
        with refused("must be owner|permission denied"), connection.cursor() as run:
            run.execute(statement)
    with refused("permission denied for function"), connection.cursor() as run:
        run.execute("CREATE TEMP TABLE mine (id uuid, number bigint, key text, previous text, digest text)")
        run.execute(
            "CREATE TRIGGER t AFTER INSERT ON mine FOR EACH ROW EXECUTE FUNCTION ledger_check_and_seal()"
        )


def test_a_temporary_table_cannot_stand_in_for_the_seals(room: Any, post: Any) -> None:
    from django.db import connection, transaction

    sealed = post("a", ("rights:bank", 5), (pot(room), -5)).transaction
    with connection.cursor() as run:
        run.execute("CREATE TEMP TABLE ledger_seal (transaction_id uuid)")
        run.execute("SET search_path = pg_temp, public")
    with refused("is sealed"), transaction.atomic():
        legs(room, sealed, 5, -5, line=3)


def test_the_rules_can_be_raised_again(room: Any, post: Any) -> None:
    from quire.society.kit.walls import raise_walls

    post("a", ("rights:bank", 5), (pot(room), -5))
    raise_walls("owner")
    raise_walls("owner")
    test_commands_cannot_seal_by_themselves(room, lambda *_: post("a", ("rights:bank", 5), (pot(room), -5)))
    post("b", ("rights:bank", 5), (pot(room), -5))
    assert faults(room) == []
