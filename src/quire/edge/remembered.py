"""A bounded memory of what was worked out before, in two generations.

The plain way to bound a dictionary is to empty it when it is full; then everything has to be worked out
again at once. Here a full generation steps back and what is still asked for steps forward again, so what is
in use stays. A look-up is one or two dictionary look-ups and takes no lock: each step is one operation of
the interpreter, and two threads at the turn of a generation lose at most an entry, never find a wrong one.
"""

from __future__ import annotations

from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Remembered(Generic[K, V]):
    """At most twice ``most`` entries; what was neither put in nor asked for during a generation goes."""

    __slots__ = ("_most", "new", "old")

    def __init__(self, most: int) -> None:
        self._most = most
        self.new: dict[K, V] = {}
        self.old: dict[K, V] = {}

    def get(self, key: K) -> V | None:
        """What was put in for the key, or None."""
        found = self.new.get(key)
        if found is None:
            found = self.old.get(key)
            if found is not None:
                self.put(key, found)
        return found

    def put(self, key: K, value: V) -> None:
        """Remember it. ``value`` is never None."""
        if len(self.new) >= self._most:
            self.old, self.new = self.new, {}
        self.new[key] = value

    def __len__(self) -> int:
        return len(self.new.keys() | self.old.keys())
