"""The pages that everybody may read."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from quire.society.web import notices
from quire.society.web.pages import Page
from quire.society.web.public import code, credits, figures, front, joining, plans, runs, tariffs, works

PAGES = (
    Page("", "front", front.front, menu=_("The society")),
    Page("licences", "licences", tariffs.licences, menu=_("Licences")),
    Page("crawlers/", "crawlers", code.crawlers, menu=_("For crawlers")),
    Page("joining/", "joining", joining.joining, menu=_("Joining")),
    Page("plans/", "plans", plans.plans, menu=_("Plans")),
    Page("plans/<str:plan>/", "plan", plans.plan),
    Page("distributions/", "distributions", runs.runs, menu=_("Distributions")),
    Page("distributions/<str:run>/", "distribution", runs.run),
    Page("works/", "works", works.works, menu=_("Works")),
    Page("unclaimed/", "unclaimed", works.unclaimed, menu=_("Unclaimed money")),
    Page("credits/", "credits", credits.credits, menu=_("Credits")),
    Page("credits/<str:licensee>/<str:use>/", "credited", credits.credited),
    Page("figures/", "figures", figures.figures, menu=_("Figures")),
    Page("bundles/<str:run>.zip", "bundle", front.bundle),
    Page("keys.json", "keys", front.keys),
    Page("letters/<str:letter>/", "letters-stop", notices.stop, writes="read"),
)
