"""The pages of the society's own people."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from quire.society.web import api_keys, jobs, notices
from quire.society.web.auditor import checks, register
from quire.society.web.operator import (
    corrections,
    disputes,
    home,
    income,
    intakes,
    members,
    metering,
    parties,
    payments,
    plans,
    registering,
    replays,
    run,
    runs,
    surveys,
    unclaimed,
)
from quire.society.web.pages import Page

_WORK, _PEOPLE, _INCOME = pgettext_lazy("to be done", "Work"), _("People"), _("What comes in")
_OUT, _RIGHTS, _BOOKS = _("What goes out"), _("Rights"), _("Books")

_DISTRIBUTION = (
    Page("runs/", "desk-runs", runs.runs, menu=_("Runs"), group=_OUT),
    Page("runs/new/", "desk-run-new", runs.opening, needs="prepare", writes="prepare"),
    Page("runs/forecasts/<str:forecast>/", "desk-forecast", runs.forecast),
    Page("runs/<str:run>/", "desk-run", run.run),
    Page("runs/<str:run>/go-on/", "desk-run-go-on", run.go_on, writes="prepare"),
    Page("runs/<str:run>/approve/", "desk-run-approve", run.approve, needs="approve", writes="approve"),
    Page("runs/<str:run>/cancel/", "desk-run-cancel", run.cancel, needs="prepare", writes="prepare"),
    Page("runs/<str:run>/statements/", "desk-run-issue", run.issue, writes="prepare"),
    Page("runs/<str:run>/changes/", "desk-run-changes", run.changes),
    Page("plans/", "desk-plans", plans.plans, menu=_("Plans"), group=_OUT),
    Page("plans/write/", "desk-plan-editor", plans.editor, needs="prepare", writes="prepare"),
    Page("plans/replays/<str:replay>/", "desk-replay", replays.replay),
    Page("plans/<str:plan>/", "desk-plan", plans.plan),
    Page("payments/", "desk-batches", payments.batches, menu=_("Payments"), group=_OUT),
    Page("payments/new/", "desk-batch-new", payments.prepare, needs="prepare", writes="prepare"),
    Page("payments/all/", "desk-payments", payments.payments),
    Page("payments/returned/", "desk-returned", payments.returned),
    Page(
        "payments/returned/import/", "desk-returns-import", intakes.returns, needs="prepare", writes="prepare"
    ),
    Page("payments/<str:batch>/", "desk-batch", payments.batch, writes="prepare"),
    Page("payments/<str:batch>/<str:file>", "desk-batch-file", payments.file, needs="prepare"),
)
_MEMBERS = (
    Page("applications/", "desk-applications", members.applications, menu=_("Applications"), group=_PEOPLE),
    Page("applications/new/", "desk-apply", members.apply, needs="prepare", writes="prepare"),
    Page("applications/import/", "desk-hand-in", intakes.applications, needs="prepare", writes="prepare"),
    Page("applications/<str:application>/", "desk-application", members.application),
    Page("members/", "desk-members", members.members, menu=_("Members"), group=_PEOPLE),
    Page("parties/", "desk-parties", parties.parties, menu=_("Parties"), group=_PEOPLE),
    Page("taxes/", "desk-taxes", parties.taxes, menu=_("Tax forms"), group=_PEOPLE),
    Page("parties/new/", "desk-party-new", registering.new, needs="prepare", writes="prepare"),
    Page("parties/<str:who>/", "desk-party", parties.party),
)
_LICENCES = (
    Page("licences/", "desk-licences", income.licences, menu=_("Licences"), group=_INCOME),
    Page("licences/import/", "desk-licences-import", intakes.licences, needs="prepare", writes="prepare"),
    Page("licences/<str:licence>/", "desk-licence", income.licence),
    Page("tariffs/", "desk-tariffs", income.tariffs, menu=_("Tariffs"), group=_INCOME),
    Page("invoices/", "desk-invoices", income.invoices, menu=_("Invoices"), group=_INCOME),
    Page("invoices/new/", "desk-invoice-new", income.invoice, needs="prepare", writes="prepare"),
    Page("invoices/open/", "desk-open", income.outstanding, menu=_("Open invoices"), group=_INCOME),
    Page("receipts/", "desk-receipts", income.receipts, menu=_("Receipts"), group=_INCOME),
    Page("receipts/new/", "desk-receipt-new", income.receive, needs="prepare", writes="prepare"),
    Page("receipts/import/", "desk-receipts-import", intakes.receipts, needs="prepare", writes="prepare"),
    Page("deposits/", "desk-deposits", income.deposits, menu=_("Deposits"), group=_INCOME),
    Page("deposits/new/", "desk-deposit-new", income.put_in, needs="prepare", writes="prepare"),
    Page("lumps/", "desk-lumps", surveys.lumps, menu=_("Lump sums"), group=_INCOME),
    Page("lumps/<str:lump>/", "desk-lump", surveys.lump),
    Page("lumps/<str:lump>/claims/", "desk-lump-judge", surveys.judge, needs="prepare", writes="prepare"),
    Page("lumps/<str:lump>/distribute/", "desk-lump-distribute", surveys.distribute, writes="prepare"),
)
_RIGHTS_PAGES = (
    Page("disputes/", "desk-disputes", disputes.disputes, menu=_("Disputes"), group=_RIGHTS),
    Page("disputes/new/", "desk-dispute-file", disputes.file, needs="prepare", writes="prepare"),
    Page("disputes/tick/", "desk-disputes-tick", disputes.tick, writes="prepare"),
    Page("disputes/<str:dispute>/", "desk-dispute", disputes.dispute, writes="prepare"),
    Page("corrections/", "desk-corrections", corrections.corrections, menu=_("Corrections"), group=_RIGHTS),
    Page("corrections/new/", "desk-correction-file", corrections.file, needs="prepare", writes="prepare"),
    Page("corrections/debts/", "desk-debts", corrections.debts),
    Page("corrections/debts/<str:settlement>/", "desk-write-off", corrections.write_off, writes="approve"),
    Page("corrections/<str:correction>/", "desk-correction", corrections.correction, writes="approve"),
    Page("holds/", "desk-holds", corrections.holds, menu=_("Holds"), group=_RIGHTS),
    Page("holds/new/", "desk-hold-new", corrections.hold_new, needs="prepare", writes="prepare"),
    Page("holds/<str:hold>/", "desk-hold", corrections.hold, writes="prepare"),
    Page("unclaimed/", "desk-unclaimed", unclaimed.unclaimed, menu=_("Unclaimed money"), group=_RIGHTS),
    Page("unclaimed/dispose/", "desk-dispose", unclaimed.dispose, needs="prepare", writes="prepare"),
    Page("unclaimed/disposals/<str:disposal>/", "desk-disposal", unclaimed.disposal, writes="approve"),
    Page("unclaimed/publish/", "desk-unclaimed-publish", unclaimed.publish, writes="prepare"),
    Page("unclaimed/disposals/<str:disposal>/drop/", "desk-disposal-drop", unclaimed.drop, writes="prepare"),
    Page("unclaimed/claims/", "desk-claims", unclaimed.claims),
    Page("unclaimed/claims/<str:claim>/", "desk-claim", unclaimed.claim, writes="prepare"),
    Page("unclaimed/<str:item>/", "desk-unclaimed-match", unclaimed.match, writes="prepare"),
)
_USAGE = (
    Page("usage/by-period/", "desk-usage", metering.this_month, menu=_("Use by period"), group=_("Metering")),
    Page("usage/by-period/<str:period>/", "desk-usage-of", metering.usage_of),
    Page("usage/unmatched/<str:period>/", "desk-strays", metering.strays_of),
    Page("usage/", "desk-imports", metering.imports, menu=_("Imported usage"), group=_("Metering")),
    Page("usage/<str:imported>/", "desk-import", metering.imported),
    Page("edges/", "desk-edges", metering.edges, menu=_("Edges"), group=_("Metering")),
    Page("edges/<str:edge>/", "desk-edge", metering.edge),
    Page("surveys/", "desk-surveys", surveys.surveys, menu=_("Surveys"), group=_("Metering")),
    Page("surveys/<str:survey>/", "desk-survey", surveys.survey, writes="prepare"),
)
_REGISTER = (
    Page("acts/", "desk-acts", register.acts, menu=_("Register of acts"), group=_BOOKS),
    Page("checks/", "desk-checks", checks.checks, menu=_("Check everything"), group=_BOOKS, writes="prepare"),
)
PAGES = (
    Page("", "desk", home.home, menu=_("Work queue"), group=_WORK),
    *jobs.pages("operator"),
    *notices.pages("operator"),
    *_MEMBERS,
    *_LICENCES,
    *_USAGE,
    *_DISTRIBUTION,
    *_RIGHTS_PAGES,
    *_REGISTER,
    *api_keys.pages("operator", _BOOKS),
)
