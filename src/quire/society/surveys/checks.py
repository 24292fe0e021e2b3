"""What must always be true of surveys."""

from __future__ import annotations

from collections.abc import Iterator

from quire.core import survey
from quire.core.errors import QuireError
from quire.society.surveys import models, queries


def published_designs_are_as_published() -> Iterator[str]:
    """A published survey has the design whose digest was published."""
    for row in models.Survey.objects.exclude(published_at=None).order_by("name"):
        try:
            digest = queries.design_of(row.name).digest
        except QuireError as problem:
            yield f"The survey {row.name} has no design any more: {problem.sentence}"
            continue
        if digest != row.digest:
            yield f"The design of the survey {row.name} is not the one that was published ({row.digest})."


def samples_are_those_of_their_seeds() -> Iterator[str]:
    """The units on record as drawn are those that seed and design give."""
    for row in models.Survey.objects.exclude(drawn_at=None).order_by("name"):
        there = set(models.Drawn.objects.filter(unit__survey=row).values_list("unit__code", flat=True))
        try:
            wanted = set(survey.draw(queries.design_of(row.name), row.seed, row.beacon_value))
        except QuireError as problem:
            yield f"The sample of the survey {row.name} cannot be drawn again: {problem.sentence}"
            continue
        if wanted != there:
            strange = sorted(wanted ^ there)[:5]
            yield f"The sample of {row.name} is not the one that its seed gives: see {', '.join(strange)}."


def closed_surveys_recompute() -> Iterator[str]:
    """A closed survey gives the estimates again that it was closed with."""
    for row in models.Survey.objects.exclude(closed_at=None).order_by("name"):
        try:
            digest = queries.estimates_digest(queries.frozen(row.name))
        except QuireError as problem:
            yield f"The survey {row.name} cannot be estimated again: {problem.sentence}"
            continue
        if digest != row.estimates_digest:
            yield f"The survey {row.name}, estimated again, is not what it was closed with."


CHECKS = [published_designs_are_as_published, samples_are_those_of_their_seeds, closed_surveys_recompute]
