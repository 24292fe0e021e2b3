"""Path patterns as robots.txt has them, and a book of them in which the most specific one is found.

Owns: what a pattern matches, and its one spelling. Does not own what stands behind a pattern.

A pattern is a prefix in which ``*`` is any run of characters and a closing ``$`` is the end (RFC 9309 §2.2.2
and §2.2.3). Pattern and path are compared octet by octet after both got one spelling of their percent
encoding; a ``*`` or ``$`` that is meant literally is written ``%2A`` or ``%24``.
"""

from __future__ import annotations

import re
from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from typing import Generic, NamedTuple, TypeVar

V = TypeVar("V")

_PLAIN = re.compile(r"[A-Za-z0-9/._~!&'()+,;=:@?-]*")
_ODD = re.compile(r"%([0-9A-Fa-f]{2})|[^A-Za-z0-9/._~!&'()+,;=:@?\[\]#-]")
_ODD_IN_PATTERN = re.compile(r"%([0-9A-Fa-f]{2})|[^A-Za-z0-9/._~!&'()+,;=:@?\[\]#*-]")
_ESCAPE = re.compile(r"%([0-9A-F]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


def normal(pattern: str) -> str:
    """The one spelling of a pattern: patterns that mean the same by encoding alone become equal text.

    Escapes of unreserved characters are decoded, the others written in capitals; what is not ASCII, a blank,
    a control and a lone ``%`` are escaped; a ``$`` that does not close the pattern is ``%24``. Applying it
    twice changes nothing. Source: RFC 9309 §2.2.2.
    """
    body, end = (pattern[:-1], "$") if pattern.endswith("$") else (pattern, "")
    return _ODD_IN_PATTERN.sub(_escaped, body) + end


def normal_path(path: str) -> str:
    """The spelling of a path (and query) in which it is compared; ``*`` and ``$`` in it are escaped."""
    return path if _PLAIN.fullmatch(path) else _ODD.sub(_escaped, path)


def matches(pattern: str, path: str) -> bool:
    """Whether the pattern matches the path; the empty pattern matches nothing (RFC 9309 §2.2.2).

    The time is linear in the path for each ``*``; nothing is tried twice.
    """
    return bool(pattern) and _apart(pattern).begins(_octets(normal_path(path)))


def covers(wide: str, narrow: str) -> bool:
    """Whether every path under ``narrow`` is certainly under ``wide``: its ``*`` may stand for anything."""
    outer, inner = _apart(wide), _apart(narrow).text
    if not wide or (outer.closed and not inner.endswith("$")):
        return False
    # No piece has a "*" in it, so what stands in ``narrow`` itself stands in every path under it.
    return outer.begins(_octets(inner.removesuffix("$")))


class _Wild(NamedTuple):
    """A pattern taken apart at its asterisks. Sorted, the most octets come first, then the text decides."""

    shorter: int
    text: str
    pieces: tuple[str, ...]
    closed: bool

    @classmethod
    def of(cls, text: str) -> _Wild:
        """From the normal spelling."""
        pieces = _octets(text.removesuffix("$")).split("*")
        return cls(-len(text), text, tuple(pieces), text.endswith("$"))

    def begins(self, path: str) -> bool:
        """Whether the pieces stand in a path (of ``_octets``) one after another, each as early as it can."""
        first, *others = self.pieces
        if not others:
            return path == first if self.closed else path.startswith(first)
        if not path.startswith(first):
            return False
        at = len(first)
        last = others.pop() if self.closed else ""
        for piece in others:
            at = path.find(piece, at)
            if at < 0:
                return False
            at += len(piece)
        return len(path) - len(last) >= at and path.endswith(last)


@lru_cache(maxsize=8_192)
def _apart(pattern: str) -> _Wild:
    """A document of patterns is asked about many paths: each pattern is taken apart once."""
    return _Wild.of(normal(pattern))


class Book(Generic[V]):
    """Patterns, each with what stands behind it.

    Of the patterns that match, the one with the most octets in its normal spelling holds, of equally long
    ones the first as text. Plain prefixes and whole paths are looked up, only patterns with ``*`` are tried.
    """

    def __init__(self) -> None:
        self._prefixes: dict[int, dict[str, V]] = {}
        self._whole: dict[str, V] = {}
        self._wild: list[tuple[_Wild, V]] = []
        self._lengths: tuple[int, ...] = ()
        self._ties: frozenset[int] | None = None

    def add(self, pattern: str, value: V) -> None:
        """Put ``value`` behind the pattern, in place of what stood there. An empty one matches nothing."""
        text, self._ties = normal(pattern), None
        if "*" in text:
            self._wild = [entry for entry in self._wild if entry[0].text != text]
            insort(self._wild, (_Wild.of(text), value), key=_rank)
        elif text.endswith("$"):
            self._whole[text[:-1]] = value
        elif text:
            same = self._prefixes.setdefault(len(text), {})
            if not same:
                self._lengths = tuple(sorted(self._prefixes, reverse=True))
            same[text] = value

    def find(self, path: str) -> V | None:
        """What stands behind the pattern that holds for the path; None where none does."""
        if self._wild or self._whole or not _PLAIN.fullmatch(path):
            found = self.entry(path)
            return None if found is None else found[1]
        # The common case, millions of times: nothing but prefixes.
        for length in self._lengths:
            if (start := path[:length]) in (same := self._prefixes[length]):
                return same[start]
        return None

    def entry(self, path: str) -> tuple[str, V] | None:
        """The pattern that holds for the path, in its normal spelling, and what stands behind it."""
        path = normal_path(path)
        best = self._plain(path)
        if not self._wild:
            return best
        rank = (-len(best[0]), best[0]) if best else (1, "")
        # The list is in the order of precedence: past the plain pattern's place nothing can win any more.
        until = bisect_left(self._wild, rank, key=_rank)
        octets = _octets(path)
        for wild, value in self._wild[:until]:
            if wild.begins(octets):
                return wild.text, value
        return best

    def every(self, path: str) -> tuple[V, ...]:
        """What stands behind every matching pattern that is as long as the longest: mostly one, or none."""
        if not self._wild:
            found = self.find(path)
            return () if found is None else (found,)
        best = self.entry(path)
        if best is None:
            return ()
        if len(best[0]) not in self._tied():
            return (best[1],)
        return tuple(self._as_long(normal_path(path), len(best[0])))

    def matching(self, path: str) -> list[tuple[str, V]]:
        """Every pattern that matches the path, in its normal spelling, and what stands behind it."""
        path = normal_path(path)
        found = [(path + "$", self._whole[path])] if path in self._whole else []
        for length in self._lengths:
            if (start := path[:length]) in (same := self._prefixes[length]):
                found.append((start, same[start]))
        octets = _octets(path)
        return found + [(wild.text, value) for wild, value in self._wild if wild.begins(octets)]

    def _as_long(self, path: str, length: int) -> Iterator[V]:
        plain = self._plain(path)
        if plain is not None and len(plain[0]) == length:
            yield plain[1]
        octets = _octets(path)
        yield from (value for wild, value in self._wild if -wild.shorter == length and wild.begins(octets))

    def _tied(self) -> frozenset[int]:
        """Lengths of which there are several patterns that may match one path: one of them has a ``*``."""
        if self._ties is None:
            wild = Counter(-wild.shorter for wild, _ in self._wild)
            plain = {*self._lengths, *(len(path) + 1 for path in self._whole)}
            self._ties = frozenset(length for length, many in wild.items() if many > 1 or length in plain)
        return self._ties

    def _plain(self, path: str) -> tuple[str, V] | None:
        """The longest pattern without ``*``: the whole path with ``$`` is longer than any prefix of it."""
        if path in self._whole:
            return path + "$", self._whole[path]
        for length in self._lengths:
            if (start := path[:length]) in (same := self._prefixes[length]):
                return start, same[start]
        return None

    def __iter__(self) -> Iterator[tuple[str, V]]:
        """Every pattern in its normal spelling and what stands behind it, the most specific first."""
        every = [entry for same in self._prefixes.values() for entry in same.items()]
        every += [(text + "$", value) for text, value in self._whole.items()]
        every += [(wild.text, value) for wild, value in self._wild]
        return iter(sorted(every, key=lambda entry: (-len(entry[0]), entry[0])))


def _rank(entry: tuple[_Wild, V]) -> tuple[int, str]:
    return entry[0][:2]


def _octets(path: str) -> str:
    """The path with one character for each octet: what begins in the midst of an escape is no match."""
    return _ESCAPE.sub(lambda found: chr(0xE000 + int(found[1], 16)), path) if "%" in path else path


def _escaped(found: re.Match[str]) -> str:
    """One escape or one character that needs one."""
    if found[1]:
        meant = chr(int(found[1], 16))
        return meant if meant in _UNRESERVED else found[0].upper()
    try:
        octets = found[0].encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        octets = found[0].encode("utf-8", "surrogatepass")
    return "".join(f"%{octet:02X}" for octet in octets)
