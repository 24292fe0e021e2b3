"""A licensee's pages: what they say, whom they refuse, and what a form does in the books."""

from __future__ import annotations

import base64
import json
import re
from datetime import date
from typing import Any

import pytest

from tests.conftest import Furnished
from tests.web import desk, lab_named


@pytest.fixture
def before(january: Furnished) -> Furnished:
    """The small society's January."""
    return january


@pytest.fixture
def browser(house: Any) -> Any:
    """An admin's of Lab North."""
    return desk.seated("north-admin", "lab-north")


def plain(page: str) -> str:
    """What a page says, without its marks and with single spaces."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def said(answer: Any) -> str:
    return plain(desk.text(answer))


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("", "What needs you"),
        ("prices/", "Address, host or title"),
        ("usage/", "Nothing was counted in these days."),
        ("clients/", "You have no client yet."),
        ("tokens/", "No token was issued yet."),
        ("code/", "You have no client yet: its id is missing below."),
        ("invoices/", "Nothing has been invoiced yet."),
        ("payments/", "1,000.00 EUR"),
        ("balance/", "You have no balance yet."),
        ("licences/", "north-2026"),
        ("licences/north-2026/", "train and refine models on the works"),
        ("tariffs/", "No tariff is in force today."),
    ],
)
def test_every_page_says_what_it_is_for(browser: Any, path: str, sentence: str) -> None:
    page = desk.text(browser.get(f"/lab/lab-north/{path}"))
    assert sentence in plain(page)
    assert page.count("<h1") == 1
    assert "style=" not in page


def test_a_lab_without_anything_is_told_how_to_begin(house: Any) -> None:
    from quire.society.parties import actions, queries

    actions.register_party(code="lab-new", name="Lab New", kind="lab", by=queries.acting("preparer"))
    browser = desk.seated("new-admin", "lab-new")
    assert "Look up what you want to use" in said(browser.get("/lab/lab-new/"))
    assert "You have no licence yet." in said(browser.get("/lab/lab-new/licences/"))


def test_usage_is_what_was_counted(browser: Any) -> None:
    where = "/lab/lab-north/usage/?since=2026-01-01&until=2026-01-31"
    page = said(browser.get(f"{where}&by=host"))
    assert "gazette.example 12" in page
    rows = json.loads(b"".join(browser.get(f"{where}&by=all&format=json").streaming_content))
    assert {row["use"] for row in rows} == {"ai-train"}
    by_host = json.loads(b"".join(browser.get(f"{where}&by=host&format=json").streaming_content))
    assert sum(row["requests"] for row in rows) == sum(row["requests"] for row in by_host)
    one = said(browser.get(f"{where}&by=host&host=Lantern.example"))
    assert "lantern.example 2" in one
    assert "gazette.example" not in one
    south = desk.seated("south-reader", "lab-south", "reader")
    assert "gazette.example 1 " in said(south.get(f"{where.replace('north', 'south')}&by=host"))


def test_the_days_asked_for_are_a_year_at_most(browser: Any) -> None:
    page = said(browser.get("/lab/lab-north/usage/?since=2020-01-01&until=2026-01-31"))
    assert "Ask for a year at most" in page
    assert browser.get("/lab/lab-north/usage/?sort=agent").status_code == 422


def test_an_address_a_host_and_a_title_are_looked_up(browser: Any) -> None:
    page = said(browser.get("/lab/lab-north/prices/?q=https://gazette.example/a"))
    assert "Harbour Gazette" in page
    assert "training yes" in page
    assert "Tide at dawn" in said(browser.get("/lab/lab-north/prices/?q=Tide at"))
    assert "nobody’s here" in said(browser.get("/lab/lab-north/prices/?q=nowhere.example"))


def test_a_file_is_answered_by_a_file_in_its_order(browser: Any) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    def send(data: bytes, form: str) -> Any:
        file = SimpleUploadedFile("urls.txt", data)
        return browser.post("/lab/lab-north/prices/", {"file": file, "form": form})

    urls = ["https://marsh.example/one", "https://gazette.example/a", "=cmd()"]
    told = b"".join(send("\n".join(urls).encode(), "ndjson").streaming_content).splitlines()
    assert [json.loads(line)["url"] for line in told] == urls
    rows = b"".join(send("\n".join(urls).encode(), "csv").streaming_content).decode().splitlines()
    assert len(rows) == 4
    assert rows[3].startswith("'=cmd()")
    assert "There is no address in the file." in said(send(b"\n\n ", "csv"))
    assert "not in UTF-8" in said(send(b"\xff\xfe\x00", "csv"))


def test_a_client_is_made_shown_once_rotated_and_revoked(browser: Any) -> None:
    from quire.society.licensing import queries

    form = {"name": "crawler", "mode": "live", "alg": "Ed25519", "scopes": ["ai-train"]}
    answer = browser.post("/lab/lab-north/clients/new/", form)
    assert answer.headers["Cache-Control"] == "private, no-store"
    secret = re.search(r"qcs_[\w-]+", desk.text(answer))
    assert secret
    (made,) = queries.clients("lab-north")
    assert (made.name, made.mode, made.scopes) == ("crawler", "live", ("ai-train",))
    assert queries.authenticate(made.tid, secret[0])
    page = f"/lab/lab-north/clients/{made.tid}/"
    assert secret[0] not in desk.text(browser.get(page))
    assert made.tid in desk.text(browser.get("/lab/lab-north/code/"))
    again = re.search(r"qcs_[\w-]+", desk.text(browser.post(page, {"act": "rotate"})))
    assert again
    assert queries.authenticate(made.tid, again[0])
    assert "A former secret of crawler ends" in said(browser.get("/lab/lab-north/"))
    assert "has a client called crawler already" in said(browser.post("/lab/lab-north/clients/new/", form))
    assert "This field is required" in said(browser.post(page, {"act": "revoke"}))
    assert browser.post(page, {"act": "revoke", "reason": "The machine was lost."}).status_code == 302
    assert queries.client(made.tid).revoked
    assert queries.authenticate(made.tid, again[0]) is None


def verified(site: str) -> None:
    """As if its owner had shown that the site is theirs."""
    from quire.society.kit import clock
    from quire.society.parties import queries
    from quire.society.repertoire import actions
    from quire.society.repertoire.models import SiteCheck, SiteToken

    asked = actions.start_verification(site=site, by=queries.acting("preparer"))
    token = SiteToken.objects.get(text=asked.text)
    SiteCheck.objects.create(token=token, outcome="found", at=clock.now())


def test_what_the_code_page_says_of_curl_is_so(browser: Any) -> None:
    form = {"name": "trial", "mode": "sandbox", "alg": "Ed25519"}
    secret = re.search(r"qcs_[\w-]+", desk.text(browser.post("/lab/lab-north/clients/new/", form)))
    page = desk.text(browser.get("/lab/lab-north/code/"))
    client = re.search(r"cli_\w+", page)
    assert secret
    assert client
    assert "no site honours them" in plain(page)
    assert "Small Society" in page
    asked = re.findall(r"(/olp/token|grant_type=\w+|resource=\S+|/api/v1/registry/lookup)", page)
    assert asked == [
        "/api/v1/registry/lookup", "/olp/token", "grant_type=client_credentials",
        "resource=https://example.org/a",
    ]  # fmt: skip
    shown = "Basic " + base64.b64encode(f"{client[0]}:{secret[0]}".encode()).decode()
    verified("gazette-site")
    body = "grant_type=client_credentials&resource=https%3A%2F%2Fgazette.example%2Fa"
    answer = desk.visitor().post(
        "/olp/token", body, content_type="application/x-www-form-urlencoded",
        headers={"authorization": shown},
    )  # fmt: skip
    assert answer.status_code == 200, answer.content
    told = desk.visitor().post(
        "/api/v1/registry/lookup", b"https://gazette.example/a\n", content_type="application/x-ndjson",
        headers={"authorization": shown},
    )  # fmt: skip
    assert b"licensed" in b"".join(told.streaming_content)
    assert "trial" in said(browser.get("/lab/lab-north/tokens/"))


def test_others_clients_tokens_and_licences_are_not_there(browser: Any) -> None:
    from quire.society.licensing import queries

    client = lab_named.crawler()
    other = desk.seated("south-admin", "lab-south")
    for path in (f"clients/{client}/", f"tokens/{lab_named.token(client)}/", "licences/north-2026/"):
        assert other.get(f"/lab/lab-south/{path}").status_code == 404
        assert browser.get(f"/lab/lab-north/{path}").status_code == 200
    other.post(f"/lab/lab-south/clients/{client}/", {"act": "revoke", "reason": "Not mine"})
    other.post(f"/lab/lab-south/clients/{client}/", {"act": "rotate"})
    assert queries.client(client).revoked is None
    reader = desk.seated("north-reader", "lab-north", "reader")
    assert reader.post(f"/lab/lab-north/clients/{client}/", {"act": "rotate"}).status_code == 403


def test_a_token_is_ended_before_its_time(browser: Any) -> None:
    tid = lab_named.token(lab_named.crawler())
    page = f"/lab/lab-north/tokens/{tid}/"
    assert "good" in said(browser.get(page))
    assert browser.post(page, {"reason": "It was in a log."}).status_code == 302
    assert "It was in a log." in said(browser.get(page))
    assert "revoked" in said(browser.get("/lab/lab-north/tokens/"))


def test_a_licence_is_taken_under_a_tariff(browser: Any) -> None:
    from quire.society.kit import clock
    from quire.society.licensing import queries

    page = f"/lab/lab-north/tariffs/{lab_named.tariff()}/"
    assert "Make answers from everything, by the request." in said(browser.get("/lab/lab-north/tariffs/"))
    assert "A request 0.002 EUR" in said(browser.get(page))
    form = {"starts": "2026-01-01", "code": "north-answers", "agreed": "on"}
    assert "A licence begins today at the earliest." in said(browser.post(page, form))
    form["starts"] = clock.today().isoformat()
    assert "This field is required" in said(browser.post(page, {**form, "agreed": ""}))
    assert browser.post(page, form).status_code == 302
    row = queries.licence("north-answers")
    assert (row.licensee_code, row.published, row.uses) == ("lab-north", "answers@1", ("ai-input",))
    assert "north-answers" in said(browser.post(page, {**form, "code": "twice"}))  # it covers that already
    manager = desk.seated("north-manager", "lab-north", "manager")
    assert manager.post(page, form).status_code == 403


def test_what_is_invoiced_and_open_needs_somebody(browser: Any) -> None:
    from quire.society.invoicing import actions
    from quire.society.parties import queries as parties

    by = parties.acting("preparer")
    actions.issue_invoice(licence="north-2026", period="2026-01", by=by)
    actions.issue_invoice(licence="north-2026", period="2026-02", by=by)
    page = said(browser.get("/lab/lab-north/"))
    assert "Pay what is open under north-2026" in page
    assert "Make a client" in page
    assert "What you spent" in page or "Your licences today" in page
    assert "last invoice of" in said(browser.get("/lab/lab-north/invoices/"))
    south = desk.seated("south-admin", "lab-south")
    assert "north-2026" not in said(south.get("/lab/lab-south/invoices/"))
    assert "1,000.00 EUR" not in said(south.get("/lab/lab-south/payments/"))


def test_the_balance_is_shown_with_what_was_put_on_it(browser: Any) -> None:
    from quire.society.invoicing import actions
    from quire.society.parties import queries as parties

    actions.deposit(
        licensee="lab-north", amount="20.00", currency="EUR", received_on=date(2026, 2, 1), reference="N-1",
        by=parties.acting("preparer"),
    )  # fmt: skip
    page = said(browser.get("/lab/lab-north/balance/"))
    assert "You can still spend 20.00 EUR" in page
    assert "N-1" in page
    rows = json.loads(b"".join(browser.get("/lab/lab-north/balance/?dformat=json").streaming_content))
    assert [row["reference"] for row in rows] == ["N-1"]
