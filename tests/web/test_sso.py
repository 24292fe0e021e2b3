"""Signing in by the society's own OpenID Connect provider, and what goes out by its mail server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.conftest import House
from tests.web.desk import text, visitor
from tests.web.provider import Provider, post_office, provider


@pytest.fixture
def sso(house: House) -> Iterator[Provider]:
    """A provider that the society's settings name."""
    from django.core.cache import cache
    from django.test import override_settings

    from quire.society.kit.config import Sso

    with provider() as made:
        app = {
            "provider_id": "sso",
            "name": "the guild's sign-on",
            "client_id": "quire",
            "secret": "well kept",
            "settings": {"server_url": made.url},
        }
        cache.clear()
        with override_settings(
            SSO=Sso(made.url, "quire", "well kept", "the guild's sign-on"),
            SOCIALACCOUNT_PROVIDERS={"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [app]}},
        ):
            yield made


def _come(client: Any, made: Provider, **claims: Any) -> Any:
    """Sign in at the provider as its claims say; the last page that the society answers with."""
    import httpx

    made.claims = claims
    answer = client.post("/account/oidc/sso/login/?process=login")
    assert answer.status_code == 302, answer.content
    back = urlsplit(httpx.get(answer.headers["location"]).headers["location"])
    return client.get(f"{back.path}?{back.query}", follow=True)


def test_the_sign_in_page_offers_it(sso: Provider) -> None:
    assert "Sign in with the guild&#x27;s sign-on" in text(visitor().get("/account/login/"))


def test_who_has_an_account_with_the_verified_address_comes_in(sso: Provider, people: dict[str, Any]) -> None:
    from allauth.account.models import EmailAddress

    user = people["preparer"]
    EmailAddress.objects.create(user=user, email="desk@society.example", verified=True, primary=True)
    answer = _come(visitor(), sso, sub="1", email="desk@society.example", email_verified=True)
    assert answer.redirect_chain[-1][0] == "/desk/"


def test_an_address_that_nobody_verified_opens_nothing(sso: Provider, people: dict[str, Any]) -> None:
    from allauth.account.models import EmailAddress

    user = people["preparer"]
    EmailAddress.objects.create(user=user, email="desk@society.example", verified=True, primary=True)
    client = visitor()
    page = _come(client, sso, sub="1", email="desk@society.example", email_verified=False)
    assert client.get("/desk/").status_code == 302
    assert "People come in by invitation" in page.content.decode()


def test_who_is_not_known_is_told_to_be_invited(sso: Provider, people: dict[str, Any]) -> None:
    client = visitor()
    page = _come(client, sso, sub="2", email="new@society.example", email_verified=True)
    assert "People come in by invitation" in page.content.decode()
    assert client.get("/home").headers["location"] == "/account/login/"


def test_who_opened_an_invitation_comes_in_by_it(sso: Provider, people: dict[str, Any]) -> None:
    from quire.society.parties import actions, queries

    asked = actions.invite(email="new@society.example", role="auditor", by=people["preparer"])
    client = visitor()
    link = asked.link.removeprefix("http://127.0.0.1:8000")
    client.get(link)
    page = _come(client, sso, sub="2", email="new@society.example", email_verified=True)
    assert "You are signed in as" in page.content.decode()
    assert client.post(link).headers["location"] == "/home"
    assert client.get("/home").headers["location"] == "/audit/"
    assert [roles for name, roles in queries.users() if name.startswith("new")] == [("auditor",)]


def test_letters_go_out_by_the_society_s_server(house: House, people: dict[str, Any]) -> None:
    from django.test import override_settings

    from quire.society.parties import actions

    with (
        post_office() as (port, came),
        override_settings(
            EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend",
            EMAIL_HOST="127.0.0.1",
            EMAIL_PORT=port,
        ),
    ):
        asked = actions.invite(email="new@society.example", role="auditor", by=people["preparer"])
    assert asked.sent
    (letter,) = came
    assert "To: new@society.example" in letter
    assert asked.link in letter.replace("=\r\n", "")


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("smtp://me:a%40b@mail.example:2525", ("mail.example", 2525, "me", "a@b", "starttls")),
        ("smtps://mail.example", ("mail.example", 465, "", "", "tls")),
        ("smtp://localhost:25?tls=no", ("localhost", 25, "", "", "no")),
    ],
)
def test_a_mail_server_is_written_as_an_address(
    said: str, read: tuple[Any, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import astuple

    from quire.society.kit import config

    monkeypatch.setenv("QUIRE_SMTP", said)
    told = config.smtp()
    assert told
    assert astuple(told) == read


@pytest.mark.parametrize(
    "said", ["mail.example", "http://mail.example", "smtp://", "smtp://h:99999", "smtp://h?x=1"]
)
def test_what_is_no_mail_server_is_refused(said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from quire.society.kit import config

    monkeypatch.setenv("QUIRE_SMTP", said)
    with pytest.raises(config.SettingWrong):
        config.smtp()


def test_a_provider_needs_its_client(monkeypatch: pytest.MonkeyPatch) -> None:
    from quire.society.kit import config

    assert config.sso() is None
    monkeypatch.setenv("QUIRE_SSO_URL", "https://sign.example")
    with pytest.raises(config.SettingWrong):
        config.sso()
    monkeypatch.setenv("QUIRE_SSO_CLIENT", "quire")
    monkeypatch.setenv("QUIRE_SSO_SECRET", "well kept")
    told = config.sso()
    assert told
    assert told.name == "single sign-on"
    monkeypatch.setenv("QUIRE_PROXIES", "eleven")
    with pytest.raises(config.SettingWrong):
        config.proxies()
