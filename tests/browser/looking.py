"""A real browser, and what is looked at on each page that it opens."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page, Response, expect, sync_playwright
from playwright.sync_api import Error as Refused

NAMES = ("chromium", "chromium-browser", "google-chrome")
WIDE = {"width": 1280, "height": 900}
NARROW = {"width": 390, "height": 844}
BAD = {"serious", "critical"}
expect.set_options(timeout=30_000)  # a busy machine is given time


@contextmanager
def browser() -> Iterator[Browser]:
    """Chromium, as the system has it (``make programs`` installs Debian's)."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    assert found, f"None of {', '.join(NAMES)} is installed."
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield started
        started.close()


@contextmanager
def seat(chromium: Browser, base: str, session: str) -> Iterator[Page]:
    """A window of somebody who is signed in by this session, or of nobody's ("")."""
    context = chromium.new_context(base_url=base, viewport=WIDE, reduced_motion="reduce")
    if session:
        context.add_cookies([{"name": "sessionid", "value": session, "url": base}])
    yield context.new_page()
    context.close()


@dataclass
class Watch:
    """What a window complains of while pages are open in it, and where it goes to get what they need."""

    page: Page
    told: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda problem: self.told.append(f"script: {problem}"))
        self.page.on("request", self._asked)

    def _said(self, message: Any) -> None:
        # A file that the browser shows as it is has no icon of ours: it asks for one by itself.
        if message.type in {"error", "warning"} and not message.location["url"].endswith("/favicon.ico"):
            self.told.append(f"console: {message.text}")

    def _asked(self, request: Any) -> None:
        parts = urlsplit(request.url)
        if parts.scheme != "data" and parts.hostname != "127.0.0.1":
            self.told.append(f"leaves the host: {request.url}")

    def taken(self) -> list[str]:
        """What was told since this was asked last."""
        told, self.told = self.told, []
        return told


def problems(watch: Watch, address: str, said: str = "") -> list[str]:
    """What is wrong with this page, which says this sentence, each in a line. A page that does not answer,
    or is another, is not looked at further; a file is not looked at."""
    page = watch.page
    page.set_viewport_size(WIDE)
    page.emulate_media(color_scheme="light")
    answer = opened(page, address)
    if answer is None:
        return []
    if answer.status != 200:
        return [f"status {answer.status}", *watch.taken()]
    if "text/html" not in answer.headers["content-type"]:
        return []
    if said not in page.locator("body").inner_text():
        return [f"does not say “{said}”"]
    found = headed(page) + watch.taken() + axe(page, "light")
    page.emulate_media(color_scheme="dark")
    found += axe(page, "dark", {"runOnly": ["color-contrast"]})
    page.set_viewport_size(NARROW)
    watch.taken()
    return found + sideways(page)


def wrong(
    chromium: Browser, base: str, session: str, pages: Mapping[str, str], sentence: Callable[[str], str]
) -> list[str]:
    """What is wrong on these pages (name and address), as whoever has this session, each in a line."""
    with seat(chromium, base, session) as window:
        watch = Watch(window)
        return [
            f"{name} {address}: {one}"
            for name, address in pages.items()
            for one in problems(watch, address, sentence(name))
        ]


def opened(page: Page, address: str) -> Response | None:
    """What was answered; None for a file, which the browser takes away and does not show."""
    try:
        return page.goto(address)
    except Refused as problem:
        if "Download is starting" not in str(problem):
            raise
        assert page.context.request.get(address).status == 200
        return None


def headed(page: Page) -> list[str]:
    """Whether the page has one heading of the first rank, and a title."""
    headings = [one.strip() for one in page.locator("h1").all_inner_texts()]
    title = page.title().strip()
    wrong = [] if len(headings) == 1 and headings[0] else [f"h1: {headings}"]
    return wrong + ([] if title else ["no title"])


def axe(page: Page, scheme: str, options: dict[str, Any] | None = None) -> list[str]:
    """What axe finds serious or critical. Of its rules contrast alone is up to the colour scheme."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found = page.evaluate(
        "options => axe.run(document, options).then(found => found.violations)",
        {"resultTypes": ["violations"], **(options or {})},
    )
    return [
        f"axe, {scheme}: {one['id']}: {one['nodes'][0]['html'][:160]} ({len(one['nodes'])} of them)"
        for one in found
        if one["impact"] in BAD
    ]


WIDER = """() => {
  const room = document.documentElement.clientWidth
  if (document.documentElement.scrollWidth <= room) return []
  const wide = [...document.body.querySelectorAll('*')].filter(one =>
    one.getBoundingClientRect().right > room + 1 && !one.closest('.wide'))
  return [document.documentElement.scrollWidth + ' px: ',
    ...wide.slice(0, 3).map(one => one.outerHTML.slice(0, 90))]
}"""


def sideways(page: Page) -> list[str]:
    """Whether the page is wider than its window, and what in it is."""
    found = page.evaluate(WIDER)
    return [f"sideways: {' '.join(found)}"] if found else []
