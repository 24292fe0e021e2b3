"""Chains of rights in a society: labels that pass on, estates, heirs, buyers; what was held goes to them."""

from __future__ import annotations

import json
from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from quire.core import bundle as bundles
from quire.core.errors import QuireError
from quire.core.money import decimal_of
from quire.core.tokens import KeySet
from quire.core.verify import verify
from tests.rooms.distribution_desk import Desk, audit, balance, built, desk, eur, euros, january, of

__all__ = ["built", "desk", "january"]

THIRD = eur("340") // 3
GAZETTE, LANTERN, MARSH = THIRD + 1 + eur("300"), THIRD + eur("120"), THIRD + eur("90")
DIED = date(2026, 1, 20)


@pytest.fixture
def coast(january: Desk) -> Desk:
    """January's society, and five parties that may come to stand in others' places."""
    from quire.society.parties import actions

    for code, kind in (("reef", "estate"), ("cliff", "estate"), ("dune", "estate"), ("otter", "author")):
        actions.register_party(code=code, name=f"The {code}", kind=kind, by=january.preparer)
    return january


def succeed(desk: Desk, party: str, kind: str = "estate", starts: date = DIED, **more: Any) -> Any:
    from quire.society.distribution import actions

    return actions.succeed(party=party, kind=kind, starts=starts, by=desk.preparer, **more)


def agree(desk: Desk, giver: str, takers: str, retention: str, **more: str) -> Any:
    from quire.society.repertoire import actions

    return actions.record_agreement(
        code=f"{giver}-1", giver=giver, takers=takers, retention=retention, by=desk.preparer, **more
    )


def halves(*codes: str) -> dict[str, Fraction]:
    return {code: Fraction(1, len(codes)) for code in codes}


def account(party: str) -> Any:
    """What the three books say of a party's euros; they agree."""
    from quire.society.payouts import queries

    (found,) = [one for one in queries.account_of(party) if one.currency == "EUR"]
    assert found.adds_up
    return found


def holds_up(run: Any) -> bundles.Bundle:
    """The run's bundle, recomputed by anybody."""
    from quire.society.distribution import publishing
    from quire.society.distribution.keys import signing_key

    found = bundles.read(publishing.folder(run))
    assert verify(found, KeySet.of(signing_key().public_jwk())).findings == ()
    return found


# --- agreements


def test_what_a_works_giver_earns_is_passed_on_and_every_link_is_credited(coast: Desk) -> None:
    agree(coast, "gazette", "otter:author:3/4; reef:author:1/4", "40%")
    run = coast.closed()
    assert euros(run) == {
        ("administration", "deducted"): eur("150"),
        ("gazette", "payable"): THIRD + 1 + eur("120"),
        ("otter", "payable"): eur("135"),
        ("reef", "payable"): eur("45"),
        ("lantern", "payable"): LANTERN,
        ("marsh", "payable"): MARSH,
    }
    files = holds_up(run)
    ((_, told),) = files.records("agreements.jsonl")
    lines = [line for _, line in files.records("lines.jsonl") if "via" in line]
    assert {tuple(line["via"]) for line in lines} == {(told["agreement"],)}
    assert sum(eur(line["amount"]) for line in lines if line["pot"] == lines[0]["pot"]) == eur("300")


def test_an_agreement_that_names_a_work_and_days_is_for_these_alone(coast: Desk) -> None:
    agree(coast, "gazette", "otter:author:1", "0", works="https://gazette.example/a", starts="2026-01-04")
    run = coast.closed()
    # Of the article's six licensed requests, a day each, three were from the fourth on: 30 each.
    assert euros(run)["otter", "payable"] == eur("90")
    assert euros(run)["gazette", "payable"] == GAZETTE - eur("90")
    assert holds_up(run)


def test_an_agreement_of_another_work_leaves_no_trace(coast: Desk) -> None:
    from quire.society.repertoire import actions

    actions.register_work(title="T", member="gazette", url="gazette.example/z", by=coast.preparer)
    agree(coast, "gazette", "otter:author:1", "0", works="gazette.example/z")
    files = holds_up(coast.closed())
    assert "agreements.jsonl" not in files.manifest.files


def test_a_share_nobody_is_known_to_own_is_unclaimed_and_stays_with_its_pot(coast: Desk) -> None:
    from quire.society.repertoire import actions

    table = coast.house.home.parent / "shares.csv"
    table.write_text(
        "work,from,party,role,share\nhttps://gazette.example/a,,unknown,photographer,1/3\n"
        "https://gazette.example/a,,gazette,publisher,2/3\n"
    )
    actions.import_shares(table, by=coast.preparer)
    run = coast.closed()
    assert euros(run)["use", "unclaimed"] == eur("60")
    (pot,) = [pot for pot in run.pots.all() if pot.currency == "EUR"]
    assert balance(f"rights:unclaimed:{pot.tid}:photographer") == eur("60")
    assert run.review["currencies"]["EUR"]["allocated"] == decimal_of(eur("790"))
    assert any("60.00" in told and "nobody knows whose" in told for told in run.review["notices"])
    assert holds_up(run)


# --- successions


