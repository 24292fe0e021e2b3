"""What one party earned: run by run, line by line, and summed by work, licence, use or period.

Only closed runs count here, as on statements. A line that was held and has been released to its own party is
credited; one that an award gave to others is in neither sum.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, Exists, OuterRef, Q, Sum
from django.db.models.fields.json import KeyTextTransform

from quire.core.distribution.adjusting import PREFIX as ADJUSTS
from quire.core.money import Money
from quire.core.terms import USES
from quire.society.distribution.models import Hold, Line, PartySum, Pot, Run
from quire.society.kit import ids
from quire.society.kit.nouns import one
from quire.society.kit.paging import COUNTED, Asked, BadPage, Filter, Listing, Page, Sort
from quire.society.kit.periods import Period
from quire.society.licensing import queries as licensing
from quire.society.parties import queries as parties
from quire.society.repertoire import queries as repertoire

OUTCOMES = {"payable": "credited", "held": "held"}


@dataclass(frozen=True, slots=True)
class RunSum:
    """What one closed run gave a party in one currency; ``held`` is what is still held of it."""

    run: UUID
    tid: str
    number: int
    period: Period
    plan: str
    credited: Money
    held: Money
    lines: int


@dataclass(frozen=True, slots=True)
class LineShown:
    """One line as a list shows it. ``subject`` is a TypeID ("" for a member's own part), ``title`` and
    ``key`` what it is called; ``source`` who paid; ``since`` and ``until`` the days of use, half-open."""

    number: int
    run: str
    subject: str
    title: str
    key: str
    use: str
    source: str
    licence: str
    since: date
    until: date
    requests: int
    portion: str
    role: str
    outcome: str
    amount: Money
    why_held: str


@dataclass(frozen=True, slots=True)
class PivotRow:
    """Everything under one ``key`` in one currency: its name in words, and whatever tells it from others."""

    key: str
    label: str
    note: str
    credited: Money
    held: Money
    requests: int


def sums_of(party: UUID, *, last: int | None = None, run: UUID | None = None) -> list[RunSum]:
    """What each closed run in which the party has lines gave it, the newest first; the ``last`` runs alone,
    or one ``run``, where that is asked. Four queries."""
    has = Line.objects.filter(party=party, run=OuterRef("id"))
    chosen = Run.objects.filter(Exists(has), state="closed").select_related("plan")
    chosen = chosen.order_by("-starts", "-opened_at") if run is None else chosen.filter(id=run)
    runs = {one.id: one for one in (chosen[:last] if last else chosen)}
    sums: dict[tuple[UUID, str], list[int]] = {}
    for of, unit, credited, held, lines in _sums(party, list(runs)):
        mine = sums.setdefault((of, unit), [0, 0, 0])
        sums[of, unit] = [mine[0] + credited, mine[1] + held, mine[2] + lines]
    place = {of: at for at, of in enumerate(runs)}
    found = [
        RunSum(of, runs[of].tid, runs[of].number or 0, Period(runs[of].starts, runs[of].ends),
               runs[of].plan.name, Money(credited, unit), Money(held, unit), lines)
        for (of, unit), (credited, held, lines) in sums.items()
    ]  # fmt: skip
    return sorted(found, key=lambda row: (place[row.run], row.credited.currency))


def _sums(party: UUID, runs: Collection[UUID]) -> Iterator[tuple[UUID, str, int, int, int]]:
    """Run, currency, credited, held and lines: of payable lines as they were summed up with the run, of held
    ones with what became of them since."""
    summed = PartySum.objects.filter(party=party, run__in=runs, outcome="payable")
    paid = summed.values_list("run_id", "pot_id", "amount", "lines")
    mine = Line.objects.filter(party=party, run__in=runs, outcome="held").order_by()
    kept = mine.values_list("run_id", "pot_id")
    held = list(
        kept.annotate(
            credited=Sum("amount", filter=Q(release__isnull=False, release__award=None)),
            held=Sum("amount", filter=Q(release=None)), lines=Count("*"),
        )
    )  # fmt: skip
    units = dict(Pot.objects.filter(run__in=runs).values_list("id", "currency"))
    for run, pot, credited, lines in paid:
        yield run, units[pot], credited, 0, lines
    for run, pot, credited, still, lines in held:
        yield run, units[pot], credited or 0, still or 0, lines


def credited_lines(party: UUID) -> dict[tuple[UUID, str], int]:
    """The party and a currency to what posted runs and released holds gave it."""
    summed = PartySum.objects.filter(party=party, outcome="payable")
    paid = list(summed.values_list("pot_id", "amount"))
    mine = Line.objects.filter(party=party, outcome="held").order_by()
    released = mine.filter(release__isnull=False, release__award=None)
    posted = Pot.objects.filter(run__state__in=["posted", "closed"], id__in=[pot for pot, _ in paid])
    units = dict(posted.values_list("id", "currency"))
    sums: dict[tuple[UUID, str], int] = {}
    given = [(units[pot], amount) for pot, amount in paid if pot in units]
    for unit, amount in [*given, *released.values_list("pot__currency").annotate(Sum("amount"))]:
        sums[party, unit] = sums.get((party, unit), 0) + amount
    return sums


def party_lines(party: UUID, run: UUID | None = None) -> Listing[LineShown]:
    """The party's lines of closed runs (of one ``run``), the largest first where no sort is asked."""
    rows = Line.objects.filter(party=party, run__state="closed")
    if run is not None:
        rows = rows.filter(run=run)
    return Listing(
        rows.select_related("run", "pot__licence__licensee", "hold"),
        shown_lines,
        {"amount": Sort("amount", descending=True), "number": Sort("number")},
        {
            "use": Filter("Use", {use: use for use in USES}, lambda use: Q(detail__use=use)),
            "outcome": Filter("State", OUTCOMES, lambda outcome: Q(outcome=outcome)),
            "work": Filter("Work id", {}, lambda tid: Q(detail__subject=tid)),
        },
    )


def party_line(party: UUID, run: UUID, number: int) -> Line:
    """One line of the party's with its pot and run; kit.nouns.Unknown where it has none of this number."""
    rows = Line.objects.filter(party=party, run=run, number=number).select_related(
        "run__plan", "pot__licence__licensee", "hold"
    )
    found: Line = one(rows, f"There is no line {number} of yours in this run.")
    return found


def deducted_of(run: UUID) -> list[dict[str, Any]]:
    """The published records of what went to nobody in particular before anything of a run was shared:
    deductions, and what was kept back of lump sums; in their order."""
    rows = Line.objects.filter(Q(outcome="deducted") | Q(detail__role=None), run=run, party=None)
    return list(rows.exclude(outcome="unclaimed").order_by("number").values_list("detail", flat=True))


def portion_sums(party: UUID, run: UUID) -> list[tuple[str, str, str, int]]:
    """The party's lines of a run summed: pot as the bundle names it, portion, outcome, quanta."""
    rows = Line.objects.filter(party=party, run=run).order_by()
    named = rows.values_list(
        KeyTextTransform("pot", "detail"), KeyTextTransform("share", "detail"), "outcome"
    )
    return [(pot, share, outcome, amount) for pot, share, outcome, amount in named.annotate(Sum("amount"))]


@dataclass(frozen=True, slots=True)
class HeldSum:
    """What is held of a party because of one hold, or, without one (``hold`` ""), for another reason."""

    hold: str
    of: str
    reason: str
    since: date | None
    amount: Money
    lines: int


def held_of(party: UUID) -> list[HeldSum]:
    """What posted runs still hold of a party, by hold and currency; and holds under which nothing is yet."""
    rows = Line.objects.filter(
        party=party, outcome="held", release=None, run__state__in=["posted", "closed"]
    ).order_by()
    summed = rows.values_list("hold_id", "pot__currency").annotate(amount=Sum("amount"), lines=Count("id"))
    found = {(hold, currency): (amount, lines) for hold, currency, amount, lines in summed}
    own = Hold.objects.filter(Q(party=party, released_on=None) | Q(id__in=[h for h, _ in found if h]))
    holds = {one.id: one for one in own.select_related("work", "party")}
    told = [
        _held(holds.get(hold), Money(amount, currency), lines)
        for (hold, currency), (amount, lines) in found.items()
    ]
    idle = [_held(one, Money(0, "EUR"), 0) for key, one in holds.items() if key not in {h for h, _ in found}]
    return sorted(told, key=lambda one: (one.reason, one.amount.currency)) + idle


def _held(hold: Hold | None, amount: Money, lines: int) -> HeldSum:
    if hold is None:
        return HeldSum("", "", "", None, amount, lines)
    of = hold.work.title if hold.work else ""
    return HeldSum(hold.tid, of, hold.reason, hold.starts, amount, lines)


def shown_lines(rows: Sequence[Line]) -> Iterator[LineShown]:
    """Rows as lists show them; the works and sites of all of them in two queries."""
    names = _subjects(row.detail.get("subject", "") for row in rows)
    for row in rows:
        told = row.detail
        subject = told.get("subject", "")
        title, key = names.get(subject, ("", ""))
        yield LineShown(
            row.number, row.run.tid, subject, title, key, told.get("use", ""), *_source(row),
            _day(told.get("from")) or row.pot.starts, _day(told.get("until")) or row.pot.ends,
            told.get("requests", 0), told.get("share", ""), told.get("role", ""),
            OUTCOMES.get(row.outcome, row.outcome), Money(row.amount, row.pot.currency),
            row.hold.reason if row.hold else "",
        )  # fmt: skip


def _source(row: Line) -> tuple[str, str]:
    if row.pot.licence:
        return row.pot.licence.licensee.name, row.pot.licence.code
    return (
        "corrections of earlier runs" if row.pot.pool.startswith(ADJUSTS) else "all licensees together"
    ), ""


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _subjects(tids: Any) -> dict[str, tuple[str, str]]:
    """TypeID to title and key, of works and sites."""
    wanted = {tid for tid in tids if tid}
    works, sites = (
        [ids.read(kind, tid) for tid in wanted if tid.startswith(f"{kind}_")] for kind in ("wrk", "sit")
    )
    rows = repertoire.subjects(works, sites)
    return {
        row.tid: (row.title, row.key) if row.kind == "work" else (f"Other pages of {row.title}", "")
        for row in rows
    }


# Sums by something. sql: the dimensions are this file's own words; everything else is a parameter.

BY = {
    "work": "coalesce(l.detail->>'subject', '')",
    "licence": "coalesce(p.licence_id::text, p.pool)",
    "use": "coalesce(l.detail->>'use', '')",
    "choice": "coalesce(l.detail->>'use', '') || '/' || coalesce(c.licensee_id::text, '')",
    "period": "p.starts::text || '/' || p.ends::text",
}
_PIVOT = """
WITH parts AS (
  SELECT {by} AS key, p.currency,
         sum(l.amount) FILTER (WHERE l.outcome = 'payable' OR l.outcome = 'held' AND r.id IS NOT NULL
                               AND r.award_id IS NULL) AS credited,
         sum(l.amount) FILTER (WHERE l.outcome = 'held' AND r.id IS NULL) AS held,
         max(coalesce((l.detail->>'requests')::bigint, 0)) AS requests
    FROM distribution_line l JOIN distribution_pot p ON p.id = l.pot_id
    LEFT JOIN licensing_licence c ON c.id = p.licence_id
    JOIN distribution_run n ON n.id = l.run_id LEFT JOIN distribution_release r ON r.line_id = l.id
   WHERE l.party_id = %(party)s AND n.state = 'closed'
     AND (%(run)s::uuid IS NULL OR l.run_id = %(run)s::uuid)
     AND (%(since)s::date IS NULL OR p.starts >= %(since)s::date)
     AND (%(until)s::date IS NULL OR p.starts < %(until)s::date)
     AND (%(subject)s = '' OR l.detail->>'subject' = %(subject)s)
     AND (%(unit)s = '' OR p.currency = %(unit)s)
   GROUP BY 1, 2, l.pot_id, l.detail->>'subject', l.detail->>'from', l.detail->>'use'
), whole AS (
  SELECT key, currency, trunc(coalesce(sum(credited), 0) * 1000000000000) AS credited,
         trunc(coalesce(sum(held), 0) * 1000000000000) AS held, sum(requests)::bigint AS requests
    FROM parts GROUP BY 1, 2
)
SELECT *, (SELECT count(*) FROM whole) FROM whole
 WHERE NOT %(further)s OR ({sort}, key, currency) {way} (%(value)s, %(key)s, %(currency)s)
 ORDER BY {sort} {down}, key {down}, currency {down} LIMIT %(size)s
"""
_PLAIN = """
WITH sums AS (
  SELECT s.pot_id, s.amount AS credited, 0 AS held FROM distribution_partysum s
   WHERE s.party_id = %(party)s AND s.outcome = 'payable'
  UNION ALL
  SELECT l.pot_id, sum(l.amount) FILTER (WHERE r.id IS NOT NULL AND r.award_id IS NULL),
         sum(l.amount) FILTER (WHERE r.id IS NULL)
    FROM distribution_line l LEFT JOIN distribution_release r ON r.line_id = l.id
   WHERE l.party_id = %(party)s AND l.outcome = 'held' GROUP BY 1
), parts AS (
  SELECT {by} AS key, p.currency, s.credited, s.held, 0 AS requests
    FROM sums s JOIN distribution_pot p ON p.id = s.pot_id JOIN distribution_run n ON n.id = p.run_id
    LEFT JOIN licensing_licence c ON c.id = p.licence_id
   WHERE n.state = 'closed' AND (%(unit)s = '' OR p.currency = %(unit)s)
     AND (%(since)s::date IS NULL OR p.starts >= %(since)s::date)
     AND (%(until)s::date IS NULL OR p.starts < %(until)s::date)
), whole AS (
  SELECT key, currency, trunc(coalesce(sum(credited), 0) * 1000000000000) AS credited,
         trunc(coalesce(sum(held), 0) * 1000000000000) AS held, sum(requests)::bigint AS requests
    FROM parts GROUP BY 1, 2
)
SELECT *, (SELECT count(*) FROM whole) FROM whole
 WHERE NOT %(further)s OR ({sort}, key, currency) {way} (%(value)s, %(key)s, %(currency)s)
 ORDER BY {sort} {down}, key {down}, currency {down} LIMIT %(size)s
"""
"""A request counts once however many portions or shares its work has: the innermost group is one subject,
segment and use of a pot. ``_PLAIN`` is for sums over all time by what a pot says itself: it reads
no line that is payable, and counts no requests."""
_SORTS = {"credited": "credited", "requests": "requests", "key": 'key COLLATE "C"'}


@dataclass(frozen=True)
class Pivot:
    """The party's lines of closed runs summed ``by`` one of BY ("choice" is use and licensee: what a mandate
    decides): of one ``run``, of pots that begin in [``since``, ``until``), of one work or site (``subject``),
    in one ``currency``, where that is said. The largest first."""

    party: UUID
    by: str
    run: UUID | None = None
    since: date | None = None
    until: date | None = None
    subject: str = ""
    currency: str = ""
    sorts: Mapping[str, str] = field(default_factory=lambda: _SORTS)
    filters: Mapping[str, Filter] = field(default_factory=dict)
    searched: bool = False

    def page(self, asked: Asked) -> Page[PivotRow]:
        """The rows after ``asked.after``. BadPage for a sort or cursor that it has not."""
        rows = self._rows(asked.sort, asked.after, asked.size + 1)
        shown, further = rows[: asked.size], len(rows) > asked.size
        counted = rows[0][5] if rows else 0
        after = _cursor(asked.sort, shown[-1]) if further else ""
        return Page(tuple(self._make(shown)), after, min(counted, COUNTED), counted > COUNTED)

    def every(self, asked: Asked) -> Iterator[PivotRow]:
        """Every row, in order."""
        yield from self._make(self._rows(asked.sort, "", 10**9))

    def _rows(self, sort: str, after: str, size: int) -> list[tuple[Any, ...]]:
        name = sort.removeprefix("-") or "credited"
        if name not in _SORTS:
            raise BadPage(f"This list is not sorted by {name[:40]!r}; it is by {', '.join(_SORTS)}.")
        down = sort.startswith("-") or not sort
        value, key, currency = _place(after, name) if after else (0 if name != "key" else "", "", "")
        given = {
            "party": self.party, "run": self.run, "since": self.since, "until": self.until,
            "subject": self.subject, "unit": self.currency, "further": bool(after), "value": value,
            "key": key, "currency": currency, "size": size,
        }  # fmt: skip
        plain = self.by in {"licence", "period"} and self.run is None and not self.subject
        text = (_PLAIN if plain else _PIVOT).format(
            by=BY[self.by], sort=_SORTS[name], way="<" if down else ">", down="DESC" if down else "ASC"
        )
        with connection.cursor() as run:
            run.execute(text, given)
            return list(run.fetchall())

    def _make(self, rows: Sequence[tuple[Any, ...]]) -> Iterator[PivotRow]:
        names = self._names({row[0] for row in rows})
        for key, currency, credited, held, requests, _ in rows:
            label, note = names.get(key, (key, ""))
            yield PivotRow(
                key, label, note, Money(int(credited), currency), Money(int(held), currency), requests
            )

    def _names(self, keys: Collection[str]) -> dict[str, tuple[str, str]]:
        """What people call them."""
        if self.by == "work":
            return {"": ("Your part as a member", ""), **_subjects(keys)}
        if self.by == "licence":
            return _licences(keys)
        if self.by == "period":
            spans = {key: map(date.fromisoformat, key.split("/")) for key in keys}
            return {key: (str(Period(*span)), "") for key, span in spans.items()}
        return {"": ("No use: shared among members", "")} if self.by == "use" else {}


def _licences(keys: Collection[str]) -> dict[str, tuple[str, str]]:
    known = {str(row.id): row for row in licensing.licences() if str(row.id) in keys}
    names = parties.names(row.licensee for row in known.values())
    pooled = {
        key: ("Corrections of earlier runs" if key.startswith(ADJUSTS) else "All licensees together", "")
        for key in keys
        if key not in known
    }
    return pooled | {key: (names[row.licensee].name, row.code) for key, row in known.items()}


def _cursor(sort: str, row: tuple[Any, ...]) -> str:
    value = {"credited": row[2], "requests": row[4], "key": row[0]}[sort.removeprefix("-") or "credited"]
    told = json.dumps([str(value), row[0], row[1]])
    return base64.urlsafe_b64encode(told.encode()).decode().rstrip("=")


def _place(cursor: str, sort: str) -> tuple[Any, str, str]:
    try:
        value, key, currency = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return (str(value) if sort == "key" else int(value)), str(key), str(currency)
    except (ValueError, TypeError, binascii.Error) as problem:
        raise BadPage("This page does not exist; begin at the list's first.") from problem
