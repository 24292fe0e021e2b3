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
"""Modules and folders that every room may have; any other says in its docstring what it is for."""

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
        if not person and not {"models.py", "models"} & {*source.parts}:
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
    """Another room's model is a name for types and keys: nothing is asked of it (but its prefix), and none
    is made."""
    for node in source.nodes:
        asked = node.value if isinstance(node, ast.Attribute) and node.attr != "prefix" else None
        used = isinstance(asked, ast.Name) and asked.id == model
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
    """Each room says in a README what it owns, does not own, and what always holds."""
    furnished = {s.room for s in sources if s.room and s.parts[4:] == ("README.md",)}
    for source in sources:
        bare = source.room not in {"", "kit"} | furnished
        if bare and source.parts[4:] == ("__init__.py",):
            sentence = "The room has no README.md: what it owns, does not own, and its invariants."
            yield Finding(source.path, 1, sentence)


def extra_modules_are_described(source: Source) -> Iterator[Finding]:
    """A module that not every room has says in its docstring what it is for."""
    if not source.room or source.room == "kit" or source.tree is None:
        return
    piece = source.parts[4].removesuffix(".py")
    if piece not in KNOWN and not ast.get_docstring(source.tree):
        sentence = f"Not every room has `{piece}`: say in a docstring what this module is for."
        yield Finding(source.path, 1, sentence)


ROOM_RULES: list[Callable[[Source], Iterator[Finding]]] = [
    models_stay_in_their_room,
    models_are_not_looked_up,
    extra_modules_are_described,
]
