"""Which run follows which: each closed run has its number, and names the one before it in its bundle."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import transaction

from quire.core.bundle import MANIFEST, Bundle
from quire.core.errors import QuireError
from quire.core.lineage import Link, link_of, previous
from quire.society.distribution import publishing
from quire.society.distribution.errors import RunBusy
from quire.society.distribution.models import Run
from quire.society.kit.locks import wait

LOCK = "distribution:close"
"""Held while a run is published, so that one follows the other."""


def number(run: Run) -> int:
    """The run's number among the closed ones, given now if it has none: from then on it stays.

    Raises RunBusy where the one before it is half published.
    """
    with transaction.atomic():
        wait("distribution:number")
        run.refresh_from_db(fields=["number"])
        if run.number is None:
            last = Run.objects.filter(number__isnull=False).order_by("-number").first()
            if last is not None and last.state != "closed":
                raise RunBusy(
                    f"The run {last.tid} is half published, and this one follows it; finish it first: "
                    f"quire distribution run --period {last.starts}..{last.ends}",
                    run=last.tid,
                )
            run.number = last.number + 1 if last else 1
            run.save(update_fields=["number"])
    return run.number


def before(run: Run) -> Link | None:
    """The published run before this one, as its bundle stands; None where this is the first."""
    found = Run.objects.filter(number=run.number - 1).first() if run.number else None
    return link_of(_manifest(found)) if found else None


def _manifest(run: Run) -> Bundle:
    """The bundle as far as its manifest."""
    return Bundle({MANIFEST: (publishing.folder(run) / MANIFEST).read_bytes()})


def runs_follow_one_another() -> Iterator[str]:
    """Every closed run has the next number, and its bundle names the bundle before it as that stands.

    Those of a society that closed runs before they were numbered have none, and come before the first.
    """
    closed = list(Run.objects.filter(state="closed", number__isnull=False).order_by("number"))
    unnumbered = Run.objects.filter(state="closed", number=None)
    if closed and unnumbered.filter(opened_at__gt=closed[0].opened_at).exists():
        yield "A closed run has no number, although runs before it have one."
    if [run.number for run in closed] != list(range(1, len(closed) + 1)):
        yield "The closed runs are not numbered one after the other."
    for run in closed:
        try:
            if previous(_manifest(run)) != before(run):
                yield f"The bundle of {run.tid} does not name the run before it as that is published."
        except (OSError, QuireError) as problem:
            yield f"The bundle of {run.tid} or the one before it cannot be read: {problem}"
