"""Schemathesis over the OpenAPI document of a running server: no 5xx, and every answer is as it is
described.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.clients import serving
from tests.ports import free_port
from tests.rooms.boundary_desk import HOST, Desk

pytestmark = pytest.mark.more

CALM = settings(
    max_examples=40,
    deadline=timedelta(seconds=30),
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def served(house: Any, people: Any) -> Iterator[tuple[str, str]]:
    """(address, Authorization) of a society with a site, a work, a tariff's worth of terms, and a client."""
    from quire.society.licensing import actions, snapshot
    from quire.society.repertoire import actions as repertoire

    desk = Desk(people["preparer"])
    desk.site()
    desk.verified()
    desk.yes("search")
    desk.terms("/secret/", "search", False)
    desk.price("/", "0.002")
    repertoire.register_work(url=f"https://{HOST}/a", title="A", member="harbour", by=desk.user)
    snapshot.make()
    made = actions.create_client(licensee="lab-a", name="reader", by=desk.user)
    shown = "Basic " + base64.b64encode(f"{made.client.tid}:{made.secret}".encode()).decode()
    with serving.society(house.env, free_port()) as url:
        yield url, shown


def test_every_answer_is_as_described(served: tuple[str, str]) -> None:
    """Each operation with what the document allows, with and without a client's credentials."""
    import schemathesis  # it takes a second, for which other tests need not wait

    url, shown = served
    schema = schemathesis.openapi.from_url(f"{url}/api/v1/openapi.json")
    asked = 0
    for found in schema.get_all_operations():
        operation = found.ok()
        if operation.definition.raw.get("security") == [{"key": []}]:
            continue  # tests/contracts/test_openapi_keys.py
        for headers in ({}, {"Authorization": shown}):
            asked += _explore(operation, url, headers)
    assert asked > 100


def _explore(operation: Any, url: str, headers: dict[str, str]) -> int:
    from schemathesis.specs.openapi.checks import ignored_auth

    count = 0

    @CALM
    @given(case=operation.as_strategy())
    def ask(case: Any) -> None:
        nonlocal count
        count += 1
        # Wrong credentials, as that check tries them again and again, are answered 429 after a while.
        case.call_and_validate(base_url=url, headers=headers, excluded_checks=[ignored_auth])

    ask()
    return count


NOWHERE = ("/api", "/api/", "/api/v1", "/api/v1/", "/api/v1/nothing", "/api/v1/sites/", "/api/v9/registry")


def test_every_other_address_refuses_in_the_same_form(served: tuple[str, str]) -> None:
    for path in NOWHERE:
        for method in ("GET", "POST", "PUT", "DELETE", "OPTIONS", "TRACE"):
            answer = httpx.request(method, served[0] + path)
            assert answer.status_code in {404, 405}, (method, path, answer.text)
            assert answer.headers["content-type"] == "application/problem+json"
            assert set(answer.json()) >= {"type", "title", "status", "code", "detail"}


def test_head_answers_as_get_without_the_body(served: tuple[str, str]) -> None:
    url, _ = served
    read = ("/registry", "/tariffs", "/registry/snapshot.json", "/sites/nobody.example", "/openapi.json")
    for path in read:
        asked = {method: httpx.request(method, f"{url}/api/v1{path}") for method in ("GET", "HEAD")}
        whole, head = asked["GET"], asked["HEAD"]
        assert (head.status_code, head.content) == (whole.status_code, b""), path
        for name in ("content-type", "content-length", "etag", "cache-control"):
            assert head.headers.get(name) == whole.headers.get(name), (path, name)
    refused = httpx.post(f"{url}/api/v1/registry")
    allowed = {method.strip() for method in refused.headers["allow"].split(",")}
    assert (refused.status_code, allowed) == (405, {"GET", "HEAD"})
    assert httpx.head(f"{url}/api/v1/registry/lookup").status_code == 405
