"""Societies that tests of several pages look at, built once in each process."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests import small
from tests.conftest import Furnished, furnished


@pytest.fixture(scope="session")
def january(postgres: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Furnished]:
    """A small society whose January is closed. A module that begins with it has a fixture ``before``."""
    folder = tmp_path_factory.mktemp("january")

    def furnish(people: dict[str, Any], patch: pytest.MonkeyPatch) -> None:
        small.found(folder)
        small.use(folder)
        small.receive(folder)
        small.distribute()

    with furnished(postgres, folder, furnish, staffed=False) as made:
        yield made
