"""Runs, forecasts, plans and replays: what is divided, by which rules, and by whose word."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.urls import reverse

from quire.core.plan import Plan, PlanWrong, fitting
from quire.society.api.keyed.given import Given
from quire.society.api.keyed.shapes import Field, Shape, tid
from quire.society.api.keyed.table import Call, Does, Endpoint, Many, One
from quire.society.api.resources.people import HOUSE, JOB, for_all
from quire.society.distribution import actions, queries, watching
from quire.society.distribution import fitting as with_licences
from quire.society.distribution.jobs import kept
from quire.society.kit import clock, jobs, periods
from quire.society.kit.nouns import Unknown
from quire.society.kit.paging import few
from quire.society.membership import watching as membership
from quire.society.parties import queries as parties

STATES = ("open", "frozen", "allocated", "reviewed", "approved", "posted", "closed", "cancelled")
RUN = Shape("Run", "A distribution, and how far it is.", (
    tid(), Field("period", of=lambda one: str(one.period)), Field("state", choices=STATES), Field("plan"),
    Field("plan_digest"), Field("decision"), Field("prepared_by"), Field("approved_by"),
    Field("opened_at", "moment"), Field("review", "any", about="Its sums and notices, once it has them."),
))  # fmt: skip
STARTED = Shape("RunStarted", "A run, and the job that works on it.", (
    Field("id", of=lambda both: both[0].tid), Field("run", "one", lambda both: both[0], shape=RUN),
    Field("job", "one", lambda both: both[1], null=True, shape=JOB),
))  # fmt: skip
POT = Shape("Pot", "What a run divides of one licence.", (
    Field("name"), Field("licence"), Field("licensee"), Field("amount", "money"),
))  # fmt: skip
CHANGED = Shape("Change", "Whose money differs from the last run of the kind.", (
    Field("party", of=lambda one: one[0]), Field("name", of=lambda one: one[1]),
    Field("now", "money", lambda one: one[2].now), Field("then", "money", lambda one: one[2].then),
    Field("difference", "money", lambda one: one[2].now - one[2].then),
))  # fmt: skip
WAITING = Shape("Undistributed", "What came in and no run has taken.", (
    Field("period", of=lambda one: str(one.period)), Field("amount", "money"), Field("receipts", "number"),
))  # fmt: skip
PLAN = Shape("Plan", "A plan as it was adopted; its text is never edited.", (
    tid(), Field("name"), Field("starts", "date"), Field("decision"), Field("digest"), Field("text"),
    Field("by_name", "flag", about="Only for runs that name it."),
))  # fmt: skip
TOLD = Shape("PlanChecked", "What a text of a plan says, or everything that keeps it from working.", (
    Field("works", "flag", lambda one: not one["problems"]), Field("name", of=lambda one: one["name"]),
    Field("problems", "words", lambda one: one["problems"]),
    Field("sentences", "words", lambda one: one["sentences"]),
    Field("notes", "words", lambda one: one["notes"]),
))  # fmt: skip
KEPT = Shape("Kept", "What a forecast or replay came to.", (
    Field("id", of=lambda one: one[0]), Field("told", "any", lambda one: one[1]),
))  # fmt: skip
ASKED = Shape("JobAsked", "The job, and the id under which what it comes to is kept.", (
    Field("id", of=lambda both: both[0]), Field("job", "one", lambda both: both[1], shape=JOB),
))  # fmt: skip


def _found(call: Call) -> Any:
    return queries.find(call.named["run"])


def _run(call: Call) -> Any:
    return queries.row(_found(call))


def _ask(call: Call, kind: str, run: str, title: str) -> Any:
    made = jobs.ask(kind, title, by=call.user, run=run, address=reverse("desk-run", args=[run]))
    return queries.row(queries.find(run)), jobs.find(made.tid)


def _open(call: Call) -> Any:
    period = periods.parse(call.said["period"])
    made = actions.open_run(period=period, plan=call.get("plan"), by=call.user)
    return _ask(call, "distribution.run", made.tid, f"Divide what came in for {period}")


def _go_on(call: Call) -> Any:
    return _ask(call, "distribution.run", call.row.tid, f"Work on {call.row.period}")


def _approve(call: Call) -> Any:
    actions.approve(_found(call), by=call.user)
    return _ask(call, "distribution.approve", call.row.tid, f"Post and publish {call.row.period}")


def _cancel(call: Call) -> Any:
    actions.cancel(_found(call), reason=call.said["reason"], by=call.user)
    return _run(call)


def _issue(call: Call) -> Any:
    return _ask(call, "statements.issue", call.row.tid, f"Statements of {call.row.period}")


def _changes(call: Call) -> Any:
    found = _found(call)
    last = watching.before(found)
    rows = watching.changes(found, last.id) if last else []
    names = parties.names(one.party for one in rows)
    return few([(names[one.party].code, names[one.party].name, one) for one in rows if one.party in names])


def _check(call: Call) -> Any:
    try:
        plan = Plan.parse(call.said["text"])
    except PlanWrong as problem:
        return {"name": "", "problems": problem.data["problems"], "sentences": (), "notes": ()}
    unfit = list(with_licences.unfit(plan, with_licences.in_force_from(clock.today())))
    notes = () if unfit else (*fitting.idle(plan), *fitting.notes(plan, membership.count()))
    return {"name": plan.name, "problems": unfit, "sentences": plan.sentences(), "notes": notes}


def _adopt(call: Call) -> Any:
    made = actions.adopt_plan(**call.said, by=call.user)
    return watching.plan(made.tid)


def _forecast(call: Call) -> Any:
    period, key = periods.parse(call.said["period"]), uuid4().hex
    made = jobs.ask(
        "distribution.forecast", f"Forecast of {period}", by=call.user, period=str(period),
        plan=call.get("plan"), key=key, address=reverse("desk-forecast", args=[key]),
    )  # fmt: skip
    return key, jobs.find(made.tid)


def _replay(call: Call) -> Any:
    text, key = call.said["text"], uuid4().hex
    made = jobs.ask(
        "distribution.replay", f"Replay of “{Plan.parse(text).name}”", by=call.user, text=text,
        against=f"LAST-{max(call.get('runs', 12), 1)}", key=key, address=reverse("desk-replay", args=[key]),
    )  # fmt: skip
    return key, jobs.find(made.tid)


def _kept(kind: str, part: str) -> Any:
    def find(call: Call) -> Any:
        name = call.named[part]
        told = kept(kind, name) if name.isascii() and name.isalnum() else None
        if told is None:
            raise Unknown("There is nothing of this name, or not yet: ask its job.")
        return name, told

    return {"operator": find}


_PERIOD = Given("period", about="Like 2026-03, 2026-Q2 or 2026.", needed=True, most=40)
_PLAN = Given("plan", about="A plan's name or digest; the one in force where nothing is said.", most=100)
_TEXT = Given("text", about="The plan, in TOML.", needed=True, most=100_000)
_OF = {"of": "/runs/{run}"}

TABLE: tuple[Endpoint, ...] = (
    Many("/runs", "runs", "Every run, the newest first.", RUN,
         for_all(HOUSE, lambda call: watching.runs_list()), sorts=("opened_at", "period"),
         filters={"state": STATES}, searched=True),
    One("/runs/{run}", "runs", "One run, by its id.", RUN, for_all(HOUSE, _run)),
    Does("POST", "/runs", "runs", "Open a run of what came in for a period, and have it worked by a job.",
         {"operator": ("prepare", _open)}, STARTED, (_PERIOD, _PLAN), 202, leads="/runs/{id}"),
    Does("POST", "/runs/{run}/work", "runs", "Have the stages done that follow without a person.",
         {"operator": ("prepare", _go_on)}, STARTED, status=202, **_OF),
    Does("POST", "/runs/{run}/approval", "runs",
         "Approve a run as a second person; a job posts and publishes it.",
         {"operator": ("approve", _approve)}, STARTED, status=202, **_OF),
    Does("POST", "/runs/{run}/cancellation", "runs", "Give a run up before it is approved.",
         {"operator": ("prepare", _cancel)}, RUN,
         (Given("reason", about="Why; it is recorded.", needed=True),), **_OF),
    Does("POST", "/runs/{run}/statements", "runs", "Have every payee's statement written, by a job.",
         {"operator": ("prepare", _issue)}, STARTED, status=202, **_OF),
    Many("/runs/{run}/pots", "runs", "What the run divides, the largest first.", POT,
         {"operator": lambda call: few(watching.pots_of(_found(call)),
                                       words=lambda one: f"{one.licence} {one.licensee}")}, searched=True),
    Many("/runs/{run}/changes", "runs", "Whose money differs most from the last run of the kind.", CHANGED,
         {"operator": _changes}),
    Many("/undistributed", "runs", "What came in of months that are over and that no run has taken.", WAITING,
         {"operator": lambda call: few(watching.undistributed())}),
    Does("POST", "/forecasts", "runs", "Have forecast what a run would give, by a job.",
         {"operator": ("prepare", _forecast)}, ASKED, (_PERIOD, _PLAN), 202, leads="/forecasts/{id}"),
    One("/forecasts/{forecast}", "runs", "What a forecast came to.", KEPT, _kept("forecasts", "forecast")),
    Many("/plans", "plans", "Every plan that was adopted.", PLAN,
         {"operator": lambda call: watching.plans_list()}, sorts=("starts", "name"),
         filters={"by_name": ("yes", "no")}, searched=True),
    One("/plans/{plan}", "plans", "One plan, by its id.", PLAN,
        {"operator": lambda call: watching.plan(call.named["plan"])}),
    Does("POST", "/plans/checks", "plans", "What a text of a plan says, and all that keeps it from working.",
         {"operator": ("read", _check)}, TOLD, (_TEXT,)),
    Does("POST", "/plans", "plans", "Adopt a plan.", {"operator": ("prepare", _adopt)}, PLAN,
         (_TEXT, Given("starts", "date", needed=True),
          Given("decision", about="Who decided, and when.", needed=True, most=200),
          Given("by_name", "flag", "Only for runs that name it.")), 201, leads="/plans/{id}"),
    Does("POST", "/replays", "plans", "Have found, by a job, what a plan would have given in closed runs.",
         {"operator": ("prepare", _replay)}, ASKED, (_TEXT, Given("runs", "number", most=120)), 202,
         leads="/replays/{id}"),
    One("/replays/{replay}", "plans", "What a replay came to.", KEPT, _kept("replays", "replay")),
)  # fmt: skip
