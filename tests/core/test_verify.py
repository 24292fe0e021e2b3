"""What an auditor is told: a true bundle holds, and nothing else does, whoever has signed it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quire.core import canonical, evidence, tokens
from quire.core.bundle import MANIFEST, SIGNATURE, Bundle
from quire.core.distribution import Evidence, divide_all
from quire.core.money import decimal_of, quanta_of
from quire.core.verify import verify
from tests.core.by_hand import EUR, shipped, society
from tests.core.published import ABOUT, FILES, TRUE, lines_of, mutated, resigned
from tests.core.societies import KEYS, about_of, evidence_of, files_of, published, signed


def sentence_of(told: Bundle, file: str) -> str:
    """The one thing wrong, which must be in ``file``."""
    verdict = verify(told, KEYS)
    assert [finding.file for finding in verdict.findings] == [file]
    assert verdict.sentence() == f"It does not hold: {verdict.findings[0].sentence}"
    return verdict.findings[0].sentence


# --- what holds ---


def test_a_true_bundle_holds_in_one_sentence() -> None:
    verdict = verify(TRUE, KEYS)
    assert verdict.holds
    assert verdict.sentence() == (
        "It holds: all 9 lines of the run run_1 of Society of Examples, 2026-01-01 to 2026-02-01, follow "
        "from its counts, prices, shares and mandates by the plan “hybrid”; 100.00 EUR came in, "
        "accounted for to 10⁻¹² of a unit."
    )


@settings(max_examples=60, deadline=None)
@given(evidence_of())
def test_the_bundle_of_any_society_holds(found: Evidence) -> None:
    verdict = verify(published(found), KEYS)
    assert verdict.findings == ()
    assert verdict.facts["lines"] == sum(len(one.lines) for one in divide_all(found))
    assert verdict.sentence().startswith("It holds: all ")


def test_without_the_key_it_does_not_hold_and_says_how_to_give_it() -> None:
    for keys in (None, tokens.KeySet(), tokens.KeySet.of(tokens.SigningKey.generate().public_jwk())):
        verdict = verify(TRUE, keys)
        assert [finding.file for finding in verdict.findings] == [SIGNATURE]
        assert "give it with --key" in verdict.sentence()


# --- one changed byte ---


def changed_byte(contents: dict[str, bytes], name: str, at: int, byte: int) -> bool:
    """Whether the change is found and its file named."""
    data = contents[name]
    other = data[:at] + bytes([byte]) + data[at + 1 :]
    verdict = verify(Bundle({**contents, name: other}), KEYS)
    return name in {finding.file for finding in verdict.findings}


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(TRUE.contents)), st.data())
def test_one_changed_byte_is_found_and_the_file_named(name: str, data: st.DataObject) -> None:
    whole = TRUE.contents[name]
    if whole:
        at = data.draw(st.integers(0, len(whole) - 1))
        byte = data.draw(st.integers(0, 255).filter(lambda byte: byte != whole[at]))
        assert changed_byte(dict(TRUE.contents), name, at, byte)


@pytest.mark.more
def test_every_byte_of_every_file() -> None:
    for name, whole in TRUE.contents.items():
        for at, byte in enumerate(whole):
            assert changed_byte(dict(TRUE.contents), name, at, byte ^ 1 << at % 8), (name, at)


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_file_that_is_cut_missing_or_added_is_named(name: str) -> None:
    contents = dict(TRUE.contents)
    for other in (contents[name][:-1], contents[name] + b"\n"):
        told = verify(Bundle({**contents, name: other}), KEYS)
        assert name in {finding.file for finding in told.findings} or contents[name] == other
    del contents[name]
    assert name in {finding.file for finding in verify(Bundle(contents), KEYS).findings}
    added = Bundle({**TRUE.contents, "notes.txt": b""})
    assert {finding.file for finding in verify(added, KEYS).findings} == {"notes.txt"}


# --- altered results, signed with the society's own key ---


def test_an_amount_moved_from_one_party_to_another() -> None:
    lines = lines_of("lines.jsonl")
    mine, theirs = lines[1], lines[2]
    assert mine["party"] != theirs["party"]
    for line, sign in ((mine, 1), (theirs, -1)):
        line["amount"] = decimal_of(quanta_of(line["amount"]) + sign)
    assert sentence_of(resigned("lines.jsonl", lines), "lines.jsonl") == (
        "lines.jsonl line 2 does not follow from the evidence: amount is 11.333333333335, recomputed it is "
        "11.333333333334."
    )


def test_a_line_given_to_another_party() -> None:
    lines = lines_of("lines.jsonl")
    lines[4]["party"] = "estate"
    assert sentence_of(resigned("lines.jsonl", lines), "lines.jsonl") == (
        "lines.jsonl line 5 does not follow from the evidence: party is estate, recomputed it is blog."
    )


def test_a_dropped_line_and_one_too_many() -> None:
    lines = lines_of("lines.jsonl")
    for cut in (lines[:-1], [*lines, {**lines[-1], "line": 9}]):
        assert sentence_of(resigned("lines.jsonl", cut), "lines.jsonl") == (
            f"lines.jsonl has {len(cut)} lines; recomputed there are 9."
        )
    assert "line 3" in sentence_of(resigned("lines.jsonl", lines[:2] + lines[3:]), "lines.jsonl")


@pytest.mark.parametrize("member", ["received", "due", "allocated", "held", "deducted", "fund", "residue"])
def test_a_changed_total_or_fee_due(member: str) -> None:
    totals = lines_of("totals.jsonl")
    totals[0][member] = decimal_of(quanta_of(totals[0][member]) + EUR)
    found = sentence_of(resigned("totals.jsonl", totals), "totals.jsonl")
    assert found.startswith(f"totals.jsonl line 1 does not follow from the evidence: {member} is ")


def test_a_changed_portion_and_a_changed_payee() -> None:
    totals, paid = lines_of("totals.jsonl"), lines_of("payees.jsonl")
    totals[0]["shares"][0]["weight"] = "4/1"
    assert "line 1" in sentence_of(resigned("totals.jsonl", totals), "totals.jsonl")
    paid[1]["payable"], paid[1]["held"] = paid[1]["held"], paid[1]["payable"]
    assert "line 2" in sentence_of(resigned("payees.jsonl", paid), "payees.jsonl")


def test_a_line_that_says_more_or_less_than_it_should() -> None:
    lines = lines_of("lines.jsonl")
    lines[3]["note"] = "with thanks"
    assert sentence_of(resigned("lines.jsonl", lines), "lines.jsonl").endswith(
        "line 4 does not follow from the evidence: note is with thanks, recomputed it is missing."
    )
    del lines[3]["note"], lines[3]["role"]
    assert sentence_of(resigned("lines.jsonl", lines), "lines.jsonl").endswith(
        "role is missing, recomputed it is member."
    )


@pytest.mark.parametrize("line", [b"[]\n", b"3\n", b"{ }\n", b'{"a":1.5}\n', b"\xff\n", b"[" * 9999 + b"\n"])
def test_a_line_that_is_none(line: bytes) -> None:
    for name in evidence.RESULTS:
        told = signed(FILES | {name: line + FILES[name]}, ABOUT)
        assert sentence_of(told, name).startswith(f"{name} line 1 does not follow from the evidence: ")


def test_a_file_that_is_no_part_of_a_run_and_a_result_that_is_not_there() -> None:
    assert "no part of a run" in sentence_of(signed(FILES | {"notes.txt": b""}, ABOUT), "notes.txt")
    for name in evidence.RESULTS:
        less = {each: data for each, data in FILES.items() if each != name}
        assert sentence_of(signed(less, ABOUT), name) == f"The bundle has no {name}."


# --- altered inputs ---


def test_other_inputs_with_the_results_that_follow_do_hold() -> None:
    """What happened is for the signature to say; that is why it is signed."""
    other = society(shipped("hybrid"), 100 * EUR, {"wrk_blog": 10**6})
    assert verify(published(other), KEYS).holds


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("counts.jsonl", {"requests": 2}),
        ("parties.jsonl", {"lapses": [{"from": "2026-01-01", "until": None}]}),
        ("mandates.jsonl", {"answer": "no"}),
        ("works.jsonl", {"member": "estate"}),
        ("holds.jsonl", {"subject": "wrk_blog"}),
        ("licences.jsonl", {"uses": ["search"]}),
    ],
)
def test_other_inputs_with_the_old_results_do_not(name: str, change: dict[str, Any]) -> None:
    records = lines_of(name)
    records[0] |= change
    verdict = verify(resigned(name, records), KEYS)
    assert "lines.jsonl" in {finding.file for finding in verdict.findings}


@pytest.mark.parametrize("name", ["counts", "works", "parties", "mandates", "licences", "pots", "receipts"])
def test_an_input_that_says_something_beside_what_it_must(name: str) -> None:
    records = lines_of(f"{name}.jsonl")
    records[0]["zz"] = 1
    verdict = verify(resigned(f"{name}.jsonl", records), KEYS)
    assert [finding.file for finding in verdict.findings] == [f"{name}.jsonl"]
    assert "line 1 does not stand as a run publishes it" in verdict.findings[0].sentence


@pytest.mark.parametrize(
    ("name", "lie"),
    [("from", "2027-01-01"), ("until", "1999-01-01"), ("plan", "another"), ("society", ""), ("run", None),
     ("decision", {})],
)  # fmt: skip
def test_a_manifest_that_lies_about_the_run(name: str, lie: Any) -> None:
    verdict = verify(signed(FILES, {**ABOUT, name: lie}), KEYS)
    assert {finding.file for finding in verdict.findings} == {"bundle.json"}


def test_another_plan_than_the_run_says_it_used() -> None:
    other = society(shipped("per-usage"), 100 * EUR, {"wrk_blog": 1})
    told = signed(files_of(other), about_of(other) | {"plan_digest": ABOUT["plan_digest"]})
    assert sentence_of(told, "plan.toml") == (
        "plan.toml is not the plan that the run says it used: its digest differs."
    )


def test_receipts_that_do_not_sum_to_the_pot() -> None:
    receipts = lines_of("receipts.jsonl")
    less = resigned("receipts.jsonl", receipts[:1])
    assert (
        sentence_of(less, "receipts.jsonl") == "The receipts of pot_1 do not sum to its amount, 100.00 EUR."
    )
    stray = resigned("receipts.jsonl", [*receipts, {**receipts[0], "receipt": "rcp_9", "pot": "pot_9"}])
    assert "no pot of this run" in sentence_of(stray, "receipts.jsonl")
    twice = resigned("receipts.jsonl", [*receipts, receipts[0]])
    assert "a second time" in sentence_of(twice, "receipts.jsonl")


def test_a_bundle_without_any_evidence_is_said_to_be_so() -> None:
    verdict = verify(signed({}, {}), KEYS)
    assert verdict.sentence() == "It does not hold: The bundle has no plan.toml."
    assert not verify(Bundle({}), KEYS).holds


# --- hostile evidence, truly signed ---


@settings(max_examples=200, deadline=None)
@given(st.sampled_from([name for name in sorted(FILES) if name != "plan.toml"]), st.data())
def test_hostile_evidence_ends_in_a_finding_and_never_in_an_error(name: str, data: st.DataObject) -> None:
    records = mutated(lines_of(name), data)
    objects = [one for one in records if isinstance(one, dict)] if isinstance(records, list) else []
    verdict = verify(resigned(name, objects), KEYS)
    assert verdict.sentence()
    if name in evidence.RESULTS and objects != lines_of(name):
        assert {finding.file for finding in verdict.findings} == {name}


def test_true_is_not_one() -> None:
    """To Python it is, so lines that differ in that alone were said to differ in nothing."""
    tried = 0
    for name in sorted(FILES):
        if name == "plan.toml":
            continue
        for place, line in enumerate(lines_of(name)):
            for key in [key for key, value in line.items() if value == 1 and type(value) is int]:
                lines = lines_of(name)
                lines[place][key] = True
                verdict = verify(resigned(name, lines), KEYS)
                assert verdict.findings, (name, place, key)
                tried += 1
    assert tried


@pytest.mark.more
@settings(max_examples=3000, deadline=None)
@given(st.sampled_from([name for name in sorted(FILES) if name != "plan.toml"]), st.data())
def test_very_much_hostile_evidence(name: str, data: st.DataObject) -> None:
    records = mutated(lines_of(name), data)
    objects = [one for one in records if isinstance(one, dict)] if isinstance(records, list) else []
    assert verify(resigned(name, objects), KEYS).sentence()


@settings(max_examples=100, deadline=None)
@given(st.sampled_from([MANIFEST, SIGNATURE]), st.data())
def test_a_hostile_manifest_or_signature_ends_in_a_finding(name: str, data: st.DataObject) -> None:
    other = canonical.dumps(mutated(canonical.loads(TRUE.contents[name]), data))
    verdict = verify(Bundle({**TRUE.contents, name: other}), KEYS)
    assert verdict.holds == (other == TRUE.contents[name])
