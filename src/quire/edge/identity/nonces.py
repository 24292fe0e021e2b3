"""Nonces that were seen, until their signatures have ended: each is good once.

Each process of an edge remembers its own. Two processes could each take one nonce once; an edge that must not
allow even that runs one process, which is enough for most sites.
"""

from __future__ import annotations

import threading

MOST = 1_000_000
"""Nonces kept. Above it the signature is treated as used before: rather refuse a bot than let a replay in."""


class Nonces:
    """A set that forgets what has ended."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._seen: dict[tuple[str, str], float] = {}
        self._lock = threading.Lock()
        self._swept = 0.0

    def first(self, keyid: str, nonce: str, until: float, now: float) -> bool:
        """Whether this nonce of this key was not seen before; from now until ``until`` it was."""
        with self._lock:
            if now - self._swept > 30 or len(self._seen) >= self._most:
                self._seen = {pair: end for pair, end in self._seen.items() if end >= now}
                self._swept = now
            if (keyid, nonce) in self._seen or len(self._seen) >= self._most:
                return False
            self._seen[keyid, nonce] = until
            return True

    def __len__(self) -> int:
        return len(self._seen)
