"""People are asked to come in, by e-mail, and come in."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import formats
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from quire.core.errors import QuireError
from quire.society.kit import acts, clock, config, ids, letters, locks
from quire.society.parties import errors, facts, queries
from quire.society.parties.actions.registering import add_user, grant_role
from quire.society.parties.actions.seating import seat
from quire.society.parties.models import ROLES, SEATS, Invitation, Party, User
from quire.society.parties.queries.invitations import GONE, can_sign_in, found
from quire.society.parties.queries.invitations import digest as digest_of
from quire.society.parties.queries.people import Ref

DAYS = 14
"""How long an invitation is good."""
MOST = 50
"""Open invitations of one place: who asks more people than that at once writes letters to strangers."""


@dataclass(frozen=True, slots=True)
class Invited:
    """An invitation as it went out: its ``link`` is a secret; ``sent``: the e-mail left the house."""

    tid: str
    email: str
    link: str
    expires: datetime
    sent: bool


def invite(
    *, email: str, party: Ref | None = None, role: str = "", user: User | str | None = None,
    by: User | None = None,
) -> Invited:  # fmt: skip
    """Ask somebody to come in: into a party's team (``role`` admin, manager, reader), or, without a party,
    into the society's house (operator, approver, auditor; with ``user``, who has never signed in, "" for the
    roles that they have). A further invitation of an address to the same place replaces the one before.

    CellWrong for no address, RoleUnknown, SeatedAlready for who is there or signs in, InvitationsMany.
    """
    queries.may_write(by)
    to = _address(email)
    team = queries.party(party) if party is not None else None
    _role(role, team, user)
    known = _unseen(user)
    if team is not None:
        _not_seated(to, team, role)
    token = secrets.token_urlsafe(32)
    link = f"{config.url()}/invitation/{token}"
    sent: list[bool] = []
    with transaction.atomic():
        locks.wait("parties")
        _not_many(to, team)
        _open(team).filter(email__iexact=to).update(withdrawn=clock.now())
        row = Invitation.objects.create(
            email=to, party=team, role=role, user=known, by=by, digest=digest_of(token),
            expires=clock.now() + timedelta(days=DAYS),
        )  # fmt: skip
        acts.record("parties.invite", team or "society", by=by, email=to, role=role)
        transaction.on_commit(lambda: sent.append(_write(row, link)))
    return Invited(row.tid, to, link, row.expires, bool(sent and sent[0]))


def withdraw_invitation(*, invitation: str, party: Ref | None = None, by: User | None = None) -> None:
    """Take back an open invitation (``ivt_…``) into the party's team, or the house; else InvitationGone."""
    queries.may_write(by)
    team = queries.party(party) if party is not None else None
    with transaction.atomic():
        locks.wait("parties")
        row = Invitation.objects.filter(
            id=ids.read("ivt", invitation), party=team, accepted=None, withdrawn=None
        ).first()
        if row is None:
            raise errors.InvitationGone(_("This invitation is not open any more."))
        row.withdrawn = clock.now()
        row.save(update_fields=["withdrawn"])
        acts.record("parties.withdraw-invitation", team or "society", by=by, email=row.email)


def accept_invitation(*, token: str, by: User) -> Party | None:
    """Who is signed in takes the seat that the invitation gives; the party, or None for the house. A higher
    role that they have in that team stays. InvitationGone; SeatedAlready where it is for another user.
    """
    with transaction.atomic():
        locks.wait("parties")
        row = found(token)
        if row.user is not None and row.user != by:
            raise errors.SeatedAlready(f"This invitation is for {row.user.username}; sign in as they do.")
        _taken(row, by)
    return row.party


