"""House rules as a program: prints every finding as ``file:line: sentence`` and exits 1 if there is one.

It reads every file that git tracks or would track, with nothing but the standard library. The rules
themselves are functions in ``tools/rules``; the numbers that only go down are in ``tools/tidy.toml``.
``--lower`` writes the present measures there, where they are lower.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

if __name__ == "__main__":  # run as a file, its folder is on the path instead of the house
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tools.rules import Finding, Source
from tools.rules.code import CODE_RULES
from tools.rules.rooms import ROOM_RULES, rooms_are_furnished
from tools.rules.text import TEXT_RULES

LIMITS = {"longest_function": 60, "longest_file": 500}
RATCHET = "tools/tidy.toml"


def read_house(root: Path) -> list[Source]:
    """Every text file that git tracks, or would track once added. Raises CalledProcessError outside git."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    found = []
    for name in sorted(set(listed.split("\0")) - {""}):
        try:
            found.append(Source(name, (root / name).read_text(encoding="utf-8")))
        except (UnicodeDecodeError, FileNotFoundError, IsADirectoryError):
            continue  # a picture, a file deleted but not yet committed, or a folder that is a link
    return found


def findings(sources: list[Source], allowed: list[str]) -> Iterator[Finding]:
    """Everything wrong with these files, in their order. ``allowed`` are the old imports of models."""
    for source in sources:
        for rule in TEXT_RULES:
            yield from rule(source)
        if not source.is_python:
            continue
        if source.tree is None:
            yield Finding(source.path, source.error_line, "This does not parse as Python.")
            continue
        for rule in CODE_RULES:
            yield from rule(source)
        for room_rule in ROOM_RULES:
            yield from (one for one in room_rule(source) if one.key not in allowed)
    yield from rooms_are_furnished(sources)


def measures(sources: list[Source]) -> dict[str, tuple[int, str, int]]:
    """The longest function and the longest file: lines, path, line where it begins."""
    functions = [
        (lines, source.path, node.lineno) for source in sources for node, lines in source.functions()
    ]
    files = [(len(source.lines), source.path, 1) for source in sources if source.is_code]
    nothing = (0, "", 1)
    return {
        "longest_function": max(functions, default=nothing),
        "longest_file": max(files, default=nothing),
    }


def too_long(sources: list[Source], ratchet: dict[str, int]) -> Iterator[Finding]:
    """Functions and files above what the ratchet allows."""
    most, most_lines = (min(ratchet[name], limit) for name, limit in LIMITS.items())
    for source in sources:
        for node, lines in source.functions():
            if lines > most:
                sentence = f"{node.name} has {lines} lines, {most} is the most: say one thing in a function."
                yield Finding(source.path, node.lineno, sentence)
        length = len(source.lines)
        if source.is_code and length > most_lines:
            sentence = f"The file has {length} lines, {most_lines} is the most: one idea in a file."
            yield Finding(source.path, 1, sentence)


def earlier_ratchets(root: Path) -> list[dict[str, object]]:
    """Every committed version of the ratchet file, as far back as this clone goes."""
    log = ["git", "log", "--format=%H", "--", RATCHET]
    hashes = subprocess.run(log, cwd=root, check=True, capture_output=True, text=True).stdout.split()
    found = []
    for commit in hashes:
        show = ["git", "show", f"{commit}:{RATCHET}"]
        shown = subprocess.run(show, cwd=root, check=False, capture_output=True, text=True)
        if shown.returncode == 0:
            found.append(tomllib.loads(shown.stdout))
    return found


def ratchet_slipped(now: dict[str, object], earlier: list[dict[str, object]]) -> Iterator[Finding]:
    """What the ratchet file allows now and did not allow before."""
    for name, limit in LIMITS.items():
        least = min([limit, *(int(str(old.get(name, limit))) for old in earlier)])
        if int(str(now[name])) > least:
            yield Finding(RATCHET, 1, f"{name} was {least} and may not go up to {now[name]}.")
    for old in earlier:
        for entry in sorted(set(_texts(now)) - set(_texts(old))):
            yield Finding(
                RATCHET, 1, f"models_read has a new entry, {entry!r}: call the other room's queries."
            )


def _texts(ratchet: dict[str, object]) -> list[str]:
    found = ratchet.get("models_read", [])
    return [str(entry) for entry in found] if isinstance(found, list) else []


def lower(path: Path, ratchet: dict[str, object], found: dict[str, tuple[int, str, int]]) -> list[str]:
    """Write lower measures into the ratchet file; returns a sentence for each that went down."""
    text = path.read_text()
    said = []
    for name, (lines, where, line) in found.items():
        if lines < int(str(ratchet[name])):
            text = re.sub(rf"(?m)^{name} = \d+$", f"{name} = {lines}", text)
            said.append(f"{name}: {ratchet[name]} → {lines} ({where}:{line})")
    path.write_text(text)
    return said


def main(arguments: list[str]) -> int:
    """Check the house this file is in; exit code 0 when it is tidy."""
    root = Path(__file__).resolve().parent.parent
    try:
        sources = read_house(root)
        earlier = earlier_ratchets(root)
    except (OSError, subprocess.CalledProcessError) as problem:
        said = getattr(problem, "stderr", None) or str(problem)
        print(f"tidy reads what git tracks, and git said: {said}", file=sys.stderr)
        return 2
    ratchet = tomllib.loads((root / RATCHET).read_text())
    if arguments == ["--lower"]:
        print("\n".join(lower(root / RATCHET, ratchet, measures(sources))) or "Nothing became shorter.")
        return 0
    if arguments:
        print("usage: tools/tidy.py [--lower]", file=sys.stderr)
        return 2
    found = [
        *findings(sources, _texts(ratchet)),
        *too_long(sources, ratchet),
        *ratchet_slipped(ratchet, earlier),
    ]
    for finding in found:
        print(finding)
    print(f"tidy: {len(sources)} files, {len(found)} findings", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
