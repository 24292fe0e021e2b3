"""The surveys that a run's plan divides by: their records, and the works and sites they saw."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from quire.core import survey
from quire.core.plan import Plan
from quire.society.kit import ids
from quire.society.surveys import queries


@dataclass(slots=True)
class Surveyed:
    """``facts`` are fields of ``Evidence``; what surveys saw belongs to its subjects, used or not."""

    works: set[UUID] = field(default_factory=set)
    sites: set[UUID] = field(default_factory=set)
    facts: dict[str, tuple[Any, ...]] = field(default_factory=dict)


def of_plan(plan: Plan) -> Surveyed:
    """Every survey that the plan names. Raises kit.nouns.Unknown, and WrongStage where one is not closed."""
    found, heads, units, reports = Surveyed(), [], [], []
    for name in plan.surveys:
        held = queries.frozen(name)
        head, members, lines = survey.rows_of(held)
        heads.append(head)
        units.extend(members)
        reports.extend(lines)
        for subject in {subject for report in held.reports.values() for subject in report}:
            if subject.startswith("wrk_"):
                found.works.add(ids.read("wrk", subject))
            elif subject.startswith("sit_"):
                found.sites.add(ids.read("sit", subject))
    if heads:
        found.facts = {
            "surveys": tuple(heads), "survey_units": tuple(units), "survey_reports": tuple(reports),
        }  # fmt: skip
    return found
