"""What pages are looked at for is found where it is."""

from __future__ import annotations

import pytest

from tests.browser import looking

pytestmark = pytest.mark.more
GOOD = (
    '<!doctype html><html lang="en"><title>A page</title>'
    '<meta name="viewport" content="width=device-width"><h1>A page</h1><p>All is well.</p>'
)
BAD = (
    "<!doctype html><html><title></title>"
    '<meta name="viewport" content="width=device-width">'
    '<p style="color:#ccc;background:#fff">Pale</p><p style="width:700px">Wide</p>'
    '<img src="http://127.0.0.2:9/none.png"><script>console.error("It is broken."); nothing()</script>'
)


def test_faults_are_found_and_a_good_page_has_none() -> None:
    with looking.browser() as chromium:
        good = told(chromium, GOOD)
        bad = told(chromium, BAD)
    assert good == []
    for fault in (
        "h1: []", "no title", "image-alt", "html-has-lang", "color-contrast", "sideways: ",
        "leaves the host: http://127.0.0.2:9/none.png", "console: It is broken.", "script: nothing is not",
    ):  # fmt: skip
        assert any(fault in one for one in bad), (fault, bad)


def told(chromium: looking.Browser, text: str) -> list[str]:
    with looking.seat(chromium, "http://127.0.0.1:9", "") as window:
        watch = looking.Watch(window)
        window.set_content(text)
        found = looking.headed(window) + watch.taken() + looking.axe(window, "light")
        window.set_viewport_size(looking.NARROW)
        return found + looking.sideways(window)
