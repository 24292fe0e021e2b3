"""Somebody who was paid too much has left: they pay it back, or two people write it off."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from quire.core.errors import QuireError
from tests.conftest import Furnished
from tests.rooms.distribution_desk import FEBRUARY, Desk, audit, balance, desk, eur, gone_on, of
from tests.rooms.test_corrections import corrected, debts, holds
from tests.small import quire

__all__ = ["desk"]

MARCH = "2026-03"
BACK = date(2026, 3, 5)


def owe(desk: Desk) -> None:
    corrected(desk, desk.closed())
    desk.receive("R-feb", "300.00", period=FEBRUARY)
    desk.closed(FEBRUARY)
    assert debts() == [("gazette", "marsh", eur("52.5"))]


@pytest.fixture(scope="module")
def built(
    postgres: dict[str, str], small_january: Furnished, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Furnished]:
    with gone_on(postgres, tmp_path_factory.mktemp("owing"), small_january, owe) as made:
        yield made


@pytest.fixture
def owing(desk: Desk) -> Desk:
    """The gazette was paid 180.00 that were the marsh's, and owes 52.50 of it after February."""
    return desk


def repay(desk: Desk, amount: str = "52.50", **more: Any) -> Any:
    from quire.society.distribution import actions

    told = {"party": "gazette", "currency": "EUR", "on": BACK, "reference": "BANK-9", "by": desk.preparer}
    return actions.repay(**{**told, "amount": amount, **more})


def propose(desk: Desk, **more: Any) -> Any:
    from quire.society.distribution import actions

    told = {"party": "gazette", "currency": "EUR", "reason": "It was wound up", "by": desk.preparer}
    return actions.propose_write_off(**{**told, **more})


def account(party: str) -> Any:
    from quire.society.payouts import queries

    (found,) = [one for one in queries.account_of(party) if one.currency == "EUR"]
    assert found.adds_up
    return found


def memo() -> tuple[int, int]:
    from quire.society.parties import queries

    names = [queries.party(code).tid for code in ("gazette", "marsh")]
    return -balance(f"rights:recoverable:{names[0]}"), balance(f"rights:awaited:{names[1]}")


def test_what_is_paid_back_is_the_creditors_at_once(owing: Desk) -> None:
    before, bank = (account("gazette"), account("marsh")), -balance("rights:bank")
    made = repay(owing, "20.00")
    assert debts() == [("gazette", "marsh", eur("32.5"))]
    assert memo() == (eur("32.5"), eur("32.5"))
    assert -balance("rights:bank") == bank + eur("20")
    gazette, marsh = account("gazette"), account("marsh")
    assert (gazette.credited, gazette.repaid) == (before[0].credited - eur("20"), eur("20"))
    assert (gazette.paid, gazette.carried) == (before[0].paid - eur("20"), before[0].carried)
    assert (marsh.credited, marsh.carried) == tuple(
        n + eur("20") for n in (before[1].credited, before[1].carried)
    )
    assert repay(owing, "20.00").id == made.id, "the same again is no news"
    repay(owing, "32.50", reference="BANK-10")
    assert debts() == []
    assert memo() == (0, 0)
    assert audit() == []


def test_a_run_goes_on_from_what_is_left_and_its_bundle_says_so(owing: Desk) -> None:
    from quire.cli import main
    from quire.society.distribution import publishing
    from quire.society.kit.config import home

    repay(owing, "50.00")
    owing.receive("R-mar", "600.00", period=MARCH)
    before = of("payable", "marsh")
    run = owing.closed(MARCH)
    assert of("payable", "marsh") == before + eur("2.5")
    assert debts() == []
    holds(run)
    from quire.core.bundle import read

    ((_, told),) = read(publishing.folder(run)).records("debts.jsonl")
    assert (told["amount"], told["settled"]) == ("2.500000000000", "50.000000000000")
    keys, folder = home() / "published" / "keys.json", home() / "published" / "bundles"
    assert main(["verify", "--chain", str(folder), "--key", str(keys)]) == 0


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"amount": "52.51"}, r"gazette owes 52\.50 EUR for corrections, and not 52\.51 EUR"),
        ({"party": "lantern"}, "lantern owes nothing in EUR"),
        ({"currency": "USD"}, "and not 52.50 USD"),
        ({"amount": "0"}, "above nothing"),
        ({"amount": "-1"}, "amount"),
        ({"reference": " "}, "by which reference"),
        ({"on": date(2040, 1, 1)}, "is to come"),
        ({"party": "nobody"}, "No party has the code"),
    ],
)
def test_what_is_no_repayment(owing: Desk, more: dict[str, Any], why: str) -> None:
    with pytest.raises(QuireError, match=why):
        repay(owing, **more)
    assert debts() == [("gazette", "marsh", eur("52.5"))]


