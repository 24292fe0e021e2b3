"""Counting what was written, under the headings it was meant for."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import NamedTuple

USAGE = ("counted", "outside", "direct", "free", "unlicensed", "unknown_host")
HEADINGS = (*USAGE, "conflicting", "not_answered", "asset", "human", "unreadable", "structure")


class Bill(NamedTuple):
    """What a counted request is billed as; ``work`` is empty where only the site is known."""

    licence: str
    tier: str
    work: str


class Visit(NamedTuple):
    """One line of a file, and the truth about it."""

    second: int
    line: bytes
    heading: str
    requests: int = 1
    bill: Bill | None = None


@dataclass(slots=True)
class Tally:
    """Lines and requests by heading."""

    found: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))

    def add(self, heading: str, requests: int, lines: int = 1) -> None:
        """So many lines under a heading."""
        self.found[heading][0] += lines
        self.found[heading][1] += requests

    def take(self, other: Tally) -> None:
        """All that another has."""
        for heading, (lines, requests) in other.found.items():
            self.add(heading, requests, lines)

    def as_json(self) -> dict[str, object]:
        """``lines`` in all, and lines and requests of every heading that has any, in a fixed order."""
        headings = {
            name: {"lines": self.found[name][0], "requests": self.found[name][1]}
            for name in HEADINGS
            if name in self.found
        }
        return {"lines": sum(one["lines"] for one in headings.values()), "headings": headings}
