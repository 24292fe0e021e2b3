"""Directories of keys that crawlers name: fetched in the background, under guard, and remembered.

``https://agent.example/.well-known/http-message-signatures-directory`` is a JWKS. A stranger chooses the
address, so it is fetched by the guarded client alone (``quire.edge.fetch``): public addresses, HTTPS, no
redirects, bounded in size and time. Identity is the pair of origin and key: the same key under another origin
is somebody else.

Source: draft-meunier-webbotauth-httpsig-protocol: only 200 counts; a failed fetch does not forget what was
known; a directory that came without a key does; failures are remembered for at most five minutes.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from quire.core import canonical
from quire.core.errors import QuireError
from quire.core.tokens import PublicKey

PATH = "/.well-known/http-message-signatures-directory"
MOST_BYTES = 64 * 1024
MOST_KEYS = 32
MOST_ORIGINS = 2_000
FRESH = 3600.0
"""Seconds a directory is taken as it was fetched."""
SULK = 300.0
"""Seconds an origin that did not answer is left alone."""

Fetch = Callable[[str], bytes]
"""The body of a 200 answer of at most MOST_BYTES; raises OSError or QuireError for everything else."""


@dataclass(slots=True)
class _Known:
    keys: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    again: float = 0.0
    """When it may be fetched again; before that what is here holds."""
    fetched: bool = False


class Directories:
    """Keys by origin. ``key`` answers from memory and has what is missing fetched behind."""

    def __init__(self, fetch: Fetch, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._fetch = fetch
        self._clock = clock
        self._known: dict[str, _Known] = {}
        self._asked: queue.Queue[str] = queue.Queue(maxsize=256)
        self._waiting: set[str] = set()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def key(self, origin: str, keyid: str) -> Mapping[str, Any] | None:
        """The public JWK of this id in the origin's directory, or None: unknown, or not fetched yet."""
        known = self._known.get(origin)
        if known is None or known.again <= self._clock():
            self._want(origin)
        return known.keys.get(keyid) if known else None

    def awaits(self, origin: str) -> bool:
        """Whether the directory was never fetched so far: the next request may be judged better."""
        known = self._known.get(origin)
        return known is None or not known.fetched

    def _want(self, origin: str) -> None:
        """Have it fetched. Of more origins than anybody needs the ones asked first are served."""
        with self._lock:
            if origin not in self._waiting:
                try:
                    self._asked.put_nowait(origin)
                except queue.Full:
                    return
                self._waiting.add(origin)
            # Also where it waits already: the thread may have ended, with nothing to do, as it was put there.
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._serve, name="quire-directories", daemon=True)
                self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                origin = self._asked.get(timeout=60)
            except queue.Empty:
                return
            try:
                self.refresh(origin)
            finally:
                with self._lock:
                    self._waiting.discard(origin)

    def refresh(self, origin: str) -> None:
        """Fetch one directory now and remember what came of it. Never raises for what a stranger serves."""
        known = self._known.get(origin) or _Known()
        try:
            keys = read(self._fetch(origin + PATH))
        except (OSError, QuireError, ValueError):
            known.again = self._clock() + SULK
        else:
            known = _Known(keys, self._clock() + FRESH, fetched=True)
        with self._lock:
            if origin not in self._known and len(self._known) >= MOST_ORIGINS:
                oldest = min(self._known, key=lambda name: self._known[name].again)
                del self._known[oldest]
            self._known[origin] = known


def read(body: bytes) -> dict[str, Mapping[str, Any]]:
    """The Ed25519 keys of a directory by thumbprint; other kinds are passed over. Raises QuireError."""
    if len(body) > MOST_BYTES:
        raise canonical.NotCanonical("The directory is too large.")
    value = canonical.loads(body, canonical=False)
    listed = value.get("keys") if isinstance(value, dict) else None
    if not isinstance(listed, list) or len(listed) > MOST_KEYS:
        raise canonical.NotCanonical("The directory is not a JWKS, or has more keys than anybody needs.")
    found: dict[str, Mapping[str, Any]] = {}
    for jwk in listed:
        if isinstance(jwk, dict) and jwk.get("crv") == "Ed25519":
            try:
                key = PublicKey.from_jwk({name: jwk.get(name) for name in ("kty", "crv", "x")})
            except QuireError:
                continue
            found[key.kid] = key.jwk()
    return found
