"""What must always hold of unclaimed money; ``quire audit`` says each sentence that does not."""

from __future__ import annotations

from collections.abc import Iterator

from quire.core.money import decimal_of
from quire.society.unclaimed import report
from quire.society.unclaimed.models import Disposal


def disposals_stay_in_their_class() -> Iterator[str]:
    """No disposal gave to one class of right what another had earned."""
    for one in Disposal.objects.filter(state="done").select_related("prepared_by", "approved_by"):
        for row in report.report(one).classes:
            if row.left_class:
                gone = f"{decimal_of(row.left_class)} {row.currency}"
                yield f"{one.tid} took {gone} out of the class {row.role}."


def disposals_were_by_two() -> Iterator[str]:
    """Whoever approved a disposal had not prepared it."""
    for one in Disposal.objects.filter(state="done"):
        if one.approved_by_id is None or one.approved_by_id == one.prepared_by_id:
            yield f"{one.tid} was done without a second person."


CHECKS = [disposals_stay_in_their_class, disposals_were_by_two]
