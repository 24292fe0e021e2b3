"""Units of the sample report what they used; then the survey is closed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import transaction

from quire.core import canonical, survey
from quire.core.shares import share_text
from quire.society.kit import acts, clock, locks, tables
from quire.society.kit.tables import Taken
from quire.society.parties import queries as parties
from quire.society.parties.models import User
from quire.society.surveys import models, queries, reading
from quire.society.surveys.actions.designing import LOCK, at_stage
from quire.society.surveys.reading import COLUMNS


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
        subjects = reading.subjects(rows, found.ends)
        judge = reading.judge(drawn, subjects, "in the sample; only those that were drawn report")
        lines, taken = tables.judge(rows, judge, skip_refused=skip_refused)
        reports = reading.reports(lines)
        account = Reported(taken.taken, taken.refused)
        before = queries.held(name).reports
        for unit, report in reports.items():
            place = "unchanged" if before.get(unit) == report else "replaced" if unit in before else "added"
            getattr(account, place).append(unit)
            if place != "unchanged":
                _record(drawn[unit], report, Path(path).name, digest, account)
        account.missing = [unit for unit in drawn if unit not in before.keys() | reports.keys()]
        acts.record(
            "surveys.report", found, by=by, file=Path(path).name, digest=digest, added=len(account.added),
            replaced=len(account.replaced),
        )  # fmt: skip
    return account


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


def record_census(path: Path, *, name: str, by: User | None) -> models.Census:
    """Keep what every unit of a closed survey used, from a file like those of reports. The same file again is
    no news. Raises parties.ReadsOnly, and what ``queries.census_of`` does."""
    parties.may_write(by)
    counted = queries.census_of(name, Path(path))
    digest = canonical.digest(Path(path).read_bytes())
    with transaction.atomic():
        locks.wait(LOCK)
        made, fresh = models.Census.objects.get_or_create(
            survey=queries.find(name),
            digest=digest,
            defaults={
                "file": Path(path).name[:255],
                "at": clock.now(),
                "counted": {subject: share_text(weight) for subject, weight in counted.items()},
            },
        )
        if fresh:
            acts.record("surveys.census", made, by=by, survey=name, file=made.file, digest=digest)
    return made
