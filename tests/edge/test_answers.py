"""What a refused crawler is told, row by row."""

from __future__ import annotations

import json
import re

import pytest

from quire.core.money import Money
from quire.edge.answers import ANSWERS, Desk, amount_text, refusal

DESK = Desk("The Society of Letters", "https://letters.example/licences", "https://letters.example/olp")
PRICE = Money.parse("0.002", "EUR")

# code, price: status, error, crawler-error
TABLE = [
    ("no-token", None, 401, "invalid_request", None),
    ("no-token", PRICE, 402, "invalid_request", None),
    ("malformed", None, 401, "invalid_token", None),
    ("bad-signature", None, 401, "invalid_token", None),
    ("unknown-key", None, 401, "invalid_token", None),
    ("unknown-issuer", None, 401, "invalid_token", None),
    ("expired", None, 401, "invalid_token", None),
    ("not-yet", None, 401, "invalid_token", None),
    ("revoked", None, 401, "invalid_token", None),
    ("key-proof", None, 401, "invalid_token", None),
    ("replay", None, 401, "invalid_token", None),
    ("wrong-audience", None, 403, "insufficient_scope", None),
    ("wrong-use", None, 403, "insufficient_scope", None),
    ("forbidden", None, 403, "insufficient_scope", "CrawlerForbidden"),
    ("not-for-sale", None, 403, "insufficient_scope", "CrawlerForbidden"),
    ("cannot-judge", None, 503, "server_error", None),
    ("no-price", PRICE, 402, "invalid_request", "MissingCrawlerPrice"),
    ("price-too-low", PRICE, 402, "invalid_request", "InvalidCrawlerMaxPrice"),
    ("price-not-exact", PRICE, 402, "invalid_request", "InvalidCrawlerExactPrice"),
    ("bad-price", PRICE, 400, "invalid_request", "InvalidCrawlerPriceValue"),
    ("two-prices", PRICE, 400, "invalid_request", "ConflictingPriceHeaders"),
    ("credit-asked", PRICE, 503, "server_error", None),
    ("no-credit", PRICE, 403, "insufficient_scope", "PaymentFailed"),
]


@pytest.mark.parametrize(("code", "price", "status", "error", "crawler"), TABLE)
def test_every_refusal(code: str, price: Money | None, status: int, error: str, crawler: str | None) -> None:
    told = refusal(code, DESK, "news.example", price)
    headers = dict(told.headers)
    assert told.status == status
    assert headers["www-authenticate"].startswith(f'License error="{error}", error_description="')
    assert headers["link"] == '<https://news.example/license.xml>; rel="license"; type="application/rsl+xml"'
    assert headers["content-type"] == "application/problem+json"
    assert headers["content-length"] == str(len(told.body))
    assert headers["cache-control"] == "no-store"
    assert headers.get("crawler-error") == crawler
    assert headers.get("crawler-price") == ("EUR 0.002" if status in (400, 402) else None)
    assert ("retry-after" in headers) == (status == 503)
    body = json.loads(told.body)
    assert set(body) == {"type", "title", "status", "detail", "code", "licence"}
    assert body["status"] == status
    assert body["licence"] == DESK.page
    assert body["code"] == told.code
    assert re.fullmatch(r"[A-Z][^{}]+\.", body["detail"])
    assert "nothing" not in body["detail"] or price is None


def test_the_table_here_has_every_row_there_is() -> None:
    told = {code if price is None or code != "no-token" else "no-token-priced" for code, price, *_ in TABLE}
    assert told == set(ANSWERS)


def test_what_is_said_in_headers_is_plain_ascii_and_stays_on_its_line() -> None:
    for code, price, *_ in TABLE:
        for name, value in refusal(code, DESK, "news.example", price).headers:
            assert re.fullmatch(r"[a-z-]+", name)
            assert re.fullmatch(r"[ -~]+", value)
    assert not [row for row in ANSWERS.values() if '"' in row.title or "\\" in row.title]


def test_names_of_the_policy_are_written_as_they_are() -> None:
    body = refusal("no-token", Desk('Übersetzer "und"', DESK.page, DESK.server), "news.example").body
    assert body.isascii()
    assert 'Übersetzer "und"' in json.loads(body)["detail"]


def test_prices_are_written_as_cloudflare_writes_them() -> None:
    assert amount_text(Money.parse("0.01", "USD")) == "USD 0.01"
    assert amount_text(Money.parse("0.0105", "EUR")) == "EUR 0.0105"
    assert amount_text(Money.parse("3", "JPY")) == "JPY 3"
