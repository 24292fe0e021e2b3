"""Webhooks as a licensee meets them: added, tried out, looked into, given another secret, removed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from standardwebhooks import Webhook

from tests.conftest import Furnished
from tests.rooms.receiver import Receiver, receiving
from tests.web import desk


@pytest.fixture(scope="module")
def before(january: Furnished) -> Furnished:
    return january


@pytest.fixture
def receiver(house: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    with receiving() as made:
        monkeypatch.setenv("QUIRE_ALLOW_PRIVATE_SITES", "1")
        monkeypatch.setenv("QUIRE_SITES_AT", f"hooks.example=127.0.0.1:{made.port}")
        yield made


HOOKS = "/lab/lab-north/webhooks/"


def added(browser: Any, **more: Any) -> tuple[str, str]:
    """The endpoint's own address here, and its secret."""
    answer = browser.post(f"{HOOKS}new/", {"url": "https://hooks.example/in", **more})
    page = desk.text(answer)
    assert answer.headers["Cache-Control"] == "private, no-store"
    secret = re.search(r"whsec_[A-Za-z0-9+/=]+", page)
    address = re.search(rf'href="({HOOKS}whk_\w+/)"', page)
    assert secret
    assert address
    return address[1], secret[0]


def test_a_licensee_adds_an_endpoint_tries_it_and_reads_what_was_answered(receiver: Receiver) -> None:
    from quire.society.notices import actions

    browser = desk.seated("labbie", "lab-north", "manager")
    assert "You have no endpoint yet." in desk.text(browser.get(HOOKS))
    address, secret = added(browser)
    assert "https://hooks.example/in" in desk.text(browser.get(HOOKS))
    receiver.answers = [202]
    page = desk.text(browser.post(address, {"act": "test"}, follow=True))
    assert "A test event is on its way." in page
    actions.deliver()
    ((_, headers, body),) = receiver.came
    assert Webhook(secret).verify(body, headers)["type"] == "webhook.test"
    page = desk.text(browser.get(address))
    assert secret not in page
    sent = re.search(rf'href="({address}whd_\w+/)"', page)
    assert sent
    page = desk.text(browser.get(sent[1]))
    assert "thank you" in page
    assert ">202<" in page
    assert "It is sent once more" in desk.text(browser.post(sent[1], follow=True))
    actions.deliver()
    assert len(receiver.came) == 2


def test_another_secret_is_shown_once_too(receiver: Receiver) -> None:
    browser = desk.seated("labbie", "lab-north")
    address, secret = added(browser)
    page = desk.text(browser.post(address, {"act": "rotate"}))
    other = re.search(r"whsec_[A-Za-z0-9+/=]+", page)
    assert other
    assert other[0] != secret
    assert desk.text(browser.get(address)).count("made on") == 2


def test_events_are_chosen_and_changed(receiver: Receiver) -> None:
    from quire.society.notices.models import Endpoint

    browser = desk.seated("labbie", "lab-north")
    address, _ = added(browser, events=["invoice.issued"])
    assert Endpoint.objects.get().events == ["invoice.issued"]
    browser.post(address, {"act": "events", "events": ["credit.low", "credit.out"]})
    assert Endpoint.objects.get().events == ["credit.low", "credit.out"]
    browser.post(address, {"act": "events", "events": ["statement.ready"]})
    assert Endpoint.objects.get().events == ["credit.low", "credit.out"]


def test_what_is_refused_stands_beside_the_form_and_nothing_typed_is_lost(receiver: Receiver) -> None:
    browser = desk.seated("labbie", "lab-north")
    page = desk.text(browser.post(f"{HOOKS}new/", {"url": "https://hooks.example:8443/in"}))
    assert "without a port" in page
    assert 'value="https://hooks.example:8443/in"' in page


def test_an_endpoint_that_is_gone_says_so_and_can_be_switched_on_again(receiver: Receiver) -> None:
    from quire.society.notices import actions

    browser = desk.seated("labbie", "lab-north")
    address, _ = added(browser)
    receiver.answers = [410]
    browser.post(address, {"act": "test"})
    actions.deliver()
    actions.tell()
    page = desk.text(browser.get(address))
    assert "It answered 410: gone." in page
    assert "Nothing is sent to https://hooks.example/in any more" in desk.text(
        browser.get("/lab/lab-north/notices/")
    )
    assert "switched on again" in desk.text(browser.post(address, {"act": "enable"}, follow=True))
    page = desk.text(browser.post(address, {"act": "remove"}, follow=True))
    assert "The endpoint is removed." in page
    assert browser.get(address).status_code == 404


def test_who_only_reads_changes_nothing_and_nobody_else_sees_it(receiver: Receiver) -> None:
    address, _ = added(desk.seated("labbie", "lab-north"))
    reader = desk.seated("reader", "lab-north", "reader")
    page = desk.text(reader.get(address))
    assert "<button" not in page.split("<main")[1].split("</main>")[0].replace("<button>Show", "")
    assert reader.post(address, {"act": "remove"}).status_code == 403
    other = desk.seated("other", "lab-south")
    assert other.get(address).status_code == 404
    assert other.get(address.replace("north", "south")).status_code == 404


def test_a_member_has_them_too(receiver: Receiver) -> None:
    browser = desk.seated("editor", "gazette")
    page = desk.text(browser.get("/member/gazette/webhooks/new/"))
    assert "statement.ready" in page
    assert "invoice.issued" not in page
