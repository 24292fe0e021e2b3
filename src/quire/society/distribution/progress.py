"""How far a long stage is, and how long the rest of it may take."""

from __future__ import annotations

import time
from collections.abc import Callable

Count = Callable[[int, int, str], None]
"""Told how much is done, of how much, and of what (a plural): of a stage, again and again."""

LEAST_SECONDS = 2
LEAST_PART = 50
"""Before so much time, and one part in so many of the work, nothing is known of the rest."""


def quietly(done: int, of: int, unit: str) -> None:
    """For whom it does not matter."""


def heard(count: Count, of: int, unit: str) -> Callable[[int], None]:
    """Tells ``count`` of work that is heard of in bits: give it how much more is done."""
    done = 0

    def more(size: int) -> None:
        nonlocal done
        done = min(done + size, of)
        count(done, of, unit)

    return more


def remaining(done: int, of: int, seconds: float) -> float | None:
    """The seconds that the rest takes at the rate so far; None while that rate says nothing."""
    if seconds < LEAST_SECONDS or done * LEAST_PART <= of or done >= of:
        return None
    return seconds * (of - done) / done


def sentence(done: int, of: int, seconds: float) -> str:
    """``43 %, about 2 minutes left``, or the part alone while more is not known."""
    part = f"{100 * done // of if of else 100} %"
    left = remaining(done, of, seconds)
    return part if left is None else f"{part}, about {_spoken(left)} left"


def _spoken(seconds: float) -> str:
    """In the unit a person would take."""
    for size, name in ((3600, "hour"), (60, "minute"), (1, "second")):
        if 2 * seconds >= 3 * size:
            return f"{round(seconds / size)} {name}s"
    return "a second"


class Teller:
    """Tells a person, now and then, what a run is doing. Give ``stage`` and ``count`` to ``actions.work``.

    ``say`` gets a text for each stage, and at most every so many seconds one of how far it is, once
    something is known of what is left.
    """

    def __init__(
        self, say: Callable[[str], None], every: int = 10, now: Callable[[], float] = time.monotonic
    ) -> None:
        self.say, self.every, self.now = say, every, now
        self.doing, self.unit = "", ""
        self.began = self.told = now()
        self.first = 0

    def stage(self, doing: str) -> None:
        """A stage begins."""
        self.doing, self.unit = doing, ""
        self.told = self.now()
        self.say(f"{doing} …")

    def count(self, done: int, of: int, unit: str) -> None:
        """A stage is so far. Where it counts something else than before, its pace begins anew."""
        now = self.now()
        if unit != self.unit:
            self.unit, self.began, self.first = unit, now, done
        if now - self.told < self.every or now - self.began < LEAST_SECONDS:
            return
        self.told = now
        so_far = sentence(done - self.first, of - self.first, now - self.began)
        self.say(f"{self.doing}: {unit} {so_far}")
