"""The auditor's pages: everything, to read."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from quire.society.web import api_keys, jobs, notices
from quire.society.web.auditor import books, checks, home, register
from quire.society.web.pages import Page

PAGES = (
    Page("", "audit", home.home, menu=_("Overview")),
    Page("ledger/", "audit-ledger", books.ledger, menu=_("Ledger"), group=_("Books")),
    Page("ledger/<int:number>/", "audit-transaction", books.transaction),
    Page(
        "trial-balance/",
        "audit-trial-balance",
        books.trial_balance,
        menu=_("Trial balance"),
        group=_("Books"),
    ),
    Page("accounts/<str:code>/", "audit-account", books.account),
    Page("runs/", "audit-runs", register.runs, menu=_("Runs and bundles"), group=_("Decisions")),
    Page("runs/<str:run>/", "audit-run", register.run),
    Page("acts/", "audit-acts", register.acts, menu=_("Register of acts"), group=_("Decisions")),
    Page("decided/", "audit-decided", register.decided, menu=_("Who approved what"), group=_("Decisions")),
    Page("changes/", "audit-changes", register.changes, menu=_("Changes"), group=_("Decisions")),
    Page("changes/<str:thing>/", "audit-changed", register.changed),
    Page("people/", "audit-people", register.people, menu=_("Who may do what"), group=_("Decisions")),
    Page(
        "checks/", "audit-checks", checks.checks, menu=_("Check everything"), group=_("Checks"), writes="read"
    ),
    *jobs.pages("auditor"),
    *api_keys.pages("auditor", _("Checks")),
    *notices.pages("auditor"),
)
