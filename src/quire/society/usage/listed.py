"""Which files make up the lake: what PostgreSQL lists, and nothing else."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

from quire.society.usage.models import Import, LakeFile


def paths_of(starts: date, ends: date) -> list[str]:
    """The files with rows that begin on the days of [starts, ends), relative to ``QUIRE_HOME``."""
    first, last = (datetime.combine(day, time(), UTC) for day in (starts, ends))
    rows = LakeFile.objects.filter(starts__lt=last, ends__gte=first)
    return list(rows.order_by("id").values_list("path", flat=True))


def paths_of_import(record: Import) -> list[str]:
    """The files of one import."""
    return list(LakeFile.objects.filter(source=record).order_by("id").values_list("path", flat=True))
