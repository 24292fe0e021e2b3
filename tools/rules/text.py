"""Rules for every text file, whatever it is written in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath

from tools.rules import Finding, Source

# Brackets around one character, so that this file does not find itself.
_HOSTS = re.compile(
    r"index[-]url|find[-]links|pypi[.]org|python[h]osted|npm[j]s|crates[.]io|proxy[.]golang"
    r"|deb[.]debian|archive[.]ubuntu|ghcr[.]io|docker[.]io|anaconda[.]"
)
_MACHINE = re.compile(r"(?<![\w.~-])/(?:(?:work|farm|home|root|Users)/\w|tmp/[a-z])")
_LEFT_OPEN = re.compile(r"\b(?:TO[D]O|FIX[M]E|XX[X])\b")
_NAMELESS = {"common", "data", "helper", "helpers", "manager", "misc", "process", "util", "utils"}


def no_machine_paths(source: Source) -> Iterator[Finding]:
    """A path that exists on one machine only."""
    for number, line in enumerate(source.lines, 1):
        if found := _MACHINE.search(line):
            sentence = f"{found.group()}… is a path of one machine: use one inside the house."
            yield Finding(source.path, number, sentence)


def no_registry_hosts(source: Source) -> Iterator[Finding]:
    """Where packages come from is the machine's business (pip's own configuration), not the house's."""
    for number, line in enumerate(source.lines, 1):
        if found := _HOSTS.search(line):
            yield Finding(source.path, number, f"{found.group()} names a package index: leave that to pip.")


def nothing_left_open(source: Source) -> Iterator[Finding]:
    """Marks of unfinished work. In Python only comments count: three crosses are a currency code too."""
    if source.is_python and source.tree is not None:
        lines = source.comments
    elif source.is_code or PurePosixPath(source.path).suffix in {".md", ".toml"}:
        lines = dict(enumerate(source.lines, 1))
    else:
        return
    for number, line in lines.items():
        if found := _LEFT_OPEN.search(line):
            yield Finding(source.path, number, f"{found.group()}: finish it here, or write an issue.")


def names_say_something(source: Source) -> Iterator[Finding]:
    """A module or package called after nothing in particular collects everything."""
    if not source.path.endswith(".py"):
        return
    for part in (*source.parts[:-1], PurePosixPath(source.path).stem):
        if part in _NAMELESS:
            yield Finding(source.path, 1, f"'{part}' says nothing: name the module after the one idea in it.")


TEXT_RULES: list[Callable[[Source], Iterator[Finding]]] = [
    no_machine_paths,
    no_registry_hosts,
    nothing_left_open,
    names_say_something,
]
