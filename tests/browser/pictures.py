"""``make pictures``: the README's picture, of the demonstration's tour, in light and in dark.

It walks the tour as the tests do and lays its six pages side by side. The demonstration is built for this, or
the one that ``QUIRE_DEMO_HOME`` names is taken.
"""

from __future__ import annotations

import base64
from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.browser import demonstration, looking

PLACE = Path(__file__).parents[2] / "docs" / "pictures"
SIZE = {"width": 1180, "height": 760}
WIDTH = 560
"""Pixels of each page in the picture."""
SHEET = """<!doctype html><style>
body { margin: 0; padding: 14px; display: grid; grid-template-columns: repeat(2, max-content); gap: 14px;
  background: %s; width: max-content; }
img { width: %dpx; display: block; border-radius: 8px; outline: 1px solid %s; }
</style>%s"""
COLOURS = {"light": ("#e9e6df", "#c9c4b8"), "dark": ("#0b0d0f", "#343a40")}


def main() -> None:
    """Make both pictures."""
    PLACE.mkdir(exist_ok=True)
    with demonstration.whole() as env, demonstration.served(env) as links, looking.browser() as chromium:
        for scheme, (paper, line) in COLOURS.items():
            pages = [base64.b64encode(one).decode() for one in walked(chromium, links["tour"], scheme)]
            images = "".join(f'<img src="data:image/png;base64,{one}">' for one in pages)
            window = chromium.new_page(viewport={"width": 1200, "height": 400})
            window.set_content(SHEET % (paper, WIDTH, line, images))
            window.locator("body").screenshot(path=PLACE / f"tour-{scheme}.png")


def walked(chromium: Browser, link: str, scheme: str) -> list[bytes]:
    """A picture of each page of the tour."""
    taken = []
    with looking.seat(chromium, link.split("/demo/")[0], "") as window:
        window.set_viewport_size(SIZE)
        window.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        window.goto(link)
        strip = window.get_by_role("complementary", name="The tour")
        for place in range(1, 7):
            expect(strip).to_contain_text(f"{place}/6")
            window.wait_for_load_state("networkidle")
            taken.append(window.screenshot())
            if place < 6:
                strip.get_by_role("link", name="Next").click()
    return taken


if __name__ == "__main__":
    main()
