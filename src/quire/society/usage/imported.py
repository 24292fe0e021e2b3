"""Imported files and what was set aside of them, as lists."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db.models import Max, Min, Q

from quire.society.kit.paging import Filter, Listing, Sort
from quire.society.usage.models import Import, SetAside
from quire.society.usage.queries import Aside, ImportRow


def imports_list() -> Listing[ImportRow]:
    """Every file imported or begun, the newest first; those that edges sent are on the edges' own pages."""
    return Listing(
        Import.objects.filter(spool=None).select_related("by"),
        _imports,
        {"id": Sort("id", descending=True), "lines": Sort("line")},
        {
            "finished": Filter(
                "Read", {"yes": "whole", "no": "not to its end"}, lambda s: Q(finished=s == "yes")
            ),
            "withdrawn": Filter(
                "Withdrawn", {"yes": "yes", "no": "no"}, lambda s: Q(withdrawn_at__isnull=s == "no")
            ),
        },
        lambda words: Q(name__icontains=words) | Q(host__icontains=words),
    )


def aside_list(imported: UUID) -> Listing[Aside]:
    """The lines of one import that were not counted, in the order of the file."""
    rows = SetAside.objects.filter(source=imported)
    headings = rows.order_by("heading").values_list("heading", flat=True).distinct()
    return Listing(
        rows,
        lambda some: [Aside(row.line, row.heading, row.reason, row.excerpt) for row in some],
        {"line": Sort("line")},
        {"heading": Filter("Why", {one: one for one in headings}, lambda one: Q(heading=one))},
        lambda words: Q(reason__icontains=words) | Q(excerpt__icontains=words),
    )


def _imports(some: Sequence[Import]) -> list[ImportRow]:
    spans = {
        one: (first, last)
        for one, first, last in Import.objects.filter(id__in=[row.id for row in some])
        .annotate(first=Min("lake_files__starts"), last=Max("lake_files__ends"))
        .values_list("id", "first", "last")
    }
    return [
        ImportRow(
            row.id,
            row.tid,
            row.name,
            row.host,
            row.format,
            row.digest,
            row.agents,
            row.line,
            row.finished,
            row.by.username if row.by else "",
            *spans[row.id],
            row.withdrawn_at,
            row.withdrawn_reason,
        )
        for row in some
    ]
