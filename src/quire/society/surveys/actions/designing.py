"""A design is drafted, published with a commitment to its seed, and drawn."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from pathlib import Path

from django.db import transaction

from quire.core import survey
from quire.core.errors import Invalid
from quire.core.money import quanta_of
from quire.core.survey import Design, Stratum, Unit
from quire.society.kit import acts, clock, locks, periods, tables
from quire.society.parties import queries as parties
from quire.society.parties.models import Party, User
from quire.society.surveys import models, queries
from quire.society.surveys.errors import BadSurvey, WrongStage

COLUMNS = ("unit", "stratum", "fee", "requests", "take", "licensee")
LOCK = "surveys"

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class _Row:
    unit: Unit
    stratum: str
    take_all: bool
    licensee: Party | None


def draft(
    path: Path,
    *,
    name: str,
    period: str,
    size: int,
    currency: str = "EUR",
    measure: str = "requests",
    method: str = "ratio",
    auxiliary: str = "fee",
    beacon: str = "",
    by: User | None,
) -> models.Survey:
    """Draft a survey from a CSV or JSON file with COLUMNS; a draft of that name is drafted anew.

    A row is a unit with its fee for the period in major units; ``take`` is "all" in every row of a stratum
    that is asked whole; ``requests``, where known, is all that the unit requested. Strata stand in the order
    in which the file first names them, and neighbours should be alike. A new seed is made each time.

    Refuses: a name that is none, a period that is none, rows that cannot be read, a design that cannot be
    (core.survey), and (WrongStage) a name that is published already.
    """
    parties.may_write(by)
    if not _NAME.fullmatch(name):
        raise BadSurvey(
            f"{name[:70]!r} is no name of a survey; write small letters, digits, dots and dashes."
        )
    span = periods.parse(period)
    rows, _ = tables.judge(tables.read(Path(path), COLUMNS, COLUMNS[:3]), _unit, skip_refused=False)
    seed = secrets.token_hex(32)
    design = Design(
        name=name,
        starts=span.starts,
        ends=span.ends,
        strata=_strata(rows),
        size=size,
        commitment=survey.commitment(seed),
        currency=currency,
        measure=measure,
        method=method,
        auxiliary=auxiliary,
        beacon=beacon,
    )
    with transaction.atomic():
        locks.wait(LOCK)
        before = models.Survey.objects.filter(name=name).first()
        if before and before.published_at:
            raise WrongStage(f"The survey {name} is {before.stage}; what is published does not change.")
        if before:
            before.delete()
        made = _write(design, seed, rows)
        acts.record("surveys.draft", made, by=by, name=name, units=len(rows), size=size)
    return made


def _unit(row: tables.Row) -> _Row:
    take = row.get("take", "sample")
    if take not in ("all", "sample"):
        raise BadSurvey(f"take is {take[:20]!r}; it is all, or sample.")
    requests = row.get("requests")
    if requests and not re.fullmatch(r"[1-9][0-9]{0,15}", requests):
        raise BadSurvey(f"requests is {requests[:30]!r}; write a whole number, 1 or more.")
    try:
        fee = quanta_of(row.need("fee"))
    except Invalid as problem:
        raise BadSurvey(f"fee: {problem.sentence}") from problem
    unit = Unit(row.need("unit"), fee, int(requests) if requests else None)
    licensee = parties.party(row.get("licensee")) if row.get("licensee") else None
    return _Row(unit, row.need("stratum"), take == "all", licensee)


def _strata(rows: list[_Row]) -> tuple[Stratum, ...]:
    units: dict[str, list[Unit]] = {}
    takes: dict[str, bool] = {}
    for row in rows:
        units.setdefault(row.stratum, []).append(row.unit)
        if takes.setdefault(row.stratum, row.take_all) != row.take_all:
            raise BadSurvey(f"The stratum {row.stratum} is taken whole in some rows and not in others.")
    return tuple(Stratum(name, tuple(several), takes[name]) for name, several in units.items())


def _write(design: Design, seed: str, rows: list[_Row]) -> models.Survey:
    made: models.Survey = models.Survey.objects.create(
        name=design.name,
        starts=design.starts,
        ends=design.ends,
        currency=design.currency,
        measure=design.measure,
        method=design.method,
        auxiliary=design.auxiliary,
        size=design.size,
        beacon=design.beacon,
        seed=seed,
        drafted_at=clock.now(),
    )
    strata = {
        one.name: models.Stratum(survey=made, name=one.name, place=place, take_all=one.take_all)
        for place, one in enumerate(design.strata)
    }
    models.Stratum.objects.bulk_create(strata.values())
    models.Unit.objects.bulk_create(
        models.Unit(
            survey=made,
            stratum=strata[row.stratum],
            code=row.unit.id,
            licensee=row.licensee,
            fee=row.unit.fee,
            requests=row.unit.requests,
        )
        for row in rows
    )
    return made


def publish(*, name: str, by: User | None) -> models.Survey:
    """Publish the design's digest and the commitment to its seed; from now on neither changes.

    Refuses: an unknown survey, one that is not a draft.
    """
    parties.may_write(by)
    with transaction.atomic():
        locks.wait(LOCK)
        found = at_stage(name, "drafted")
        design = queries.design_of(name)
        found.digest, found.published_at = design.digest, clock.now()
        found.save()
        acts.record("surveys.publish", found, by=by, digest=design.digest, commitment=design.commitment)
    return found


def draw(*, name: str, beacon_value: str = "", by: User | None) -> list[str]:
    """Draw the sample of a published design, and say the seed. The units that are asked, by stratum and code.

    ``beacon_value`` is what the beacon named in the design came to. Refuses: an unknown survey, one that is
    not published or is drawn already, a beacon's value where none is named, or none where one is.
    """
    parties.may_write(by)
    with transaction.atomic():
        locks.wait(LOCK)
        found = at_stage(name, "published")
        drawn = list(survey.draw(queries.design_of(name), found.seed, beacon_value))
        units = {unit.code: unit for unit in found.units.all()}
        models.Drawn.objects.bulk_create(models.Drawn(unit=units[code]) for code in drawn)
        found.beacon_value, found.drawn_at = beacon_value, clock.now()
        found.save()
        acts.record("surveys.draw", found, by=by, seed=found.seed, beacon=beacon_value, units=len(drawn))
    return drawn


def at_stage(name: str, stage: str) -> models.Survey:
    """The survey of this name, which is at this stage. WrongStage where it is at another."""
    found = queries.find(name)
    if found.stage != stage:
        raise WrongStage(f"The survey {name} is {found.stage}; this is done when it is {stage}.")
    return found