def test_what_an_estate_earns_is_held_while_it_is_unclear_and_goes_to_the_heirs_when_it_is_not(
    coast: Desk,
) -> None:
    from quire.society.parties import queries

    unclear = succeed(coast, "lantern", unclear="The probate court has not decided.")
    run = coast.closed()
    assert euros(run)["lantern", "held"] == LANTERN
    assert of("held", "lantern") == LANTERN
    assert audit() == []
    clear = succeed(coast, "lantern", takers=halves("reef", "cliff"))
    assert (clear.standing, clear.takers[0].code) == (True, "cliff")
    assert of("held", "lantern") == of("payable", "lantern") == 0
    assert (of("payable", "cliff"), of("payable", "reef")) == (LANTERN - LANTERN // 2, LANTERN // 2)
    assert (account("lantern").credited, account("cliff").carried) == (0, of("payable", "cliff"))
    # Nothing more is moved by saying it again; and the first record stands as it was.
    assert succeed(coast, "lantern", takers=halves("reef", "cliff")).tid == clear.tid
    first, second = queries.successions(all_=True)
    assert (first.tid, first.standing, second.standing) == (unclear.tid, False, True)


def test_a_balance_goes_to_the_successors_the_moment_it_is_recorded(coast: Desk) -> None:
    coast.closed()
    before = of("payable", "lantern", "USD")
    succeed(coast, "lantern", kind="merger", takers={"reef": Fraction(1, 3), "cliff": Fraction(2, 3)})
    assert of("payable", "lantern") == 0
    assert of("payable", "reef") + of("payable", "cliff") == LANTERN
    assert of("payable", "reef", "USD") + of("payable", "cliff", "USD") == before
    assert account("reef").credited == of("payable", "reef")


def test_the_dead_are_not_paid_and_it_is_said_why(coast: Desk) -> None:
    from quire.society.payouts import paying

    coast.closed()
    succeed(coast, "lantern", unclear="Two heirs claim it.")
    (carried,) = [one for one in paying.plan("EUR").carried if one.code == "lantern"]
    assert carried.reason.startswith("who succeeds it since 2026-01-20 is not clear: Two heirs claim it")
    assert "lantern" not in {one.payee.code for one in paying.plan("EUR").due}


def test_whoever_dies_while_a_run_is_under_way_has_its_balance_moved_when_it_is_posted(coast: Desk) -> None:
    run = coast.reviewed()
    succeed(coast, "marsh", kind="heirs", takers=halves("dune"))
    coast.close(run)
    assert euros(run)["marsh", "payable"] == MARSH
    assert (of("payable", "marsh"), of("payable", "dune")) == (0, MARSH)


def test_what_a_hold_kept_of_the_dead_goes_on_when_it_is_released(coast: Desk) -> None:
    hold = coast.hold(party="marsh")
    coast.closed()
    succeed(coast, "marsh", kind="heirs", takers=halves("dune", "reef"))
    assert of("held", "marsh") == MARSH
    coast.release(hold)
    assert of("held", "marsh") == of("payable", "marsh") == 0
    assert of("payable", "dune") + of("payable", "reef") == MARSH


def test_a_payment_that_came_back_from_the_dead_goes_to_the_heirs(coast: Desk) -> None:
    from quire.society.payouts import actions, queries

    coast.closed()
    batch = actions.prepare(currency="EUR", on=date(2026, 3, 1), by=coast.preparer).batch
    actions.settle(batch, on=date(2026, 3, 1), by=coast.preparer)
    (payment,) = queries.payments_of("lantern")
    succeed(coast, "lantern", takers=halves("reef"))
    actions.return_payment(payment.tid, reason="MD07", on=date(2026, 3, 2), by=coast.preparer)
    assert (of("payable", "lantern"), of("payable", "reef")) == (0, LANTERN)
    assert account("lantern").credited == 0


def test_successors_of_successors_to_the_end_and_by_stems(coast: Desk) -> None:
    succeed(coast, "lantern", takers=halves("reef", "cliff"))
    succeed(coast, "cliff", takers=halves("dune", "otter"))
    run = coast.closed()
    got = euros(run)
    assert ("lantern", "payable") not in got
    assert ("cliff", "payable") not in got
    assert got["reef", "payable"] == pytest.approx(LANTERN / 2, abs=10)
    assert sum(got[name, "payable"] for name in ("reef", "dune", "otter")) == LANTERN
    assert abs(got["dune", "payable"] - got["otter", "payable"]) <= 10
    assert holds_up(run)


def test_a_buyer_takes_over_from_its_day_and_the_seller_keeps_what_came_before(coast: Desk) -> None:
    agree(coast, "gazette", "otter:author:1", "50%")
    succeed(coast, "gazette", kind="acquirer", starts=date(2026, 1, 5), takers=halves("reef"))
    run = coast.closed()
    # The writer has half of the ten requests' 300 all along; the floor, which has no day, is the buyer's.
    got = euros(run)
    assert got["otter", "payable"] == eur("150")
    assert got["gazette", "payable"] + got["reef", "payable"] == GAZETTE - eur("150")
    assert got["reef", "payable"] > THIRD
    assert of("payable", "gazette") == got["gazette", "payable"]
    assert holds_up(run)


def test_while_nobody_knows_who_bought_it_only_what_came_after_is_held(coast: Desk) -> None:
    succeed(coast, "gazette", kind="acquirer", starts=date(2026, 1, 5), unclear="The register is not public.")
    got = euros(coast.closed())
    assert got["gazette", "payable"] + got["gazette", "held"] == GAZETTE
    before = of("payable", "gazette")
    succeed(coast, "gazette", kind="acquirer", starts=date(2026, 1, 5), takers=halves("reef", "cliff"))
    assert (of("payable", "gazette"), of("held", "gazette")) == (before, 0)
    assert of("payable", "reef") + of("payable", "cliff") == got["gazette", "held"]
    assert account("gazette").credited == before


def test_a_circle_through_an_agreement_is_refused_and_nothing_is_written(coast: Desk) -> None:
    from quire.society.parties import queries

    agree(coast, "reef", "lantern:author:1", "50%")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("quire.core.chains.MOST_DEEP", 1)
        with pytest.raises(QuireError, match="would go through 2 agreements and successions"):
            succeed(coast, "otter", takers=halves("reef"))
    with pytest.raises(QuireError, match=r"come back to where it began: see lantern, reef-1"):
        succeed(coast, "lantern", takers=halves("reef"))
    assert queries.successions(all_=True) == ()


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"kind": "sale", "takers": halves("reef")}, "no kind of succession"),
        ({}, "Say either who succeeds lantern"),
        ({"takers": halves("reef"), "unclear": "x"}, "Say either who succeeds lantern"),
        ({"takers": {"reef": Fraction(1, 2)}}, "add up to 1/2"),
        ({"takers": {"reef": Fraction(0), "cliff": Fraction(1)}}, "cannot have a share"),
        ({"takers": halves("nobody")}, "No party has the code"),
        ({"takers": halves("lantern")}, "itself|come back"),
        ({"takers": halves("reef"), "starts": date(2999, 1, 1)}, "is to come"),
        ({"unclear": "x" * 201}, "longer than"),
    ],
)
def test_a_succession_that_cannot_be_is_refused(coast: Desk, given: dict[str, Any], sentence: str) -> None:
    from quire.society.parties import queries

    with pytest.raises(QuireError, match=sentence):
        succeed(coast, "lantern", **given)
    assert queries.successions(all_=True) == ()


