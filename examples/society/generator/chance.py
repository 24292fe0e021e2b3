"""Chance that comes out the same each time."""

from __future__ import annotations

from random import Random


def stream(*parts: object) -> Random:
    """A stream of chance of its own for each purpose, so that a change in one place moves nothing elsewhere.

    Only ``random`` and ``choices`` are drawn from it: those have given the same since Python 3.2.
    """
    return Random(":".join(map(str, parts)))  # noqa: S311 - visits are made up, nothing is kept secret
