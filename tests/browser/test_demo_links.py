"""The demonstration is entered by a link for each person, and nothing else ever is."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser import demonstration, looking
from tests.browser.demonstration import quire, served
from tests.conftest import House

pytestmark = pytest.mark.more
PARTIES = """code,name,kind,country
havenmoor-courier,Havenmoor Courier,newspaper,GB
lab-north,Lab North,lab,DE
"""
SEATS = {
    "tour": "/",
    "operator": "/desk/",
    "approver": "/desk/",
    "member": "/member/havenmoor-courier/",
    "licensee": "/lab/lab-north/",
    "auditor": "/audit/",
}


@pytest.fixture
def env(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A demonstration of which nothing is built but its people."""
    (tmp_path / "parties.csv").write_text(PARTIES)
    people = ("--operator", "preparer", "--approver", "approver")
    with demonstration.home() as env:
        quire(env, "init", "--name", "A demonstration", "--town", "Vienna", "--country", "AT", *people)
        quire(env, "parties", "import", f"{tmp_path}/parties.csv", "--by", "preparer")
        yield env


def test_each_person_comes_in_by_a_link_while_the_demonstration_serves(env: dict[str, str]) -> None:
    with served(env) as links:
        assert set(links) == set(SEATS)
        with looking.browser() as chromium:
            for who, address in links.items():
                with looking.seat(chromium, address, "") as window:
                    answer = window.goto(address)
                    assert answer is not None
                    assert answer.status == 200
                    assert window.url.endswith(SEATS[who])
                    if who != "tour":
                        window.goto(address.rsplit("/demo/")[0] + "/home")
                        assert window.url.endswith(SEATS[who])
            with looking.seat(chromium, address, "") as window:
                for wrong in (address[:-1], address.replace("/demo/", "/demo/x"), address + "/"):
                    assert window.request.get(wrong).status == 404
                assert "/account/login/" in window.request.get(address.split("/demo/")[0] + "/home").url
                assert window.request.get(address.split("/demo/")[0] + "/demo/tour/2").status == 404
            with looking.seat(chromium, links["tour"], "") as window:
                walk(window, links["tour"])
    assert not (Path(env["QUIRE_HOME"]) / "keys" / "demo-links").exists()
    old = "/demo/" + address.split("/demo/")[1]
    with served(env) as links, looking.browser() as chromium:
        base = links["auditor"].split("/demo/")[0]
        with looking.seat(chromium, base, "") as window:
            assert window.request.get(base + old).status == 404
            assert window.request.get(links["auditor"]).status == 200


TOUR = (
    "A demonstration", "Havenmoor Courier", "Statements", "Work queue", "Runs", "Check everything",
)  # fmt: skip
"""The heading of each page of the tour, where nothing was distributed yet."""


def walk(window: Page, address: str) -> None:
    """The tour from its link to its end, back and forth."""
    window.goto(address)
    strip = window.get_by_role("complementary", name="The tour")
    for place, heading in enumerate(TOUR, 1):
        expect(window.get_by_role("heading", level=1)).to_have_text(heading, timeout=30_000)
        expect(strip).to_contain_text(f"{place}/6")
        if place < len(TOUR):
            strip.get_by_role("link", name="Next").click()
    strip.get_by_role("link", name="Back").click()
    expect(window.get_by_role("heading", level=1)).to_have_text("Runs", timeout=30_000)
    strip.get_by_role("link", name="End the tour").click()
    expect(strip).to_have_count(0, timeout=30_000)
    assert window.request.get("/demo/tour/1").status == 404


def test_no_other_society_has_such_links(house: House) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import quire.cli.demo_serve.settings"],
        env={**os.environ, **house.env}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "These settings are the demonstration's" in done.stderr
    from django.urls import NoReverseMatch, reverse

    with pytest.raises(NoReverseMatch):
        reverse("demo-enter", kwargs={"token": "x"})
