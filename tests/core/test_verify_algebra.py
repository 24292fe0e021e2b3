"""A bundle whose plan uses the whole algebra: every byte is watched, and all of it computed again."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quire.core import arrays, canonical
from quire.core.bundle import Bundle
from quire.core.distribution import Counts, Evidence, divide_all
from quire.core.verify import verify
from quire.core.weighings import Weighing, Weight
from tests.core import societies
from tests.core.by_hand import EUR, society

PLAN = """name = "all of it"
[tiers]
large = 150
small = 0
[evidence]
signature = "2"
[[deduct]]
label = "administration"
rate = "15%"
to = "society:administration"
ceiling = "EUR 10.00"
[[share]]
label = "texts"
portion = "60%"
  [[share.share]]
  label = "seats"
  portion = "50%"
  key = "units"
  of = "seats"
  caps = { large = "10%" }
  [[share.share]]
  label = "used"
  portion = "50%"
  key = "usage"
  weight = "evidence"
  income = "pooled"
  floor = "EUR 1"
[[share]]
label = "works"
portion = "40%"
key = "equal"
among = "works"
"""


def told() -> Evidence:
    found = society(PLAN, 100 * EUR, {"wrk_blog": 1, "wrk_paper": 3})
    counts = found.counts["pot_1"]
    shown = Counts(counts.segments, counts.subjects, counts.cells, counts.requests, arrays.ints([0, 1]))
    head = Weighing("seats", "units", "sha256:" + "7" * 64, "counted", "none")
    rows = (
        Weight("seats", "", "blog", Fraction(2)),
        Weight("seats", "", "wrk_paper", Fraction(1, 3), Fraction(0), Fraction(1)),
    )
    return replace(found, counts={"pot_1": shown}, weighings=(head,), weights=rows)


FILES = societies.files_of(told())
BUNDLE = societies.signed(FILES, societies.about_of(told()))
NEW = ("weighings.jsonl", "weights.jsonl", "counts.jsonl", "lines.jsonl", "totals.jsonl")


def test_it_holds_and_the_pool_is_in_it() -> None:
    assert verify(BUNDLE, societies.KEYS).findings == ()
    pots = [one.id for one in divide_all(told())]
    assert pots == ["pot_1", "pool:used:EUR"]
    assert {name for name in NEW if name in FILES} == set(NEW)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(NEW), st.data())
def test_a_changed_byte_is_found_and_the_file_named(name: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(FILES[name]) - 1))
    byte = data.draw(st.integers(1, 255))
    changed = bytearray(FILES[name])
    changed[place] ^= byte
    found = verify(Bundle({**BUNDLE.contents, name: bytes(changed)}), societies.KEYS)
    assert name in {one.file for one in found.findings}


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(NEW), st.data())
def test_a_changed_byte_that_was_signed_anew_is_found(name: str, data: st.DataObject) -> None:
    """Unless it is a word that moves no money, every change of evidence is one of results."""
    place = data.draw(st.integers(0, len(FILES[name]) - 2))  # without its last newline nothing is signed
    changed = bytearray(FILES[name])
    changed[place] ^= data.draw(st.sampled_from([1, 2, 4, 128]))
    anew = societies.signed({**FILES, name: bytes(changed)}, societies.about_of(told()))
    found = verify(anew, societies.KEYS)
    free = name == "weighings.jsonl"
    assert free or not found.holds


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("weights.jsonl", {"weight": "3/1"}),
        ("weights.jsonl", {"weight": "-1/1"}),
        ("weights.jsonl", {"weight": "2/4"}),
        ("weights.jsonl", {"weight": 1}),
        ("weights.jsonl", {"low": "1/1"}),
        ("weights.jsonl", {"weighing": "chairs"}),
        ("weights.jsonl", {"of": None}),
        ("weighings.jsonl", {"kind": "attribution"}),
        ("weighings.jsonl", {"digest": "sha256:7"}),
        ("weighings.jsonl", {"licence": "lic_1"}),
        ("counts.jsonl", {"evidence": "signature"}),
        ("counts.jsonl", {"evidence": "guess"}),
        ("counts.jsonl", {"evidence": ["key"]}),
        ("counts.jsonl", {"requests": 2}),
        ("pots.jsonl", {"pot": "pool:used:EUR"}),
    ],
)
def test_a_changed_fact_is_found_though_it_is_signed_anew(name: str, change: dict[str, Any]) -> None:
    first, *rest = (record for _, record in canonical.read_lines(FILES[name]))
    data = b"".join(canonical.write_lines([{**first, **change}, *rest]))
    found = verify(societies.signed({**FILES, name: data}, societies.about_of(told())), societies.KEYS)
    assert not found.holds
    assert all("cannot be recomputed" not in one.sentence for one in found.findings)
