"""A long list is taken away by a job: it asks the list's own page again, as whoever asked and inside the same
wall, and keeps what comes as a file for some days.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import resolve
from django.utils import translation

from quire.core.errors import NotFound, Refused
from quire.society.kit import clock, config, jobs, walls
from quire.society.kit.paging import COUNTED, BadPage
from quire.society.web import lists
from quire.society.web.pages import PREFIX

KIND = "list.export"
KEPT = timedelta(days=7)
"""How long a file waits to be fetched."""
_EVERY = 1_000


class TooLong(BadPage):
    """The list is longer than is given to who has not signed in."""

    code = "list.long"


class Gone(NotFound):
    """The file is not there any more."""

    code = "export.gone"


def ask(request: Any, file: str) -> HttpResponseBase:
    """Have what this page exports written by a job, and lead to it; to the one that is at it already, where
    there is one. TooLong where nobody has signed in, who could come back for it.
    """
    from quire.society.web import jobs as pages

    seat = request.seat
    if seat.user is None or seat.audience == "public":
        raise TooLong(
            f"The list has more than {COUNTED:,} rows, which is more than is given away at once: search or "
            "filter it first, then take away what is found."
        )
    given = {"path": request.path, "query": request.GET.urlencode(), "user": str(seat.user.pk)}
    with walls.outside():
        at_it = jobs.last([KIND], **given)
        if at_it is None or at_it.state in {"done", "failed"}:
            language = translation.get_language() or "en"
            party = seat.party.id if seat.party else None
            made = jobs.ask(KIND, file, by=seat.user, party=party, language=language, **given)
            return redirect(pages.address(request, made.tid))
    return redirect(pages.address(request, at_it.tid))


@dataclass
class Taking:
    """Where an export goes instead of into an answer; ``file`` is its name, once it is written."""

    running: jobs.Running
    folder: Path
    file: str = ""

    def take(self, form: str, file: str, keys: list[str], rows: Iterable[dict[str, Any]]) -> HttpResponseBase:
        """Write the rows, durably and for their owner's eyes alone."""
        self.file = f"{file}.{form}"
        handle = os.open(self.folder / self.file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as out:
            lists.write(out, form, keys, self._counted(rows))
            out.flush()
            os.fsync(out.fileno())
        return HttpResponse(status=204)

    def _counted(self, rows: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        for number, row in enumerate(rows, 1):
            yield row
            if number % _EVERY == 0:
                self.running.say(f"{number:,} rows are written.")


@jobs.kind(KIND)
def export(
    running: jobs.Running, *, by: Any, path: str, query: str, user: str, language: str
) -> Mapping[str, Any]:
    """Write the file: the page is asked as ``by`` would ask it, and guards itself as ever. Refused where they
    may not see it any more."""
    sweep()
    if by is None or not by.is_active:
        raise Refused("Whoever asked for this may not sign in any more.")
    folder = config.private("exports") / uuid4().hex
    folder.mkdir(mode=0o700)
    taking = Taking(running, folder)
    request: Any = HttpRequest()
    request.method, request.path, request.path_info = "GET", path, path
    request.GET, request.user, request.taking = QueryDict(query), by, taking
    found = resolve(path)
    request.resolver_match = found
    with translation.override(language), suppress(Http404, PermissionDenied):
        found.func(request, *found.args, **found.kwargs)
    if not taking.file:
        folder.rmdir()
        raise Refused("You may not see this list any more, or it is not there: ask for it again.")
    return {
        "file": f"{folder.name}/{taking.file}",
        "sentence": f"The file waits for {KEPT.days} days.",
        "address": f"{_jobs_of(path)}{running.tid}/file",
    }


def _jobs_of(path: str) -> str:
    """Where the jobs of this page's audience are watched."""
    first, second = path.split("/")[1:3]
    return f"/{first}/{second}/jobs/" if first in {"member", "lab"} else f"/{first}/jobs/"


def asked_on(job: jobs.JobRow, seat: Any) -> bool:
    """Whether this seat is the one on whose pages the file was asked for: its audience, and its party."""
    ours = job.result.get("address", "").split("/")[1:2] == [PREFIX.get(seat.audience, "")]
    return ours and job.party == (seat.party.id if seat.party else None)


def file_of(job: jobs.JobRow) -> Path | None:
    """The file that a job left; None where it left none. Gone where it has been swept away."""
    name = job.result.get("file", "") if job.kind == KIND else ""
    if not name:
        return None
    folder, _, file = name.partition("/")
    place = config.private("exports") / Path(folder).name / Path(file).name
    if not place.is_file():
        raise Gone(f"The file was kept for {KEPT.days} days and is gone: take the list away again.")
    return place


def sweep() -> None:
    """Take away the files that have waited long enough."""
    before = (clock.now() - KEPT).timestamp()
    for folder in config.private("exports").iterdir():
        if folder.stat().st_mtime < before:
            shutil.rmtree(folder, ignore_errors=True)
