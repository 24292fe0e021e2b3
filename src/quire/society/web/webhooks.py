"""A party's own servers that are told what happens: endpoints, whose secrets are shown once, and the log of
what was sent to them. Members' and licensees' pages both have it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quire.society.kit.paging import few
from quire.society.notices import actions, catalogue, queries
from quire.society.notices.actions import Made
from quire.society.web import lists, notices
from quire.society.web.lists import Column
from quire.society.web.pages import PREFIX, Asking, Page, of_seat
from quire.society.web.taking import sent, taken


def pages(audience: str, group: Any) -> tuple[Page, ...]:
    """The pages of webhooks for an audience's list of pages."""
    name = PREFIX[audience]
    return (
        Page("webhooks/", f"{name}-webhooks", endpoints, menu=gettext_lazy("Webhooks"), group=group),
        Page("webhooks/new/", f"{name}-webhooks-new", new, needs="manage", writes="manage"),
        Page("webhooks/<str:endpoint>/", f"{name}-webhook", endpoint, writes="manage"),
        Page("webhooks/<str:endpoint>/<str:delivery>/", f"{name}-webhook-sent", delivery, writes="manage"),
    )


class Choosing(forms.Form):
    """Which events are sent."""

    events = forms.MultipleChoiceField(
        label=gettext_lazy("Only these events"), required=False, widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Choose none for all of them, those to come as well."),
    )  # fmt: skip

    def __init__(self, audience: str, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.fields["events"].choices = [(one.name, one.name) for one in catalogue.hooked(audience)]  # type: ignore[attr-defined]


class Adding(Choosing):
    """A new endpoint."""

    url = forms.URLField(
        label=gettext_lazy("Address"), max_length=500, assume_scheme="https",
        widget=forms.URLInput(attrs={"placeholder": "https://example.org/hooks"}),
        help_text=gettext_lazy("It must be https, at its usual port, and on the open internet."),
    )  # fmt: skip
    field_order = ("url", "events")


def endpoints(request: Asking) -> HttpResponseBase:
    """Every endpoint of the party."""
    columns = (
        Column("url", _("Address"), link=lambda row: _at(request, "webhook", endpoint=row.tid)),
        Column("state", _("State"), "state"),
        Column("events", _("Events"), value=_events),
        Column("created", _("Since"), "date"),
        Column("last", _("Last sent"), "date"),
    )
    return lists.listed(
        request, few(queries.endpoints(_party(request), request.seat.audience)), columns, title=_("Webhooks"),
        file="webhooks", template="web/notices/endpoints.html", add=_at(request, "webhooks-new"),
        lead=_("What happens is sent to a server of yours, signed, so that it need not ask for it."),
        empty=_("You have no endpoint yet. Add the address of a server of yours to be told there."),
    )  # fmt: skip


def _events(row: queries.EndpointRow) -> str:
    return ", ".join(row.events) or _("all")


def new(request: Asking) -> HttpResponseBase:
    """Add an endpoint: its secret is on the page that answers, and never again."""
    form = Adding(request.seat.audience, **sent(request))
    made: list[Made] = []

    def act(said: dict[str, Any]) -> None:
        made.append(actions.add_endpoint(
            party=_party(request), audience=request.seat.audience, url=said["url"], events=said["events"],
            by=notices.reader(request),
        ))  # fmt: skip

    to = _at(request, "webhooks")
    if taken(request, form, act, done=_("The endpoint is added. Send it a test event."), to=to):
        return _shown_once(request, made[0])
    told = {
        "title": _("A new endpoint"), "form": form, "submit": _("Add it"), "cancel": to,
        "trail": _trail(request),
        "lead": _("Its secret is shown once, on the next page."),
    }  # fmt: skip
    return render(request, "web/notices/form.html", told)


def _shown_once(request: Asking, made: Made) -> HttpResponse:
    """The page with a secret; no cache keeps it."""
    told = {
        "title": _("The endpoint’s secret"), "made": made, "trail": _trail(request),
        "to": _at(request, "webhook", endpoint=made.row.tid),
    }  # fmt: skip
    answer = render(request, "web/notices/secret.html", told)
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def endpoint(request: Asking, endpoint: str) -> HttpResponseBase:
    """One endpoint: how it stands, its events, another secret, a test, its end; and what was sent there."""
    found = queries.endpoint(_party(request), request.seat.audience, endpoint)
    row = queries.endpoint_row(found)
    act = request.POST.get("act", "") if request.method == "POST" else ""
    chosen = Choosing(
        request.seat.audience,
        **(sent(request) if act == "events" else {"initial": {"events": list(row.events)}}),
    )
    if went := _acted(request, found, act, chosen):
        return went
    listing, columns = queries.delivery_list(found), _columns(request, row.tid)
    if form := request.GET.get("format"):
        return lists.export(request, listing, columns, form, "deliveries")
    told = {
        "title": row.url, "row": row, "events": _events(row), "form": chosen, "trail": _trail(request),
        "table": lists.table(request, listing, columns, caption=_("What was sent"),
                             empty=_("Nothing was sent here yet. Send a test event.")),
    }  # fmt: skip
    return render(request, "web/notices/endpoint.html", told)


def _acted(request: Asking, found: Any, act: str, chosen: forms.Form) -> HttpResponseBase | None:
    """What the button did that was pressed; None where none was, or what it wanted is refused."""
    if act == "rotate":
        return _rotated(request, found)
    who = notices.reader(request)
    acts: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
        "events": (lambda said: actions.change_events(found, events=said["events"], by=who),
                   _("These events are sent from now on.")),
        "test": (lambda _said: actions.test(found, by=who), _("A test event is on its way.")),
        "enable": (lambda _said: actions.enable(found, by=who), _("The endpoint is switched on again.")),
        "remove": (lambda _said: actions.remove(found, by=who), _("The endpoint is removed.")),
    }  # fmt: skip
    if act not in acts:
        return None
    do, done = acts[act]
    form = chosen if act == "events" else forms.Form(**sent(request))
    to = _at(request, "webhooks") if act == "remove" else _at(request, "webhook", endpoint=found.tid)
    went = taken(request, form, do, done=done, to=to)
    if went is None and act != "events":
        return _refused(request, form, to)
    return went


