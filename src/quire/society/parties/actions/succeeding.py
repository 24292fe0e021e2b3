"""Record who stands in a party's place from a day on; and, once it is clear, who it is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from uuid import UUID

from django.db import transaction

from quire.core.chains import ChainWrong, check
from quire.core.shares import share_text
from quire.society.kit import acts, clock, config, locks
from quire.society.kit.fields import LONGEST
from quire.society.parties import queries
from quire.society.parties.errors import SucceededAlready, SuccessionRefused
from quire.society.parties.models import SUCCESSIONS, UNIVERSAL, Party, Succession, Successor, User
from quire.society.parties.queries import Ref

REASON = 200


def record_succession(
    *,
    party: Ref,
    starts: date,
    kind: str,
    takers: Mapping[str, Fraction] | None = None,
    unclear: str = "",
    by: User | None,
) -> Succession:
    """``takers`` (code to share) stand in the party's place from ``starts``; or ``unclear`` says why nobody
    knows yet who does.

    Refuses, in this order: an auditor; a party that is not on record; a kind that is not known; both takers
    and a reason, or neither; a share of nothing, shares that do not sum to one; a day to come, of a party
    that is said to be no more; a party that others succeed already, unless that was unclear and is clarified
    by this; a circle; more payees in the end than ``QUIRE_MOST_SUCCESSORS``. The same again changes nothing.

    Balances are moved by ``distribution.actions.succeed``, which calls this.
    """
    queries.may_write(by)
    found = queries.party(party)
    _must_say(found, kind, takers or {}, unclear.strip())
    if kind in UNIVERSAL and starts > clock.today():
        raise SuccessionRefused(f"{starts} is to come; record {SUCCESSIONS[kind]} once it has come.")
    owners = {queries.party(code): share for code, share in (takers or {}).items()}
    with transaction.atomic():
        locks.wait("parties")
        before = _before(found)
        if before and _same(before, kind, starts, owners, unclear.strip()):
            return before
        _must_be_open(found, before, owners)
        made = Succession.objects.create(
            party=found, kind=kind, starts=starts, unclear=unclear.strip(), clarifies=before
        )
        Successor.objects.bulk_create(
            Successor(succession=made, party=taker, share=share) for taker, share in owners.items()
        )
        _must_lead_somewhere(found.id)
        acts.record(
            "parties.succeed",
            found,
            by=by,
            succession=made.tid,
            kind=kind,
            starts=starts.isoformat(),
            unclear=made.unclear,
            clarifies=before.tid if before else None,
            takers=[[taker.code, share_text(share)] for taker, share in owners.items()],
        )
    return made


def _must_say(party: Party, kind: str, takers: Mapping[str, Fraction], unclear: str) -> None:
    if kind not in SUCCESSIONS:
        told = ", ".join(f"{name} ({means})" for name, means in SUCCESSIONS.items())
        raise SuccessionRefused(f"{kind[:40]!r} is no kind of succession; kinds are {told}.")
    if bool(takers) == bool(unclear):
        raise SuccessionRefused(
            f"Say either who succeeds {party.code}, with shares, or why that is not clear yet."
        )
    if len(unclear) > REASON:
        raise SuccessionRefused(f"The reason is longer than {REASON} characters.")
    if not unclear.isprintable():
        raise SuccessionRefused("The reason stands on one line, of characters that can be shown.")
    for code, share in takers.items():
        if not 0 < share <= 1:
            raise SuccessionRefused(f"{code} cannot have a share of {share_text(share)}.")
        if share.denominator >= LONGEST:
            raise SuccessionRefused(
                f"The share of {code} would need more than thirty digits to be kept exactly; round it."
            )
    if takers and (whole := sum(takers.values(), Fraction(0))) != 1:
        raise SuccessionRefused(
            f"The successors' shares add up to {share_text(whole)}; they must add up to 1."
        )


def _before(party: Party) -> Succession | None:
    """The record that stands, if there is one."""
    found: Succession | None = Succession.objects.filter(party=party, clarified_by=None).first()
    return found


def _same(
    before: Succession, kind: str, starts: date, owners: Mapping[Party, Fraction], unclear: str
) -> bool:
    known = {taker.party_id: taker.share for taker in before.takers.all()}
    told = {party.id: share for party, share in owners.items()}
    return (before.kind, before.starts, before.unclear, known) == (kind, starts, unclear, told)


def _must_be_open(party: Party, before: Succession | None, owners: Mapping[Party, Fraction]) -> None:
    if before and not before.unclear:
        raise SucceededAlready(
            f"Others have had the place of {party.code} since {before.starts}; record what became of them.",
            succession=before.tid,
        )
    if before and not owners:
        raise SucceededAlready(
            f"That it is not clear who succeeds {party.code} is on record already: {before.unclear}.",
            succession=before.tid,
        )


def _must_lead_somewhere(party: UUID) -> None:
    """No circle, and not too many payees in the end; looked at with the new record in its place."""
    rows = queries.successions()
    try:
        check([row.told for row in rows])
    except ChainWrong as problem:
        codes = {row.party_tid: row.code for row in rows}
        names = sorted({codes[one.giver] for one in (row.told for row in rows) if one.id in _named(problem)})
        raise SuccessionRefused(
            f"The succession would come back to where it began: {', '.join(names)} succeed each other."
        ) from problem
    most = config.most_successors()
    for row, payees in queries.payees_behind(rows, party):
        if len(payees) > most:
            raise SuccessionRefused(
                f"{row.code} would have {len(payees)} payees in its place, and {most} are the most here "
                "(QUIRE_MOST_SUCCESSORS): have the successors name one of them to be paid for several."
            )


def _named(problem: ChainWrong) -> list[str]:
    return list(problem.data.get("agreements", ()))
