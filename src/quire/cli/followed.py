"""What ``quire verify`` says of more than one bundle, and of a proof without any: nothing but the core."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from quire.core import bundle as bundles
from quire.core import lineage
from quire.core import proof as proofs
from quire.core.bundle import LIMITS, Bundle, Finding, Limits
from quire.core.container import BundleError
from quire.core.tokens import KeySet
from quire.core.verify import Verdict


def with_previous(verdict: Verdict, found: Bundle, paths: Sequence[Path], limits: Limits = LIMITS) -> Verdict:
    """The verdict, and what corrections in the bundle say wrongly of earlier ones."""
    more = [one for path in paths for one in _corrects(found, path, limits)]
    return replace(verdict, findings=(*verdict.findings, *more))


def _corrects(found: Bundle, path: Path, limits: Limits) -> Iterator[Finding]:
    old = bundles.read(path, limits)
    for one in bundles.check(old, None):
        if one.file != bundles.SIGNATURE:  # whose key it is, the verdict of that bundle says
            yield Finding(f"{path.name}/{one.file}", one.sentence)
    yield from lineage.corrects(found, old)


def chain(folder: Path, keys: KeySet | None, limits: Limits = LIMITS) -> Verdict:
    """The bundles of a folder, followed. Of a run that is there as a folder and a zip, the folder counts.

    Raises BundleError where there is none.
    """
    if not folder.is_dir():
        raise BundleError(f"{folder} is no folder.")
    places = [one for one in sorted(folder.iterdir()) if not one.name.startswith(".")]
    folders = {one.name for one in places if one.is_dir()}
    chosen = [
        one for one in places if one.name in folders or (one.suffix == ".zip" and one.stem not in folders)
    ]
    if not chosen:
        raise BundleError(f"There is no bundle in {folder}.")
    found = lineage.walk({one.name: bundles.read(one, limits) for one in chosen}, keys)
    return Verdict(found.findings, {"runs": list(found.runs)})


def proof(data: bytes, root: str, keys: KeySet | None) -> Verdict:
    """A proof held against a root, keys, or both."""
    return proofs.verify(data, root, keys)


def say(verdict: Verdict, *, as_json: bool) -> int:
    """Print the answer; the exit code."""
    sentence = _sentence(verdict)
    if as_json:
        told: dict[str, Any] = {"holds": verdict.holds, "sentence": sentence, "facts": dict(verdict.facts)}
        told["findings"] = [{"file": one.file, "sentence": one.sentence} for one in verdict.findings]
        print(json.dumps(told, indent=2, ensure_ascii=False))
    else:
        print(sentence)
        for one in verdict.findings[1:]:
            print(f"  {one.file}: {one.sentence}")
    return 0 if verdict.holds else 10


def _sentence(verdict: Verdict) -> str:
    if not verdict.holds:
        return verdict.sentence()
    if "runs" in verdict.facts:
        runs = verdict.facts["runs"]
        ends = " to ".join(dict.fromkeys([*runs[:1], *runs[-1:]]))
        return (
            f"They hold: {len(runs):,} runs follow one another, {ends}; none is missing, and none is there "
            "twice. Verify each by itself to recompute it."
        )
    facts = verdict.facts
    return (
        f"It holds: the {facts['lines']:,} lines are all that {facts['party']} has in {facts['run']}, "
        "and sum to what the run gave it."
    )
