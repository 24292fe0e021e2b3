"""Edges: what stands in front of members' sites, and what it sends."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from quire.cli import frame
from quire.cli.frame import By, Json

_Edge = Annotated[str, typer.Argument(metavar="EDGE", help="An edge's id, from quire edges list.")]


def register(app: typer.Typer) -> None:
    """The commands of edges, on the society's side."""
    group = typer.Typer(help="Edges: registered, heard, and their events counted.", no_args_is_help=True)
    for verb, function in (
        ("register", edges_register),
        ("list", edges_list),
        ("show", edges_show),
        ("revoke", edges_revoke),
        ("compact", edges_compact),
    ):
        frame.command(group, verb)(function)
    app.add_typer(group, name="edges")


def edges_register(
    site: Annotated[str, typer.Argument(help="The site's code.")],
    name: Annotated[str, typer.Option(help="What to call the edge.")] = "edge",
    folder: Annotated[Path, typer.Option(help="Where its two files go.")] = Path(),
    by: By = "",
    as_json: Json = False,
) -> None:
    """Register an edge of a site: writes quire-edge.toml and its key, which is kept nowhere else."""
    from quire.core.errors import Conflict
    from quire.society.usage import actions
    from quire.society.usage.actions.edges import CONFIGURATION, KEY

    for file in (CONFIGURATION, KEY):
        if (folder / file).exists():
            raise Conflict(f"{folder / file} is there already: choose another --folder.")
    folder.mkdir(parents=True, exist_ok=True)
    made = actions.register_edge(site=site, name=name, by=frame.acting(by))
    _write(folder / KEY, frame.json.dumps(made.private_jwk, indent=1) + "\n", 0o600)
    _write(folder / CONFIGURATION, made.configuration, 0o644)
    frame.say(
        {"edge": made.tid, "site": made.site, "hosts": made.hosts,
         "configuration": str(folder / CONFIGURATION), "key": str(folder / KEY)},
        [f"{made.tid} stands in front of {made.site}.",
         f"{folder / CONFIGURATION} and {folder / KEY} go to the site's machine, side by side.",
         "The key is a secret, and there is no copy of it."],
        as_json=as_json,
    )  # fmt: skip


def edges_list(as_json: Json = False) -> None:
    """Every edge: when it was last heard, how far it came, and what is wrong with it."""
    from quire.society.usage import queries

    found = queries.edges()
    columns = ("edge", "name", "site", "last heard", "events", "waiting", "state")
    rows = [
        (one.tid, one.name, one.site, _moment(one.heard), sum(s.through for s in one.spools),
         sum(s.waiting for s in one.spools), _state(one))
        for one in found
    ]  # fmt: skip
    frame.say(
        [_plain(one) for one in found],
        frame.table("", columns, rows, right=("events", "waiting")),
        as_json=as_json,
    )


def edges_show(edge: _Edge, as_json: Json = False) -> None:
    """One edge: its spools, and everything that a person should look at."""
    from quire.society.kit.nouns import Unknown
    from quire.society.usage import queries

    found = queries.edges(edge)
    if not found:
        raise Unknown(f"No edge has the id {edge}; quire edges list shows them.")
    one = found[0]
    lines = [f"{one.name} ({one.tid}), in front of {one.host}, registered {_moment(one.registered)}."]
    if one.revoked:
        lines.append(f"Revoked {_moment(one.revoked)}: {one.revoked_reason}")
    lines += [
        f"Lane {s.lane}, spool {s.spool[:8]}: {s.through:,} events here, {s.compacted:,} counted; last heard "
        f"{_moment(s.heard)}; asked {frame.many(s.gaps, 'time')} for a gap, {s.replays:,} came again."
        for s in one.spools
    ]
    lines += one.alarms() or (["All is well."] if one.heard else ["It has not been heard yet."])
    frame.say(_plain(one), lines, as_json=as_json)


def edges_revoke(
    edge: _Edge,
    reason: Annotated[str, typer.Option(help="Why, for the record.")],
    by: By = "",
    as_json: Json = False,
) -> None:
    """Take nothing more from an edge; what it sent stays."""
    from quire.society.usage import actions

    fresh = actions.revoke_edge(edge, reason=reason, by=frame.acting(by))
    said = f"{edge} is revoked." if fresh else f"{edge} was revoked before; nothing changed."
    frame.say({"edge": edge, "fresh": fresh}, [said], as_json=as_json)


def edges_compact(
    every: Annotated[
        int, typer.Option(help="Stay, and do it again this many seconds after it is done.", min=0)
    ] = 0,
    as_json: Json = False,
) -> None:
    """Count what edges sent. Safe at any time; as a service, --every 10 beside quire serve."""
    from quire.cli import rounds
    from quire.society.usage import actions

    if every:
        rounds.run(every, lambda over: _say_compacted(actions.compact(over=over), as_json, quiet=True))
    else:
        _say_compacted(actions.compact(), as_json)


def _say_compacted(result: Any, as_json: bool, quiet: bool = False) -> None:
    """``quiet`` says nothing of nothing."""
    if quiet and not result.events:
        return
    parts = ", ".join(f"{tally.lines:,} {name}" for name, tally in sorted(result.tallies.items()))
    frame.say(
        {
            "events": result.events,
            "headings": {name: [tally.lines, tally.requests] for name, tally in result.tallies.items()},
        },
        [f"{frame.many(result.events, 'event')} counted{': ' + parts if parts else ''}."],
        as_json=as_json,
    )


def usage_forget(
    before: Annotated[str, typer.Option(help="A date; at least thirty days ago.")],
    by: By = "",
    dry_run: frame.DryRun = False,
    as_json: Json = False,
) -> None:
    """Delete what agents asked for and was not usage, before a date; what counts stays."""
    from quire.cli.house import day
    from quire.society.usage import actions

    done = actions.forget(before=day(before), by=frame.acting(by), dry_run=dry_run)
    files, segments = frame.many(done.files, "file"), frame.many(done.segments, "segment")
    verb = "would be forgotten" if dry_run else "forgotten"
    frame.say(
        {"files": done.files, "rows": done.rows, "segments": done.segments},
        [f"{done.rows:,} visits in {files} {verb}, and {segments} of batches."],
        as_json=as_json,
    )  # fmt: skip


def _write(path: Path, text: str, mode: int) -> None:
    with open(path, "x", opener=lambda name, flags: os.open(name, flags, mode)) as file:
        file.write(text)


def _moment(moment: Any) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else "never"


def _state(edge: Any) -> str:
    if edge.revoked:
        return "revoked"
    return frame.many(len(edge.alarms()), "alarm") if edge.alarms() else "well"


def _plain(edge: Any) -> dict[str, Any]:
    from dataclasses import asdict

    return {**asdict(edge), "silent": edge.silent and edge.silent.total_seconds(), "alarms": edge.alarms()}
