"""Closed runs divided again by a plan that is proposed. Reads only; nothing of it is kept.

What a run froze is divided as it is. Where the plan proposed needs what was not frozen then (works that
nobody used, a survey, weights from a file, what requests showed of who asks), the run's evidence is gathered
again from the books; a notice says so, and another where usage has changed since.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

from django.db import connection, transaction

from quire.core import arrays, evidence, fx
from quire.core.distribution import Evidence, Pot
from quire.core.errors import Invalid
from quire.core.fx import Conversion
from quire.core.plan import Plan
from quire.core.replay import Comparison, Replay
from quire.society.distribution import freezing
from quire.society.distribution.errors import NothingToReplay
from quire.society.distribution.freezing.pseudonyms import undisguised
from quire.society.distribution.models import PlanVersion, Run
from quire.society.distribution.store import Store, standing
from quire.society.invoicing import queries as invoicing
from quire.society.kit import ids, periods
from quire.society.kit.periods import Period
from quire.society.parties import queries as parties
from quire.society.parties.queries import PartyName

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Replayed:
    """One run of a replay: its id, period and the plan it was divided by."""

    tid: str
    period: Period
    plan: str


@dataclass(frozen=True, slots=True)
class Told:
    """A replay: the plan proposed, the runs, a comparison for each currency, and what to know of them.

    ``names`` are those of the parties by id.
    """

    plan: Plan
    runs: tuple[Replayed, ...]
    comparisons: tuple[Comparison, ...]
    names: Mapping[str, PartyName]
    notices: tuple[str, ...]


def replay(
    text: str, *, against: str = "LAST-12", progress: Progress | None = None, place: Store | None = None
) -> Told:
    """What the plan of this text would have given in closed runs, beside what they gave.

    ``against`` is ``LAST-n`` (the n closed runs that are latest by period), a period (all closed runs in it)
    or ids of runs, by commas. Lump sums have a plan of their own and are left out. Raises PlanWrong,
    ``NothingToReplay``, Unknown, ``EvidenceChanged``; invoicing.NoRate, where the plan has a currency and no
    rate is on record; what the division raises where something the plan needs is not there.
    """
    plan = Plan.parse(text)
    with _reading():
        runs, sums, notices = _chosen(against), Replay(), list[str]()
        for done, run in enumerate(runs):
            if progress:
                progress(done, len(runs))
            then, proposed, told = _both(run, plan, place or standing())
            sums.take(then, proposed)
            notices += [f"{_period(run)}: {one}" for one in told]
        found = tuple(sums.comparisons())
        named = {ids.read("pty", row.party) for one in found for row in one.rows}
        names = {one.tid: one for one in parties.names(named).values()}
        if progress:
            progress(len(runs), len(runs))
    return Told(
        plan,
        tuple(Replayed(run.tid, _period(run), run.plan.name) for run in runs),
        found,
        names,
        tuple(notices),
    )


def altered(
    alter: Callable[[Evidence], Evidence],
    *,
    against: str,
    progress: Progress | None = None,
    place: Store | None = None,
) -> tuple[tuple[Replayed, ...], tuple[Comparison, ...]]:
    """Closed runs divided by the plan they had, of what they froze, and of what ``alter`` makes of that.

    Raises as ``replay``.
    """
    with _reading():
        runs, sums = _chosen(against), Replay()
        for done, run in enumerate(runs):
            if progress:
                progress(done, len(runs))
            then = _frozen(run, place or standing())
            sums.take(then, alter(then))
        if progress:
            progress(len(runs), len(runs))
    told = tuple(Replayed(run.tid, _period(run), run.plan.name) for run in runs)
    return told, tuple(sums.comparisons())


@contextmanager
def _reading() -> Iterator[None]:
    """One view of the books in which the database itself refuses to write."""
    outermost = not connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as sql:
        if outermost:
            sql.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def _period(run: Run) -> Period:
    return Period(run.starts, run.ends)


def _chosen(against: str) -> list[Run]:
    """The runs, oldest first."""
    closed = Run.objects.filter(state="closed").select_related("plan")
    runs = closed.exclude(pots__licence__kind="lump").order_by("-starts", "-opened_at", "-id")
    if found := re.fullmatch(r"last-([0-9]{1,4})", against, re.IGNORECASE):
        chosen = list(runs[: int(found[1])])
    elif against.startswith(f"{Run.prefix}_"):
        wanted = [ids.read(Run.prefix, one.strip()) for one in against.split(",")]
        chosen = list(runs.filter(id__in=wanted))
        if missing := set(wanted) - {run.id for run in chosen}:
            names = ", ".join(sorted(ids.show(Run.prefix, one) for one in missing))
            raise NothingToReplay(f"No closed run of ordinary receipts has the id {names}.")
    else:
        period = _period_of(against)
        chosen = list(runs.filter(starts__gte=period.starts, ends__lte=period.ends))
    if not chosen:
        raise NothingToReplay(
            f"No run is closed in {against}: a plan is replayed over money that was distributed."
        )
    return chosen[::-1]


def _period_of(against: str) -> Period:
    try:
        return periods.parse(against)
    except Invalid as problem:
        raise Invalid(
            f"{against!r} names no runs: write LAST-12, a period such as 2026 or 2026-Q1, or ids of runs."
        ) from problem


def _both(run: Run, plan: Plan, place: Store) -> tuple[Evidence, Evidence, list[str]]:
    """The run's evidence with the plan it had, the same with the plan proposed, and what to know of that."""
    then = _frozen(run, place)
    missing, notices = tuple(_missing(then, plan)), list[str]()
    proposed = then
    if missing:
        proposed = _gathered_again(run, plan, then)
        notices.append(f"the run froze no {' and no '.join(missing)}: gathered again from today's books.")
        notices += _changed(then, proposed)
    pots = tuple(_in_currency(pot, plan.currency or pot.received_in) for pot in proposed.pots)
    notices += [
        f"{old.currency} would be divided in {new.currency}, so neither side of it compares."
        for old, new in zip(then.pots, pots, strict=True)
        if old.currency != new.currency
    ]
    return then, replace(proposed, plan=plan, pots=pots), list(dict.fromkeys(notices))


