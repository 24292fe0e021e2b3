"""A walk through the demonstration in six steps, each as the person whom its page is for.

It is offered to whoever came in by its link, and it alone: the session says at which step they are. Each
page then has a strip at its top that says what to look at, and leads on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from quire.society.distribution import by_party
from quire.society.distribution import queries as distribution
from quire.society.kit.paging import Asked
from quire.society.parties import queries as parties

MEMBER = "havenmoor-courier"
AT = "demo.tour"
"""Where a session keeps the step that one is at."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its name, what to look at there, as which user ("" nobody), and the address of its page."""

    name: Any
    words: Any
    user: str
    address: Callable[[], str]


def _why() -> str:
    found = _line()
    if found is None:
        return reverse("member-statements", kwargs={"party": MEMBER})
    return reverse("member-why", kwargs={"party": MEMBER, "run": found[0], "line": found[1]})


def _run() -> str:
    found = _line()
    return reverse("desk-run", args=[found[0]]) if found else reverse("desk-runs")


def _line() -> tuple[str, int] | None:
    """The member's greatest line of the first run that counted requests for it: the run's id, and its
    number. None where nothing was distributed by requests yet."""
    me = parties.party(MEMBER).id
    for run in distribution.runs():
        for line in by_party.party_lines(me, run.id).page(Asked()).rows:
            if line.requests:
                return run.tid, line.number
    return None


STEPS = (
    Step(
        _("The public’s front page"),
        _("Anybody sees how a euro is split, by the plan in force, and how the last one was."),
        "",
        lambda: reverse("front"),
    ),
    Step(
        _("A member’s home"),
        _("Havenmoor Courier sees what came, against the time before, from whom, and what needs an answer."),
        "courier-desk",
        lambda: reverse("member", kwargs={"party": MEMBER}),
    ),
    Step(
        _("Why this amount"),
        _("From what a lab paid, step by step, to the requests that were counted, and how to check it."),
        "courier-desk",
        _why,
    ),
    Step(
        _("The desk’s queue"),
        _("The society’s people begin with what waits: what is late first, then by money."),
        "preparer",
        lambda: reverse("desk"),
    ),
    Step(
        _("A run"),
        _("The distribution that gave that amount: its stages, its figures, and who approved it."),
        "approver",
        _run,
    ),
    Step(
        _("The auditor’s check"),
        _("Every promise is recomputed from the rows. Press the button; it takes a few seconds."),
        "auditor",
        lambda: reverse("audit-checks"),
    ),
)


def number(request: HttpRequest) -> int:
    """The step that this session is at, from one on; 0 where nobody takes the tour."""
    return int(request.session.get(AT, 0)) if hasattr(request, "session") else 0


def around(request: HttpRequest) -> dict[str, Any]:
    """The context of every page of the demonstration: ``tour``, or nothing where nobody takes it."""
    at = number(request)
    if not at:
        return {}
    step = STEPS[at - 1]
    return {
        "tour": {
            "template": "demo/tour.html",
            "at": at,
            "of": len(STEPS),
            "step": step,
            "steps": list(_steps(at)),
            "back": at - 1,
            "next": at + 1 if at < len(STEPS) else 0,
            "next_name": STEPS[at].name if at < len(STEPS) else "",
        }
    }


def _steps(at: int) -> Iterator[tuple[int, Any, bool]]:
    for place, step in enumerate(STEPS, 1):
        yield place, step.name, place == at
