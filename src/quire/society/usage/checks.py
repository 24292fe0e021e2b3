"""What must hold of usage, asked by ``quire audit``: a sentence for each thing that does not."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from django.db.models import Count, Sum

from quire.society.kit import config
from quire.society.usage import lake
from quire.society.usage.account import Facts, Tally
from quire.society.usage.errors import LakeDamaged
from quire.society.usage.listed import paths_of_import
from quire.society.usage.models import Import, LakeFile, SetAside


def files_are_what_was_written() -> Iterator[str]:
    """Every Parquet file that counts is there, and its bytes are the ones listed."""
    for path, digest in LakeFile.objects.order_by("id").values_list("path", "digest").iterator():
        place = config.home() / path
        if not place.is_file():
            yield f"The usage lake has lost {path}; put it back from a copy."
        elif lake.digest_of(place) != digest:
            yield f"{path} in the usage lake is not what was written; put it back from a copy."


def accounts_add_up() -> Iterator[str]:
    """Of every import the lines read are explained, by PostgreSQL's own numbers."""
    worth = dict(LakeFile.objects.order_by().values_list("source").annotate(Sum("requests")))
    aside = {
        (source, heading): count
        for source, heading, count in SetAside.objects.order_by()
        .values_list("source", "heading")
        .annotate(Count("id"))
    }
    for record in Import.objects.order_by("id"):
        facts = Facts.from_json(record.account)
        counts = Tally() if record.withdrawn_at else facts.tallies.get("usage", Tally())
        numbers = (
            ("lines explained", sum(one.lines for one in facts.tallies.values()), record.line),
            ("lines in the account", facts.lines, record.line),
            ("requests in the lake", worth.get(record.id, 0), counts.requests),
            ("unreadable lines kept", aside.get((record.id, "unreadable"), 0), facts.unreadable_kept),
            ("conflicting lines kept", aside.get((record.id, "conflicting"), 0),
             facts.tallies.get("conflicting", Tally()).lines),
        )  # fmt: skip
        for what, found, expected in numbers:
            if found != expected:
                yield f"Usage import {record.tid} ({record.name}): {found} {what}, {expected} expected."


def rows_are_the_accounts() -> Iterator[str]:
    """The rows of an import are those accounted for (none once withdrawn); every void voids something."""
    for record in Import.objects.order_by("id"):
        facts = Facts.from_json(record.account)
        expected = Tally() if record.withdrawn_at else facts.tallies.get("usage", Tally())
        try:
            with lake.reading(paths_of_import(record)) as db:
                ((lines, requests, negative),) = db.execute(
                    "SELECT coalesce(sum(lines), 0)::BIGINT, coalesce(sum(requests), 0)::BIGINT, "
                    "count(*) FILTER (requests < 0) FROM (SELECT sum(sign(count)) AS lines, "
                    "sum(count) AS requests FROM usage GROUP BY line, site, work)"
                ).fetchall()
        except LakeDamaged:
            continue  # files_are_what_was_written says so
        if Tally(lines, requests) != expected:
            yield (
                f"Usage import {record.tid} ({record.name}) has {lines} rows ({requests} requests) in the "
                f"lake, {expected.lines} ({expected.requests}) in its account."
            )
        if negative:
            yield f"Usage import {record.tid} ({record.name}) voids {negative} rows that are not there."


def nothing_is_told_twice() -> Iterator[str]:
    """No usage counts twice, whatever files it came in."""
    try:
        with lake.reading(LakeFile.objects.order_by("id").values_list("path", flat=True)) as db:
            ((double,),) = db.execute(
                "SELECT count(*) FROM (SELECT fingerprint FROM usage GROUP BY fingerprint "
                "HAVING sum(sign(count)) > 1)"
            ).fetchall()
    except LakeDamaged:
        return
    if double:
        yield f"{double} rows of the usage lake count more than once."


CHECKS: list[Callable[[], Iterator[str]]] = [
    files_are_what_was_written,
    accounts_add_up,
    rows_are_the_accounts,
    nothing_is_told_twice,
]
