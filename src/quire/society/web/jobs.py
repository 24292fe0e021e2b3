"""Jobs as people watch them: the list, and one with how far it is. Shared by every audience that has jobs."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.http import FileResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from quire.society.kit import clock, jobs
from quire.society.kit.nouns import Unknown
from quire.society.parties import queries as parties
from quire.society.web import exports
from quire.society.web.lists import Column, listed
from quire.society.web.pages import PREFIX, Asking, Page, of_seat


def pages(audience: str) -> tuple[Page, ...]:
    """The pages of jobs for an audience's list of pages."""
    name = PREFIX[audience]
    group = pgettext_lazy("to be done", "Work") if name == "desk" else ""
    return (
        Page("jobs/", f"{name}-jobs", job_list, menu=_("Jobs"), group=group),
        Page("jobs/<str:job>/", f"{name}-job", job),
        Page("jobs/<str:job>/file", f"{name}-job-file", file),
    )


def job_list(request: Asking) -> HttpResponseBase:
    """Every job that may be watched here, the newest first."""
    columns = (
        Column("title", _("What"), link=lambda row: address(request, row.tid)),
        Column("state", _("State"), "state"),
        Column("by", _("Asked by")),
        Column("asked_at", _("Asked"), "date"),
        Column("ended_at", _("Ended"), "date"),
        Column("sentence", _("Says")),
    )
    return listed(
        request,
        jobs.job_list(party=_party(request)),
        columns,
        title=_("Jobs"),
        lead=_("Work that takes longer than a page waits. It goes on while you are elsewhere."),
        empty=_("No work has been asked for yet."),
    )


def job(request: Asking, job: str) -> HttpResponseBase:
    """One job; while it waits or runs, the page asks again every two seconds. Unknown where there is none."""
    row = _found(request, job)
    told = {
        "title": row.title,
        "job": row,
        "going": row.state in {"waiting", "running", "silent"},
        "percent": 100 * row.done // row.whole if row.whole else None,
        "ends": clock.now() + timedelta(seconds=row.left) if row.left else None,
        "ahead": jobs.waiting() if row.state == "waiting" else 0,
        "jobs": of_seat(request.seat, "jobs"),
    }
    return render(request, "web/job.html", told)


def file(request: Asking, job: str) -> HttpResponseBase:
    """The file that a job made, on the pages where it was asked for: a party's is for who asked, and for the
    desk, which sees that party's pages; the house's for who asked. Unknown for others; exports.Gone once it
    was swept away."""
    row, user = _found(request, job), request.seat.user
    ours = user is not None and (
        row.by == user.username or (row.party and {"operator", "approver"} & set(parties.roles(user)))
    )
    if row.result.get("file") and not (ours and exports.asked_on(row, request.seat)):
        raise Unknown("There is no such file here.")
    place = exports.file_of(row)
    if place is None:
        return redirect(address(request, job))
    return FileResponse(place.open("rb"), as_attachment=True, filename=place.name, headers={
        "Cache-Control": "private, no-store"})  # fmt: skip


def _found(request: Asking, job: str) -> jobs.JobRow:
    house = parties.roles(request.seat.user) if request.seat.user else frozenset()
    return jobs.find(job, party=None if house else _party(request), by=request.seat.user)


def address(request: Asking, tid: str) -> str:
    """Where the job is watched, for whoever looks."""
    return of_seat(request.seat, "job", job=tid)


def _party(request: Asking) -> UUID | None:
    return request.seat.party.id if request.seat.party else None
