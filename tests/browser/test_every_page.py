"""Every page there is, in a real browser: it answers, has its heading, can be read by everybody in light and
dark, fits on a narrow screen, complains of nothing and asks nobody else for anything."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.browser import looking
from tests.clients import serving
from tests.conftest import Furnished, another_house
from tests.ports import free_port
from tests.web import desk
from tests.web.test_pages import addresses, before  # noqa: F401 - a society with a user of every role

pytestmark = pytest.mark.more
SIGNED_IN = ("operator", "approver", "auditor", "own")


@dataclass(frozen=True)
class Served:
    """A society's server: its address, the session of each user, and every page with its address."""

    url: str
    sessions: dict[str, str]
    pages: list[tuple[Any, Any, str]]


@pytest.fixture(scope="module")
def served(
    postgres: dict[str, str],
    before: Furnished,  # noqa: F811
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Served]:
    from django.conf import settings

    folder = tmp_path_factory.mktemp("browser")
    shutil.copytree(before.home, folder / "var")
    with (
        pytest.MonkeyPatch.context() as patch,
        another_house(postgres, folder, patch, before.database) as house,
    ):
        pages = addresses()
        sessions = {name: desk.signed_in(name).cookies["sessionid"].value for name in SIGNED_IN}
        env = {**house.env, "QUIRE_SECRET_KEY": settings.SECRET_KEY}
        with serving.society(env, free_port()) as url:
            yield Served(url, {**sessions, "nobody": ""}, pages)


def who(audience: str, page: Any) -> str:
    """Who opens the page: somebody for whom all of it is shown."""
    if audience == "operator":
        return "approver" if page.writes == "approve" else "operator"
    return {"public": "nobody", "auditor": "auditor"}.get(audience, "own")


@pytest.mark.parametrize("audience", ["public", "member", "licensee", "operator", "auditor"])
def test_every_page_is_fit_to_be_seen(served: Served, audience: str) -> None:
    wrong = []
    mine = [(page, address) for one, page, address in served.pages if one.name == audience]
    assert mine
    with looking.browser() as chromium:
        for role in sorted({who(audience, page) for page, _ in mine}):
            with looking.seat(chromium, served.url, served.sessions[role]) as window:
                watch = looking.Watch(window)
                for page, address in mine:
                    if who(audience, page) == role:
                        wrong += [f"{page.name} {address}: {one}" for one in looking.problems(watch, address)]
    assert not wrong, "\n".join(["", *wrong])
