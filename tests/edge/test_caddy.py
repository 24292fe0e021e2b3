"""Caddy, really run with its worked configuration; Traefik's is only read: Debian has no package of it."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator

import pytest

from quire.core.money import Money
from tests.edge.servers import EXAMPLES, Town, town
from tests.edge.test_nginx import BOT, paid


@pytest.fixture(scope="module")
def caddy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with town(tmp_path_factory.mktemp("caddy"), "caddy") as made:
        yield made


@pytest.mark.more
def test_people_pass_with_the_terms_on_the_answer(caddy: Town) -> None:
    answer = caddy.ask("/n/1?q=1")
    assert (answer.status, answer.body) == (200, b"the site says: /n/1?q=1")
    assert 'rel="license"' in answer.headers["link"]
    assert "crawler-charged" not in answer.headers


@pytest.mark.more
def test_refusals_reach_the_crawler_as_they_are(caddy: Town) -> None:
    answer = caddy.ask("/n/2", BOT)
    assert (answer.status, answer.headers["crawler-price"]) == (402, "EUR 0.002")
    assert json.loads(answer.body)["code"] == "no-token"
    assert caddy.ask("/closed/2", BOT).status == 403
    assert caddy.ask("/n/2", BOT, Authorization="License nonsense").status == 401
    assert caddy.ask("/n/2", BOT, method="HEAD").status == 402
    assert not {"/n/2", "/closed/2"} & set(caddy.seen)


@pytest.mark.more
def test_a_licensed_crawler_gets_the_page_and_is_on_record(caddy: Town) -> None:
    token = caddy.society.token(jti="tok_caddy")
    assert caddy.ask("/n/3", BOT, Authorization=f"License {token}").status == 200
    crawl = caddy.society.token(charge="crawl", jti="tok_paid")
    answer = paid(caddy, "/n/4", crawl)
    assert answer.headers["crawler-charged"] == "EUR 0.002"  # type: ignore[attr-defined]
    until = time.monotonic() + 30
    while not (charged := [one.charged for one in caddy.events(1) if one.charged]):
        assert time.monotonic() < until, "the charge did not arrive"
        time.sleep(0.2)
    assert charged == [Money.parse("0.002", "EUR")]
    assert [one.path for one in caddy.events(1) if one.jti == "tok_caddy"] == ["/n/3"]


@pytest.mark.more
def test_the_terms_are_served(caddy: Town) -> None:
    assert caddy.ask("/license.xml").headers["content-type"] == "application/rsl+xml"
    assert "License:" in caddy.ask("/robots.txt").body.decode()


@pytest.mark.more
def test_forwarding_headers_of_a_client_are_not_believed(caddy: Town) -> None:
    answer = caddy.ask(
        "/closed/7",
        BOT,
        X_Forwarded_Uri="/robots.txt",
        X_Forwarded_Host="o.example",
        X_Forwarded_For="1.1.1.1",
    )
    assert (answer.status, json.loads(answer.body)["code"]) == (403, "forbidden")


def test_traefiks_configuration_names_what_the_service_has() -> None:
    """Traefik itself is not run: Debian has no package of it."""
    text = (EXAMPLES / "traefik.yaml").read_text()
    assert re.search(r'address: "http://127\.0\.0\.1:8402/decide"', text)
    assert "trustForwardHeader: false" in text
    for path in ("/license.xml", "/robots.txt", "/.well-known/tdmrep.json"):
        assert f"Path(`{path}`)" in text
    defined = set(re.findall(r"^    (\S+):$", text, re.M))
    used = set(re.findall(r"service: (\S+)", text)) | set(re.findall(r"middlewares: \[(\S+)\]", text))
    assert used <= defined
