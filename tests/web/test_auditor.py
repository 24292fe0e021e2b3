"""The auditor reads the books, recomputes them, and sees who did what; nobody else does."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests import small
from tests.conftest import Furnished, furnished
from tests.web import desk


@pytest.fixture(scope="module")
def before(postgres: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Furnished]:
    """A small society whose January is closed."""
    folder = tmp_path_factory.mktemp("audited")

    def furnish(people: dict[str, Any], patch: pytest.MonkeyPatch) -> None:
        small.found(folder)
        small.use(folder)
        small.receive(folder)
        small.quire("distribution", "run", "--period", "2026-01", "--by", "preparer")
        small.quire("distribution", "approve", "latest", "--by", "approver")

    with furnished(postgres, folder, furnish, staffed=False) as made:
        yield made


@pytest.fixture
def browser(house: Any) -> Any:
    """The auditor's."""
    from quire.society.parties import actions

    actions.add_user(name="examiner", roles=["auditor"])
    return desk.signed_in("examiner")


def test_the_books_are_read_from_the_chain_down_to_an_entry(browser: Any) -> None:
    from quire.society.ledger import queries

    head = queries.head()
    assert head.digest in desk.text(browser.get("/audit/"))
    ledger = desk.text(browser.get("/audit/ledger/"))
    assert f'href="/audit/ledger/{head.number}/"' in ledger
    page = desk.text(browser.get(f"/audit/ledger/{head.number}/"))
    assert head.digest in page
    account = queries.entries_of(head.number)[0].account
    assert account in page
    assert account in desk.text(browser.get(f"/audit/accounts/{account}/"))
    assert browser.get("/audit/ledger/99999/").status_code == 404
    assert browser.get("/audit/accounts/rights:nobody/").status_code == 404


def test_the_trial_balance_of_a_day_evens_out(browser: Any) -> None:
    today = desk.text(browser.get("/audit/trial-balance/"))
    assert "sum to nothing, as they must" in today
    assert "Nothing had been booked by then" in desk.text(browser.get("/audit/trial-balance/?on=2020-01-01"))
    assert "A day is written" in browser.get("/audit/trial-balance/?on=yesterday").content.decode()
    rows = json.loads(b"".join(browser.get("/audit/trial-balance/?format=json")))
    assert {row["debit"].partition(" ")[2] for row in rows} == {"EUR", "USD"}


def test_a_list_is_taken_away_whole(browser: Any) -> None:
    from quire.society.kit.models import Act
    from quire.society.ledger import queries

    read = csv.reader(io.StringIO(b"".join(browser.get("/audit/ledger/?format=csv")).decode()))
    rows = list(read)
    assert rows[0] == ["number", "date", "kind", "text", "digest"]
    assert len(rows) == queries.head().number + 1
    acts = json.loads(b"".join(browser.get("/audit/acts/?format=json&size=50")))
    assert len(acts) == Act.objects.count() > 20
    assert browser.get("/audit/acts/?format=xls").status_code == 422


def test_a_list_is_turned_searched_and_narrowed(browser: Any) -> None:
    first = desk.text(browser.get("/audit/acts/?size=5"))
    after = re.search(r'href="([^"]*after=[^"]+)" rel="next"', first)
    assert after is not None
    second = desk.text(browser.get(after[1].replace("&amp;", "&")))
    assert "To the beginning" in second
    assert "parties." not in desk.text(browser.get("/audit/acts/?room=distribution")).partition("<tbody>")[2]
    assert "Nothing here is like that" in desk.text(browser.get("/audit/acts/?q=no-such-thing"))
    for wrong in ("size=0", "size=x", "sort=color", "after=x", "room=cellar"):
        assert browser.get(f"/audit/acts/?{wrong}").status_code == 422, wrong


def test_runs_say_who_prepared_and_who_approved(browser: Any) -> None:
    from quire.society.distribution import queries

    run = queries.runs()[0]
    assert run.tid in desk.text(browser.get("/audit/runs/"))
    page = desk.text(browser.get(f"/audit/runs/{run.tid}/"))
    for told in (run.plan_digest, "Assembly of December 2025", "preparer", "approver", f"{run.tid}.zip"):
        assert told in page


def test_everything_is_checked_when_the_auditor_asks(browser: Any) -> None:
    page = desk.text(browser.get("/audit/checks/"))
    assert "All entries of a currency sum to zero." in page
    assert "Everything holds" not in page
    assert "Everything holds" in desk.text(browser.post("/audit/checks/"))


def test_people_are_listed_with_their_roles(browser: Any) -> None:
    page = desk.text(browser.get("/audit/people/"))
    assert "examiner" in page
    assert "auditor" in page


def test_who_approved_what_stands_beside_who_prepared_it(browser: Any) -> None:
    from quire.society.distribution import queries

    [row] = json.loads(b"".join(browser.get("/audit/decided/?format=json")))
    assert (row["by"], row["verb"], row["subject"]) == (
        "approver", "distribution.approve", queries.runs()[0].tid,
    )  # fmt: skip
    assert row["prepared_by"] == "preparer"
    assert row["prepared"] < row["at"]
    assert "distribution.approve" in desk.text(browser.get("/audit/decided/?verb=distribution.approve"))


def test_a_change_is_found_by_its_thing_and_told_with_who_and_where(browser: Any) -> None:
    from quire.society.parties import queries

    member = desk.seated("gazette-admin", "gazette")
    said = {"iban": "DE89370400440532013000", "town": "Graz", "country": "AT"}
    assert member.post("/member/gazette/payments/details/", said).status_code == 302
    gazette = queries.party("gazette")
    listed = desk.text(browser.get(f"/audit/changes/?q={gazette.tid}"))
    assert "/member/gazette/payments/details/" in listed
    assert f'href="/audit/changes/{gazette.tid}/"' in listed
    page = desk.text(browser.get(f"/audit/changes/{gazette.tid}/"))
    for told in ("gazette-admin", "DE…3000", "Graz", "parties.change", "/member/gazette/payments/details/"):
        assert told in page
    assert "DE89370400440532013000" not in page
    assert browser.get("/audit/changes/pty_01h2xcejqtf2nbrexx3vqjhp41/").status_code == 404
    assert browser.get("/audit/changes/nothing-like-it/").status_code == 404


def test_an_act_leads_to_everything_about_its_thing(browser: Any) -> None:
    from quire.society.distribution import queries

    run = queries.runs()[0].tid
    assert f'href="/audit/changes/{run}/"' in desk.text(browser.get("/audit/acts/?room=distribution"))
    assert "distribution.approve" in desk.text(browser.get(f"/audit/changes/{run}/"))
