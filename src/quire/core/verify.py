"""Recompute a published run from its evidence, and say whether it holds.

The auditor trusts the society's key for *who* published, never for *what* follows from the evidence: every
line, total and fee is computed again here and compared. What is published and what is computed pass by each
other a block at a time, so that memory goes by the facts of a run and not by its lines.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from quire.core import bundle as bundles
from quire.core import canonical, classes, evidence, extras
from quire.core.bundle import Bundle, Entry, Finding
from quire.core.container import LIMITS, BundleTooLarge, Limits
from quire.core.distribution import Evidence, divide_each
from quire.core.errors import Invalid, QuireError
from quire.core.evidence import Passed
from quire.core.money import Money, decimal_of, quanta_of
from quire.core.pieces import MAX_LINE, Cursor, Data, blocks
from quire.core.tokens import KeySet

_ABOUT = ("society", "run", "plan", "decision", "from", "until")
_UNFORESEEN = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)
"""What no check has foreseen is one more finding: an auditor is given an answer, never a traceback."""


STATEMENT = "statement"


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
        if "party" in facts:
            return (
                f"It holds: the statement has all {facts['lines']:,} lines of {facts['party']} in the run "
                f"{facts['run']}, as they stand in the bundle, and their sums."
            )
        return (
            f"It holds: all {facts['lines']:,} lines of the run {facts['run']} of {facts['society']}, "
            f"{facts['from']} to {facts['until']}, follow from its counts, prices, shares and mandates by "
            f"the plan “{facts['plan']}”; {facts['sums']} came in, accounted for to 10⁻¹² of a unit."
        )


def verify(bundle: Bundle, keys: KeySet | None, limits: Limits = LIMITS) -> Verdict:
    """Check the bundle's bytes and signature, then recompute it. Never raises for what a bundle may say."""
    findings = bundles.check(bundle, keys)
    facts: dict[str, Any] = {}
    try:
        facts = {name: str(bundle.manifest.about.get(name, "")) for name in _ABOUT}
        _refuse_facts(bundle, limits)
        files = {name: bundle[name] for name in bundle.manifest.files}
        found = evidence.read(files)
        findings += _about(bundle, found)
        findings += _receipts(files, found)
        findings += _classes(found)
        findings += _as_published(files, found)
        compared = _Compared(files, found)
        for one in compared.findings():
            findings.append(one)
        if not compared.whole:
            return Verdict((*dict.fromkeys(findings),), facts)
        facts |= {"plan": found.plan.name, "lines": compared.lines, "sums": _sums(found)}
    except QuireError as problem:
        findings.append(Finding(str(problem.data.get("file", bundles.MANIFEST)), problem.sentence))
    except _UNFORESEEN as problem:
        findings.append(Finding(bundles.MANIFEST, f"The evidence cannot be recomputed: {problem!r}."[:200]))
    return Verdict(tuple(dict.fromkeys(findings)), facts)


_STREAMED = ("counts.jsonl", *evidence.RESULTS, evidence.OUTSTANDING)
"""Files that are gone through. All others are facts, which are held in memory while a run is recomputed."""


def _refuse_facts(bundle: Bundle, limits: Limits) -> None:
    """A bundle does not say how much memory its auditor has."""
    files = bundle.manifest.files.values()
    if (held := sum(one.size for one in files if one.name not in _STREAMED)) > limits.held_bytes:
        raise BundleTooLarge(
            f"The facts to recompute the run from have {held} bytes; at most {limits.held_bytes} are "
            "held. quire verify holds more where --most says so.",
            file=bundles.MANIFEST,
        )


FAR = 100_000
"""Lines beyond those published that are made before the answer is that there are too many."""


