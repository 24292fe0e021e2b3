"""Agreements on record, as people read them and as a run follows them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any, Protocol
from uuid import UUID

from quire.core import chains
from quire.core.shares import UNKNOWN, Holder, Shares, share_text
from quire.society.kit import ids
from quire.society.kit.nouns import one
from quire.society.parties.models import Party
from quire.society.repertoire.models import Agreement, Work


@dataclass(frozen=True, slots=True)
class AgreementRow:
    """An agreement: ``takers`` are (code, role, share), ``works`` keys; ``ends`` is the day it was ended on,
    if it was, else its term's. Empty ``works``, ``uses`` or ``roles``: all. ``told``: as a run follows it."""

    id: UUID
    tid: str
    code: str
    giver: str
    retention: Fraction
    takers: tuple[tuple[str, str, Fraction], ...]
    works: tuple[str, ...]
    uses: tuple[str, ...]
    roles: tuple[str, ...]
    starts: date | None
    ends: date | None
    reason: str
    told: chains.Agreement


class Stated(Protocol):
    """An agreement's terms by codes and keys, on record or still to be recorded."""

    @property
    def code(self) -> str: ...
    @property
    def giver(self) -> str: ...
    @property
    def retention(self) -> Fraction: ...
    @property
    def takers(self) -> Iterable[tuple[str, str, Fraction]]: ...
    @property
    def works(self) -> Iterable[str]: ...
    @property
    def uses(self) -> Iterable[str]: ...
    @property
    def roles(self) -> Iterable[str]: ...
    @property
    def starts(self) -> date | None: ...
    @property
    def ends(self) -> date | None: ...


def stated(one: Stated) -> dict[str, Any]:
    """An agreement's terms for the record and for programs: shares as texts, days as 2026-01-31."""
    return {
        "code": one.code,
        "giver": one.giver,
        "retention": share_text(one.retention),
        "takers": [[party, role, share_text(share)] for party, role, share in one.takers],
        "works": list(one.works),
        "uses": list(one.uses),
        "roles": list(one.roles),
        "from": one.starts and one.starts.isoformat(),
        "until": one.ends and one.ends.isoformat(),
    }


def agreements(givers: Iterable[UUID] | None = None) -> tuple[AgreementRow, ...]:
    """Every agreement, or those of some givers, by code."""
    found = Agreement.objects.select_related("giver", "ended").prefetch_related(
        "takers__party", "works__work"
    )
    if givers is not None:
        found = found.filter(giver__in=list(givers))
    return tuple(_row(agreement) for agreement in found.order_by("code"))


def agreement(code: str) -> AgreementRow:
    """The agreement of this code, or kit.nouns.Unknown."""
    found = one(Agreement.objects.filter(code=code[:64]), f"No agreement has the code {code[:64]!r}.")
    return next(row for row in agreements([found.giver_id]) if row.code == found.code)


def _row(found: Agreement) -> AgreementRow:
    takers = sorted(
        found.takers.all(), key=lambda taker: (taker.party.code if taker.party else "~", taker.role)
    )
    works = sorted((named.work for named in found.works.all()), key=lambda work: work.key)
    ended = getattr(found, "ended", None)
    ends = ended.ends if ended else found.ends
    holders = (
        Holder(ids.show(Party.prefix, taker.party_id) if taker.party else UNKNOWN, taker.role, taker.share)
        for taker in takers
    )
    told = chains.Agreement(
        found.tid,
        chains.PASS_THROUGH,
        found.giver.tid,
        found.starts,
        ends,
        found.retention,
        Shares(tuple(holders)),
        tuple(sorted(ids.show(Work.prefix, work.id) for work in works)) or None,
        tuple(found.uses) or None,
        tuple(found.roles) or None,
    )
    return AgreementRow(
        found.id, found.tid, found.code, found.giver.code, found.retention,
        tuple((taker.party.code if taker.party else UNKNOWN, taker.role, taker.share) for taker in takers),
        tuple(work.key for work in works), tuple(found.uses), tuple(found.roles),
        found.starts, ends, ended.reason if ended else "", told,
    )  # fmt: skip
