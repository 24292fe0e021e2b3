"""Coming in: the sign-in pages in the society's look, a second factor, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import House
from tests.web.desk import text, visitor

PASSWORD = "reed and wren at low tide"


@pytest.fixture(autouse=True)
def nothing_counted(house: House) -> None:
    """Attempts of other tests do not count against this one's."""
    from django.core.cache import cache

    cache.clear()


@pytest.fixture
def person(people: dict[str, Any]) -> Any:
    """The preparer, with a password and an address that was verified."""
    from allauth.account.models import EmailAddress

    user = people["preparer"]
    user.set_password(PASSWORD)
    user.email = "desk@society.example"
    user.save()
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def _sign_in(client: Any, password: str = PASSWORD, **more: str) -> Any:
    return client.post("/account/login/", {"login": "preparer", "password": password, **more})


PAGES = {
    "/account/login/": "Sign in with a passkey",
    "/account/password/reset/": "Password Reset",
    "/account/signup/": "People come in by invitation",
}
OWN_PAGES = {
    "/account/2fa/": "Passkeys and security keys",
    "/account/2fa/webauthn/": "You have none yet",
    "/account/sessions/": "this one",
    "/account/password/change/": "Change Password",
    "/account/email/": "desk@society.example",
    "/account/logout/": "Sign Out",
}


def test_pages_of_coming_in_are_in_the_house_style(house: House) -> None:
    for path, sentence in PAGES.items():
        page = text(visitor().get(path))
        assert sentence in page
        assert page.count("<h1") == 1
        assert '<main id="content"' in page
        assert 'class="entrance card"' in page
        assert "style=" not in page


def test_pages_of_ones_own_security_are_in_the_house_style(person: Any) -> None:
    client = visitor()
    assert _sign_in(client).status_code == 302
    for path, sentence in OWN_PAGES.items():
        page = text(client.get(path))
        assert sentence in page, path
        assert page.count("<h1") == 1, path
        assert "quire/parts.css" in page


def test_one_signs_in_by_name_or_address_and_password(person: Any) -> None:
    client = visitor()
    assert _sign_in(client, login="desk@society.example").headers["location"] == "/home"
    assert client.get("/home").headers["location"] == "/desk/"
    wrong = _sign_in(visitor(), password="something else")
    assert 'role="alert"' in text(wrong)


def test_a_second_factor_is_set_up_and_asked_for(person: Any) -> None:
    from allauth.mfa.totp.internal import auth

    client = visitor()
    _sign_in(client)
    asked = client.get("/account/2fa/totp/activate/").headers["location"]
    assert "Show that it is you" in text(client.get(asked))
    assert client.post(asked, {"password": PASSWORD}).status_code == 302
    page = text(client.get("/account/2fa/totp/activate/"))
    assert 'alt="The secret as a QR code"' in page
    secret = client.session["mfa.totp.secret"]
    code = auth.format_hotp_value(auth.hotp_value(secret, next(iter(auth.yield_hotp_counters_from_time()))))
    assert client.post("/account/2fa/totp/activate/", {"code": code}).status_code == 302
    codes = text(client.get("/account/2fa/recovery-codes/"))
    assert "10 of 10 codes are left" in codes
    fresh = visitor()
    assert _sign_in(fresh).headers["location"] == "/account/2fa/authenticate/"
    assert "one of your recovery codes" in text(fresh.get("/account/2fa/authenticate/"))
    assert fresh.get("/desk/").status_code == 302
    one = codes.split("<li><code>")[1].split("</code>")[0]
    assert fresh.post("/account/2fa/authenticate/", {"code": one}).headers["location"] == "/home"
    assert fresh.get("/desk/").status_code == 200


def test_who_tries_too_often_waits(person: Any) -> None:
    client = visitor()
    answers = [_sign_in(client, password=f"guess {n}") for n in range(6)]
    assert "Too many failed login attempts" in answers[-1].content.decode()
    assert "Too many failed" in _sign_in(client).content.decode()
