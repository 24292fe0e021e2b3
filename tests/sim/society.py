"""Years of a society, from a seed: days go by, what is due happens, and something at random each few days."""

from __future__ import annotations

import os
import random
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from tests.sim import events, invariants
from tests.sim.events import income, money
from tests.sim.world import EVENTS, Killer, World

__all__ = ["Broken", "Story", "live"]

FIRST = date(2026, 1, 1)
LAST_WORDS = 40
assert events.__all__


@dataclass(frozen=True, slots=True)
class Story:
    """What happened: the log, how often each event did, and which refusals there were."""

    log: list[str]
    done: Counter[str]
    refused: Counter[str]


class Broken(AssertionError):
    """Something that must hold does not. Says the seed and the last steps."""


def live(
    seed: int,
    years: int,
    folder: Path,
    people: dict[str, Any],
    killer: Killer | None = None,
) -> Story:
    """Found a society in the database that is set, and let it live. Raises Broken."""
    world = World(random.Random(seed), folder, people["preparer"], people["approver"], FIRST, killer)
    said = os.environ.get("QUIRE_TODAY")
    try:
        _found(world)
        for year in range(FIRST.year, FIRST.year + years):
            _year(world, year)
    except Exception as problem:
        last = "\n".join(world.log[-LAST_WORDS:])
        raise Broken(
            f"seed {seed}, {world.day}: {type(problem).__name__}: {problem}\n{last}\n"
            f"Once more: make sim SEED={seed} YEARS={years}"
        ) from problem
    finally:
        os.environ.pop("QUIRE_TODAY", None)
        if said is not None:
            os.environ["QUIRE_TODAY"] = said
    return Story(world.log, world.done, world.refused)


def _found(world: World) -> None:
    from quire.society.membership import actions as membership
    from quire.society.parties import actions

    world.turn(FIRST)
    world.notes["founded"] = FIRST
    actions.found_society(
        name="A Society", form="association", currency="EUR", town="Vienna", country="AT",
        iban="AT611904300234573201", bic="BKAUATWWXXX", minimum_payout={"EUR": "10.00", "JPY": "1500"},
        by=world.preparer,
    )  # fmt: skip
    membership.adopt_default_criteria(by=world.preparer)
    by_name = {one.name: one for one in EVENTS}
    for name, times in (("join", 6), ("new_lab", 2), ("new_work", 10), ("assembly", 1)):
        for _ in range(times):
            world.happen(name, by_name[name].do, crashable=False)


def _year(world: World, year: int) -> None:
    """The year's days; fixed dates first, then what is due, then one event at random."""
    if year > FIRST.year:
        world.happen("new year", income.new_year, crashable=True)
    for month in range(1, 13):
        last = money.day_of(year, month)
        while world.day < last:
            world.turn(min(last, world.day + timedelta(world.rng.randint(1, 11))))
            _step(world)
        world.happen("rates", money.rates, crashable=True)
        world.turn(last + timedelta(1))
        if month % 3 == 0:
            world.happen("quarter ends", income.quarter_ends, crashable=False)
    invariants.each_year(world)


def _step(world: World) -> None:
    while world.due and world.due[0][0] <= world.day:
        _, _, name, do = world.due.pop(0)
        world.happen(name, do, crashable=True)
        invariants.after_step(world)
    able = [one for one in EVENTS if one.when(world)]
    chosen = world.rng.choices(able, [one.weight for one in able])[0]
    world.happen(chosen.name, chosen.do, crashable=chosen.crashable)
    invariants.after_step(world)
