"""Each kind of file that the desk takes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quire.society.invoicing import actions as invoicing
from quire.society.invoicing.actions import receipts as receipts_
from quire.society.kit import clock
from quire.society.licensing import actions as licensing
from quire.society.licensing import terms
from quire.society.membership import actions as membership
from quire.society.membership import queries as criteria
from quire.society.payouts import actions as payouts
from quire.society.payouts.actions import returns as returns_
from quire.society.web.operator.tables import Intake, intake
from quire.society.web.pages import Asking
from quire.society.web.taking import by

_LOOK = gettext_lazy("Look at it first; nothing is written before you say so.")


def receipts(request: Asking) -> HttpResponseBase:
    """Money that came in, from a bank's table."""
    return _table(
        request,
        _("Receipts from a file"),
        receipts_.COLUMNS,
        invoicing.import_receipts,
        (_("Receipts"), "desk-receipts"),
    )


def licences(request: Asking) -> HttpResponseBase:
    """Licences, from a table."""
    return _table(
        request,
        _("Licences from a file"),
        tuple(terms.COLUMNS),
        licensing.import_licences,
        (_("Licences"), "desk-licences"),
    )


def returns(request: Asking) -> HttpResponseBase:
    """Payments that came back, from a bank's list."""
    return _table(
        request,
        _("Returned payments from a file"),
        tuple(returns_.COLUMNS),
        payouts.import_returns,
        (_("Payments"), "desk-batches"),
        to="desk-returned",
    )


def _table(
    request: Asking,
    title: str,
    columns: tuple[str, ...],
    take: Callable[..., Any],
    back: tuple[str, str],
    to: str = "",
) -> HttpResponseBase:
    """A table that an action takes by its path; afterwards one is led to the page ``to``, or back."""

    def taken(path: Path, skip: bool, dry: bool) -> Any:
        return take(path, by=by(request), dry_run=dry, skip_refused=skip)

    return intake(request, Intake(title, _(_LOOK), columns, taken, reverse(to or back[1]), back))


def applications(request: Asking) -> HttpResponseBase:
    """Applicants, each judged by the criteria in force."""
    names = [rule.name for rule in criteria.criteria_on(clock.today()).rules]
    return intake(
        request,
        Intake(
            _("Applications from a file"),
            _("A row for each applicant: the party, what it shows for each criterion, and the day."),
            ("code", "name", "kind", *names, "joined", "left"),
            lambda path, skip, dry: membership.import_members(
                path=path, by=by(request), dry_run=dry, skip_refused=skip
            ),
            reverse("desk-applications"),
            (_("Applications"), "desk-applications"),
            _judged,
        ),
    )


def _judged(done: Any) -> list[tuple[str, int]]:
    refused = len(done.applicants_refused)
    return [
        (_("Admitted"), done.admitted),
        (_("Refused, with reasons"), refused),
        (_("As they are"), done.unchanged),
    ]
