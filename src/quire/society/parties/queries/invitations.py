"""Who is asked to come in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from quire.society.kit import clock
from quire.society.parties import errors
from quire.society.parties.models import ROLES, SEATS, Invitation, User
from quire.society.parties.queries.people import PartyName

GONE = "This invitation is no longer good: it was used, withdrawn or is too old. Ask for a new one."


@dataclass(frozen=True, slots=True)
class InvitationRow:
    """An open invitation. ``party`` is None for the society's own house; ``does`` says in words what ``role``
    may do; ``user`` is the name of who is on record already and invited to sign in, else ""."""

    tid: str
    email: str
    party: PartyName | None
    role: str
    does: str
    user: str
    by: str
    expires: datetime


def invitations(*, party: UUID | None) -> tuple[InvitationRow, ...]:
    """The open invitations into a party's team, or into the society's house; who is asked last, first."""
    return tuple(_row(one) for one in _open().filter(party=party).order_by("-id"))


def invitation(token: str) -> InvitationRow:
    """The open invitation with this secret; else InvitationGone."""
    return _row(found(token))


def found(token: str) -> Invitation:
    """The open invitation itself, for the room's own actions."""
    row = _open().filter(digest=digest(token)).first()
    if row is None:
        raise errors.InvitationGone(GONE)
    return row


def digest(token: str) -> str:
    """What is kept of an invitation's secret: SHA-256, in hexadecimal digits."""
    return sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def can_sign_in(user: User) -> bool:
    """Whether the user ever set a way to sign in: a password. Users made by a command have none."""
    return (
        bool(user.is_active and user.password and user.has_usable_password()) or user.last_login is not None
    )


def _open():  # type: ignore[no-untyped-def]
    rows = Invitation.objects.filter(accepted=None, withdrawn=None, expires__gt=clock.now())
    return rows.select_related("party", "user", "by")


def _row(one: Invitation) -> InvitationRow:
    p = one.party
    return InvitationRow(
        one.tid,
        one.email,
        PartyName(p.id, p.tid, p.code, p.name, p.kind) if p else None,
        one.role,
        (SEATS if p else ROLES).get(one.role, ""),
        one.user.username if one.user else "",
        one.by.username if one.by else "",
        one.expires,
    )
