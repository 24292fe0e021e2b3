"""Counts by hour instead of lines, as a network's dashboard exports them: what was answered, no people."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date, timedelta

from generator.catalogue import YEAR
from generator.lines import EPOCH
from generator.tally import Bill, Visit
from generator.visits import Fetch, Scene

PATHS_SINCE = date(YEAR, 3, 10)
"""From this day the counts tell the path; the rows before have one cell less, and are of the whole site."""

HEAD = "timestamp,bot_name,request_count,host,path"
Meant = Callable[[Fetch], tuple[str, Bill | None]]
Key = tuple[int, str, str]
"""Hour since 1970, the dashboard's name for the agent, path (empty: the whole site)."""


def hourly_counts(scene: Scene, fetches: Iterable[Fetch], last: date, meant: Meant) -> list[Visit]:
    """The rows of a file: the head, a count for each hour, agent and path, and last what is wrong in it.

    ``meant`` says under which heading a fetch stands; ``last`` is the last day of the file.
    """
    counts: Counter[Key] = Counter()
    examples: dict[Key, Fetch] = {}
    for fetch in fetches:
        if fetch.kind == "not_answered":
            continue
        if (EPOCH + timedelta(seconds=fetch.second)).date() < PATHS_SINCE:
            fetch = _of_the_site(fetch, scene)
        key = (fetch.second // 3600, fetch.crawler.label, fetch.target.partition("?")[0])
        counts[key] += 1
        examples[key] = fetch
    rows = [_row(HEAD, "structure", 0)]
    for key in sorted(counts):
        heading, bill = meant(examples[key])
        rows.append(_row(_cells(*key, counts[key], scene.place.host), heading, counts[key], bill))
    known = sorted(key for key, fetch in examples.items() if fetch.kind == "answered" and key[2])
    return rows + _unreadable(scene.place.host, last) + _conflicting(scene.place.host, known)


def _of_the_site(fetch: Fetch, scene: Scene) -> Fetch:
    """The same fetch where nobody noted what it was for."""
    tier = scene.site.tier if scene.site else "standard"
    return fetch._replace(kind="answered", target="", work="", member=scene.place.member, tier=tier)


def _unreadable(host: str, day: date) -> list[Visit]:
    """An agent nobody knows, a formula for a path, a time that is none, a count below nought."""
    hour = (day - EPOCH.date()).days * 24
    return [
        _row(_cells(hour, "Sandpiper-Unheard-Of", "/about", 3, host), "unreadable", 3),
        _row(_cells(hour, "GPTBot", "=cmd()", 2, host), "unreadable", 2),
        _row(f"yesterday,GPTBot,4,{host},/about", "unreadable", 4),
        _row(_cells(hour, "GPTBot", "/about", -1, host), "unreadable", 0),
    ]


def _conflicting(host: str, known: list[Key]) -> list[Visit]:
    """Rows told again with another count, and counts of the whole site for hours that have counts by path."""
    found = []
    for hour, label, path in known[:: max(1, len(known) // 5)][:5]:
        found.append(_row(_cells(hour, label, path, 7, host), "conflicting", 7))
        found.append(_row(_cells(hour, label, "", 9, host), "conflicting", 9))
    return found


def _row(text: str, heading: str, requests: int, bill: Bill | None = None) -> Visit:
    return Visit(0, text.encode(), heading, requests, bill)


def _cells(hour: int, label: str, path: str, count: int, host: str) -> str:
    window = " - ".join(f"{EPOCH + timedelta(hours=at):%Y-%m-%dT%H:%M:%SZ}" for at in (hour, hour + 1))
    sheet = io.StringIO()
    csv.writer(sheet, lineterminator="").writerow([window, label, count, host, *([path] if path else [])])
    return sheet.getvalue()
