"""Recompute a published run from its evidence, and say whether it holds.

The auditor trusts the society's key for *who* published, never for *what* follows from the evidence: every
line, total and fee is computed again here and compared.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from quire.core import bundle as bundles
from quire.core import canonical, evidence, merkle
from quire.core.bundle import Bundle, Finding
from quire.core.distribution import Evidence, divide
from quire.core.errors import Invalid, QuireError
from quire.core.money import Money, decimal_of, quanta_of
from quire.core.tokens import KeySet

_ABOUT = ("society", "run", "plan", "decision", "from", "until")


class StatementWrong(Invalid):
    """A file that is no statement."""

    code = "statement.wrong"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What verifying found: nothing wrong, or every finding. ``facts`` are what was recomputed."""

    findings: tuple[Finding, ...]
    facts: Mapping[str, Any]

    @property
    def holds(self) -> bool:
        return not self.findings

    def sentence(self) -> str:
        """The answer in one sentence."""
        facts = self.facts
        if not self.holds:
            more = f" (and {len(self.findings) - 1} more)" if len(self.findings) > 1 else ""
            return f"It does not hold: {self.findings[0].sentence}{more}"
        return (
            f"It holds: all {facts['lines']:,} lines of the run {facts['run']} of {facts['society']}, "
            f"{facts['from']} to {facts['until']}, follow from its counts, prices, shares and mandates by "
            f"the plan “{facts['plan']}”; {facts['sums']} came in and is accounted for to 10⁻¹² of a unit."
        )


def verify(bundle: Bundle, keys: KeySet | None) -> Verdict:
    """Check the bundle's bytes and signature, then recompute it. Never raises for what a bundle may say."""
    findings = bundles.check(bundle, keys)
    facts: dict[str, Any] = {}
    try:
        facts = {name: str(bundle.manifest.about.get(name, "")) for name in _ABOUT}
        files = {name: bundle[name] for name in bundle.manifest.files}
        found = evidence.read(files)
        findings += _about(bundle, found)
        findings += _receipts(files, found)
        divisions = [divide(found, pot) for pot in found.pots]
        findings += _compare(files, evidence.result_files(found, divisions))
        facts |= {
            "plan": found.plan.name,
            "lines": sum(len(one.lines) for one in divisions),
            "sums": _sums(found),
        }
    except QuireError as problem:
        name = str(problem.data.get("file", "bundle.json"))
        findings.append(Finding(name, problem.sentence))
    except (ValueError, KeyError, TypeError, IndexError, OverflowError, RecursionError) as problem:
        findings.append(Finding("bundle.json", f"The evidence cannot be recomputed: {problem!r}."))
    return Verdict(tuple(dict.fromkeys(findings)), facts)


def _sums(found: Evidence) -> str:
    sums: dict[str, int] = {}
    for pot in found.pots:
        sums[pot.licence.currency] = sums.get(pot.licence.currency, 0) + pot.amount
    return (
        " and ".join(str(Money(quanta, currency)) for currency, quanta in sorted(sums.items())) or "nothing"
    )


def _about(bundle: Bundle, found: Evidence) -> Iterator[Finding]:
    told = bundle.manifest.about.get("plan_digest")
    if told != found.plan.digest:
        yield Finding("plan.toml", "plan.toml is not the plan that the run says it used: its digest differs.")


def _receipts(files: Mapping[str, bytes], found: Evidence) -> Iterator[Finding]:
    received = evidence.read_receipts(files)
    for pot in found.pots:
        if received.pop(pot.id, 0) != pot.amount:
            yield Finding(
                "receipts.jsonl",
                f"The receipts of {pot.id} do not sum to its amount, "
                f"{Money(pot.amount, pot.licence.currency)}.",
            )
    for name in received:
        yield Finding("receipts.jsonl", f"There are receipts for {name}, which is no pot of this run.")


def _compare(files: Mapping[str, bytes], computed: Mapping[str, bytes]) -> Iterator[Finding]:
    for name, expected in computed.items():
        if (told := files.get(name)) is None:
            yield Finding(name, f"The bundle has no {name}.")
        elif told != expected:
            yield _first_difference(name, told.splitlines(), expected.splitlines())
    for name in sorted(set(files) - set(computed) - set(evidence.INPUTS)):
        yield Finding(name, f"{name} is in the bundle, but is no part of a run.")


