"""What units say they used, read from a table: of a sample, or of all units when the census comes."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from quire.society.kit import ids, tables
from quire.society.repertoire import queries as repertoire
from quire.society.surveys.errors import BadSurvey

COLUMNS = ("unit", "work", "requests")
NOTHING = "nothing"
"""In place of a work: the unit reports that it used none."""

_COUNT = re.compile(r"[1-9][0-9]{0,14}")


@dataclass(frozen=True, slots=True)
class Line:
    """A row: requests of one subject by one unit, or, without a subject, that it used nothing."""

    number: int
    unit: str
    subject: str
    requests: int


def subjects(rows: Sequence[tables.Row], ends: date) -> dict[str, str]:
    """What each work named in the rows counts for on the last day before ``ends``: the id of a work or site,
    ``other:`` and its address, or ``!`` and a sentence for one that cannot be read."""
    names = sorted({work for row in rows if (work := row.get("work")) and work != NOTHING})
    places = repertoire.Places(ends - timedelta(days=1)).find(names)
    works = repertoire.work_ids(place.key for place in places if place.found == "work")
    found = {}
    for name, place in zip(names, places, strict=True):
        if place.found == "work":
            found[name] = ids.show("wrk", works[place.key])
        elif place.found == "site" and place.spot is not None:
            found[name] = ids.show("sit", place.spot.id)
        else:
            found[name] = f"!{place.problem}" if place.problem else f"other:{place.key}"
    return found


def judge(units: Container[str], named: Mapping[str, str], where: str) -> Callable[[tables.Row], Line]:
    """Reads a row of one of these units; ``named`` are its ``subjects``. BadSurvey for a unit that is not
    ``where`` it should be, a work that cannot be read, or no whole number of requests."""

    def line(row: tables.Row) -> Line:
        unit, work, requests = row.need("unit"), row.need("work"), row.get("requests")
        if unit not in units:
            raise BadSurvey(f"The unit {unit[:80]} is not {where}.")
        if work == NOTHING:
            if requests not in ("", "0"):
                raise BadSurvey(f"{unit[:80]} used nothing, and requested it {requests[:20]} times.")
            return Line(row.line, unit, "", 0)
        if named[work].startswith("!"):
            raise BadSurvey(named[work][1:])
        if not _COUNT.fullmatch(requests):
            raise BadSurvey(f"requests is {requests[:30]!r}; write a whole number, 1 or more.")
        return Line(row.line, unit, named[work], int(requests))

    return line


def reports(lines: Sequence[Line]) -> dict[str, dict[str, int]]:
    """The report of each unit: requests by subject, added up."""
    found: dict[str, dict[str, int]] = {}
    for line in lines:
        report = found.setdefault(line.unit, {})
        if line.subject:
            report[line.subject] = report.get(line.subject, 0) + line.requests
    return found
