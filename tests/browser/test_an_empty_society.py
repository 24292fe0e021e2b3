"""A society that was founded and has nothing yet: every page that a link leads to says so, and is as fit to
be seen as any."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests import small
from tests.browser import looking, reached, said
from tests.clients import serving
from tests.conftest import another_house
from tests.ports import free_port
from tests.web import desk

pytestmark = pytest.mark.more
BEGIN = {
    "public": "/",
    "member": "/member/reed/",
    "licensee": "/lab/lab-new/",
    "operator": "/desk/",
    "approver": "/desk/",
    "auditor": "/audit/",
}
FEWEST = {"public": 9, "member": 15, "licensee": 12, "operator": 40, "approver": 0, "auditor": 7}
"""So many pages there are at least, for each."""


@dataclass(frozen=True)
class Empty:
    """The society's address, and the session of each person."""

    base: str
    sessions: dict[str, str]


@pytest.fixture(scope="module")
def empty(postgres: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Empty]:
    from django.conf import settings

    with (
        pytest.MonkeyPatch.context() as patch,
        another_house(postgres, tmp_path_factory.mktemp("empty"), patch) as house,
    ):
        found()
        sessions = {
            name: desk.signed_in(name).cookies["sessionid"].value for name in BEGIN if name != "public"
        }
        with serving.society({**house.env, "QUIRE_SECRET_KEY": settings.SECRET_KEY}, free_port()) as url:
            yield Empty(url, {**sessions, "public": ""})


def found() -> None:
    """The society and its people; a member and a lab that have done nothing."""
    from quire.society.parties import actions

    small.quire("init", "--name", "A Young Society", "--town", "Graz", "--country", "AT")
    for role in ("operator", "approver", "auditor"):
        actions.add_user(name=role, roles=[role])
    for user, party, kind in (("member", "reed", "blogger"), ("licensee", "lab-new", "lab")):
        actions.register_party(code=party, name=party.title(), kind=kind)
        actions.seat(user=actions.add_user(name=user), party=party, role="admin")


@pytest.mark.parametrize("who", BEGIN)
def test_every_page_is_fit_to_be_seen(empty: Empty, who: str) -> None:
    start = BEGIN[who]
    prefix = "/" + start.split("/")[1] + "/" if start != "/" else "/"
    pages: dict[str, Any] = reached.by_links(empty.base, empty.sessions[who], start, prefix)
    assert len(pages) >= FEWEST[who]
    with looking.browser() as chromium:
        wrong = looking.wrong(chromium, empty.base, empty.sessions[who], pages, said.sentence)
    assert not wrong, "\n".join(["", *wrong])
