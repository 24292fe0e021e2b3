"""A society lives for years at random, and nothing that must hold is ever broken.

``make sim SEED=7 YEARS=10`` lives one life and tells it; ``make sim YEARS=1000`` a hundred of ten years.
Seeds that once failed are in ``seeds.txt``: each is lived again by ``make test-more``, and so is a hundred
years of others.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import House
from tests.races.forks import Forks
from tests.sim.society import live
from tests.sim.world import EVENTS, Killer

pytestmark = pytest.mark.sim

LIFE, HERE = 10, 5
"""Years of one life by ``make sim``, and by ``make test-more``."""
SEEDS = [int(line.split()[0]) for line in (Path(__file__).parent / "seeds.txt").read_text().splitlines()
         if line and not line.startswith("#")]  # fmt: skip


def wanted() -> list[tuple[int, int]]:
    """(seed, years) of each life: those asked for, or the hundred years and what once failed."""
    seed, years = os.environ.get("SEED", ""), int(os.environ.get("YEARS", "0"))
    if seed:
        return [(int(seed), years or LIFE)]
    if years:
        first = int(os.environ.get("FIRST", "1000"))
        return [(first + place, min(LIFE, years)) for place in range(-(-years // LIFE))]
    return [(one, HERE) for one in dict.fromkeys([*range(1, 21), *SEEDS])]


@pytest.fixture(scope="module")
def servers(postgres: dict[str, str]) -> Iterator[list[Forks]]:
    """The process whose children work on runs and are killed; started for the first life."""
    started: list[Forks] = []
    yield started
    for server in started:
        server.close()


@pytest.fixture
def killer(servers: list[Forks], house: House) -> Killer:
    """Has another process do something in which it dies (``desk``); whether it did, and had not ended."""
    if not servers:
        servers.append(Forks(dict(house.env), "tests.sim.desk"))
    database = house.env["DATABASE_URL"].rpartition("?")[0].rpartition("/")[2]

    def kill(*words: Any) -> bool:
        [told] = servers[0].ask(database=database, home=str(house.home), do=[list(words)])
        return bool(told.get("error") == "it died")

    return kill


@pytest.mark.parametrize(("seed", "years"), wanted())
def test_a_life(
    seed: int,
    years: int,
    house: House,
    people: dict[str, Any],
    tmp_path: Path,
    killer: Killer,
    record_property: Any,
) -> None:
    story = live(seed, years, tmp_path, people, killer)
    record_property("done", dict(story.done))
    record_property("refused", dict(story.refused))
    if os.environ.get("SEED"):
        print("\n".join(story.log))
    print(f"seed {seed}, {years} years: {sum(story.done.values())} events, "
          f"{sum(story.refused.values())} refusals")  # fmt: skip
    never = {one.name for one in EVENTS} - set(story.done)
    print(f"  never: {', '.join(sorted(never)) or 'none'}; refused: {dict(story.refused)}")
    # A story in which nothing happens holds everything.
    assert years < HERE or len(never) <= 8
