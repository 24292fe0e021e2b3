"""nginx, really run with its worked configuration: what a person and a crawler get, and what is on record."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from quire.core.money import Money
from tests.edge.servers import Town, town

pytestmark = pytest.mark.more

BOT = "GPTBot/1.0"


@pytest.fixture(scope="module")
def nginx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with town(tmp_path_factory.mktemp("nginx"), "nginx") as made:
        yield made


def paid(place: Town, path: str, token: str) -> object:
    """Ask until the allowance that the first refusal asks for has come."""
    until = time.monotonic() + 30
    while True:
        answer = place.ask(path, BOT, Authorization=f"License {token}", crawler_max_price="EUR 1")
        if answer.status != 503 or time.monotonic() > until:
            return answer
        time.sleep(0.5)


def test_people_pass_with_the_terms_on_the_answer(nginx: Town) -> None:
    answer = nginx.ask("/n/1?q=%2F..")
    assert (answer.status, answer.body) == (200, b"the site says: /n/1?q=%2F..")
    assert 'rel="license"' in answer.headers["link"]
    assert "crawler-charged" not in answer.headers


def test_a_crawler_without_a_token_really_gets_402(nginx: Town) -> None:
    answer = nginx.ask("/n/2", BOT)
    assert answer.status == 402
    assert answer.headers["crawler-price"] == "EUR 0.002"
    assert answer.headers["www-authenticate"].startswith('License error="invalid_request"')
    assert 'rel="license"' in answer.headers["link"]
    assert answer.headers["content-type"] == "application/problem+json"
    assert json.loads(answer.body)["code"] == "no-token"
    assert "/n/2" not in nginx.seen


@pytest.mark.parametrize(
    ("path", "token", "status", "code"),
    [("/closed/1", "", 403, "forbidden"), ("/n/3", "nonsense", 401, "malformed")],
)
def test_other_refusals_are_themselves(nginx: Town, path: str, token: str, status: int, code: str) -> None:
    told = {"Authorization": f"License {token}"} if token else {}
    answer = nginx.ask(path, BOT, **told)
    assert (answer.status, json.loads(answer.body)["code"]) == (status, code)
    assert answer.headers["www-authenticate"].startswith("License error=")
    assert path not in nginx.seen


def test_a_refusal_of_head_and_post_is_the_same(nginx: Town) -> None:
    head, post = (nginx.ask("/n/4", BOT, method=method) for method in ("HEAD", "POST"))
    assert (head.status, head.body, head.headers["crawler-price"]) == (402, b"", "EUR 0.002")
    assert (post.status, post.headers["crawler-price"]) == (402, "EUR 0.002")


def test_a_licensed_crawler_gets_the_page_and_a_failed_answer_is_taken_back(nginx: Town) -> None:
    token = nginx.society.token(jti="tok_nginx")
    assert nginx.ask("/n/5", BOT, Authorization=f"License {token}").status == 200
    assert nginx.ask("/broken/5", BOT, Authorization=f"License {token}").status == 500
    own = nginx.ask("/own/5", BOT, Authorization=f"License {token}")
    assert (own.status, own.body) == (
        403,
        b"the site says: /own/5",
    )  # the site's own refusal stays the site's
    until = time.monotonic() + 30
    while time.monotonic() < until:
        found = {one.number: one for one in nginx.events(1)}
        ours = {one.path: one for one in found.values() if one.jti == "tok_nginx"}
        voids = {found[one.of].path: one.status for one in found.values() if one.kind == "void"}
        if len(ours) == 3 and len(voids) >= 2:
            break
        time.sleep(0.2)
    assert (ours["/n/5"].outcome, ours["/n/5"].evidence) == ("admitted", "token+name")
    assert voids["/broken/5"] == 500
    assert voids["/own/5"] == 403
    assert "/n/5" not in voids


def test_what_is_paid_is_said_and_what_failed_is_not_charged(nginx: Town) -> None:
    token = nginx.society.token(charge="crawl", jti="tok_paid")
    answer = paid(nginx, "/n/6", token)
    assert (answer.status, answer.headers["crawler-charged"]) == (200, "EUR 0.002")  # type: ignore[attr-defined]
    broken = paid(nginx, "/broken/6", token)
    assert broken.status == 500  # type: ignore[attr-defined]
    assert "crawler-charged" not in broken.headers  # type: ignore[attr-defined]
    until = time.monotonic() + 30
    total = None
    while time.monotonic() < until and total != Money.parse("0.002", "EUR"):
        events = nginx.events(1)
        void = {one.of for one in events if one.kind == "void"}
        charges = [one.charged for one in events if one.charged and one.number not in void]
        total = Money(sum(one.quanta for one in charges), "EUR")
        time.sleep(0.2)
    assert total == Money.parse("0.002", "EUR")


def test_the_terms_are_served(nginx: Town) -> None:
    assert nginx.ask("/license.xml", BOT).headers["content-type"] == "application/rsl+xml"
    assert nginx.ask("/.well-known/tdmrep.json").status == 200
    robots = nginx.ask("/robots.txt").body.decode()
    assert "License: https://paper.example/license.xml" in robots
    assert "Disallow: /private/" in robots


def test_nobody_outside_reaches_the_edges_own_addresses(nginx: Town) -> None:
    for path in ("/_quire/decide", "/_quire/refusal", "/_quire/answered"):
        assert nginx.ask(path).status == 404


def test_forwarding_headers_of_a_client_are_not_believed(nginx: Town) -> None:
    """A crawler that says it asks for something else, from elsewhere, is judged for what it asks."""
    answer = nginx.ask("/closed/7", BOT, X_Forwarded_Uri="/robots.txt", X_Forwarded_Host="other.example")
    assert (answer.status, json.loads(answer.body)["code"]) == (403, "forbidden")
    forged = nginx.ask("/n/8", BOT, X_Quire_Refusal="cannot-judge paper.example")
    assert forged.status == 402


def test_people_pass_while_the_edge_is_down(tmp_path: Path) -> None:
    with town(tmp_path, "nginx") as place:
        token = place.society.token()
        assert place.ask("/n/1", BOT, Authorization=f"License {token}").status == 200
        os.killpg(place.edge_process.pid, signal.SIGKILL)
        place.edge_process.wait()
        assert place.ask("/n/2").status == 200
        refused = place.ask("/n/3", BOT, Authorization=f"License {token}")
        assert (refused.status, refused.headers.get("retry-after")) == (503, "60")


def test_reports_reach_the_worker_that_decided(tmp_path: Path) -> None:
    """Two workers, two lanes: nginx's report may come to the other one, and is passed on."""
    with town(tmp_path, "nginx", workers=2) as place:
        token = place.society.token()
        for n in range(40):
            assert place.ask(f"/broken/{n}", BOT, Authorization=f"License {token}").status == 500
        until = time.monotonic() + 30
        voids = 0
        while time.monotonic() < until and voids < 40:
            voids = sum(one.kind == "void" for one in place.society.all_events())
            time.sleep(0.2)
        assert voids == 40
