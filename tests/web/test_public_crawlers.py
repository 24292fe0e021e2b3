"""What the public's pages tell a crawler's developer is true: the addresses answer, the code runs."""

from __future__ import annotations

import html
import json
import re
import tomllib
from typing import Any

import pytest

from tests.conftest import Furnished
from tests.web import desk


@pytest.fixture
def before(january: Furnished) -> Furnished:
    return january


@pytest.fixture
def page(house: Any) -> str:
    return html.unescape(desk.text(desk.visitor().get("/crawlers/")))


def test_the_configuration_is_one(page: str, tmp_path: Any) -> None:
    from quire.crawler.config import read
    from quire.society.kit import config

    [told] = re.findall(r'aria-label="quire-crawler.toml">(.*?)</pre>', page, re.DOTALL)
    assert list(tomllib.loads(told)["servers"]) == [f"{config.url()}/olp"]
    secret = tmp_path / "client.secret"
    secret.write_text("secret")
    secret.chmod(0o600)
    place = tmp_path / "quire-crawler.toml"
    place.write_text(told.replace("cli_…", "cli_1"))
    assert read(place)


def test_the_program_compiles_and_imports_what_there_is(page: str) -> None:
    [told] = re.findall(r'id="program">(.*?)</pre>', page, re.DOTALL)
    compile(told, "program", "exec")
    exec(told.partition("with ")[0], {})


def test_the_registry_answers_what_the_page_asks(page: str) -> None:
    [asked] = re.findall(r"-d '(\{.*?\})'", page)
    assert "/api/v1/registry/lookup" in page
    answer = desk.visitor().post("/api/v1/registry/lookup", asked, content_type="application/json")
    assert answer.status_code == 200
    told = json.loads(b"".join(answer)) if answer.streaming else answer.json()
    assert len(told["answers"]) == 1


def test_addresses_that_the_page_names_are_there(page: str) -> None:
    from django.urls import resolve

    for address in ("/sites/example.org/license.xml", "/sites/example.org/robots.txt", "/olp/token"):
        assert address in page
        assert resolve(address)
    assert desk.visitor().get("/api/v1/openapi.json").status_code == 200


def test_the_licences_stand_among_the_other_pages(house: Any) -> None:
    told = desk.text(desk.visitor().get("/licences"))
    assert 'href="/licences" aria-current="page"' in told
    assert '<dt id="no-token">' in told
    assert "No tariff is published yet" in told
