"""The account of a file or a period: how many lines and requests stand under each heading.

Facts are counted when a file is read; the usage in it is divided by the licences and mandates in force
whenever somebody asks. Every line stands under exactly one heading, so the sum is always the file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from quire.society.usage.errors import AccountWrong

HEADINGS: Mapping[str, str] = {
    "counted": "licensed and mandated",
    "outside": "licensed, but outside the mandate or the licence's uses",
    "kept_out": "licensed and mandated, but on a path that the site keeps out of this use",
    "direct": "under a member's direct licence",
    "free": "for search, which the site permits to everybody without a licence",
    "unlicensed": "by AI operators without a licence",
    "unknown_host": "by AI crawlers on addresses of nobody",
    "conflicting": "told already, in this file or an earlier one",
    "refused": "by AI crawlers, refused at the edge",
    "not_answered": "by AI crawlers, not answered with content",
    "asset": "by AI crawlers, for what is no work (style sheets, images, robots.txt)",
    "human": "by people and ordinary search engines",
    "voided": "taken back by the edge, or taking back",
    "lost": "lost by an edge, which says so",
    "unreadable": "unreadable",
    "structure": "headers or blank",
    "withdrawn": "withdrawn with their import",
}
"""Every heading there is, in the order of an account, in words that follow a number."""

USAGE = ("counted", "outside", "kept_out", "direct", "free", "unlicensed", "unknown_host")
"""The headings that rows of the lake stand under."""

_OF_AGENTS = ("conflicting", "refused", "not_answered", "asset")


@dataclass(frozen=True, slots=True)
class Tally:
    """How many lines, and what they are worth in requests."""

    lines: int = 0
    requests: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.lines + other.lines, self.requests + other.requests)


@dataclass(frozen=True, slots=True)
class Account:
    """``lines`` of a file and what became of each. Raises ``AccountWrong`` unless they add up."""

    lines: int
    tallies: Mapping[str, Tally]
    unreadable_kept: int = 0

    def __post_init__(self) -> None:
        if strange := set(self.tallies) - set(HEADINGS):
            raise AccountWrong(f"The account has headings that there are not: {', '.join(sorted(strange))}.")
        accounted = sum(tally.lines for tally in self.tallies.values())
        if accounted != self.lines:
            raise AccountWrong(f"The account explains {accounted} lines of {self.lines}.")

    def __getitem__(self, heading: str) -> Tally:
        return self.tallies.get(heading, Tally())

    @property
    def usage(self) -> Tally:
        """All that AI crawlers took, whatever became of it."""
        return sum((self[heading] for heading in USAGE), Tally())

    def __add__(self, other: Account) -> Account:
        together = {name: self[name] + other[name] for name in HEADINGS}
        kept = self.unreadable_kept + other.unreadable_kept
        return Account(self.lines + other.lines, _some(together), kept)

    def as_json(self) -> dict[str, Any]:
        """Plain JSON, every heading that has lines, in the order of ``HEADINGS``."""
        return {
            "lines": self.lines,
            "headings": {
                name: {"lines": self[name].lines, "requests": self[name].requests}
                for name in HEADINGS
                if self[name] != Tally()
            },
            "unreadable_kept": self.unreadable_kept,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """What ``as_json`` made."""
        tallies = {name: Tally(one["lines"], one["requests"]) for name, one in data["headings"].items()}
        return cls(data["lines"], tallies, data["unreadable_kept"])

    def sentences(self) -> list[str]:
        """For people: one line with the file and its greatest part first, then what follows from it."""
        if not self.lines:
            return ["0 lines: the file is empty; it earns nothing."]
        parts = sorted((n for n in HEADINGS if self[n].lines), key=lambda n: -self[n].lines)
        said = [f"{_many(self.lines, 'line')}: " + ", ".join(self._part(name) for name in parts) + "."]
        said += self._meaning()
        left = self["unreadable"].lines - self.unreadable_kept
        if left > 0:
            said.append(
                f"The first {self.unreadable_kept:,} unreadable lines are kept with their reasons; "
                f"the {left:,} after them are counted here and no more."
            )
        return said

    def _part(self, name: str) -> str:
        tally = self[name]
        worth = f" ({_many(tally.requests, 'request')})" if tally.requests > tally.lines else ""
        return f"{tally.lines:,}{worth} {HEADINGS[name]}"

    def _meaning(self) -> Iterator[str]:
        if self["withdrawn"].lines == self.lines:
            yield "The import was withdrawn: it earns nothing."
        elif not any(self[name].lines for name in (*USAGE, *_OF_AGENTS)):
            yield "No AI crawler in it: it earns nothing."
        elif not self.usage.lines and not self["conflicting"].lines:
            yield "No AI crawler took a work in it: it earns nothing."
        elif not self["counted"].requests:
            yield "None of its usage is licensed and mandated: it earns nothing as things stand."
        else:
            yield f"{_many(self['counted'].requests, 'request')} will earn."
        if unlicensed := self["unlicensed"].requests:
            yield f"{_many(unlicensed, 'unlicensed request')} kept for enforcement."


@dataclass(slots=True)
class Facts:
    """What is known of the lines read so far, while an import runs; ``usage`` is not divided yet."""

    lines: int = 0
    unreadable_kept: int = 0
    tallies: dict[str, Tally] = field(default_factory=dict)

    def add(self, heading: str, requests: int, lines: int = 1) -> None:
        """Lines under a heading: one of ``HEADINGS``, or "usage"."""
        self.lines += lines
        self.tallies[heading] = self.tallies.get(heading, Tally()) + Tally(lines, requests)

    def as_json(self) -> dict[str, Any]:
        return {
            "lines": self.lines,
            "unreadable_kept": self.unreadable_kept,
            "headings": {name: [one.lines, one.requests] for name, one in sorted(self.tallies.items())},
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """What ``as_json`` made; of an import not begun yet, nothing."""
        if not data:
            return cls()
        tallies = {name: Tally(*one) for name, one in data["headings"].items()}
        return cls(data["lines"], data["unreadable_kept"], tallies)

    def divided(self, usage: Mapping[str, Tally]) -> Account:
        """The account, with ``usage`` (tallies by heading) in the place of the undivided usage."""
        known = {name: tally for name, tally in self.tallies.items() if name != "usage"}
        expected, found = self.tallies.get("usage", Tally()), sum(usage.values(), Tally())
        if found != expected:
            raise AccountWrong(
                f"The lake has {found.lines} rows ({found.requests} requests) of this file where "
                f"{expected.lines} ({expected.requests}) were put: run quire audit."
            )
        return Account(self.lines, _some({**known, **usage}), self.unreadable_kept)

    def withdrawn(self) -> Account:
        """The account of an import that was withdrawn: all of it under that one heading.

        So what its file holds is told once, by the import that took it again.
        """
        return Account(self.lines, _some({"withdrawn": sum(self.tallies.values(), Tally())}))


def together(accounts: Iterable[Account]) -> Account:
    """Several accounts as one."""
    return sum(accounts, Account(0, {}))


def _some(tallies: Mapping[str, Tally]) -> dict[str, Tally]:
    return {name: tally for name, tally in tallies.items() if tally != Tally()}


def _many(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
