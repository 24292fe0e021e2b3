"""Units of the sample report what they used; then the survey is closed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.db import transaction

from quire.core import canonical, survey
from quire.society.kit import acts, clock, ids, locks, tables
from quire.society.kit.tables import Taken
from quire.society.parties import queries as parties
from quire.society.parties.models import User
from quire.society.repertoire import queries as repertoire
from quire.society.surveys import models, queries
from quire.society.surveys.actions.designing import LOCK, at_stage
from quire.society.surveys.errors import BadSurvey

COLUMNS = ("unit", "work", "requests")
NOTHING = "nothing"
"""In place of a work: the unit reports that it used none."""

_COUNT = re.compile(r"[1-9][0-9]{0,14}")


@dataclass(slots=True)
class Reported(Taken):
    """What came of a file: units whose report is new, takes the place of another, or stands already."""

    added: list[str] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """The same for a program; ``missing`` are units that were asked and have not reported yet."""
        several = {name: getattr(self, name) for name in ("added", "replaced", "unchanged", "missing")}
        return {**Taken.as_json(self), **several}


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    unit: str
    subject: str
    requests: int


def import_reports(path: Path, *, name: str, by: User | None, skip_refused: bool = False) -> Reported:
    """Record the reports in a CSV or JSON file with COLUMNS: a row for each unit and work.

    A unit's rows are its whole report: they take the place of an earlier one. A row with "nothing" in place
    of the work says that a unit used none. A work is a URL or an identifier; one on record counts for the
    work, one under a site's patterns for the site, any other is kept as ``other:`` and its address, as it
    shares in what the unit used. Several rows of one unit that come to the same work or site are added up.

    Refuses: an unknown survey, one that is not drawn or is closed, and rows (all, unless ``skip_refused``)
    of a unit that was not drawn, of a work that cannot be read, or without a whole number of requests.
    """
    parties.may_write(by)
    rows = tables.read(Path(path), COLUMNS, COLUMNS)
    digest = canonical.digest(Path(path).read_bytes())
    with transaction.atomic():
        locks.wait(LOCK)
        found = at_stage(name, "drawn")
        drawn = {one.unit.code: one.unit for one in models.Drawn.objects.filter(
            unit__survey=found).select_related("unit")}  # fmt: skip
        subjects = _subjects(rows, found)
        lines, taken = tables.judge(rows, _judge(drawn, subjects), skip_refused=skip_refused)
        account = Reported(taken.taken, taken.refused)
        before = queries.held(name).reports
        for unit, report in _reports(lines).items():
            place = "unchanged" if before.get(unit) == report else "replaced" if unit in before else "added"
            getattr(account, place).append(unit)
            if place != "unchanged":
                _record(drawn[unit], report, Path(path).name, digest, account)
        account.missing = [unit for unit in drawn if unit not in before.keys() | _reports(lines).keys()]
        acts.record(
            "surveys.report", found, by=by, file=Path(path).name, digest=digest, added=len(account.added),
            replaced=len(account.replaced),
        )  # fmt: skip
    return account


def _subjects(rows: Sequence[tables.Row], found: models.Survey) -> dict[str, str]:
    """What each work named in the rows counts for; ``!`` and a sentence for one that cannot be read."""
    names = sorted({work for row in rows if (work := row.get("work")) and work != NOTHING})
    places = repertoire.Places(found.ends - timedelta(days=1)).find(names)
    works = repertoire.work_ids(place.key for place in places if place.found == "work")
    subjects = {}
    for name, place in zip(names, places, strict=True):
        if place.found == "work":
            subjects[name] = ids.show("wrk", works[place.key])
        elif place.found == "site" and place.spot is not None:
            subjects[name] = ids.show("sit", place.spot.id)
        else:
            subjects[name] = f"!{place.problem}" if place.problem else f"other:{place.key}"
    return subjects


def _judge(drawn: Mapping[str, models.Unit], subjects: Mapping[str, str]) -> Any:
    def judge(row: tables.Row) -> _Line:
        unit, work, requests = row.need("unit"), row.need("work"), row.get("requests")
        if unit not in drawn:
            raise BadSurvey(f"The unit {unit[:80]} is not in the sample; only those that were drawn report.")
        if work == NOTHING:
            if requests not in ("", "0"):
                raise BadSurvey(f"{unit[:80]} used nothing, and requested it {requests[:20]} times.")
            return _Line(row.line, unit, "", 0)
        if subjects[work].startswith("!"):
            raise BadSurvey(subjects[work][1:])
        if not _COUNT.fullmatch(requests):
            raise BadSurvey(f"requests is {requests[:30]!r}; write a whole number, 1 or more.")
        return _Line(row.line, unit, subjects[work], int(requests))

    return judge


def _reports(lines: Sequence[_Line]) -> dict[str, dict[str, int]]:
    reports: dict[str, dict[str, int]] = {}
    for line in lines:
        report = reports.setdefault(line.unit, {})
        if line.subject:
            report[line.subject] = report.get(line.subject, 0) + line.requests
    return reports


def _record(unit: models.Unit, report: Mapping[str, int], file: str, digest: str, account: Taken) -> None:
    made = models.Report.objects.create(
        unit=unit,
        number=unit.reports.count() + 1,
        file=file[:255],
        digest=digest,
        at=clock.now(),
        refused=[[line, why] for line, why in account.refused],
    )
    models.ReportLine.objects.bulk_create(
        (
            models.ReportLine(report=made, subject=subject, requests=n)
            for subject, n in sorted(report.items())
        ),
        batch_size=5000,
    )


def close(*, name: str, by: User | None) -> dict[str, survey.Estimate]:
    """End the survey with what was reported; the estimates, by subject.

    Refuses: an unknown survey, one that is not drawn or is closed, fewer than two reports (TooFewReports).
    """
    parties.may_write(by)
    with transaction.atomic():
        locks.wait(LOCK)
        found = at_stage(name, "drawn")
        evidence = queries.held(name)
        estimates = survey.estimates(evidence)
        found.estimates_digest, found.closed_at = queries.estimates_digest(evidence), clock.now()
        found.save()
        acts.record(
            "surveys.close", found, by=by, estimates=len(estimates), digest=found.estimates_digest,
            missing=list(evidence.missing),
        )  # fmt: skip
    return estimates
