"""A box is what lies before one seat: the notices of a party, or of the society's own people, as one user
has read them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from quire.core.money import Money, quanta_of
from quire.society.kit import clock, ids, spoken
from quire.society.kit.nouns import one
from quire.society.kit.paging import Filter, Listing, Sort
from quire.society.notices.catalogue import CATEGORIES, EVENTS
from quire.society.notices.models import Notice, ReadMark, Settled
from quire.society.parties import queries as parties
from quire.society.parties.models import User

SHOWN = timedelta(days=90)
"""What nobody has read for so long is not counted any more; it stays in the list."""
MANY = 99


@dataclass(frozen=True, slots=True)
class Box:
    """Whose notices: an audience's, of one party where it is a party's; ``code`` is the party's."""

    audience: str
    party: UUID | None = None
    code: str = ""


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """A notice as a user sees it: its words in their language, and the address that it leads to."""

    id: UUID
    tid: str
    at: datetime
    event: str
    category: str
    words: str
    address: str
    due: date | None
    needs: bool
    read: bool
    done: bool

    @property
    def state(self) -> str:
        """A word for its badge."""
        if self.needs:
            return "done" if self.done else "needs you"
        return "read" if self.read else "new"


def notice_list(box: Box, user: User) -> Listing[NoticeRow]:
    """The box, the newest first."""
    kinds = {name: str(found.label) for name, found in CATEGORIES.items()}
    return Listing(
        _marked(box, user),
        lambda some: _made(box, some),
        {"at": Sort("at", descending=True)},
        {
            "unread": Filter(_("Unread"), {"yes": _("unread"), "no": _("read")}, _is_unread),
            "about": Filter(_("About"), kinds, _is_about),
        },
    )


def first(box: Box, user: User, most: int = 5) -> list[NoticeRow]:
    """What needs somebody, is not done, and is for the user to do: by its last day, then the newest first."""
    held = parties.roles(user)
    others = [one.name for one in EVENTS.values() if one.role and one.role not in held]
    rows = _marked(box, user).filter(needs=True, over=False, at__gte=clock.now() - SHOWN)
    rows = rows.exclude(event__in=others)
    return list(_made(box, rows.order_by(F("due").asc(nulls_last=True), "-at", "-id")[:most]))


def unread(box: Box, user: User) -> QuerySet[Notice]:
    """The notices of the box that the user has not read."""
    return _marked(box, user).filter(seen=False)


def unread_count(box: Box, user: User) -> int:
    """How many of the last ninety days are unread; 100 stands for any more. One query."""
    since = clock.now() - SHOWN
    return int(unread(box, user).filter(at__gte=since).order_by()[: MANY + 1].count())


def find(box: Box, tid: str, user: User) -> NoticeRow:
    """One notice of the box. Unknown where the box has none of this id."""
    rows = _marked(box, user).filter(id=ids.read(Notice.prefix, tid))
    return next(iter(_made(box, [one(rows, "There is no such notice here.")])))


def _marked(box: Box, user: User) -> QuerySet[Any]:
    mine = ReadMark.objects.filter(notice=OuterRef("id"), user=user)
    over = Settled.objects.filter(notice=OuterRef("id"))
    rows = Notice.objects.filter(audience=box.audience, party=box.party)
    return rows.annotate(seen=Exists(mine), over=Exists(over))


def _is_unread(said: str) -> Q:
    return Q(seen=said == "no")


def _is_about(category: str) -> Q:
    return Q(event__in=[found.name for found in EVENTS.values() if found.category == category])


def _made(box: Box, some: Sequence[Any]) -> Iterable[NoticeRow]:
    return [
        NoticeRow(
            row.id, row.tid, row.at, row.event, EVENTS[row.event].category, words(row.event, row.facts),
            address(row.event, box.audience, box.code, row.parts), row.due, row.needs, row.seen,
            row.over,
        )
        for row in some
    ]  # fmt: skip


def words(event: str, facts: Mapping[str, Any]) -> str:
    """What a notice says, in the language of whoever reads it."""
    return str(EVENTS[event].words) % {name: _said(value) for name, value in facts.items()}


def _said(fact: Any) -> str:
    if isinstance(fact, Mapping) and "amount" in fact:
        return _amount(Money(quanta_of(str(fact["amount"])), str(fact["currency"])))
    if isinstance(fact, Mapping) and "day" in fact:
        return spoken.day(date.fromisoformat(str(fact["day"])))
    return str(fact)


def _amount(found: Money) -> str:
    """Cut to what can be paid, as pages show it; what is smaller still is "under" that."""
    minor, _rest = Money(abs(found.quanta), found.currency).to_minor()
    least = Money.from_minor(minor or 1, found.currency)
    told = spoken.money(least if found.quanta else found)
    if found.quanta and not minor:
        return _("under %(amount)s") % {"amount": told}
    return f"−{told}" if found.quanta < 0 else told


def address(event: str, audience: str, code: str, parts: Mapping[str, str]) -> str:
    """Where a notice leads: a page of this audience, for a party of this code ("" for the house)."""
    name = EVENTS[event].pages[audience]
    named = {"party": code} if name.startswith(("member-", "lab-")) else {}
    return str(reverse(name, kwargs={**named, **_wanted(name, parts)}))


def _wanted(name: str, parts: Mapping[str, str]) -> dict[str, str]:
    """A desk's page of a site's edge and a member's of the site need different parts of the same notice."""
    return {part: parts[part] for part in _NEEDED.get(name, ()) if part in parts}


_NEEDED = {
    "member-statement": ("run",), "desk-run": ("run",), "desk-run-approve": ("run",), "audit-run": ("run",),
    "desk-correction": ("correction",), "lab-licence": ("licence",), "member-work": ("work",),
    "member-dispute": ("dispute",), "desk-dispute": ("dispute",), "desk-claim": ("claim",),
    "member-site": ("site",), "desk-edge": ("edge",), "lab-client": ("client",),
    "member-offer": ("offer",), "desk-disposal": ("disposal",),
}  # fmt: skip
"""Which parts of a notice the address of a page has."""
