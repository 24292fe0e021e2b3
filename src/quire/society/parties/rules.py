"""Who may do what, on whose pages and with whose keys: predicates of ``rules``, over a user and, for what
is a party's, the party.

The names are the audience and the thing: ``member.manage``. The house's own people read every party's pages,
and change nothing there.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

import rules

from quire.society.parties.models import SEATS

MAY = {
    "public": ("read",),
    "member": ("read", "manage", "admin"),
    "licensee": ("read", "manage", "admin"),
    "operator": ("read", "prepare", "approve"),
    "auditor": ("read",),
}
"""What there is to be allowed, by audience, from least to most."""


def _role(*wanted: str) -> Any:
    @rules.predicate(f"house:{'|'.join(wanted)}")
    def holds(user: Any, party: UUID | None = None) -> bool:
        return bool(user.grants.filter(role__in=wanted).exists())

    return holds


def _team(least: str) -> Any:
    order = list(SEATS)
    enough = order[: order.index(least) + 1]

    @rules.predicate(f"team:{least}")
    def sits(user: Any, party: UUID | None = None) -> bool:
        return party is not None and user.seats.filter(party=party, ended=None, role__in=enough).exists()

    return sits


house = _role("operator", "approver", "auditor")
for audience in ("member", "licensee"):
    rules.add_perm(f"{audience}.read", house | _team("reader"))
    rules.add_perm(f"{audience}.manage", _team("manager"))
    rules.add_perm(f"{audience}.admin", _team("admin"))
rules.add_perm("operator.read", _role("operator", "approver"))
rules.add_perm("operator.prepare", _role("operator"))
rules.add_perm("operator.approve", _role("approver"))
rules.add_perm("auditor.read", house)


def allowed(audience: str, user: Any, party: UUID | None) -> frozenset[str]:
    """What the user may do on these pages; nobody signed in reads the public ones."""
    if audience == "public":
        return frozenset({"read"})
    if user is None:
        return frozenset()
    return frozenset(one for one in MAY[audience] if rules.has_perm(f"{audience}.{one}", user, party))
