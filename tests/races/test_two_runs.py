"""Two at once, many times: opening a period, working a run, approving it, paying. Real processes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import another_house
from tests.races import run_society
from tests.races.forks import Forks, Shelf

pytestmark = pytest.mark.more

OPENINGS, WORKINGS, APPROVALS, PAYMENTS = 40, 10, 10, 30


@dataclass(frozen=True)
class Scene:
    """The society in the states that the races begin from."""

    shelf: Shelf
    server: Forks
    run: str

    def copy(self, state: str, name: str) -> tuple[str, Path]:
        return self.shelf.copy(self.shelf.database(state), self.shelf.home(state), name)


@pytest.fixture(scope="module")
def scene(postgres: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    from django.db import connections

    folder = tmp_path_factory.mktemp("two")
    shelf = Shelf(postgres, folder)
    with (
        pytest.MonkeyPatch.context() as patch,
        another_house(postgres, folder / "built", patch) as house,
    ):
        patch.setenv("QUIRE_TODAY", "2026-02-10")
        run = run_society.build(folder / "built", works=150)
        connections.close_all()
        server = Forks({**house.env, "QUIRE_TODAY": "2026-02-10"}, "tests.races.run_society")
        database, home = house.env["DATABASE_URL"].rpartition("?")[0].rpartition("/")[2], house.home
        for state in ("open", "reviewed", "closed"):
            database, home = shelf.copy(database, home, state)
            server.do(database, home, "until", run, state)
        yield Scene(shelf, server, run)
        server.close()
        shelf.clear()


def sentences(told: list[dict[str, Any]]) -> list[str]:
    return [one["error"] for one in told if "error" in one]


def winners(told: list[dict[str, Any]]) -> list[str]:
    return [one["value"] for one in told if "value" in one]


def test_a_period_opened_by_two_at_once_is_one_run_and_the_other_says_which(scene: Scene) -> None:
    where = scene.copy("open", "opening")
    scene.server.do(*where, "cancel", scene.run)
    opened = set()
    for _ in range(OPENINGS):
        told = scene.server.race(*where, ["open_run", "2026-01"], ["open_run", "2026-01"])
        [run] = winners(told)
        assert sentences(told) == [f"All receipts of 2026-01 are already in the run {run}, which is open."], (
            "the loser says where the receipts are"
        )
        opened.add(run)
        scene.server.do(*where, "cancel", run)
    assert len(opened) == OPENINGS
    facts = scene.server.do(*where, "tell", run)
    assert (facts["rows"][0], facts["audit"]) == (0, [])
    assert facts["acts"].count("distribution.open") == OPENINGS + 1


def test_a_run_worked_on_by_two_at_once_is_worked_once(scene: Scene) -> None:
    losers: Counter[str] = Counter()
    results = []
    for number in range(WORKINGS):
        where = scene.copy("open", f"working_{number}")
        told = scene.server.race(*where, *[["work", scene.run]] * 3)
        assert "reviewed" in winners(told)
        losers.update(sentences(told))
        facts = scene.server.do(*where, "tell", scene.run)
        assert facts["acts"].count("distribution.freeze") == facts["acts"].count("distribution.allocate") == 1
        assert facts["audit"] == []
        results.append([facts["run"], facts["lines"], facts["files"]])
        scene.shelf.drop(f"working_{number}")
    assert set(losers) == {
        f"The run {scene.run} is being worked on by another process; wait until it is done."
    }
    assert losers.total() >= WORKINGS  # that the others came late every time would be no race
    assert all(one == results[0] for one in results)


def test_a_run_approved_by_two_at_once_is_approved_once(scene: Scene) -> None:
    where = scene.copy("reviewed", "roles")
    scene.server.do(*where, "grant", "second", "approver")
    for number in range(APPROVALS):
        database, home = scene.shelf.copy(*where, f"approving_{number}")
        told = scene.server.race(
            database, home, ["approve_as", scene.run, "approver"], ["approve_as", scene.run, "second"]
        )
        assert len(winners(told)) == 1
        assert sentences(told) == [f"The run {scene.run} is approved; a reviewed run is approved."]
        facts = scene.server.do(database, home, "tell", scene.run)
        assert facts["acts"].count("distribution.approve") == 1
        assert scene.server.do(database, home, "work", scene.run) == "closed"
        assert scene.server.do(database, home, "tell", scene.run)["audit"] == []
        scene.shelf.drop(f"approving_{number}")


def test_approval_and_cancellation_at_once_one_of_them_is(scene: Scene) -> None:
    seen: Counter[str] = Counter()
    for number in range(APPROVALS):
        name = f"either_{number}"
        where = scene.copy("reviewed", name)
        told = scene.server.race(*where, ["approve", scene.run], ["cancel", scene.run])
        assert (len(winners(told)), len(sentences(told))) == (1, 1)
        facts = scene.server.do(*where, "tell", scene.run)
        assert facts["audit"] == []
        assert facts["run"][0] in {"approved", "cancelled"}
        assert (facts["rows"][0] == 2) == (facts["run"][0] == "approved")
        seen[facts["run"][0]] += 1
        scene.shelf.drop(name)
    assert seen.total() == APPROVALS


def test_two_payment_batches_at_once_pay_everybody_once(scene: Scene) -> None:
    where = scene.copy("closed", "paying")
    batches = set()
    for number in range(PAYMENTS):
        if number:
            scene.server.do(*where, "credit", f"again-{number}")
        told = scene.server.race(*where, ["pay", "EUR"], ["pay", "EUR"])
        [batch] = winners(told)
        [sentence] = sentences(told)
        assert sentence.startswith("Nobody can be paid in EUR now; ")
        batches.add(batch)
    assert len(batches) == PAYMENTS
    facts = scene.server.do(*where, "tell", scene.run)
    # What was credited beside any run is in no line, which is all that the audit has to say.
    assert all("was credited" in one for one in facts["audit"])
    sums = scene.server.do(*where, "paid")
    assert sums["paid"] + sums["left"] == sums["credited"]
