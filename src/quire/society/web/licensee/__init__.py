"""A licensee's pages."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from quire.society.web import api_keys, jobs, notices, team, webhooks
from quire.society.web.licensee import clients, code, home, licences, money, prices, reports, usage
from quire.society.web.pages import Page

CRAWL, MONEY, RIGHTS = _("Crawling"), _("Money"), _("Your licences")

PAGES = (
    Page("", "lab", home.home, menu=_("Home")),
    Page("prices/", "lab-prices", prices.prices, menu=_("What may be crawled"), group=CRAWL, writes="read"),
    Page("usage/", "lab-usage", usage.usage, menu=_("Usage and spend"), group=CRAWL),
    Page("clients/", "lab-clients", clients.clients, menu=_("Clients"), group=CRAWL),
    Page("clients/new/", "lab-clients-new", clients.new, needs="manage", writes="manage"),
    Page("clients/<str:client>/", "lab-client", clients.client, writes="manage"),
    Page("tokens/", "lab-tokens", clients.tokens, menu=_("Tokens"), group=CRAWL),
    Page("tokens/<str:token>/", "lab-token", clients.token, writes="manage"),
    Page("reports/", "lab-reports", reports.reports, menu=_("Your reports"), group=CRAWL, writes="manage"),
    Page("reports/compared/", "lab-compared", reports.compared),
    Page("code/", "lab-code", code.code, menu=_("Code"), group=CRAWL),
    Page("invoices/", "lab-invoices", money.invoices, menu=_("Invoices"), group=MONEY),
    Page("invoices/<str:invoice>/", "lab-invoice", money.invoice),
    Page("payments/", "lab-payments", money.receipts, menu=_("Payments"), group=MONEY),
    Page("balance/", "lab-credit", money.credit, menu=_("Balance"), group=MONEY),
    Page("licences/", "lab-licences", licences.licences, menu=_("Licences"), group=RIGHTS),
    Page("licences/<str:licence>/", "lab-licence", licences.licence),
    Page("tariffs/", "lab-tariffs", licences.tariffs, menu=_("Tariffs"), group=RIGHTS),
    Page("tariffs/<str:tariff>/", "lab-take", licences.take, writes="admin"),
    Page("team/", "lab-team", team.team, menu=_("Team"), group=RIGHTS, writes="admin"),
    *jobs.pages("licensee"),
    *api_keys.pages("licensee", CRAWL),
    *webhooks.pages("licensee", CRAWL),
    *notices.pages("licensee"),
)  # fmt: skip
