"""A member sees its money: what came in, how it became so, down to the requests, and what is paid."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Furnished
from tests.web import desk


@pytest.fixture
def before(january: Furnished) -> Furnished:
    """The small society's January."""
    return january


@pytest.fixture
def browser(house: Any) -> Any:
    """An admin's of the Gazette."""
    return desk.seated("gazette-admin", "gazette")


def run() -> Any:
    from quire.society.distribution import queries

    return queries.find("latest")


def lines_of(code: str) -> list[Any]:
    from quire.society.distribution.models import Line

    return list(Line.objects.filter(party__code=code, run=run()).order_by("number"))


def plain(page: str) -> str:
    """What a page says, without its marks and with single spaces."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_home_says_what_came_in_and_what_needs_somebody(browser: Any) -> None:
    page = plain(desk.text(browser.get("/member/gazette/")))
    from quire.core.money import Money

    earned = sum(one.amount for one in lines_of("gazette") if one.pot.currency == "EUR")
    assert Money.from_minor(Money(earned, "EUR").to_minor()[0], "EUR").grouped() in page
    assert "the first of this currency" in page
    assert "Lab North" in page
    assert "Show that gazette.example is yours" in page
    assert "Give the bank account" not in page  # the Gazette gave one
    marsh = plain(desk.text(desk.seated("reed", "marsh").get("/member/marsh/")))
    assert "Give the bank account that you are paid to" in marsh


def test_a_use_on_which_nothing_is_said_is_named(house: Any) -> None:
    page = plain(desk.text(desk.seated("lens", "lantern").get("/member/lantern/")))
    assert "Say yes or no to: answers, an AI’s index, search" in page


def test_a_statement_is_summed_from_every_side_and_adds_up(browser: Any) -> None:
    tid = run().tid
    assert tid in browser.get("/member/gazette/statements/").content.decode()
    for by in ("work", "licence", "use", "period"):
        answer = browser.get(f"/member/gazette/statements/{tid}/?currency=EUR&by={by}&format=json")
        rows = json.loads(b"".join(answer.streaming_content))
        mine = [one for one in lines_of("gazette") if one.pot.currency == "EUR"]
        from quire.core.money import quanta_of

        assert sum(quanta_of(row["credited"].split()[0]) for row in rows) == sum(one.amount for one in mine)
    page = plain(desk.text(browser.get(f"/member/gazette/statements/{tid}/?currency=EUR")))
    assert "Came in 1,000.00 EUR" in page
    assert "less administration 15 % of what came in, for the society −150.00 EUR" in page
    assert "Assembly of December 2025" in page
    assert "Harbour dredged again" in page


def test_requests_count_once_however_many_portions_they_are_in(browser: Any) -> None:
    answer = browser.get(f"/member/gazette/statements/{run().tid}/?currency=EUR&by=work&format=csv")
    rows = {
        row["key"]: row for row in csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode()))
    }
    assert rows["Harbour dredged again"]["requests"] == "6"
    assert rows["The lock keeper"]["requests"] == "6"


def test_every_line_is_followed_back_to_its_requests(browser: Any) -> None:
    used = [one for one in lines_of("gazette") if one.detail.get("requests") and one.pot.currency == "EUR"]
    line = next(one for one in used if one.detail["part"] == "2/3")
    page = plain(desk.text(browser.get(f"/member/gazette/statements/{run().tid}/lines/{line.number}/")))
    assert "Lab North paid" in page
    assert "1,000.00 EUR" in page
    assert "Your share of the work 2/3, as publisher" in page
    assert "The 6 requests that were counted" in page
    for day in range(1, 7):
        assert f"{day} Jan 2026 gazette.example/b GPTBot" in page
    assert "/style.css" not in page
    assert run().bundle_root in page


def test_every_line_has_its_page(browser: Any) -> None:
    for one in lines_of("gazette"):
        page = desk.text(browser.get(f"/member/gazette/statements/{run().tid}/lines/{one.number}/"))
        assert "Step by step" in page


def test_lines_of_others_are_not_there(browser: Any) -> None:
    other = lines_of("marsh")[0].number
    assert browser.get(f"/member/gazette/statements/{run().tid}/lines/{other}/").status_code == 404
    assert browser.get("/member/marsh/statements/").status_code == 404
    assert browser.get("/member/gazette/statements/dst_01m7zr5njse6bta06w6xwmkfar/").status_code == 404
    assert browser.get("/member/gazette/statements/nonsense/").status_code in {404, 422}
    page = desk.text(browser.get(f"/member/gazette/statements/{run().tid}/lines/"))
    assert "Reed and wren" not in page


def test_files_are_those_of_the_commands_and_the_proof_holds(browser: Any, tmp_path: Path) -> None:
    from quire.society.statements import queries
    from tests import small

    tid = run().tid
    for form in ("json", "csv", "html"):
        answer = browser.get(f"/member/gazette/statements/{tid}/as/{form}")
        assert answer.content == queries.file_of(run(), "gazette", form)
        assert answer.headers["Cache-Control"] == "private, no-store"
    place = tmp_path / "proof.json"
    place.write_bytes(browser.get(f"/member/gazette/statements/{tid}/as/proof").content)
    small.quire("verify", "--proof", place, "--root", run().bundle_root)
    assert browser.get(f"/member/gazette/statements/{tid}/as/exe").status_code == 404


def test_earnings_of_any_time(browser: Any) -> None:
    page = plain(desk.text(browser.get("/member/gazette/earnings/?by=licence&currency=EUR&since=2026-01-01")))
    assert "Lab North" in page
    none = plain(desk.text(browser.get("/member/gazette/earnings/?until=2020-01-01")))
    assert "Nothing was earned in these periods" in none


def test_payments_and_what_is_carried(browser: Any) -> None:
    from tests import small

    page = plain(desk.text(browser.get("/member/gazette/payments/")))
    assert "Nothing has been paid yet" in page
    assert "AT611904300234573201" not in page
    small.quire("payouts", "prepare", "--currency", "EUR", "--on", "2026-02-10", "--by", "preparer")
    page = plain(desk.text(browser.get("/member/gazette/payments/")))
    assert "on its way" in page


def test_details_are_masked_and_changed_by_an_admin_alone(browser: Any) -> None:
    from quire.society.parties import queries

    page = desk.text(browser.get("/member/gazette/payments/details/"))
    assert "AT611904300234573201" not in page
    assert "3201" in page
    wrong = browser.post(
        "/member/gazette/payments/details/", {"iban": "AT00", "town": "Vienna", "country": "AT"}
    )
    assert "AT00" in desk.text(wrong)  # nothing typed is lost
    good = {"town": "Graz", "country": "AT", "account_holder": "Harbour Gazette GmbH"}
    assert browser.post("/member/gazette/payments/details/", good).status_code == 302
    facts = queries.facts_of("gazette")
    assert (facts.town, facts.iban) == ("Graz", "AT611904300234573201")
    manager = desk.seated("gazette-manager", "gazette", "manager")
    assert manager.get("/member/gazette/payments/details/").status_code == 403
