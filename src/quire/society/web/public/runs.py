"""Published distributions: each with how it was divided, its bundle, and its place in the chain."""

from __future__ import annotations

from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from quire.society.distribution import public as distribution
from quire.society.distribution.public import Published
from quire.society.web import lists
from quire.society.web.lists import Column
from quire.society.web.pages import Asking
from quire.society.web.public.front import picture
from quire.society.web.public.words import money


def runs(request: Asking) -> HttpResponseBase:
    """Every closed run, the last first, with the root that the next one names."""
    columns = [
        Column("number", _("Number"), "number"),
        Column("period", _("Period of use"), value=lambda one: str(one.period),
               link=lambda one: reverse("distribution", args=[one.tid])),
        Column("received", _("Came in"), value=_received),
        Column("payees", _("Payees"), "number"),
        Column("lines", _("Lines"), "number"),
        Column("plan", _("Plan"), link=lambda one: reverse("plan", args=[one.plan_tid])),
        Column("root", _("Root"), "code"),
    ]  # fmt: skip
    return lists.listed(
        request, distribution.published_list(), columns, title=_("Distributions"),
        template="web/public/distributions.html", file="distributions",
        lead=_("Everything that was divided, and by what. Anybody can compute it again."),
        empty=_("No distribution has been published yet. The first appears here when its run is closed."),
    )  # fmt: skip


def _received(one: Published) -> str:
    return ", ".join(money(split.received, split.currency) for split in one.splits)


def run(request: Asking, run: str) -> HttpResponseBase:
    """One closed run. kit.nouns.Unknown where there is none."""
    found = distribution.published(run)
    title = _("Distribution %(period)s") % {"period": found.period}
    return render(request, "web/public/distribution.html", {
        "title": title, "trail": [(_("Distributions"), reverse("distributions"))], "run": found,
        "pictures": [picture(one) for one in found.splits], "there": found.zip.is_file(),
    })  # fmt: skip
