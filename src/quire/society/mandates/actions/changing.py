"""A member changes its mind: what stands ends, and the new answer holds from the same day."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.db.models import Q

from quire.society.kit import locks
from quire.society.mandates import rows
from quire.society.mandates.actions.answers import answer, withdraw
from quire.society.mandates.models import Mandate
from quire.society.parties import queries as parties
from quire.society.parties.models import User
from quire.society.parties.queries import Ref


def change_answer(
    *, member: Ref, use: str, licensee: Ref | None = None, yes: bool | None, starts: date, by: User | None
) -> tuple[Mandate, ...]:
    """From ``starts`` on the member says yes or no to a use ("all": to each) by one licensee, or by everybody
    (None); or, with ``yes`` None, nothing of its own any more. What it said of exactly this ends that day.

    Refused as by ``answer``. The same again changes nothing.
    """
    parties.may_write(by)
    who, to = parties.party(member), None if licensee is None else parties.party(licensee)
    uses = rows.uses_named(use)
    with transaction.atomic():
        locks.wait("mandates")
        still = Q(ends__isnull=True) | Q(ends__gt=starts)
        standing = list(Mandate.objects.filter(still, member=who, licensee=to, use__in=uses).order_by("id"))
        kept = [one for one in standing if one.answer == yes and one.starts <= starts and one.ends is None]
        for one in standing:
            if one not in kept:
                withdraw(mandate=one, ends=starts, by=by)
        said = {one.use for one in kept}
        made = [
            mandate
            for name in uses
            if yes is not None and name not in said
            for mandate in answer(member=who, use=name, licensee=to, answer=yes, starts=starts, by=by)
        ]
    return (*kept, *made)
