"""The pages that everybody may read."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from quire.society.web.pages import Page
from quire.society.web.public import front, plans, runs

PAGES = (
    Page("", "front", front.front, menu=_("The society")),
    Page("plans/", "plans", plans.plans, menu=_("Plans")),
    Page("plans/<str:plan>/", "plan", plans.plan),
    Page("distributions/", "distributions", runs.runs, menu=_("Distributions")),
    Page("distributions/<str:run>/", "distribution", runs.run),
    Page("bundles/<str:run>.zip", "bundle", front.bundle),
    Page("keys.json", "keys", front.keys),
)
