"""Who asks to join and who belongs, as lists that do not grow with the society."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Q

from quire.society.kit import clock, ids
from quire.society.kit.nouns import one
from quire.society.kit.paging import Filter, Listing, Sort
from quire.society.kit.periods import overlapping
from quire.society.membership.models import Application, Membership, Standing
from quire.society.membership.queries import ApplicationFacts, Member, StandingFacts, _application
from quire.society.parties import queries as parties


def count() -> int:
    """How many are members today."""
    today = clock.today()
    return Membership.objects.filter(overlapping(today, None), starts__lte=today).count()


def applications_list() -> Listing[ApplicationFacts]:
    """Every application, the newest first."""
    return Listing(
        Application.objects.select_related("criteria"),
        _applications,
        {"on": Sort("on", descending=True)},
        {
            "admitted": Filter(
                "Outcome", {"yes": "admitted", "no": "refused"}, lambda said: Q(admitted=said == "yes")
            )
        },
        lambda words: Q(party__name__icontains=words) | Q(party__code__icontains=words),
    )


def application(tid: str) -> ApplicationFacts:
    """One application by its id. kit.nouns.Unknown where there is none."""
    rows = Application.objects.select_related("criteria").filter(id=ids.read(Application.prefix, tid))
    return _applications([one(rows, f"No application has the id {tid[:60]}.")])[0]


def members_list() -> Listing[Member]:
    """Every membership that there is or was, the newest first."""
    return Listing(
        Membership.objects.all(),
        _members,
        {"starts": Sort("starts", descending=True)},
        {
            "now": Filter("Today", {"yes": "member", "no": "left"}, _today),
            "notice": Filter("Notice", {"yes": "given"}, lambda _: Q(notice_on__isnull=False)),
        },
        lambda words: Q(party__name__icontains=words) | Q(party__code__icontains=words),
    )


def standings_list() -> Listing[StandingFacts]:
    """Spans out of good standing, the newest first."""
    return Listing(
        Standing.objects.all(),
        _standings,
        {"starts": Sort("starts", descending=True)},
        {"now": Filter("Today", {"yes": "still"}, lambda _: Q(ends=None))},
        lambda words: Q(party__name__icontains=words) | Q(party__code__icontains=words),
    )


def _today(said: str) -> Q:
    today = clock.today()
    now = overlapping(today, None) & Q(starts__lte=today)
    return now if said == "yes" else ~now


def _applications(some: Sequence[Application]) -> list[ApplicationFacts]:
    names = parties.names(row.party_id for row in some)
    return [_application(row, names[row.party_id]) for row in some]


def _members(some: Sequence[Membership]) -> list[Member]:
    names = parties.names(row.party_id for row in some)
    return [Member(names[row.party_id], row.tid, row.starts, row.ends, row.notice_on) for row in some]


def _standings(some: Sequence[Standing]) -> list[StandingFacts]:
    names = parties.names(row.party_id for row in some)
    return [StandingFacts(row.tid, names[row.party_id], row.reason, row.starts, row.ends) for row in some]
