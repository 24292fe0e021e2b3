"""What must always hold of membership; run by ``quire audit``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise

from quire.core.errors import QuireError
from quire.society.membership import queries, rules
from quire.society.membership.models import Application, Membership
from quire.society.parties import queries as parties


def nobody_is_a_member_twice() -> Iterator[str]:
    """The memberships of one party do not overlap."""
    names = parties.names()
    for party, spans in queries.spans().items():
        for (_, ends), (starts, _) in pairwise(spans):
            if ends is None or starts < ends:
                yield f"{names[party].code} is a member twice on {starts}."


def every_decision_is_that_of_its_criteria() -> Iterator[str]:
    """Judged again, each application is admitted or refused as it was, for the same reasons."""
    versions = {version.id: version for version in queries.criteria_versions()}
    for asked in Application.objects.order_by("on", "id").select_related("party"):
        who = f"The application of {asked.party.code} on {asked.on}"
        if not asked.admitted and not asked.reasons:
            yield f"{who} was refused without a reason."
        try:
            asks = versions[asked.criteria_id].rules
            why = list(rules.reasons(asks, rules.read_shown(asks, asked.shown)))
        except QuireError as problem:
            yield f"{who} cannot be judged again: {problem.sentence}"
            continue
        if asked.admitted != (not why):
            did = "admitted" if asked.admitted else "refused"
            yield f"{who} was {did}, which its criteria do not bear out."
        elif why != asked.reasons:
            yield f"{who} was refused for other reasons than its criteria give."


def every_member_was_admitted() -> Iterator[str]:
    """Each membership begins with an admitted application of that date, and each such one begins one."""
    admitted = set(Application.objects.filter(admitted=True).values_list("party_id", "on"))
    begun = set(Membership.objects.values_list("party_id", "starts"))
    names = parties.names()
    for party, on in sorted(begun - admitted):
        yield f"{names[party].code} is a member from {on} without an application."
    for party, on in sorted(admitted - begun):
        yield f"{names[party].code} was admitted on {on} and is no member from then."


CHECKS: list[Callable[[], Iterator[str]]] = [
    nobody_is_a_member_twice,
    every_decision_is_that_of_its_criteria,
    every_member_was_admitted,
]
