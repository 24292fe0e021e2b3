"""What a pot may say of its money: a conversion, revenue reported, a class of works with a reserve."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quire.core import canonical, evidence
from quire.core.bundle import Bundle
from quire.core.classes import Class, kept
from quire.core.distribution import Evidence, EvidenceWrong, Licence, divide, divide_all
from quire.core.fx import Conversion, Rate, convert
from quire.core.money import decimal_of, quanta_of
from quire.core.verify import Verdict, verify
from tests.core.by_hand import EUR, shipped, society
from tests.core.societies import KEYS, about_of, signed

RATE = Rate("USD", "EUR", Fraction(1, 3), "ECB reference rates", date(2026, 1, 30))
USED = {"wrk_blog": 1, "wrk_estate": 2, "wrk_paper": 4}
EQUAL = """name = "settlement"
[[deduct]]
label = "administration"
rate = "10%"
of = "gross"
to = "society:administration"
[[share]]
label = "works"
portion = "100%"
key = "equal"
among = "works"
"""


def converted(amount: str = "100.00") -> Evidence:
    made = Conversion(quanta_of(amount), RATE)
    found = society(shipped("per-usage"), made.amount, USED)
    return replace(found, pots=(replace(found.pots[0], conversion=made),))


def sharing(revenue: str, counts: dict[str, int] = USED) -> Evidence:
    licence = Licence(
        "lic_1", "lab", "revenue", ("ai-train",), date(2026, 1, 1), date(2027, 1, 1), "EUR", 0, {},
        Fraction(7, 200), quanta_of("1200"),
    )  # fmt: skip
    found = society(shipped("per-usage"), 300 * EUR, counts, licence=licence)
    return replace(found, pots=(replace(found.pots[0], revenue=quanta_of(revenue)),))


def of_class(
    *subjects: str, plan: Any = EQUAL, amount: int = 2000 * EUR, reserve: str = "1/5", **more: Any
) -> Evidence:
    licence = Licence("lic_1", "lab", "lump", ("ai-train",), date(2026, 1, 1), date(2027, 1, 1), "EUR", 0, {})
    found = society(plan, amount, more.pop("used", USED), licence=licence, **more)
    part = Fraction(reserve)
    one = Class("pot_1", subjects, part, "fund:reserve-x" if part else "")
    return replace(found, classes=(one,))


def files_of(found: Evidence) -> dict[str, bytes]:
    receipts = [
        {
            "receipt": f"rec_{pot.id}",
            "pot": pot.id,
            "amount": decimal_of(pot.received),
            "received": "2026-02-03",
        }
        for pot in found.pots
    ]
    return evidence.input_files(found, receipts) | evidence.result_files(found, divide_all(found))


def judged(found: Evidence, name: str = "", **members: Any) -> Verdict:
    """What an auditor says of its bundle, with other members in the first line of a file (None: without)."""
    files = files_of(found)
    if name:
        first, *rest = (json.loads(line) for line in files[name].splitlines())
        first = {key: value for key, value in {**first, **members}.items() if value is not None}
        files[name] = b"".join(canonical.write_lines([first, *rest]))
    bundle: Bundle = signed(files, about_of(found))
    return verify(bundle, KEYS)


# Conversions


def test_a_conversion_is_published_read_again_and_recomputed() -> None:
    found = converted()
    assert judged(found).holds
    again = evidence.read(files_of(found))
    assert (again.pots, again.classes) == (found.pots, found.classes)
    assert "100.00 USD came in" in judged(found).sentence()


@pytest.mark.parametrize(
    "members",
    [
        {"received": "101.000000000000"},
        {"received": "-100.000000000000"},
        {"received": None},
        {"rate": "1/2"},
        {"rate": "1/0"},
        {"rate": None},
        {"rate_date": "2026-02-01"},
        {"rate_date": "2026-01-20"},
        {"rate_source": ""},
        {"received_currency": "EUR"},
        {"received_currency": "XQQ"},
        {"currency": "JPY"},
        {"residue": "0/1"},
        {"residue": None},
        {"revenue": "1.000000000000"},
    ],
)
def test_a_conversion_that_was_tampered_with_is_found(members: dict[str, Any]) -> None:
    assert not judged(converted(), "pots.jsonl", **members).holds


@given(st.integers(0, 10**24))
@settings(max_examples=60)
def test_a_pot_is_exactly_what_its_rate_makes(received: int) -> None:
    found = converted()
    made = Conversion(received, RATE)
    pot = replace(found.pots[0], amount=made.amount, conversion=made)
    division = divide(replace(found, pots=(pot,)), pot)
    assert sum(line.amount for line in division.lines) == convert(received, RATE)[0]
    with pytest.raises(EvidenceWrong):
        replace(pot, amount=made.amount + 1)


# Revenue


def test_revenue_is_evidence_and_what_is_due_follows_from_it() -> None:
    found = sharing("10000.50")
    assert judged(found).holds
    again = evidence.read(files_of(found))
    assert (again.pots, again.classes) == (found.pots, found.classes)
    assert divide(found, found.pots[0]).due == quanta_of("350.01")
    assert divide(sharing("0"), sharing("0").pots[0]).due == quanta_of("101.91")


@pytest.mark.parametrize(
    ("name", "members"),
    [
        ("pots.jsonl", {"revenue": "20000.000000000000"}),
        ("pots.jsonl", {"revenue": None}),
        ("pots.jsonl", {"revenue": "-1.000000000000"}),
        ("licences.jsonl", {"rate": "1/2"}),
        ("licences.jsonl", {"rate": None}),
        ("licences.jsonl", {"minimum": "99999.000000000000"}),
        ("licences.jsonl", {"kind": "blanket"}),
        ("totals.jsonl", {"due": "1.000000000000"}),
    ],
)
def test_revenue_that_was_tampered_with_is_found(name: str, members: dict[str, Any]) -> None:
    assert not judged(sharing("10000.50"), name, **members).holds


def test_a_licence_that_is_no_share_says_nothing_of_revenue() -> None:
    found = society(shipped("per-usage"), 100 * EUR, USED)
    (licence,) = (json.loads(line) for line in files_of(found)["licences.jsonl"].splitlines())
    (pot,) = (json.loads(line) for line in files_of(found)["pots.jsonl"].splitlines())
    assert not {"rate", "minimum", "revenue", "received", "residue"} & {*licence, *pot}


# Classes


def got(found: Evidence) -> dict[str, int]:
    """Work, or label, to what it got."""
    sums: dict[str, int] = {}
    for line in divide(found, found.pots[0]).lines:
        name = line.label if line.subject is None else found.subjects.ids[line.subject]
        sums[name] = sums.get(name, 0) + line.amount
    return sums


def test_a_class_is_shared_among_its_works_used_or_not_after_the_reserve() -> None:
    found = of_class("wrk_blog", "wrk_paper", used={"wrk_estate": 5}, answers=())
    assert got(found) == {
        "reserve": 400 * EUR,
        "administration": 160 * EUR,
        "wrk_blog": 720 * EUR,
        "wrk_paper": 720 * EUR,
    }
    assert judged(found).holds
    again = evidence.read(files_of(found))
    assert (again.pots, again.classes) == (found.pots, found.classes)


def test_by_usage_a_class_shares_what_was_used_of_its_works_without_a_mandate() -> None:
    found = of_class("wrk_blog", "wrk_estate", plan=shipped("per-usage"), reserve="0", answers=())
    sums = got(found)
    assert sums["wrk_blog"] > 0
    assert abs(sums["wrk_estate"] - 2 * sums["wrk_blog"]) <= 2
    assert "wrk_paper" not in sums


@given(
    amount=st.integers(0, 10**20),
    chosen=st.sets(st.sampled_from(["wrk_blog", "wrk_estate", "wrk_paper"]), min_size=1),
    reserve=st.fractions(0, Fraction(99, 100), max_denominator=10**6),
)
@settings(max_examples=150)
def test_nothing_of_a_class_is_lost(amount: int, chosen: set[str], reserve: Fraction) -> None:
    found = of_class(*sorted(chosen), amount=amount, reserve=str(reserve))
    sums = got(found)
    assert sum(sums.values()) == amount
    assert {name for name in sums if name.startswith("wrk")} == chosen
    assert sums.get("reserve", 0) == (kept(found.classes[0], amount) if reserve else 0)
    assert abs(sums.get("reserve", 0) - amount * reserve) <= Fraction(1, 2)
    mine = [sums[name] for name in chosen]
    assert max(mine) - min(mine) <= 1


@pytest.mark.parametrize(
    "members",
    [
        {"pot": "pot_2"},
        {"subjects": []},
        {"subjects": ["wrk_blog", "wrk_blog"]},
        {"subjects": ["wrk_paper", "wrk_blog"]},
        {"subjects": ["wrk_nobody"]},
        {"subjects": "wrk_blog"},
        {"subjects": ["wrk_blog"]},
        {"subjects": None},
        {"reserve": "1/1"},
        {"reserve": "0/1"},
        {"reserve": "1/4"},
        {"reserve": None},
        {"fund": "society:pockets"},
        {"fund": "fund:another"},
        {"fund": None},
        {"more": 1},
    ],
)
def test_a_class_that_was_tampered_with_is_found(members: dict[str, Any]) -> None:
    assert not judged(of_class("wrk_blog", "wrk_paper"), "classes.jsonl", **members).holds


def test_a_class_that_stands_where_none_may_is_found_though_everything_follows_from_it() -> None:
    """Money of a licence cannot be given to a class of one's own, nor a lump sum to whoever was used."""
    found = of_class("wrk_blog")
    licence = replace(found.pots[0].licence, kind="blanket", fee=12 * EUR)
    diverted = replace(found, pots=(replace(found.pots[0], licence=licence),))
    assert [one.file for one in judged(found).findings] == []
    assert "has a class of works" in judged(diverted).sentence()
    assert "does not say for which works" in judged(replace(found, classes=())).sentence()
