"""What must always hold of runs; ``quire audit`` says each sentence that does not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Sum
from django.db.models.fields.json import KeyTextTransform

from quire.core import bundle
from quire.core.errors import QuireError
from quire.core.fx import Rate, convert
from quire.core.money import decimal_of
from quire.society.distribution import following, publishing
from quire.society.distribution.corrections import queries as corrections
from quire.society.distribution.keys import signing_key
from quire.society.distribution.models import AwardPart, Line, PartySum, Pot, PotReceipt, Run
from quire.society.distribution.store import standing
from quire.society.invoicing import queries as invoicing
from quire.society.kit import ids
from quire.society.ledger import accounts
from quire.society.ledger import queries as ledger
from quire.society.parties import queries as parties


def pots_are_their_receipts() -> Iterator[str]:
    """A pot is the sum of its receipts."""
    sums = dict(PotReceipt.objects.order_by().values_list("pot").annotate(sum=Sum("receipt__amount")))
    for pot in Pot.objects.exclude(run__state="cancelled").filter(pool=""):
        received, (came_in, currency) = sums.get(pot.id, 0), pot.came_in
        if received != came_in:
            yield f"{pot.tid} is {decimal_of(came_in)} {currency}; receipts: {decimal_of(received)}."


def conversions_are_exact() -> Iterator[str]:
    """A pot that was converted is what its stated rate makes of what came in, cut to the quantum."""
    for pot in Pot.objects.filter(received__isnull=False):
        stated = Rate(pot.received_currency, pot.currency, pot.rate, pot.rate_source, pot.rate_date)
        if convert(pot.received, stated)[0] != pot.amount:
            yield f"{pot.tid} is not what its rate of {pot.rate_date} makes of what came in."


def lines_are_their_pots() -> Iterator[str]:
    """Allocated + held + deducted + funds + residue = received, in every pot of every run with lines."""
    sums = dict(Line.objects.order_by().values_list("pot").annotate(sum=Sum("amount")))
    pooled = _pooled()
    for pot in Pot.objects.filter(run__state__in=["allocated", "reviewed", "approved", "posted", "closed"]):
        sum_ = sums.get(pot.id, 0)
        came = pooled.get((pot.run_id, pot.pool), 0) if pot.pool else pot.amount
        if sum_ != came:
            yield f"The lines of {pot.tid} sum to {decimal_of(sum_)}, the pot is {decimal_of(came)}."


def sums_are_their_lines() -> Iterator[str]:
    """What is kept as the sum of a party's lines of a pot is their sum."""
    rows = Line.objects.filter(party__isnull=False).order_by().values_list("pot", "outcome", "party")
    found = {tuple(key): told for *key, told in rows.annotate(sum=Sum("amount")).iterator()}
    kept = PartySum.objects.values_list("pot", "outcome", "party", "amount")
    for *key, amount in kept.iterator():
        if found.pop(tuple(key), None) != amount:
            yield f"What {ids.show('pty', key[2])} has of {ids.show('pot', key[0])} is kept wrongly."
    for pot, _outcome, party in found:
        yield f"What {ids.show('pty', party)} has of {ids.show('pot', pot)} is not kept at all."


def _pooled() -> dict[tuple[UUID, str], int]:
    """Run and pool to what the run's other pots put into it."""
    into = Line.objects.filter(outcome="pooled").order_by()
    rows = into.values_list("run_id", KeyTextTransform("to", "detail")).annotate(sum=Sum("amount"))
    return {(run, pool): amount for run, pool, amount in rows}


def posted_pots_are_empty() -> Iterator[str]:
    """A pot's account holds exactly the receipts of its licence and period that no posted run has taken."""
    taken: dict[tuple[Any, ...], int] = {}
    done = Pot.objects.filter(run__state__in=["posted", "closed"], pool="")
    for pot in done.select_related("licence"):
        came_in, currency = pot.came_in
        key = (pot.licence.tid, pot.starts, pot.ends, currency)
        taken[key] = taken.get(key, 0) + came_in
    sums: dict[tuple[Any, ...], int] = {}
    for one in invoicing.receipts(date.min, date.max):
        key = (one.licence_tid, one.starts, one.ends, one.currency)
        sums[key] = sums.get(key, 0) + one.amount
    balances = ledger.balances("rights:pot")
    for (licence, starts, ends, currency), amount in taken.items():
        received, code = sums.get((licence, starts, ends, currency), 0), accounts.pot(licence, starts, ends)
        left = -balances.get((code, currency), 0)
        if left != received - amount:
            yield (
                f"The account {code} has {decimal_of(left)} {currency}; of {decimal_of(received)} received, "
                f"{decimal_of(amount)} is distributed."
            )


