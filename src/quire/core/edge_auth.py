"""How an edge shows who it is: a signature of its batch of events, or of any other request (boundary §6).

Owns the two headers ``Authorization: Edge <JWS>``, written and read. Does not own which edges there are, nor
what is in a batch. Both come from anyone until they are read.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from quire.core import canonical, moments
from quire.core.errors import Invalid, NotFound, QuireError
from quire.core.tokens import ALG, BadSignature, KeySet, SigningKey, UnknownKey, unproved, verify

SCHEME = "Edge"
BATCH = "quire-batch+jws"
REQUEST = "quire-edge+jws"
GOOD_FOR = timedelta(minutes=5)
"""How far the moment of signing may be from the reader's clock, to either side."""
MAX_VALUE = 4096
"""Characters of a header's value."""
MAX_LANE = 65_535

KeysOf = Callable[[str], KeySet]
"""The keys of an edge by its id; of an id that is not registered none, or a KeyError or NotFound."""

_IN_BATCH = {"edge", "spool", "lane", "first", "last", "digest", "sent"}
_IN_REQUEST = {"edge", "method", "path", "sent", "digest"}
_PLAIN = re.compile(r"[!-~]{1,300}")
_SPOOL = re.compile(r"[0-9a-f]{8,64}")


class NotThisEdge(QuireError):
    """The signature is missing, or not that of a registered edge over this request."""

    code = "usage.not-this-edge"
    status = 401


class Stale(QuireError):
    """A request that was signed too long ago, or in the future."""

    code = "usage.stale"
    status = 401


class BadClaims(Invalid):
    """What the edge signed claims nothing that a batch or a request could be."""

    code = "usage.not-a-batch"
    status = 400


@dataclass(frozen=True, slots=True)
class BatchHead:
    """What an edge signs of a batch: numbers ``first`` to ``last``, both in it, of a lane of its spool.

    ``digest`` is of the body as it was sent, ``sent`` in UTC. Raises BadClaims.
    """

    edge: str
    spool: str
    lane: int
    first: int
    last: int
    digest: str
    sent: datetime

    def __post_init__(self) -> None:
        if not isinstance(self.edge, str) or not _PLAIN.fullmatch(self.edge):
            raise BadClaims("A batch's edge is an id in ASCII.")
        if not isinstance(self.spool, str) or not _SPOOL.fullmatch(self.spool):
            raise BadClaims("A batch's spool is 8 to 64 hexadecimal digits.")
        if type(self.lane) is not int or not 0 <= self.lane <= MAX_LANE:
            raise BadClaims(f"A batch's lane is a number up to {MAX_LANE}.")
        if type(self.first) is not int or type(self.last) is not int:
            raise BadClaims("A batch's first and last are numbers.")
        if not 1 <= self.first <= self.last <= canonical.MAX_INT:
            raise BadClaims("A batch's numbers begin with 1, and the first is not after the last.")


def sign_batch(
    key: SigningKey, edge: str, spool: str, lane: int, first: int, last: int, body: bytes, sent: datetime
) -> str:
    """The value of ``Authorization`` for a batch whose body, compressed as it is sent, is ``body``."""
    head = BatchHead(edge, spool, lane, first, last, canonical.digest(body), sent)
    said = {
        "edge": edge,
        "spool": spool,
        "lane": lane,
        "first": first,
        "last": last,
        "digest": head.digest,
        "sent": moments.write(sent),
    }
    return f"{SCHEME} {key.sign(canonical.dumps(said), BATCH, ALG)}"


def read_batch(value: str, body: bytes, keys_of: KeysOf) -> BatchHead:
    """The head of a batch, once it is sure that the edge it names signed it with this body.

    ``value`` is that of ``Authorization``. Raises NotThisEdge and BadClaims. A batch may be sent again, so
    its time is not asked: the numbers say whether it is new.
    """
    said = _signed(value, BATCH, keys_of, _IN_BATCH)
    _same_body(said, body)
    return BatchHead(**{**said, "sent": _moment(said["sent"])})


def sign_request(key: SigningKey, edge: str, method: str, path: str, body: bytes, sent: datetime) -> str:
    """The value of ``Authorization`` for another request; ``path`` with its query, as it is sent."""
    said = {
        "edge": edge,
        "method": method.upper(),
        "path": path,
        "sent": moments.write(sent),
        "digest": canonical.digest(body),
    }
    return f"{SCHEME} {key.sign(canonical.dumps(said), REQUEST, ALG)}"


def read_request(value: str, method: str, path: str, body: bytes, keys_of: KeysOf, now: datetime) -> str:
    """The id of the edge that signed this request at most five minutes from ``now``.

    Raises NotThisEdge, BadClaims for what was signed and says nothing, and Stale.
    """
    said = _signed(value, REQUEST, keys_of, _IN_REQUEST)
    _same_body(said, body)
    if said["method"] != method.upper() or said["path"] != path:
        raise NotThisEdge("The signature is of another request.")
    if abs(_moment(said["sent"]) - now) > GOOD_FOR:
        raise Stale("The request was signed more than five minutes from now: set the edge's clock.")
    return str(said["edge"])


def _signed(value: str, typ: str, keys_of: KeysOf, fields: set[str]) -> dict[str, Any]:
    """What the edge that ``value`` names has signed; the id is read first, and believed when it verifies."""
    scheme, _, jws = value.partition(" ") if len(value) <= MAX_VALUE else ("", "", "")
    if scheme.lower() != SCHEME.lower():
        raise NotThisEdge(f"The request is not signed: it needs Authorization: {SCHEME} and a signature.")
    keys = _keys(_peek(jws), keys_of)
    try:
        said = _object(verify(jws, keys, typ))
    except (BadSignature, UnknownKey) as error:
        raise NotThisEdge(error.sentence) from None
    if said is None or set(said) != fields:
        raise BadClaims("The edge signed something other than " + ", ".join(sorted(fields)) + ".")
    return said


def _peek(jws: str) -> str:
    edge = (_object(unproved(jws) or b"") or {}).get("edge")
    if not isinstance(edge, str) or not _PLAIN.fullmatch(edge):
        raise NotThisEdge("The signature names no edge.")
    return edge


def _keys(edge: str, keys_of: KeysOf) -> KeySet:
    try:
        return keys_of(edge)
    except (KeyError, NotFound):
        return KeySet()


def _object(data: bytes) -> dict[str, Any] | None:
    try:
        said = canonical.loads(data)
    except canonical.NotCanonical:
        return None
    return said if isinstance(said, dict) else None


def _same_body(said: dict[str, Any], body: bytes) -> None:
    if said["digest"] != canonical.digest(body):
        raise NotThisEdge("The body is not the one that was signed.")


def _moment(text: object) -> datetime:
    try:
        return moments.read(text)
    except moments.BadMoment as error:
        raise BadClaims(error.sentence) from None
