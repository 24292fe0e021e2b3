"""Take what a lab reports of its own use: each event once, and every other one named with its reason."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
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


def take_report(*, client: ClientRow, body: bytes, lines: bool, by: User | None = None) -> ReportResult:
    """Take a report (docs/boundary.md §10): an event batch, or with ``lines`` an event on a line.

    Checked in this order: the body can be read (``NotAReport``, ``TooMuch``); each event fits, else it is
    refused by itself; each names a licence of the client's own licensee, else it is refused by itself, or
    the whole report where that is so of all of it (``NotYours``); an event under an id that is known says
    the same as before, else it is refused. The others are kept, in one transaction. What a client of the
    sandbox sends is read and answered alike, and not kept.
    """
    told = reading.read(body, lines=lines, now=max(clock.now(), datetime.now(UTC)))
    licences = licensing.named_by(client.licensee, {event.ref for event in told.events})
    good, refused = _own(told.events, licences, client)
    refused = [*told.refused, *refused]
    if refused and not good and all(one.code == "licence" for one in refused):
        named = [{"index": one.index, "reason": one.reason} for one in refused[:100]]
        raise NotYours("None of these events is under a licence of this client's licensee.", refused=named)
    first, again, differing = _once(good, licences, client.licensee)
    if client.mode == "sandbox":
        return _result(len(first), again, [*refused, *differing])
    return _store(client, body, first, again, [*refused, *differing], licences, by)


def _own(
    events: tuple[Event, ...], licences: dict[str, UUID], client: ClientRow
) -> tuple[list[Event], list[Refusal]]:
    reason = f"Its license_ref names no licence of {client.licensee_code}."
    others = [Refusal(event.index, "licence", reason) for event in events if event.ref not in licences]
    return [event for event in events if event.ref in licences], others


def _once(
    events: list[Event], licences: dict[str, UUID], licensee: UUID
) -> tuple[dict[UUID, Event], int, list[Refusal]]:
    """Each event by its key, how many came twice in this very report, and those that contradict it."""
    first: dict[UUID, Event] = {}
    again, differing = 0, []
    for event in events:
        before = first.setdefault(event.key(licensee), event)
        if before is event:
            continue
        if storing.columns(before, licences[before.ref]) == storing.columns(event, licences[event.ref]):
            again += 1
        else:
            differing.append(_differs(event))
    return first, again, differing


def _differs(event: Event) -> Refusal:
    return Refusal(event.index, "differs", "Its id was sent before with another content.")


def _result(taken: int, again: int, refused: list[Refusal], tid: str = "") -> ReportResult:
    return ReportResult(taken, again, tuple(sorted(refused, key=lambda one: one.index)), tid)


def _store(
    client: ClientRow,
    body: bytes,
    first: dict[UUID, Event],
    again: int,
    refused: list[Refusal],
    licences: dict[str, UUID],
    by: User | None,
) -> ReportResult:
    """The events, and then the report's row that says how many they were: keys are checked at the end."""
    rows = {key: storing.columns(event, licences[event.ref]) for key, event in first.items()}
    digest = f"sha256:{sha256(body).hexdigest()}"
    record = Report(licensee_id=client.licensee, client=client.tid, received=clock.now(), digest=digest)
    with transaction.atomic(durable=True):
        made = storing.insert(record, rows)
        before = storing.kept([key for key in rows if key not in made])
        refused = refused + [_differs(first[key]) for key, said in before.items() if said != rows[key]]
        again += sum(said == rows[key] for key, said in before.items())
        if not made and Report.objects.filter(licensee_id=client.licensee, digest=digest).exists():
            return _result(0, again, refused)
        moments = [first[key].at for key in made]
        record.taken, record.again, record.refused = len(made), again, len(refused)
        record.reasons = dict(Counter(one.code for one in refused))
        record.starts, record.ends = min(moments, default=None), max(moments, default=None)
        record.save(force_insert=True)
        acts.record("usage.report", record, by=by, client=client.tid, taken=len(made), again=again,
                    refused=len(refused))  # fmt: skip
    return _result(len(made), again, refused, record.tid)
