"""Licences that are a share of revenue: reported, restated, invoiced, distributed and verified."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from quire.core import bundle
from quire.core.evidence import read
from quire.core.money import quanta_of
from quire.core.tokens import KeySet
from quire.core.verify import verify
from quire.society.kit.tables import TableRefused
from tests.rooms import distribution_desk
from tests.rooms.distribution_desk import Desk

built, desk = distribution_desk.built, distribution_desk.desk
MARCH = date(2026, 3, 5)


@pytest.fixture
def shared(desk: Desk) -> Desk:
    """A lab that gives 3.5 % of its revenue for search, and at least 1200.00 a year."""
    from quire.society.licensing import actions

    desk.adopt()
    actions.grant_licence(
        code="north-share", licensee="lab-north", kind="revenue", uses=["search"], starts=date(2026, 1, 1),
        ends=date(2027, 1, 1), currency="EUR", rate="3.5%", minimum="1200.00", by=desk.preparer,
    )  # fmt: skip
    return desk


def report(desk: Desk, amount: str, period: str = "2026-01", **other: Any) -> Any:
    from quire.society.invoicing import actions

    given = {"licence": "north-share", "reported_on": MARCH, **other}
    return actions.report_revenue(amount=amount, period=period, by=desk.preparer, **given)


def invoice(desk: Desk, period: str = "2026-01") -> Any:
    from quire.society.invoicing import actions

    return actions.issue_invoice(licence="north-share", period=period, by=desk.preparer)


def test_a_share_of_what_was_reported_is_due_and_the_invoice_says_of_what(shared: Desk) -> None:
    made = report(shared, "10000.50")
    found = invoice(shared)
    assert found.amount == quanta_of("350.01")
    assert {name: found.basis[name] for name in ("rate", "minimum", "revenue", "reports")} == {
        "rate": "7/200",
        "minimum": "1200.000000000000",
        "revenue": "10000.500000000000",
        "reports": [made.tid],
    }


def test_in_a_poor_month_the_minimum_is_due(shared: Desk) -> None:
    report(shared, "0")
    assert invoice(shared).amount == quanta_of("101.91"), "31 of 365 days of 1200.00, cut to the cent"


def test_every_day_of_a_period_must_be_reported_before_it_is_invoiced(shared: Desk) -> None:
    from quire.society.invoicing.errors import BadRevenue

    report(shared, "100.00", "2026-01")
    with pytest.raises(BadRevenue, match="for 59 of the days of 2026-Q1"):
        invoice(shared, "2026-Q1")
    report(shared, "200.00", "2026-02")
    report(shared, "40000.00", "2026-03")
    assert invoice(shared, "2026-Q1").amount == quanta_of("1410.50")


def test_a_report_is_restated_by_another_with_a_reason(shared: Desk) -> None:
    from quire.society.invoicing import queries
    from quire.society.invoicing.errors import InvoiceDiffers, RevenueDiffers

    first = report(shared, "10000.00")
    assert report(shared, "10000.00").id == first.id, "the same again is no news"
    with pytest.raises(RevenueDiffers, match="give the reason"):
        report(shared, "9000.00")
    invoice(shared)
    second = report(shared, "9000.00", reason="Refunds were left in")
    assert [(row.tid, row.stands) for row in queries.revenue_reports("north-share")] == [
        (first.tid, False),
        (second.tid, True),
    ]
    assert queries.revenue("north-share", date(2026, 1, 1), date(2026, 2, 1)).amount == quanta_of("9000")
    with pytest.raises(InvoiceDiffers):
        invoice(shared)


def test_reports_that_cannot_be(shared: Desk) -> None:
    from quire.society.invoicing.errors import BadReceipt, BadRevenue, OutsideTerm, RevenueDiffers

    report(shared, "1.00", "2026-01")
    with pytest.raises(RevenueDiffers, match="shares days"):
        report(shared, "1.00", "2026-Q1")
    with pytest.raises(RevenueDiffers, match="nothing to restate"):
        report(shared, "1.00", "2026-02", reason="A slip")
    with pytest.raises(BadRevenue, match="no revenue is asked for"):
        report(shared, "1.00", "2026-02", licence="north-2026")
    with pytest.raises(BadRevenue, match="nothing or more"):
        report(shared, "-1.00", "2026-02")
    with pytest.raises(BadReceipt, match="amount"):
        report(shared, "much", "2026-02")
    with pytest.raises(OutsideTerm):
        report(shared, "1.00", "2027-02")


def test_a_file_of_reports(shared: Desk, tmp_path: Path) -> None:
    from quire.society.invoicing import actions

    place = tmp_path / "revenue.csv"
    head = "licence,period,amount,currency,reported,reason\n"
    place.write_text(
        f"{head}north-share,2026-01,100.00,EUR,2026-02-05,\nnorth-share,2026-02,100.00,USD,2026-03-05,\n"
    )
    with pytest.raises(TableRefused) as caught:
        actions.import_revenue(place, by=shared.preparer)
    assert [row["line"] for row in caught.value.data["refused"]] == [3]
    taken = actions.import_revenue(place, by=shared.preparer, skip_refused=True)
    assert (taken.added, taken.taken) == (1, 1)
    assert actions.import_revenue(place, by=shared.preparer, skip_refused=True).unchanged == 1


def test_the_bundle_says_the_revenue_and_an_auditor_recomputes_what_is_due(shared: Desk) -> None:
    from quire.society.distribution import publishing
    from quire.society.distribution.keys import signing_key

    report(shared, "10000.50")
    shared.receive("S-1", "300.00", "north-share")
    run = shared.reviewed()
    assert (
        "north-share: 300.00 EUR came in; by the revenue reported 350.01 EUR is due." in run.review["notices"]
    )
    folder = publishing.folder(shared.close(run))
    found = bundle.read(folder)
    verdict = verify(found, KeySet.of(signing_key().public_jwk()))
    assert verdict.holds, verdict.sentence()
    (pot,) = read({name: found[name] for name in found.manifest.files}).pots
    assert (pot.revenue, pot.licence.rate, pot.licence.minimum) == (
        quanta_of("10000.50"),
        Fraction(7, 200),
        quanta_of("1200"),
    )
    (licence,) = [record for _, record in found.records("licences.jsonl")]
    assert (licence["rate"], licence["minimum"]) == ("7/200", "1200.000000000000")
    (total,) = [record for _, record in found.records("totals.jsonl")]
    assert total["due"] == "350.010000000000"


def test_a_tariff_is_published_as_a_share_and_said_in_words(shared: Desk) -> None:
    from quire.society.licensing import actions
    from quire.society.licensing.errors import DeviationUnexplained

    text = (
        'code = "outputs"\nkind = "revenue"\nuses = ["ai-input"]\ncurrency = "EUR"\nrate = "12.5%"\n'
        'minimum = "5000.00"\nstarts = 2026-01-01\nsentence = "A share of what answers earn."\n'
        'decision = "Assembly of December 2025"\n'
    )
    row = actions.publish_tariff(text=text, by=shared.preparer)
    said = row.as_json()
    assert (said["rate"], said["minimum"]) == ("1/8", "5000.000000000000")
    assert said["sentences"][0] == ("12.5 % of the licensee's revenue, and at least 5,000.00 EUR a year.")
    assert actions.publish_tariff(text=text, by=shared.preparer).version == 1
    taken = {"licensee": "lab-south", "tariff": "outputs", "starts": date(2027, 2, 1), "by": shared.preparer}
    with pytest.raises(DeviationUnexplained, match="rate"):
        actions.take_licence(code="cheap", rate="10%", **taken)
    made = actions.take_licence(code="whole", **taken)
    assert (str(made.rate), made.minimum) == ("1/8", quanta_of("5000"))
