"""Societies that the tests of many modules begin with, built once in each process."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.conftest import Furnished, furnished
from tests.rooms import distribution_desk, usage_society


@pytest.fixture(scope="session")
def paper_and_blog(postgres: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Furnished]:
    with furnished(postgres, tmp_path_factory.mktemp("paper"), usage_society.begun) as made:
        yield made


@pytest.fixture(scope="session")
def small_society(postgres: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Furnished]:
    """The society of ``tests.small`` with its usage, before any plan or receipt."""
    folder = tmp_path_factory.mktemp("small")

    def furnish(people: dict[str, Any], patch: pytest.MonkeyPatch) -> None:
        distribution_desk.begin(folder)

    with furnished(postgres, folder, furnish, staffed=False) as made:
        yield made


@pytest.fixture(scope="session")
def small_january(
    postgres: dict[str, str], small_society: Furnished, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Furnished]:
    """The same with a plan, and January's money booked."""
    folder = tmp_path_factory.mktemp("january")
    with distribution_desk.gone_on(
        postgres, folder, small_society, distribution_desk.prepare_january
    ) as made:
        yield made


@pytest.fixture
def before(request: pytest.FixtureRequest) -> Furnished | None:
    """For a test that has the ``society`` of the usage room, that one; for others nothing."""
    ours = getattr(request.module, "society", None) is usage_society.society
    if not ours or "society" not in request.fixturenames:
        return None
    found: Furnished = request.getfixturevalue("paper_and_blog")
    return found
