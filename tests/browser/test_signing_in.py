"""Coming in as people do: with a password and an authenticator app's code, and with a passkey alone."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import looking
from tests.browser.test_every_page import Served, before, served  # noqa: F401 - the same society
from tests.browser.test_stories import PATIENCE, arrived

pytestmark = pytest.mark.more
NAME, PASSWORD = "new-auditor", "an eel below the old bridge"
KEY = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
"""A computer that knows its owner by a fingerprint, as Chromium plays it."""


@contextmanager
def window_of(chromium: Browser, url: str) -> Iterator[Page]:
    """A window in which nobody is signed in; by a name, since passkeys are for names and not for numbers."""
    with looking.seat(chromium, url.replace("127.0.0.1", "localhost"), "") as window:
        window.set_default_timeout(PATIENCE)
        yield window


def test_a_password_an_app_and_a_passkey(served: Served) -> None:  # noqa: F811
    from quire.society.parties import actions

    user = actions.add_user(name=NAME, roles=["auditor"])
    user.set_password(PASSWORD)
    user.save()
    with looking.browser() as chromium:
        with window_of(chromium, served.url) as window:
            by_password(window)
            arrived(window, "Overview")
            secret = app_set_up(window)
        with window_of(chromium, served.url) as window:
            by_password(window)
            arrived(window, "Second factor")
            window.get_by_label("Code").fill("000000")
            window.get_by_role("button", name="Sign in", exact=True).click()
            expect(window.get_by_text("Incorrect code")).to_be_visible(timeout=PATIENCE)
            by_code(window, secret)
            arrived(window, "Overview")
            passkey_alone(window)


def by_password(window: Page) -> None:
    window.goto("/audit/")
    arrived(window, "Sign in")
    window.get_by_label("Name or e-mail address").fill(NAME)
    window.get_by_label("Password").fill(PASSWORD)
    window.get_by_role("button", name="Sign in", exact=True).click()


def app_set_up(window: Page) -> str:
    """Set up an authenticator app; its secret."""
    window.goto("/account/2fa/")
    window.get_by_role("link", name="Set it up").click()
    shown_again(window)
    arrived(window, "Set up an authenticator app")
    secret = window.locator(".secret code").inner_text().strip()
    window.get_by_label("code").fill(code(secret))
    window.get_by_role("button", name="Use this app").click()
    window.wait_for_url("**/recovery-codes/**")
    expect(window.get_by_text("10 of 10 codes are left")).to_be_visible(timeout=PATIENCE)
    return secret


def shown_again(window: Page) -> None:
    """Who signed in a while ago shows again that it is them."""
    window.wait_for_load_state()
    if window.get_by_role("heading", name="Show that it is you").count():
        window.get_by_label("Password").fill(PASSWORD)
        window.locator("main form button.primary").first.click()
        window.wait_for_load_state()


def by_code(window: Page, secret: str) -> None:
    """Enter what the app shows; where that has been used, or its half-minute was just over, the next one."""
    for _ in range(3):
        shown = code(secret)
        window.get_by_label("Code").fill(shown)
        window.get_by_role("button", name="Sign in", exact=True).click()
        window.wait_for_load_state()
        if "/2fa/" not in window.url:
            return
        while code(secret) == shown:
            time.sleep(0.2)
    raise AssertionError("No code of the app was taken.")


def code(secret: str) -> str:
    """What the app shows now."""
    from allauth.mfa.totp.internal import auth

    counter = next(iter(auth.yield_hotp_counters_from_time()))
    return str(auth.format_hotp_value(auth.hotp_value(secret, counter)))


def passkey_alone(window: Page) -> None:
    """Make a passkey, sign out, and come in by it without name or password."""
    device = window.context.new_cdp_session(window)
    device.send("WebAuthn.enable")
    device.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})
    window.goto("/account/2fa/")
    window.get_by_role("link", name="Add a passkey").click()
    shown_again(window)
    arrived(window, "Add a passkey")
    window.get_by_label("What you call it").fill("the laptop")
    window.get_by_role("button", name="Make the passkey").click()
    expect(window.locator("main")).to_contain_text("1 key.", timeout=PATIENCE)
    window.get_by_role("button", name=NAME).click()
    window.get_by_role("button", name="Sign out").click()
    window.wait_for_load_state()
    window.goto("/account/login/")
    window.get_by_role("button", name="Sign in with a passkey").click()
    window.wait_for_url("**/audit/")
    arrived(window, "Overview")
