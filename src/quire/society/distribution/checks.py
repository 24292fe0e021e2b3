"""What must always hold of runs; ``quire audit`` says each sentence that does not."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Sum

from quire.core import bundle
from quire.core.errors import QuireError
from quire.core.money import decimal_of
from quire.society.distribution import publishing
from quire.society.distribution.keys import signing_key
from quire.society.distribution.models import Line, Pot, PotReceipt, Run
from quire.society.distribution.store import standing
from quire.society.ledger import accounts
from quire.society.ledger import queries as ledger


def pots_are_their_receipts() -> Iterator[str]:
    """A pot is the sum of its receipts."""
    for pot in Pot.objects.exclude(run__state="cancelled"):
        received = PotReceipt.objects.filter(pot=pot).aggregate(sum=Sum("receipt__amount"))["sum"] or 0
        if received != pot.amount:
            yield f"{pot.tid} is {decimal_of(pot.amount)} {pot.currency}; receipts: {decimal_of(received)}."


def lines_are_their_pots() -> Iterator[str]:
    """Allocated + held + deducted + funds + residue = received, in every pot of every run with lines."""
    for pot in Pot.objects.filter(run__state__in=["allocated", "reviewed", "approved", "posted", "closed"]):
        sum_ = Line.objects.filter(pot=pot).aggregate(sum=Sum("amount"))["sum"] or 0
        if sum_ != pot.amount:
            yield f"The lines of {pot.tid} sum to {decimal_of(sum_)}, the pot is {decimal_of(pot.amount)}."


def posted_pots_are_empty() -> Iterator[str]:
    """What a posted run distributed has left the pot's account."""
    for pot in Pot.objects.filter(run__state__in=["posted", "closed"]).select_related("licence"):
        code = accounts.pot(pot.licence.tid, pot.starts, pot.ends)
        waiting = (
            Pot.objects.filter(licence=pot.licence, starts=pot.starts, ends=pot.ends)
            .exclude(run__state__in=["posted", "closed", "cancelled"])
            .exists()
        )
        left = ledger.balance(code, pot.currency)
        if left > 0:
            yield f"The account {code} was emptied by {decimal_of(left)} {pot.currency} too much."
        if left < 0 and not waiting and -left < pot.amount:
            yield f"The account {code} still has {decimal_of(-left)} {pot.currency} after its run."


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


def _bundle(run: Run) -> Iterator[str]:
    from quire.core.tokens import KeySet

    keys = KeySet.of(signing_key().public_jwk())
    try:
        found = bundle.read(publishing.folder(run))
        yield from (f"The bundle of {run.tid}: {finding.sentence}" for finding in bundle.check(found, keys))
        if found.manifest.root != run.bundle_root:
            yield f"The bundle of {run.tid} has another root than the run recorded."
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


CHECKS = [
    pots_are_their_receipts,
    lines_are_their_pots,
    posted_pots_are_empty,
    files_are_those_recorded,
    approvals_are_by_others,
]