class _Compared:
    """The results as they are published, against those recomputed.

    ``lines`` are those that were recomputed. It is not ``whole`` where there are far more of them than were
    published: what a small file of owners or agreements can multiply is not made to the end, because an
    auditor's time is not the publisher's to fill.
    """

    def __init__(self, files: Mapping[str, Data], found: Evidence) -> None:
        self.files, self.found = files, found
        self.lines, self.whole = 0, True

    def findings(self) -> Iterator[Finding]:
        """What differs, file by file."""
        names = set()
        for name, made in evidence.result_blocks(self.found, divide_each(self.found), self._tell):
            names.add(name)
            yield from self._file(name, made)
            if not self.whole:
                return
        for name in sorted(set(self.files) - names - {*evidence.INPUTS, *extras.FILES}):
            yield Finding(name, f"{name} is in the bundle, but is no part of a run.")

    def _tell(self, passed: Passed, done: bool) -> None:
        self.lines += passed.count if done else 0

    def _file(self, name: str, made: Iterator[bytes]) -> Iterator[Finding]:
        told = self.files.get(name)
        met = _met(told or b"", made)
        self.whole = not met.far
        if told is None and self.whole:
            yield Finding(name, f"The bundle has no {name}.")
        elif met.line:
            told_, expected = met.told, met.expected
            yield Finding(
                name,
                f"{name} line {met.line} does not follow from the evidence: {_difference(told_, expected)}.",
            )
        elif not met.same:
            recomputed = f"{FAR} more, and on" if met.far else str(met.made)
            yield Finding(name, f"{name} has {_count(told or b'')} lines; recomputed there are {recomputed}.")


@dataclass(slots=True)
class _Met:
    """Published bytes against those recomputed. ``line`` is the first that differs (``told`` and
    ``expected``), 0 where only one of the two goes on; ``made`` is how many lines were recomputed."""

    same: bool = True
    line: int = 0
    told: bytes = b""
    expected: bytes = b""
    made: int = 0
    far: bool = False

    def differ(self, told: bytes, expected: bytes) -> None:
        """Find the first line of this block that differs."""
        self.same = False
        lines = told.split(b"\n")
        if not lines[-1]:
            lines.pop()  # what is published ends here
        pairs = zip(lines, expected.split(b"\n")[:-1], strict=False)
        for number, (one, other) in enumerate(pairs, self.made + 1):
            if one != other:
                self.line, self.told, self.expected = number, one, other
                return


def _met(told: Data, made: Iterable[bytes]) -> _Met:
    """Go through both, and through all that is made even where it is not the same: the totals are summed
    from it. But not far beyond what was published."""
    cursor, met, most = Cursor(told), _Met(), 0
    for block in made:
        if met.same and (mine := cursor.take(len(block))) != block:
            most = _count(told) + FAR
            met.differ(mine + cursor.take(MAX_LINE), block)
        met.made += block.count(b"\n")
        if not met.same and met.made > most:
            met.far = True
            return met
    met.same = met.same and not cursor.take(1)
    return met


def _count(data: Data) -> int:
    """How many lines there are."""
    return sum(block.count(b"\n") for block in blocks(data))


def _sums(found: Evidence) -> str:
    sums: dict[str, int] = {}
    for pot in found.pots:
        sums[pot.received_in] = sums.get(pot.received_in, 0) + pot.received
    told = [Money(quanta, currency).grouped() for currency, quanta in sorted(sums.items())]
    return " and ".join(part for part in (", ".join(told[:-1]), *told[-1:]) if part) or "nothing"


def _about(bundle: Bundle, found: Evidence) -> Iterator[Finding]:
    about = bundle.manifest.about
    if about.get("plan_digest") != found.plan.digest:
        yield Finding("plan.toml", "plan.toml is not the plan that the run says it used: its digest differs.")
    for name in _ABOUT:
        if not isinstance(about.get(name), str) or not about[name]:
            yield Finding(bundles.MANIFEST, f"{bundles.MANIFEST} does not say the run's {name}.")
    if about.get("plan") != found.plan.name:
        yield Finding(bundles.MANIFEST, f"{bundles.MANIFEST} calls the plan otherwise than plan.toml does.")
    for pot in found.pots:
        if not str(about.get("from")) <= str(pot.starts) < str(pot.ends) <= str(about.get("until")):
            yield Finding(
                bundles.MANIFEST, f"{bundles.MANIFEST} names a period that the pot {pot.id} does not lie in."
            )


