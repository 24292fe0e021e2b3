"""Works are found by the beginnings of words, whatever signs stand between them."""

from __future__ import annotations

from typing import Any

import pytest

from tests import small

FOUND = [
    ("harb", 1), ("HARBOUR dredged", 1), ("dredg harb", 1), ("arbour", 0), ("gazette.example/a", 1),
    ("https://gazette.example/b", 0), ("gazette", 2), ("lock-keeper's", 0), ("lock_keep", 1),
    ("wren & 'x' | !:*", 0), ("\\ \0 %", 0), ("(tide", 1), ("é", 0), (" ".join(["a"] * 50), 3),
]  # fmt: skip
"""What is looked for, and how many of the small society's works there are."""


@pytest.mark.parametrize("row", FOUND, ids=[repr(row[0])[:20] for row in FOUND])
def test_found(stocked: Any, row: tuple[str, int]) -> None:
    from quire.society.kit.paging import Asked
    from quire.society.repertoire import queries

    words, count = row
    assert len(queries.works_list().page(Asked(search=words)).rows) == count


@pytest.fixture(scope="module")
def before(postgres: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The small society before anything was used."""
    from tests.conftest import furnished

    folder = tmp_path_factory.mktemp("searching")
    with furnished(postgres, folder, lambda *_: small.found(folder), staffed=False) as made:
        yield made


@pytest.fixture
def stocked(house: Any) -> Any:
    """The society for this test."""
    return house
