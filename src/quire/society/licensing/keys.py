"""The keys that licence tokens, policies, revocation lists and allowances are signed with, and their turns.

``QUIRE_HOME/keys/tokens.json`` (its owner's alone) holds every key with the moment from which it signs and,
once another has followed, the moment from which it does not. There is an Ed25519 key, which signs everything
and the tokens of clients that ask for ``Ed25519`` or ``EdDSA``, and an ES256 key for clients that need that.

A key is in the published set (JWKS) before it signs for the first time, so that nobody meets a signature by a
key not heard of, and stays there after its last signature until the longest token by it has ended.
"""

from __future__ import annotations

import fcntl
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from quire.core.errors import Invalid
from quire.core.tokens import KeySet, Kind, SigningKey
from quire.society.kit import config
from quire.society.kit.nouns import Unknown

KINDS: tuple[Kind, ...] = ("Ed25519", "ES256")
AHEAD = timedelta(hours=24)
"""How long a key is published before it signs: verifiers ask for the set at least once a day."""
LINGERS = timedelta(hours=2)
"""How long a key is published after its last signature: the longest token's hour, and slow clocks."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A key, signing from ``starts`` until ``ends`` (None: until another follows)."""

    key: SigningKey
    starts: datetime
    ends: datetime | None = None

    def published(self, now: datetime) -> bool:
        """Whether it is in the published set: also before its turn, and for a while after it."""
        return self.ends is None or now < self.ends + LINGERS

    def document(self) -> dict[str, object]:
        """The key as the file keeps it."""
        ends = self.ends and self.ends.isoformat()
        return {"starts": self.starts.isoformat(), "ends": ends, "jwk": self.key.private_jwk()}


def signing_key(kind: Kind = "Ed25519") -> SigningKey:
    """The key whose turn it is; made at first use."""
    known, now = _keys(), _now()  # in this order: the first keys begin when they are made
    current = [one for one in known if one.key.kind == kind and one.starts <= now]
    return max(current, key=lambda one: one.starts).key


def public_keys() -> list[dict[str, str]]:
    """The published set, as public JWKs: keys in use, those coming, those whose tokens may still be good.

    An Ed25519 key has no ``alg``: the same key signs as Ed25519 and, for clients that know only the older
    name, as EdDSA, and readers that heed ``alg`` would refuse one of the two.
    """
    now = _now()
    return [_plain(one.key.public_jwk()) for one in _keys() if one.published(now)]


def _plain(jwk: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in jwk.items() if name != "alg" or jwk["kty"] != "OKP"}


def key_set() -> KeySet:
    """The published set, to verify with."""
    return KeySet.of(*public_keys())


def kept() -> tuple[Kept, ...]:
    """Every key in the file, the oldest first: also those that are published no more."""
    return _keys()


def rotate(*, ahead: timedelta = AHEAD) -> list[Kept]:
    """New keys of each kind, which sign after ``ahead``; the present ones sign until then. Returns the new
    ones.

    Refuses while others wait for their turn already: a second set would be used before it was known.
    """
    starts = _now() + ahead

    def turn(known: tuple[Kept, ...]) -> tuple[Kept, ...]:
        if any(one.starts > _now() for one in known):
            raise Invalid("The next keys are published already and wait for their turn; rotate after it.")
        ended = [one if one.ends else replace(one, ends=starts) for one in known]
        return (*ended, *(Kept(SigningKey.generate(kind), starts) for kind in KINDS))

    return [one for one in _change(turn) if one.starts == starts]


def drop(kid: str) -> list[Kept]:
    """Take a key that somebody else may know out of the published set at once, and out of use; its tokens
    end.

    Where it was in use, a new one takes its turn now. Returns the keys that remain. Unknown for the key.
    """

    def without(known: tuple[Kept, ...]) -> tuple[Kept, ...]:
        gone = next((one for one in known if one.key.kid == kid), None)
        if gone is None:
            raise Unknown(f"There is no key {kid[:60]!r}; `quire keys list` shows them.")
        now = _now()
        rest = tuple(_goes_on(one, gone, now) for one in known if one is not gone)
        if any(one.key.kind == gone.key.kind and one.starts <= now and not _over(one, now) for one in rest):
            return rest
        return (*rest, Kept(SigningKey.generate(gone.key.kind), now, _next_turn(rest, gone, now)))

    return list(_change(without))


def _goes_on(one: Kept, gone: Kept, now: datetime) -> Kept:
    """The key whose successor was dropped before its turn goes on signing."""
    follows = one.key.kind == gone.key.kind and one.ends == gone.starts and gone.starts > now
    return replace(one, ends=None) if follows else one


def _over(one: Kept, now: datetime) -> bool:
    return one.ends is not None and one.ends <= now


def _next_turn(rest: tuple[Kept, ...], gone: Kept, now: datetime) -> datetime | None:
    """When the key after the dropped one begins, if one waits."""
    coming = [one.starts for one in rest if one.key.kind == gone.key.kind and one.starts > now]
    return min(coming, default=None)


def _now() -> datetime:
    # The machine's clock, not a rehearsal's: other machines judge signatures by theirs.
    return datetime.now(UTC)


def _place() -> Path:
    return config.private("keys") / "tokens.json"


def _keys() -> tuple[Kept, ...]:
    place = _place()
    if not place.exists():
        _change(lambda known: known or tuple(Kept(SigningKey.generate(kind), _now()) for kind in KINDS))
    status = place.stat()
    return _read(place, status.st_mtime_ns, status.st_ino)


@lru_cache(maxsize=4)
def _read(place: Path, changed: int, inode: int) -> tuple[Kept, ...]:
    """The file's keys; read again when it is another file (``_put`` always makes a new one)."""
    found = []
    for one in json.loads(place.read_text())["keys"]:
        ends = datetime.fromisoformat(one["ends"]) if one["ends"] else None
        found.append(Kept(SigningKey.from_jwk(one["jwk"]), datetime.fromisoformat(one["starts"]), ends))
    return tuple(found)


def _change(change: Callable[[tuple[Kept, ...]], tuple[Kept, ...]]) -> tuple[Kept, ...]:
    """Replace the file's keys by what ``change`` makes of them; one process at a time."""
    place = _place()
    with _alone(place.with_suffix(".lock")):
        known: tuple[Kept, ...] = ()
        if place.exists():
            known = _read(place, place.stat().st_mtime_ns, place.stat().st_ino)
        made = change(known)
        _put(place, json.dumps({"keys": [one.document() for one in made]}, indent=1) + "\n")
    return made


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    handle = os.open(lock, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _put(place: Path, text: str) -> None:
    """Replace the file whole or not at all; a fresh file of mkstemp is its owner's alone."""
    handle, fresh = tempfile.mkstemp(prefix=f".{place.name}.", dir=place.parent)
    try:
        with os.fdopen(handle, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(fresh, place)
    except BaseException:
        os.unlink(fresh)
        raise
