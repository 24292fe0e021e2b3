"""A month at the desk, in real browsers: one person prepares, a second approves, the bank pays, and the
public recomputes it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests import small
from tests.browser import looking
from tests.browser.test_stories import PATIENCE, arrived
from tests.clients import serving
from tests.conftest import another_house
from tests.ports import free_port
from tests.web import desk

pytestmark = pytest.mark.more
LONG = 4 * PATIENCE
"""Milliseconds for a job on a busy machine."""


@dataclass(frozen=True)
class Month:
    """A society whose January waits to be distributed: its address and the sessions of its people."""

    url: str
    sessions: dict[str, str]


@pytest.fixture(scope="module")
def month(postgres: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Month]:
    from django.conf import settings

    folder = tmp_path_factory.mktemp("month")
    with pytest.MonkeyPatch.context() as patch, another_house(postgres, folder, patch) as house:
        small.found(folder)
        small.use(folder)
        small.receive(folder)
        (folder / "new.csv").write_text("code,name,kind\nreed-review,Reed Review,magazine\n")
        small.quire("parties", "import", folder / "new.csv", "--by", "preparer")
        sessions = {
            name: desk.signed_in(name).cookies["sessionid"].value for name in ("preparer", "approver")
        }
        env = {**house.env, "QUIRE_SECRET_KEY": settings.SECRET_KEY}
        with serving.society(env, free_port()) as url, working(env):
            yield Month(url, sessions)


@contextmanager
def working(env: dict[str, str]) -> Iterator[None]:
    """A worker beside the server, while the block lasts."""
    words = [sys.executable, "-m", "quire.cli", "worker"]
    with subprocess.Popen(words, env={**os.environ, **env}, stdout=subprocess.DEVNULL) as worker:
        try:
            yield
        finally:
            worker.terminate()
            worker.wait(60)


def test_a_month_from_an_application_to_the_public_check(month: Month, tmp_path: Path) -> None:
    with looking.browser() as chromium:
        with (
            looking.seat(chromium, month.url, month.sessions["preparer"]) as operator,
            looking.seat(chromium, month.url, month.sessions["approver"]) as approver,
        ):
            for window in (operator, approver):
                window.set_default_timeout(PATIENCE)
            decided(operator)
            prepared(operator)
            approved(approver)
            paid(operator, tmp_path)
            expect_nothing_to_do(approver)
        with looking.seat(chromium, month.url, "") as public:
            public.set_default_timeout(PATIENCE)
            recomputed(public, tmp_path)


def decided(window: Page) -> None:
    """An application is put on record, and the criteria decide."""
    window.goto("/desk/applications/")
    window.get_by_role("link", name="Put one on record").click()
    arrived(window, "An application")
    window.get_by_label("Party").fill("reed-review")
    window.get_by_label("Works").fill("150")
    window.get_by_label("Authority").fill("12")
    window.get_by_label("Quality").fill("75")
    window.get_by_label("Good standing").select_option("yes")
    window.get_by_role("button", name="Judge it").click()
    expect(window.get_by_text("Refused, with every reason.")).to_be_visible(timeout=PATIENCE)
    expect(window.locator("main")).to_contain_text("Your authority is 12; at least 20 is needed.")


def prepared(window: Page) -> None:
    """The queue says what waits; the run is opened, and a worker brings it to its review while one looks."""
    window.goto("/desk/")
    waits = window.get_by_role("listitem").filter(has_text="What came in for 2026-01 is in no run")
    waits.get_by_role("link", name="Distribute").first.click()
    arrived(window, "A new run")
    expect(window.get_by_label("Period")).to_have_value("2026-01")
    window.get_by_role("button", name="Open the run").click()
    expect(window.get_by_role("heading", level=1)).to_contain_text("Distribution 2026-01")
    expect(window.get_by_text("a second person looks at it and approves it")).to_be_visible(timeout=LONG)
    expect(window.get_by_role("heading", name="Pots")).to_be_visible()
    expect(window.locator("main")).to_contain_text("by its yearly fee 1019.17 EUR is due")
    expect(window.get_by_role("link", name="Approve", exact=True)).to_have_count(0)


def approved(window: Page) -> None:
    """A second person finds it in the queue, looks, and says yes; it is posted and published."""
    window.goto("/desk/")
    waits = window.get_by_role("listitem").filter(has_text="Approve the run of 2026-01")
    waits.get_by_role("link", name="Look at it").click()
    window.get_by_role("link", name="Approve", exact=True).click()
    arrived(window, "Approve 2026-01")
    expect(window.locator("main")).to_contain_text("preparer prepared it.")
    window.get_by_role("button", name="Approve it").click()
    expect(window.get_by_text("It is approved.")).to_be_visible(timeout=PATIENCE)
    expect(window.get_by_role("heading", level=1)).to_contain_text("closed", timeout=LONG)


def paid(window: Page, folder: Path) -> None:
    """What would be paid is looked at first; then the bank's file is taken away, and what it did is told."""
    window.goto("/desk/payments/")
    window.get_by_role("link", name="Prepare a batch").click()
    window.get_by_role("button", name="See what it would pay").click()
    expect(window.get_by_text("It would pay")).to_be_visible(timeout=PATIENCE)
    window.get_by_role("button", name="Prepare the batch").click()
    expect(window.get_by_text("The batch is prepared.")).to_be_visible(timeout=PATIENCE)
    with window.expect_download() as taken:
        window.get_by_role("link", name="Download pain.001").click()
    taken.value.save_as(folder / "bank.xml")
    assert "<CstmrCdtTrfInitn>" in (folder / "bank.xml").read_text()
    window.get_by_role("button", name="It was executed").click()
    expect(window.get_by_text("The bank executed it on")).to_be_visible(timeout=PATIENCE)


def expect_nothing_to_do(window: Page) -> None:
    window.goto("/desk/")
    expect(window.locator("main")).not_to_contain_text("2026-01")


def recomputed(window: Page, folder: Path) -> None:
    """The public sees how a euro is split, searches the works, takes the bundle and the key, and runs what
    the page says."""
    window.goto("/")
    expect(window.get_by_role("img").first).to_be_visible()
    menu = window.get_by_role("navigation", name="Menu")
    menu.get_by_role("link", name="Works").click()
    arrived(window, "Works")
    window.get_by_role("searchbox").fill("lock keeper")
    window.get_by_role("button", name="Show").click()
    expect(window.locator("tbody tr")).to_have_count(1, timeout=PATIENCE)
    expect(window.locator("tbody")).to_contain_text("The lock keeper")
    menu.get_by_role("link", name="Distributions").click()
    window.locator("main tbody").get_by_role("link", name="2026-01").click()
    arrived(window, "Distribution 2026-01")
    with window.expect_download() as taken:
        window.get_by_role("link", name="The signed bundle", exact=True).click()
    bundle = folder / taken.value.suggested_filename
    taken.value.save_as(bundle)
    (folder / "keys.json").write_bytes(window.request.get("/keys.json").body())
    says = window.get_by_label("The commands").inner_text().splitlines()[-1].split()
    assert says == ["quire", "verify", bundle.name, "--key", "keys.json"]
    checked = [sys.executable, "-m", "quire.cli", *says[1:]]
    done = subprocess.run(checked, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
