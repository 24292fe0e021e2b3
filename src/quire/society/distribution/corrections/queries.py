"""What others may read of corrections: claims with what became of them, and what is owed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from quire.core.distribution.adjusting import PREFIX
from quire.core.money import decimal_of, quanta_of
from quire.core.plan import Plan
from quire.core.shares import parse_share
from quire.society.distribution.corrections import counted, reconciling, rows, settlements, taking, window
from quire.society.distribution.corrections.booking import sums
from quire.society.distribution.corrections.models import KINDS, Correction
from quire.society.distribution.models import Line, Pot, Run
from quire.society.kit import clock, ids
from quire.society.kit.nouns import one
from quire.society.ledger import queries as ledger
from quire.society.membership import queries as membership
from quire.society.parties import queries as parties
from quire.society.repertoire import queries as repertoire


@dataclass(frozen=True, slots=True)
class CorrectionRow:
    """A claim: ``state`` is filed, accepted, posted (all of its rows) or refused."""

    tid: str
    run: str
    work: str
    kind: str
    reason: str
    filed_on: date
    filed_by: str
    state: str
    decided_by: str
    note: str
    rows: int
    until: date


@dataclass(frozen=True, slots=True)
class Change:
    """What a party (by its code) or a fund has too little or, below zero, too much; quanta of ``currency``,
    before agreements."""

    currency: str
    whom: str
    amount: int


@dataclass(frozen=True, slots=True)
class DebtRow:
    """What a debtor owes a creditor (both by code; or a fund) now. ``repayable``: the debtor is no member any
    more, so that nothing it earns may ever suffice, and the rest is asked for."""

    correction: str
    work: str
    debtor: str
    creditor: str
    currency: str
    amount: int
    since: date
    repayable: bool


def corrections(state: str = "") -> list[CorrectionRow]:
    """Every claim, the newest first; those of one state, if it is named."""
    found = Correction.objects.select_related(
        "run", "work", "census__survey", "filed_by", "decided_by"
    ).order_by("-id")
    told = map(_row, found.prefetch_related("rows__taken__pot__run"))
    return [row for row in told if state in ("", row.state)]


def correction(name: str) -> CorrectionRow:
    """One claim by its id. Raises Unknown."""
    return _row(_find(name))


def changes_of(name: str) -> list[Change]:
    """What a claim changes, by currency: as it stands on record, or as it would now.

    Raises Unknown, NothingToCorrect, OwnerUnknown.
    """
    claim = _find(name)
    kept = list(claim.rows.order_by("id"))
    found = [taking.row_of(row) for row in kept] if kept else rows.corrected(claim)
    codes = _codes()
    return [
        Change(currency, codes.get(whom, whom), amount)
        for currency, mine in sorted(rows.differences(found).items())
        for whom, amount in sorted(mine.items(), key=lambda one: (one[1], one[0]))
        if amount
    ]


def register_differs(name: str) -> date | None:
    """The first day of the claim's run, if the register has other owners on it than the claim says."""
    claim = _find(name)
    if not claim.shares:
        return None
    said = {(party, role): parse_share(share) for party, role, share in claim.shares}
    day = claim.run.starts
    known = {(one.party, one.role): one.share for one in rows.registered(claim)(day)}
    return day if said != known else None


def runs_by_survey(name: str) -> list[str]:
    """The closed runs whose plan divides by a survey, the oldest first."""
    found = Run.objects.filter(state="closed").select_related("plan").order_by("starts", "opened_at", "id")
    return [run.tid for run in found if name in Plan.parse(run.plan.text).surveys]


def left_out_of(name: str) -> list[str]:
    """What a census counted and a claim by it gives nothing for, because nobody here has it."""
    claim = _find(name)
    return [] if claim.census_id is None else sorted(reconciling.left_out(claim))


