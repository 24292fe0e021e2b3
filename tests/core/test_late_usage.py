"""Usage listed after its own pot was divided: it counts in a later one, by the mandates of its days."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from quire.core import arrays, canonical, evidence, terms
from quire.core.distribution import Counts, Evidence, EvidenceWrong, Hold, Party, Version, divide, divide_all
from quire.core.shares import Shares
from quire.core.verify import verify
from tests.core.by_hand import ALWAYS, EUR, society, yes
from tests.core.societies import KEYS, about_of, files_of, published, signed

USAGE = 'name = "usage"\n[[share]]\nlabel = "use"\nportion = "100%"\nkey = "usage"\n'
EQUAL = 'name = "equal"\n[[share]]\nlabel = "floor"\nportion = "100%"\nkey = "equal"\namong = "members"\n'
LATE = ((date(2025, 10, 1), date(2025, 11, 1)), (date(2025, 12, 1), date(2026, 1, 1)))
LICENCE = {"starts": date(2025, 1, 1)}


def run(rows: list[tuple[str, date, int]], plan: str = USAGE, **more: Any) -> Evidence:
    """January, with late usage of October and December; rows are work, first day of the segment, requests."""
    base = society(plan, 100 * EUR, {}, **more)
    [pot] = base.pots
    pot = replace(pot, late=LATE, licence=replace(pot.licence, **LICENCE))
    versions = [*(one for several in base.subjects.versions.values() for one in several), *base.holds]
    cuts = evidence.cut(base.parties, base.answers, base.direct, versions, pot)
    places = {starts: place for place, (starts, _) in enumerate(cuts)}
    counts = Counts(
        cuts,
        arrays.ints([list(base.subjects.ids).index(work) for work, _, _ in rows]),
        arrays.ints([places[day] * len(terms.USES) for _, day, _ in rows]),
        arrays.ints([number for _, _, number in rows]),
        late=sum(starts < pot.starts for starts, _ in cuts),
    )
    return replace(base, pots=(pot,), counts={pot.id: counts})


def told(found: Evidence) -> list[tuple[str, int, Any]]:
    files = files_of(found)
    lines = [json.loads(one) for one in files["lines.jsonl"].splitlines()]
    return [(one.get("party", ""), int(one["amount"].partition(".")[0]), one.get("late")) for one in lines]


OCTOBER, DECEMBER, JANUARY = date(2025, 10, 1), date(2025, 12, 1), date(2026, 1, 1)


def test_late_usage_has_lines_of_its_own_marked_with_the_days_it_is_of() -> None:
    found = run([("wrk_blog", OCTOBER, 1), ("wrk_blog", JANUARY, 2), ("wrk_paper", DECEMBER, 1)])
    assert told(found) == [
        ("blog", 25, ["2025-10-01", "2025-11-01"]),
        ("blog", 50, None),
        ("paper", 25, ["2025-12-01", "2026-01-01"]),
    ]
    assert verify(published(found), KEYS).holds, verify(published(found), KEYS).sentence()


def test_the_mandates_and_owners_of_those_days_decide() -> None:
    no = terms.Answer("blog", None, "ai-train", False, date(2025, 12, 10), date(2026, 1, 10))
    sold = Version(date(2025, 12, 20), None, Shares.sole("estate"))
    found = run(
        [
            ("wrk_blog", DECEMBER, 1),
            ("wrk_blog", date(2025, 12, 10), 1),
            ("wrk_paper", DECEMBER, 1),
            ("wrk_paper", date(2025, 12, 20), 2),
        ],
        answers=(*yes("blog", "estate", "paper"), no),
        versions={2: (sold,)},
    )
    assert [(party, amount) for party, amount, _ in told(found)] == [
        ("blog", 25),
        ("paper", 25),
        ("estate", 50),
    ]
    assert verify(published(found), KEYS).holds


def test_who_left_before_the_pot_began_has_no_equal_part_in_it() -> None:
    gone = (terms.Span(date(2020, 1, 1), date(2025, 12, 25)),)
    parties = (Party("blog", 1, gone), Party("estate", 1, ALWAYS), Party("paper", 1, ALWAYS))
    found = run([("wrk_blog", OCTOBER, 5)], EQUAL, parties=parties)
    assert [(party, amount) for party, amount, _ in told(found)] == [("estate", 50), ("paper", 50)]
    assert verify(published(found), KEYS).holds


def test_the_fee_of_the_pot_is_that_of_its_own_period() -> None:
    found = run([("wrk_blog", OCTOBER, 5), ("wrk_blog", JANUARY, 2)])
    licence = replace(found.pots[0].licence, kind="per-request", prices={"*": EUR})
    found = replace(found, pots=(replace(found.pots[0], licence=licence),))
    assert divide(found, found.pots[0]).due == 2 * EUR


def test_a_hold_of_late_days_holds_them() -> None:
    found = run(
        [("wrk_blog", OCTOBER, 1), ("wrk_blog", date(2025, 12, 15), 1)],
        holds=(Hold("hld_1", "wrk_blog", "blog", starts=date(2025, 12, 15)),),
    )
    [division] = divide_all(found)
    assert [(line.outcome, line.amount // EUR) for line in division.lines] == [("payable", 50), ("held", 50)]


@pytest.mark.parametrize(
    "late",
    [
        ((date(2026, 1, 1), date(2026, 1, 2)),),
        ((date(2025, 12, 2), date(2025, 12, 1)),),
        ((date(2025, 12, 1), date(2025, 12, 1)),),
        (LATE[1], LATE[0]),
        ((date(2025, 10, 1), date(2025, 12, 2)), LATE[1]),
    ],
)
def test_late_spans_are_before_the_pot_and_in_order(late: Any) -> None:
    with pytest.raises(EvidenceWrong, match="late usage"):
        replace(run([]).pots[0], late=late)


@pytest.mark.parametrize("late", [[], "x", [["2025-12-01"]], [["2025-12-01", "2026-01-02"]], [[1, 2]], None])
def test_a_bundle_whose_late_spans_are_none_does_not_hold(late: Any) -> None:
    found = run([("wrk_blog", OCTOBER, 1)])
    files = files_of(found)
    [pot] = [json.loads(one) for one in files["pots.jsonl"].splitlines()]
    changed = files | {"pots.jsonl": b"".join(canonical.write_lines([pot | {"late": late}]))}
    assert not verify(signed(changed, about_of(found)), KEYS).holds
