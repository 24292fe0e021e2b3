"""Every page, as everybody: who is let in, who is sent to sign in, who is refused. A new page is listed here
or the test fails.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from tests import small
from tests.conftest import Furnished, furnished
from tests.web import desk, named

ROLES = ("nobody", "operator", "approver", "auditor", "own", "other", "seatless")
"""Who tries: nobody signed in; each role of the house; an admin of the party's team, one of another's; and
one who is signed in and sits nowhere."""
READS = {
    "public": set(ROLES),
    "member": {"operator", "approver", "auditor", "own"},
    "licensee": {"operator", "approver", "auditor", "own"},
    "operator": {"operator", "approver"},
    "auditor": {"operator", "approver", "auditor"},
}
WRITES = {
    "manage": {"own"},
    "admin": {"own"},
    "prepare": {"operator"},
    "approve": {"approver"},
}


@pytest.fixture(scope="module")
def before(postgres: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Furnished]:
    """A small society with a closed run, and a user of every role."""
    folder = tmp_path_factory.mktemp("pages")

    def furnish(people: dict[str, Any], patch: pytest.MonkeyPatch) -> None:
        from quire.society.kit import clock
        from quire.society.kit.models import Job
        from quire.society.parties import actions, queries

        small.found(folder)
        small.use(folder)
        small.receive(folder)
        small.quire("distribution", "run", "--period", "2026-01", "--by", "preparer")
        small.quire("distribution", "approve", "latest", "--by", "approver")
        for role in ("operator", "approver", "auditor"):
            actions.add_user(name=role, roles=[role])
        for name in ("own", "other", "seatless"):
            actions.add_user(name=name)
        for audience, party in (("member", "gazette"), ("licensee", "lab-north"), ("operator", "marsh"),
                                ("auditor", "marsh")):  # fmt: skip
            Job.objects.create(
                kind="test.pages",
                title=f"Count for the {audience}",
                party=queries.party(party).id,
                asked_at=clock.now(),
            )
        for party in ("gazette", "lab-north"):
            actions.seat(user="own", party=party, role="admin")
        for party in ("marsh", "lab-south"):
            actions.seat(user="other", party=party, role="admin")

    with furnished(postgres, folder, furnish, staffed=False) as made:
        yield made


def browsers() -> dict[str, Client]:
    return {role: desk.visitor() if role == "nobody" else desk.signed_in(role) for role in ROLES}


def addresses() -> list[tuple[Any, Any, str]]:
    """Every page with an address that exists: what its path names says ``named``."""
    from django.urls import resolve

    from quire.society.web.audiences import AUDIENCES, pages

    party = {"member": "gazette", "licensee": "lab-north"}
    found: list[tuple[Any, Any, str]] = []
    known = {one.name: named.parts(one.name) for one in AUDIENCES}
    for audience, page in pages():
        whole = "/" + audience.prefix.replace("<str:party>", party.get(audience.name, "")) + page.path
        for part, value in known[audience.name].items():
            whole = whole.replace(part, value)
        assert "<" not in whole, f"{page.name}: say in tests/web/named.py what {whole} may be"
        assert resolve(whole).url_name == page.name, whole
        found.append((audience, page, whole))
    return found


def test_every_page_is_opened_to_whom_it_is_for_and_to_nobody_else(house: Any) -> None:
    wrong = []
    tries = browsers()
    for audience, page, address in addresses():
        for role, browser in tries.items():
            answer = browser.get(address)
            answer.close()  # some are files
            told = answer.status_code
            good = role in READS[audience.name] and page.needs in allowed(audience.name, role)
            if not fits(told, good, role, audience.name):
                wrong.append((page.name, address, role, told))
    assert not wrong


def allowed(audience: str, role: str) -> set[str]:
    found = {"read"} if role in READS[audience] else set()
    mine = {
        "member": ("manage", "admin"),
        "licensee": ("manage", "admin"),
        "operator": ("prepare", "approve"),
    }
    return found | {act for act in mine.get(audience, ()) if role in WRITES[act]}


def fits(told: int, good: bool, role: str, audience: str) -> bool:
    """Let in (with the page, or a sentence on why there is nothing), sent to sign in, or refused."""
    if good:
        return told in {200, 302}
    if role == "nobody":
        return told == 302
    return told == (404 if audience in {"member", "licensee"} and role in {"other", "seatless"} else 403)


def test_nobody_writes_who_may_not(house: Any) -> None:
    wrong = []
    tries = browsers()
    for audience, page, address in addresses():
        for role, browser in tries.items():
            may = page.writes in allowed(audience.name, role)
            if page.writes and may:
                continue
            told = browser.post(address).status_code
            if told not in {302, 403, 404, 405} or (told == 302 and role != "nobody"):
                wrong.append((page.name, address, role, told))
    assert not wrong


def test_a_form_without_its_token_is_refused(house: Any) -> None:
    browser = Client(enforce_csrf_checks=True, headers={"host": "localhost"})
    browser.force_login(_user("auditor"), backend=desk.BACKEND)
    assert browser.post("/audit/checks/").status_code == 403


def test_pages_say_what_browsers_shall_refuse(house: Any) -> None:
    answer = desk.visitor().get("/")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def _user(name: str) -> Any:
    from quire.society.parties import queries

    return queries.acting(name)
