"""What a run gave one party, proved in one file: without the bundle, without anybody else's lines.

It has the party's lines, its records of ``payees.jsonl`` and the totals of the pots that its lines are in,
each with its Merkle path; and ``bundle.json`` and ``signature.json`` whole, which the paths lead to. The sums
of ``payees.jsonl`` show that no line was left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from quire.core import bundle as bundles
from quire.core import canonical
from quire.core.bundle import MANIFEST, SIGNATURE, Bundle, Entry, Finding, Manifest
from quire.core.errors import Invalid, QuireError
from quire.core.money import decimal_of, quanta_of
from quire.core.tokens import KeySet
from quire.core.verify import Verdict

FORMAT = "quire-proof/1"
FILES = ("lines.jsonl", "payees.jsonl", "totals.jsonl")
PROOF = "proof"
"""In place of a file's name, where a finding is of the proof itself."""

Record = Mapping[str, Any]


class ProofWrong(Invalid):
    """A file that is no proof."""

    code = "proof.wrong"


def make(found: Bundle, party: str) -> dict[str, Any]:
    """The proof of one party's lines in a bundle, as JSON data. Raises BundleError, and ProofWrong where it
    has none."""
    chosen: dict[str, list[dict[str, Any]]] = {}
    pots: set[str] = set()
    for name in FILES:
        chosen[name] = []
        for number, (_, record) in enumerate(found.records(name)):
            mine = record["pot"] in pots if name == "totals.jsonl" else record.get("party") == party
            if mine:
                path = bundles.line_proof(found, name, number)["proof"]
                chosen[name].append({"line": number, "record": record, "path": path})
                pots |= {record["pot"]} if name == "lines.jsonl" else set()
    if not chosen["lines.jsonl"]:
        raise ProofWrong(f"{party} has no line in this bundle, so there is nothing to prove.", party=party)
    return {
        "format": FORMAT,
        "party": party,
        "manifest": canonical.loads(bytes(found.contents[MANIFEST])),
        "signature": canonical.loads(bytes(found.contents[SIGNATURE])),
        "files": chosen,
    }


def dumps(told: Mapping[str, Any]) -> bytes:
    """A proof as the bytes of its file."""
    return canonical.dumps(told) + b"\n"


@dataclass(frozen=True, slots=True)
class _Told:
    """A proof as it was read; what is within the lists may be anything."""

    party: str
    manifest: bytes
    signature: bytes
    files: Mapping[str, Sequence[Any]]


def verify(data: bytes, root: str = "", keys: KeySet | None = None) -> Verdict:
    """Whether a proof holds: under the ``root`` that one knows of the run (64 hexadecimal digits, or what
    begins with ``sha256:``), or signed by one of the ``keys`` that one trusts, or both.

    Raises ProofWrong where the file is no proof; anything else that is wrong is a finding.
    """
    told = _read(data)
    facts: dict[str, Any] = {"party": told.party, "run": "", "lines": 0}
    try:
        manifest = Manifest.parse(told.manifest)
        facts["run"] = str(manifest.about.get("run"))
        findings = [*_signed(told, manifest, root.removeprefix("sha256:"), keys), *_in(told, manifest)]
        findings = findings or list(_sums_differ(told))
    except QuireError as problem:
        findings = [Finding(PROOF, problem.sentence)]
    except (LookupError, TypeError, ValueError, AttributeError) as problem:
        findings = [Finding(PROOF, f"The proof cannot be followed: {problem!r}."[:200])]
    facts["lines"] = len(told.files["lines.jsonl"])
    return Verdict(tuple(dict.fromkeys(findings)), facts)


def _read(data: bytes) -> _Told:
    try:
        told = canonical.loads(data, canonical=False)
        files = told["files"]
        found = _Told(
            told["party"], canonical.dumps(told["manifest"]), canonical.dumps(told["signature"]), dict(files)
        )
        fits = told["format"] == FORMAT and isinstance(found.party, str)
    except (canonical.NotCanonical, KeyError, TypeError, ValueError) as problem:
        raise ProofWrong(
            "This file is no proof of Quire: it lacks party, manifest, signature or files."
        ) from problem
    fits = fits and isinstance(files, dict) and set(files) == {*FILES}
    if not fits or not all(isinstance(rows, list) for rows in files.values()):
        raise ProofWrong("This file is no proof of Quire: its format, party or files are ill-formed.")
    return found


def _signed(told: _Told, manifest: Manifest, root: str, keys: KeySet | None) -> Iterator[Finding]:
    contents = {MANIFEST: told.manifest, SIGNATURE: told.signature}
    if root and root != manifest.root:
        yield Finding(MANIFEST, f"The proof leads to the root {manifest.root}, not to the one you gave.")
    for one in bundles.check_manifest(contents, keys):
        # Whoever knows the root need not know the key.
        if not (root and keys is None and one.file == SIGNATURE):
            yield one


def _in(told: _Told, manifest: Manifest) -> Iterator[Finding]:
    for name in FILES:
        entry, seen = manifest.files[name], set()
        for row in told.files[name]:
            number, record = row["line"], row["record"]
            if number in seen:
                yield Finding(name, f"Line {number} is told twice.")
            seen.add(number)
            if name != "totals.jsonl" and record.get("party") != told.party:
                yield Finding(name, f"Line {number} is not {told.party}'s.")
            if not _proved(row, entry):
                yield Finding(name, f"The path of line {number} does not lead to the run's root.")


def _proved(row: Record, entry: Entry) -> bool:
    path = {"index": row["line"], "size": entry.lines, "proof": row["path"], "root": entry.root}
    return bundles.verify_line_proof(canonical.dumps(row["record"]), path)


def _sums_differ(told: _Told) -> Iterator[Finding]:
    """The lines against what the run says that it gave the party."""
    currencies = {row["record"]["pot"]: row["record"]["currency"] for row in told.files["totals.jsonl"]}
    sums: dict[tuple[str, str], int] = {}
    for row in told.files["lines.jsonl"]:
        record = row["record"]
        key = (currencies[record["pot"]], record["outcome"])
        sums[key] = sums.get(key, 0) + quanta_of(record["amount"])
    stated = {
        (row["record"]["currency"], outcome): quanta_of(row["record"][outcome])
        for row in told.files["payees.jsonl"]
        for outcome in ("payable", "held")
    }
    for currency, outcome in sorted({*sums, *stated}):
        mine, all_ = sums.get((currency, outcome), 0), stated.get((currency, outcome), 0)
        if mine != all_:
            yield Finding(
                "payees.jsonl",
                f"The lines sum to {decimal_of(mine)} {currency} {outcome}; the run gave {told.party} "
                f"{decimal_of(all_)}: lines are missing.",
            )
