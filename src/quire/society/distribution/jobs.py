"""What of distributions takes longer than a page waits. Each may be killed and done again from the start."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from quire.core.money import decimal_of
from quire.core.replay import Comparison, Group
from quire.society.distribution import actions, queries, replay
from quire.society.distribution import what_if as what_if_
from quire.society.kit import config, jobs, papers, periods
from quire.society.parties import queries as parties

MOST = 10
"""Of those who gain most by a plan, and of those who lose most, so many are kept with their names."""


@jobs.kind("distribution.run")
def run(running: jobs.Running, *, by: Any, run: str, address: str = "") -> Mapping[str, Any]:
    """Take a run as far as it goes without a person."""
    found = actions.work(queries.find(run), by=by, tell=_told(running), count=running.count)
    told = {"reviewed": "A second person approves it now.", "closed": "It is published."}
    return {"address": address, "sentence": told.get(found.state, "")}


@jobs.kind("distribution.approve")
def approve(running: jobs.Running, *, by: Any, run: str, address: str = "") -> Mapping[str, Any]:
    """Approve a run, unless that was done before this job was begun again; then post and publish it."""
    found = queries.find(run)
    if found.state == "reviewed":
        actions.approve(found, by=by)
    actions.work(found, by=by, tell=_told(running), count=running.count)
    return {"address": address, "sentence": "It is posted and published."}


@jobs.kind("distribution.forecast")
def forecast(
    running: jobs.Running, *, by: Any, period: str, plan: str, key: str, address: str = ""
) -> Mapping[str, Any]:
    """What a run of a period would give; its review is kept under ``key``."""
    running.say("Dividing, without keeping anything of it.")
    found = actions.forecast(period=periods.parse(period), by=by, plan=plan)
    _keep("forecasts", key, {"period": str(found.period), "plan": found.plan, "review": found.review})
    return {"address": address}


@jobs.kind("distribution.replay")
def replayed(
    running: jobs.Running, *, by: Any, text: str, against: str, key: str, address: str = ""
) -> Mapping[str, Any]:
    """What a plan would have given in closed runs; what came of it is kept under ``key``."""
    parties.may_write(by)
    running.say("Dividing closed runs by the plan that is proposed.")
    told = replay.replay(text, against=against, progress=lambda done, of: running.count(done, of, "runs"))
    names = {tid: one.name for tid, one in told.names.items()}
    _keep("replays", key, {
        "plan": told.plan.name, "text": text, "sentences": list(told.plan.sentences()),
        "runs": [{"run": one.tid, "period": str(one.period), "plan": one.plan} for one in told.runs],
        "notices": list(told.notices),
        "currencies": [_compared(one, names) for one in told.comparisons],
    })  # fmt: skip
    return {"address": address}


@jobs.kind("distribution.what-if")
def what_if(
    running: jobs.Running, *, by: Any, member: str, use: str, licensee: str, key: str, address: str = ""
) -> Mapping[str, Any]:
    """What a member would have had of the last closed runs by a yes, and by a no; kept under ``key``."""
    found: dict[str, Any] = {}
    for name, yes in (("yes", True), ("no", False)):
        running.say(f"Dividing closed runs as if the answer had been {name}.")
        told = what_if_.what_if(
            member=member, use=use, licensee=licensee, yes=yes, against="LAST-12",
            progress=lambda done, of: running.count(done, of, "runs"),
        )  # fmt: skip
        found[name] = [
            {"currency": had.currency, "had": had.decimal(), "would": would.decimal()}
            for had, would in told.sums
        ]
        found["periods"] = [str(one.period) for one in told.runs]
    _keep("what-ifs", key, found)
    return {"address": address}


def kept(kind: str, name: str) -> dict[str, Any] | None:
    """What a forecast ("forecasts"), a replay ("replays") or another answer ("what-ifs") came to; None while
    it is not there."""
    place = config.private(kind) / f"{name}.json"
    found: dict[str, Any] | None = json.loads(place.read_bytes()) if place.is_file() else None
    return found


def _keep(kind: str, name: str, told: Mapping[str, Any]) -> None:
    papers.put(config.private(kind), {f"{name}.json": json.dumps(told).encode()})


def _told(running: jobs.Running) -> Any:
    """Each stage begins its own count."""

    def tell(doing: str) -> None:
        running.note(done=0, whole=0, unit="")
        running.say(f"{doing[:1].upper()}{doing[1:]}.")

    return tell


def _compared(one: Comparison, names: Mapping[str, str]) -> dict[str, Any]:
    ordered = sorted(one.rows, key=lambda row: row.difference)
    most = [row for row in reversed(ordered) if row.difference > 0][:MOST]
    least = [row for row in ordered if row.difference < 0][:MOST]
    return {
        "currency": one.currency, "all": _group(one.all), "tenths": [_group(group) for group in one.tenths],
        "before": [_group(group) for group in one.before], "after": [_group(group) for group in one.after],
        "outcomes": {name: list(map(decimal_of, both)) for name, both in one.outcomes.items()},
        "changes": [
            {"party": row.party, "name": names.get(row.party, row.party), "had": decimal_of(row.had),
             "would": decimal_of(row.would)} for row in (*most, *reversed(least))
        ],
    }  # fmt: skip


def _group(one: Group) -> dict[str, Any]:
    return {
        "name": one.name, "people": one.people, "had": decimal_of(one.had), "would": decimal_of(one.would),
        "gain": one.gain, "gained": decimal_of(one.gained), "lose": one.lose, "lost": decimal_of(one.lost),
    }  # fmt: skip
