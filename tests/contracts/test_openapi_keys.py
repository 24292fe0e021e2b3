"""Schemathesis over what is for keys, with a key of each audience: no 5xx, and every answer as described."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.clients import serving
from tests.ports import free_port
from tests.rooms.api_desk import key_of, seated
from tests.rooms.boundary_desk import HOST, Desk

pytestmark = pytest.mark.more

CALM = settings(
    max_examples=12,
    deadline=timedelta(seconds=60),
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
AUDIENCES = ("member", "licensee", "operator", "auditor")


@pytest.fixture
def served(house: Any, people: Any) -> Iterator[tuple[str, dict[str, str]]]:
    """(address, audience to secret) of a society with a site, a work, and somebody for every audience. What
    test keys do is undone, so that each operation finds the society as it was.
    """
    from quire.society.parties import actions
    from quire.society.repertoire import actions as repertoire

    desk = Desk(people["preparer"])
    desk.site()
    desk.verified()
    desk.yes("search")
    repertoire.register_work(url=f"https://{HOST}/a", title="A", member="harbour", by=desk.user)
    auditor = actions.add_user(name="aud", roles=["auditor"])
    both = actions.add_user(name="both", roles=["operator", "approver"])
    more: dict[str, Any] = {"per_minute": 60_000}
    tried = more | {"mode": "test"}
    keys = {
        "member": key_of(seated("ina", "harbour"), "member", "harbour", "manage", "admin", **tried),
        "licensee": key_of(seated("leo", "lab-a"), "licensee", "lab-a", "manage", "admin", **tried),
        "operator": key_of(both, "operator", None, "prepare", "approve", **tried),
        "auditor": key_of(auditor, "auditor", **more),
    }  # fmt: skip
    with serving.society(house.env, free_port()) as url:
        yield url, keys


@pytest.mark.parametrize("audience", AUDIENCES)
def test_every_answer_to_a_key_is_as_described(served: tuple[str, dict[str, str]], audience: str) -> None:
    import schemathesis  # it takes a second, for which other tests need not wait

    url, keys = served
    schema = schemathesis.openapi.from_url(f"{url}/api/v1/openapi.json")
    asked, wrong = 0, []
    for found in schema.get_all_operations():
        operation = found.ok()
        said = operation.definition.raw
        if said.get("security") != [{"key": []}] or f"{audience} (" not in said["description"]:
            continue
        try:
            asked += _explore(operation, url, {"Authorization": f"Bearer {keys[audience]}"})
        except BaseExceptionGroup as some:
            wrong += [f"{operation.label}: {one}" for one in some.exceptions]
        except AssertionError as one:
            wrong.append(f"{operation.label}: {one}")
    assert not wrong, "\n\n".join(wrong)
    assert asked > 50


def _explore(operation: Any, url: str, headers: dict[str, str]) -> int:
    from schemathesis.specs.openapi.checks import ignored_auth, positive_data_acceptance

    # Which cursors, names of things and days are good no schema can say; a key is not tried without itself.
    left = [ignored_auth, positive_data_acceptance]
    count = 0

    @CALM
    @given(case=operation.as_strategy())
    def ask(case: Any) -> None:
        nonlocal count
        count += 1
        case.call_and_validate(base_url=url, headers=headers, excluded_checks=left)

    ask()
    return count
