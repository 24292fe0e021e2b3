"""The weighings that a run's plan divides by: the newest of each name, and the works and sites they weigh."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from quire.core import weighings as core
from quire.core.plan import Plan
from quire.society.distribution.errors import NoWeighing
from quire.society.distribution.models import Weighing
from quire.society.kit import ids


@dataclass(slots=True)
class Weighed:
    """``facts`` are fields of ``Evidence``; what is weighed belongs to its subjects, used or not."""

    works: set[UUID] = field(default_factory=set)
    sites: set[UUID] = field(default_factory=set)
    facts: dict[str, tuple[Any, ...]] = field(default_factory=dict)


def of_plan(plan: Plan, licences: Collection[str]) -> Weighed:
    """Of every weighing that the plan names, the newest for all and for each of these licences (by TypeID).

    Raises ``NoWeighing`` where nobody has handed one in.
    """
    found, heads, weights = Weighed(), [], []
    for name in plan.weighings:
        newest = {
            one.licence.tid if one.licence else "": one
            for one in Weighing.objects.filter(name=name).select_related("licence").order_by("id")
        }
        if not newest:
            raise NoWeighing(
                f"The plan divides by “{name}”, which nobody has handed in: quire weighings import FILE "
                f"--name “{name}”."
            )
        for licence in sorted({"", *licences} & {*newest}):
            one = newest[licence]
            heads.append(core.Weighing(name, one.kind, one.digest, one.method, one.error, licence))
            for of, weight, low, high in one.rows.order_by("of").values_list("of", "weight", "low", "high"):
                weights.append(core.Weight(name, licence, of, weight, low, high))
                if of.startswith("wrk_"):
                    found.works.add(ids.read("wrk", of))
                elif of.startswith("sit_"):
                    found.sites.add(ids.read("sit", of))
    if heads:
        found.facts = {"weighings": tuple(heads), "weights": tuple(weights)}
    return found
