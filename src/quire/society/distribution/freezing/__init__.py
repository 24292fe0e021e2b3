"""Gather everything that a run's pots depend on into one ``Evidence``. Reads only; divides nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from quire.core import arrays, evidence, terms
from quire.core.distribution import Counts, Evidence, Hold, Licence, Party, Pot, Subjects, Version
from quire.core.money import decimal_of
from quire.core.plan import Plan
from quire.core.shares import UNKNOWN
from quire.society.distribution import models
from quire.society.distribution.corrections import counted, taking
from quire.society.distribution.freezing import agreements, money, pseudonyms, surveys, weighings
from quire.society.distribution.progress import Count, quietly
from quire.society.kit import ids
from quire.society.kit.periods import Period
from quire.society.licensing import queries as licensing
from quire.society.mandates import queries as mandates
from quire.society.membership import queries as membership
from quire.society.parties import queries as parties
from quire.society.repertoire import queries as repertoire
from quire.society.usage import queries as usage


@dataclass(frozen=True, slots=True)
class Frozen:
    """The evidence of a run, its receipts as records of the bundle, and what it counts late."""

    evidence: Evidence
    receipts: tuple[Mapping[str, str], ...]
    late: counted.Late


def gather(run: models.Run, tell: Count = quietly) -> Frozen:
    """The evidence of every pot of the run, as the society's books stand in this transaction. ``tell`` hears
    how many pots are counted."""
    pots = _pots(run)
    starts, ends = min(pot.starts for pot in pots), max(pot.ends for pot in pots)
    licensees = {pot.licence.licensee for pot in pots}  # edges name them by these very ids
    operators = {one: (*licensing.operators_of(one), one) for one in licensees}
    late = counted.late(run, operators)
    pots = [late.with_spans(pot) for pot in pots]
    came = late.used(pots)
    used = usage.subjects(starts, ends, sorted({name for names in operators.values() for name in names}))
    plan = Plan.parse(run.plan.text)
    asked = surveys.of_plan(plan)
    lumps = money.rounds(run)
    adjusted = taking.of_run(run)
    weighed = weighings.of_plan(plan, [pot.licence.id for pot in pots])
    works = {*used.works, *asked.works, *money.works(lumps), *weighed.works, *adjusted.works}
    works |= came[0]
    sites = {*used.sites, *asked.sites, *weighed.sites, *came[1]}
    if plan.needs_all_works:
        works |= repertoire.works_in_force(starts, ends)
    rows = sorted(repertoire.subjects(works, sites), key=lambda row: row.key)
    there = _owners(rows) | adjusted.parties
    spans = _spans(membership.spans())
    there |= {party for party, several in spans.items() if any(_meets(one, starts, ends) for one in several)}
    agreed = agreements.of(there, rows, adjusted.since(late.since(starts)), ends)
    folk = _parties(there | agreements.takers(agreed), spans, ends)
    subjects = _subjects(rows, {party.id: place for place, party in enumerate(folk)})
    period = Period(late.since(starts), ends)
    answers = _answers(period, operators)
    direct = _direct(period, operators)
    held = _holds(run)
    used_here = set(subjects.ids)
    dated = [one for one in held if one.subject in used_here]
    versions = [*agreed, *(one for several in subjects.versions.values() for one in several), *dated]
    registry = usage.Registry([(row.kind, row.id) for row in rows])
    counts = {}
    for done, pot in enumerate(pots):
        tell(done, len(pots), "pots")
        cuts = evidence.cut(folk, answers, direct, versions, pot)
        asked_of = operators[pot.licence.licensee]
        own = _counts(registry, pot, asked_of, cuts, shown=plan.weighs_evidence)
        counts[pot.id] = late.added(pot, own, rows, shown=plan.weighs_evidence)
    found = Evidence(
        plan,
        tuple(pots),
        tuple(folk),
        answers,
        direct,
        subjects,
        counts,
        held,
        agreements=agreed,
        classes=money.classes(lumps, {row.id: row.tid for row in rows if row.kind == "work"}),
        **asked.facts,
        **weighed.facts,
        **adjusted.facts,
    )
    return Frozen(pseudonyms.disguised(found), tuple(_receipts(run)), late)


def _direct(period: Period, licensees: Collection[str]) -> tuple[terms.DirectLicence, ...]:
    """Licences that members gave these directly, in an order of their own contents."""
    there = (one for one in mandates.direct_licences(period=period) if one.licensee in licensees)
    return tuple(sorted(there, key=_by_content))


def _answers(period: Period, licensees: Collection[str]) -> tuple[terms.Answer, ...]:
    """What members answered to these licensees, or to all."""
    found = mandates.answers(period=period)
    ours = (one for one in found if one.licensee is None or one.licensee in licensees)
    return tuple(sorted(ours, key=_by_content))


def _by_content(one: Any) -> tuple[str, ...]:
    return tuple(str(getattr(one, name)) for name in one.__dataclass_fields__)


def _pots(run: models.Run) -> list[Pot]:
    found = (
        run.pots.filter(pool="")
        .select_related("licence")
        .order_by("licence__code", "starts", "ends", "currency", "received_currency")
    )
    return [money.pot(pot, _licence(licensing.licence(pot.licence.tid))) for pot in found]


def _licence(row: Any) -> Licence:
    return Licence(
        row.tid,
        row.licensee_tid,
        row.kind,
        tuple(sorted(row.uses)),
        row.starts,
        row.ends,
        row.currency,
        row.fee,
        dict(row.prices),
        row.rate,
        row.minimum,
    )


def _owners(rows: Sequence[Any]) -> set[UUID]:
    """Whoever has, or speaks for, any of what was used."""
    named = {holder.party for row in rows for _, _, shares in row.versions for holder in shares} - {UNKNOWN}
    return {ids.read("pty", party) for party in named} | {row.member for row in rows}


def _parties(there: set[UUID], spans: Mapping[UUID, tuple[terms.Span, ...]], ends: date) -> list[Party]:
    """These, with their memberships (``spans``) and lapses, in the order of their codes."""
    lapses = _spans(membership.standings())
    works = repertoire.works_count(there, on=ends - timedelta(days=1))
    return [
        Party(one.tid, works.get(one.id, 0), spans.get(one.id, ()), lapses.get(one.id, ()))
        for one in sorted(parties.names(there).values(), key=lambda one: one.code)
    ]


def _spans(found: Mapping[UUID, Sequence[tuple[date, date | None]]]) -> dict[UUID, tuple[terms.Span, ...]]:
    return {party: tuple(terms.Span(*one) for one in several) for party, several in found.items()}


def _meets(span: terms.Span, starts: date, ends: date) -> bool:
    return span.starts < ends and (span.ends is None or span.ends > starts)


def _subjects(rows: Sequence[Any], places: Mapping[str, int]) -> Subjects:
    tiers = sorted({row.tier for row in rows})
    tier_places = {name: place for place, name in enumerate(tiers)}
    versions = {place: told for place, row in enumerate(rows) if (told := _versions(row, places))}
    return Subjects(
        [row.tid for row in rows],
        [row.kind for row in rows],
        arrays.ints([places[row.member_tid] for row in rows]),
        arrays.ints([tier_places[row.tier] for row in rows]),
        tiers,
        versions,
    )


def _versions(row: Any, places: Mapping[str, int]) -> tuple[Version, ...]:
    """The ownership over time; nothing where the member owns all of it for ever, as is the rule."""
    if all(
        len(shares) == 1 and [(h.party, h.role) for h in shares] == [(row.member_tid, "owner")]
        for _, _, shares in row.versions
    ):
        return ()
    last = len(places)
    return tuple(
        Version(
            starts,
            ends,
            type(shares)(tuple(sorted(shares, key=lambda h: (places.get(h.party, last), h.role)))),
        )
        for starts, ends, shares in row.versions
    )


def _counts(
    registry: Any, pot: Pot, operators: Sequence[str], cuts: tuple[tuple[date, date], ...], *, shown: bool
) -> Counts:
    before = sum(starts < pot.starts for starts, _ in cuts)
    edges = [starts for starts, _ in cuts[before + 1 :]]
    uses = [use for use in terms.USES if use in pot.licence.uses]
    if shown:
        found = registry.by_evidence(pot.starts, pot.ends, operators, edges, uses)
        cells = arrays.ints(found.cell + before * len(terms.USES))
        return Counts(cuts, found.subject, cells, found.requests, found.evidence, before)
    subjects, segments, which, requests = registry.counts(pot.starts, pot.ends, operators, edges, uses)
    segments = segments + before
    width = arrays.ints([len(terms.USES)] * len(segments))
    cells = arrays.plus(
        arrays.times(segments, width), arrays.take(arrays.ints([terms.USES.index(u) for u in uses]), which)
    )
    return Counts(cuts, subjects, cells, requests, late=before)


def _holds(run: models.Run) -> tuple[Hold, ...]:
    standing = (
        models.Hold.objects.filter(released_on__isnull=True).select_related("work", "party").order_by("id")
    )
    return tuple(
        Hold(one.tid, one.work and one.work.tid, one.party and one.party.tid, one.part, one.since)
        for one in standing
    )


def _receipts(run: models.Run) -> Iterable[Mapping[str, str]]:
    found = (
        models.PotReceipt.objects.filter(pot__run=run)
        .select_related("receipt", "pot")
        .order_by("receipt__reference")
    )
    for one in found:
        yield {
            "receipt": one.receipt.tid,
            "pot": one.pot.tid,
            "amount": decimal_of(one.receipt.amount),
            "received": one.receipt.received_on.isoformat(),
        }
