"""The gate: who is let in, on what terms. It asks nobody and waits for nothing.

The order in which a request is judged is that of docs/boundary.md §4. The usual cases, a person and a token
that was seen before, are a few dictionary look-ups; everything else is worked out once and remembered as
long as the state it was worked out from (``quire.edge.policy``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from quire.core.agents import Agent
from quire.core.licence_token import Claims, TokenRefused, peek_issuer, read_from
from quire.core.money import Money
from quire.edge.paying import UNPAID_METHODS, Charge, Purse, Reservation, objection
from quire.edge.policy import FREE, NOBODY, Known, Nobody, Place, State, Verdict, View
from quire.edge.request import Request, given_id

PATIENCE = 60
"""Seconds after hearing from the society in which a key that it did not name is taken not to be one of its
keys.

Later the key may be a new one: then the answer is 503, and the society is asked."""

LONGEST_AUTHORIZATION = 8 * 1024 + 16
"""Characters of an ``Authorization`` header; a longer one is no token."""


class Proof(Protocol):
    """What a ``Verifier`` found: ``kind`` is ``key``, ``signature``, ``address``, ``name`` or empty.

    ``code`` is a refusal, ``key-proof`` or ``replay``; empty where nothing stands against the request.
    """

    @property
    def kind(self) -> str: ...
    @property
    def code(self) -> str: ...


class Verifier(Protocol):
    """Who tells who signed a request (``quire.edge.identity.Identity``)."""

    def prove(self, request: Request, jwk: Mapping[str, str]) -> Proof: ...
    def evidence(self, request: Request, agent: str | None) -> Proof: ...


class Decision:
    """What became of one request. ``verdict`` is shared between requests, the rest is this one's own.

    ``outcome`` is ``free``, ``people``, ``admitted`` or ``refused``; an admitted one with ``paid`` is
    charged if the site's answer is a success. ``host`` and ``path`` are canonical, ``agent`` is the name of
    the AI agent.
    """

    __slots__ = ("agent", "host", "paid", "path", "proof", "request", "verdict")

    def __init__(
        self,
        verdict: Verdict,
        request: Request,
        host: str,
        path: str,
        agent: str | None,
        proof: str = "",
        paid: Reservation | Charge | None = None,
    ) -> None:
        self.verdict = verdict
        self.request = request
        self.host = host
        self.path = path
        self.agent = agent
        self.proof = proof
        self.paid = paid

    @property
    def outcome(self) -> str:
        return self.verdict.outcome

    @property
    def passes(self) -> bool:
        """Whether the request goes on to the site."""
        return self.verdict.refusal is None

    @property
    def is_recorded(self) -> bool:
        """Whether it is written down: people are counted, and what is free is neither."""
        return self.verdict.outcome in ("admitted", "refused")

    @property
    def code(self) -> str | None:
        return self.verdict.refusal.code if self.verdict.refusal else None

    @property
    def status(self) -> int | None:
        """The status of a refusal; None where the site answers."""
        return self.verdict.refusal.status if self.verdict.refusal else None

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """The headers of a refusal."""
        return self.verdict.refusal.headers if self.verdict.refusal else ()

    @property
    def body(self) -> bytes:
        """The body of a refusal."""
        return self.verdict.refusal.body if self.verdict.refusal else b""

    @property
    def claims(self) -> Claims | None:
        """Those of the token, where its signature stands."""
        return self.verdict.claims

    @property
    def licence(self) -> str | None:
        return self.verdict.claims.licence if self.verdict.claims else None

    @property
    def licensee(self) -> str | None:
        return self.verdict.claims.licensee if self.verdict.claims else None

    @property
    def use(self) -> str | None:
        """As which use the request counts."""
        return self.verdict.use

    @property
    def price(self) -> Money | None:
        """What the answer costs by pay per crawl."""
        return self.verdict.price

    @property
    def request_id(self) -> str | None:
        """The id that the crawler gave its request."""
        return given_id(self.request.headers)


_FREE = Verdict("free")
_PEOPLE = Verdict("people")
_FINDS = Verdict("admitted", use="search")


class Gate:
    """Decides, from ``state`` or from what ``install`` gave it since; it may be called from any thread.

    ``purse`` pays, ``verifier`` proves signatures; without them nothing is sold by the request, and a token
    that is bound to a key is refused. ``wanted`` is called with an issuer whose keys should be asked for
    again.
    """

    def __init__(
        self,
        state: State,
        purse: Purse | None = None,
        verifier: Verifier | None = None,
        wanted: Callable[[str], None] | None = None,
    ) -> None:
        self.purse = purse
        self.verifier = verifier
        self.wanted = wanted
        self._view = View(state)

    @property
    def state(self) -> State:
        """The state that decisions are made from."""
        return self._view.state

    @property
    def view(self) -> View:
        """The state with what was worked out from it."""
        return self._view

    def install(self, state: State) -> None:
        """Decide from ``state`` from now on. What was worked out before is forgotten with the old one.

        Where nothing is new but that the society was heard of again, it is kept.
        """
        self._view = self._view.again(state) or View(state)

    def decide(self, request: Request) -> Decision:
        """What becomes of the request. Raises nothing that depends on what was sent."""
        view = self._view
        path = request.path
        headers = request.headers
        text = headers.get("user-agent", "")
        agent = view.agents.new.get(text) or view.agent(text)
        sent = headers.get("authorization")
        host = view.hosts.get(request.host) or view.host(request.host)
        if (
            agent is NOBODY
            and (sent is None or sent[:7].lower() != "license")
            and "signature" not in headers
            and "crawler-exact-price" not in headers
            and "crawler-max-price" not in headers
        ):
            return Decision(_FREE if path in FREE else _PEOPLE, request, host, path, None)
        place = view.places.new.get(path) or view.place(path)
        if place.free:
            return Decision(_FREE, request, host, place.path, agent.name)
        known = view.tokens.new.get(sent) if sent is not None else None
        if known is not None and known.plain and known.since <= request.time < known.until:
            verdict = known.verdicts.get((host, place.terms.key, agent.use))
            if verdict is not None and verdict.price is None and "signature-input" not in headers:
                return Decision(verdict, request, host, place.path, agent.name)
        return self._judge(view, request, host, place, agent)

    def unjudged(self, request: Request) -> Decision:
        """The decision for a request that cannot be judged, through no fault of its own: 503; people pass."""
        view = self._view
        headers = request.headers
        marked = "authorization" in headers or "signature" in headers
        if not marked and view.agent(headers.get("user-agent")) is NOBODY:
            return Decision(_PEOPLE, request, view.site.hosts[0], request.path, None)
        return self.full(request)

    def full(self, request: Request) -> Decision:
        """The refusal of a request that would be let in, but could not be written down."""
        host = self._view.site.hosts[0]
        return Decision(self._view.refused("cannot-judge", host, None), request, host, "/", None)

    def evidence(self, request: Request, agent: str | None) -> str:
        """The strongest evidence of who asks: ``signature``, ``address``, ``name`` or nothing."""
        if self.verifier is not None:
            if not self._view.is_ours(request.host):
                request = request.of_host(self._view.host(request.host))
            return self.verifier.evidence(request, agent).kind
        return "name" if agent else ""

    def _judge(
        self, view: View, request: Request, host: str, place: Place, agent: Agent | Nobody
    ) -> Decision:
        """The whole way, for what was not seen before, or is paid or proved anew each time."""

        def ends(verdict: Verdict, proof: str = "", paid: Reservation | Charge | None = None) -> Decision:
            return Decision(verdict, request, host, place.path, agent.name, proof, paid)

        terms = place.terms
        sent = request.headers.get("authorization")
        if sent is None or sent[:7].lower() != "license":
            if agent.use == "search" and terms.finds:
                return ends(_FINDS)
            code = "forbidden" if terms.closed else "no-token"
            return ends(view.refused(code, host, None if terms.closed else terms.price))
        known = self._known(view, sent, request.time)
        if isinstance(known, str):
            return ends(view.refused(known, host, None))
        verdict = self._verdict(view, known, request, host, place, agent.use)
        if verdict.refusal is not None:
            return ends(verdict)
        claims = known.claims
        objected, proof = self._proved(view, request, host, claims, agent.name)
        if objected:
            return ends(view.refused(objected, host, None, claims), proof)
        if verdict.price is None or request.method in UNPAID_METHODS:
            return ends(verdict, proof)
        page = f"{place.path}?{request.query}" if request.query else place.path
        paid = self._pay(request, claims.licensee, verdict.price, (host, page))
        if isinstance(paid, str):
            return ends(view.refused(paid, host, verdict.price, claims), proof)
        return ends(verdict, proof, paid)

    def _known(self, view: View, sent: str, now: float) -> Known | str:
        """The token in an ``Authorization: License`` header, or the code of its refusal."""
        if now >= view.state.silent_from:
            return "cannot-judge"
        known = view.tokens.get(sent)
        if known is not None:
            return known
        if len(sent) > LONGEST_AUTHORIZATION or sent[7:8] != " ":
            return "malformed"
        refused = view.bad.get(sent)
        if refused is not None:
            return refused
        try:
            claims = read_from(sent[8:].strip(" "), view.state.issuers)
        except TokenRefused as error:
            return self._refused_token(view, sent, str(error.data["reason"]), now)
        listed = view.state.revocations.get(claims.iss)
        if listed is not None and listed.has(claims.jti, claims.sub, claims.licence):
            return self._refused_token(view, sent, "revoked", now)
        known = Known(claims, view.state.silent_from)
        if now >= known.until:
            view.bad.put(sent, "expired")
        if known.since <= now < known.until:
            view.tokens.put(sent, known)
        return known

    def _refused_token(self, view: View, sent: str, code: str, now: float) -> str:
        if code == "unknown-key" and now > view.state.heard + PATIENCE:
            # It may be a key that was published after the society was last heard of, so this is not final.
            if self.wanted is not None:
                self.wanted(peek_issuer(sent[8:].strip(" ")) or "")
            return "cannot-judge"
        if code not in ("unknown-key", "unknown-issuer"):
            view.bad.put(sent, code)
        return code

    def _verdict(
        self, view: View, known: Known, request: Request, host: str, place: Place, own: str | None
    ) -> Verdict:
        """What the token comes to here, leaving aside proof and payment; ``own`` is the agent's own use."""
        claims, terms = known.claims, place.terms
        try:
            claims.check(int(request.time), f"https://{host}")
        except TokenRefused as error:
            return view.refused(str(error.data["reason"]), host, None, claims)
        key = (host, terms.key, own)
        found = known.verdicts.get(key)
        if found is None:
            found = _weighed(view, claims, place, host, own)
            if len(place.terms.rules) == 1:
                known.verdicts[key] = found
        return found

    def _proved(
        self, view: View, request: Request, host: str, claims: Claims, agent: str | None
    ) -> tuple[str, str]:
        """Why the request's signature does not do (a code, or empty), and what kind of evidence it is.

        A signature made for another host's name does not count, whoever passed it on to us.
        """
        if "signature-input" not in request.headers or self.verifier is None:
            return ("key-proof" if claims.key is not None else ""), ""
        if not view.is_ours(request.host):
            request = request.of_host(host)
        if claims.key is not None:
            proof = self.verifier.prove(request, claims.key)
        else:
            proof = self.verifier.evidence(request, agent)
        return proof.code, proof.kind

    def _pay(
        self, request: Request, licensee: str, price: Money, place: tuple[str, str]
    ) -> Reservation | Charge | str:
        headers = request.headers
        objected = objection(price, headers.get("crawler-exact-price"), headers.get("crawler-max-price"))
        if objected is not None:
            return objected
        if self.purse is None:
            return "no-credit"
        paid = self.purse.reserve(licensee, price, place, given_id(headers), request.time)
        return paid or ("credit-asked" if self.purse.asking(licensee) else "no-credit")


def _weighed(view: View, claims: Claims, place: Place, host: str, own: str | None) -> Verdict:
    """The use and the price: the agent's own use if it is given, else the first of the token's that is."""
    terms = place.terms
    if terms.closed:
        return view.refused("forbidden", host, None, claims)
    given = terms.permits_for(claims.licensee)
    uses = [use for use in claims.uses if use in given]
    if not uses:
        return view.refused("wrong-use", host, None, claims)
    if claims.charge == "crawl" and terms.price is None:
        return view.refused("not-for-sale", host, None, claims)
    use = own if own is not None and own in uses else uses[0]
    return Verdict("admitted", None, claims, use, terms.price if claims.charge == "crawl" else None)