def test_a_party_is_succeeded_once_in_a_circle_by_nobody_and_by_few(
    coast: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    succeed(coast, "lantern", takers=halves("reef"))
    with pytest.raises(QuireError, match="Others have had the place of lantern"):
        succeed(coast, "lantern", takers=halves("cliff"))
    with pytest.raises(QuireError, match="succeed each other"):
        succeed(coast, "reef", takers=halves("lantern"))
    monkeypatch.setenv("QUIRE_MOST_SUCCESSORS", "2")
    with pytest.raises(QuireError, match="lantern would have 3 payees"):
        succeed(coast, "reef", takers=halves("cliff", "dune", "otter"))
    monkeypatch.setenv("QUIRE_MOST_SUCCESSORS", "none")
    with pytest.raises(QuireError, match="QUIRE_MOST_SUCCESSORS"):
        succeed(coast, "reef", takers=halves("cliff"))


def test_parties_with_more_payees_than_are_taken_now_keep_no_other_from_being_succeeded(
    coast: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    succeed(coast, "lantern", takers=halves("reef", "cliff"))
    monkeypatch.setenv("QUIRE_MOST_SUCCESSORS", "1")
    assert succeed(coast, "otter", takers=halves("dune")).code == "otter"
    with pytest.raises(QuireError, match="lantern would have 2 payees"):
        succeed(coast, "reef", takers=halves("dune"))


def test_the_commands(coast: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    from quire.cli import main

    said = ["parties", "succeed", "lantern", "--from", "2026-01-20", "--kind", "estate", "--by", "preparer"]
    assert main([*said, "--unclear", "No will was found"]) == 0
    assert "not clear: No will was found" in capsys.readouterr().out
    assert main([*said, "--to", "reef=1/2", "--to", "cliff=50%", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["takers"] == [["cliff", "1/2"], ["reef", "1/2"]]
    assert main([*said, "--to", "reef"]) != 0
    assert "write its code, = and its share" in capsys.readouterr().err
    assert main(["parties", "successions", "--json"]) == 0
    assert [one["standing"] for one in json.loads(capsys.readouterr().out)] == [False, True]
    told = ["agreements", "add", "g-1", "--giver", "gazette", "--to", "otter:author:1", "--keeps", "30%"]
    assert main([*told, "--by", "preparer"]) == 0
    assert "gazette keeps 30% and passes the rest on to otter" in capsys.readouterr().out
    assert main(["agreements", "end", "g-1", "--until", "2027-01-01", "--by", "preparer"]) == 0
    capsys.readouterr()
    assert main(["agreements", "list", "--json"]) == 0
    (one,) = json.loads(capsys.readouterr().out)
    assert (one["code"], one["retention"], one["until"]) == ("g-1", "3/10", "2027-01-01")
