"""How far a run is: a part at once, and a remaining time only when the pace of the work is known."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from quire.core import manifest
from quire.society.distribution.progress import Teller, heard, remaining, sentence
from tests.rooms.distribution_desk import Desk, built, desk, january

__all__ = ["built", "desk", "january"]


@pytest.mark.parametrize(
    ("done", "of", "seconds", "left"),
    [
        (0, 100, 60, None),
        (1, 100, 60, None),
        (50, 100, 1, None),
        (50, 100, 60, 60),
        (25, 100, 60, 180),
        (100, 100, 60, None),
        (0, 0, 60, None),
    ],
)
def test_nothing_is_said_before_it_is_known(done: int, of: int, seconds: int, left: int | None) -> None:
    assert remaining(done, of, seconds) == left


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (2, "50 %, about 2 seconds left"),
        (89, "50 %, about 89 seconds left"),
        (90, "50 %, about 2 minutes left"),
        (5399, "50 %, about 90 minutes left"),
        (7200, "50 %, about 2 hours left"),
    ],
)
def test_in_words(seconds: int, said: str) -> None:
    assert sentence(5, 10, seconds) == said
    assert sentence(0, 0, seconds) == "100 %"


def test_a_teller_says_each_stage_and_then_now_and_then_how_far_it_is() -> None:
    """A stage that copies what it has made counts anew: the pace of the one says nothing of the other."""
    said: list[str] = []
    clock = [0]
    told = Teller(said.append, every=10, now=lambda: clock[0])
    told.stage("dividing the pots")
    for second in range(1, 41):
        clock[0] = second
        told.count(min(second, 20) * 50, 1000, "rows") if second <= 20 else told.count(second, 100, "lines")
    assert said == [
        "dividing the pots …",
        "dividing the pots: rows 47 %, about 10 seconds left",
        "dividing the pots: rows 100 %",
        "dividing the pots: lines 11 %, about 70 seconds left",
        "dividing the pots: lines 24 %, about 60 seconds left",
    ]


def test_work_that_is_heard_of_in_bits_is_told_as_a_whole() -> None:
    told: list[tuple[int, int, str]] = []
    more = heard(lambda *one: told.append(one), 10, "bytes")
    for size in (3, 4, 5):  # a bundle's own two files come on top of what was known
        more(size)
    assert told == [(3, 10, "bytes"), (7, 10, "bytes"), (10, 10, "bytes")]


@pytest.fixture
def parts() -> Iterator[None]:
    """Long files are those of more than a kilobyte."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest, "PART", 1 << 10)
        yield


def test_every_long_stage_tells_how_far_it_is_and_comes_to_its_end(january: Desk, parts: None) -> None:
    from quire.society import audit
    from quire.society.distribution import actions, queries

    doing: list[str] = []
    told: dict[tuple[str, str], list[tuple[int, int]]] = {}

    def count(done: int, of: int, unit: str) -> None:
        told.setdefault((doing[-1], unit), []).append((done, of))

    run = actions.work(january.opened(), by=january.preparer, tell=doing.append, count=count)
    actions.approve(run, by=january.approver)
    actions.work(run, by=january.preparer, tell=doing.append, count=count)
    freezing, dividing, _, _, publishing = doing
    assert [told_of for told_of in told if told_of[0] in (freezing, publishing)] == [
        (freezing, "pots"),
        (freezing, "rows"),
        (publishing, "bytes hashed"),
        (publishing, "bytes of the folder"),
        (publishing, "bytes of the zip"),
    ]
    assert (dividing, "rows") in told
    for (stage, unit), steps in told.items():
        assert steps == sorted(steps), (stage, unit)
        assert len({of for _, of in steps}) == 1
        if unit != "pots":  # the last is begun, and told when it is there
            assert steps[-1][0] == steps[-1][1], (stage, unit)
    published = sorted(path.name for path in queries.row(run).bundle.iterdir())
    assert {"lines-0001.jsonl", "lines-0002.jsonl"} < {*published}
    assert audit.findings() == []
