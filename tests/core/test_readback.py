"""Reading what anybody may have written: refused by file and line, in a sentence."""

from __future__ import annotations

import json
from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quire.core import canonical, evidence, readback, terms
from quire.core.distribution import EvidenceWrong, Hold, Version
from quire.core.errors import QuireError
from quire.core.shares import Shares
from tests.core import societies
from tests.core.by_hand import shipped, society


def files() -> dict[str, bytes]:
    versions = {2: (Version(None, None, Shares.sole("paper").syndicated("blog", Fraction(1, 3))),)}
    found = society(
        shipped("hybrid"), 3, {"wrk_paper": 1}, versions=versions, holds=(Hold("hld_1", "wrk_blog", None),),
        direct=(terms.DirectLicence("estate", "lab", date(2026, 1, 1), None),),
    )  # fmt: skip
    return societies.files_of(found)


def changed(name: str, line: int, **members: Any) -> dict[str, bytes]:
    told = files()
    lines = [json.loads(one) for one in told[name].splitlines()]
    lines[line - 1] |= members
    return told | {name: b"".join(evidence.canonical.write_lines(lines))}


REFUSED: list[tuple[str, int, dict[str, Any]]] = [
    ("licences.jsonl", 1, {"uses": "ai-train"}),
    ("licences.jsonl", 1, {"uses": ["reading"]}),
    ("licences.jsonl", 1, {"currency": "XXX"}),
    ("licences.jsonl", 1, {"fee": "-1.000000000000"}),
    ("licences.jsonl", 1, {"until": None}),
    ("licences.jsonl", 1, {"kind": "per-request"}),
    ("licences.jsonl", 1, {"prices": []}),
    ("pots.jsonl", 1, {"licence": "lic_9"}),
    ("pots.jsonl", 1, {"licence": ["lic_1"]}),
    ("pots.jsonl", 1, {"currency": "XQQ"}),
    ("pots.jsonl", 1, {"amount": "-0.000000000003"}),
    ("pots.jsonl", 1, {"amount": "3"}),
    ("pots.jsonl", 1, {"amount": 3}),
    ("pots.jsonl", 1, {"until": "2026-01-01"}),
    ("pots.jsonl", 1, {"until": "20260201"}),
    ("parties.jsonl", 2, {"ordinal": 2}),
    ("parties.jsonl", 2, {"party": "blog"}),
    ("parties.jsonl", 2, {"party": None}),
    ("parties.jsonl", 2, {"works": -1}),
    ("parties.jsonl", 2, {"works": True}),
    ("parties.jsonl", 2, {"member": {}}),
    ("parties.jsonl", 2, {"member": [{"from": "2026-01-01", "until": None}] * 2}),
    ("mandates.jsonl", 3, {"use": "reading"}),
    ("mandates.jsonl", 3, {"answer": True}),
    ("mandates.jsonl", 3, {"licensee": 3}),
    ("direct.jsonl", 1, {"licensee": None}),
    ("works.jsonl", 1, {"kind": "song"}),
    ("works.jsonl", 1, {"member": "nobody"}),
    ("works.jsonl", 1, {"id": "wrk_estate"}),
    ("works.jsonl", 1, {"tier": 3}),
    ("works.jsonl", 1, {"ordinal": False}),
    ("works.jsonl", 3, {"owners": None}),
    ("works.jsonl", 3, {"owners": [{"from": None, "until": None, "shares": [["paper", "owner", "1/2"]]}]}),
    ("works.jsonl", 3, {"owners": [{"from": None, "until": None, "shares": [["pape", "owner", "1/1"]]}]}),
    ("works.jsonl", 3, {"owners": [{"from": None, "until": None, "shares": [["paper", "king", "1/1"]]}]}),
    ("works.jsonl", 3, {"owners": [{"from": None, "until": None, "shares": [["paper", "owner", "1e9999"]]}]}),
    ("works.jsonl", 3, {"owners": [{"from": None, "until": None, "shares": [["paper", "owner", "1"]]}] * 2}),
    ("holds.jsonl", 1, {"part": "1/2"}),
    ("holds.jsonl", 1, {"from": "2026-01-02"}),
    ("holds.jsonl", 1, {"party": "paper", "part": "0/1"}),
    ("holds.jsonl", 1, {"party": "paper", "part": "3/2"}),
    ("holds.jsonl", 1, {"party": "paper", "part": None}),
    ("holds.jsonl", 1, {"party": "paper", "part": True}),
    ("holds.jsonl", 1, {"party": "paper", "from": "2026-13-01"}),
    ("holds.jsonl", 1, {"party": []}),
    ("holds.jsonl", 1, {"subject": None}),
    ("counts.jsonl", 1, {"pot": "pot_2"}),
    ("counts.jsonl", 1, {"pot": []}),
    ("counts.jsonl", 1, {"subject": 4}),
    ("counts.jsonl", 1, {"subject": -1}),
    ("counts.jsonl", 1, {"subject": True}),
    ("counts.jsonl", 1, {"from": "2026-01-02"}),
    ("counts.jsonl", 1, {"use": "reading"}),
    ("counts.jsonl", 1, {"requests": -1}),
    ("counts.jsonl", 1, {"requests": "1"}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "line", "members"), REFUSED)
