"""What must always be true of licences."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, groupby

from quire.core.errors import QuireError
from quire.core.terms import USES
from quire.society.licensing import queries
from quire.society.licensing.models import Licence, Revocation


def usage_belongs_to_one_licence() -> Iterator[str]:
    """No licensee has two licences for the same use on the same day."""
    usable = [row for row in queries.licences() if row.kind != "lump"]
    rows = sorted(usable, key=lambda row: (row.licensee_code, row.code))
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


def deviations_have_reasons() -> Iterator[str]:
    """Every licence that is not as its tariff has it gives a reason: like licensees are treated alike."""
    for found in queries.deviations():
        if not found.reason:
            licence, what = found.licence, ", ".join(found.what)
            yield f"Licence {licence.code} deviates from {licence.published} without a reason: {what}."


def revoked_clients_are_listed() -> Iterator[str]:
    """A client that is revoked is on the revocation list, and none but those."""
    listed = set(Revocation.objects.filter(subject__startswith="sub:").values_list("subject", flat=True))
    revoked = {f"sub:{row.tid}" for row in queries.clients() if row.revoked}
    for subject in sorted(listed ^ revoked):
        yield f"The client {subject[4:]} is revoked in one place and not in the other."


CHECKS = [
    usage_belongs_to_one_licence,
    terms_can_be_meant,
    deviations_have_reasons,
    revoked_clients_are_listed,
]
