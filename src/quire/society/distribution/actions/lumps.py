"""Open the run that pays the next round of a lump sum."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from quire.society.distribution.actions.runs import open_run
from quire.society.distribution.models import PotReceipt, Run
from quire.society.invoicing import actions as invoicing_actions
from quire.society.invoicing import queries as invoicing


def open_lump_run(name: str, *, by: Any) -> Run:
    """A run of the next round of a lump sum: of one whose run was cancelled, else of a new one.

    By the plan that the lump sum names, over the period of its class. Raises what invoicing's ``open_round``
    and ``open_run`` raise; nothing is kept then.
    """
    with transaction.atomic():
        found = invoicing.lump(name)
        waits = next((one for one in invoicing.rounds(name) if not _taken(one)), None)
        chosen = waits or invoicing_actions.open_round(name, by=by)
        return open_run(period=found.period, by=by, plan=found.plan, lump=chosen.tid)


def _taken(one: invoicing.RoundRow) -> bool:
    return PotReceipt.objects.filter(receipt__in=one.receipts).exists()
