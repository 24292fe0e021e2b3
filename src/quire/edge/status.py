"""How an edge is, read from its folder (the edge may be running or not), and whether it could work at all.

Owns the sentences of ``quire edge status`` and ``quire edge check``. Changes nothing: no lane is taken.
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from quire.core import moments
from quire.core.errors import QuireError
from quire.core.urls import canonical_host
from quire.edge.config import BadConfig, EdgeConfig
from quire.edge.courier.documents import Documents
from quire.edge.courier.orphans import backlog
from quire.edge.courier.talk import Talk
from quire.edge.gate import Gate
from quire.edge.policy import unheard
from quire.edge.request import Request
from quire.edge.spool import lanes, segments
from quire.edge.spool.claim import read_mark
from quire.edge.spool.files import read_json

MOST_SKEW = 60.0
"""Seconds between our clock and the society's, above which something will be judged wrongly."""
MOST_SILENCE = 3600.0
"""Seconds without a word from the society, above which it is worth a look."""
NOTES = 20
"""Notes of a lane that are shown, the last ones."""


@dataclass(frozen=True, slots=True)
class LaneStatus:
    """One lane: ``waiting`` events are not delivered; ``told`` is what its process last wrote of itself."""

    lane: int
    spool: str
    waiting: int
    bytes: int
    runs: bool
    notes: tuple[str, ...]
    told: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Status:
    """Of the whole edge. ``wrong`` are sentences; none means that all is well."""

    edge: str
    hosts: tuple[str, ...]
    lanes: tuple[LaneStatus, ...]
    wrong: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "edge": self.edge,
            "hosts": list(self.hosts),
            "wrong": list(self.wrong),
            "lanes": [
                {**one.told, "lane": one.lane, "spool": one.spool, "waiting": one.waiting, "bytes": one.bytes,
                 "runs": one.runs, "notes": list(one.notes)}
                for one in self.lanes
            ],
        }  # fmt: skip

    def lines(self) -> list[str]:
        """For people."""
        found = [f"Edge {self.edge} of {', '.join(self.hosts)}: {len(self.lanes)} lanes."]
        for one in self.lanes:
            found += _lane_lines(one)
        return [*found, *(f"Wrong: {sentence}" for sentence in self.wrong)] + (
            [] if self.wrong else ["All is well."]
        )


def read(config: EdgeConfig, now: float) -> Status:
    """What the folder says at ``now`` (seconds since 1970). Raises SpoolBroken."""
    found = tuple(_lane(config.spool / f"lane-{number}", number) for number in lanes(config.spool))
    wrong = [sentence for one in found for sentence in _wrong(one, now)]
    heard = max((float(one.told.get("heard") or 0.0) for one in found), default=0.0)
    if not found:
        wrong.append("The edge has never run with this configuration.")
    elif now - heard > MOST_SILENCE:
        wrong.append(f"The society was last heard of {_ago(now - heard) if heard else 'never'}.")
    return Status(config.edge, config.hosts, found, tuple(wrong))


def check(config: EdgeConfig, url: str | None, agent: str) -> dict[str, Any]:
    """Ask the society for the policy and say what would become of a request. Problems are sentences."""
    problems: list[str] = []
    talk = Talk(config)
    documents = Documents(config, talk, keeps=False)
    before = documents.heard
    for refresh in (documents.refresh_policy, documents.refresh_keys, documents.refresh_lists):
        try:
            refresh()
        except QuireError as problem:
            problems.append(str(problem))
    talk.close()
    if config.spool.exists() and not os.access(config.spool, os.W_OK):
        problems.append(f"The spool {config.spool} cannot be written to.")
    if talk.skew is not None and abs(talk.skew) > MOST_SKEW:
        problems.append(f"This machine's clock is {talk.skew:+.0f} s from the society's: set it.")
    site = documents.site
    return {
        "edge": config.edge,
        "hosts": list(config.hosts),
        "society": config.society,
        "reached": documents.heard > before,
        "skew": talk.skew,
        "policy": None if site is None else {
            "issued": moments.write(site.issued),
            "expires": moments.write(site.expires),
            "site": site.site,
            "hosts": list(site.hosts),
        },
        "decision": None if url is None else _decision(config, documents, url, agent),
        "problems": problems,
    }  # fmt: skip