def debts() -> list[DebtRow]:
    """What is owed for corrections now, the oldest first of each currency."""
    left = set(membership.spans()) - {one.party.id for one in membership.members_on(clock.today())}
    found = []
    for currency in sorted({pool.removeprefix(PREFIX) for pool in _pools()}):
        for row in taking.outstanding(currency):
            one = row.owed
            claim = one.corrected.correction
            found.append(
                DebtRow(
                    claim.tid,
                    claim.about,
                    one.debtor.code,
                    one.creditor.code if one.creditor else one.fund,
                    currency,
                    row.amount,
                    claim.filed_on,
                    one.debtor_id in left,
                )
            )
    return found


def _pools() -> set[str]:
    return set(Pot.objects.filter(pool__startswith=PREFIX).values_list("pool", flat=True))


def _find(name: str) -> Correction:
    found: Correction = one(
        Correction.objects.filter(id=ids.read(Correction.prefix, name)), f"No correction has the id {name}."
    )
    return found


def _row(claim: Correction) -> CorrectionRow:
    kept = list(claim.rows.all())
    posted = kept and all(
        getattr(row, "taken", None) and row.taken.pot.run.state in taking.DONE for row in kept
    )
    return CorrectionRow(
        claim.tid,
        claim.run.tid,
        claim.about,
        KINDS[claim.kind],
        claim.reason,
        claim.filed_on,
        claim.filed_by.username,
        "posted" if posted else claim.state,
        claim.decided_by.username if claim.decided_by else "",
        claim.note,
        len(kept),
        window.until(claim.run),
    )


def _codes() -> dict[str, str]:
    return {name.tid: name.code for name in parties.names().values()}


def corrected_rows(run_id: UUID) -> dict[int, str]:
    """First line of each row of a closed run that was corrected, to the claim."""
    found = Correction.objects.filter(run=run_id, state="accepted").prefetch_related("rows")
    return {row.first_line: claim.tid for claim in found for row in claim.rows.all()}


@dataclass(frozen=True, slots=True)
class TakenBackRow:
    """Usage that was divided and then taken back: of a work or site (by its key), some days and a use."""

    work: str
    licence: str
    starts: date
    ends: date
    use: str
    requests: int
    run: str


def taken_back() -> list[TakenBackRow]:
    """All of it, the newest last; ``run`` is the one that found it."""
    found = counted.taken_back()
    works, sites = (
        {ids.read(kind, one.subject) for one in found if one.subject.startswith(f"{kind}_")}
        for kind in ("wrk", "sit")
    )
    keys = {row.tid: row.key for row in repertoire.subjects(works, sites)}
    return [
        TakenBackRow(
            keys.get(one.subject, one.subject),
            one.pot.licence.code,
            one.starts,
            one.ends,
            one.use,
            one.requests,
            one.pot.run.tid,
        )
        for one in found
    ]


# What must always hold


def memo_is_what_is_owed() -> Iterator[str]:
    """The ledger's memo of debts is what is owed after the last adjustments of each currency."""
    balances = ledger.balances("rights:recoverable") | ledger.balances("rights:awaited")
    for currency in sorted({pool.removeprefix(PREFIX) for pool in _pools()} | {c for _, c in balances}):
        owed = sums(taking.debt_of(one) for one in taking.outstanding(currency))
        booked = {code: amount for (code, of), amount in balances.items() if of == currency}
        for account in sorted({*owed, *booked}):
            rest = booked.get(account, 0) - owed.get(account, 0)
            if rest:
                yield f"{account} and the debts on record differ by {decimal_of(rest)} {currency}."


def corrections_are_of_lines_written() -> Iterator[str]:
    """What a corrected row says of the closed run is what its lines say."""
    for claim in Correction.objects.filter(state="accepted").select_related("run").prefetch_related("rows"):
        for row in claim.rows.all():
            told = {line[4]: quanta_of(line[3]) for line in row.record["old"]}
            lines = dict(
                Line.objects.filter(run=row.run_id, number__in=list(told)).values_list("number", "amount")
            )
            if lines != told or row.record["root"] != claim.run.bundle_root:
                yield f"{row.tid} of {claim.tid} names other lines than {claim.run.tid} has."


CHECKS = [
    memo_is_what_is_owed,
    corrections_are_of_lines_written,
    settlements.settlements_are_their_debts,
    counted.late_usage_counts_once,
]
