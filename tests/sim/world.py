"""A society at random: what its people know of it, the day it is, and what happens next.

What happens is an *event*: a small function with a weight and a condition, that does one thing through the
rooms' actions and, when that is done, notes in the world what it did (not before: it may be cut off). Every
choice is made by one seeded generator out of sorted names, so that a seed tells the same story again. The
world's notes are also a second, plain account of the society (``model``), with which the first is compared.
"""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any, TypeVar

from quire.core.errors import QuireError
from tests.sim.model import Model

T = TypeVar("T")
Killer = Callable[..., bool]
"""Has a process do one of ``desk.ACTIONS`` and die in it; False where it had come to its end."""
BROKEN = {
    "chain.wrong",
    "corrections.wrong",
    "distribution.evidence-changed",
    "distribution.sum",
    "evidence.wrong",
    "ledger.unbalanced",
}
"""Refusals that no event may come to: with them, something before it went wrong."""


class PowerCut(BaseException):
    """The process dies here, inside whatever transaction it is in; no ``except Exception`` sees it."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that may happen: how likely, when at all, and what. ``crashable``: it may be cut off inside
    and done again."""

    name: str
    weight: int
    do: Callable[[World], str | None]
    when: Callable[[World], bool]
    crashable: bool


EVENTS: list[Event] = []


def event(
    weight: int, when: Callable[[World], Any] = lambda world: True, *, crashable: bool = True
) -> Callable[[Callable[[World], str | None]], Callable[[World], str | None]]:
    """Register a function as an event. It returns what it did in a few words, or None for nothing."""

    def register(do: Callable[[World], str | None]) -> Callable[[World], str | None]:
        EVENTS.append(Event(do.__name__, weight, do, lambda world: bool(when(world)), crashable))
        return do

    return register


def patiently(do: Callable[[], T], busy: type[QuireError]) -> T:
    """Do it, and wait while the database still has the lock of a process that was killed."""
    for _ in range(400):
        try:
            return do()
        except busy:
            time.sleep(0.05)
    raise AssertionError("the lock of a killed process was never let go")


@dataclass(slots=True)
class World:
    """The society in the database and folder that are set, and whoever plays it."""

    rng: random.Random
    folder: Path
    preparer: Any
    approver: Any
    day: date
    killer: Killer | None = None
    model: Model = field(default_factory=Model)
    log: list[str] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    due: list[tuple[date, int, str, Callable[[World], str | None]]] = field(default_factory=list)
    numbers: Counter[str] = field(default_factory=Counter)
    notes: dict[str, Any] = field(default_factory=dict)

    # Choices

    def number(self, kind: str) -> int:
        """The next number of a kind of names."""
        self.numbers[kind] += 1
        return self.numbers[kind]

    def pick(self, among: Sequence[T]) -> T:
        return self.rng.choice(among)

    def some(self, among: Sequence[T], most: int) -> list[T]:
        return self.rng.sample(among, min(len(among), self.rng.randint(1, most)))

    def chance(self, part: float) -> bool:
        return self.rng.random() < part

    def day_in(self, starts: date, ends: date) -> date:
        """A day from ``starts`` until, not including, ``ends``."""
        return starts + timedelta(self.rng.randrange((ends - starts).days))

    def money(self, most: int, *, odd: float = 0.3) -> str:
        """An amount in major units: mostly with cents, sometimes with all decimals."""
        digits = 12 if self.chance(odd) else 2
        quanta = self.rng.randint(1, most * 10**digits)
        return f"{quanta // 10**digits}.{quanta % 10**digits:0{digits}d}"

    def file(self, name: str, text: str) -> Path:
        place = self.folder / name
        place.write_text(text)
        return place

    # Death

    def killed(self, what: str, *words: Any) -> None:
        """Have another process do this and die in it, if processes can be killed here."""
        if self.killer is not None and self.killer(*words):
            self.done[f"(killed {what})"] += 1

    # Time

    def turn(self, day: date) -> None:
        """It is this day now, for the society too."""
        self.day = day
        os.environ["QUIRE_TODAY"] = day.isoformat()

    def later(self, days: int, name: str, do: Callable[[World], str | None]) -> None:
        """Have this happen so many days from now."""
        self.due.append((self.day + timedelta(days), self.number("due"), name, do))
        self.due.sort(key=lambda one: one[:2])

    # What happens

    def say(self, text: str) -> None:
        self.log.append(f"{self.day} {text}")
        with open(self.folder / "story.txt", "a") as story:
            story.write(self.log[-1] + "\n")

    def happen(self, name: str, do: Callable[[World], str | None], *, crashable: bool) -> None:
        """One event; now and then it is cut off in the middle, and then done as if nothing had been."""
        try:
            told = self._cut_off(name, do) if crashable and self.chance(0.04) else do(self)
        except QuireError as refusal:
            self.say(f"{name}: refused ({refusal.code}): {refusal.sentence[:160]}")
            if refusal.code in BROKEN:
                raise
            self.refused[f"{name}: {refusal.code}"] += 1
            return
        if told is not None:
            self.say(f"{name}: {told}")
            self.done[name] += 1

    def _cut_off(self, name: str, do: Callable[[World], str | None]) -> str | None:
        """Die at one of the first acts put on record, if it comes to it; then the same event, whole."""
        from quire.society.kit import acts

        at, state, numbers = self.rng.randint(1, 3), self.rng.getstate(), Counter(self.numbers)
        record, count = acts.record, 0

        def cut(*args: Any, **kwargs: Any) -> Any:
            nonlocal count
            made, count = record(*args, **kwargs), count + 1
            if count == at:
                raise PowerCut(args[0])
            return made

        acts.record = cut
        try:
            return do(self)
        except PowerCut as end:
            self.say(f"{name}: cut off at {end}")
            self.done["(cut off)"] += 1
        finally:
            acts.record = record
        self.rng.setstate(state)
        self.numbers = numbers
        return do(self)
