"""A member's pages."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from quire.society.web import api_keys, jobs, notices, team, webhooks
from quire.society.web.member import (
    agreements,
    claiming,
    disputes,
    home,
    membership,
    money,
    offers,
    registering,
    sites,
    statements,
    tax,
    terms,
    unclaimed,
    why,
    works,
)
from quire.society.web.pages import Page

MONEY, WORK, RIGHTS = _("Money"), _("Your work"), _("Your rights")

PAGES = (
    Page("", "member", home.home, menu=_("Home")),
    Page("statements/", "member-statements", statements.everything, menu=_("Statements"), group=MONEY),
    Page("statements/<str:run>/", "member-statement", statements.statement),
    Page("statements/<str:run>/lines/", "member-lines", statements.lines),
    Page("statements/<str:run>/lines/<int:line>/", "member-why", why.why),
    Page("statements/<str:run>/as/<str:form>", "member-statement-file", statements.file),
    Page("earnings/", "member-earnings", statements.earnings, menu=_("Earnings"), group=MONEY),
    Page("payments/", "member-money", money.money, menu=_("Payments"), group=MONEY),
    Page("payments/details/", "member-details", money.details, needs="admin", writes="admin"),
    Page("tax/", "member-tax", tax.tax, menu=_("Tax form"), group=MONEY, needs="admin", writes="admin"),
    Page("terms/", "member-terms", terms.terms, menu=_("What AI may do"), group=WORK),
    Page("terms/change/", "member-terms-change", terms.change, needs="manage", writes="manage"),
    Page("works/", "member-works", works.works, menu=_("Works"), group=WORK),
    Page("works/new/", "member-works-new", registering.new, needs="manage", writes="manage"),
    Page("works/import/", "member-works-import", registering.bulk, needs="manage", writes="manage"),
    Page("works/import/works.csv", "member-works-template", registering.template, needs="manage"),
    Page("works/import/<str:upload>/", "member-works-preview", registering.preview, needs="manage",
         writes="manage"),
    Page("works/<str:work>/", "member-work", works.work, writes="manage"),
    Page("shares/", "member-offers", offers.offers, menu=_("Shares offered"), group=RIGHTS),
    Page("shares/<str:offer>/", "member-offer", offers.offer, writes="manage"),
    Page("sites/", "member-sites", sites.sites, menu=_("Sites"), group=WORK),
    Page("sites/new/", "member-sites-new", sites.new, needs="manage", writes="manage"),
    Page("sites/<str:site>/", "member-site", sites.site, writes="manage"),
    Page("claims/", "member-disputes", disputes.everything, menu=_("Claims"), group=RIGHTS),
    Page("claims/new/", "member-disputes-new", claiming.new, needs="manage", writes="manage"),
    Page("claims/<str:dispute>/", "member-dispute", disputes.dispute, writes="manage"),
    Page("unclaimed/", "member-unclaimed", unclaimed.unclaimed, menu=_("Unclaimed money"), group=RIGHTS,
         writes="manage"),
    Page("unclaimed/claim/", "member-unclaimed-claim", unclaimed.claim, needs="manage", writes="manage"),
    Page("agreements/", "member-agreements", agreements.agreements, menu=_("Agreements"), group=RIGHTS),
    Page("membership/", "member-membership", membership.membership, menu=_("Membership"), group=RIGHTS,
         writes="admin"),
    Page("membership/leave/", "member-leave", membership.leave, needs="admin", writes="admin"),
    Page("team/", "member-team", team.team, menu=_("Team"), group=RIGHTS, writes="admin"),
    *jobs.pages("member"),
    *api_keys.pages("member", RIGHTS),
    *webhooks.pages("member", RIGHTS),
    *notices.pages("member"),
)  # fmt: skip
