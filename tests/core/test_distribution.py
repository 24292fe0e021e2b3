"""The division of a pot: against an oracle in fractions, and by hand where the texts are weak."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quire.core import allocation, arrays, bundle, evidence, extras, terms
from quire.core.distribution import (
    OUTCOMES,
    Counts,
    Division,
    Evidence,
    EvidenceWrong,
    Hold,
    Licence,
    Party,
    Pot,
    Version,
    by_party,
    divide,
    divide_all,
    parties_of,
    payees,
)
from quire.core.plan import Plan
from quire.core.shares import Shares
from tests.core import oracle, societies
from tests.core.by_hand import ALWAYS, EUR, shipped, society, yes

thorough = settings(max_examples=80, deadline=None)


# --- properties over random societies ---


@thorough
@given(societies.evidence_of())
def test_every_quantum_is_in_one_line_and_every_line_agrees_with_the_oracle(found: Evidence) -> None:
    for pot in found.pots:
        divided = divide(found, pot)
        assert sum(line.amount for line in divided.lines) == pot.amount
        assert divided.residue == 0
        assert all(line.amount >= 0 for line in divided.lines)
    assert list(oracle.differences(societies.files_of(found))) == []


@thorough
@given(societies.evidence_of())
def test_the_sums_by_columns_are_those_of_the_lines(found: Evidence) -> None:
    for one in divide_all(found):
        owed, parts, number = [0] * len(found.parties), dict.fromkeys(OUTCOMES, 0), 0
        for line in one.lines:
            number += 1
            parts[line.outcome] += line.amount
            if line.party is not None:
                owed[line.party] += line.amount
        assert arrays.to_list(parties_of(found, one)) == owed
        assert {name: one.sum_of(name) for name in parts} == parts
        assert len(one.lines) == number
        if one.pot:
            assert arrays.to_list(by_party(found, one.pot)) == owed


@pytest.mark.more
@settings(max_examples=3000, deadline=None)
@given(societies.evidence_of())
def test_very_many_societies_agree_with_the_oracle(found: Evidence) -> None:
    assert list(oracle.differences(societies.files_of(found))) == []


@thorough
@given(societies.evidence_of())
def test_nobody_is_paid_for_usage_that_was_not_licensed(found: Evidence) -> None:
    """Asked of ``terms`` alone, for every day of every line."""
    pots = {pot.id: pot for pot in found.pots}
    of_class = {one.pot: one.subjects for one in found.classes}
    for line in (line for one in divide_all(found) for line in one.lines):
        if line.subject is None:
            continue
        pot = pots[line.source or line.pot]
        if pot.id in of_class:
            assert found.subjects.ids[line.subject] in of_class[pot.id]
            continue
        member = found.parties[found.subjects.members[line.subject]]
        days = oracle.days_from(*found.counts[pot.id].segments[line.segment])
        assert days
        for day in days:
            assert pot.licence.starts <= day < pot.licence.ends
            uses = [line.use] if line.use else terms.USES
            assert "allowed" in [
                standing(found, pot, member, use, day) for use in uses if use in pot.licence.uses
            ]


def standing(found: Evidence, pot: Pot, member: Party, use: str, day: date) -> str:
    said = [one for one in found.answers if one.member == member.id]
    direct = [one for one in found.direct if one.member == member.id]
    return terms.standing_of(use, pot.licence.licensee, day, said, member.spans, direct)


@thorough
@given(societies.evidence_of(), st.randoms(use_true_random=False))
def test_the_order_in_which_facts_were_written_down_makes_no_difference(found: Evidence, dice: Any) -> None:
    def mixed(some: Iterable[Any]) -> tuple[Any, ...]:
        listed = list(some)
        return tuple(dice.sample(listed, len(listed)))

    counts = {}
    for pot, told in found.counts.items():
        columns = [told.subjects, told.cells, told.requests]
        columns += [] if told.evidence is None else [told.evidence]
        rows = mixed(zip(*map(arrays.to_list, columns), strict=True))
        counts[pot] = Counts(
            told.segments,
            *(arrays.ints([row[n] for row in rows]) for n in range(len(columns))),
            late=told.late,
        )
    versions = {
        place: tuple(Version(one.starts, one.ends, Shares(mixed(one.shares))) for one in mixed(several))
        for place, several in found.subjects.versions.items()
    }
    # Of holds on one share an earlier one goes before a later: that is an order that means something.
    whole = [hold for hold in found.holds if not hold.both]
    other = replace(
        found,
        parties=tuple(
            replace(party, spans=mixed(party.spans), lapses=mixed(party.lapses)) for party in found.parties
        ),
        answers=mixed(found.answers),
        direct=mixed(found.direct),
        subjects=replace(found.subjects, versions=versions),
        counts=counts,
        holds=(*mixed(whole), *(hold for hold in found.holds if hold.both)),
        **{extra.field: mixed(getattr(found, extra.field)) for extra in extras.EXTRAS},
    )
    assert results(other) == results(found)


def results(found: Evidence) -> dict[str, bytes]:
    return evidence.result_files(found, divide_all(found))


@settings(max_examples=60, deadline=None)
@given(societies.evidence_of())
def test_with_numpy_and_without_the_files_are_the_same(found: Evidence) -> None:
    told = societies.files_of(found)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(arrays, "_SIDE", arrays.LISTS)
        patch.setattr(allocation, "HAVE_NUMPY", False)
        again = evidence.read(told)
        assert type(again.subjects.members) is list
        assert societies.files_of(again) == told


@thorough
@given(societies.evidence_of())
def test_what_is_written_is_read_again_as_it_was(found: Evidence) -> None:
    told = evidence.input_files(found, societies.receipts_of(found))
    assert set(told) - {*extras.FILES} == set(evidence.INPUTS)
    again = evidence.read(told)
    assert evidence.input_files(again, societies.receipts_of(again)) == told
    assert (again.plan, again.pots, again.parties) == (found.plan, found.pots, found.parties)
    assert (again.answers, again.direct, again.holds) == (found.answers, found.direct, found.holds)
    assert again.subjects.versions == found.subjects.versions
    for extra in extras.EXTRAS:
        assert getattr(again, extra.field) == getattr(found, extra.field)
    assert evidence.read_receipts(told) == {pot.id: pot.received for pot in found.pots}


@thorough
@given(societies.evidence_of())
def test_payees_and_totals_are_the_sums_of_the_lines(found: Evidence) -> None:
    divisions = divide_all(found)
    owed = payees(divisions)
    for outcome in ("payable", "held"):
        paid = sum(line.amount for one in divisions for line in one.lines
                   if line.outcome == outcome and line.party is not None)  # fmt: skip
        assert sum(sums[outcome] for sums in owed.values()) == paid
    for one in divisions:
        assert sum(one.sum_of(name) for name in OUTCOMES) == one.received
        kept = sum(line.amount for line in one.lines if line.label == "reserve") + one.sum_of("deducted")
        leaves = sum(share.amount for share in one.shares if share.outcome != "split")
        assert leaves in (one.received - kept, 0)
    pools = sum(one.received for one in divisions if one.pot is None)
    assert pools == sum(one.sum_of("pooled") for one in divisions)


# --- a small society by hand ---


def run(found: Evidence) -> Division:
    """The division, once the oracle agrees."""
    assert list(oracle.differences(societies.files_of(found))) == []
    return divide(found, found.pots[0])


def told(found: Evidence) -> list[tuple[str, str, str | None, int]]:
    """Label, outcome, party and quanta of every line."""
    return [
        (line.label, line.outcome, None if line.party is None else found.parties[line.party].id, line.amount)
        for line in run(found).lines
    ]


def test_per_usage_after_15_per_cent() -> None:
    found = society(shipped("per-usage"), 100 * EUR, {"wrk_blog": 1, "wrk_paper": 16})
    assert told(found) == [
        ("administration", "deducted", None, 15 * EUR),
        ("use", "payable", "blog", 5 * EUR),
        ("use", "payable", "paper", 80 * EUR),
    ]


def test_hybrid_40_to_all_60_by_use() -> None:
    found = society(shipped("hybrid"), 100 * EUR, {"wrk_blog": 1, "wrk_paper": 2})
    assert told(found) == [
        ("administration", "deducted", None, 15 * EUR),
        ("floor", "payable", "blog", 11_333_333_333_334),
        ("floor", "payable", "estate", 11_333_333_333_333),
        ("floor", "payable", "paper", 11_333_333_333_333),
        ("use", "payable", "blog", 17 * EUR),
        ("use", "payable", "paper", 34 * EUR),
    ]


def tiered(*works: int) -> Evidence:
    names = ("blog", "estate", "paper", "tiny")
    parties = tuple(Party(name, number, ALWAYS) for name, number in zip(names, works, strict=True))
    return society(shipped("tiered"), 100 * EUR, {}, parties=parties, answers=yes(*names))


def test_tiered_40_30_20_10() -> None:
    assert told(tiered(50_000, 10_000, 1_000, 100))[1:] == [
        ("platinum", "payable", "blog", 34 * EUR),
        ("gold", "payable", "estate", 25_500_000_000_000),
        ("silver", "payable", "paper", 17 * EUR),
        ("bronze", "payable", "tiny", 8_500_000_000_000),
    ]


def test_an_empty_tier_goes_over_to_the_others_in_their_proportion() -> None:
    assert told(tiered(60_000, 1_000, 1_000, 100))[1:] == [
        ("platinum", "payable", "blog", 48_571_428_571_429),
        ("silver", "payable", "estate", 12_142_857_142_857),
        ("silver", "payable", "paper", 12_142_857_142_857),
        ("bronze", "payable", "tiny", 12_142_857_142_857),
    ]


def test_a_member_below_every_threshold_gets_nothing_where_the_plan_says_so() -> None:
    assert ("bronze", "payable", "paper", 85 * EUR) in told(tiered(0, 50, 100, 99))
    assert [party for _, _, party, _ in told(tiered(0, 50, 100, 99))] == [None, "paper"]


def test_and_counts_as_the_lowest_tier_where_it_says_that() -> None:
    found = tiered(0, 50, 100, 99)
    lower = Plan.parse('below = "bronze"\n' + found.plan.text)
    assert [amount for _, _, _, amount in told(replace(found, plan=lower))] == [
        15 * EUR,
        *([21_250_000_000_000] * 4),
    ]


def test_nobody_in_any_tier_and_all_is_held() -> None:
    found = tiered(0, 0, 0, 0)
    assert told(found)[1:] == [("nobody", "held", None, 85 * EUR)]
    assert [share.outcome for share in run(found).shares] == ["spread"] * 4


def test_no_usage_at_all_is_held_or_goes_to_the_floor() -> None:
    assert told(society(shipped("per-usage"), 100 * EUR, {}))[1:] == [("use", "held", None, 85 * EUR)]
    assert told(society(shipped("hybrid"), 90 * EUR, {"wrk_blog": 0}))[1:] == [
        ("floor", "payable", name, 25_500_000_000_000) for name in ("blog", "estate", "paper")
    ]


def test_a_portion_for_nobody_goes_to_its_fund() -> None:
    plan = shipped("per-usage").text.replace('"hold"', '"fund:culture"')
    found = society(plan, EUR, {})
    assert told(found)[1:] == [("use", "fund", None, 850_000_000_000)]
    assert run(found).lines[1].to == "fund:culture"


@pytest.mark.parametrize("amount", [0, 1, 2, 10**12 * EUR])
def test_any_amount_from_nothing_to_a_million_million(amount: int) -> None:
    found = society(shipped("hybrid"), amount, {"wrk_blog": 1, "wrk_paper": 1})
    assert sum(line[3] for line in told(found)) == amount
    assert len(told(found)) == 6


def test_a_fee_of_zero_is_due_and_divided_as_zero() -> None:
    divided = run(society(shipped("hybrid"), 0, {"wrk_blog": 1}))
    assert divided.due == 0
    assert {line.amount for line in divided.lines} == {0}


def test_half_a_quantum_is_kept_and_never_more_than_is_left() -> None:
    plan = 'name = "x"\n' + "".join(
        f'[[deduct]]\nlabel = "{label}"\nrate = "1/2"\nof = "gross"\nto = "fund:x"\n' for label in ("a", "b")
    ) + '[[share]]\nlabel = "use"\nportion = "1"\nkey = "usage"\n'  # fmt: skip
    for amount, kept in ((1, [1, 0, 0]), (3, [2, 1, 0]), (4, [2, 2, 0])):
        assert [line[3] for line in told(society(plan, amount, {"wrk_blog": 1}))] == kept


def test_a_hold_on_a_member_and_on_a_work_keeps_the_amount_theirs() -> None:
    usage = {"wrk_blog": 1, "wrk_estate": 1, "wrk_paper": 1, "site_paper": 1}
    holds = (Hold("hld_1", None, "blog"), Hold("hld_2", "wrk_paper", None))
    free = society(shipped("hybrid"), 100 * EUR, usage)
    found = replace(free, holds=holds)
    assert [(label, party, amount) for label, _, party, amount in told(found)] == [
        (label, party, amount) for label, _, party, amount in told(free)
    ]
    held = [(label, party) for label, outcome, party, _ in told(found) if outcome == "held"]
    assert held == [("floor", "blog"), ("use", "blog"), ("use", "paper")]
    assert payees([run(found)])[0, "EUR"] == {
        "payable": 0,
        "held": (85 * EUR * 4 // 10 + 2) // 3 + 51 * EUR // 4,
    }


def test_usage_known_only_by_site_belongs_to_the_owner_of_the_site() -> None:
    found = society(shipped("per-usage"), 100 * EUR, {"site_paper": 7})
    assert told(found)[1:] == [("use", "payable", "paper", 85 * EUR)]
    assert run(found).lines[1].role == "owner"


def per(kind: str, price: int) -> Licence:
    return Licence(
        "lic_1", "lab", kind, ("ai-train",), date(2026, 1, 1), date(2027, 1, 1), "EUR", 0, {"*": price}
    )


def test_the_fee_due_follows_the_counts_and_sites_are_no_works() -> None:
    usage = {"wrk_blog": 3, "wrk_paper": 1, "site_paper": 5}
    due = [run(society(shipped("per-usage"), EUR, usage, licence=per(kind, 2 * EUR))).due
           for kind in ("per-request", "per-work")]  # fmt: skip
    assert due == [18 * EUR, 4 * EUR]


def test_syndication_original_first_and_an_agreed_part_to_the_syndicator() -> None:
    shares = Shares.sole("paper", "author").syndicated("blog", Fraction(1, 5))
    found = society(
        shipped("per-usage"), 100 * EUR, {"wrk_paper": 4}, versions={2: (Version(None, None, shares),)}
    )
    lines = run(found).lines[1:]
    assert [(found.parties[line.party or 0].id, line.role, line.part, line.amount) for line in lines] == [
        ("blog", "syndicator", Fraction(1, 5), 17 * EUR),
        ("paper", "author", Fraction(4, 5), 68 * EUR),
    ]


def test_an_owner_changes_within_the_period_and_each_is_paid_for_their_days() -> None:
    half = date(2026, 1, 16)
    versions = {0: (Version(None, half, Shares.sole("blog", "author")),
                    Version(half, None, Shares.sole("estate", "estate")))}  # fmt: skip
    found = society(
        shipped("per-usage"), 100 * EUR, {}, versions=versions, rows=[("wrk_blog", 0, 3), ("wrk_blog", 1, 1)]
    )
    assert told(found)[1:] == [
        ("use", "payable", "blog", 63_750_000_000_000),
        ("use", "payable", "estate", 21_250_000_000_000),
    ]


def test_a_day_that_no_version_covers_is_the_members() -> None:
    versions = {0: (Version(date(2026, 1, 16), None, Shares.sole("estate", "estate")),)}
    found = society(
        shipped("per-usage"), 100 * EUR, {}, versions=versions, rows=[("wrk_blog", 0, 1), ("wrk_blog", 1, 1)]
    )
    assert [line[2] for line in told(found)] == [None, "blog", "estate"]


def test_a_lapse_costs_the_floor_and_not_the_use_and_one_without_days_costs_nothing() -> None:
    day = date(2026, 1, 10)
    for lapse, there in ((terms.Span(day, date(2026, 1, 11)), False), (terms.Span(day, day), True)):
        parties = (
            Party("blog", 100, ALWAYS, (lapse,)),
            *(Party(name, 100, ALWAYS) for name in ("estate", "paper")),
        )
        found = told(society(shipped("hybrid"), 100 * EUR, {"wrk_blog": 1}, parties=parties))
        assert (("floor", "blog") in [(line[0], line[2]) for line in found]) == there
        assert ("use", "blog") in [(line[0], line[2]) for line in found]


def test_without_a_mandate_nobody_has_the_floor_either() -> None:
    found = society(shipped("hybrid"), 100 * EUR, {"wrk_blog": 1, "wrk_paper": 1}, answers=yes("blog"))
    assert [line[2] for line in told(found)] == [None, "blog", "blog"]


def test_a_direct_licence_takes_its_days_out() -> None:
    direct = (terms.DirectLicence("blog", "lab", date(2026, 1, 16), None),)
    found = society(
        shipped("per-usage"), 100 * EUR, {}, direct=direct,
        rows=[("wrk_blog", 0, 1), ("wrk_blog", 1, 50), ("wrk_paper", 1, 1)],
    )  # fmt: skip
    assert [line[2:] for line in told(found)][1:] == [
        ("blog", 42_500_000_000_000),
        ("paper", 42_500_000_000_000),
    ]


BY_VALUE = shipped("per-usage").text.replace('"requests"', '"value"')


def test_by_value_needs_prices_for_what_was_used_only() -> None:
    free = society(BY_VALUE, 100 * EUR, {"wrk_blog": 1})
    with pytest.raises(EvidenceWrong, match="no price for content of the tier standard"):
        divide(free, free.pots[0])
    unused = society(BY_VALUE, 100 * EUR, {})
    assert told(unused)[1:] == [("use", "held", None, 85 * EUR)]


def test_content_without_worth_finds_nobody() -> None:
    plan = shipped("per-usage").text + 'weight = "content tier"\n[content]\nstandard = "0"\n'
    assert told(society(plan, EUR, {"wrk_blog": 9}))[1:] == [("use", "held", None, 850_000_000_000)]


# --- what contradicts itself ---


def test_a_pot_below_zero_is_refused() -> None:
    found = society(shipped("hybrid"), 1, {})
    with pytest.raises(EvidenceWrong, match="below zero"):
        divide(found, replace(found.pots[0], amount=-1))


def test_spans_that_overlap_are_refused_because_their_order_would_matter() -> None:
    span = terms.Span
    with pytest.raises(EvidenceWrong, match="memberships of p overlap"):
        Party("p", 0, (span(date(2026, 1, 5), None), span(date(2026, 1, 1), date(2026, 1, 6))))
    Party("p", 0, (span(date(2026, 1, 5), None), span(date(2026, 1, 1), date(2026, 1, 5))))
    # A span without days within another one is none.
    Party("p", 0, (span(date(2026, 1, 5), date(2026, 1, 5)), span(date(2026, 1, 1), None)))
    both = (Version(None, None, Shares.sole("a")), Version(date(2026, 1, 1), None, Shares.sole("b")))
    with pytest.raises(EvidenceWrong, match="who owns wrk_blog overlap"):
        society(shipped("hybrid"), 1, {}, versions={0: both})


def test_a_usage_counted_twice_is_refused() -> None:
    with pytest.raises(EvidenceWrong, match="counted twice"):
        society(shipped("hybrid"), 1, {}, rows=[("wrk_paper", 0, 1), ("wrk_blog", 0, 1), ("wrk_paper", 0, 2)])


# --- the script that imports nothing of Quire ---


def test_the_oracle_runs_as_a_script_on_a_published_bundle(tmp_path: Path) -> None:
    found = society(shipped("hybrid"), 100 * EUR, {"wrk_blog": 1, "wrk_paper": 2})
    told = societies.files_of(found)
    wrong = told | {"lines.jsonl": told["lines.jsonl"].replace(b"17.00", b"17.01")}
    for name, contents, code in (("right", told, 0), ("wrong", wrong, 1)):
        built = societies.signed(contents, societies.about_of(found)).contents
        bundle.write_folder(tmp_path / name, built)
        done = subprocess.run(
            [sys.executable, "-I", oracle.__file__, str(tmp_path / name)], capture_output=True, text=True
        )
        assert done.returncode == code, done.stderr
        assert done.stdout.splitlines()[-1] == ["All lines, totals and payees agree.", "1 differences."][code]


def imports_of(*paths: str) -> Iterator[str]:
    for line in "\n".join(Path(path).read_text() for path in paths).splitlines():
        if line.startswith(("import ", "from ")):
            yield line.split()[1].partition(".")[0]


def test_the_oracle_imports_the_standard_library_alone() -> None:
    files = sorted(Path(oracle.__file__).parent.glob("oracle*.py"))
    mine = {path.stem for path in files}
    assert len(mine) == 6
    assert set(imports_of(*map(str, files))) - {"__future__", *mine} <= sys.stdlib_module_names
