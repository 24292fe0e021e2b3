"""Weights from a file that cannot be divided by."""

from __future__ import annotations

from fractions import Fraction

import pytest

from quire.core.weighings import Weighing, WeighingWrong, Weight, check
from tests.core.test_shares import without_a_common_denominator


def head(name: str) -> Weighing:
    return Weighing(name, "attribution", "sha256:" + "0" * 64, "influence functions", "")


def rows(name: str, weights: list[Fraction]) -> list[Weight]:
    return [Weight(name, "", f"wrk_{place}", weight) for place, weight in enumerate(weights)]


def test_weights_that_nobody_could_bring_to_one_denominator_are_refused() -> None:
    with pytest.raises(WeighingWrong, match="of found have no common denominator of at most 1000 digits"):
        check([head("found")], rows("found", without_a_common_denominator(30)))


def test_each_weighing_has_a_denominator_of_its_own() -> None:
    parts = without_a_common_denominator(30)
    some = [*rows("first", parts[:20]), *rows("second", parts[20:])]
    check([head("first"), head("second")], some)


def test_what_contradicts_itself_is_refused() -> None:
    one = rows("found", [Fraction(1)])
    with pytest.raises(WeighingWrong, match="belongs to no weighing: found"):
        check([head("seats")], one)
    with pytest.raises(WeighingWrong, match="weighs wrk_0 twice"):
        check([head("found")], one * 2)
    with pytest.raises(WeighingWrong, match="stands there twice"):
        check([head("found")] * 2, one)