def _receipts(files: Mapping[str, Data], found: Evidence) -> Iterator[Finding]:
    received = evidence.read_receipts(files)
    for pot in found.pots:
        if received.pop(pot.id, 0) != pot.received:
            yield Finding(
                "receipts.jsonl",
                f"The receipts of {pot.id} do not sum to its amount, {Money(pot.received, pot.received_in)}.",
            )
    for name in received:
        yield Finding("receipts.jsonl", f"There are receipts for {name}, which is no pot of this run.")


def _classes(found: Evidence) -> Iterator[Finding]:
    """A class is of a lump sum, and a lump sum has a class: any other pot is for all who were used."""
    classed = {one.pot for one in found.classes}
    for pot in found.pots:
        lump = pot.licence.kind == "lump"
        if lump != (pot.id in classed):
            told = "is a lump sum, and does not say for which works" if lump else "is no lump sum, and has a"
            yield Finding(classes.FILE, f"The pot {pot.id} {told}{'' if lump else ' class of works'}.")


def _as_published(files: Mapping[str, Data], found: Evidence) -> Iterator[Finding]:
    """The evidence says what it must and nothing beside it: written again it is the same."""
    written = set()
    for name, made in evidence.input_blocks(found, evidence.receipt_records(files)):
        written.add(name)
        met = _met(files[name], made)
        if not met.same:
            number = met.line or min(_count(files[name]), met.made) + 1
            yield Finding(name, f"{name} line {number} does not stand as a run publishes it.")
    for name in sorted({*extras.FILES} & {*files} - written):
        yield Finding(name, f"{name} says nothing; a run leaves such a file out.")


def _difference(told: bytes, expected: bytes) -> str:
    """What the first member is in which two lines differ, and what it should be."""
    whole = canonical.loads(expected)
    try:
        found = canonical.loads(told)
    except canonical.NotCanonical as problem:
        return problem.sentence.rstrip(".")
    if not isinstance(found, dict):
        return "it is no JSON object"
    # By their bytes: to Python ``true`` is 1, and an evidence that says so differs all the same.
    names = [*whole, *found]
    key = next(
        key for key in names if (key in found, _bytes_of(found, key)) != (key in whole, _bytes_of(whole, key))
    )
    return f"{key} is {_short(found.get(key))}, recomputed it is {_short(whole.get(key))}"


def _bytes_of(line: Mapping[str, Any], key: str) -> bytes:
    return canonical.dumps(line.get(key))


def _short(value: Any) -> str:
    if value is None:
        return "missing"
    shown = value if isinstance(value, str) else canonical.dumps(value).decode()
    return shown if len(shown) <= 80 else shown[:80] + "…"


def verify_statement(bundle: Bundle, data: bytes) -> Verdict:
    """Whether a statement's lines are exactly its party's lines in the bundle, and sum to what it says.

    Say ``verify`` of the bundle first: this looks a statement up in it and proves each line's place in its
    Merkle tree. What a statement says beside its ``record``s, for people, is not looked at. Raises
    ``StatementWrong`` where the file is no statement.
    """
    told = _statement(data)
    facts = {"party": told.party, "run": told.run}
    if told.run != bundle.manifest.about.get("run"):
        return Verdict(
            (Finding(STATEMENT, f"The statement is of the run {told.run}; this bundle is another's."),), facts
        )
    try:
        records = enumerate(record for _, record in bundle.records("lines.jsonl"))
        ours = {place: one for place, one in records if one.get("party") == told.party}
        pots = {record["pot"]: record["currency"] for _, record in bundle.records("totals.jsonl")}
        entry = bundle.manifest.files["lines.jsonl"]
        findings = [*_lines_differ(entry, told, ours), *_sums_differ(told, _sums_of(ours, pots))]
    except QuireError as problem:
        findings = [Finding(str(problem.data.get("file", bundles.MANIFEST)), problem.sentence)]
    except _UNFORESEEN as problem:
        findings = [Finding("lines.jsonl", f"The bundle's lines cannot be read: {problem!r}."[:200])]
        ours = {}
    return Verdict(tuple(findings), {**facts, "lines": len(ours)} if not findings else facts)


