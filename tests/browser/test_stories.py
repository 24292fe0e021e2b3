"""What people come for, walked to its end in a real browser: one of them with the keyboard alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import looking
from tests.browser.test_every_page import Served, before, served  # noqa: F401 - the same society

pytestmark = pytest.mark.more
PASSWORD = "reeds at low water"
PATIENCE = 30_000.0
"""Milliseconds for a page on a busy machine."""


def test_a_member_signs_in_asks_why_and_says_no_by_the_keyboard_alone(
    served: Served,  # noqa: F811
    tmp_path: Path,
) -> None:
    from quire.society.parties import actions

    user = actions.add_user(name="gazette-desk")
    user.set_password(PASSWORD)
    user.save()
    actions.seat(user=user, party="gazette", role="manager")
    assert no_to_training() == []
    with looking.browser() as chromium, looking.seat(chromium, served.url, "") as window:
        window.set_default_timeout(PATIENCE)
        window.goto("/")
        press(window, window.get_by_role("link", name="Sign in"))
        write(window, "Name or e-mail address", "gazette-desk")
        write(window, "Password", PASSWORD)
        window.keyboard.press("Enter")
        arrived(window, "Harbour Gazette")
        press(window, window.get_by_role("link", name="Statements", exact=True))
        arrived(window, "Statements")
        press(window, window.locator("main tbody a").first)
        arrived(window, "Statement 2026-01")
        press(window, window.get_by_role("link", name="Line by line"))
        window.wait_for_url("**/lines/*")
        press(window, window.locator("main tbody a").first)
        expect(window.get_by_role("heading", name="Step by step")).to_be_visible(timeout=PATIENCE)
        expect(window.get_by_role("heading", name="requests that were counted")).to_be_visible()
        checked_oneself(window, tmp_path)
        press(window, window.get_by_role("link", name="What AI may do"))
        arrived(window, "What AI may do")
        press(window, window.get_by_role("link", name="Change for everybody").first)
        reach(window, window.get_by_role("radio", name="Yes"))
        window.keyboard.press("ArrowDown")
        expect(window.get_by_role("radio", name="No", exact=True)).to_be_checked()
        press(window, window.get_by_role("button", name="Save"))
        expect(window.get_by_text("Your answer is on record.")).to_be_visible(timeout=PATIENCE)
    assert len(no_to_training()) == 1


def test_a_licensee_makes_a_client_and_sees_its_secret_once(served: Served) -> None:  # noqa: F811
    with looking.browser() as chromium, looking.seat(chromium, served.url, served.sessions["own"]) as window:
        window.set_default_timeout(PATIENCE)
        window.goto("/lab/lab-north/")
        window.get_by_role("link", name="Clients", exact=True).click()
        arrived(window, "Clients")
        window.get_by_role("link", name="Make a client").click()
        arrived(window, "A new client")
        window.get_by_label("Name").fill("night crawler")
        for one in window.get_by_role("checkbox").all():
            one.check()
        window.get_by_role("button", name="Make it").click()
        arrived(window, "night crawler")
        secret = window.get_by_label("Secret", exact=True).inner_text().strip()
        assert len(secret) > 20
        window.goto("/lab/lab-north/clients/")
        window.get_by_role("link", name="night crawler").click()
        expect(window.get_by_role("heading", level=1)).to_contain_text("night crawler", timeout=PATIENCE)
        assert secret not in window.content()


def test_an_auditor_checks_everything(served: Served) -> None:  # noqa: F811
    session = served.sessions["auditor"]
    with looking.browser() as chromium, looking.seat(chromium, served.url, session) as window:
        window.set_default_timeout(PATIENCE)
        window.goto("/audit/")
        window.get_by_role("navigation").get_by_role("link", name="Check everything").click()
        arrived(window, "Check everything")
        window.get_by_role("button", name="Check everything now").click()
        expect(window.get_by_text("Everything holds.")).to_be_visible(timeout=2 * PATIENCE)


def checked_oneself(window: Page, folder: Path) -> None:
    """Take the proof away and run the command that the page says."""
    with window.expect_download() as taken:
        press(window, window.get_by_role("link", name="The proof of all of your lines"))
    taken.value.save_as(folder / taken.value.suggested_filename)
    says = window.get_by_label("The command").inner_text().split()
    assert says[:2] == ["quire", "verify"]
    checked = [sys.executable, "-m", "quire.cli", *says[1:]]
    done = subprocess.run(checked, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def no_to_training() -> list[Any]:
    from quire.society.mandates import queries as mandates
    from quire.society.parties import queries as parties

    said = mandates.mandates_of(parties.party("gazette").id)
    return [one for one in said if one.use == "ai-train" and one.licensee is None and not one.yes]


def arrived(window: Page, heading: str) -> None:
    expect(window.get_by_role("heading", level=1)).to_have_text(heading, timeout=PATIENCE)


def reach(window: Page, wanted: Locator) -> None:
    """Press Tab until this has the focus; it must be within reach."""
    wanted.wait_for()
    for _ in range(150):
        window.keyboard.press("Tab")
        if wanted.evaluate("one => one === document.activeElement"):
            return
    raise AssertionError(f"The keyboard does not reach {wanted}.")


def press(window: Page, wanted: Locator) -> None:
    reach(window, wanted)
    window.keyboard.press("Enter")


def write(window: Page, label: str, text: str) -> None:
    reach(window, window.get_by_label(label, exact=True))
    window.keyboard.type(text)
