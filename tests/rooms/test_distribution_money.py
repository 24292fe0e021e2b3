"""Where a run's money goes: shares, holds, the plans' weak spots, the ledger, and the published bundle."""

from __future__ import annotations

import json
import shutil
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from quire.core import bundle as bundles
from quire.core.money import decimal_of, quanta_of
from quire.core.tokens import KeySet
from quire.core.verify import verify
from tests.rooms.distribution_desk import (
    FEBRUARY,
    Desk,
    audit,
    balance,
    built,
    desk,
    eur,
    euros,
    got,
    january,
    of,
)

__all__ = ["built", "desk", "january"]

THIRD = eur("340") // 3
GAZETTE, LANTERN, MARSH = THIRD + 1 + eur("300"), THIRD + eur("120"), THIRD + eur("90")
"""What January's hybrid run owes each in EUR: a third of the floor, and 30 for each request."""


def plan(shares: str, top: str = "") -> str:
    """A plan's text: administration of 15 %, and these shares."""
    return (
        f'name = "of a test"\n{top}\n[[deduct]]\nlabel = "administration"\nrate = "15%"\nof = "gross"\n'
        f'to = "society:administration"\n{shares}'
    )


def share(label: str, portion: str, key: str, **more: str) -> str:
    told = "".join(f'{name} = "{value}"\n' for name, value in more.items())
    return f'[[share]]\nlabel = "{label}"\nportion = "{portion}"\nkey = "{key}"\n{told}'


# Shared, posted


def test_january_by_hand(january: Desk) -> None:
    run = january.closed()
    third = quanta_of("0.017") // 3
    assert got(run) == {
        ("administration", "deducted", "EUR"): eur("150"),
        ("gazette", "payable", "EUR"): GAZETTE,
        ("lantern", "payable", "EUR"): LANTERN,
        ("marsh", "payable", "EUR"): MARSH,
        ("administration", "deducted", "USD"): quanta_of("0.0075"),
        ("gazette", "payable", "USD"): third + 1 + quanta_of("0.0085"),
        ("lantern", "payable", "USD"): third + 1 + quanta_of("0.017"),
        ("marsh", "payable", "USD"): third,
    }


def test_balances_are_the_payees_sums_and_the_pots_are_empty(january: Desk) -> None:
    from quire.society.distribution import queries
    from quire.society.ledger import queries as ledger

    run = january.closed()
    for line in (queries.row(run).bundle / "payees.jsonl").read_text().splitlines():
        told = json.loads(line)
        payable = balance(f"rights:payable:{told['party']}", told["currency"])
        assert decimal_of(payable) == told["payable"]
    assert {code: n for code, n in ledger.balances("rights:pot").items() if n} == {}
    assert balance("own:administration") == eur("150")
    assert balance("own:administration", "USD") == quanta_of("0.0075")
    posted = ledger.transactions(limit=10)[-2:]
    assert {one.kind for one in posted} == {"distribution"}
    assert {one.date for one in posted} == {run.approval.at.date()}


def test_deductions_and_empty_portions_go_where_the_plan_says(january: Desk) -> None:
    text = plan(
        '[[deduct]]\nlabel = "archive"\nrate = "10%"\nof = "rest"\nto = "society:archive"\n'
        '[[deduct]]\nlabel = "culture"\nrate = "10%"\nof = "gross"\nto = "fund:culture"\n'
        + share("giants", "50%", "tier", tier="giant", if_empty="fund:heirs")
        + share("use", "50%", "usage"),
        "[tiers]\ngiant = 1000000\n",
    )
    january.adopt(text, date(2026, 1, 2))
    run = january.closed()
    assert balance("own:administration") == eur("150")
    assert balance("own:deduction:archive") == eur("85")
    assert balance("rights:fund:culture") == eur("100")
    assert balance("rights:fund:heirs") == eur("332.5")
    assert sum(of("payable", who) for who in ("gazette", "lantern", "marsh")) == eur("332.5")
    assert (
        "north-2026: nobody stands in the portion “giants”; its part went to the fund."
        in run.review["notices"]
    )