def _first_difference(name: str, told: Sequence[bytes], expected: Sequence[bytes]) -> Finding:
    for number, (one, other) in enumerate(zip(told, expected, strict=False), 1):
        if one != other:
            return Finding(
                name,
                f"{name} line {number} does not follow from the evidence: "
                f"it says {_short(one)}, recomputed it is {_short(other)}.",
            )
    return Finding(name, f"{name} has {len(told)} lines; recomputed there are {len(expected)}.")


def _short(line: bytes) -> str:
    try:
        found = json.loads(line)
        return f"{found['amount']} ({found.get('share', '')})" if "amount" in found else line.decode()[:160]
    except (ValueError, TypeError, KeyError):
        return line.decode("utf-8", "replace")[:160]


def verify_statement(bundle: Bundle, data: bytes) -> Verdict:
    """Whether a statement's lines are exactly its party's lines in the bundle, and sum to what it says.

    Say ``verify`` of the bundle first: this looks a statement up in it and proves each line's place in its
    Merkle tree. Raises ``StatementWrong`` where the file is no statement.
    """
    told = _statement(data)
    if told["run"] != bundle.manifest.about.get("run"):
        return Verdict(
            (Finding("statement", f"The statement is of the run {told['run']}; this bundle is another's."),),
            {},
        )
    ours = {
        record["line"]: (number, record)
        for number, record in bundle.records("lines.jsonl")
        if record.get("party") == told["party"]
    }
    findings = list(_lines_differ(bundle, told, ours))
    sums: dict[tuple[str, str], int] = {}
    pots = {record["pot"]: record["currency"] for _, record in bundle.records("pots.jsonl")}
    for _, record in ours.values():
        key = (pots[record["pot"]], record["outcome"])
        sums[key] = sums.get(key, 0) + quanta_of(record["amount"])
    for currency, outcome in sorted({*sums, *((c, o) for c in told["totals"] for o in ("payable", "held"))}):
        stated = told["totals"].get(currency, {}).get(outcome, decimal_of(0))
        if stated != decimal_of(sums.get((currency, outcome), 0)):
            findings.append(
                Finding(
                    "statement",
                    f"The statement says {stated} {currency} {outcome}; its lines in the "
                    f"bundle sum to {decimal_of(sums.get((currency, outcome), 0))}.",
                )
            )
    return Verdict(tuple(findings), {"party": told["party"], "lines": len(ours)})


def _statement(data: bytes) -> dict[str, Any]:
    try:
        told = json.loads(data)
        proof = told["proof"]
        return {
            "run": told["run"],
            "party": told["party"]["id"],
            "lines": told["lines"],
            "totals": {
                currency: {k: str(v) for k, v in sums.items()} for currency, sums in proof["totals"].items()
            },
            "root": proof["root"],
            "paths": proof["paths"],
            "size": proof["size"],
        }
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as problem:
        raise StatementWrong(
            "This file is no statement of Quire: it lacks run, party, lines or proof."
        ) from problem


def _lines_differ(
    bundle: Bundle, told: Mapping[str, Any], ours: Mapping[int, tuple[int, Mapping[str, Any]]]
) -> Iterator[Finding]:
    root = bundle.manifest.files["lines.jsonl"].root
    if told["root"] != root:
        yield Finding("statement", "The statement names another Merkle root than the bundle's lines have.")
    seen = set()
    for line in told["lines"]:
        number = line.get("line") if isinstance(line, dict) else None
        record = line.get("record") if isinstance(line, dict) else None
        if not isinstance(number, int) or number in seen or not isinstance(record, dict):
            yield Finding("statement", f"The statement has a line {number!r} twice, or one that is no line.")
            continue
        seen.add(number)
        if number not in ours or ours[number][1] != record:
            yield Finding(
                "statement", f"Line {number} of the statement is not in the bundle as it stands there."
            )
        elif not _proved(record, number, told, root):
            yield Finding("statement", f"The proof of line {number} does not lead to the bundle's root.")
    for number in sorted(set(ours) - seen):
        yield Finding("statement", f"Line {number} of the bundle is this party's, but not in the statement.")


def _proved(record: Mapping[str, Any], number: int, told: Mapping[str, Any], root: str) -> bool:
    try:
        path = [bytes.fromhex(step) for step in told["paths"][str(number)]]
        return merkle.verify_inclusion(
            canonical.dumps(record), number, int(told["size"]), path, bytes.fromhex(root)
        )
    except (KeyError, ValueError, TypeError):
        return False
