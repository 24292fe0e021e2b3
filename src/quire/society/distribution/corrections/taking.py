"""What a run takes upon itself when it is frozen: rows not yet posted, debts outstanding, and their evidence.

A run has a pot of adjustments, which receives nothing, for each of its currencies in which there is anything
to adjust. In one currency only one run at a time has such a pot and is not posted: what is owed after it is
not known before. Others leave corrections and debts to a later run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Q, Sum, Value
from django.db.models.functions import Coalesce

from quire.core.corrections import Correction as Row
from quire.core.corrections import Debt
from quire.core.corrections.records import read
from quire.core.distribution.adjusting import PREFIX
from quire.society.distribution.corrections.errors import HoldNeeded
from quire.society.distribution.corrections.models import Corrected, CorrectedIn, Owed
from quire.society.distribution.models import Hold, Line, Pot, Run
from quire.society.kit import ids
from quire.society.kit.fields import QuantaField

DONE = ("posted", "closed")


@dataclass(frozen=True, slots=True)
class Taken:
    """The corrections and debts of a run, as evidence; whoever and whatever they name, and since when."""

    corrections: tuple[Row, ...] = ()
    debts: tuple[Debt, ...] = ()

    @property
    def facts(self) -> dict[str, Any]:
        """As fields of ``Evidence``."""
        return {"corrections": self.corrections, "debts": self.debts}

    @property
    def parties(self) -> set[UUID]:
        named = {one.party for row in self.corrections for one in row.old}
        named |= {one.party for row in self.corrections for one in row.new or ()}
        named |= {name for debt in self.debts for name in (debt.debtor, debt.creditor)}
        return {ids.read("pty", name) for name in named if name.startswith("pty_")}

    @property
    def works(self) -> set[UUID]:
        return {ids.read("wrk", one.subject) for one in self.corrections if one.subject.startswith("wrk_")}

    def since(self, day: date) -> date:
        """The first day that one of the corrections is about, or ``day``."""
        return min([day, *(one.starts for one in self.corrections)])


def take(run: Run) -> None:
    """Make the run's pots of adjustments, and have it post every row that no run has taken.

    Call it in the transaction that freezes the run, once nobody else can (``distribution:adjustments``).
    """
    for currency in sorted(set(run.pots.filter(pool="").values_list("currency", flat=True))):
        waiting = list(Corrected.objects.filter(currency=currency, taken=None).order_by("id"))
        if (waiting or outstanding(currency)) and not _busy(currency):
            pot = Pot.objects.create(
                run=run,
                pool=f"{PREFIX}{currency}",
                starts=run.starts,
                ends=run.ends,
                currency=currency,
                amount=0,
            )
            CorrectedIn.objects.bulk_create(CorrectedIn(corrected=one, pot=pot) for one in waiting)


def _busy(currency: str) -> bool:
    """Whether another run has adjustments of the currency that are not posted."""
    return under_way(currency) is not None


def under_way(currency: str) -> Run | None:
    """The run that has adjustments of the currency and is not posted, if there is one."""
    pots = Pot.objects.filter(pool=f"{PREFIX}{currency}").exclude(run__state__in=[*DONE, "cancelled"])
    found = pots.select_related("run").first()
    return found.run if found else None


def leave(run: Run) -> None:
    """What the run had taken waits for another one."""
    CorrectedIn.objects.filter(pot__run=run).delete()


def last(currency: str) -> Pot | None:
    """The pot of the last posted adjustments in a currency."""
    found = Pot.objects.filter(pool=f"{PREFIX}{currency}", run__state__in=DONE)
    return found.order_by("-id").first()


@dataclass(frozen=True, slots=True)
class Left:
    """A debt as the last run left it, with what is left of it in quanta: ``settled`` was repaid, or written
    off, since."""

    owed: Owed
    amount: int
    settled: int


def outstanding(currency: str) -> list[Left]:
    """What is owed in a currency now, in its order."""
    pot = last(currency)
    if pot is None:
        return []
    rows = Owed.objects.filter(pot=pot).select_related(
        "debtor", "creditor", "corrected__correction__work", "corrected__correction__census__survey"
    )
    found = rows.annotate(gone=Coalesce(Sum("settled__amount"), Value(0), output_field=QuantaField()))
    left = [Left(one, one.amount - int(one.gone), int(one.gone)) for one in found.order_by("id")]
    return [one for one in left if one.amount]


def of_run(run: Run) -> Taken:
    """The evidence of what the run has taken."""
    rows: dict[str, Row] = {}
    debts: list[Debt] = []
    for pot in run.pots.filter(pool__startswith=PREFIX).order_by("currency"):
        for one in Corrected.objects.filter(taken__pot=pot).order_by("id"):
            rows[one.tid] = replace(row_of(one), held=tuple(_held(one)))
        owed = outstanding(pot.currency)
        debts += [debt_of(one) for one in owed]
        before = {one.owed.corrected_id for one in owed}
        before |= {ids.read("crd", row.after) for row in rows.values() if row.after}
        rows |= {one.tid: replace(row_of(one), posted=posted) for one, posted in _posted(before)}
    return Taken(tuple(sorted(rows.values(), key=lambda row: row.age)), tuple(debts))


def _posted(wanted: Iterable[UUID]) -> Iterator[tuple[Corrected, str]]:
    """Rows of earlier runs, with those that they come after, and the run that posted each."""
    seen: set[UUID] = set()
    left = set(wanted)
    while left:
        seen |= left
        found = Corrected.objects.filter(id__in=left).select_related("taken__pot__run").order_by("id")
        left = set()
        for one in found:
            yield one, one.taken.pot.run.tid
            if after := one.record.get("after"):
                left |= {ids.read("crd", after)} - seen


class _Anybody:
    """In place of a run's parties: every one is known."""

    @staticmethod
    def party(name: str) -> int:
        return 0


