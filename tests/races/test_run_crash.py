"""kill −9 inside every stage of a run, go on, and nothing tells that it ever happened. Real processes."""

from __future__ import annotations

import queue
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest

from tests.conftest import another_house
from tests.races import run_society
from tests.races.forks import Forks, Shelf

pytestmark = pytest.mark.more

KILLS, AT_ONCE = 20, 2
MOST = 4 * KILLS
"""Attempts that a stage may need: one whose kill came after the stage's end does not count."""

STAGES = {
    "freezing what the pots depend on": "open",
    "dividing the pots": "frozen",
    "summing up for review": "allocated",
    "posting to the ledger": "approved",
    "signing and publishing the bundle": "posted",
}
"""What a run says as each stage begins, and the state in which it begins."""


@dataclass(frozen=True)
class Scene:
    """The society before each stage, how long each takes undisturbed, and what comes of it."""

    shelf: Shelf
    servers: queue.Queue[Forks]
    run: str
    seconds: dict[str, float]
    expected: dict[str, Any]

    def trial(self, saying: str, number: int) -> bool:
        """Kill it inside the stage, finish, compare; False where the stage was over too soon."""
        dice = random.Random(f"{saying} {number}")
        before = STAGES[saying]
        name = f"{before}_{number}"
        server = self.servers.get()
        try:
            database, home = self.shelf.copy(self.shelf.database(before), self.shelf.home(before), name)
            after = dice.uniform(0, self.seconds[saying])
            inside = server.kill(database, home, "work", self.run, saying=saying, after=after)
            if inside and dice.random() < 0.25:
                after = dice.uniform(0, self.seconds[saying])
                server.kill(database, home, "work", self.run, saying=saying, after=after)
            if inside:
                assert server.do(database, home, "finish", self.run) == "closed"
                told = server.do(database, home, "tell", self.run)
                for part, value in self.expected.items():
                    assert told[part] == value, f"{saying}, trial {number}: {part}"
            self.shelf.drop(name)
        finally:
            self.servers.put(server)
        return inside


@pytest.fixture(scope="module")
def scene(postgres: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    from django.db import connections

    folder = tmp_path_factory.mktemp("runs")
    servers: queue.Queue[Forks] = queue.Queue()
    shelf = Shelf(postgres, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("QUIRE_TODAY", "2026-02-10")
        with another_house(postgres, folder / "built", patch) as house:
            run = run_society.build(folder / "built")
            connections.close_all()
            for _ in range(AT_ONCE):
                servers.put(Forks(dict(house.env), "tests.races.run_society"))
            yield _walked(shelf, servers, run, house)
            while not servers.empty():
                servers.get().close()
            shelf.clear()


def _walked(shelf: Shelf, servers: queue.Queue[Forks], run: str, house: Any) -> Scene:
    """A copy of the society before every stage; then one whole run that nobody disturbs."""
    server = servers.get()
    database, home = house.env["DATABASE_URL"].rpartition("?")[0].rpartition("/")[2], house.home
    for state in STAGES.values():
        database, home = shelf.copy(database, home, state)
        server.do(database, home, "until", run, state)
    whole = shelf.copy(shelf.database("open"), shelf.home("open"), "whole")
    seconds = server.stages(*whole, "finish", run)
    expected = server.do(*whole, "tell", run)
    servers.put(server)
    assert expected["run"][0] == "closed"
    assert expected["audit"] == []
    return Scene(shelf, servers, run, seconds, expected)


def test_the_run_that_nobody_disturbs_has_every_kind_of_line(scene: Scene) -> None:
    """What the others are compared with: some thousand lines, two pots, held and released ones."""
    assert list(scene.seconds) == list(STAGES)
    assert scene.expected["lines"][0] > 2000
    assert [kind for _, _, kind, *_ in scene.expected["ledger"]] == [
        "receipt", "receipt", "distribution", "distribution", "release",
    ]  # fmt: skip
    assert scene.expected["rows"][1] > 500
    published = [path for path in scene.expected["files"] if path.startswith("published/bundles/")]
    assert len([path for path in published if "/lines-000" in path]) > 2
    assert len(scene.expected["acts"]) == len(set(scene.expected["acts"])) + 1  # two holds were placed


@pytest.mark.parametrize("saying", STAGES)
def test_killed_inside_a_stage_and_taken_up_again_the_run_is_the_same_byte_for_byte(
    scene: Scene, saying: str, record_property: Any
) -> None:
    landed = attempts = 0
    with ThreadPoolExecutor(AT_ONCE) as pool:
        while landed < KILLS:
            wanted = range(attempts, attempts + KILLS - landed)
            attempts = wanted.stop
            assert attempts <= MOST, f"only {landed} of {attempts} kills came while it was {saying}"
            landed += sum(pool.map(lambda number: scene.trial(saying, number), wanted))
    record_property("landed", landed)
    record_property("attempts", attempts)
    print(f"{saying}: {landed} of {attempts} kills inside {scene.seconds[saying]:.3f} s")