def _frozen(run: Run, place: Store) -> Evidence:
    """What the run froze, under parties' own ids."""
    return _plain(undisguised(evidence.read(place.load(run.tid, "inputs", run.inputs_digest))))


def _plain(found: Evidence) -> Evidence:
    """Without what settles earlier runs: a plan that is proposed has no part in that."""
    settling = {name: () for name in ("corrections", "debts") if getattr(found, name, ())}
    return replace(found, **settling) if settling else found


def _missing(then: Evidence, plan: Plan) -> Iterator[str]:
    """What the plan needs and the run did not freeze, in words."""
    if plan.needs_all_works and not then.plan.needs_all_works:
        yield "works that nobody used"
    if plan.weighs_evidence and not then.plan.weighs_evidence:
        yield "usage by what requests showed of who asks"
    for name in plan.surveys:
        if name not in then.plan.surveys:
            yield f"survey “{name}”"
    for name in plan.weighings:
        if name not in then.plan.weighings:
            yield f"weights “{name}”"


def _gathered_again(run: Run, plan: Plan, then: Evidence) -> Evidence:
    """What a freeze of the run would gather now for the plan proposed; holds as they stood then."""
    again = Run.objects.select_related("plan").get(id=run.id)
    again.plan = PlanVersion(name=plan.name, text=plan.text, digest=plan.digest, starts=run.starts)
    return replace(_plain(undisguised(freezing.gather(again).evidence)), holds=then.holds)


def _changed(then: Evidence, now: Evidence) -> Iterator[str]:
    """A sentence where the usage on the books is no longer what the run counted."""
    old, new = _usage(then), _usage(now)
    changed = sum(old.get(one, 0) != new.get(one, 0) for one in {*old, *new})
    if changed:
        yield f"the usage of {changed} works or sites is not what it was when the run was frozen."


def _usage(found: Evidence) -> dict[tuple[str, str], int]:
    """Requests by pot and subject."""
    sums: dict[tuple[str, str], int] = {}
    for pot, counts in found.counts.items():
        columns = zip(*map(arrays.to_list, (counts.subjects, counts.requests)), strict=True)
        for subject, requests in columns:
            key = (pot, found.subjects.ids[subject])
            sums[key] = sums.get(key, 0) + requests
    return sums


def _in_currency(pot: Pot, wanted: str) -> Pot:
    """The pot as a run by the plan proposed would have made it of what came in."""
    if wanted == pot.currency:
        return pot
    if wanted == pot.received_in:
        return replace(pot, amount=pot.received, currency=wanted, conversion=None)
    rate = invoicing.rate_for(pot.received_in, wanted, pot.ends - timedelta(days=1))
    amount = fx.convert(pot.received, rate)[0]
    return replace(pot, amount=amount, currency=wanted, conversion=Conversion(pot.received, rate))
