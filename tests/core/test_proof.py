"""One party's lines proved in one file, and nothing that is not so."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quire.core import proof, tokens
from quire.core.proof import ProofWrong, dumps, make, verify
from tests.core.published import TRUE, mutated
from tests.core.societies import KEYS, evidence_of, published

ROOT = TRUE.manifest.root


def told(party: str = "blog") -> dict[str, Any]:
    return dict(json.loads(dumps(make(TRUE, party))))


def findings(changed: Any, root: str = ROOT) -> str:
    return " ".join(one.sentence for one in verify(json.dumps(changed).encode(), root, KEYS).findings)


def test_a_true_proof_holds_by_the_root_by_the_key_or_by_both() -> None:
    data = dumps(make(TRUE, "blog"))
    for root, keys in ((ROOT, None), (f"sha256:{ROOT}", None), ("", KEYS), (ROOT, KEYS)):
        verdict = verify(data, root, keys)
        assert verdict.holds, verdict.sentence()
        assert verdict.facts == {"party": "blog", "run": "run_1", "lines": 3}


def test_without_root_or_key_it_proves_nothing() -> None:
    data = dumps(make(TRUE, "blog"))
    other = tokens.KeySet.of(tokens.SigningKey.generate().public_jwk())
    assert not verify(data).holds
    assert not verify(data, "", other).holds
    assert not verify(data, ROOT, other).holds
    assert not verify(data, "0" * 64).holds


@settings(max_examples=40, deadline=None)
@given(evidence_of())
def test_everybody_in_any_society_has_a_proof(found: Any) -> None:
    bundle = published(found)
    parties = {record["party"] for _, record in bundle.records("payees.jsonl")}
    for party in sorted(parties):
        verdict = verify(dumps(make(bundle, party)), bundle.manifest.root)
        assert verdict.holds, verdict.sentence()


def test_a_line_left_out_is_missed_in_the_sums() -> None:
    changed = told()
    del changed["files"]["lines.jsonl"][0]
    assert "lines are missing" in findings(changed)


def test_a_line_altered_doubled_or_another_partys_is_found() -> None:
    changed = told()
    changed["files"]["lines.jsonl"][0]["record"]["amount"] = "99.000000000000"
    assert "does not lead to the run's root" in findings(changed)
    changed = told()
    changed["files"]["lines.jsonl"].append(changed["files"]["lines.jsonl"][0])
    assert "is told twice" in findings(changed)
    changed = told()
    changed["files"]["lines.jsonl"] += told("paper")["files"]["lines.jsonl"]
    assert "is not blog's" in findings(changed)


def test_the_manifest_cannot_be_altered() -> None:
    changed = told()
    changed["manifest"]["about"]["run"] = "run_2"
    assert "is not what was signed" in findings(changed)
    changed = told()
    changed["manifest"]["files"][0]["bytes"] += 1
    assert "its root is not that of its files" in findings(changed)


def test_who_has_no_line_has_no_proof() -> None:
    with pytest.raises(ProofWrong, match="has no line"):
        make(TRUE, "nobody")


PAIRS = b'{"files":[[null,null]],"format":"quire-proof/1","manifest":{},"party":"p","signature":{}}'


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"\xff", b'{"format":"quire-proof/1"}', b"1", PAIRS])
def test_what_is_no_proof(data: bytes) -> None:
    with pytest.raises(ProofWrong):
        verify(data, ROOT, KEYS)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_one_change_anywhere_is_found(data: st.DataObject) -> None:
    changed = mutated(told(), data)
    if changed == told():
        return
    try:
        assert not verify(json.dumps(changed).encode(), ROOT, KEYS).holds
    except ProofWrong:
        return


def test_the_format_is_named() -> None:
    assert told()["format"] == proof.FORMAT
