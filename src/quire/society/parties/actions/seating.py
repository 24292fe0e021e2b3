"""Who signs in for a party."""

from __future__ import annotations

from django.db import transaction

from quire.society.kit import acts, clock, locks
from quire.society.parties import errors, queries
from quire.society.parties.models import SEATS, Seat, User
from quire.society.parties.queries.people import Ref


def seat(*, user: User | str, party: Ref, role: str, by: User | None = None) -> Seat:
    """Put a user into a party's team, or change what they may do there; again is fine.

    ``role`` is admin, manager or reader. RoleUnknown otherwise; LastAdmin where a team would lose its last
    one.
    """
    queries.may_write(by)
    found = queries.acting(user) if isinstance(user, str) else user
    team = queries.party(party)
    if role not in SEATS:
        told = "; ".join(f"{key}: {does}" for key, does in SEATS.items())
        raise errors.RoleUnknown(f"A team has no role {role[:40]!r}; it has {told}.")
    with transaction.atomic():
        locks.wait("parties")
        known = Seat.objects.filter(user=found, party=team).first()
        if known is not None and known.ended is None and known.role == role:
            return known
        if known is not None and role != "admin":
            _must_leave_an_admin(known)
        row, _ = Seat.objects.update_or_create(user=found, party=team, defaults={"role": role, "ended": None})
        acts.record("parties.seat", team, by=by, user=found.username, role=role)
    return row


def unseat(*, user: User | str, party: Ref, by: User | None = None) -> None:
    """Take a user out of a party's team. UserUnknown where they are not in it; LastAdmin for the last one."""
    queries.may_write(by)
    found = queries.acting(user) if isinstance(user, str) else user
    team = queries.party(party)
    with transaction.atomic():
        locks.wait("parties")
        known = Seat.objects.filter(user=found, party=team, ended=None).first()
        if known is None:
            raise errors.UserUnknown(f"{found.username} is not in the team of {team.name}.")
        _must_leave_an_admin(known)
        known.ended = clock.now()
        known.save(update_fields=["ended"])
        acts.record("parties.unseat", team, by=by, user=found.username)


def _must_leave_an_admin(known: Seat) -> None:
    if known.role != "admin" or known.ended is not None:
        return
    others = Seat.objects.filter(party=known.party, role="admin", ended=None).exclude(pk=known.pk)
    if not others.exists():
        raise errors.LastAdmin(
            f"{known.user.username} is the only admin of {known.party.name}; make another one first."
        )