def _decision(config: EdgeConfig, documents: Documents, url: str, agent: str) -> dict[str, Any]:
    state = documents.state() or unheard(config.society, config.server, config.hosts)
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadConfig(f"“{url[:200]}” is no URL: write it like https://{config.hosts[0]}/page.")
    host = canonical_host(parts.netloc)
    if host not in state.site.hosts:
        raise BadConfig(f"{host} is no host of this site: its hosts are {', '.join(state.site.hosts)}.")
    request = Request("GET", host, parts.path or "/", {"user-agent": agent}, time.time(), query=parts.query)
    decision = Gate(state).decide(request)
    terms = state.site.rule_for(decision.path)
    if decision.passes:
        sentence = "free to everybody" if decision.outcome == "free" else "passes like a person"
        sentence = "let in" if decision.outcome == "admitted" else sentence
    else:
        sentence = f"{decision.status} {json.loads(decision.body)['detail']}"
    return {
        "url": url,
        "agent": agent,
        "recognised": decision.agent,
        "outcome": decision.outcome,
        "status": decision.status,
        "code": decision.code,
        "pattern": terms.pattern,
        "permits": list(terms.permits),
        "sentence": sentence,
    }


def _lane(folder: Path, number: int) -> LaneStatus:
    mark = read_mark(folder)
    told = read_json(folder / "status.json") or {}
    return LaneStatus(
        lane=number,
        spool=mark.spool if mark is not None else "",
        waiting=backlog(folder),
        bytes=segments.total_bytes(folder),
        runs=_runs(told.get("pid")),
        notes=_notes(folder / "notes.jsonl"),
        told=told,
    )


def _wrong(one: LaneStatus, now: float) -> list[str]:
    told, name = one.told, f"Lane {one.lane}"
    found = [f"{name}: {note}" for note in one.notes]
    if told.get("alarm"):
        found.append(f"{name}: {told['alarm']}")
    if told.get("full"):
        found.append(f"{name} is full: licensed crawlers are told to come back later.")
    if told.get("failures", 0) > 2:
        found.append(f"{name}: {told['failures']} deliveries failed one after another.")
    found += [f"{name}, {what}: {problem}" for what, problem in dict(told.get("problems") or {}).items()]
    if one.waiting and not one.runs:
        found.append(f"{name} has {one.waiting} events that nobody delivers: the edge does not run.")
    skew = told.get("skew")
    if skew is not None and abs(float(skew)) > MOST_SKEW:
        found.append(f"{name}: this machine's clock is {float(skew):+.0f} s from the society's.")
    policy = told.get("policy")
    if policy and datetime.fromisoformat(policy["expires"]) < datetime.fromtimestamp(now, UTC):
        found.append(f"{name}: the policy expired on {policy['expires'][:10]}; it is used all the same.")
    return found


def _lane_lines(one: LaneStatus) -> list[str]:
    told = one.told
    state = "runs" if one.runs else "does not run"
    last, gaps = told.get("delivered") or "never", told.get("gaps", 0)
    found = [
        f"Lane {one.lane} ({one.spool[:8]}, {state}): {one.waiting} events to deliver, {one.bytes} bytes.",
        f"  Last delivery {last}, {gaps} gaps.",
    ]
    if policy := told.get("policy"):
        found.append(f"  Policy of {policy['issued']}, until {policy['expires']}; {len(told['keys'])} keys.")
    for iss, listed in dict(told.get("revocations") or {}).items():
        found.append(f"  Revocations of {iss}: number {listed['serial']}, {listed['count']} entries.")
    if told.get("skew") is not None:
        found.append(f"  Our clock is {float(told['skew']):+.1f} s from the society's.")
    return found


def _runs(pid: object) -> bool:
    if type(pid) is not int or pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _notes(path: Path) -> tuple[str, ...]:
    try:
        rows = path.read_text(encoding="utf-8").splitlines()[-NOTES:]
    except OSError:
        return ()
    found = []
    for row in rows:
        try:
            told = json.loads(row)
            found.append(f"{told['t'][:16]} {told['sentence']}")
        except (ValueError, KeyError, TypeError):
            continue
    return tuple(found)


def _ago(seconds: float) -> str:
    return f"{seconds / 3600:.0f} hours ago" if seconds < 48 * 3600 else f"{seconds / 86400:.0f} days ago"
