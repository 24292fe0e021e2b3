"""Adopt a plan: its exact text, from a date, by a decision."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import transaction

from quire.core.errors import Invalid
from quire.core.plan import Plan
from quire.society.distribution.models import PlanVersion
from quire.society.kit import acts
from quire.society.parties import queries as parties


def adopt_plan(*, text: str, starts: date, decision: str, by: Any) -> PlanVersion:
    """Put a plan in force from ``starts``. The same text from the same date again changes nothing.

    ``decision`` names who decided and when ("General assembly, 12 March 2026").
    Raises parties.ReadsOnly, ``PlanWrong``, Invalid without a decision.
    """
    parties.may_write(by)
    plan = Plan.parse(text)
    if not decision.strip():
        raise Invalid('Say which decision adopted the plan: --decision "Members\' meeting of …".')
    with transaction.atomic():
        found, fresh = PlanVersion.objects.get_or_create(
            digest=plan.digest,
            starts=starts,
            defaults={"name": plan.name, "text": text, "decision": decision.strip()[:200]},
        )
        if fresh:
            acts.record("distribution.adopt-plan", found, by=by, plan=plan.name, decision=decision)
    return found
