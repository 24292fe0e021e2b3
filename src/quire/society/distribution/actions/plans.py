"""Adopt a plan: its exact text, from a date, by a decision."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import transaction

from quire.core.errors import Conflict, Invalid
from quire.core.plan import Plan
from quire.society.distribution import fitting
from quire.society.distribution.models import PlanVersion
from quire.society.kit import acts
from quire.society.parties import queries as parties


def adopt_plan(*, text: str, starts: date, decision: str, by: Any, by_name: bool = False) -> PlanVersion:
    """Put a plan in force from ``starts``. The same text from the same date again changes nothing.

    With ``by_name`` it is for runs that name it (a lump sum's, a licence's that a survey divides); the plan
    that is in force for the others stays.

    ``decision`` names who decided and when ("General assembly, 12 March 2026").
    Raises parties.ReadsOnly, ``PlanWrong``, Invalid without a decision, ``PlanUnfit`` where it could not
    divide what a licence brings in from then on, Conflict where it is on record the other way.
    """
    parties.may_write(by)
    plan = Plan.parse(text)
    if not decision.strip():
        raise Invalid('Say which decision adopted the plan: --decision "Members\' meeting of …".')
    if not by_name:
        fitting.must_fit(plan, fitting.in_force_from(starts))
    with transaction.atomic():
        found, fresh = PlanVersion.objects.get_or_create(
            digest=plan.digest,
            starts=starts,
            defaults={
                "name": plan.name,
                "text": text,
                "decision": decision.strip()[:200],
                "by_name": by_name,
            },
        )
        if found.by_name != by_name:
            raise Conflict(
                f"This plan is on record from {starts} as "
                f"{'one for runs that name it' if found.by_name else 'the one in force'}; "
                "adopt it from another day to change that."
            )
        if fresh:
            acts.record("distribution.adopt-plan", found, by=by, plan=plan.name, decision=decision)
    return found
