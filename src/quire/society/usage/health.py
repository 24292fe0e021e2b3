"""How edges are, told from their spools' files and rows: what was lost or never sent is seen here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db.models import Prefetch

from quire.society.kit import ids
from quire.society.repertoire import queries as repertoire
from quire.society.usage.acceptance import spools
from quire.society.usage.account import Facts
from quire.society.usage.models import Edge, Spool

SILENT = timedelta(hours=24)
"""An edge that is not revoked and was not heard for so long is told of."""
SKEWED = timedelta(minutes=2)
"""A clock that is off by more is told of."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class SpoolRow:
    """One spool. ``through`` is durable here, ``compacted`` counted; ``waiting`` are bytes between the two.

    ``gaps``, ``replays`` and ``differs`` are answers of that kind. ``skew`` is how far the edge's clock is
    ahead of ours, in seconds, at its worst. ``lost`` are numbers that the edge said are gone. ``superseded``:
    its lane came back with another spool and this one was not heard again: what was in it after ``through``,
    if anything, is lost and was never told.
    """

    tid: str
    spool: str
    lane: int
    began: datetime
    heard: datetime | None
    through: int
    compacted: int
    waiting: int
    gaps: int
    replays: int
    differs: int
    skew: float
    lost: int
    set_aside: int
    superseded: bool


@dataclass(frozen=True, slots=True)
class EdgeRow:
    """One edge with its spools. How much still waits at the edge is not known here: it tells nobody.

    ``silent`` is the time since it was heard, None where it never was.
    """

    tid: str
    name: str
    site: str
    host: str
    registered: datetime
    revoked: datetime | None
    revoked_reason: str
    heard: datetime | None
    silent: timedelta | None
    spools: tuple[SpoolRow, ...]

    def alarms(self) -> tuple[str, ...]:
        """What a person should look at, a sentence each; none where all is well."""
        return tuple(_alarms(self))


def edges(name: str = "", sites: Iterable[UUID] | None = None) -> tuple[EdgeRow, ...]:
    """Every edge, the first registered first; with ``name`` (its id) only that one, with ``sites`` only
    theirs."""
    spools_ = Spool.objects.select_related("record").order_by("began", "id")
    rows = Edge.objects.order_by("id").prefetch_related(Prefetch("spools", spools_))
    if name:
        rows = rows.filter(id=ids.read(Edge.prefix, name))
    if sites is not None:
        rows = rows.filter(site__in=list(sites))
    places = {row.id: row for row in repertoire.sites(among={row.site_id for row in rows})}
    now = datetime.now(UTC)
    return tuple(_row(edge, places[edge.site_id], now) for edge in rows)


def _row(edge: Edge, site: repertoire.SiteRow, now: datetime) -> EdgeRow:
    found = _superseded([_spool(edge, one) for one in edge.spools.all()])
    heard = max((one.heard for one in found if one.heard), default=None)
    silent = None if heard is None else max(now - heard, timedelta())
    return EdgeRow(edge.tid, edge.name, site.code, site.host, edge.registered_at, edge.revoked_at,
                   edge.revoked_reason, heard, silent, tuple(found))  # fmt: skip


def _spool(edge: Edge, spool: Spool) -> SpoolRow:
    place = spools.folder(edge.tid, spool.spool)
    tail = spools.read_tail(place)
    size = sum(path.stat().st_size for path in spools.segments(place)) + spool.forgotten
    facts = Facts.from_json(spool.record.account)
    heard = _EPOCH + timedelta(microseconds=tail.head.received) if tail.head else None
    skew = max(((tail.head.sent - tail.head.received) // 1000 if tail.head else 0), spool.skew, key=abs)
    return SpoolRow(
        spool.tid, spool.spool, spool.lane, spool.began, heard, max(tail.through, spool.record.line),
        spool.record.line, max(0, size - spool.record.offset), spool.gaps, spool.replays, spool.differs,
        skew / 1000, _lines(facts, "lost"), _lines(facts, "unreadable") + _lines(facts, "conflicting"), False,
    )  # fmt: skip


def _lines(facts: Facts, heading: str) -> int:
    return facts.tallies[heading].lines if heading in facts.tallies else 0


def _superseded(found: list[SpoolRow]) -> list[SpoolRow]:
    """The spools, told which of them were followed by another of their lane and not heard again."""

    def followed(one: SpoolRow) -> bool:
        later = (other for other in found if other.lane == one.lane and other.tid != one.tid)
        return one.heard is not None and any(other.began > one.heard for other in later)

    return [replace(one, superseded=followed(one)) for one in found]


def _alarms(edge: EdgeRow) -> Iterable[str]:
    if edge.revoked is None and edge.silent is None and edge.registered < datetime.now(UTC) - SILENT:
        yield "It was registered and has never been heard."
    if edge.revoked is None and edge.silent is not None and edge.silent > SILENT:
        yield f"It was last heard {edge.heard:%Y-%m-%d %H:%M} UTC, {edge.silent.days} days ago."
    for one in edge.spools:
        where = f"Lane {one.lane}, spool {one.spool[:8]}"
        if one.superseded:
            yield (
                f"{where} was never finished: the lane came back with another spool. The society has it "
                f"through {one.through}; whatever followed is lost."
            )
        if one.lost:
            yield f"{where}: the edge lost {one.lost:,} numbers and said so; at most so many events are gone."
        if one.differs:
            yield f"{where}: {one.differs:,} times numbers came again with another content; it was not taken."
        if abs(one.skew) > SKEWED.total_seconds():
            ahead = "ahead" if one.skew > 0 else "behind"
            yield f"{where}: the edge's clock was up to {abs(one.skew):,.0f} seconds {ahead} of ours."
        if one.set_aside:
            yield f"{where}: {one.set_aside:,} events were set aside, each with its reason."
