"""The demonstration with all of its data: every page to which a link leads, as each person; and the tour."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import demonstration, looking, reached, said

pytestmark = pytest.mark.more
BEGIN = {
    "public": "/",
    "member": "/member/havenmoor-courier/",
    "licensee": "/lab/lab-north/",
    "operator": "/desk/",
    "approver": "/desk/",
    "auditor": "/audit/",
}
UNLINKED = {
    "letters-stop": "a letter's link leads there",
    "member-works-preview": "a file is handed in first",
    "member-dispute": "nobody claims anything of this member's",
    "member-offer": "nobody offers this member a share",
    "desk-lump-judge": "no claim waits to be judged",
    "desk-strays": "usage on hosts of nobody is of another period",
    "desk-forecast": "a forecast is asked for first",
    "desk-replay": "a replay is asked for first",
    "desk-disposal": "nothing is to be disposed of",
    "desk-claim": "nobody has claimed money yet",
    "desk-write-off": "nobody owes anything",
    "desk-run-approve": "every run is closed",
    "desk-run-cancel": "every run is closed",
}
"""Pages that no link of the demonstration leads to, and why."""
MADE_FIRST = ("-job", "-job-file", "-api-key", "-webhook", "-webhook-sent", "-notice")
"""Pages of what somebody makes or is told first end with one of these."""
PRESSED = ("-go-on", "-issue", "-tick", "-publish", "-drop", "-distribute")
"""Pages that are a button elsewhere end with one of these."""


@dataclass(frozen=True)
class Open:
    """The demonstration as it is served: its address, and the link of each person."""

    base: str
    links: dict[str, str]


@pytest.fixture(scope="module")
def opened() -> Iterator[Open]:
    import django

    django.setup()
    with demonstration.whole() as env:
        demonstration.quire(env, "demo", "build")
        with demonstration.served(env) as links:
            yield Open(links["auditor"].split("/demo/")[0], links)


def session(chromium: Browser, opened: Open, who: str) -> str:
    """The session that a person's link begins; "" for the public."""
    if who not in opened.links:
        return ""
    with looking.seat(chromium, opened.base, "") as window:
        window.request.get(opened.links[who])
        return next(one["value"] for one in window.context.cookies() if one["name"] == "sessionid")


@pytest.fixture(scope="module")
def found(opened: Open) -> dict[str, dict[str, str]]:
    """Who comes, to the pages that links lead them to: name and address, each page once."""
    told: dict[str, dict[str, str]] = {}
    seen: set[str] = set()
    with looking.browser() as chromium:
        for who, start in BEGIN.items():
            pages = reached.by_links(opened.base, session(chromium, opened, who), start, _prefix(start))
            told[who] = {name: address for name, address in pages.items() if name not in seen}
            seen |= set(pages)
    return told


def _prefix(start: str) -> str:
    return "/" + start.split("/")[1] + "/" if start != "/" else "/"


def test_links_lead_to_every_page(found: dict[str, dict[str, str]]) -> None:
    from quire.society.web.audiences import pages

    there = {name for told in found.values() for name in told}
    lost = {page.name for _, page in pages()} - there - set(UNLINKED)
    assert {name for name in lost if not name.endswith(MADE_FIRST + PRESSED)} == set()


@pytest.mark.parametrize("who", BEGIN)
def test_every_page_is_fit_to_be_seen(opened: Open, found: dict[str, dict[str, str]], who: str) -> None:
    assert found[who] or who == "approver"
    with looking.browser() as chromium:
        wrong = looking.wrong(
            chromium, opened.base, session(chromium, opened, who), found[who], said.sentence
        )
    assert not wrong, "\n".join(["", *wrong])


TOUR = (
    ("How what comes in is split", "1/6"),
    ("Who used your work in", "2/6"),
    ("Step by step", "3/6"),
    ("A payment to Käferkabinett came back", "4/6"),
    ("What it rests on", "5/6"),
    ("Check everything now", "6/6"),
)


def test_the_tour_leads_from_the_public_to_the_auditor(opened: Open) -> None:
    with looking.browser() as chromium, looking.seat(chromium, opened.base, "") as window:
        window.set_default_timeout(60_000)
        watch = looking.Watch(window)
        window.goto(opened.links["tour"])
        wrong = []
        for place, (sentence, at) in enumerate(TOUR, 1):
            strip = window.get_by_role("complementary", name="The tour")
            expect(strip).to_contain_text(at, timeout=60_000)
            wrong += [f"{at}: {one}" for one in looking.problems(watch, window.url, sentence)]
            window.set_viewport_size(looking.WIDE)
            if place < len(TOUR):
                strip.get_by_role("link", name="Next").click()
        assert not wrong, "\n".join(["", *wrong])
        window.get_by_role("button", name="Check everything now").click()
        expect(window.get_by_text("Everything holds.")).to_be_visible(timeout=120_000)
