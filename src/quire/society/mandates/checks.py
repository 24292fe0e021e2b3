"""What must always hold of mandates; run by ``quire audit``."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from quire.society.mandates import queries
from quire.society.membership import queries as membership


def only_members_answer() -> Iterator[str]:
    """Nobody has an answer or a direct licence on record who never was a member."""
    ever = membership.spans()
    for mandate in queries.mandates_of():
        if mandate.member.id not in ever:
            yield f"{mandate.member.code} has a mandate ({mandate.tid}) and never was a member."
    for licence in queries.direct_of():
        if licence.member.id not in ever:
            yield f"{licence.member.code} has a direct licence ({licence.tid}) and never was a member."


CHECKS: list[Callable[[], Iterator[str]]] = [only_members_answer]
