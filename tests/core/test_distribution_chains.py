"""Chains of rights in a division: every link a line, the sums by columns the same, the bundle recomputed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given, settings

from quire.core import arrays, evidence
from quire.core.chains import PASS_THROUGH, SUCCESSION, Agreement, Chains, ChainWrong
from quire.core.distribution import (
    Counts,
    Evidence,
    Line,
    Version,
    divide,
    divide_all,
    parties_of,
)
from quire.core.shares import UNKNOWN, Holder, Shares
from quire.core.verify import verify
from tests.core import societies
from tests.core.by_hand import EUR, society

USAGE = 'name = "usage"\n[[share]]\nlabel = "use"\nportion = "1"\nkey = "usage"\nmeasure = "requests"\n'
EQUAL = 'name = "equal"\n[[share]]\nlabel = "floor"\nportion = "1"\nkey = "equal"\namong = "members"\n'


def through(giver: str, keeps: str, **takers: str) -> Agreement:
    holders = tuple(Holder(name, "author", Fraction(part)) for name, part in takers.items())
    return Agreement(f"agr_{giver}", PASS_THROUGH, giver, None, None, Fraction(keeps), Shares(holders))


def after(giver: str, day: date | None, *takers: str) -> Agreement:
    holders = tuple(Holder(name, "estate", Fraction(1, len(takers))) for name in takers)
    taken = Shares(holders) if takers else None
    return Agreement(f"scn_{giver}", SUCCESSION, giver, day, None, Fraction(0), taken)


def told(found: Evidence) -> list[tuple[str, str, int, tuple[str, ...]]]:
    """Who, with which outcome, how much, by which way."""
    names = [party.id for party in found.parties]
    return [
        (names[line.party] if line.party is not None else "", line.outcome, line.amount, line.via)
        for line in divide(found, found.pots[0]).lines
    ]


def test_every_link_is_a_line() -> None:
    found = society(USAGE, 10 * EUR, {"wrk_paper": 5}, agreements=(through("paper", "3/10", blog="1"),))
    assert told(found) == [
        ("paper", "payable", 3 * EUR, ("agr_paper",)),
        ("blog", "payable", 7 * EUR, ("agr_paper",)),
    ]
    lines = list(evidence.line_records(found, [divide(found, found.pots[0])]))
    assert [(one["part"], one["via"], one["of"]) for one in lines] == [
        ("3/10", ["agr_paper"], "10.000000000000"),
        ("7/10", ["agr_paper"], "10.000000000000"),
    ]


def test_a_hold_keeps_what_comes_to_the_party_on_hold_and_no_more() -> None:
    held = (societies.Hold("hld_1", None, "paper"),)
    found = society(USAGE, 10, {"wrk_paper": 5}, agreements=(through("paper", "3/10", blog="1"),), holds=held)
    assert [(name, outcome, amount) for name, outcome, amount, _ in told(found)] == [
        ("paper", "held", 3),
        ("blog", "payable", 7),
    ]


def test_the_floor_of_a_label_is_its_own_and_that_of_the_dead_goes_to_the_heirs() -> None:
    found = society(
        EQUAL,
        9,
        {"wrk_paper": 1, "wrk_blog": 1, "wrk_estate": 1},
        agreements=(through("paper", "0", blog="1"), after("estate", None, "blog", "paper")),
    )
    assert [one for one in told(found) if one[3]] == [
        ("blog", "payable", 2, ("scn_estate",)),
        ("paper", "payable", 1, ("scn_estate",)),
    ]
    assert ("paper", "payable", 3, ()) in told(found)


def test_while_it_is_unclear_who_succeeds_it_is_held_under_the_partys_name() -> None:
    found = society(USAGE, 10, {"wrk_paper": 5}, agreements=(after("paper", None),))
    assert told(found) == [("paper", "held", 10, ("scn_paper",))]


def test_an_agreement_that_begins_within_the_period_cuts_it() -> None:
    bought = after("paper", date(2026, 1, 11), "blog")
    plain = society(USAGE, 100, {"wrk_paper": 5})
    segments = evidence.cut(plain.parties, plain.answers, (), [bought], plain.pots[0])
    assert segments == ((date(2026, 1, 1), date(2026, 1, 11)), (date(2026, 1, 11), date(2026, 2, 1)))
    counts = Counts(segments, arrays.ints([2, 2]), arrays.ints([0, 4]), arrays.ints([1, 3]))
    found = replace(plain, agreements=(bought,), counts={"pot_1": counts})
    assert [(name, amount) for name, _, amount, _ in told(found)] == [("paper", 25), ("blog", 75)]


def test_what_nobody_is_known_to_own_is_unclaimed_and_keeps_its_class() -> None:
    owned = Shares(
        (Holder("paper", "publisher", Fraction(2, 3)), Holder(UNKNOWN, "composer", Fraction(1, 3)))
    )
    found = society(USAGE, 9, {"wrk_paper": 5}, versions={2: (Version(None, None, owned),)})
    division = divide(found, found.pots[0])
    (line,) = [one for one in division.lines if one.outcome == "unclaimed"]
    assert (line.party, line.role, line.amount, line.subject) == (None, "composer", 3, 2)
    assert (division.sum_of("unclaimed"), division.residue) == (3, 0)
    (record,) = [one for one in evidence.line_records(found, [division]) if one["outcome"] == "unclaimed"]
    assert (record["role"], record["subject"], record["from"]) == ("composer", "wrk_paper", "2026-01-01")
    assert "party" not in record


def test_evidence_with_a_circle_is_refused() -> None:
    circle = (through("paper", "1/2", blog="1"), through("blog", "1/2", paper="1"))
    with pytest.raises(ChainWrong, match="come back"):
        society(USAGE, 10, {"wrk_paper": 5}, agreements=circle)


# --- random societies ---


def _plainly_held(found: Evidence) -> Evidence:
    """The same with whole works and parties on hold alone, and nothing to correct: both have tests of their
    own."""
    holds = tuple(hold for hold in found.holds if not hold.both)
    return replace(found, holds=holds, corrections=(), debts=())


chained = societies.evidence_of().filter(lambda found: found.agreements).map(_plainly_held)


def _slowly(found: Evidence, line: Line, chain: Chains) -> list[tuple[object, ...]]:
    """What becomes of a line that nobody has passed on yet."""
    if line.party is None:
        return [_of(line, line.party, line.role, line.amount, (), line.outcome)]
    subject = None if line.subject is None else found.subjects.ids[line.subject]
    day = max(pot.ends for pot in found.pots) - timedelta(1)
    if subject is not None:
        day = found.counts[line.source or line.pot].segments[line.segment][0]
    held = {hold.party or hold.subject for hold in found.holds}
    lines = []
    for link in chain.pass_on(line.amount, line.party, subject, line.use, day, line.role):
        name = None if link.party is None else found.parties[link.party].id
        outcome = "held" if link.unclear or name in held or (subject and subject in held) else "payable"
        outcome = "unclaimed" if name is None else outcome
        lines.append(_of(line, link.party, link.role, link.amount, link.via, outcome))
    return lines


def _of(
    line: Line, party: int | None, role: str, amount: int, via: tuple[str, ...], outcome: str
) -> tuple[object, ...]:
    return (line.label, line.subject, line.segment, line.use, party, role, amount, via, outcome)


@settings(max_examples=100, deadline=None)
@given(chained)
def test_a_division_is_the_plain_one_with_every_amount_passed_on(found: Evidence) -> None:
    plain = replace(found, agreements=(), holds=())
    chain = Chains(found.agreements, {party.id: place for place, party in enumerate(found.parties)})
    for whole, division in zip(divide_all(plain), divide_all(found), strict=True):
        lines = list(division.lines)
        expected = [one for line in whole.lines for one in _slowly(found, line, chain)]
        got = [_of(one, one.party, one.role, one.amount, one.via, one.outcome) for one in lines]
        assert got == expected
        assert sum(line.amount for line in lines) == division.received
        owed = [0] * len(found.parties)
        for line in lines:
            if line.party is not None:
                owed[line.party] += line.amount
        assert arrays.to_list(parties_of(found, division)) == owed


@settings(max_examples=60, deadline=None)
@given(societies.evidence_of().filter(lambda found: found.agreements))
def test_a_bundle_with_chains_is_recomputed_from_its_files(found: Evidence) -> None:
    verdict = verify(societies.published(found), societies.KEYS)
    assert verdict.findings == ()
    files = societies.files_of(found)
    assert ("agreements.jsonl" in files) == bool(found.agreements)
    assert evidence.read(files).agreements == found.agreements


def _hostile(change: str) -> dict[str, bytes]:
    """A sound run's files, its agreements written otherwise."""
    told = (through("paper", "3/10", blog="1"), after("estate", None))
    files = societies.files_of(society(USAGE, 10 * EUR, {"wrk_paper": 5}, agreements=told))
    first, second = files["agreements.jsonl"].splitlines(keepends=True)
    return files | {
        "agreements.jsonl": {
            "another retention": first.replace(b'"3/10"', b'"1/10"') + second,
            "left out": second,
            "twice": first + first + second,
            "nobody's": first.replace(b'"giver":"paper"', b'"giver":"pty_9"') + second,
            "back and forth": first
            + second.replace(b'"takers":null', b'"takers":[["estate","owner","1/1"]]'),
            "of no work": first.replace(b'"subjects":null', b'"subjects":["wrk_9"]') + second,
            "empty": b"",
        }[change]
    }


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ("another retention", "does not follow from the evidence"),
        ("left out", "does not follow from the evidence"),
        ("twice", "a second time"),
        ("nobody's", "pty_9 is not in parties.jsonl"),
        ("back and forth", "cannot take from itself"),
        ("of no work", "wrk_9 is not in works.jsonl"),
        ("empty", "says nothing"),
    ],
)
def test_agreements_that_were_tampered_with_are_found(change: str, sentence: str) -> None:
    found = society(USAGE, 10 * EUR, {"wrk_paper": 5})
    bundle = societies.signed(_hostile(change), societies.about_of(found))
    told = verify(bundle, societies.KEYS)
    assert any(sentence in finding.sentence for finding in told.findings), told.findings