# The texts' weak spots


def test_no_usage_at_all_per_usage_the_rest_is_held_and_it_is_known_where(desk: Desk) -> None:
    desk.adopt("per-usage")
    desk.receive("R-1", "1000.00", period=FEBRUARY)
    run = desk.closed(FEBRUARY)
    [pot] = run.pots.all()
    assert euros(run) == {("administration", "deducted"): eur("150"), ("use", "held"): eur("850")}
    assert balance(f"rights:unallocated:{pot.tid}") == eur("850")
    held = "nobody stands in the portion “use”; its part is held until it is decided what becomes of it."
    assert run.review["notices"] == [
        "north-2026: 1000.00 EUR came in; by its yearly fee 920.55 EUR is due.",  # 28 days of 12,000 a year
        f"north-2026: {held}",
        "north-2026: 850.00 EUR is held.",
        "Nobody is paid by this run.",
    ]


def test_nobody_in_any_portion_everything_that_is_left_is_held(desk: Desk) -> None:
    desk.adopt("tiered")  # whose lowest threshold is above every member of this society
    desk.receive("R-1", "1000.00")
    run = desk.closed()
    assert euros(run) == {("administration", "deducted"): eur("150"), ("nobody", "held"): eur("850")}
    assert any("nobody stands in any portion; all that is left is held" in n for n in run.review["notices"])


def test_an_empty_tier_leaves_its_part_to_the_others_and_who_is_below_every_tier_gets_nothing(
    january: Desk,
) -> None:
    text = plan(
        share("giants", "40%", "tier", tier="giant", if_empty="spread")
        + share("pairs", "30%", "tier", tier="pair")
        + share("use", "30%", "usage"),
        "[tiers]\ngiant = 50000\npair = 2\n",
    )
    january.adopt(text, date(2026, 1, 2))
    run = january.closed()
    assert euros(run) == {
        ("administration", "deducted"): eur("150"),
        ("gazette", "payable"): eur("425") + 10 * eur("25"),
        ("lantern", "payable"): 4 * eur("25"),
        ("marsh", "payable"): 3 * eur("25"),
    }
    assert any("“giants”; its part went to the others" in notice for notice in run.review["notices"])


def test_a_fee_of_nothing_is_distributed_and_moves_nothing(desk: Desk) -> None:
    from quire.society.ledger import queries as ledger

    desk.adopt()
    desk.receive("R-1", "0")
    run = desk.closed()
    assert (got(run), run.lines.count() > 3, ledger.head().number) == ({}, True, 0)
    assert run.review["currencies"]["EUR"]["received"] == "0.000000000000"


def test_the_smallest_and_the_largest_pot_are_divided_to_the_last_quantum(desk: Desk) -> None:
    desk.adopt()
    desk.receive("R-1", 1)
    desk.receive("R-2", 10**24, "south-2026")
    run = desk.closed()
    sums: dict[str, int] = {}
    for (_, _, unit), amount in got(run).items():
        sums[unit] = sums.get(unit, 0) + amount
    assert sums == {"EUR": 1, "USD": 10**24}


# Held


def test_what_a_work_earns_is_held_and_given_back_unchanged(january: Desk) -> None:
    from quire.core.errors import QuireError

    hold = january.hold(work="https://gazette.example/b")
    run = january.closed()
    assert euros(run) == {
        ("administration", "deducted"): eur("150"),
        ("gazette", "payable"): GAZETTE - eur("120"),
        ("gazette", "held"): eur("120"),
        ("lantern", "payable"): LANTERN - eur("60"),
        ("lantern", "held"): eur("60"),
        ("marsh", "payable"): MARSH,
    }
    assert (of("held", "gazette"), of("payable", "gazette")) == (eur("120"), GAZETTE - eur("120"))
    assert _credited("gazette") == GAZETTE - eur("120")
    assert audit() == []
    assert january.release(hold) == 4  # two owners, in each of two currencies
    assert (of("held", "gazette"), of("payable", "gazette")) == (0, GAZETTE)
    assert of("payable", "lantern") == LANTERN == _credited("lantern")
    with pytest.raises(QuireError, match=f"No standing hold has the id {hold.tid}"):
        january.release(hold)
    assert of("payable", "gazette") == GAZETTE


