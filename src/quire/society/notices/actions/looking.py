"""What no act says, because days alone bring it: last days that come near, silence, balances that run out.

Looked at once an hour. Each is told once for its subject and threshold, however often it is found: its
``cause`` names both.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from django.db import transaction

from quire.society.disputes import queries as disputes
from quire.society.invoicing import queries as invoicing
from quire.society.invoicing import watching
from quire.society.kit import clock
from quire.society.kit.paging import Asked
from quire.society.licensing import queries as licensing
from quire.society.notices.actions.settling import settle_looked_for
from quire.society.notices.actions.telling import write
from quire.society.notices.whom import Told, amount, amount_of, day
from quire.society.notices.whom.rights import parties_to
from quire.society.parties import queries as parties
from quire.society.repertoire import queries as repertoire
from quire.society.usage import queries as usage
from quire.society.usage.silent import heard_list

BEFORE = (7, 1)
"""Days before the last day of a dispute's step on which it is told of."""
ENDING = (60, 14)
"""Days before a licence ends."""
OPEN, OVERDUE = 14, 30
"""Days after the last invoice under a licence: what is open is told of, and called overdue."""


def look() -> int:
    """Find what the days brought, and write its notices; what is found no more is over. Returns how many are
    new."""
    now, written = clock.now(), 0
    for events, finds in _LOOKS:
        with transaction.atomic():
            causes = set()
            for subject, told in finds():
                causes.add(told.cause)
                written += write(now, told.cause, subject, [told])
            settle_looked_for(events, causes)
    return written


def _nearest(left: int, days: tuple[int, ...]) -> int | None:
    """The last of these thresholds that has been reached; None where it is too early, or over."""
    reached = [one for one in days if 0 <= left <= one]
    return min(reached) if reached else None


def _disputes() -> Iterator[tuple[str, Told]]:
    waits = {"filed": "claimant", "documented": "respondents"}
    for row in disputes.rows():
        at = None if row.left is None else _nearest(row.left, BEFORE)
        if at is None or row.due is None:
            continue
        facts, parts = {"title": row.title, "left": row.left}, {"dispute": row.tid}
        cause = f"{row.tid}|{row.due}|{at}"
        for party in parties_to(row, waits.get(row.state, "both")):
            yield row.tid, Told("dispute.due", "member", party, parts, facts, row.due, cause)
        yield row.tid, Told("dispute.due", "operator", None, parts, facts, row.due, cause)


def _invoices() -> Iterator[tuple[str, Told]]:
    today = clock.today()
    for row in watching.open_list().every(Asked()):
        age = (today - row.last).days
        if age < OPEN:
            continue
        event = "invoice.overdue" if age >= OVERDUE else "invoice.due"
        licence = licensing.licence(row.licence)
        facts = {"amount": amount(row.open), "licence": licence.code, "day": day(row.last)}
        due, cause = row.last + timedelta(days=OVERDUE), f"{licence.tid}|{row.last}|{event}"
        yield licence.tid, Told(event, "licensee", licence.licensee, {}, facts, due, cause)
        if event == "invoice.overdue":
            yield licence.tid, Told(event, "operator", None, {}, facts, due, cause)


def _balances() -> Iterator[tuple[str, Told]]:
    """Low is less than a week's spend, as this month and the last had it."""
    since = (clock.today().replace(day=1) - timedelta(days=1)).replace(day=1)
    for row in invoicing.balances():
        who = parties.party(row.licensee)
        spent = sum(sum_ for _, unit, sum_ in usage.charged_to(who.tid, since) if unit == row.currency)
        week = spent * 7 // max((clock.today() - since).days, 1)
        event = "credit.out" if row.available <= 0 else "credit.low" if row.available < week else ""
        if event:
            facts = {"amount": amount_of(row.available, row.currency), "currency": row.currency}
            cause = f"{who.tid}|{row.currency}|{event}|{clock.today():%Y-%m}"
            yield who.tid, Told(event, "licensee", row.licensee, {}, facts, None, cause)


def _licences() -> Iterator[tuple[str, Told]]:
    today = clock.today()
    rows = [one for one in licensing.in_force(today, today + timedelta(days=1)) if one.kind != "lump"]
    for row in rows:
        at = _nearest((row.ends - today).days, ENDING)
        after = licensing.held(row.licensee, row.ends)
        if at is None or {use for one in after for use in one.uses} >= set(row.uses):
            continue
        facts = {"licence": row.code, "day": day(row.ends)}
        yield row.tid, Told("licence.ending", "licensee", row.licensee, {"licence": row.tid}, facts, row.ends,
                            f"{row.tid}|{row.ends}|{at}")  # fmt: skip


def _silent() -> Iterator[tuple[str, Told]]:
    for row in heard_list().every(Asked(filters={"silent": "yes"})):
        since = (row.heard or row.registered).date()
        facts = {"host": row.host, "day": day(since)}
        yield from _at_a_site("metering.silent", row.tid, row.site, facts, f"{row.tid}|silent|{since}")


def _gaps() -> Iterator[tuple[str, Told]]:
    for row in heard_list().every(Asked(filters={"gaps": "yes"})):
        facts = {"host": row.host, "count": row.gaps}
        yield from _at_a_site("metering.gap", row.tid, row.site, facts, f"{row.tid}|gaps|{row.gaps}")


def _at_a_site(
    event: str, edge: str, site: str, facts: dict[str, object], cause: str
) -> Iterator[tuple[str, Told]]:
    parts = {"edge": edge, "site": site}
    yield edge, Told(event, "member", repertoire.site(site).owner, parts, facts, None, cause)
    yield edge, Told(event, "operator", None, parts, facts, None, cause)


_LOOKS = (
    (("dispute.due",), _disputes),
    (("invoice.due", "invoice.overdue"), _invoices),
    (("credit.low", "credit.out"), _balances),
    (("licence.ending",), _licences),
    (("metering.silent",), _silent),
    (("metering.gap",), _gaps),
)
"""Which events each look finds."""
