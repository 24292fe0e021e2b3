"""What waits at the desk: late things first, then by money; each with its amount, its day and its page."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.conftest import Furnished
from tests.web import desk, desk_named, named


@pytest.fixture(scope="module")
def before(january: Furnished) -> Furnished:
    """A small society whose January is closed."""
    return january


@pytest.fixture
def operator(house: Any) -> Any:
    """The user whom the makers of things act by."""
    from quire.society.parties import actions

    actions.add_user(name="operator", roles=["operator"])
    return desk.signed_in("operator")


def test_nothing_waits_where_everything_is_done(operator: Any) -> None:
    assert "Nothing waits." in desk.text(operator.get("/desk/"))


def test_what_waits_stands_with_its_money_its_day_and_where_it_is_done(operator: Any) -> None:
    dispute = named.disputed("gazette")
    correction = desk_named.corrected()
    batch, _file = desk_named.paid()
    page = desk.text(operator.get("/desk/"))
    for address in (f"disputes/{dispute}", f"corrections/{correction}", f"payments/{batch}"):
        assert f'href="/desk/{address}/"' in page
    assert "are not yet settled" in page
    only = desk.text(operator.get("/desk/?kind=Disputes"))
    assert f"/desk/disputes/{dispute}/" in only
    assert f"/desk/payments/{batch}/" not in only


def test_an_edge_that_was_never_heard_is_told_of_after_a_day(
    operator: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from datetime import timedelta

    from quire.society.kit import clock
    from quire.society.usage import silent

    edge = desk_named.edge()
    assert "has never been heard" not in desk.text(operator.get("/desk/"))
    later = clock.now() + timedelta(days=2)
    monkeypatch.setattr(silent.clock, "now", lambda: later)
    page = desk.text(operator.get("/desk/"))
    assert "gazette.example has never been heard" in page
    assert f"/desk/edges/{edge}/" in page


def test_unclaimed_money_is_told_of_by_year_from_the_ledger(operator: Any) -> None:
    from quire.society.unclaimed.reaching import reaching

    assert reaching() == []
    assert "Nothing is unclaimed" in desk.text(operator.get("/desk/unclaimed/"))


def test_the_queue_asks_the_same_of_a_society_with_more_in_it(operator: Any) -> None:
    from quire.society.disputes import actions
    from quire.society.parties import queries as parties

    named.disputed("gazette")
    desk.text(operator.get("/desk/"))
    with CaptureQueriesContext(connection) as few:
        desk.text(operator.get("/desk/"))
    by = parties.acting("operator")
    actions.file_dispute(
        kind="tier", work="https://gazette.example/a", claimant="lantern", reason="It is news.",
        wanted="premium", by=by,
    )  # fmt: skip
    with CaptureQueriesContext(connection) as more:
        desk.text(operator.get("/desk/"))
    assert len(more) <= len(few)


def test_a_dispute_is_settled_at_the_desk(operator: Any) -> None:
    from quire.society.disputes import queries

    dispute = named.disputed("gazette")
    page = desk.text(operator.get(f"/desk/disputes/{dispute}/"))
    assert "gazette" in page
    said = {"act": "settle", "settle-shares": "nonsense", "settle-text": "They met.", "settle-starts": ""}
    assert "They met." in desk.text(operator.post(f"/desk/disputes/{dispute}/", said))
    said["settle-shares"] = "gazette:publisher:1/4; lantern:photographer:3/4"
    answer = operator.post(f"/desk/disputes/{dispute}/", said)
    assert answer.status_code == 302, answer.content.decode()
    assert queries.row(dispute).state == "settled"
    assert "Nobody disputes anything" in desk.text(operator.get("/desk/disputes/"))


def test_a_batch_is_looked_at_prepared_downloaded_and_settled(operator: Any) -> None:
    from quire.society.kit import clock
    from quire.society.payouts import queries

    said = {"currency": "EUR", "on": str(clock.today())}
    page = desk.text(operator.post("/desk/payments/new/", {**said, "act": "look"}))
    assert "It would pay" in page
    assert queries.batches() == []
    address = operator.post("/desk/payments/new/", {**said, "act": "prepare"})["Location"]
    page = desk.text(operator.get(address))
    file = page.partition("Download ")[2].partition("</a>")[0]
    data = b"".join(operator.get(f"{address}{file}"))
    assert b"<" in data
    assert operator.get(f"{address}other.xml").status_code == 404
    assert operator.post(address, {"on": str(clock.today())})["Location"] == address
    assert queries.batches()[0].settled is not None


def test_an_application_is_judged_by_the_criteria_and_shows_every_reason(operator: Any) -> None:
    said = {"party": "lab-north", "on": "2026-03-01", "rule-works": "3", "rule-authority": "90",
            "rule-quality": "90", "rule-good_standing": "yes"}  # fmt: skip
    address = operator.post("/desk/applications/new/", said)["Location"]
    page = desk.text(operator.get(address))
    assert "You show 3 works; at least 100 are needed." in page
    assert "refused" in page
    assert "You show 3 works" in desk.text(operator.get("/desk/applications/?admitted=no"))
    assert "rule-works" in desk.text(operator.post("/desk/applications/new/", {**said, "rule-works": "many"}))


def test_a_file_of_receipts_is_looked_at_before_it_is_taken(operator: Any) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    from quire.society.invoicing.models import Receipt

    before = Receipt.objects.count()
    head = "reference,licence,period,amount,currency,received\n"
    wrong = SimpleUploadedFile("bank.csv", f"{head}r9,nobody,2026-02,5.00,EUR,2026-03-01\n".encode())
    page = desk.text(operator.post("/desk/receipts/import/", {"file": wrong}))
    assert "What is refused, and why" in page
    good = SimpleUploadedFile("bank.csv", f"{head}r9,north-2026,2026-02,5.00,EUR,2026-03-01\n".encode())
    page = desk.text(operator.post("/desk/receipts/import/", {"file": good}))
    assert "nothing is written yet" in page
    assert Receipt.objects.count() == before
    kept = page.partition('name="kept" value="')[2].partition('"')[0]
    operator.post("/desk/receipts/import/", {"kept": kept, "act": "take"})
    assert Receipt.objects.count() == before + 1
    for wrong_name in ("../../etc/passwd", "0" * 32 + ".csv"):
        page = desk.text(operator.post("/desk/receipts/import/", {"kept": wrong_name, "act": "take"}))
        assert "Hand the file in again." in page


def test_a_correction_is_decided_by_a_second_person(operator: Any) -> None:
    from quire.society.distribution import queries

    correction = desk_named.corrected()
    approver = desk.signed_in("approver")
    address = f"/desk/corrections/{correction}/"
    assert "What it changes" in desk.text(approver.get(address))
    assert "Decide it" not in desk.text(operator.get(address))
    assert approver.post(address, {"act": "accept", "note": ""}).status_code == 302
    assert queries.correction(correction).state == "accepted"


def test_usage_of_nobodys_hosts_waits_by_what_it_would_have_had(
    operator: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fractions import Fraction

    from django.core.cache import cache

    from quire.society.invoicing.strays import stray_hosts
    from quire.society.kit import periods
    from tests import small

    log = tmp_path / "nobody.log"
    log.write_text("".join(small.hit(day, "/x", small.GPT) for day in (3, 4)))
    small.quire("usage", "import", log, "--host", "nobody.example", "--by", "operator")
    [stray] = stray_hosts(periods.parse("2026-01"))
    assert (stray.host, stray.requests, stray.licensed) == ("nobody.example", 2, 2)
    page = desk.text(operator.get("/desk/usage/unmatched/2026-01/"))
    assert "nobody.example" in page
    [worth] = stray.worth
    paid = small_paid(stray.licensees[0])
    counted = small_counted(stray.licensees[0])
    assert worth.quanta == int(Fraction(paid * 2, counted + 2))
    monkeypatch.setenv("QUIRE_TODAY", "2026-02-03")
    cache.clear()
    assert "1 host of nobody’s was visited under licence" in desk.text(operator.get("/desk/?kind=Metering"))


def small_paid(licensee: str) -> int:
    """Quanta that the licensee paid for January in the currency of its licence."""
    from quire.society.invoicing.models import Receipt
    from quire.society.kit import ids

    rows = Receipt.objects.filter(licence__licensee=ids.read("pty", licensee))
    return sum(one.amount for one in rows)


def small_counted(licensee: str) -> int:
    """Its counted requests of January, added up by hand."""
    from datetime import date

    from quire.society.usage import queries

    rows = queries.totals(date(2026, 1, 1), date(2026, 2, 1))
    return sum(one.requests for one in rows if (one.heading, one.licensee) == ("counted", licensee))
