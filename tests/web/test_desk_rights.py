"""Unclaimed money, holds and metering at the desk of a society in which half of a work is nobody's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests import small
from tests.conftest import Furnished, furnished
from tests.web import desk

WORK = "https://gazette.example/a"


@pytest.fixture(scope="module")
def before(postgres: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Furnished]:
    """Nobody knows the author of a work; January is closed."""
    folder = tmp_path_factory.mktemp("nobodys")

    def furnish(people: dict[str, Any], patch: pytest.MonkeyPatch) -> None:
        small.found(folder)
        shares = "gazette:publisher:1/2; unknown:author:1/2"
        place = folder / "half.csv"
        place.write_text(f"url,title,member,shares\n{WORK},Harbour dredged again,gazette,{shares}\n")
        small.quire("works", "import", place, "--by", "preparer")
        small.use(folder)
        small.receive(folder)
        small.distribute()

    with furnished(postgres, folder, furnish, staffed=False) as made:
        yield made


def first(page: str, begins: str) -> str:
    """The first address in a page that begins so."""
    return begins + page.partition(f'href="{begins}')[2].partition('"')[0]


def test_money_of_nobody_is_listed_by_year_and_paid_to_whom_it_belongs(house: Any) -> None:
    from quire.society.unclaimed import queries
    from quire.society.unclaimed.reaching import reaching

    browser = desk.signed_in("preparer")
    total = {one.amount.currency: one.amount.quanta for one in reaching()}
    assert total == {
        unit: sum(one.amount for one in queries.items() if one.currency == unit) for unit in total
    }
    page = desk.text(browser.get("/desk/unclaimed/"))
    assert "may be disposed of from 1 Jan 2030" in page
    item = queries.unclaimed_list().page(_asked()).rows[0]
    address = f"/desk/unclaimed/{item.tid}/"
    assert "Somebody turned up" in desk.text(browser.get(address))
    said = {"shares": "marsh:1/2", "evidence": "The contract of 2019.", "amend": ""}
    assert "The contract of 2019." in desk.text(browser.post(address, said))
    answer = browser.post(address, {**said, "shares": "marsh:1/2;lantern:1/2"})
    assert answer.status_code == 302, answer.content.decode()
    assert queries.find(item.tid) is None
    assert browser.get(address).status_code == 302


def test_what_is_not_over_is_not_disposed_of(house: Any) -> None:
    browser = desk.signed_in("preparer")
    said = {"way": "class", "decision": "Assembly of 2027, item 3", "year": "", "reserve": "10%"}
    page = desk.text(browser.post("/desk/unclaimed/dispose/", said))
    assert 'role="alert"' in page
    assert "Assembly of 2027, item 3" in page


def test_a_disposal_needs_two_people(house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from quire.society.unclaimed import queries

    monkeypatch.setenv("QUIRE_TODAY", "2030-02-01")
    browser, second = desk.signed_in("preparer"), desk.signed_in("approver")
    assert "reaches its term" in desk.text(browser.get("/desk/"))
    said = {"way": "fund:training", "decision": "Assembly of 2030, item 3", "year": "", "reserve": "10%"}
    assert browser.post("/desk/unclaimed/dispose/", said).status_code == 302
    made = queries.disposals()[0]
    assert "is to be disposed of" in desk.text(second.get("/desk/"))
    assert browser.post(f"/desk/unclaimed/disposals/{made.tid}/").status_code == 403
    assert second.post(f"/desk/unclaimed/disposals/{made.tid}/").status_code == 302
    assert queries.disposals()[0].state == "done"


def test_a_hold_is_placed_and_ended(house: Any) -> None:
    from quire.society.distribution import queries

    browser = desk.signed_in("preparer")
    empty = {"work": "", "party": "", "reason": "A court asks.", "starts": ""}
    assert "A court asks." in desk.text(browser.post("/desk/holds/new/", empty))
    assert browser.post("/desk/holds/new/", {**empty, "party": "marsh"}).status_code == 302
    page = desk.text(browser.get("/desk/holds/"))
    address = first(page, "/desk/holds/hld_")
    assert browser.post(address).status_code == 302
    assert queries.holds()[0].released is not None
    assert "A court asks." not in desk.text(browser.get("/desk/holds/?state=stands"))
    assert browser.get("/desk/holds/hld_nothing/").status_code in {404, 422}


def test_a_file_is_shown_with_what_became_of_its_lines_and_a_month_with_its_use(house: Any) -> None:
    browser = desk.signed_in("preparer")
    page = desk.text(browser.get("/desk/usage/"))
    assert "gazette.example.log" in page
    shown = desk.text(browser.get(first(page, "/desk/usage/imp_")))
    assert "by people and ordinary search engines" in shown or "licensed and mandated" in shown
    assert (
        browser.get("/desk/usage/by-period/?period=2026-01")["Location"] == "/desk/usage/by-period/2026-01/"
    )
    rows = json.loads(b"".join(browser.get("/desk/usage/by-period/2026-01/?format=json")))
    assert sum(row["requests"] for row in rows if row["heading"] == "licensed and mandated") == 19
    assert browser.get("/desk/usage/by-period/May/").status_code == 422


def test_a_party_is_shown_from_every_side_and_a_licence_with_its_money(house: Any) -> None:
    browser = desk.signed_in("preparer")
    page = desk.text(browser.get("/desk/parties/gazette/"))
    for told in ("/member/gazette/", "/member/gazette/team/", "2026-01", "What the last runs gave"):
        assert told in page
    page = desk.text(browser.get("/desk/licences/"))
    page = desk.text(browser.get(first(page, "/desk/licences/lic_")))
    assert "Came in" in page
    assert browser.get("/desk/parties/nobody-here/").status_code == 404
    said = {"licence": "north-2026", "period": "2026-03", "amount": "12.00", "received_on": "2026-04-01",
            "reference": "bank-77", "currency": ""}  # fmt: skip
    assert browser.post("/desk/receipts/new/", said).status_code == 302
    assert "bank-77" in desk.text(browser.get("/desk/receipts/?run=no"))
    again = desk.text(browser.post("/desk/receipts/new/", {**said, "amount": "much"}))
    assert 'value="much"' in again


def _asked() -> Any:
    from quire.society.kit.paging import Asked

    return Asked()
