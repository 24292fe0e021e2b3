"""A statement held against a bundle: exactly its party's lines, as they stand there, and their sums."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quire.core import bundle
from quire.core.bundle import Bundle
from quire.core.distribution import Evidence, divide_all
from quire.core.money import decimal_of, quanta_of
from quire.core.verify import StatementWrong, verify_statement
from tests.core.published import TRUE, lines_of, mutated, resigned
from tests.core.societies import evidence_of, published


def statement(party: str = "blog", told: Bundle = TRUE) -> dict[str, Any]:
    """A statement as the society makes it."""
    lines = [(number, record) for number, (_, record) in enumerate(told.records("lines.jsonl"))]
    ours = [(number, record) for number, record in lines if record.get("party") == party]
    proofs = {number: bundle.line_proof(told, "lines.jsonl", number) for number, _ in ours}
    sums = {outcome: sum(quanta_of(record["amount"]) for _, record in ours if record["outcome"] == outcome)
            for outcome in ("payable", "held")}  # fmt: skip
    entry = told.manifest.files["lines.jsonl"]
    return {
        "run": "run_1",
        "party": {"id": party, "name": "A blog"},
        "lines": [{"line": number, "record": record, "work": "About trees"} for number, record in ours],
        "proof": {
            "root": entry.root,
            "size": entry.lines,
            "paths": {str(number): proof["proof"] for number, proof in proofs.items()},
            "totals": {"EUR": {outcome: decimal_of(total) for outcome, total in sums.items()}},
        },
    }


def findings(told: Any) -> list[str]:
    verdict = verify_statement(TRUE, json.dumps(told, indent=1).encode())
    assert all(finding.file == "statement" for finding in verdict.findings)
    assert verdict.sentence()
    return [finding.sentence for finding in verdict.findings]


@pytest.mark.parametrize(("party", "lines"), [("blog", 3), ("estate", 2), ("paper", 3)])
def test_a_true_statement_is_in_the_bundle(party: str, lines: int) -> None:
    verdict = verify_statement(TRUE, json.dumps(statement(party)).encode())
    assert verdict.sentence() == (
        f"It holds: the statement has all {lines} lines of {party} in the run run_1, as they stand in the "
        "bundle, and their sums."
    )


@settings(max_examples=50, deadline=None)
@given(evidence_of())
def test_every_payee_of_any_society_can_prove_their_lines(found: Evidence) -> None:
    told = published(found)
    currencies = {one.id: one.currency for one in divide_all(found)}
    for party in found.parties:
        one = statement(party.id, told)
        sums: dict[str, dict[str, int]] = {}
        for line in one["lines"]:
            record = line["record"]
            owed = sums.setdefault(currencies[record["pot"]], {"payable": 0, "held": 0})
            owed[record["outcome"]] += quanta_of(record["amount"])
        one["proof"]["totals"] = {
            currency: {outcome: decimal_of(total) for outcome, total in owed.items()}
            for currency, owed in sums.items()
        }
        assert verify_statement(told, json.dumps(one).encode()).findings == ()


def test_a_missing_line() -> None:
    told = statement()
    gone = told["lines"].pop(1)["line"]
    assert findings(told) == [f"Line {gone} of the bundle is this party's, but not in the statement."]


def test_a_foreign_line() -> None:
    told, other = statement(), statement("paper")
    told["lines"].append(other["lines"][0])
    told["proof"]["paths"] |= other["proof"]["paths"]
    assert findings(told) == [
        f"Line {other['lines'][0]['line']} of the statement is not in the bundle as it stands there."
    ]


def test_a_changed_amount() -> None:
    told = statement()
    told["lines"][0]["record"]["amount"] = "12.000000000000"
    number = told["lines"][0]["line"]
    assert findings(told) == [f"Line {number} of the statement is not in the bundle as it stands there."]


def wrong_path(proof: dict[str, Any]) -> None:
    number = next(iter(proof["paths"]))
    proof["paths"][number] = [*proof["paths"][number][::-1], "00" * 32]


PROOFS: list[Callable[[dict[str, Any]], Any]] = [
    wrong_path,
    lambda proof: proof["paths"].clear(),
    lambda proof: proof["paths"].update({number: [None] for number in proof["paths"]}),
    lambda proof: proof["paths"].update(dict.fromkeys(proof["paths"], 3)),
]


@pytest.mark.parametrize("spoil", PROOFS)
def test_a_wrong_proof(spoil: Callable[[dict[str, Any]], Any]) -> None:
    told = statement()
    spoil(told["proof"])
    assert all("does not lead to the bundle's root" in one for one in findings(told))
    assert findings(told)


@pytest.mark.parametrize("change", [{"root": "00" * 32}, {"root": None}, {"size": 10}, {"size": "9"}])
def test_another_root_or_size(change: dict[str, Any]) -> None:
    told = statement()
    told["proof"] |= change
    assert findings(told) == ["The statement names another Merkle root or size than the bundle's lines have."]


@pytest.mark.parametrize("totals", [{}, {"EUR": {}}, {"EUR": 3}, {"EUR": {"payable": "1.000000000000"}}])
def test_sums_that_are_not_those_of_the_lines(totals: dict[str, Any]) -> None:
    told = statement()
    told["proof"]["totals"] = totals
    assert any("its lines in the bundle sum to 33.999999999999" in one or "sum to" in one
               for one in findings(told))  # fmt: skip


def test_a_sum_in_another_currency_or_of_another_kind() -> None:
    for totals in ({"USD": {"payable": "1.000000000000"}}, {"EUR": {"paid": "1.000000000000"}}):
        told = statement()
        for currency, more in totals.items():
            told["proof"]["totals"][currency] = told["proof"]["totals"].get(currency, {}) | more
        assert len(findings(told)) == 1


def test_a_line_twice_and_lines_that_are_none() -> None:
    told = statement()
    told["lines"].append(told["lines"][0])
    assert "twice" in findings(told)[0]
    for line in (None, {}, {"line": True}, {"line": "1"}, [], {"line": 99}, {"line": -1}):
        assert len(findings(statement() | {"lines": [*statement()["lines"], line]})) == 1


def test_the_statement_of_another_run_or_of_nobody() -> None:
    assert findings(statement() | {"run": "run_2"}) == [
        "The statement is of the run run_2; this bundle is another's."
    ]
    assert findings(statement() | {"party": {"id": "nobody"}})
    nobody = statement("nobody")
    assert findings(nobody) == []
    # The lines that belong to nobody, such as deductions, are nobody's statement.
    with pytest.raises(StatementWrong):
        findings(nobody | {"party": {"id": None}})


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        b"3",
        b"[]",
        b"{}",
        b"null",
        b'{"run":1}',
        b"[" * 99_999,
        b'{"run":"a","run":"b"}',
        b"NaN",
    ],
)
def test_what_is_no_statement(data: bytes) -> None:
    with pytest.raises(StatementWrong):
        verify_statement(TRUE, data)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_hostile_statement_is_refused_or_found_wrong(data: st.DataObject) -> None:
    true = statement()
    told = mutated(true, data)
    try:
        verdict = verify_statement(TRUE, json.dumps(told).encode())
    except StatementWrong:
        return
    same = {key: told.get(key) for key in ("run", "lines", "proof")} == {
        key: true[key] for key in ("run", "lines", "proof")
    }
    assert not verdict.holds or same or shown_only(told, true)
    assert verdict.sentence()


def shown_only(told: Any, true: dict[str, Any]) -> bool:
    """Whether the two differ only in what is said for people."""
    said = [
        [{key: line.get(key) for key in ("line", "record")} for line in one["lines"]] for one in (told, true)
    ]
    return sorted(map(str, said[0])) == sorted(map(str, said[1]))


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(["lines.jsonl", "pots.jsonl"]), st.data())
def test_a_statement_held_against_a_hostile_bundle(name: str, data: st.DataObject) -> None:
    records = mutated(lines_of(name), data)
    objects = [one for one in records if isinstance(one, dict)] if isinstance(records, list) else []
    assert verify_statement(resigned(name, objects), json.dumps(statement()).encode()).sentence()
