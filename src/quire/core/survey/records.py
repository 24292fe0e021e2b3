"""A survey as flat records of a bundle, and back, every statement checked against the others.

A survey can have a hundred thousand units and a report millions of lines, so it is no single record: its
head, its units and its reports stand in files of their own. Whoever reads them draws the sample again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from quire.core.money import decimal_of, quanta_of
from quire.core.places import Places, Record
from quire.core.shares import share_text
from quire.core.survey.design import Design, Stratum, SurveyWrong, Unit, unit_record
from quire.core.survey.estimating import Estimate
from quire.core.survey.held import SurveyEvidence
from quire.core.survey.intervals import PLACES


@dataclass(frozen=True, slots=True)
class Head:
    """A design without its units, and what became of it: its digest, the seed, the beacon's value."""

    name: str
    told: Mapping[str, Any]
    digest: str
    seed: str
    beacon_value: str


@dataclass(frozen=True, slots=True)
class UnitRow:
    """A unit of a survey, and whether a report of it is there (an empty one has no lines of its own)."""

    survey: str
    stratum: str
    unit: Unit
    reported: bool


@dataclass(frozen=True, slots=True)
class ReportRow:
    """One line of a unit's report."""

    survey: str
    unit: str
    subject: str
    requests: int


def rows_of(survey: SurveyEvidence) -> tuple[Head, Iterator[UnitRow], Iterator[ReportRow]]:
    """The survey's values of each kind: units by stratum and id, lines by unit and subject."""
    design = survey.design
    head = Head(design.name, design.head(), design.digest, survey.seed, survey.beacon_value)
    units = (
        UnitRow(design.name, stratum.name, unit, unit.id in survey.reports)
        for stratum in design.strata
        for unit in stratum.units
    )
    lines = (
        ReportRow(design.name, unit, subject, survey.reports[unit][subject])
        for unit in survey.drawn
        if unit in survey.reports
        for subject in sorted(survey.reports[unit])
    )
    return head, units, lines


def gathered(
    heads: Iterable[Head], units: Iterable[UnitRow], reports: Iterable[ReportRow]
) -> dict[str, SurveyEvidence]:
    """The surveys that these values make up, by name. SurveyWrong where they contradict one another."""
    strata: dict[str, dict[str, list[Unit]]] = {}
    told: dict[str, dict[str, dict[str, int]]] = {}
    for row in units:
        strata.setdefault(row.survey, {}).setdefault(row.stratum, []).append(row.unit)
        if row.reported:
            told.setdefault(row.survey, {})[row.unit.id] = {}
    for line in reports:
        report = told.get(line.survey, {}).get(line.unit)
        if report is None:
            raise SurveyWrong(f"A line of {line.unit} in {line.survey} belongs to no report.")
        if line.subject in report:
            raise SurveyWrong(f"The report of {line.unit} in {line.survey} names {line.subject} twice.")
        report[line.subject] = line.requests
    found: dict[str, SurveyEvidence] = {}
    for head in heads:
        if head.name in found:
            raise SurveyWrong(f"The survey {head.name} stands there twice.")
        design = _design(head, strata.pop(head.name, {}))
        found[head.name] = SurveyEvidence(design, head.seed, told.pop(head.name, {}), head.beacon_value)
    if lost := sorted(strata):
        raise SurveyWrong(f"There are units of {lost[0]}, which is no survey here.")
    return found


def _design(head: Head, strata: Mapping[str, list[Unit]]) -> Design:
    told = head.told
    listed = {name: take == "all" for name, take in told["strata"]}
    if listed.keys() != strata.keys():
        raise SurveyWrong(f"The strata of {head.name} are not those of its units.")
    design = Design(
        name=head.name,
        starts=date.fromisoformat(told["from"]),
        ends=date.fromisoformat(told["until"]),
        strata=tuple(Stratum(name, tuple(strata[name]), take) for name, take in listed.items()),
        size=told["size"],
        **{
            name: told[name]
            for name in ("commitment", "currency", "measure", "method", "auxiliary", "beacon")
        },
    )
    if design.head() != dict(told):
        raise SurveyWrong(f"The head of {head.name} does not read as it is written.")
    if design.digest != head.digest:
        raise SurveyWrong(f"The design of {head.name} is not the one that was published before the sample.")
    return design


