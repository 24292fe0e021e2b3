"""How many examples a property test tries: a part of them each time, all of them with the longer tests."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import conftest

MAKEFILE = Path(__file__).parents[2] / "Makefile"


@pytest.mark.parametrize(("most", "few"), [(1000, 250), (200, 50), (60, 25), (25, 25), (10, 10)])
def test_the_default_suite_tries_a_quarter(most: int, few: int) -> None:
    seen: list[int] = []

    @settings(max_examples=most, database=None)
    @given(st.integers())
    def holds(number: int) -> None:
        seen.append(number)

    conftest.try_fewer(holds)
    holds()
    assert len(seen) == few


def test_the_longer_tests_try_all() -> None:
    (words,) = re.findall(r"(?m)^test-more:.*\n\t\$\(BIN\)/pytest (.*)$", MAKEFILE.read_text())
    assert words == '$(SHARED) --whole -m "more or hypothesis" $(PYTEST)'
