"""What other rooms may ask about surveys."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from pathlib import Path
from uuid import UUID

from quire.core import canonical, survey
from quire.core.survey import Design, SurveyEvidence
from quire.society.kit import ids, tables
from quire.society.kit.nouns import one
from quire.society.surveys import models, reading
from quire.society.surveys.errors import WrongStage


@dataclass(frozen=True, slots=True)
class SurveyRow:
    """A survey as lists show it. ``seed`` is empty until the sample is drawn."""

    tid: str
    name: str
    stage: str
    starts: date
    ends: date
    measure: str
    method: str
    auxiliary: str
    currency: str
    size: int
    beacon: str
    commitment: str
    digest: str
    seed: str
    beacon_value: str
    estimates_digest: str


@dataclass(frozen=True, slots=True)
class UnitRow:
    """A unit: its stratum, whether it was drawn, and how many reports of it are there."""

    code: str
    stratum: str
    fee: int
    drawn: bool
    reports: int


def surveys() -> list[SurveyRow]:
    """Every survey, the latest first."""
    return [_row(found) for found in models.Survey.objects.order_by("-starts", "name")]


def survey_row(name: str) -> SurveyRow:
    """One survey by name. kit.nouns.Unknown where there is none."""
    return _row(find(name))


def find(name: str) -> models.Survey:
    """The survey of this name, for this room. kit.nouns.Unknown where there is none."""
    rows = models.Survey.objects.filter(name=name.replace("\0", ""))
    found: models.Survey = one(rows, f"There is no survey {name[:80]!r}: see quire surveys list.")
    return found


def _row(found: models.Survey) -> SurveyRow:
    return SurveyRow(
        found.tid,
        found.name,
        found.stage,
        found.starts,
        found.ends,
        found.measure,
        found.method,
        found.auxiliary,
        found.currency,
        found.size,
        found.beacon,
        survey.commitment(found.seed),
        found.digest,
        found.seed if found.drawn_at else "",
        found.beacon_value,
        found.estimates_digest,
    )


def units(name: str) -> list[UnitRow]:
    """The units of a survey, by stratum and code."""
    reports: dict[UUID, int] = defaultdict(int)
    for unit in models.Report.objects.filter(unit__survey__name=name).values_list("unit", flat=True):
        reports[unit] += 1
    drawn = set(models.Drawn.objects.filter(unit__survey__name=name).values_list("unit", flat=True))
    rows = find(name).units.select_related("stratum").order_by("stratum__place", "code")
    return [UnitRow(u.code, u.stratum.name, u.fee, u.id in drawn, reports[u.id]) for u in rows]


def design_of(name: str) -> Design:
    """The design as it would be, or was, published."""
    found = find(name)
    members: dict[UUID, list[survey.Unit]] = defaultdict(list)
    for unit in found.units.all():
        members[unit.stratum_id].append(survey.Unit(unit.code, unit.fee, unit.requests))
    return Design(
        name=found.name,
        starts=found.starts,
        ends=found.ends,
        strata=tuple(
            survey.Stratum(row.name, tuple(members[row.id]), row.take_all)
            for row in found.strata.order_by("place")
        ),
        size=found.size,
        commitment=survey.commitment(found.seed),
        currency=found.currency,
        measure=found.measure,
        method=found.method,
        auxiliary=found.auxiliary,
        beacon=found.beacon,
    )


def held(name: str) -> SurveyEvidence:
    """A survey whose sample is drawn, with the last report of each unit that has reported so far."""
    found = find(name)
    if not found.drawn_at:
        raise WrongStage(f"The sample of {found.name} is not drawn yet: quire surveys draw {found.name}.")
    reports: dict[str, dict[str, int]] = {}
    rows = models.Report.objects.filter(unit__survey=found).order_by("unit__code", "number")
    last = {unit: (report, code) for unit, report, code in rows.values_list("unit", "id", "unit__code")}
    by_report = {report: reports.setdefault(code, {}) for report, code in last.values()}
    lines = models.ReportLine.objects.filter(report__in=by_report).values_list(
        "report", "subject", "requests"
    )
    for report, subject, requests in lines.iterator(chunk_size=10_000):
        by_report[report][subject] = requests
    return SurveyEvidence(design_of(name), found.seed, reports, found.beacon_value)


def frozen(name: str) -> SurveyEvidence:
    """A closed survey, for freezing into a run. WrongStage where it is not closed."""
    found = find(name)
    if not found.closed_at:
        raise WrongStage(
            f"The survey {found.name} is {found.stage}, not closed: quire surveys close {found.name}."
        )
    return held(name)


def estimates_digest(evidence: SurveyEvidence) -> str:
    """The digest of a survey's estimates, as canonical JSON Lines in the order of their subjects."""
    found = map(survey.estimate_record, survey.estimates(evidence).values())
    return canonical.digest(b"".join(canonical.write_lines(found)))


@dataclass(frozen=True, slots=True)
class CensusRow:
    """A census on record: of which survey (by name), and the file that told it."""

    id: UUID
    survey: str
    file: str


def census(tid: str) -> CensusRow:
    """A census by its id. kit.nouns.Unknown where there is none."""
    rows = models.Census.objects.select_related("survey").filter(id=ids.read(models.Census.prefix, tid))
    found = one(rows, f"No census has the id {tid[:60]}.")
    return CensusRow(found.id, found.survey.name, found.file)


def census_of(name: str, path: Path) -> dict[str, Fraction]:
    """What every unit of a closed survey used, by subject, from a file like those of reports.

    Raises kit.nouns.Unknown, WrongStage where the survey is not closed, TableRefused for rows that cannot be
    read, SurveyWrong where a unit is missing.
    """
    design = frozen(name).design
    rows = tables.read(path, reading.COLUMNS, reading.COLUMNS)
    units = {unit.id for stratum in design.strata for unit in stratum.units}
    judge = reading.judge(units, reading.subjects(rows, design.ends), f"a unit of {name}")
    lines, _ = tables.judge(rows, judge, skip_refused=False)
    return survey.census(design, reading.reports(lines))


def reconcile(name: str, path: Path) -> list[survey.Difference]:
    """A closed survey's estimates beside a census. Raises what ``census_of`` does."""
    return survey.reconcile(survey.estimates(frozen(name)), census_of(name, path))