def _credited(party: str) -> int:
    from quire.society.distribution import queries
    from quire.society.parties import queries as parties

    return queries.credited().get((parties.party(party).id, "EUR"), 0)


def test_what_a_party_earns_is_held_wherever_it_earns_it(january: Desk) -> None:
    hold = january.hold(party="lantern")
    run = january.closed()
    assert euros(run)["lantern", "held"] == LANTERN == of("held", "lantern")
    assert ("lantern", "payable") not in euros(run)
    assert (of("payable", "lantern"), euros(run)["gazette", "payable"]) == (0, GAZETTE)
    assert audit() == []
    assert january.release(hold) > 0
    assert (of("payable", "lantern"), of("held", "lantern")) == (LANTERN, 0)


def test_a_line_that_two_holds_cover_is_free_when_both_have_ended(january: Desk) -> None:
    party = january.hold(party="lantern")
    work = january.hold(work="https://lantern.example/p/1")
    again = january.hold(party="lantern", reason="And the tax office asks")
    january.closed()
    assert of("held", "lantern") == LANTERN
    assert january.release(party) == 0
    assert (of("held", "lantern"), audit()) == (LANTERN, [])
    january.release(again)
    assert (of("held", "lantern"), of("payable", "lantern")) == (eur("60"), LANTERN - eur("60"))
    assert audit() == []
    january.release(work)
    assert (of("held", "lantern"), of("payable", "lantern")) == (0, LANTERN)


def test_a_hold_that_ends_while_the_run_is_under_way_is_released_when_it_is_posted(january: Desk) -> None:
    hold = january.hold(party="marsh")
    run = january.reviewed()
    assert january.release(hold) == 0
    assert (of("held", "marsh"), of("payable", "marsh"), audit()) == (0, 0, [])
    run = january.close(run)
    assert euros(run)["marsh", "held"] == MARSH  # the line stays what it was; the money is free
    assert (of("held", "marsh"), of("payable", "marsh")) == (0, MARSH)
    assert _credited("marsh") == MARSH


def test_what_a_cancelled_run_held_is_never_released(january: Desk) -> None:
    from quire.society.distribution import actions

    hold = january.hold(party="marsh")
    run = january.reviewed()
    actions.cancel(run, reason="A log was missing", by=january.preparer)
    assert january.release(hold) == 0
    assert (of("held", "marsh"), of("payable", "marsh")) == (0, 0)
    january.closed()
    assert of("payable", "marsh") == MARSH


def test_a_hold_placed_after_the_freeze_holds_the_payment_not_the_lines(january: Desk) -> None:
    from quire.society.payouts import actions as payouts

    run = january.reviewed()
    january.hold(party="gazette", reason="Its account was sold")
    january.hold(work="https://lantern.example/p/1")
    run = january.close(run)
    assert not [1 for (_, outcome) in euros(run) if outcome == "held"]
    batch = payouts.prepare(currency="EUR", on=date(2026, 3, 2), by=january.preparer)
    assert [one.payee.code for one in batch.payments] == ["lantern"]
    assert "on hold: Its account was sold" in next(
        one.reason for one in batch.carried if one.code == "gazette"
    )


def test_a_hold_on_somebody_who_is_not_paid_changes_nothing(january: Desk) -> None:
    hold = january.hold(party="lab-north")
    run = january.closed()
    assert euros(run)["gazette", "payable"] == GAZETTE
    assert january.release(hold) == 0


def test_a_hold_names_something_gives_its_reason_and_begins_at_once(january: Desk) -> None:
    from quire.core.errors import QuireError

    for what, why in (
        ({}, "Name a work or a party"),
        ({"party": "marsh", "part": Fraction(1, 2)}, "name the party and the work"),
        ({"work": "https://marsh.example/one", "party": "marsh", "part": Fraction(0)}, "above 0"),
        ({"party": "marsh", "reason": "  "}, "A hold needs its reason"),
        ({"party": "marsh", "starts": date(2999, 1, 1)}, "stands from the day it is placed"),
        ({"party": "nobody"}, "No party has the code"),
        ({"work": "https://marsh.example/other"}, "other"),
    ):
        with pytest.raises(QuireError, match=why):
            january.hold(**what)


