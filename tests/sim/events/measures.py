"""Surveys, and weights from files: what plans may divide by beside counts."""

from __future__ import annotations

from datetime import timedelta

from tests.sim.events.income import quarter
from tests.sim.world import World, event


@event(1, lambda world: len(world.model.works) > 5)
def survey(world: World) -> str:
    """A survey of last quarter: drafted, published, drawn, reported by most, closed."""
    from quire.society.surveys import actions

    name = f"survey-{world.number('survey')}"
    period, _, _ = quarter(quarter(world.day)[1] - timedelta(1))
    rows = [f"big-{n},big,{world.rng.randint(500, 900)}.00,all\n" for n in range(2)]
    rows += [f"firm-{n},firms,{world.rng.randint(20, 90)}.00,\n" for n in range(world.rng.randint(6, 20))]
    units = world.file(f"{name}.csv", "unit,stratum,fee,take\n" + "".join(rows))
    actions.draft(units, name=name, period=period, size=8, by=world.preparer)
    actions.publish(name=name, by=world.preparer)
    drawn = sorted(actions.draw(name=name, by=world.preparer))
    told = []
    for unit in drawn:
        for url in world.some(sorted(world.model.works), 4):
            told.append(f"{unit},{url},{world.rng.randint(1, 50)}\n")
    missing = drawn[-1] if len(drawn) > 6 else ""
    told = [row for row in told if not row.startswith(f"{missing},")]
    reports = world.file(f"{name}-reports.csv", "unit,work,requests\n" + "".join(told))
    actions.import_reports(reports, name=name, by=world.preparer)
    actions.close(name=name, by=world.preparer)
    world.notes.setdefault("surveys", []).append(name)
    return f"{name} of {period}, {len(drawn)} units"


@event(2, lambda world: len(world.model.works) > 5)
def weighing(world: World) -> str:
    """An attribution comes in, or a newer one of the same name."""
    from quire.society.distribution import actions
    from quire.society.kit import ids, tables
    from quire.society.repertoire import queries

    name = world.pick(["model", "study"])
    rows = []
    for url in world.some(sorted(world.model.works), 9):
        weight = world.rng.randint(1, 900)
        bounds = f"{weight // 2}/7,{weight + 3}/7" if world.chance(0.5) else ","
        rows.append(f"{ids.show('wrk', queries.work_id(url))},{weight}/7,{bounds}\n")
    if world.chance(0.5):
        rows.append(f"{world.pick(sorted(world.model.members))},12,,\n")
    path = world.file(f"weights-{world.number('weights')}.csv", "of,weight,low,high\n" + "".join(rows))
    actions.import_weighing(
        name=name, kind="attribution", rows=tables.read(path, ("of", "weight", "low", "high"), ("of",)),
        data=path.read_bytes(), method="An experiment", by=world.preparer,
    )  # fmt: skip
    known = world.notes.setdefault("weighings", [])
    if name not in known:
        known.append(name)
    return f"{name}, {len(rows)} rows"