def _refused(request: Asking, form: forms.Form, to: str) -> HttpResponseBase:
    """Back to the page, with the sentence that says why not."""
    for sentence in form.non_field_errors():
        messages.error(request, str(sentence))
    return redirect(to)


def _rotated(request: Asking, found: Any) -> HttpResponse | None:
    made: list[Made] = []
    went = taken(
        request,
        forms.Form(**sent(request)),
        lambda _said: made.append(actions.rotate(found, by=notices.reader(request))),
        done=_("There is another secret. The one before signs beside it for a day yet."),
        to=_at(request, "webhook", endpoint=found.tid),
    )  # fmt: skip
    return _shown_once(request, made[0]) if went else None


def _columns(request: Asking, tid: str) -> tuple[Column, ...]:
    return (
        Column("made", _("When"), "date",
               link=lambda row: _at(request, "webhook-sent", endpoint=tid, delivery=row.tid)),
        Column("event", _("Event"), "code"),
        Column("state", _("State"), "state"),
        Column("status", _("Answered"), "number", lambda row: row.status),
        Column("tries", _("Tries"), "number"),
        Column("next", _("Again"), "date"),
    )  # fmt: skip


def delivery(request: Asking, endpoint: str, delivery: str) -> HttpResponseBase:
    """One message as it was sent, and every try; it may be sent again."""
    found = queries.endpoint(_party(request), request.seat.audience, endpoint)
    row = queries.delivery(found, delivery)
    to = _at(request, "webhook-sent", endpoint=found.tid, delivery=row.tid)
    form = forms.Form(**sent(request))
    went = taken(
        request, form, lambda _said: actions.resend(found, row.tid, by=notices.reader(request)),
        done=_("It is sent once more, under the same id."), to=to,
    )  # fmt: skip
    if request.method == "POST":
        return went or _refused(request, form, to)
    told = {
        "title": row.event, "row": row,
        "body": json.dumps(json.loads(row.body), indent=2, ensure_ascii=False),
        "trail": [*_trail(request), (found.url, _at(request, "webhook", endpoint=found.tid))],
    }  # fmt: skip
    return render(request, "web/notices/delivery.html", told)


def _party(request: Asking) -> UUID:
    assert request.seat.party is not None
    return request.seat.party.id


def _at(request: Asking, page: str, **named: Any) -> str:
    return of_seat(request.seat, page, **named)


def _trail(request: Asking) -> list[tuple[str, str]]:
    return [(_("Webhooks"), _at(request, "webhooks"))]