def test_a_reference_stands_for_one_repayment(owing: Desk) -> None:
    repay(owing, "10.00")
    with pytest.raises(QuireError, match="stands for another repayment"):
        repay(owing, "11.00")


def test_nothing_is_settled_while_a_run_recovers_it(owing: Desk) -> None:
    from quire.society.distribution import actions

    made = propose(owing)
    owing.receive("R-mar", "30.00", period=MARCH)
    run = owing.reviewed(MARCH)
    with pytest.raises(QuireError, match="settle them once it is posted"):
        repay(owing)
    with pytest.raises(QuireError, match="settle them once it is posted"):
        actions.approve_write_off(made.tid, by=owing.approver)
    owing.close(run)
    with pytest.raises(QuireError, match=r"gazette owes 39\.75 EUR"):
        actions.approve_write_off(made.tid, by=owing.approver)
    repay(owing, "39.75")
    assert debts() == []


def test_what_two_people_write_off_is_seen_in_the_creditors_account(owing: Desk) -> None:
    from quire.society.distribution import actions

    before = account("gazette"), account("marsh")
    made = propose(owing, amount="50.00")
    assert memo() == (eur("52.5"), eur("52.5")), "a proposal moves nothing"
    with pytest.raises(QuireError, match="does not hold the role approver"):
        actions.approve_write_off(made.tid, by=owing.preparer)
    actions.approve_write_off(made.tid, by=owing.approver)
    assert debts() == [("gazette", "marsh", eur("2.5"))]
    assert memo() == (eur("2.5"), eur("2.5"))
    marsh = account("marsh")
    assert account("gazette") == before[0]
    assert (marsh.credited, marsh.written_off) == (before[1].credited + eur("50"), eur("50"))
    assert (marsh.paid, marsh.carried) == (before[1].paid, before[1].carried)
    with pytest.raises(QuireError, match="has been written off already"):
        actions.refuse_write_off(made.tid, by=owing.approver)
    assert audit() == []


def test_who_proposes_does_not_approve_and_what_is_refused_stays_owed(owing: Desk) -> None:
    from quire.society.distribution import actions
    from quire.society.distribution.corrections.models import Settlement

    own = propose(owing, by=owing.approver)
    with pytest.raises(QuireError, match="You proposed this; somebody else approves it"):
        actions.approve_write_off(own.tid, by=owing.approver)
    with pytest.raises(IntegrityError, match="second_person"), transaction.atomic():
        Settlement.objects.filter(id=own.id).update(state="done", decided_by=owing.approver)
    actions.refuse_write_off(own.tid, by=owing.approver)
    assert debts() == [("gazette", "marsh", eur("52.5"))]
    with pytest.raises(IntegrityError, match="decided once"), transaction.atomic():
        Settlement.objects.filter(id=own.id).update(state="proposed", decided_by=None)


def test_the_database_settles_no_more_than_is_owed(owing: Desk) -> None:
    from quire.society.distribution.corrections.models import SettledDebt

    made = repay(owing, "10.00")
    owed = SettledDebt.objects.get().owed_id
    for amount in (1, 100):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as sql:
            sql.execute(
                "INSERT INTO distribution_settleddebt (id, settlement_id, owed_id, amount) "
                "VALUES (gen_random_uuid(), %s, %s, %s)",
                [made.id, owed, amount],
            )


def test_statements_tell_of_it(owing: Desk) -> None:
    from quire.society.distribution import actions, queries
    from quire.society.statements import queries as statements
    from quire.society.statements import render

    repay(owing, "20.00")
    actions.approve_write_off(propose(owing).tid, by=owing.approver)
    run = queries.find("latest")
    gazette, marsh = (
        render.files(statements.statement(run, code))[f"{code}.html"].decode()
        for code in ("gazette", "marsh")
    )
    assert "You paid it back, BANK-9: The marsh wrote it" in gazette
    assert "Paid back by you" in gazette
    assert "Repaid by whom it was paid too much" in marsh
    assert "Written off, and not paid: It was wound up" in marsh


def test_by_the_commands(owing: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    said = ("corrections", "repaid", "gazette", "20.00", "--on", "2026-03-05", "--reference", "BANK-9")
    tried = quire(*said, "--by", "preparer", "--dry-run", capsys=capsys)
    assert tried["owed"] == "32.500000000000"
    assert len(debts()) == 1
    assert debts()[0][2] == eur("52.5")
    quire(*said, "--by", "preparer")
    made = quire(
        "corrections",
        "write-off",
        "gazette",
        "--reason",
        "It was wound up",
        "--by",
        "preparer",
        capsys=capsys,
    )
    assert made["amount"] == "32.500000000000"
    quire("corrections", "approve-write-off", made["settlement"], "--by", "approver")
    found = quire("corrections", "settlements", capsys=capsys)
    assert [(one["kind"], one["state"]) for one in found] == [("written-off", "done"), ("repaid", "done")]
    assert quire("corrections", "debts", capsys=capsys) == []
