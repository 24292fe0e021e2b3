"""What a page is: where it stands, for whom, and what one needs to be to see it or to act on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse

from quire.society.parties.models import User
from quire.society.parties.queries import PartyName

View = Callable[..., HttpResponseBase]
PREFIX = {"member": "member", "licensee": "lab", "operator": "desk", "auditor": "audit"}
"""What the names and the addresses of an audience's pages begin with; the public's begin with nothing."""


@dataclass(frozen=True, slots=True)
class Seat:
    """As whom somebody looks at a page: nobody in particular (``user`` None), one of the society's house, or
    a member of the team of ``party``. ``may`` holds what they may do here: read, prepare, approve, manage,
    admin.
    """

    audience: str
    user: User | None
    party: PartyName | None
    may: frozenset[str]


def of_seat(seat: Seat, page: str, **named: str) -> str:
    """The address of a page that several audiences have, for this one: ``member-notices`` for "notices"."""
    party = {"party": seat.party.code} if seat.party else {}
    return reverse(f"{PREFIX[seat.audience]}-{page}", kwargs={**party, **named})


class Asking(HttpRequest):
    """A request for a page, after the guard has let it in."""

    seat: Seat


@dataclass(frozen=True, slots=True)
class Page:
    """One page. ``needs`` is what one may have to do to open it at all, ``writes`` what a POST needs besides
    ("" where nothing is written). ``menu`` is its label in the menu, "" where it stands in none; ``group``
    puts menu entries under a heading. The guard opens it; ``named`` is the name for ``{% url %}``.
    """

    path: str
    name: str
    view: View
    menu: str = ""
    group: str = ""
    needs: str = "read"
    writes: str = ""


@dataclass(frozen=True, slots=True)
class Audience:
    """Some of the people who come: their pages stand below ``prefix``, which may name a party."""

    name: str
    title: str
    prefix: str
    pages: tuple[Page, ...]

    @property
    def of_party(self) -> bool:
        """Whether its pages are those of one party."""
        return "<" in self.prefix

    def patterns(self, guard: Callable[[Audience, Page], View]) -> list[URLPattern]:
        """The addresses, each opened by the guard."""
        return [path(self.prefix + one.path, guard(self, one), name=one.name) for one in self.pages]


def menu(audience: Audience, seat: Seat) -> list[tuple[str, list[Page]]]:
    """The audience's menu for this seat: headings, each with its pages, in the order they are declared."""
    found: dict[str, list[Page]] = {}
    for one in audience.pages:
        if one.menu and one.needs in seat.may:
            found.setdefault(one.group, []).append(one)
    return list(found.items())


def shown(request: Any) -> Seat:
    """The seat of a request that the guard has let in."""
    seat: Seat = request.seat
    return seat
