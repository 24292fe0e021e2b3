"""What waits for the member: days by which something is due first, then what only they can put right."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from quire.core.money import Money
from quire.core.terms import USES
from quire.society.disputes import queries as disputes
from quire.society.kit import clock
from quire.society.kit.paging import Asked
from quire.society.mandates import queries as mandates
from quire.society.parties import queries as parties
from quire.society.payouts.queries import Account
from quire.society.repertoire import queries as repertoire
from quire.society.usage import queries as usage
from quire.society.web.pages import Asking
from quire.society.web.words import cut, here, use

MOST = 5
"""Of one kind, this many are named; the rest stand on their own page."""


@dataclass(frozen=True, slots=True)
class Need:
    """One thing: what it is, the page where it is done, its last day (``late``: it is over), its money."""

    words: str
    address: str
    by: date | None = None
    late: bool = False
    amount: Money | None = None


def needs(request: Asking, accounts: tuple[Account, ...]) -> list[Need]:
    """Everything that waits, the most urgent first."""
    found = [
        *_disputes(request), *_offers(request), *_payment(request, accounts), *_sites(request),
        *_silent_uses(request),
    ]  # fmt: skip
    return sorted(found, key=lambda one: (one.by is None, one.by or date.max))


def _disputes(request: Asking) -> Iterator[Need]:
    assert request.seat.party is not None
    me = request.seat.party
    open_ = disputes.disputes_list(me.id).page(Asked(filters={"open": "yes"}))
    for row in open_.rows:
        mine = row.claimant == me.code
        if (row.state, mine) not in {("filed", True), ("documented", False)}:
            continue
        words = _("Document your claim to “%(title)s”") if mine else _("Answer a claim to “%(title)s”")
        late = row.left is not None and row.left < 0
        address = here(request, "member-dispute", dispute=row.tid)
        money = cut(row.held[0]) if row.held else None
        yield Need(words % {"title": row.title}, address, row.due, late, money)


def _offers(request: Asking) -> Iterator[Need]:
    assert request.seat.party is not None
    for row in repertoire.open_offers(request.seat.party.id, MOST):
        words = _("%(name)s offers you a share of “%(title)s”: say yes or no")
        told = words % {"name": row.giver_name, "title": row.title}
        yield Need(told, here(request, "member-offer", offer=row.tid))


def _payment(request: Asking, accounts: tuple[Account, ...]) -> Iterator[Need]:
    assert request.seat.party is not None
    payee = parties.payees([request.seat.party.id])[request.seat.party.id]
    waits = [Money(one.carried, one.currency) for one in accounts if one.carried > 0]
    if not payee.iban:
        words = _("Give the bank account that you are paid to")
        yield Need(words, here(request, "member-details"), amount=cut(waits[0]) if waits else None)
    for one in accounts:
        if one.returned and one.carried >= one.returned:
            back = cut(Money(one.returned, one.currency))
            yield Need(_("Your bank gave a payment back: check your details"),
                       here(request, "member-details"), amount=back)  # fmt: skip


def _sites(request: Asking) -> Iterator[Need]:
    assert request.seat.party is not None
    sites = repertoire.sites_list(request.seat.party.id).page(Asked()).rows
    unproved = [one for one in sites if not one.verified]
    for one in unproved[:MOST]:
        yield Need(_("Show that %(host)s is yours") % {"host": one.host},
                   here(request, "member-site", site=one.code))  # fmt: skip
    if len(unproved) > MOST:
        words = _("Show that %(count)d further sites are yours") % {"count": len(unproved) - MOST}
        yield Need(words, here(request, "member-sites"))
    for edge in usage.edges(sites={one.id for one in sites}):
        if edge.revoked is None and edge.alarms():
            yield Need(f"{edge.host}: {edge.alarms()[0]}", here(request, "member-site", site=edge.site))


def _silent_uses(request: Asking) -> Iterator[Need]:
    """Uses on which nothing is said: silence is no, and should be meant."""
    assert request.seat.party is not None
    today = clock.today()
    said = {
        one.use
        for one in mandates.mandates_of(request.seat.party.id)
        if one.starts <= today and (one.ends is None or one.ends > today)
    }
    silent = [use(name) for name in USES if name not in said]
    if silent:
        words = _("Say yes or no to: %(uses)s. Until you do, it is no") % {"uses": ", ".join(silent)}
        yield Need(words, here(request, "member-terms"))
