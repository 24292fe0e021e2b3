"""Take what a lab reports of its own use: each event once, and every other one named with its reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db import transaction

from quire.core.errors import Refused
from quire.society.kit import acts, clock
from quire.society.licensing import queries as licensing
from quire.society.licensing.queries import ClientRow
from quire.society.parties.models import User
from quire.society.usage.models import Report
from quire.society.usage.reports import reading, storing
from quire.society.usage.reports.reading import Event, Refusal


class NotYours(Refused):
    """Every event of a report names a licence that its sender does not hold."""

    code = "report.not-yours"


@dataclass(frozen=True, slots=True)
class ReportResult:
    """``taken`` events are kept from now on, ``again`` were before; each of ``refused`` says why.

    The three together are all events of the report. ``tid`` is the report's id; empty where nothing was
    written, because all of it was known, or came from a client of the sandbox.
    """

    taken: int
    again: int
    refused: tuple[Refusal, ...]
    tid: str = ""


@dataclass(frozen=True, slots=True)
class _Told:
    """An event with the key that it is kept under, and what is kept of it."""

    event: Event
    key: UUID
    said: tuple[Any, ...]


def take_report(*, client: ClientRow, body: bytes, lines: bool, by: User | None = None) -> ReportResult:
    """Take a report (docs/boundary.md §10): an event batch, or with ``lines`` an event on a line.

    Checked in this order: the body can be read (``NotAReport``, ``TooMuch``); each event fits, else it is
    refused by itself; each names a licence of the client's own licensee, else it is refused by itself, or
    the whole report where that is so of all of it (``NotYours``); an event under an id that is known says
    the same as before, else it is refused. The others are kept, in one transaction. What a client of the
    sandbox sends is read and answered alike, and not kept.
    """
    report = reading.read(body, lines=lines, now=max(clock.now(), datetime.now(UTC)))
    told, others = _own(report.events, client)
    if others and not told and not report.refused:
        named = [{"index": one.index, "reason": one.reason} for one in others[:100]]
        raise NotYours("None of these events is under a licence of this client's licensee.", refused=named)
    refused = (*report.refused, *others)
    if client.mode == "sandbox" or not (told or refused):
        return _judged(told, {one.key for one in told}, {}, refused)
    return _store(client, body, told, refused, by)


def _own(events: Sequence[Event], client: ClientRow) -> tuple[list[_Told], list[Refusal]]:
    """The events under the client's own licences, and refusals of the others."""
    licences = licensing.named_by(client.licensee, {event.ref for event in events})
    told, others = [], []
    for event in events:
        if event.ref in licences:
            said = storing.columns(event, licences[event.ref])
            told.append(_Told(event, event.key(client.licensee), said))
        else:
            reason = f"Its license_ref names no licence of {client.licensee_code}."
            others.append(Refusal(event.index, "licence", reason))
    return told, others


def _store(
    client: ClientRow, body: bytes, told: Sequence[_Told], refused: Sequence[Refusal], by: User | None
) -> ReportResult:
    """The events, and then the report's row that says how many they were: keys are checked at the end."""
    rows = {one.key: one.said for one in reversed(told)}  # the first of a key is the one that is kept
    digest = f"sha256:{sha256(body).hexdigest()}"
    record = Report(licensee_id=client.licensee, client=client.tid, received=clock.now(), digest=digest)
    with transaction.atomic(durable=True):
        made = storing.insert(record, rows)
        result = _judged(told, made, storing.kept([key for key in rows if key not in made]), refused)
        if not made and Report.objects.filter(licensee_id=client.licensee, digest=digest).exists():
            return result
        moments = [one.event.at for one in told if one.key in made]
        record.taken, record.again, record.refused = result.taken, result.again, len(result.refused)
        record.reasons = dict(Counter(one.code for one in result.refused))
        record.starts, record.ends = min(moments, default=None), max(moments, default=None)
        record.save(force_insert=True)
        acts.record("usage.report", record, by=by, client=client.tid, taken=result.taken, again=result.again,
                    refused=len(result.refused))  # fmt: skip
    return ReportResult(result.taken, result.again, result.refused, record.tid)


def _judged(
    told: Sequence[_Told], made: set[UUID], before: Mapping[UUID, Any], refused: Sequence[Refusal]
) -> ReportResult:
    """What became of each event: ``made`` are keys that are new, ``before`` what others say already."""
    stands, again, every = dict(before), 0, list(refused)
    for one in told:
        known = stands.setdefault(one.key, one.said)
        if known is one.said:
            continue
        if known == one.said:
            again += 1
        else:
            reason = "Its id was sent before with another content."
            every.append(Refusal(one.event.index, "differs", reason))
    return ReportResult(len(made), again, tuple(sorted(every, key=lambda one: one.index)))