def join(*, token: str, name: str, password: str = "", called: str = "") -> User:
    """Somebody new comes in by an invitation: a user of this name, signing in with the password, or, where it
    is "", with a passkey that they are about to make. InvitationGone, NameTaken, CellWrong,
    SeatedAlready where somebody with this address signs in already.

    Where the invitation is for a user on record, that is the user and ``name`` is not looked at.
    """
    with transaction.atomic():
        locks.wait("parties")
        row = found(token)
        user = row.user or _new(name, row.email)
        if row.user is not None and can_sign_in(row.user):
            raise errors.InvitationGone(GONE)
        user.email = row.email
        user.first_name = facts.check_text("name", called, 150) if called else user.first_name
        user.set_password(password or None)
        user.save()
        _taken(row, user)
    return user


def _new(name: str, email: str) -> User:
    if User.objects.filter(email__iexact=email, is_active=True).exists():
        raise errors.SeatedAlready(
            _("Somebody with this address signs in here: sign in, then open the link again.")
        )
    if User.objects.filter(username__iexact=name).exists():
        raise errors.NameTaken(_("Somebody else has this name; choose another."))
    return add_user(name=name)


def _taken(row: Invitation, user: User) -> None:
    row.accepted = clock.now()
    row.user = user
    row.save(update_fields=["accepted", "user"])
    acts.record("parties.accept-invitation", row.party or "society", by=user, role=row.role)
    if row.party is None:
        if row.role:
            grant_role(user=user, role=row.role, by=row.by)
        return
    has = next((one.role for one in queries.seats(user=user, party=row.party.id)), "")
    if has not in queries.at_least(row.role):
        seat(user=user, party=row.party, role=row.role, by=row.by)


def _address(email: str) -> str:
    told = email.strip()
    try:
        validate_email(told)
    except ValidationError as problem:
        raise errors.CellWrong(
            _("That is no e-mail address; write it as name@example.org."), column="email"
        ) from problem
    local, _at, host = told.rpartition("@")
    return f"{local}@{host.lower()}"


def _role(role: str, team: Party | None, user: User | str | None) -> None:
    known = SEATS if team is not None else ROLES
    if role not in known and not (team is None and user is not None and not role):
        told = "; ".join(f"{key}: {does}" for key, does in known.items())
        raise errors.RoleUnknown(f"There is no role {role[:40]!r} there; there is {told}.")


def _unseen(user: User | str | None) -> User | None:
    if user is None:
        return None
    known = queries.acting(user) if isinstance(user, str) else user
    if can_sign_in(known):
        raise errors.SeatedAlready(
            f"{known.username} signs in already; who forgot a password sets a new one there."
        )
    return known


def _not_seated(email: str, team: Party, role: str) -> None:
    for one in queries.seats(party=team.id):
        if one.email.lower() == email.lower() and one.role == role:
            raise errors.SeatedAlready(f"{email} is in the team of {team.name} already, as {role}.")


def _open(team: Party | None) -> Any:
    return Invitation.objects.filter(party=team, accepted=None, withdrawn=None)


def _not_many(email: str, team: Party | None) -> None:
    others = _open(team).filter(expires__gt=clock.now()).exclude(email__iexact=email)
    if others.count() >= MOST:
        raise errors.InvitationsMany(
            _("There are %(most)s open invitations; withdraw some first.") % {"most": MOST}
        )


def _write(row: Invitation, link: str) -> bool:
    """The letter itself, in the language of who is invited where it is on record, else of who invites."""
    language = row.user.language if row.user else ""
    with override(language or get_language()):
        return _written(row, link)


def _written(row: Invitation, link: str) -> bool:
    society = _society()
    place = row.party.name if row.party else society
    who = row.by.get_full_name() or row.by.username if row.by else society
    told = {"who": who, "place": place, "society": society, "link": link,
            "day": formats.date_format(row.expires, "DATE_FORMAT")}  # fmt: skip
    text = _(
        "%(who)s invites you to the pages of %(place)s at %(society)s.\n\n"
        "Open this link to come in; it is good once, until %(day)s:\n\n%(link)s\n\n"
        "If you do not know what this is about, you need do nothing."
    )
    subject = _("%(place)s: you are invited") % told
    return letters.send(to=row.email, subject=subject, text=text % told)


def _society() -> str:
    try:
        return queries.society().name
    except QuireError:
        return "Quire"
