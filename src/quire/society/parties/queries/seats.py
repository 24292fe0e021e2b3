"""Who signs in for whom."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from quire.society.parties.models import SEATS, Seat, User
from quire.society.parties.queries.people import PartyName


@dataclass(frozen=True, slots=True)
class SeatRow:
    """A user's place in a party's team; ``role`` is admin, manager or reader."""

    user: str
    email: str
    party: PartyName
    role: str


def seats(*, user: User | None = None, party: UUID | None = None) -> tuple[SeatRow, ...]:
    """The seats that a user has, or those of a party's team; by party's code, then user's name."""
    rows = Seat.objects.filter(ended=None).select_related("user", "party")
    if user is not None:
        rows = rows.filter(user=user)
    if party is not None:
        rows = rows.filter(party=party)
    return tuple(_row(one) for one in rows.order_by("party__code", "user__username"))


def _row(one: Seat) -> SeatRow:
    p = one.party
    name = PartyName(p.id, p.tid, p.code, p.name, p.kind)
    return SeatRow(one.user.username, one.user.email, name, one.role)


def roles(user: User) -> frozenset[str]:
    """The roles in the society's own house that the user holds: operator, approver, auditor."""
    return frozenset(user.grants.values_list("role", flat=True))


def at_least(role: str) -> tuple[str, ...]:
    """The roles of a team that may do what this one may: for manager, admin and manager."""
    order = list(SEATS)
    return tuple(order[: order.index(role) + 1])


def reached(of: Iterable[UUID]) -> list[tuple[int, UUID]]:
    """(user's key, party's id) of everybody in the teams of these parties who has an e-mail address."""
    rows = User.objects.filter(is_active=True, seats__party__in=list(of), seats__ended=None)
    return list(rows.exclude(email="").order_by("id").values_list("id", "seats__party_id"))


def reached_by_role(roles_: Iterable[str]) -> list[int]:
    """The keys of the society's own people who hold one of these roles and have an e-mail address."""
    rows = User.objects.filter(is_active=True, grants__role__in=list(roles_)).exclude(email="")
    return list(rows.order_by("id").values_list("id", flat=True).distinct())


def user_of(key: int) -> User | None:
    """The user of a key, where there is one."""
    return User.objects.filter(pk=key).first()
