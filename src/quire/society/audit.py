"""Every room's checks, in the order of the house. ``quire audit`` runs them; so does every story test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module

from django.conf import settings

Check = Callable[[], Iterator[str]]


def rooms() -> Iterator[tuple[str, Check]]:
    """(room, check) of every room that has checks."""
    for room in settings.ROOMS:
        name = f"quire.society.{room}.checks"
        try:
            found = import_module(name)
        except ModuleNotFoundError as missing:
            if missing.name != name:
                raise
            continue
        yield from ((room, check) for check in found.CHECKS)


def findings() -> list[str]:
    """Every sentence that some check says; empty when all hold."""
    return [f"{room}: {sentence}" for room, check in rooms() for sentence in check()]
