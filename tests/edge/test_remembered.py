"""A bounded memory, beside one without bounds."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from quire.edge.remembered import Remembered


@given(st.integers(1, 5), st.lists(st.tuples(st.booleans(), st.integers(0, 12)), max_size=80))
@settings(max_examples=200)
def test_it_never_remembers_wrongly_and_never_too_much(most: int, steps: list[tuple[bool, int]]) -> None:
    mine: Remembered[int, int] = Remembered(most)
    everything: dict[int, int] = {}
    for at, (put, key) in enumerate(steps):
        if put:
            mine.put(key, at + 1)
            everything[key] = at + 1
            assert mine.get(key) == at + 1
        else:
            assert mine.get(key) in (None, everything.get(key))
        assert len(mine) <= 2 * most


def test_what_is_in_use_stays() -> None:
    mine: Remembered[int, str] = Remembered(10)
    mine.put(0, "in use")
    for number in range(1, 1000):
        mine.put(number, "once")
        assert mine.get(0) == "in use"
