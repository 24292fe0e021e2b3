"""Corrections in a run's bundle: divided with the rest, published, recomputed, and every change found."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from quire.core import canonical
from quire.core.corrections import Correction, Debt, Old
from quire.core.distribution import Division, Evidence, Hold, divide_all, payees
from quire.core.shares import Holder, Shares
from quire.core.verify import verify
from tests.core.by_hand import EUR, society
from tests.core.societies import KEYS, about_of, files_of, published, signed

PLAN = """
name = "usage"
[recovery]
limit = "50%"
[[share]]
label = "use"
portion = "100%"
key = "usage"
"""
OLD = (Old("paper", "owner", Fraction(1), 30 * EUR, 7),)
HALF = Shares((Holder("paper", "owner", Fraction(1, 2)), Holder("estate", "author", Fraction(1, 2))))


def correction(name: str = "cor_1", **more: Any) -> Correction:
    told: dict[str, Any] = {"old": OLD, "new": HALF} | more
    return Correction(
        name, "dst_0", "a" * 64, "EUR", "use", "wrk_paper", date(2025, 12, 1), date(2026, 1, 1), "ai-train",
        30 * EUR, reason="Half of it is the estate's.", filed=date(2026, 1, 20), **told,
    )  # fmt: skip


def run(*corrections: Correction, **more: Any) -> Evidence:
    """The paper earns 20 EUR, the blog 80."""
    requests = {"wrk_paper": 1, "wrk_blog": 4}
    return society(PLAN, 100 * EUR, requests, corrections=corrections, **more)


def adjusted(found: Evidence) -> Division:
    *_, last = divide_all(found)
    assert last.id == "adjustments:EUR"
    return last


def told(found: Evidence) -> list[tuple[str, str, str, int]]:
    names = [party.id for party in found.parties]
    return [
        (one.label, one.outcome, one.to if one.party is None else names[one.party], one.amount // EUR)
        for one in adjusted(found).lines
    ]


def test_half_of_what_the_paper_earns_goes_to_the_estate_and_the_rest_is_owed() -> None:
    found = run(correction())
    assert told(found) == [
        ("recovery", "payable", "paper", -10),
        ("recovery", "payable", "estate", 10),
    ]
    assert adjusted(found).debts == (Debt("cor_1", "paper", "estate", "EUR", 5 * EUR),)
    assert payees(divide_all(found))[2, "EUR"] == {"payable": 10 * EUR, "held": 0}
    verdict = verify(published(found), KEYS)
    assert verdict.holds, verdict.sentence()
    files = files_of(found)
    assert [json.loads(one) for one in files["outstanding.jsonl"].splitlines()] == [
        {"correction": "cor_1", "creditor": "estate", "currency": "EUR", "debtor": "paper",
         "amount": "5.000000000000"}
    ]  # fmt: skip


def test_what_is_still_held_goes_over_at_once_and_the_rest_is_recovered_later() -> None:
    found = run(correction(held=((7, 12 * EUR, "hld_1"),)))
    assert told(found) == [
        ("correction", "held", "paper", -12),
        ("correction", "payable", "estate", 12),
        ("recovery", "payable", "paper", -3),
        ("recovery", "payable", "estate", 3),
    ]
    assert not adjusted(found).debts
    assert verify(published(found), KEYS).holds


@pytest.mark.parametrize(
    "hold",
    [Hold("hld_1", None, "estate"), Hold("hld_1", "wrk_paper", None), Hold("hld_1", "wrk_paper", "estate")],
)
def test_what_a_creditor_on_hold_gets_is_held(hold: Hold) -> None:
    found = run(correction(), holds=(hold,))
    if hold.subject is None or hold.party is not None:
        assert told(found)[-1] == ("recovery", "held", "estate", 10)
    else:
        assert told(found) == [], "nothing is recovered of what the paper's only work earns on hold"
    assert verify(published(found), KEYS).holds


def test_usage_that_was_none_is_the_funds() -> None:
    found = run(correction(new=Shares.sole("paper"), part=Fraction(9, 10), to="fund:mistakes"))
    assert told(found) == [
        ("recovery", "payable", "paper", -3),
        ("recovery", "fund", "fund:mistakes", 3),
    ]
    assert verify(published(found), KEYS).holds


def test_an_old_debt_goes_on() -> None:
    owed = (Debt("cor_1", "paper", "estate", "EUR", 4 * EUR),)
    found = run(correction(posted="dst_1"), debts=owed)
    assert told(found) == [("recovery", "payable", "paper", -4), ("recovery", "payable", "estate", 4)]
    assert verify(published(found), KEYS).holds


def test_another_currency_is_let_be() -> None:
    found = run(replace(correction(), currency="USD"))
    *_, last = divide_all(found)
    assert (last.id, last.received, list(last.lines)) == ("adjustments:USD", 0, [])
    assert verify(published(found), KEYS).holds


@pytest.mark.parametrize(
    ("name", "key", "value"),
    [
        ("corrections.jsonl", "reason", "Another."),
        ("corrections.jsonl", "new", [["paper", "owner", "1/1"]]),
        ("corrections.jsonl", "held", [[7, "1.000000000000", "hld_1"]]),
        ("outstanding.jsonl", "amount", "1.000000000000"),
    ],
)
def test_every_change_is_found(name: str, key: str, value: Any) -> None:
    found = run(correction())
    files = files_of(found)
    records = [json.loads(one) for one in files[name].splitlines()]
    records[0][key] = value
    changed = signed(files | {name: b"".join(canonical.write_lines(records))}, about_of(found))
    assert not verify(changed, KEYS).holds


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("old", [["nobody", "owner", "1/1", "30.000000000000", 7]]),
        ("old", [["paper", "owner", "1/1", "30.000000000000", -7]]),
        ("old", [["paper", "owner", "2/1", "30.000000000000", 7]]),
        ("old", "paper"),
        ("amount", "30"),
        ("amount", 30),
        ("root", None),
        ("currency", "eur"),
        ("new", [["unknown", "owner", "1/1"]]),
        ("filed", "2026-1-20"),
        ("posted", ""),
        ("after", "cor_0"),
        ("held", [[7, "31.000000000000", "hld_1"]]),
        ("held", [[7, "1.000000000000", None]]),
        ("held", []),
    ],
)
def test_what_cannot_be_read_is_a_finding(key: str, value: Any) -> None:
    found = run(correction())
    files = files_of(found)
    [record] = [json.loads(one) for one in files["corrections.jsonl"].splitlines()]
    changed = files | {"corrections.jsonl": b"".join(canonical.write_lines([record | {key: value}]))}
    assert not verify(signed(changed, about_of(found)), KEYS).holds
