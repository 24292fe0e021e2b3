"""A year in which a closed run turns out to have divided a work wrongly, and is put right in later ones."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction

from quire.core.bundle import read
from quire.core.shares import Shares
from quire.core.verify import verify
from tests.conftest import Furnished
from tests.rooms.distribution_desk import FEBRUARY, Desk, balance, desk, eur, gone_on, january, of
from tests.small import quire

__all__ = ["desk", "january"]

A = "https://gazette.example/a"
B = "https://gazette.example/b"
MARCH = "2026-03"


@pytest.fixture(scope="module")
def january_closed(
    postgres: dict[str, str], small_january: Furnished, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Furnished]:
    with gone_on(postgres, tmp_path_factory.mktemp("closed"), small_january, Desk.closed) as made:
        yield made


@pytest.fixture
def built(request: pytest.FixtureRequest) -> Furnished:
    far = "closed" in request.fixturenames
    found: Furnished = request.getfixturevalue("january_closed" if far else "small_january")
    return found


@pytest.fixture
def closed(january: Desk) -> Any:
    """January, closed: the gazette's /a earned 180 EUR, its /b and the lantern's another 180."""
    from quire.society.distribution.models import Run

    return Run.objects.get()


def file(desk: Desk, run: Any, **more: Any) -> Any:
    from quire.society.distribution import actions
    from quire.society.distribution.corrections.rows import read_shares

    told = {"work": A, "kind": "shares", "reason": "The marsh wrote it", "by": desk.preparer} | more
    shares = read_shares(told.pop("shares")) if told.get("shares") else None
    return actions.file_correction(
        run=run.tid, shares=shares, **{k: v for k, v in told.items() if k != "shares"}
    )


def accept(desk: Desk, claim: Any) -> Any:
    from quire.society.distribution import actions

    return actions.accept_correction(claim.tid, by=desk.approver)


def debts() -> list[tuple[str, str, int]]:
    from quire.society.distribution import queries

    return [(one.debtor, one.creditor, one.amount) for one in queries.debts()]


def corrected(desk: Desk, closed: Any, **more: Any) -> Any:
    claim = file(desk, closed, **{"kind": "owner", "shares": "marsh:owner:1", **more})
    accept(desk, claim)
    return claim


def holds(run: Any) -> None:
    from quire.core.tokens import KeySet
    from quire.society.distribution import publishing
    from quire.society.distribution.keys import signing_key

    verdict = verify(read(publishing.folder(run)), KeySet.of(signing_key().public_jwk()))
    assert verdict.holds, verdict.sentence()


def test_a_work_belonged_to_another_member(january: Desk, closed: Any) -> None:
    claim = corrected(january, closed)
    before = of("payable", "gazette"), of("payable", "marsh")
    january.receive("R-feb", "300.00", period=FEBRUARY)
    run = january.closed(FEBRUARY)
    # 255 are shared by the gazette and the lantern; the gazette's goes to the marsh.
    assert of("payable", "gazette") == before[0]
    assert of("payable", "marsh") == before[1] + eur("127.5")
    assert debts() == [("gazette", "marsh", eur("52.5"))]
    assert balance(f"rights:awaited:{_tid('marsh')}") == eur("52.5")
    assert balance(f"rights:recoverable:{_tid('gazette')}") == -eur("52.5")
    holds(run)
    january.receive("R-mar", "600.00", period=MARCH)
    run = january.closed(MARCH)
    assert of("payable", "gazette") == before[0] + eur("255") - eur("52.5")
    assert of("payable", "marsh") == before[1] + eur("180")
    assert debts() == []
    assert balance(f"rights:awaited:{_tid('marsh')}") == 0
    holds(run)
    lines = [json.loads(one) for one in read(_folder(run))["lines.jsonl"].splitlines()]
    first = next(one for one in lines if one["pot"] == "adjustments:EUR")
    assert first["share"] == "recovery"
    assert first["amount"] == "-52.500000000000"
    assert first["corrects"]["run"] == closed.tid
    assert (first["corrects"]["old"], first["corrects"]["new"]) == ("1/1", "0/1")
    assert first["corrects"]["reason"] == claim.reason


def _tid(code: str) -> str:
    from quire.society.parties import queries

    return str(queries.party(code).tid)


def _folder(run: Any) -> Path:
    from quire.society.distribution import publishing

    return publishing.folder(run)


def test_what_is_on_hold_still_goes_over_at_once(january: Desk) -> None:
    hold = january.hold(work=A)
    run = january.closed()
    corrected(january, run)
    january.receive("R-feb", "0.03", period=FEBRUARY)
    assert of("held", "gazette") == eur("180")
    before = of("payable", "marsh")
    second = january.reviewed(FEBRUARY)
    january.close(second)
    assert of("held", "gazette") == 0
    # The hold on the work stands, so what the marsh gets of it is held in its turn.
    assert of("held", "marsh") == eur("180")
    assert january.release(hold) == 3
    assert of("held", "marsh") == 0
    assert of("payable", "marsh") == before + eur("180")
    assert debts() == []
    holds(second)


def test_the_repertoire_is_amended_and_the_claim_takes_its_shares_from_there(
    january: Desk, closed: Any
) -> None:
    from quire.society.distribution import queries
    from quire.society.distribution.corrections.errors import NothingToCorrect
    from quire.society.repertoire import queries as repertoire
    from quire.society.repertoire.actions import amend_owners

    claim = file(january, closed, work=B)
    with pytest.raises(NothingToCorrect, match=r"Nothing that .* divided for gazette.example/b would change"):
        accept(january, claim)
    shares = Shares.sole("lantern", "photographer")
    work = repertoire.work_id(B)
    amend_owners(work=work, starts=None, shares=shares, why="A contract", by=january.preparer)
    accept(january, claim)
    found = [(one.whom, one.amount) for one in queries.changes_of(claim.tid) if one.currency == "EUR"]
    assert found == [
        ("gazette", -eur("120")),
        ("lantern", eur("120")),
    ]


def test_usage_that_did_not_take_place_goes_to_a_fund(january: Desk, closed: Any) -> None:
    from fractions import Fraction

    claim = file(january, closed, kind="usage", part=Fraction(2, 3), to="fund:mistakes")
    accept(january, claim)
    january.receive("R-feb", "300.00", period=FEBRUARY)
    january.closed(FEBRUARY)
    assert balance("rights:fund:mistakes") == eur("60")
    assert debts() == []


def test_a_second_correction_of_a_row_waits_for_the_first_and_goes_on_from_it(
    january: Desk, closed: Any
) -> None:
    from quire.society.distribution.corrections.errors import NotPostedYet

    corrected(january, closed)
    second = file(january, closed, kind="owner", shares="lantern:owner:1")
    with pytest.raises(NotPostedYet):
        accept(january, second)
    january.receive("R-feb", "3000.00", period=FEBRUARY)
    january.closed(FEBRUARY)
    accept(january, second)
    before = of("payable", "lantern"), of("payable", "marsh")
    january.receive("R-mar", "300.00", period=MARCH)
    run = january.closed(MARCH)
    assert of("payable", "lantern") == before[0] + eur("127.5")
    assert of("payable", "marsh") == before[1], "it has no part in March"
    assert debts() == [("marsh", "lantern", eur("180"))]
    holds(run)


def test_a_cancelled_run_leaves_its_corrections_to_the_next(january: Desk, closed: Any) -> None:
    from quire.society.distribution import actions
    from quire.society.distribution.models import Pot

    claim = corrected(january, closed)
    january.receive("R-feb", "600.00", period=FEBRUARY)
    run = january.reviewed(FEBRUARY)
    assert _state(claim) == "accepted"
    january.receive("R-mar", "30.00", period=MARCH)
    other = january.reviewed(MARCH)
    assert not Pot.objects.filter(run=other, pool="adjustments:EUR").exists(), "one run at a time"
    actions.cancel(run, reason="A receipt was forgotten", by=january.preparer)
    january.closed(FEBRUARY)
    assert _state(claim) == "posted"
    assert debts() == []


def _state(claim: Any) -> str:
    from quire.society.distribution import queries

    return queries.correction(claim.tid).state


# What is refused


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"kind": "whim"}, "no kind of correction"),
        ({"reason": " "}, "what was wrong"),
        ({"kind": "usage"}, "Of usage that did not take place"),
        ({"to": "fund:mistakes"}, "Of usage that did not take place"),
        ({"kind": "owner"}, "to whom the work belonged"),
        ({"kind": "owner", "shares": "gazette:owner:1"}, "would change by this claim"),
        ({"filed_on": date(2040, 1, 1)}, "on the day it comes in"),
        ({"work": "https://lantern.example/p/2"}, "No work is registered"),
        ({"work": B, "shares": "gazette:publisher:2/3; lantern:photographer:1/3"}, "would change"),
    ],
)
def test_claims_that_are_none(january: Desk, closed: Any, more: dict[str, Any], sentence: str) -> None:
    with pytest.raises(Exception, match=sentence):
        file(january, closed, **more)


def test_a_claim_has_its_time(january: Desk, closed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from quire.society.distribution.corrections.errors import TooLate
    from quire.society.distribution.corrections.window import months_after, until

    last = until(closed)
    monkeypatch.setenv("QUIRE_TODAY", last.isoformat())
    file(january, closed, kind="owner", shares="marsh:owner:1")
    monkeypatch.setenv("QUIRE_TODAY", date.fromordinal(last.toordinal() + 1).isoformat())
    with pytest.raises(TooLate, match=f"were taken until {last}"):
        file(january, closed, kind="owner", shares="marsh:owner:1")
    assert months_after(date(2026, 5, 31), 9) == date(2027, 2, 28)


def test_what_is_too_small_is_not_corrected(
    january: Desk, closed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from quire.society.distribution.corrections.errors import TooSmall

    monkeypatch.setenv("QUIRE_CORRECTION_MINIMUM", "EUR=180.01, USD=25.00")
    with pytest.raises(TooSmall, match=r"180\.00 EUR would change; below 180\.01 EUR"):
        file(january, closed, kind="owner", shares="marsh:owner:1")
    monkeypatch.setenv("QUIRE_CORRECTION_MINIMUM", "EUR=180.00")
    file(january, closed, kind="owner", shares="marsh:owner:1")


def test_an_open_run_is_not_corrected(january: Desk) -> None:
    from quire.society.distribution.corrections.errors import RunNotClosed

    with pytest.raises(RunNotClosed):
        file(january, january.reviewed(), kind="owner", shares="marsh:owner:1")


def test_a_second_person_accepts_and_the_database_says_so_too(january: Desk, closed: Any) -> None:
    from quire.society.distribution import actions
    from quire.society.distribution.corrections.errors import Decided
    from quire.society.parties.errors import SecondPerson

    claim = file(january, closed, kind="owner", shares="marsh:owner:1")
    with pytest.raises(Exception, match="does not hold the role approver"):
        actions.accept_correction(claim.tid, by=january.preparer)
    own = file(january, closed, kind="owner", shares="marsh:owner:1", by=january.approver)
    with pytest.raises(SecondPerson, match="You filed this claim; somebody else accepts it"):
        accept(january, own)
    with pytest.raises(Exception, match="second_person"), transaction.atomic():
        connection.cursor().execute(
            "UPDATE distribution_correction SET state = 'accepted', decided_on = now(), "
            "decided_by_id = filed_by_id WHERE id = %s",
            [own.id],
        )
    actions.refuse_correction(claim.tid, note="The contract says otherwise", by=january.approver)
    with pytest.raises(Decided):
        accept(january, claim)


def test_by_the_commands(january: Desk, closed: Any, capsys: pytest.CaptureFixture[str]) -> None:
    told = quire(
        "corrections", "file", "--run", "latest", "--work", A, "--member", "marsh", "--reason", "Hers",
        "--by", "preparer", capsys=capsys,
    )  # fmt: skip
    name = told["correction"]
    found = quire("corrections", "accept", name, "--by", "approver", capsys=capsys)
    assert found["changes"] == [
        {"whom": "gazette", "currency": "EUR", "amount": "-180.000000000000"},
        {"whom": "marsh", "currency": "EUR", "amount": "180.000000000000"},
    ]
    january.receive("R-feb", "300.00", period=FEBRUARY)
    january.closed(FEBRUARY)
    place = january.house.home.parent / "debts.csv"
    [debt] = quire("corrections", "debts", "--csv", place, capsys=capsys)
    assert (debt["debtor"], debt["creditor"], debt["amount"]) == ("gazette", "marsh", "52.500000000000")
    assert b"gazette,marsh,52.50 EUR" in place.read_bytes()
    [row] = quire("corrections", "list", "--state", "posted", capsys=capsys)
    assert row["correction"] == name
    assert quire("corrections", "show", name, capsys=capsys)["state"] == "posted"


def test_bundles_follow_one_another_and_a_members_proof_needs_none(
    january: Desk, closed: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    from quire.cli import main
    from quire.society.kit.config import home

    corrected(january, closed)
    january.receive("R-feb", "300.00", period=FEBRUARY)
    run = january.closed(FEBRUARY)
    folder, keys = home() / "published" / "bundles", home() / "published" / "keys.json"
    found = read(_folder(run))
    assert {"corrections.jsonl", "outstanding.jsonl"} <= set(found.manifest.files)
    assert found.manifest.about["previous"]["root"] == closed.bundle_root
    assert main(["verify", str(_folder(run)), "--key", str(keys), "--previous", str(_folder(closed))]) == 0
    assert main(["verify", "--chain", str(folder), "--key", str(keys)]) == 0
    assert "2 runs follow one another" in capsys.readouterr().out
    place = january.house.home.parent / "marsh.proof"
    told = quire("statements", "proof", "--run", run.tid, "--party", "marsh", "-o", place, capsys=capsys)
    assert main(["verify", "--proof", str(place), "--root", told["root"]]) == 0
    assert main(["verify", "--proof", str(place), "--root", "0" * 64]) == 10
    assert main(["verify"]) == 4
    # Withdraw the first run.
    for one in folder.glob(f"{closed.tid}*"):
        one.rename(january.house.home.parent / one.name)
    assert main(["verify", "--chain", str(folder), "--key", str(keys)]) == 10
    assert "withdrawn or left out" in capsys.readouterr().out
    for one in january.house.home.parent.glob(f"{closed.tid}*"):
        one.rename(folder / one.name)


def test_the_audit_sees_a_second_version_of_a_run(january: Desk, closed: Any) -> None:
    from quire.society.distribution.following import runs_follow_one_another

    january.receive("R-feb", "300.00", period=FEBRUARY)
    january.closed(FEBRUARY)
    assert list(runs_follow_one_another()) == []
    place = _folder(closed) / "bundle.json"
    before = place.read_bytes()
    place.write_bytes(before.replace(b"Small Society", b"Large Society"))
    assert "does not name the run before it" in " ".join(runs_follow_one_another())
    place.write_bytes(before)


def test_statements_tell_of_adjustments(january: Desk, closed: Any) -> None:
    from quire.society.statements import queries, render

    corrected(january, closed)
    january.receive("R-feb", "300.00", period=FEBRUARY)
    run = january.closed(FEBRUARY)
    for code, amount, shares in (("gazette", "-127.5", ("1", "0")), ("marsh", "127.5", ("0", "1"))):
        told = queries.statement(run, code)
        [one] = told.adjustments
        assert (one.amount, one.reason, one.run) == (eur(amount), "The marsh wrote it", closed.tid)
        assert told.sums[0].credited == (0 if code == "gazette" else eur("127.5"))
        files = render.files(told)
        page = files[f"{code}.html"].decode()
        assert "<h2>Adjustments" in page
        assert "The marsh wrote it" in page
        row = next(line for line in files[f"{code}.csv"].decode().splitlines() if "adjustment:" in line)
        assert " → ".join(shares) in row
        place = january.house.home.parent / f"{code}.json"
        place.write_bytes(files[f"{code}.json"])
        assert quire_verify(run, place) == 0


def quire_verify(run: Any, statement: Path) -> int:
    from quire.cli import main
    from quire.society.kit.config import home

    keys = home() / "published" / "keys.json"
    return main(["verify", str(_folder(run)), "--key", str(keys), "--statement", str(statement)])


def test_what_is_left_of_a_hold_can_still_be_awarded(january: Desk) -> None:
    from fractions import Fraction

    from quire.society.distribution import actions

    hold = january.hold(work=A, party="gazette")
    run = january.closed()
    assert of("held", "gazette") == eur("180")
    corrected(january, run, kind="shares", shares="gazette:owner:1/2; marsh:owner:1/2")
    january.receive("R-feb", "0.03", period=FEBRUARY)
    january.closed(FEBRUARY)
    assert of("held", "gazette") == eur("90")
    before = of("payable", "lantern")
    actions.release_hold(hold.tid, to={"lantern": Fraction(1)}, by=january.preparer)
    assert of("held", "gazette") == 0
    assert of("payable", "lantern") == before + eur("90")


def test_a_hold_stays_while_a_run_takes_from_it(january: Desk) -> None:
    from quire.society.distribution.corrections.errors import HoldNeeded

    hold = january.hold(work=A)
    corrected(january, january.closed())
    january.receive("R-feb", "30.00", period=FEBRUARY)
    run = january.reviewed(FEBRUARY)
    with pytest.raises(HoldNeeded, match="release it once that run is posted"):
        january.release(hold)
    january.close(run)
    january.release(hold)
    assert of("held", "gazette") == of("held", "marsh") == 0


def owner(on: date) -> dict[str, str]:
    from quire.society.repertoire import queries

    return {one.party: one.role for one in queries.owners(queries.work_id(A), on)}


def test_whoever_accepts_may_have_the_register_amended_from_a_day(january: Desk, closed: Any) -> None:
    from quire.society.distribution import actions, queries

    claim = file(january, closed, kind="owner", shares="marsh:owner:1")
    assert queries.register_differs(claim.tid) == date(2026, 1, 1)
    actions.accept_correction(claim.tid, by=january.approver, amend=True, amend_from=date(2025, 7, 1))
    assert (owner(date(2025, 6, 30)), owner(date(2026, 1, 1))) == ({"gazette": "owner"}, {"marsh": "owner"})
    assert queries.register_differs(claim.tid) is None


def test_what_says_no_shares_amends_nothing(january: Desk, closed: Any) -> None:
    from fractions import Fraction

    from quire.society.distribution import actions

    claim = file(january, closed, kind="usage", part=Fraction(2, 3), to="fund:mistakes")
    with pytest.raises(Exception, match="The claim says no shares"):
        actions.accept_correction(claim.tid, by=january.approver, amend=True)
    assert _state(claim) == "filed"


def test_accepting_says_that_the_register_is_as_it_was_or_amends_it(
    january: Desk, closed: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    from quire.cli import main

    one, other = (file(january, closed, kind="owner", shares="marsh:owner:1", work=work) for work in (A, B))
    assert main(["corrections", "accept", other.tid, "--by", "approver"]) == 0
    assert "The register still has other owners of gazette.example/b on 2026-01-01" in capsys.readouterr().out
    assert main(["corrections", "accept", one.tid, "--from", "2026-01-01", "--by", "approver"]) == 4
    told = quire("corrections", "accept", one.tid, "--amend-register", "--by", "approver", capsys=capsys)
    assert told["register_differs"] is None
    assert owner(date(2026, 1, 1)) == {"marsh": "owner"}
    assert owner(date(2025, 12, 31)) == {"gazette": "owner"}
