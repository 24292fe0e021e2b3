"""Credits: whose works each licensee used, and for what."""

from __future__ import annotations

from django.http import Http404
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _

from quire.society.distribution import public as distribution
from quire.society.kit.paging import few
from quire.society.web import lists
from quire.society.web.lists import Column
from quire.society.web.pages import Asking
from quire.society.web.words import days
from quire.society.web.words import use as said


def credits(request: Asking) -> HttpResponseBase:
    """Every licensee and use that money was shared for."""
    columns = [
        Column("name", _("Licensee"), link=lambda one: reverse("credited", args=[one.licensee, one.use])),
        Column("use", _("Used for"), value=lambda one: said(one.use)),
        Column("days", _("Days"), value=lambda one: days(one.since, one.until)),
    ]
    return lists.listed(
        request, few(distribution.credit_pages(), words=lambda one: one.name), columns, title=_("Credits"),
        lead=_("Whose works each licensee used, and for what. Who wishes goes by a pseudonym."),
        empty=_("Nobody is credited yet. The first names appear here when a distribution is published."),
    )  # fmt: skip


def credited(request: Asking, licensee: str, use: str) -> HttpResponseBase:
    """Whose works one licensee used for one use. 404 where no money was shared for it."""
    page = next(
        (one for one in distribution.credit_pages() if (one.licensee, one.use) == (licensee, use)), None
    )
    if page is None:
        raise Http404("Nothing was shared for this.")
    columns = [
        Column("name", _("Name")),
        Column("kind", _("Is a"), value=lambda one: one.kind.replace("-", " ")),
        Column("works", _("Works used"), "number", lambda one: one.works or None),
    ]
    return lists.listed(
        request, distribution.credits_list(licensee, use), columns,
        title=_("%(name)s: whose works it used for %(use)s") % {"name": page.name, "use": said(use)},
        file=f"credits-{licensee}-{use}", trail=[(_("Credits"), reverse("credits"))],
        lead=_("Of the days %(days)s. A name is shown as its bearer wishes it.")
        % {"days": days(page.since, page.until)},
        empty=_("Nobody’s work was used in this way in a published distribution."),
    )  # fmt: skip