def row_of(one: Corrected) -> Row:
    """A row on record, as the core has it."""
    return read(one.record, _Anybody())  # type: ignore[arg-type]


def debt_of(one: Left) -> Debt:
    """A debt on record, as the core has it."""
    told = one.owed
    whom = told.creditor.tid if told.creditor else told.fund
    return Debt(told.corrected.tid, told.debtor.tid, whom, told.corrected.currency, one.amount, one.settled)


def _held(one: Corrected) -> Iterator[tuple[int, int, str]]:
    """The row's lines that are on hold still, with what earlier corrections left of each."""
    numbers = [line[4] for line in one.record["old"]]
    lines = Line.objects.filter(
        run=one.run_id, number__in=numbers, outcome="held", hold__isnull=False, release=None
    )
    for line in lines.select_related("hold").order_by("number"):
        left = line.amount + _taken_of(one, line.number)
        if left > 0:
            yield line.number, left, line.hold.tid


def must_be_free(hold: Hold) -> None:
    """Refuse to release what a run, frozen and not posted, takes a correction out of: HoldNeeded."""
    waiting = ["frozen", "allocated", "reviewed", "approved"]
    for one in Corrected.objects.filter(taken__pot__run__state__in=waiting).select_related("taken__pot__run"):
        numbers = [line[4] for line in one.record["old"]]
        if Line.objects.filter(run=one.run_id, number__in=numbers, hold=hold, release=None).exists():
            run = one.taken.pot.run
            raise HoldNeeded(
                f"The run {run.tid}, which is {run.state}, corrects what {hold.tid} holds; release it once "
                "that run is posted, or cancel the run.",
                run=run.tid,
            )


def _taken_of(one: Corrected, number: int) -> int:
    """What earlier corrections took out of a held line, below zero."""
    told = {"run": one.record["run"], "lines": [number]}
    found = Line.objects.filter(
        Q(run__state__in=DONE), outcome="held", amount__lt=0, detail__contains={"corrects": told}
    )
    return int(found.aggregate(sum=Sum("amount"))["sum"] or 0)
