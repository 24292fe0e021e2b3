"""Rules for the rooms of the society: what is in one, and how one may use another."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator

from tools.rules import Finding, Source

PEOPLE = {"Party", "User"}
"""Models of ``parties`` that any room may name: as a type, or as what a foreign key points to."""

KNOWN = {
    "__init__",
    "actions",
    "apps",
    "checks",
    "errors",
    "migrations",
    "models",
    "queries",
    "static",
    "templates",
}
"""Modules and folders that every room may have; any other is named in the room's README."""

_MODELS = re.compile(r"quire\.society\.(\w+)\.models")


def models_stay_in_their_room(source: Source) -> Iterator[Finding]:
    """Rooms talk through actions and queries. Models are imported only as targets of foreign keys."""
    if not source.in_package or source.path == "src/quire/society/settings.py":
        return
    for node, module, name in source.imports():
        room, model = _models_of(module, name)
        if not room or room == source.room:
            continue
        person = room == "parties" and model in PEOPLE
        if not person and source.parts[-1] != "models.py":
            sentence = f"The models of {room} stay in that room: call its queries and actions."
            yield source.found(node, sentence, f"{source.path}: {module}.{model}")
        elif model:
            yield from _only_named(source, model, room)


def _models_of(module: str, name: str) -> tuple[str, str]:
    """The room whose models an import takes, and the model; empty texts where it takes none."""
    if found := _MODELS.match(module):
        return found[1], name
    if found := _MODELS.match(f"{module}.{name}"):
        return found[1], ""
    return "", ""


def _only_named(source: Source, model: str, room: str) -> Iterator[Finding]:
    """Another room's model is a name for types and keys: nothing is asked of it, and none is made."""
    for node in source.nodes:
        used = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == model
        made = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == model
        if used or made:
            sentence = f"{model} belongs to {room}: call its queries and actions."
            yield source.found(node, sentence, f"{source.path}: {room}.models.{model} used")


def models_are_not_looked_up(source: Source) -> Iterator[Finding]:
    """``apps.get_model`` would be a way around the rule above."""
    if not source.in_package:
        return
    for node in source.nodes:
        if isinstance(node, ast.Attribute) and node.attr == "get_model":
            yield source.found(node, "Import the model in its own room; elsewhere call that room's queries.")


def rooms_are_furnished(sources: list[Source]) -> Iterator[Finding]:
    """Each room has a README, and each of its modules is one that all rooms know or that the README names."""
    readmes = {s.room: s.text for s in sources if s.room and s.parts[4:] == ("README.md",)}
    for room in sorted({s.room for s in sources if s.room and s.parts[4:] == ("__init__.py",)} - {"kit"}):
        if room not in readmes:
            sentence = "The room has no README.md: what it owns, does not own, and its invariants."
            yield Finding(f"src/quire/society/{room}/__init__.py", 1, sentence)
    told: set[tuple[str, str]] = set()
    for source in sources:
        if not source.room or source.room == "kit" or not source.path.endswith(".py"):
            continue
        piece = source.parts[4].removesuffix(".py")
        if piece in KNOWN or (source.room, piece) in told:
            continue
        told.add((source.room, piece))
        if not re.search(rf"`{piece}(?:\.py|/)?[`.:(/ ]", readmes.get(source.room, "")):
            sentence = f"`{piece}` is not in every room: say in this room's README.md what it is for."
            yield Finding(source.path, 1, sentence)


ROOM_RULES: list[Callable[[Source], Iterator[Finding]]] = [
    models_stay_in_their_room,
    models_are_not_looked_up,
]