def test_a_line_that_cannot_be_right_is_refused_by_file_and_line(
    name: str, line: int, members: dict[str, Any]
) -> None:
    told = changed(name, line, **members)
    with pytest.raises(EvidenceWrong) as caught:
        evidence.read(told)
    assert caught.value.data["file"] == name
    # Of two lines with one name it is the second that is wrong.
    at = 2 if "id" in members else line
    assert caught.value.data["line"] == at
    assert caught.value.sentence.startswith(f"{name} line {at} ")


def test_a_receipt_booked_twice_and_a_date_that_is_none_are_refused() -> None:
    for line, members in ((2, {"receipt": "rcp_pot_1_0"}), (1, {"received": "soon"})):
        with pytest.raises(EvidenceWrong, match=f"receipts.jsonl line {line} "):
            evidence.read_receipts(changed("receipts.jsonl", line, **members))


@pytest.mark.parametrize("name", evidence.INPUTS)
def test_a_missing_broken_or_repeated_file_is_named(name: str) -> None:
    whole = files()
    broken = [whole[name] + b"\xff\n", whole[name][:-1], whole[name] + b"[]\n", whole[name] + b'{"a":1.5}\n']
    if name != "plan.toml":
        broken.append(whole[name] + b"{}\n")
    if name not in ("plan.toml", "mandates.jsonl", "direct.jsonl"):
        broken.append(whole[name] * 2)
    without = {each: data for each, data in whole.items() if each != name}
    for told in [without, *({**whole, name: data} for data in broken[name == "plan.toml" :])]:
        if name == "plan.toml" and told.get(name) in broken[1:3]:
            continue
        with pytest.raises(QuireError) as caught:
            evidence.read_receipts(told) if name == "receipts.jsonl" else evidence.read(told)
        assert caught.value.data["file"] == name
        assert name in caught.value.sentence


ODD = ["a", "a-b", "2026-01-01", "", "A", "é", 'a"', "a\\b", "pot_1:x", "a\n"]


@settings(max_examples=200)
@given(
    told=st.fixed_dictionaries(
        {
            "from": st.sampled_from(ODD),
            "pot": st.sampled_from(ODD),
            "requests": st.sampled_from([0, 1, 10, 10**15 - 1, 10**15, -1, True, None]),
            "subject": st.sampled_from([0, 7, "7"]),
            "use": st.sampled_from(ODD),
        },
        optional={"evidence": st.sampled_from(ODD), "more": st.just(1)},
    ),
    spoil=st.sampled_from([b"", b" ", b"0", b"\n", b"}"]),
)
def test_a_line_of_counts_is_read_quickly_only_where_it_is_canonical(
    told: dict[str, object], spoil: bytes
) -> None:
    line = canonical.dumps(told)
    assert readback._count_of(line) in (None, told)
    assert readback._count_of(canonical.dumps({**told, "from": "2026-01-01", "pot": "p", "use": "u"})) in (
        None,
        {**told, "from": "2026-01-01", "pot": "p", "use": "u"},
    )
    for changed in (line + spoil, spoil + line, line.replace(b":", b":" + spoil, 3)):
        if (found := readback._count_of(changed)) is not None:
            assert canonical.loads(changed) == found