def write_head(head: Head) -> dict[str, Any]:
    """The record of a head."""
    return {**head.told, "digest": head.digest, "seed": head.seed, "beacon value": head.beacon_value}


def read_head(record: Record, places: Places | None = None) -> Head:
    """The head again. KeyError, TypeError or ValueError where the record is not one."""
    told = dict(record)
    digest, seed, value = (_text(told.pop(name), name) for name in ("digest", "seed", "beacon value"))
    for name in ("survey", "from", "until", "currency", "measure", "method", "auxiliary", "commitment"):
        _text(told[name], name)
    _text(told["beacon"], "beacon")
    for name in ("from", "until"):
        date.fromisoformat(told[name])
    _count(told["size"], "size")
    for name, take in told["strata"]:
        _text(name, "stratum")
        if take not in ("all", "sample"):
            raise ValueError(f"{take!r} is neither all nor sample")
    return Head(told["survey"], told, digest, seed, value)


def write_unit(row: UnitRow) -> dict[str, Any]:
    """The record of a unit."""
    return {**unit_record(row.survey, row.stratum, row.unit), "reported": row.reported}


def read_unit(record: Record, places: Places | None = None) -> UnitRow:
    """The unit again. KeyError, TypeError or ValueError where the record is not one."""
    requests = record.get("requests")
    if "requests" in record:
        _count(requests, "requests")
    if type(record["reported"]) is not bool:
        raise ValueError("reported is true or false")
    unit = Unit(_text(record["unit"], "unit"), quanta_of(record["fee"]), requests)
    made = UnitRow(
        _text(record["survey"], "survey"), _text(record["stratum"], "stratum"), unit, record["reported"]
    )
    if write_unit(made) != dict(record):
        raise ValueError("it does not read as it is written")
    return made


def write_report(row: ReportRow) -> dict[str, Any]:
    """The record of a line of a report."""
    return {"survey": row.survey, "unit": row.unit, "subject": row.subject, "requests": row.requests}


def read_report(record: Record, places: Places | None = None) -> ReportRow:
    """The line again. KeyError or ValueError where the record is not one.

    The subject need not be among the works of the run: a work that earns nothing in it still has its part of
    what the unit used.
    """
    made = ReportRow(
        _text(record["survey"], "survey"),
        _text(record["unit"], "unit"),
        _text(record["subject"], "subject"),
        _count(record["requests"], "requests"),
    )
    if write_report(made) != dict(record):
        raise ValueError("it has more in it than it should")
    return made


FACTS: tuple[tuple[Any, ...], ...] = (
    ("surveys.jsonl", "surveys", write_head, read_head, lambda head: head.name),
    ("survey-units.jsonl", "survey_units", write_unit, read_unit, None),
    ("survey-reports.jsonl", "survey_reports", write_report, read_report, None),
)
"""File, field of ``Evidence``, and the ways there and back: what ``extras.Extra`` takes."""


def estimate_record(one: Estimate) -> dict[str, Any]:
    """An estimate as it is shown: the total as a fraction, error and interval as decimals."""
    return {
        "subject": one.subject,
        "estimate": share_text(one.estimate),
        "se": decimal_of(int(one.se * PLACES)),
        "low": decimal_of(int(one.low * PLACES)),
        "high": decimal_of(int(one.high * PLACES)),
        "degrees": one.degrees,
        "seen": one.seen,
        "reported": one.reported,
        "sampled": one.sampled,
        "method": one.method,
        "proxied": one.proxied,
        "collapsed": one.collapsed,
        "bias at most": decimal_of(int(one.bias_bound * PLACES)),
    }


def _text(value: Any, name: str) -> str:
    if type(value) is not str:
        raise ValueError(f"{name} is a text")
    return value


def _count(value: Any, name: str) -> int:
    if type(value) is not int or value < 1:
        raise ValueError(f"{name} is a whole number, 1 or more")
    return value