@dataclass(frozen=True, slots=True)
class _Statement:
    """What a statement says. ``root``, ``size`` and what is within the lists and dicts may be anything."""

    run: str
    party: str
    lines: Sequence[Any]
    root: Any
    size: Any
    paths: Mapping[str, Any]
    totals: Mapping[str, Any]


def _statement(data: bytes) -> _Statement:
    try:
        told = canonical.loads(data, canonical=False)
        proof = told["proof"]
        found = _Statement(
            told["run"],
            told["party"]["id"],
            told["lines"],
            proof["root"],
            proof["size"],
            proof["paths"],
            proof["totals"],
        )
    except (canonical.NotCanonical, KeyError, TypeError) as problem:
        raise StatementWrong(
            "This file is no statement of Quire: it lacks run, party, lines or proof."
        ) from problem
    kinds = [(found.run, str), (found.party, str), (found.lines, list), (found.paths, dict)]
    if not all(isinstance(value, kind) for value, kind in [*kinds, (found.totals, dict)]):
        raise StatementWrong("This file is no statement of Quire: run, party, lines or proof is ill-formed.")
    return found


def _lines_differ(entry: Entry, told: _Statement, ours: Mapping[int, Mapping[str, Any]]) -> Iterator[Finding]:
    """Every line of the statement against the party's lines, by their place in the file."""
    if told.root != entry.root or told.size != entry.lines:
        yield Finding(
            STATEMENT, "The statement names another Merkle root or size than the bundle's lines have."
        )
    seen = set()
    for line in told.lines:
        number = line.get("line") if isinstance(line, dict) else None
        if type(number) is not int or number in seen:
            yield Finding(
                STATEMENT, f"The statement has a line {_short(number)} twice, or one without number."
            )
            continue
        seen.add(number)
        if number not in ours or canonical.dumps(line.get("record")) != canonical.dumps(ours[number]):
            yield Finding(
                STATEMENT, f"Line {number} of the statement is not in the bundle as it stands there."
            )
        elif not _proved(ours[number], number, entry, told):
            yield Finding(STATEMENT, f"The proof of line {number} does not lead to the bundle's root.")
    for number in sorted(set(ours) - seen):
        yield Finding(STATEMENT, f"Line {number} of the bundle is this party's, but not in the statement.")


def _proved(record: Mapping[str, Any], number: int, entry: Entry, told: _Statement) -> bool:
    proof = {
        "index": number,
        "size": entry.lines,
        "proof": told.paths.get(str(number)),
        "root": entry.root,
    }
    return bundles.verify_line_proof(canonical.dumps(record), proof)


def _sums_of(ours: Mapping[int, Mapping[str, Any]], pots: Mapping[str, str]) -> dict[tuple[str, str], int]:
    """Quanta of the party's lines by currency and outcome."""
    sums: dict[tuple[str, str], int] = {}
    for record in ours.values():
        key = (pots[record["pot"]], record["outcome"])
        sums[key] = sums.get(key, 0) + quanta_of(record["amount"])
    return sums


def _sums_differ(told: _Statement, sums: Mapping[tuple[str, str], int]) -> Iterator[Finding]:
    currencies = sorted({*told.totals, *(currency for currency, _ in sums)})
    for currency in currencies:
        stated = told.totals.get(currency, {})
        stated = stated if isinstance(stated, dict) else {}
        for outcome in sorted({*stated, "payable", "held"}):
            amount = decimal_of(sums.get((currency, outcome), 0))
            said = stated.get(outcome, decimal_of(0))
            if said != amount:
                yield Finding(
                    STATEMENT,
                    f"The statement says {_short(said)} {currency} {outcome}; its lines in the bundle sum to "
                    f"{amount}.",
                )
