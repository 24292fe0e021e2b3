"""What a refused request is told: a status, standard headers, and a sentence for the person who reads the
log.

One table says all of it. Sources: RSL 1.0's CAP (401, 402, 403, 503; ``WWW-Authenticate: License`` and
``Link``), RFC 9457 (the body), Cloudflare's pay per crawl (``crawler-price``, ``crawler-error``), RFC 9110
§11.6.1.

Nothing of the request is ever repeated in an answer: what is filled in comes from the signed policy alone, so
there is no way in for a forged header.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from quire.core import problems
from quire.core.money import Money

RETRY_AFTER = 60
"""Seconds after which a request that could not be judged may be tried again."""
SOON = 5
"""Seconds after which a licensee's balance, asked for behind, is likely to be here."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One row of the table.

    ``error`` is of RFC 6750's kind, ``title`` is also the ``error_description`` (so plain ASCII without
    quotation marks), ``detail`` may name {society}, {page}, {server}, {host} and {price}.
    """

    status: int
    error: str
    title: str
    detail: str
    crawler_error: str = ""


ANSWERS: Mapping[str, Answer] = MappingProxyType(
    {
        "no-token": Answer(
            401,
            "invalid_request",
            "A licence token is needed",
            "Using this page for AI needs a licence from {society}. Take one at {page}, get a token from "
            "{server} and send it in the header 'Authorization: License TOKEN'.",
        ),
        "no-token-priced": Answer(
            402,
            "invalid_request",
            "A licence token is needed, or a price for each request",
            "Using this page for AI needs a licence from {society}, or costs {price} for each request. "
            "Either begins at {page}: get a token from {server}, send it in the header "
            "'Authorization: License TOKEN', and say in crawler-max-price what you would pay.",
        ),
        "malformed": Answer(
            401,
            "invalid_token",
            "This is not a licence token",
            "What was sent as Authorization: License is not a licence token. Send one token, exactly as "
            "{server} gave it, in one Authorization header.",
        ),
        "bad-signature": Answer(
            401,
            "invalid_token",
            "The signature of the token does not stand",
            "The token was altered on its way, or was not made by the licence server. Get a new one from "
            "{server}.",
        ),
        "unknown-key": Answer(
            401,
            "invalid_token",
            "The token is signed with a key that is not known",
            "The token names a key that {server} does not publish. Get a new token there.",
        ),
        "unknown-issuer": Answer(
            401,
            "invalid_token",
            "The token is from an issuer that this site does not take",
            "This site takes tokens from {server}. Take a licence at {page} and get a token there.",
        ),
        "expired": Answer(
            401,
            "invalid_token",
            "The token has expired",
            "Get a new token from {server}; they are short-lived.",
        ),
        "not-yet": Answer(
            401,
            "invalid_token",
            "The token is not good yet",
            "The token was made for a later time than the clock of {host} shows. Try again in a minute.",
        ),
        "revoked": Answer(
            401,
            "invalid_token",
            "The token or its licence was revoked",
            "{society} has taken back this token, its client or its licence. Ask at {page} why, before "
            "you get another one.",
        ),
        "wrong-audience": Answer(
            403,
            "insufficient_scope",
            "The token is not for this site",
            "The token is not good at {host}. Get one from {server} with this page's address as its "
            "resource.",
        ),
        "wrong-use": Answer(
            403,
            "insufficient_scope",
            "The licence does not cover this page",
            "None of the uses of this token is given here under your licence. What the site permits is at "
            "https://{host}/license.xml; what can be licensed, at {page}.",
        ),
        "forbidden": Answer(
            403,
            "insufficient_scope",
            "This page is licensed to nobody",
            "The publisher gives this page to nobody for use by AI. No licence and no payment opens it.",
            "CrawlerForbidden",
        ),
        "key-proof": Answer(
            401,
            "invalid_token",
            "The token needs the signature of its key",
            "The token is bound to a key: sign the request with that key (RFC 9421), or get a token from "
            "{server} that is not bound.",
        ),
        "replay": Answer(
            401,
            "invalid_token",
            "This signature was used before",
            "A signed request is good once. Sign each request anew, with a nonce of its own.",
        ),
        "cannot-judge": Answer(
            503,
            "server_error",
            "The token cannot be judged at the moment",
            "This site cannot reach {society}, which alone could tell whether this token is good. Nothing is "
            "wrong with the request: try again later.",
        ),
        "not-for-sale": Answer(
            403,
            "insufficient_scope",
            "This page is not sold by the request",
            "The token pays by the request, and this page has no price. Take a licence that covers it at "
            "{page}.",
            "CrawlerForbidden",
        ),
        "no-price": Answer(
            402,
            "invalid_request",
            "Say what you would pay",
            "This page costs {price} for each request. Send crawler-max-price or crawler-exact-price.",
            "MissingCrawlerPrice",
        ),
        "price-too-low": Answer(
            402,
            "invalid_request",
            "The highest price offered is below the price",
            "This page costs {price} for each request, more than crawler-max-price says.",
            "InvalidCrawlerMaxPrice",
        ),
        "price-not-exact": Answer(
            402,
            "invalid_request",
            "The price offered is not the price",
            "This page costs {price} for each request, and crawler-exact-price says another amount.",
            "InvalidCrawlerExactPrice",
        ),
        "bad-price": Answer(
            400,
            "invalid_request",
            "The price offered cannot be read",
            "Write a price as a currency, a blank and an amount, in the currency of this page, which "
            "costs {price}.",
            "InvalidCrawlerPriceValue",
        ),
        "two-prices": Answer(
            400,
            "invalid_request",
            "Two prices were offered",
            "Send crawler-exact-price or crawler-max-price, once and not both. This page costs {price}.",
            "ConflictingPriceHeaders",
        ),
        "credit-asked": Answer(
            503,
            "server_error",
            "Your balance is being asked for",
            "This page costs {price}, and {host} has just asked {society} for a part of your balance. Try "
            "again in a few seconds.",
        ),
        "no-credit": Answer(
            403,
            "insufficient_scope",
            "There is no credit for this request",
            "This page costs {price}, and what {society} has set aside for you at this site is used up. "
            "Add to your balance at {page}; then try again.",
            "PaymentFailed",
        ),
    }
)
"""Refusals by code. Two rows are told apart only here: ``no-token-priced`` goes out as ``no-token``, and
``not-for-sale`` as ``forbidden``: they are the same refusal with another status or another sentence."""

_SPOKEN = {"no-token-priced": "no-token", "not-for-sale": "forbidden"}


@dataclass(frozen=True, slots=True)
class Desk:
    """Where a licence is to be had: the society's name, the address of its page for people, and its OLP
    server."""

    society: str
    page: str
    server: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer ready to be sent: ``headers`` are pairs of text (names in lower case), ``body`` is JSON.

    ``price`` is what the sentence names, also where no header says it (``no-credit``).
    """

    code: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    price: Money | None = None


