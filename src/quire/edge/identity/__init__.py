"""Who a crawler is, as far as it can be known without making anybody wait.

Three kinds of evidence, strongest first: a signature over the request (Web Bot Auth, RFC 9421), an address
that the agent's operator publishes or that its DNS confirms, and the name in the ``User-Agent``, which proves
nothing. The strongest kind there was is written into the event. Directories and DNS are asked in the
background: the first request of an agent never seen before has weaker evidence than its next one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from quire.edge.identity.addresses import Addresses
from quire.edge.identity.directories import Directories
from quire.edge.identity.nonces import Nonces
from quire.edge.identity.signatures import NotProved, Shown, shown, stands

__all__ = ["Addresses", "Asked", "Directories", "Identity", "Nonces", "NotProved", "Proof", "Shown", "shown"]


class Asked(Protocol):
    """What is looked at of a request (``quire.edge.request.Request`` is one); header names in lower case."""

    method: str
    scheme: str
    host: str
    path: str
    query: str
    address: str
    time: float
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Proof:
    """What was found out about the sender of one request.

    ``kind`` is "key" (signed with the key that the token is bound to), "signature" (signed with a key in the
    directory that it names), "address", "name" or "". ``code`` is the refusal where something was to be
    proved and was not (``key-proof``), or a signature came again (``replay``); ``problem`` says why, in a
    sentence. ``waiting``: the directory has not been fetched yet.
    """

    kind: str = ""
    code: str = ""
    keyid: str = ""
    directory: str = ""
    problem: str = ""
    waiting: bool = False

    @property
    def ok(self) -> bool:
        """Whether nothing stands against the request."""
        return not self.code


REPLAYED = Proof(code="replay", problem="This signature was used before: sign each request anew.")


class Identity:
    """Everything an edge knows about who is who. Shared by all threads of a process.

    Nothing here raises for what a stranger sends, or waits for anybody.
    """

    def __init__(
        self,
        directories: Directories | None = None,
        addresses: Addresses | None = None,
        nonces: Nonces | None = None,
    ) -> None:
        """``directories`` None: signatures count only for tokens that are bound to a key."""
        self.directories = directories
        self.addresses = addresses or Addresses()
        self.nonces = nonces or Nonces()

    def prove(self, request: Asked, jwk: Mapping[str, Any]) -> Proof:
        """Whether the request is signed with ``jwk``, to which its token is bound (RFC 7800, RFC 9421).

        The key stands in the token, so no directory is asked. The signature must have a nonce, and is good
        once; and it must cover the token, or one that was made for another request, to robots.txt say, would
        prove a token that was stolen (as RFC 9635 §7.3.1 has it).
        """
        if "signature-input" not in request.headers:
            return Proof(code="key-proof", problem="The request is not signed.")
        try:
            found = shown(request)
            if not found.nonce:
                raise NotProved("A token that is bound to a key needs a signature with a nonce.")
            if "authorization" in request.headers and "authorization" not in found.fields:
                raise NotProved("A token that is bound to a key must be covered: sign authorization too.")
            stands(request, found, jwk)
        except NotProved as problem:
            return Proof(code="key-proof", problem=problem.sentence)
        return self._once(found, Proof("key", keyid=found.keyid, directory=found.agent), request.time)

    def evidence(self, request: Asked, agent: str | None) -> Proof:
        """How well it is known who asks; ``agent`` is the AI agent that the ``User-Agent`` names."""
        if "signature-input" not in request.headers or self.directories is None:
            return self._weaker(request, agent)
        try:
            found = shown(request)
            if not found.agent:
                raise NotProved("The signature names no directory of keys.")
            known = self.directories.key(found.agent, found.keyid)
            if known is None:
                waiting = self.directories.awaits(found.agent)
                why = f"The directory of {found.agent} has no such key, or was not fetched yet."
                return self._weaker(request, agent, why, waiting=waiting)
            stands(request, found, known)
        except NotProved as problem:
            return self._weaker(request, agent, problem.sentence)
        return self._once(found, Proof("signature", keyid=found.keyid, directory=found.agent), request.time)

    def _weaker(
        self, request: Asked, agent: str | None, problem: str = "", *, waiting: bool = False
    ) -> Proof:
        if agent and self.addresses.confirm(agent, request.address):
            return Proof("address", problem=problem, waiting=waiting)
        return Proof("name" if agent else "", problem=problem, waiting=waiting)

    def _once(self, found: Shown, proof: Proof, now: float) -> Proof:
        if found.nonce and not self.nonces.first(found.keyid, found.nonce, found.until, now):
            return REPLAYED
        return proof
