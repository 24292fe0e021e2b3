"""Who comes to the demonstration: one person for each that a society's pages are made for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody to come in as: ``who`` they are in a word, and what they may do, for the house or for a
    party."""

    who: str
    user: str
    role: str
    party: str = ""


PEOPLE = (
    Person("operator", "preparer", "operator"),
    Person("approver", "approver", "approver"),
    Person("member", "courier-desk", "admin", "havenmoor-courier"),
    Person("licensee", "lab-north-desk", "admin", "lab-north"),
    Person("auditor", "auditor", "auditor"),
)
TOUR = "the tour"
"""Whom the tour's link is for: nobody of these, and all of them in turn. No user has such a name."""
LINKED = {*(one.user for one in PEOPLE), TOUR}


def ready() -> None:
    """Each of them is a user with a role or a seat; again is fine."""
    from quire.society.parties import actions

    for one in PEOPLE:
        user = actions.add_user(name=one.user, roles=[] if one.party else [one.role])
        if one.party:
            actions.seat(user=user, party=one.party, role=one.role)
