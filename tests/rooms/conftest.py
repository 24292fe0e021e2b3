"""Societies that the tests of many modules begin with, built once in each process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import Furnished, furnished
from tests.rooms import usage_society


@pytest.fixture(scope="session")
def paper_and_blog(postgres: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Furnished]:
    with furnished(postgres, tmp_path_factory.mktemp("paper"), usage_society.begun) as made:
        yield made


@pytest.fixture
def before(request: pytest.FixtureRequest) -> Furnished | None:
    """For a test that has the ``society`` of the usage room, that one; for others nothing."""
    ours = getattr(request.module, "society", None) is usage_society.society
    if not ours or "society" not in request.fixturenames:
        return None
    found: Furnished = request.getfixturevalue("paper_and_blog")
    return found