def amount_text(price: Money) -> str:
    """A price as Cloudflare writes it: ``USD 0.01``; more decimals only where they are not zero."""
    amount, currency = str(price).split(" ")
    return f"{currency} {amount}"


def refusal(code: str, desk: Desk, host: str, price: Money | None = None) -> Refusal:
    """The answer to a request refused for ``code`` at ``host``, a canonical host of the policy's own.

    ``price`` is that of one request where the page has one. Raises KeyError for a code that is none.
    """
    row = "no-token-priced" if code == "no-token" and price is not None else code
    answer = ANSWERS[row]
    spoken = _SPOKEN.get(row, row)
    cost = amount_text(price) if price is not None else "nothing"
    detail = answer.detail.format(
        society=desk.society, page=desk.page, server=desk.server, host=host, price=cost
    )
    body = problems.document(
        answer.status,
        spoken,
        detail,
        kind=f"{desk.page}#{spoken}",
        title=f"{answer.title}.",
        licence=desk.page,
    )
    data = json.dumps(body, ensure_ascii=True, separators=(", ", ": ")).encode("ascii")
    return Refusal(spoken, answer.status, _headers(answer, host, price, len(data)), data, price)


def _headers(answer: Answer, host: str, price: Money | None, length: int) -> tuple[tuple[str, str], ...]:
    fields = [
        ("content-type", problems.TYPE),
        ("content-length", str(length)),
        ("cache-control", "no-store"),
        ("www-authenticate", f'License error="{answer.error}", error_description="{answer.title}"'),
        ("link", licence_link(host)),
    ]
    if price is not None and answer.status in (400, 402):
        fields.append(("crawler-price", amount_text(price)))
    if answer.crawler_error:
        fields.append(("crawler-error", answer.crawler_error))
    if answer.status == 503:
        fields.append(("retry-after", str(RETRY_AFTER if price is None else SOON)))
    return tuple(fields)


def licence_link(host: str) -> str:
    """The ``Link`` to a site's public terms (RSL 1.0, discovery by HTTP)."""
    return f'<https://{host}/license.xml>; rel="license"; type="application/rsl+xml"'
