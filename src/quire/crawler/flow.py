"""The way of one licensed request, whoever carries it: robots.txt, licence, token, price, page, receipt.

A generator of asks (``quire.crawler.asks``). The page's own ask is ``final``; it may be asked twice, when a
token had ended or a price was named. Raises NotAllowed, NoCredentials, NoToken, TooDear and what else
``asks`` lists.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from quire.core.errors import Invalid, QuireError
from quire.core.money import Money
from quire.core.rsl.model import Amount, Document
from quire.crawler.asks import Answer, Ask, Asking, NotAllowed, TooDear, origin_of
from quire.crawler.config import CrawlerConfig
from quire.crawler.origins import Origin, Origins, Permit
from quire.crawler.receipts import Receipts
from quire.crawler.tokens import Token, Tokens

TRIES = 3
PATIENCE = 10
"""Seconds that a request waits where a site says that it can answer then."""
TELEMETRY = "https://contenttelemetry.org/"
"""The reporting profile that this crawler can meet."""


@dataclass(frozen=True, slots=True)
class Got:
    """A page, the permit it was got under, and its receipt."""

    answer: Answer
    permit: Permit
    receipt: Mapping[str, Any]


class Flow:
    """Everything that requests of one crawler share. Threads may share it."""

    def __init__(self, config: CrawlerConfig) -> None:
        self.config = config
        self.origins = Origins(config.name, private=config.private)
        self.tokens = Tokens(config.servers)
        self.receipts = Receipts(config.receipts, config.cap)
        self._signer = None
        if config.key is not None:
            from quire.crawler.signing import Signer

            self._signer = Signer(config.key, config.directory)

    def permit(self, url: str) -> Asking[Permit]:
        """Whether ``url`` may be got, and why; nothing is got but robots.txt and licences."""
        origin = yield from self.origins.find(url)
        return self._permit(origin, url)

    def would_pay(self, price: Amount) -> bool:
        """Whether the caps allow ``price`` for one request now, after all that was spent."""
        return self.receipts.offer(_money(price.value, price.currency)) is not None

    def onward(self, url: str, target: str) -> None:
        """NotAllowed where a page at ``url`` sends on to an address on one's own network."""
        if origin_of(target) not in self.config.rehearse:
            self.origins.check(origin_of(url), target, https=False)

    def get(self, url: str, method: str = "GET", headers: Mapping[str, str] | None = None) -> Asking[Got]:
        """Get one page. The permit, the token and the price come first."""
        permit = yield from self.permit(url)
        if not permit.allowed:
            raise NotAllowed(f"{url}: {permit.why}", url=url)
        token = yield from self._token(permit)
        request = uuid.uuid4().hex
        common = {**(headers or {}), "user-agent": self.config.agent, "idempotency-key": request,
                  "content-telemetry-id": str(uuid.UUID(request))}  # fmt: skip
        price = self._first_offer(permit, token)
        after = 0.0
        for _ in range(TRIES):
            if price is not None:
                self.receipts.set_aside(request, price[1])
            answer = yield self._dressed(url, method, common, token, price, after)
            charged = charged_of(answer, price[1] if price is not None else None)
            try:
                again = yield from self._again(permit, token, answer, price)
            except QuireError:
                # The answer was a refusal, so nothing of what was set aside for it is spent.
                self.receipts.settle(request, None, **self._about(permit, token, answer, common))
                raise
            if again is None:
                break
            token, price, after = again
        receipt = self.receipts.settle(request, charged, **self._about(permit, token, answer, common))
        yield from self._as_the_page_says(permit, answer)
        return Got(answer, permit, receipt)

    def _token(self, permit: Permit) -> Asking[Token | None]:
        verdict = permit.verdict
        if verdict is None or not verdict.needs_token or not (verdict.content and verdict.content.server):
            return None
        return (yield from self.tokens.get(verdict.content.server, permit.url, verdict.licence))

    def _first_offer(self, permit: Permit, token: Token | None) -> tuple[str, Money] | None:
        """A page whose licence names a price for each request is asked for with what may be spent on it."""
        payment = permit.verdict.payment if permit.verdict else None
        if token is None or payment is None or payment.type != "crawl" or payment.amount is None:
            return None
        price = _money(payment.amount.value, payment.amount.currency)
        offer = self.receipts.offer(price)
        # A licence may cover the page without a price, so without an offer it is asked for all the same.
        return ("crawler-max-price", offer) if offer is not None else None

    def _dressed(
        self,
        url: str,
        method: str,
        common: Mapping[str, str],
        token: Token | None,
        price: tuple[str, Money] | None,
        after: float,
    ) -> Ask:
        headers = dict(common)
        if token is not None:
            headers["authorization"] = f"License {token.text}"
        if price is not None:
            headers[price[0]] = price_text(price[1])
        if self._signer is not None:
            headers |= self._signer.headers(method, url, headers)
        return Ask(url, method, headers, final=True, after=after)

    def _again(
        self, permit: Permit, token: Token | None, answer: Answer, price: tuple[str, Money] | None
    ) -> Asking[tuple[Token | None, tuple[str, Money] | None, float] | None]:
        """How to ask once more, and after how many seconds; None where the answer stands."""
        if answer.status == 401 and token is not None:
            self.tokens.drop(token)
            fresh = yield from self._token(permit)
            return (fresh, price, 0.0) if fresh is not None and fresh.text != token.text else None
        named = answer.headers.get("crawler-price")
        if answer.status == 402 and named and token is not None:
            cost = read_price(named)
            if cost is None or (price is not None and cost == price[1]):
                return None
            if self.receipts.offer(cost) is None:
                raise TooDear(
                    f"{permit.url} costs {cost}, which is more than may be spent on it.", url=permit.url
                )
            return token, ("crawler-exact-price", cost), 0.0
        if answer.status == 503 and (soon := _seconds(answer.headers.get("retry-after", ""))):
            return token, price, soon
        return None

    def _about(
        self, permit: Permit, token: Token | None, answer: Answer, sent: Mapping[str, str]
    ) -> dict[str, Any]:
        return {
            "url": permit.url,
            "use": self.config.use,
            "status": answer.status,
            "server": permit.verdict.content.server
            if token and permit.verdict and permit.verdict.content
            else None,
            "licence": token.licence if token else "",
            "token": token.id if token else "",
            "terms": permit.document,
            "telemetry": sent["content-telemetry-id"],
            "digest": "sha256:" + hashlib.sha256(answer.body).hexdigest() if answer.status == 200 else "",
        }

    def _as_the_page_says(self, permit: Permit, answer: Answer) -> Asking[None]:
        """The page may name a licence of its own, which may be stricter than what was known before."""
        if answer.status != 200:
            return
        found = yield from self.origins.of_page(permit.url, answer)
        if found:
            now = self._permit((yield from self.origins.find(permit.url)), permit.url, found)
            if not now.allowed:
                raise NotAllowed(f"{permit.url} was got, and says itself that it may not be used: {now.why}")

    def _permit(self, origin: Origin, url: str, of_page: tuple[tuple[str, Document], ...] = ()) -> Permit:
        config = self.config
        return self.origins.permit(
            origin, url, config.use, unlicensed=config.unlicensed, profiles=(TELEMETRY,), of_page=of_page
        )


def _seconds(text: str) -> float | None:
    """How long a site asks to wait, where that is not longer than one request is worth."""
    return float(text) if text.isascii() and text.isdigit() and 0 < int(text[:6]) <= PATIENCE else None


def price_text(price: Money) -> str:
    """As Cloudflare writes a price: ``USD 0.01``."""
    amount, currency = str(price).split(" ")
    return f"{currency} {amount}"


def read_price(text: str) -> Money | None:
    """The price in a header, or None where it is none."""
    currency, _, amount = text.strip().partition(" ")
    return _money(amount, currency)


def _money(amount: str, currency: str) -> Money | None:
    try:
        return Money.parse(amount, currency)
    except Invalid:
        return None


def charged_of(answer: Answer, offered: Money | None) -> Money | None:
    """What an answer says was charged for it, and at most what was offered: no site can use a crawler's money
    up by saying so, nor give it more by a charge below nothing.
    """
    text = answer.headers.get("crawler-charged")
    said = read_price(text) if text and 200 <= answer.status < 300 else None
    if said is None or offered is None or said.currency != offered.currency or said.quanta <= 0:
        return None
    return min(said, offered)
