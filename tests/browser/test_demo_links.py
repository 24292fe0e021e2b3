"""The demonstration is entered by a link for each person, and nothing else ever is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser import looking
from tests.clients import serving
from tests.conftest import House
from tests.ports import free_port

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
RUN = [sys.executable, "-m", "quire.cli"]


@pytest.fixture
def env() -> Iterator[dict[str, str]]:
    """A demonstration of which nothing is built but its people."""
    with tempfile.TemporaryDirectory(prefix="quire-links-") as folder:
        Path(folder).chmod(0o755)
        env = {**os.environ, "QUIRE_HOME": f"{folder}/demo"}
        env.pop("DJANGO_SETTINGS_MODULE", None)
        (Path(folder) / "parties.csv").write_text(PARTIES)
        people = ("--operator", "preparer", "--approver", "approver")
        try:
            quire(env, "init", "--name", "A demonstration", "--town", "Vienna", "--country", "AT", *people)
            quire(env, "parties", "import", f"{folder}/parties.csv", "--by", "preparer")
            yield env
        finally:
            quire(env, "demo", "stop")


def quire(env: dict[str, str], *words: str) -> None:
    done = subprocess.run([*RUN, *words], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@contextmanager
def demonstration(env: dict[str, str]) -> Iterator[dict[str, str]]:
    """``quire demo serve``: the links that it prints, by who comes in by each."""
    port = free_port()
    with subprocess.Popen(
        [*RUN, "demo", "serve", "--port", str(port)], env=env, stdout=subprocess.PIPE, text=True
    ) as server:
        try:
            assert server.stdout is not None
            assert "one of these links" in server.stdout.readline()
            lines: list[list[str]] = [server.stdout.readline().split() for _ in SEATS]
            serving.wait(f"http://127.0.0.1:{port}", server)
            yield dict(lines)
        finally:
            server.send_signal(signal.SIGTERM)
            server.communicate(timeout=60)


def test_each_person_comes_in_by_a_link_while_the_demonstration_serves(env: dict[str, str]) -> None:
    with demonstration(env) as links:
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
    with demonstration(env) as links, looking.browser() as chromium:
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
