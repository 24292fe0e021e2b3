"""Wrong secrets, counted for each client and address, in this process's memory.

A secret is 256 random bits, so no number of guesses finds it; this keeps a mistaken or hostile program from
making the database work. After ``MOST`` failures within ``SECONDS`` a client's requests from that address
are refused unseen, except those with a secret that has been right here lately: who knows a client's id (it
stands in every token) cannot lock the client out, even where all requests come by one proxy's address. Each
server process counts for itself.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections import OrderedDict

MOST = 10
SECONDS = 60
_ROOM = 10_000

_lock = threading.Lock()
_failed: OrderedDict[tuple[str, str], tuple[float, int]] = OrderedDict()
_right: OrderedDict[bytes, None] = OrderedDict()


def blocked(client: str, address: str, secret: str) -> bool:
    """Whether this request is refused without a look at its secret."""
    with _lock:
        since, count = _failed.get((client, address), (0, 0))
        if count < MOST or time.monotonic() - since >= SECONDS:
            return False
        return _digest(client, secret) not in _right


def failed(client: str, address: str) -> None:
    """One more wrong secret; the minute is counted from the first of them."""
    with _lock:
        now = time.monotonic()
        since, count = _failed.pop((client, address), (now, 0))
        if now - since >= SECONDS:
            since, count = now, 0
        _failed[client, address] = (since, count + 1)
        if len(_failed) > _ROOM:
            _failed.popitem(last=False)


def succeeded(client: str, secret: str) -> None:
    """This secret was right."""
    with _lock:
        _right.pop(digest := _digest(client, secret), None)
        _right[digest] = None
        if len(_right) > _ROOM:
            _right.popitem(last=False)


def _digest(client: str, secret: str) -> bytes:
    return hashlib.sha256(f"{client}\0{secret}".encode("utf-8", "surrogatepass")).digest()


def forget() -> None:
    """Begin to count anew."""
    with _lock:
        _failed.clear()
        _right.clear()
