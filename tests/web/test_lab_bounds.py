"""A licensee's page asks as many questions for a hundred clients, licences and invoices as for one."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tests.conftest import Furnished
from tests.web import desk, lab_named

MOST = 60
"""Questions of a page, with those of whoever looks and the wall."""
PATHS = (
    "", "prices/", "prices/?q=https://gazette.example/a", "prices/?q=tide",
    "usage/?since=2026-01-01&until=2026-01-31",
    "clients/", "clients/{client}/", "tokens/", "tokens/{token}/", "code/", "reports/", "reports/compared/",
    "invoices/", "payments/", "balance/", "licences/", "licences/north-2026/", "tariffs/", "tariffs/answers/",
)  # fmt: skip


@pytest.fixture
def before(january: Furnished) -> Furnished:
    """The small society's January."""
    return january


def asked(browser: Any) -> dict[str, int]:
    """Page to the number of its questions."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = lab_named.crawler()
    named = {"client": client, "token": lab_named.token(client)}
    found = {}
    for path in PATHS:
        with CaptureQueriesContext(connection) as told:
            desk.text(browser.get(f"/lab/lab-north/{path.format(**named)}"))
        found[path] = len(told)
    return found


def test_the_number_of_questions_does_not_grow(house: Any) -> None:
    browser = desk.seated("north-admin", "lab-north")
    lab_named.tariff()
    grow(0, 1)
    few = asked(browser)
    assert max(few.values()) < MOST
    grow(1, 31)
    many = asked(browser)
    assert {path: (few[path], count) for path, count in many.items() if count > few[path]} == {}


def grow(first: int, last: int) -> None:
    """Clients, tokens, licences with an invoice and a receipt, deposits and reports by the dozen."""
    from quire.society.invoicing import actions as money
    from quire.society.kit import clock
    from quire.society.kit.periods import month
    from quire.society.licensing import actions, queries
    from quire.society.licensing.models import IssuedToken
    from quire.society.parties import queries as parties
    from quire.society.usage.models import Report

    by = parties.acting("preparer")
    row = queries.licence("north-2026")
    lab_named.crawler()
    for at in range(first, last):
        client = actions.create_client(licensee="lab-north", name=f"c{at}", by=by).client
        IssuedToken.objects.create(
            jti=f"j{at}", client_id=client.id, licence_id=row.id, uses=["ai-train"],
            expires=datetime.now(UTC) + timedelta(hours=1),
        )  # fmt: skip
        Report.objects.create(
            licensee_id=row.licensee, client=client.tid, received=clock.now(), digest="sha256:" + "0" * 64,
            taken=1, again=0, refused=0,
        )  # fmt: skip
        starts = date(2027 + at, 1, 1)
        actions.grant_licence(
            code=f"n{at}", licensee="lab-north", kind="blanket", uses=["ai-train"], starts=starts,
            ends=date(2028 + at, 1, 1), currency="EUR", fee="10.00", operators=[], by=by,
        )  # fmt: skip
        money.issue_invoice(licence=f"n{at}", period=month(starts.year, 1), by=by)
        money.record_receipt(
            licence=f"n{at}", period=month(starts.year, 1), amount="0.10", received_on=clock.today(),
            reference=f"N-{at}", by=by,
        )  # fmt: skip
        money.deposit(
            licensee="lab-north", amount="1.00", currency="EUR", received_on=clock.today(),
            reference=f"D-{at}", by=by,
        )  # fmt: skip
