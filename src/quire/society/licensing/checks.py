"""What must always be true of licences."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, groupby

from quire.core.errors import QuireError
from quire.core.terms import USES
from quire.society.licensing import queries
from quire.society.licensing.models import Licence


def usage_belongs_to_one_licence() -> Iterator[str]:
    """No licensee has two licences for the same use on the same day."""
    rows = sorted(queries.licences(), key=lambda row: (row.licensee_code, row.code))
    for licensee, group in groupby(rows, key=lambda row: row.licensee_code):
        for one, other in combinations(group, 2):
            if set(one.uses) & set(other.uses) and one.starts < other.ends and other.starts < one.ends:
                yield f"{licensee} has licences {one.code} and {other.code} for one use on one day."


def terms_can_be_meant() -> Iterator[str]:
    """Every licence's terms are ones that could be granted today, and name known uses alone."""
    for licence in Licence.objects.select_related("licensee").order_by("code"):
        if unknown := sorted(set(licence.uses) - set(USES)):
            yield f"Licence {licence.code} names the unknown use {', '.join(unknown)}."
        try:
            queries.row_of(licence).tariff()
        except (QuireError, TypeError) as problem:
            yield f"The terms of licence {licence.code} cannot be right: {problem}"


CHECKS = [usage_belongs_to_one_licence, terms_can_be_meant]