# Published


@pytest.fixture
def closed(january: Desk) -> tuple[Any, Path, KeySet]:
    from quire.society.distribution import queries

    run = january.closed()
    published = json.loads((january.house.home / "published" / "keys.json").read_text())
    return run, queries.row(run).bundle, KeySet.of(*published["keys"])


def test_folder_and_zip_hold_and_say_by_which_decision(closed: tuple[Any, Path, KeySet]) -> None:
    run, folder, keys = closed
    for place in (folder, folder.with_name(folder.name + ".zip")):
        found = bundles.read(place)
        verdict = verify(found, keys)
        assert verdict.holds, verdict.sentence()
        about = found.manifest.about
        assert about["decision"] == "Assembly of December 2025"
        assert (about["run"], about["plan_digest"]) == (run.tid, run.plan.digest)
        assert found.manifest.root == run.bundle_root


def test_the_same_run_is_published_in_the_same_bytes(closed: tuple[Any, Path, KeySet]) -> None:
    from quire.society.distribution import publishing, store

    run, folder, _ = closed
    zip_ = folder.with_name(folder.name + ".zip")
    before = {one.name: one.read_bytes() for one in folder.iterdir()}, zip_.read_bytes()
    place = store.standing()
    files = place.load(run.tid, "inputs", run.inputs_digest) | place.load(
        run.tid, "results", run.results_digest
    )
    assert publishing.publish(run, files) == run.bundle_root
    shutil.rmtree(folder)
    zip_.unlink()
    left = folder.with_name(f".{folder.name}.0abc")  # as a killed process leaves it
    left.mkdir()
    assert publishing.publish(run, files) == run.bundle_root
    assert ({one.name: one.read_bytes() for one in folder.iterdir()}, zip_.read_bytes()) == before
    assert not left.exists()


def test_the_audit_names_a_published_byte_that_was_changed(closed: tuple[Any, Path, KeySet]) -> None:
    run, folder, _ = closed
    zip_ = folder.with_name(folder.name + ".zip")
    for place in (folder / "payees.jsonl", zip_):
        good = place.read_bytes()
        place.write_bytes(good.replace(b"EUR", b"CHF", 1))
        assert any(one.startswith(f"distribution: The bundle of {run.tid}") for one in audit())
        place.write_bytes(good)
    zip_.rename(folder.with_name("elsewhere"))
    assert any("cannot be read" in one for one in audit())
    folder.with_name("elsewhere").rename(zip_)


def test_the_key_is_private_and_its_public_half_is_there(
    closed: tuple[Any, Path, KeySet], january: Desk
) -> None:
    private = january.house.home / "keys" / "signing.json"
    public = january.house.home / "published" / "keys.json"
    assert (private.stat().st_mode & 0o777, public.stat().st_mode & 0o777) == (0o600, 0o644)
    assert "d" in json.loads(private.read_text())
    assert all("d" not in key for key in json.loads(public.read_text())["keys"])
    assert [one.name for one in private.parent.iterdir() if one.name.startswith(".")] == []


def test_a_pot_without_its_receipts_is_never_frozen(january: Desk) -> None:
    from django.db import connection

    from quire.society.distribution import actions

    run = january.opened()
    with connection.cursor() as sql:
        sql.execute(
            "INSERT INTO distribution_pot (id, starts, ends, currency, amount, licence_id, run_id) "
            "SELECT gen_random_uuid(), starts, ends, currency, 999, licence_id, run_id "
            "FROM distribution_pot LIMIT 1"
        )
    with pytest.raises(Exception, match="a pot is the sum of its receipts"):
        actions.work(run, by=january.preparer)
    run.refresh_from_db()
    assert run.state == "open"
    actions.cancel(run, reason="A pot without receipts was found in it", by=january.preparer)
