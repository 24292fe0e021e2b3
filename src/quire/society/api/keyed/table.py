"""What a resource is: an address with what can be read or done there, by whose keys, and what is answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from quire.society.api.keyed.given import Given
from quire.society.api.keyed.shapes import Shape
from quire.society.kit.paging import Listed
from quire.society.parties.models import User
from quire.society.parties.queries import ApiKeyRow, PartyName


@dataclass(slots=True)
class Call:
    """A request that was let in: with which key, as whom, and what it says. ``named`` are the parts of the
    address, ``said`` what the query or the body says, ``row`` the thing that a change is about."""

    key: ApiKeyRow
    user: User
    may: frozenset[str]
    named: Mapping[str, str]
    said: Mapping[str, Any] = field(default_factory=dict)
    row: Any = None

    @property
    def party(self) -> PartyName:
        """Whose key it is: a member's or licensee's."""
        assert self.key.party is not None
        return self.key.party

    @property
    def me(self) -> UUID:
        """The party's id."""
        return self.party.id

    def get(self, name: str, default: Any = "") -> Any:
        """What is said under this name."""
        return self.said.get(name, default)


Lists = Mapping[str, Callable[[Call], Listed[Any]]]
Rows = Mapping[str, Callable[[Call], Any]]


@dataclass(frozen=True, slots=True)
class Many:
    """A list, by pages. ``rows`` says for which keys and of what; ``sorts`` and ``filters`` are the list's
    own (a filter without words takes any text). ``outside``: its query narrows to the party by itself, and
    looks past its wall."""

    path: str
    tag: str
    about: str
    shape: Shape
    rows: Lists
    sorts: tuple[str, ...] = ()
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    searched: bool = False
    asks: tuple[Given, ...] = ()
    outside: bool = False


@dataclass(frozen=True, slots=True)
class One:
    """One thing, with an ETag."""

    path: str
    tag: str
    about: str
    shape: Shape
    row: Rows
    asks: tuple[Given, ...] = ()
    outside: bool = False


@dataclass(frozen=True, slots=True)
class Does:
    """Something that is done. ``does`` says what keys of an audience need besides, and what it does: its
    result has the ``shape``. ``finds`` looks for the thing before, inside the party's wall; where ``of``
    names the address of a One, the thing is found as it finds it, and has to match ``If-Match``. ``beyond``
    is what is done outside of the database, which no test key may. ``apart``: it asks the
    network, in transactions of its own, and keeps what it saw whatever it says. ``leads`` is the address of
    what was made. ``hides`` are members that are told once and kept nowhere: given again, they are null.
    """

    method: str
    path: str
    tag: str
    about: str
    does: Mapping[str, tuple[str, Callable[[Call], Any]]]
    shape: Shape | None
    takes: tuple[Given, ...] = ()
    status: int = 200
    of: str = ""
    finds: Rows = field(default_factory=dict)
    beyond: bool = False
    apart: bool = False
    leads: str = ""
    hides: tuple[str, ...] = ()


Endpoint = Many | One | Does


def methods(one: Endpoint) -> tuple[str, ...]:
    """How it is asked."""
    return (one.method,) if isinstance(one, Does) else ("GET", "HEAD")


def needs(one: Endpoint, audience: str) -> str | None:
    """What a key of this audience has to be allowed; None where the resource is not for it."""
    if isinstance(one, Does):
        return one.does[audience][0] if audience in one.does else None
    found = one.rows if isinstance(one, Many) else one.row
    return "read" if audience in found else None


def audiences(one: Endpoint) -> tuple[str, ...]:
    """Whose keys it is for."""
    if isinstance(one, Does):
        return tuple(one.does)
    return tuple(one.rows if isinstance(one, Many) else one.row)
