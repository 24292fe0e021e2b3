"""What happened, as people meet it: the bell over every page, the list behind it, and how letters come.
Shared by every audience that has a seat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.csrf import csrf_exempt

from quire.society.kit import walls
from quire.society.notices import actions, catalogue, queries
from quire.society.notices.queries import Box
from quire.society.parties.models import User
from quire.society.web import lists
from quire.society.web.lists import Column
from quire.society.web.pages import PREFIX, Asking, Page, Seat, of_seat


@dataclass(frozen=True, slots=True)
class Bell:
    """What stands over every page: where the notices are, and how many are new."""

    address: str
    count: int

    @property
    def shown(self) -> str:
        """A number, or that there are more than are counted."""
        return str(self.count) if self.count < 100 else "99+"

    @property
    def words(self) -> str:
        """The same, for who does not see it."""
        if not self.count:
            return _("Notices: nothing new")
        return ngettext("Notices: %(number)s new", "Notices: %(number)s new", self.count) % {
            "number": self.shown
        }


def pages(audience: str) -> tuple[Page, ...]:
    """The pages of notices for an audience's list of pages."""
    name = PREFIX[audience]
    return (
        Page("notices/", f"{name}-notices", everything, writes="read"),
        Page("notices/letters/", f"{name}-letters", letters, writes="read"),
        Page("notices/<str:notice>/", f"{name}-notice", opened),
    )


def bell(seat: Seat | None) -> Bell | None:
    """The bell of a seat; None where nobody is signed in, or the page is the public's. One question."""
    if seat is None or seat.user is None or seat.audience not in PREFIX:
        return None
    return Bell(of_seat(seat, "notices"), queries.unread_count(box(seat), seat.user))


def box(seat: Seat) -> Box:
    """The notices that lie before a seat."""
    if seat.party is None:
        return Box(seat.audience)
    return Box(seat.audience, seat.party.id, seat.party.code)


def everything(request: Asking) -> HttpResponseBase:
    """Every notice, what needs somebody first; a POST marks all of them as read."""
    seat, user = request.seat, reader(request)
    if request.method == "POST":
        with walls.outside():
            count = actions.read_all(box(seat), by=user)
        messages.success(request, ngettext("%(count)d notice is read.", "%(count)d notices are read.", count)
                         % {"count": count})  # fmt: skip
        return redirect(of_seat(seat, "notices"))
    categories = {name: str(one.label) for name, one in catalogue.CATEGORIES.items()}
    columns = (
        Column("at", _("When"), "date"),
        Column("words", _("What happened"), link=lambda row: of_seat(seat, "notice", notice=row.tid)),
        Column("state", _("State"), "state", lambda row: row.state),
        Column("due", _("By"), "date"),
        Column("category", _("About"), value=lambda row: categories[row.category]),
    )
    listing = queries.notice_list(box(seat), user)
    if form := request.GET.get("format"):
        return lists.export(request, listing, columns, form, "notices")
    told = {
        "title": _("Notices"),
        "first": [(row, of_seat(seat, "notice", notice=row.tid)) for row in queries.first(box(seat), user)],
        "letters": of_seat(seat, "letters"),
        "table": lists.table(request, listing, columns, caption=_("Notices"), empty=_EMPTY[seat.audience]),
    }
    return render(request, "web/notices/list.html", told)


_EMPTY = {
    "member": gettext_lazy("Nothing has happened yet. Statements, payments and claims are told here."),
    "licensee": gettext_lazy("Nothing has happened yet. Invoices, licences and your balance are told here."),
    "operator": gettext_lazy("Nothing has happened yet. Runs to approve and claims are told here."),
    "auditor": gettext_lazy("Nothing has happened yet. Closed runs, plans and roles are told here."),
}  # fmt: skip


def opened(request: Asking, notice: str) -> HttpResponseBase:
    """On to what the notice is about; it is read from now on. Unknown where it is nobody's here."""
    with walls.outside():
        row = actions.read(box(request.seat), notice, by=reader(request))
    return redirect(row.address)


HOW = {
    "at-once": gettext_lazy("at once"),
    "daily": gettext_lazy("once a day"),
    "weekly": gettext_lazy("once a week"),
    "off": gettext_lazy("never"),
}


class Wishing(forms.Form):
    """How letters come, category by category."""

    def __init__(self, wishes: list[tuple[catalogue.Category, str]], *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        for one, how in wishes:
            self.fields[one.name] = forms.ChoiceField(
                label=one.label, initial=how, help_text=one.why,
                choices=[(choice, HOW[choice]) for choice in HOW if choice in one.choices],
            )  # fmt: skip


def letters(request: Asking) -> HttpResponseBase:
    """How whoever looks has their letters, in this seat and all others."""
    user = reader(request)
    form = Wishing(actions.wishes(user, request.seat.audience), request.POST or None)
    if request.method == "POST" and form.is_valid():
        with walls.outside():
            actions.wish(user, form.cleaned_data)
        messages.success(request, _("Letters come like this from now on."))
        return redirect(of_seat(request.seat, "letters"))
    lead = _("To %(email)s. In the bell stands everything, whatever you choose here.") % {"email": user.email}
    if not user.email:
        lead = _("There is no e-mail address of yours on record, so no letter comes.")
    trail = [(_("Notices"), of_seat(request.seat, "notices"))]
    told = {"title": _("Your letters"), "form": form, "lead": lead, "trail": trail, "cancel": trail[0][1]}
    return render(request, "web/notices/form.html", told)


# A mail program clicks for its user (RFC 8058): it has neither a session nor a form's secret. The link's
# signature stands in for both, and all that it can do is stop letters that may be stopped.
@csrf_exempt
def stop(request: Asking, letter: str) -> HttpResponseBase:
    """Where the link in a letter leads: what it stops, and a button; a POST stops it."""
    _whose, categories = actions.stopped_by(letter)
    if request.method == "POST":
        categories = actions.stop(letter)
    told = {
        "title": _("No more letters"),
        "done": request.method == "POST",
        "labels": [str(one.label) for one in categories],
    }
    return render(request, "web/notices/stop.html", told)


def reader(request: Asking) -> User:
    """Whoever looks; the guard let nobody in who has not signed in."""
    assert request.seat.user is not None
    return request.seat.user
