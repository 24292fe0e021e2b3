"""``quire verify``: needs nothing but the small install, no database, no network."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from quire.cli import followed
from quire.core import bundle as bundles
from quire.core import verify as core
from quire.core.bundle import Limits
from quire.core.errors import Invalid, QuireError
from quire.core.tokens import KeySet


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="quire verify",
        description="Recompute a published distribution from its counts, prices, shares and mandates, "
        "and say whether it holds.",
        epilog="Exit code 0: it holds. 10: it does not, and every finding is printed. 4: it cannot be read.",
    )
    parser.add_argument(
        "bundle", type=Path, nargs="?", metavar="BUNDLE", help="the bundle, a folder or a zip"
    )
    parser.add_argument(
        "--key",
        type=Path,
        metavar="FILE",
        action="append",
        default=[],
        help="a public key you trust (JWK or JWKS); QUIRE_KEYS may name such a file too",
    )
    parser.add_argument(
        "--statement",
        type=Path,
        metavar="FILE",
        help="a statement (JSON): prove that its lines are in the bundle, and all of them",
    )
    parser.add_argument(
        "--previous",
        type=Path,
        metavar="OLD",
        action="append",
        default=[],
        help="an earlier run's bundle: check that what corrections say of it stands there",
    )
    parser.add_argument(
        "--chain",
        type=Path,
        metavar="FOLDER",
        help="in place of BUNDLE: a folder of bundles; follow them from the first run to the last",
    )
    parser.add_argument(
        "--proof",
        type=Path,
        metavar="FILE",
        help="in place of BUNDLE: the proof of one party's lines, held against --root, --key, or both",
    )
    parser.add_argument(
        "--most",
        type=int,
        metavar="GIB",
        default=bundles.LIMITS.total_bytes >> 30,
        help="how large a bundle may be that you are ready to read (%(default)s GiB); of its facts, which "
        "are held in memory, a thirty-second of that",
    )
    parser.add_argument("--root", default="", metavar="ROOT", help="the root of the run that a proof is of")
    parser.add_argument("--json", action="store_true", help="the answer as JSON")
    return parser


def run(words: Sequence[str]) -> int:
    """Verify, print the answer, return the exit code."""
    try:
        asked = _parser().parse_args(words)
    except SystemExit as done:
        return int(done.code or 0)
    try:
        keys = _keys([*asked.key, *([Path(said)] if (said := os.environ.get("QUIRE_KEYS")) else [])])
        if sum(one is not None for one in (asked.bundle, asked.chain, asked.proof)) != 1:
            raise Invalid("Name a BUNDLE, or --chain FOLDER, or --proof FILE: one of them.")
        limits = _limits(asked.most)
        if asked.chain:
            return followed.say(followed.chain(asked.chain, keys, limits), as_json=asked.json)
        if asked.proof:
            return followed.say(followed.proof(_bytes(asked.proof), asked.root, keys), as_json=asked.json)
        found = bundles.read(asked.bundle, limits)
        verdict = followed.with_previous(core.verify(found, keys, limits), found, asked.previous, limits)
        told = core.verify_statement(found, _bytes(asked.statement)) if asked.statement else None
    except QuireError as problem:
        print(f"quire verify: {problem.sentence}", file=sys.stderr)
        return problem.exit_code
    _say(verdict, told, as_json=asked.json)
    return 0 if verdict.holds and (told is None or told.holds) else 10


def _limits(gib: int) -> Limits:
    """As much as is asked for, in all, and to hold."""
    if gib < 1:
        raise Invalid("--most is a whole number of GiB, 1 or more.")
    return replace(bundles.LIMITS, total_bytes=gib << 30, held_bytes=gib << 25)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as problem:
        raise core.StatementWrong(f"{path} cannot be read: {problem.strerror}.") from problem


def _keys(paths: Sequence[Path]) -> KeySet | None:
    """All keys of these files together; ``None`` where none was named."""
    jwks: list[dict[str, str]] = []
    for path in paths:
        found = KeySet.from_json(_bytes(path))
        jwks += [dict(key.jwk()) for key in found.keys.values()]
    return KeySet.of(*jwks) if jwks else None


def _say(verdict: core.Verdict, told: core.Verdict | None, *, as_json: bool) -> None:
    if as_json:
        answer = {
            "holds": verdict.holds,
            "sentence": verdict.sentence(),
            "facts": dict(verdict.facts),
            "findings": [{"file": one.file, "sentence": one.sentence} for one in verdict.findings],
        }
        if told is not None:
            answer["statement"] = {
                "holds": told.holds,
                "facts": dict(told.facts),
                "findings": [one.sentence for one in told.findings],
            }
        print(json.dumps(answer, indent=2, ensure_ascii=False))
        return
    print(verdict.sentence())
    for one in verdict.findings[1:]:
        print(f"  {one.file}: {one.sentence}")
    if told is not None and told.holds:
        print(
            f"The statement's {told.facts['lines']:,} lines of {told.facts['party']} are in the bundle, "
            "every one of them, with its proof; its sums are theirs."
        )
    elif told is not None:
        print("The statement does not hold:")
        for one in told.findings:
            print(f"  {one.sentence}")
