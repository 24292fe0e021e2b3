"""Users: who acts for the society, who signs in for a party, and who is asked to come in."""

from __future__ import annotations

from typing import Annotated

import typer

from quire.cli import frame
from quire.cli.frame import DryRun, Json

Acting = Annotated[str, typer.Option("--by", envvar="QUIRE_USER", help="The user who acts.")]


def user_add(
    name: str,
    role: Annotated[list[str], typer.Option(help="operator, approver or auditor.")] = [],  # noqa: B006
    by: Acting = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Add a user, or give one another role."""
    from quire.society.parties import actions

    with frame.rehearsal(dry_run):
        user = actions.add_user(name=name, roles=role, by=frame.acting(by) if by else None)
    frame.say(
        {"user": user.username, "roles": role},
        [f"{user.username}: {', '.join(role) or 'no role yet'}."],
        as_json=as_json,
    )


def user_list(as_json: Json = False) -> None:
    """Who acts for the society, and in which roles."""
    from quire.society.parties import queries

    found = [{"user": name, "roles": roles} for name, roles in queries.users()]
    frame.say(
        found,
        frame.table("", ("user", "roles"), [(one["user"], ", ".join(one["roles"])) for one in found]),
        as_json=as_json,
    )


def user_invite(
    email: str,
    party: Annotated[
        str, typer.Option(help="Into this party's team; the society's own house if left out.")
    ] = "",
    role: Annotated[
        str,
        typer.Option(help="In a team admin, manager or reader; in the house operator, approver or auditor."),
    ] = "",
    user: Annotated[
        str, typer.Option(help="A user on record who has never signed in, and is to, in the roles they have.")
    ] = "",
    by: Acting = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Ask somebody to come in: they get a link by e-mail, good once, for fourteen days."""
    from quire.society.parties import actions

    with frame.rehearsal(dry_run):
        asked = actions.invite(
            email=email,
            party=party or None,
            role=role,
            user=user or None,
            by=frame.acting(by) if by else None,
        )
    went = "by e-mail" if asked.sent else "no e-mail went out: hand the link over yourself"
    frame.say(
        {
            "invitation": asked.tid,
            "email": asked.email,
            "link": asked.link,
            "expires": asked.expires,
            "sent": asked.sent,
        },
        [f"{asked.email} is invited until {asked.expires:%Y-%m-%d} ({went}).", asked.link],
        as_json=as_json,
    )


def user_seat(
    user: str,
    party: str,
    role: Annotated[
        str, typer.Option(help='admin, manager or reader; "none" takes the seat away.')
    ] = "admin",
    by: Acting = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Put a user into a party's team, or take them out of it."""
    from quire.society.parties import actions

    acting = frame.acting(by) if by else None
    with frame.rehearsal(dry_run):
        if role == "none":
            actions.unseat(user=user, party=party, by=acting)
        else:
            actions.seat(user=user, party=party, role=role, by=acting)
    told = (
        f"{user} is no longer in the team of {party}." if role == "none" else f"{user} is {role} of {party}."
    )
    frame.say({"user": user, "party": party, "role": role}, [told], as_json=as_json)


def user_invitations(
    party: Annotated[
        str, typer.Option(help="Into this party's team; the society's own house if left out.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Who is asked to come in and has not come yet."""
    from quire.society.parties import queries

    rows = queries.invitations(party=queries.party(party).id if party else None)
    data = [
        {"invitation": one.tid, "email": one.email, "role": one.role, "user": one.user, "by": one.by,
         "expires": one.expires}
        for one in rows
    ]  # fmt: skip
    cells = [(one.email, one.role or one.user, one.by, f"{one.expires:%Y-%m-%d}", one.tid) for one in rows]
    frame.say(data, frame.table("", ("email", "as", "by", "until", "invitation"), cells), as_json=as_json)


COMMANDS = (
    ("add", user_add),
    ("list", user_list),
    ("invite", user_invite),
    ("invitations", user_invitations),
    ("seat", user_seat),
)