def held_is_what_lines_hold() -> Iterator[str]:
    """What posted lines hold, by payee or by pot, is on the account that holds it, until it is released."""
    held: dict[tuple[str, str], int] = {}
    found = Line.objects.filter(
        run__state__in=["posted", "closed"], outcome__in=["held", "unclaimed"], release=None
    )
    role = KeyTextTransform("role", "detail")
    for outcome, party, pot, named, currency, amount in (
        found.order_by()
        .values_list("outcome", "party_id", "pot_id", role, "pot__currency")
        .annotate(sum=Sum("amount"))
    ):
        code = accounts.kept(outcome, party and ids.show("pty", party), ids.show("pot", pot), named or "")
        held[code, currency] = held.get((code, currency), 0) + amount
    waiting = AwardPart.objects.filter(waiting=True, release=None).order_by()
    for party, currency, amount in waiting.values_list("party_id", "pot__currency").annotate(
        sum=Sum("amount")
    ):
        code = accounts.held(ids.show("pty", party))
        held[code, currency] = held.get((code, currency), 0) + amount
    for family in ("rights:held", "rights:unallocated", "rights:unclaimed"):
        for key, balance in ledger.balances(family).items():
            held[key] = held.get(key, 0) + balance
    for (code, currency), rest in sorted(held.items()):
        if rest:
            yield f"What lines hold and what {code} holds differ by {decimal_of(rest)} {currency}."


def files_are_those_recorded() -> Iterator[str]:
    """Frozen and computed files are there and unchanged; published bundles are sound and signed by us."""
    place = standing()
    for run in Run.objects.exclude(state__in=["open", "cancelled"]):
        for part, digest in (("inputs", run.inputs_digest), ("results", run.results_digest)):
            try:
                if digest:
                    place.load(run.tid, part, digest)
            except QuireError as problem:
                yield problem.sentence
        if run.state == "closed":
            yield from _bundle(run)


def awards_are_their_lines() -> Iterator[str]:
    """Pot by pot, the parts of an award sum to the lines that it gave away."""
    left: dict[tuple[Any, Any], int] = {}
    rows = Line.objects.filter(release__award__isnull=False).order_by()
    for award, pot, amount in rows.values_list("release__award", "pot").annotate(sum=Sum("amount")):
        left[award, pot] = amount
    for award, pot, amount in (
        AwardPart.objects.order_by().values_list("award", "pot").annotate(sum=Sum("amount"))
    ):
        left[award, pot] = left.get((award, pot), 0) - amount
    for (award, _), rest in left.items():
        if rest:
            yield f"The award {ids.show('awd', award)} gives {decimal_of(-rest)} more than it took."


def _bundle(run: Run) -> Iterator[str]:
    from quire.core.tokens import KeySet

    keys = KeySet.of(signing_key().public_jwk())
    folder = publishing.folder(run)
    try:
        found = bundle.read(folder)
        yield from (f"The bundle of {run.tid}: {finding.sentence}" for finding in bundle.check(found, keys))
        if found.manifest.root != run.bundle_root:
            yield f"The bundle of {run.tid} has another root than the run recorded."
        if dict(bundle.read(folder.with_name(folder.name + ".zip")).contents) != dict(found.contents):
            yield f"The zip of {run.tid} is not the bundle in its folder."
    except QuireError as problem:
        yield f"The bundle of {run.tid}: {problem.sentence}"


def approvals_are_by_others() -> Iterator[str]:
    """Every run past review was approved by somebody else, for the results it has."""
    for run in Run.objects.filter(state__in=["approved", "posted", "closed"]).select_related("approval"):
        approval = getattr(run, "approval", None)
        if (
            approval is None
            or approval.by_id == run.prepared_by_id
            or approval.results_digest != run.results_digest
        ):
            yield f"{run.tid} went on without a second person's approval of its results."


def balances_are_with_those_who_stand_in() -> Iterator[str]:
    """A party that is no more has no balance left, once it is clear who stands in its place."""
    owed = {code for (code, _), amount in ledger.balances("rights:payable").items() if amount < 0}
    for row in parties.succeeded().values():
        if row.takers and accounts.payable(row.party_tid) in owed:
            yield f"{row.code} still has a balance, though others stand in its place since {row.starts}."


CHECKS = [
    pots_are_their_receipts,
    conversions_are_exact,
    lines_are_their_pots,
    sums_are_their_lines,
    posted_pots_are_empty,
    held_is_what_lines_hold,
    files_are_those_recorded,
    approvals_are_by_others,
    awards_are_their_lines,
    balances_are_with_those_who_stand_in,
    following.runs_follow_one_another,
    *corrections.CHECKS,
]
