"""The only reads of usage that other rooms may call."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Max, Min, Sum

from quire.society.kit import ids
from quire.society.kit.nouns import one
from quire.society.usage import accounting
from quire.society.usage.acceptance import known
from quire.society.usage.account import HEADINGS, Account, Facts, Tally, together
from quire.society.usage.accounting import Total, fee_counts
from quire.society.usage.counting import Counts, Registry, Used, subjects
from quire.society.usage.health import EdgeRow, SpoolRow, edges
from quire.society.usage.late import Part, counts_in, files, subjects_in
from quire.society.usage.listed import paths_of, paths_of_import
from quire.society.usage.models import Charge, Import, Piece, SetAside
from quire.society.usage.reports.queries import Reported, ReportRow, reported, reports
from quire.society.usage.reports.reconciling import Line, Reconciliation, Unmatched, reconcile, unmatched
from quire.society.usage.requests import Requested, Requests, requests_of

__all__ = [
    "HEADINGS",
    "Account",
    "Aside",
    "Charged",
    "Counts",
    "EdgeRow",
    "ImportRow",
    "Line",
    "Part",
    "Reconciliation",
    "Registry",
    "ReportRow",
    "Reported",
    "Requested",
    "Requests",
    "SpoolRow",
    "Tally",
    "Total",
    "Unmatched",
    "Used",
    "account_of",
    "account_of_everything",
    "backlog",
    "charged_to",
    "charges",
    "counts_in",
    "edges",
    "fee_counts",
    "files",
    "find",
    "heard_until",
    "imports",
    "reconcile",
    "reported",
    "reports",
    "requests_of",
    "set_aside",
    "subjects",
    "subjects_in",
    "totals",
    "unmatched",
]


@dataclass(frozen=True, slots=True)
class ImportRow:
    """One usage file and how far it has been read. ``starts`` and ``ends`` span its usage, if it has any."""

    id: UUID
    tid: str
    name: str
    host: str
    format: str
    digest: str
    agents: str
    lines: int
    finished: bool
    by: str
    starts: datetime | None
    ends: datetime | None
    withdrawn_at: datetime | None
    withdrawn_reason: str


@dataclass(frozen=True, slots=True)
class Aside:
    """A line that was not counted, with its reason and what may be shown of it."""

    line: int
    heading: str
    reason: str
    excerpt: str


def imports() -> tuple[ImportRow, ...]:
    """Every file imported or begun, the first first."""
    rows = Import.objects.select_related("by").order_by("id")
    rows = rows.annotate(first=Min("lake_files__starts"), last=Max("lake_files__ends"))
    return tuple(
        ImportRow(row.id, row.tid, row.name, row.host, row.format, row.digest, row.agents, row.line,
                  row.finished, row.by.username if row.by else "", row.first, row.last,
                  row.withdrawn_at, row.withdrawn_reason)
        for row in rows
    )  # fmt: skip


def find(name: str) -> Import:
    """An import by its id. Raises ``Unknown``, or ``BadId`` for what is no id."""
    rows = Import.objects.filter(id=ids.read(Import.prefix, name))
    found: Import = one(rows, f"No import has the id {name}; quire usage list shows them.")
    return found


def account_of(record: Import | str, *, facts: Facts | None = None, beside: Sequence[str] = ()) -> Account:
    """The account of a file, its usage divided by what is on record now.

    Of an import that was withdrawn all lines stand under ``withdrawn``. An import's own commit passes
    ``facts`` and files ``beside`` the lake, for a dry run.
    """
    record = find(record) if isinstance(record, str) else record
    if record.withdrawn_at:
        return Facts.from_json(record.account).withdrawn()
    usage: dict[str, Tally] = {}
    for total in accounting.divide([*paths_of_import(record), *beside]):
        usage[total.heading] = usage.get(total.heading, Tally()) + Tally(total.lines, total.requests)
    return (facts or Facts.from_json(record.account)).divided(usage)


def account_of_everything() -> Account:
    """The accounts of all imports as one."""
    return together(account_of(record) for record in Import.objects.order_by("id"))


def totals(starts: date, ends: date) -> tuple[Total, ...]:
    """Usage that began in [starts, ends), by heading, operator (with its licensee) and use, as of now."""
    return accounting.divide(paths_of(starts, ends), starts, ends)


@dataclass(frozen=True, slots=True)
class Charged:
    """What edges charged in all to one allowance, under one licence, in one month; quanta of ``currency``."""

    allowance: str
    licence: str
    licensee: str
    month: date
    currency: str
    amount: int
    requests: int


def charges() -> list[Charged]:
    """Everything that edges charged so far, as one sum for each allowance, licence and month."""
    names = ("allowance", "licence", "licensee", "month", "currency")
    rows = Charge.objects.order_by(*names).values_list(*names)
    return [Charged(*row) for row in rows.annotate(total=Sum("amount"), times=Sum("requests"))]


def charged_to(licensee: str, since: date) -> list[tuple[date, str, int]]:
    """What edges charged to a licensee (TypeID) in each month from ``since`` on: the month's first day, the
    currency, and quanta.
    """
    rows = Charge.objects.filter(licensee=licensee, month__gte=since).order_by("month", "currency")
    return list(rows.values_list("month", "currency").annotate(total=Sum("amount")))


def backlog() -> int:
    """Bytes accepted from edges and not yet counted."""
    return sum(known.backlog().values())


def heard_until(edge: UUID, spool: str) -> datetime | None:
    """The time of the last event of this spool that has been compacted; None where there is none."""
    rows = Piece.objects.filter(spool__edge=edge, spool__spool=spool)
    last: datetime | None = rows.aggregate(last=Max("latest"))["last"]
    return last


def set_aside(record: Import | str, heading: str = "") -> Iterable[Aside]:
    """The lines of an import that were not counted, in the order of the file; one heading, or both."""
    record = find(record) if isinstance(record, str) else record
    rows = SetAside.objects.filter(source=record, **({"heading": heading} if heading else {}))
    for row in rows.order_by("line").iterator(chunk_size=5000):
        yield Aside(row.line, row.heading, row.reason, row.excerpt)
