"""Bundles that follow one another: a run withdrawn, a second version, an old line told wrongly are seen."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quire.core import canonical
from quire.core.bundle import Bundle
from quire.core.corrections import Old
from quire.core.distribution import Evidence
from quire.core.lineage import PREVIOUS, corrects, link_of, previous, walk
from quire.core.verify import verify
from tests.core.by_hand import EUR, society
from tests.core.published import mutated
from tests.core.societies import KEYS, about_of, files_of, signed
from tests.core.test_corrections_bundle import PLAN, correction, run

Bundles = dict[str, Bundle]


def bundle(found: Evidence, name: str, before: Bundle | None = None, **files: bytes) -> Bundle:
    about = about_of(found) | {"run": name}
    if before is not None:
        about[PREVIOUS] = link_of(before).record()
    return signed(files_of(found) | files, about)


FIRST = bundle(society(PLAN, 50 * EUR, {"wrk_paper": 3, "wrk_blog": 2}), "dst_1")


def line(number: int, found: Bundle = FIRST) -> dict[str, Any]:
    return dict(json.loads(found["lines.jsonl"].splitlines()[number]))


def of_first(**more: Any) -> Evidence:
    """The second run, which corrects the paper's line of the first."""
    told = line(1)
    assert told["party"] == "paper"
    old = Old("paper", told["role"], 1, 30 * EUR, 1)._replace(share=correction().part)
    base = correction(old=(old,))
    one = replace(
        base, run="dst_1", root=link_of(FIRST).root, starts=_day(told["from"]), ends=_day(told["until"])
    )
    return run(replace(one, **more))


def _day(text: str) -> Any:
    from datetime import date

    return date.fromisoformat(text)


SECOND = bundle(of_first(), "dst_2", FIRST)
THIRD = bundle(run(), "dst_3", SECOND)
ALL = {"a": THIRD, "b": FIRST, "c": SECOND}


def sentences(found: Bundles) -> str:
    return " ".join(one.sentence for one in walk(found, KEYS).findings)


def test_runs_follow_one_another_from_the_first_to_the_last() -> None:
    found = walk(ALL, KEYS)
    assert found.findings == ()
    assert found.runs == ("dst_1", "dst_2", "dst_3")
    assert all(verify(one, KEYS).holds for one in ALL.values())
    assert previous(FIRST) is None


def test_a_run_that_was_withdrawn_is_missed() -> None:
    assert "dst_3 follows dst_2, which is not here: it was withdrawn or left out." in sentences(
        {"a": THIRD, "b": FIRST}
    )


def test_a_second_version_of_a_run_is_seen_beside_the_first_and_in_its_place() -> None:
    again = bundle(run(), "dst_2", FIRST)
    assert "dst_2 is here twice" in sentences(ALL | {"d": again})
    assert "dst_3 follows another version of dst_2 than is here." in sentences(ALL | {"c": again})


def test_the_same_files_with_another_past_are_another_version() -> None:
    """The root is of the files alone; the digest of the manifest is of all that it says."""
    forged = bundle(of_first(), "dst_2")
    assert link_of(forged).root == link_of(SECOND).root
    assert "dst_3 follows another version of dst_2" in sentences(ALL | {"c": forged})


def test_two_that_follow_the_same_are_seen() -> None:
    assert "dst_3, dst_4 all follow dst_2" in sentences(ALL | {"d": bundle(run(), "dst_4", SECOND)})
    assert "dst_1, dst_4 all follow none" in sentences(ALL | {"d": bundle(run(), "dst_4")})


def test_a_changed_byte_is_found_in_the_chain_too() -> None:
    files = dict(SECOND.contents)
    files["lines.jsonl"] += b"\n"
    assert "lines.jsonl is not the file" in sentences(ALL | {"c": Bundle(files)})


def test_old_lines_are_looked_up() -> None:
    assert corrects(SECOND, FIRST) == []
    assert corrects(THIRD, FIRST) == [], "it has no corrections"
    old = of_first().corrections[0].old[0]
    for wrong, said in (
        ({"root": "b" * 64}, "of another version of dst_1"),
        ({"label": "other"}, "which is of something else"),
        ({"subject": "wrk_blog"}, "which is of something else"),
        ({"use": ""}, "which is of something else"),
        ({"old": (old._replace(line=0),)}, "which is of something else"),
        ({"old": (old._replace(line=9),)}, "which dst_1 does not have"),
        ({"old": (old._replace(party="blog"),)}, "it was paper's"),
        ({"old": (old._replace(role="author"),)}, "says of line 1 what it does not say"),
        ({"old": (old._replace(amount=29 * EUR),), "amount": 29 * EUR}, "what it does not say"),
    ):
        found = bundle(of_first(**wrong), "dst_2", FIRST)
        assert verify(found, KEYS).holds, "it is sound in itself"
        assert said in " ".join(one.sentence for one in corrects(found, FIRST)), said
        assert said in sentences({"a": FIRST, "b": found})


def test_a_debt_that_no_run_left_is_seen() -> None:
    from quire.core.corrections import Debt

    posted = replace(of_first().corrections[0], posted="dst_2")
    left = {json.loads(one)["amount"] for one in SECOND["outstanding.jsonl"].splitlines()}
    assert left == {"5.000000000000"}
    good = run(posted, debts=(Debt("cor_1", "paper", "estate", "EUR", 5 * EUR),))
    assert sentences(ALL | {"a": bundle(good, "dst_3", SECOND)}) == ""
    bad = run(posted, debts=(Debt("cor_1", "paper", "estate", "EUR", 9 * EUR),))
    assert "No run here left the debt" in sentences(ALL | {"a": bundle(bad, "dst_3", SECOND)})


@pytest.mark.parametrize("told", ["dst_1", {}, {"run": "dst_1"}, []])
def test_what_does_not_say_whole_what_is_before_it(told: Any) -> None:
    found = signed(files_of(run()), about_of(run()) | {PREVIOUS: told})
    assert "does not say whole" in sentences({"a": found})


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_hostile_corrections_end_in_a_finding(data: st.DataObject) -> None:
    records = [json.loads(one) for one in SECOND["corrections.jsonl"].splitlines()]
    changed = mutated(records, data)
    lines = changed if isinstance(changed, list) else [changed]
    files = dict(SECOND.contents) | {
        "corrections.jsonl": b"".join(canonical.write_lines([one for one in lines if isinstance(one, dict)]))
    }
    assert all(one.sentence for one in corrects(Bundle(files), FIRST))
    walk({"a": FIRST, "b": Bundle(files)}, KEYS)
