"""Coming in: the sign-in pages in the society's look, a second factor, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import House
from tests.web.desk import signed_in, text, visitor

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


def test_where_it_is_so_set_the_houses_people_have_a_second_factor(person: Any) -> None:
    from allauth.mfa.models import Authenticator
    from django.test import override_settings

    client = visitor()
    _sign_in(client)
    with override_settings(REQUIRE_MFA=True):
        assert client.get("/desk/").headers["location"] == "/account/2fa/"
        page = text(client.get("/account/2fa/"))
        assert "Set up a second factor first" in page
        assert "Who works for the society signs in with a second factor." in page
        Authenticator.objects.create(user=person, type=Authenticator.Type.TOTP, data={})
        assert client.get("/desk/").status_code == 200
        assert visitor().get("/").status_code == 200


def test_what_somebody_saw_stays_in_no_browser(person: Any) -> None:
    client = visitor()
    _sign_in(client)
    assert "no-store" in client.get("/desk/").headers["cache-control"]
    assert "no-store" not in visitor().get("/").headers.get("cache-control", "")


def test_a_password_that_is_changed_ends_every_other_session(person: Any) -> None:
    here, there = visitor(), visitor()
    _sign_in(here)
    _sign_in(there)
    new = "the tide comes in at four"
    told = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    assert here.post("/account/password/change/", told).status_code == 302
    assert here.get("/desk/").status_code == 200
    assert there.get("/desk/").headers["location"].startswith("/account/login/")


def test_a_forgotten_password_is_set_anew_by_a_link(person: Any) -> None:
    import re

    from django.core import mail
    from django.test import override_settings

    client = visitor()
    with override_settings(EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend"):
        mail.outbox = []
        client.post("/account/password/reset/", {"email": "desk@society.example"})
        (letter,) = mail.outbox
        known = client.get("/account/password/reset/done/").content
        client.post("/account/password/reset/", {"email": "nobody@society.example"})
        assert client.get("/account/password/reset/done/").content == known  # who has an account is not told
    found = re.search(r"http://[^/]+(/account/password/reset/key/\S+)", letter.body)
    assert found
    page = client.get(found[1], follow=True)
    assert page.status_code == 200
    assert 'class="entrance card"' in page.content.decode()
    new = "the tide comes in at four"
    client.post(page.request["PATH_INFO"], {"password1": new, "password2": new})
    assert _sign_in(visitor(), password=new).headers["location"] == "/home"


def test_refusals_look_like_the_house(house: House, person: Any) -> None:
    from django.test import Client

    answer = visitor().get("/nothing/here")
    assert answer.status_code == 404
    assert "There is nothing here" in answer.content.decode()
    auditor = signed_in("auditor")
    answer = auditor.get("/desk/")
    assert answer.status_code == 403
    assert "This is not for you" in answer.content.decode()
    strict = Client(headers={"host": "localhost"}, enforce_csrf_checks=True)
    answer = strict.post("/account/login/", {"login": "preparer", "password": PASSWORD})
    assert answer.status_code == 403
    assert "This form has become too old" in answer.content.decode()


def test_the_page_of_last_resort_needs_nothing(house: House) -> None:
    from django.test import RequestFactory
    from django.views.defaults import bad_request, server_error

    request = RequestFactory().get("/")
    assert "Nothing was half done" in server_error(request).content.decode()
    assert "This cannot be read" in bad_request(request, ValueError()).content.decode()
