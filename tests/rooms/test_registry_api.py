"""The registry over HTTP: may it be used, for what, by whom, at what price, and why; and its refusals."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Furnished, furnished
from tests.rooms.boundary_desk import HOST, JAN, Desk, browser

LOOKUP = "/api/v1/registry/lookup"
STORY = f"https://{HOST}/story"


def paper(people: dict[str, Any], patch: pytest.MonkeyPatch) -> Desk:
    """The paper with one work of 800 words, a yes to search for all and to training for lab-a."""
    from quire.society.repertoire import actions

    patch.setenv("QUIRE_TODAY", "2026-06-01")
    made = Desk(people["preparer"])
    made.site()
    actions.register_work(url=STORY, title="A story", member="harbour", words=800, by=made.user)
    made.yes("search")
    made.yes("ai-train", "lab-a")
    return made


@pytest.fixture(scope="module")
def before(postgres: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Furnished]:
    with furnished(postgres, tmp_path_factory.mktemp("before"), paper) as made:
        yield made


@pytest.fixture
def desk(house: Any, before: Furnished, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setenv("QUIRE_TODAY", "2026-06-01")
    made: Desk = before.made
    return made


def client_of(desk: Desk, lab: str) -> dict[str, str]:
    """A client of the lab, as the header it shows."""
    from quire.society.licensing import actions

    made = actions.create_client(licensee=lab, name=f"crawler of {lab}", by=desk.user)
    told = base64.b64encode(f"{made.client.tid}:{made.secret}".encode()).decode()
    return {"authorization": f"Basic {told}"}


def post(body: Any, headers: dict[str, str] | None = None, kind: str = "application/json") -> Any:
    data = body if isinstance(body, (str, bytes)) else json.dumps(body)
    return browser().post(LOOKUP, data, content_type=kind, headers=headers or {})


def told(answer: Any) -> Any:
    return json.loads(b"".join(answer.streaming_content) if answer.streaming else answer.content)


def one(url: str, headers: dict[str, str] | None = None, **more: str) -> Any:
    answer = post({"urls": [url], **more}, headers)
    assert answer.status_code == 200, answer.content
    return told(answer)["answers"][0]


def test_anybody_hears_what_holds_for_everybody(desk: Desk) -> None:
    found = one(f"HTTPS://{HOST.upper()}/story?from=feed")
    assert (found["found"], found["key"], found["words"]) == ("work", f"{HOST}/story", 800)
    assert found["rightsholder"]["name"] == "The harbour"
    codes = {use: said["code"] for use, said in found["uses"].items()}
    assert codes == {
        "ai-train": "not-mandated", "ai-input": "not-mandated", "ai-index": "not-mandated",
        "search": "free",
    }  # fmt: skip
    said = found["uses"]["search"]
    assert (said["allowed"], said["licence"], said["price"], said["tariffs"]) == (True, None, None, [])
    assert "needs no licence" in said["why"]
    assert desk.lab("lab-a") not in json.dumps(found)


def test_a_licensee_hears_its_own(desk: Desk) -> None:
    ours, others = client_of(desk, "lab-a"), client_of(desk, "lab-b")
    assert one(STORY, ours, use="ai-train")["uses"]["ai-train"]["allowed"] is True
    assert one(STORY, others, use="ai-train")["uses"]["ai-train"]["allowed"] is False
    assert one(STORY, ours, licensee="lab-a", use="ai-train")["found"] == "work"


def test_of_another_licensee_nothing_is_said(desk: Desk) -> None:
    for headers in ({}, client_of(desk, "lab-b")):
        refused = post({"urls": [STORY], "licensee": "lab-a"}, headers)
        assert refused.status_code == 403
        assert told(refused)["code"] == "registry.not-yours"


def test_the_licence_that_covers_it_and_its_price(desk: Desk) -> None:
    from datetime import date

    from quire.society.licensing import actions

    licence = actions.grant_licence(
        code="lab-a-1", licensee="lab-a", kind="per-request", uses=["ai-train"], starts=JAN,
        ends=date(2027, 1, 1), currency="EUR", prices={"*": "0.004"}, by=desk.user,
    )  # fmt: skip
    client = client_of(desk, "lab-a")
    said = one(STORY, client, use="ai-train")["uses"]["ai-train"]
    assert (said["code"], said["licence"]) == ("licensed", licence.tid)
    assert said["price"] == {"amount": "0.004000000000", "currency": "EUR", "per": "request"}
    actions.revoke_licence(code="lab-a-1", reason="Unpaid", by=desk.user)
    said = one(STORY, client, use="ai-train")["uses"]["ai-train"]
    assert (said["code"], said["licence"]) == ("licence-needed", None), "no token is had under it any more"


def test_a_path_term_and_a_price_of_the_path(desk: Desk) -> None:
    desk.yes("ai-index")
    desk.terms("/secret/", "search", False)
    desk.price("/", "0.002")
    open_, secret = one(f"https://{HOST}/a"), one(f"https://{HOST}/secret/a")
    assert (open_["found"], open_["site"]) == ("site", "harbour")
    assert open_["uses"]["ai-index"]["code"] == "price"
    assert open_["uses"]["search"]["code"] == "free", "a price is of what needs a licence"
    assert open_["uses"]["ai-index"]["price"]["amount"] == "0.002000000000"
    assert secret["uses"]["search"]["code"] == "path"


def test_what_nobody_owns_and_what_cannot_be_read(desk: Desk) -> None:
    assert one("https://elsewhere.example/")["uses"]["search"]["code"] == "unknown"
    unread = one("http://[bad")
    assert (unread["found"], unread["uses"]["search"]["code"]) == ("unreadable", "unreadable")
    assert unread["problem"]


def test_lines_in_and_lines_out(desk: Desk) -> None:
    body = f'{STORY}\n"https:\\/\\/{HOST}\\/other"\n\nhttps://elsewhere.example/\n'
    answer = post(body, kind="application/x-ndjson")
    lines = [json.loads(line) for line in b"".join(answer.streaming_content).splitlines()]
    assert [line["found"] for line in lines] == ["work", "site", "nothing"]
    assert answer["Content-Type"] == "application/x-ndjson"


def test_the_same_question_again_is_answered_that_nothing_changed(desk: Desk) -> None:
    first = post({"urls": [STORY]})
    told(first)
    again = post({"urls": [STORY]}, {"if-none-match": first["ETag"]})
    assert (again.status_code, told(again)["code"]) == (412, "api.unchanged")
    desk.yes("ai-index")
    assert post({"urls": [STORY]}, {"if-none-match": first["ETag"]}).status_code == 200


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", "application/json", 422),
        (b"[]", "application/json", 422),
        (b"{}", "application/json", 422),
        (b'{"urls": "x"}', "application/json", 422),
        (b'{"urls": [1]}', "application/json", 422),
        (b'{"urls": [], "use": "eating"}', "application/json", 422),
        (b'{"urls": [], "more": 1}', "application/json", 422),
        (b"[" * 100_000, "application/json", 422),
        (b"\xff\xfe", "application/x-ndjson", 422),
        (b'{"a": 1}', "application/x-ndjson", 422),
        (b"urls=x", "application/x-www-form-urlencoded", 415),
        (json.dumps({"urls": ["a"] * 1_001}).encode(), "application/json", 413),
    ],
)
def test_a_bad_question_is_refused_with_a_sentence(desk: Desk, body: bytes, kind: str, status: int) -> None:
    answer = post(body, kind=kind)
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert told(answer)["detail"].endswith(".")


@pytest.mark.parametrize("text", ["\ud800", "a\0b", "https://x/\ud800", "isrc:\0", "https://\0/", "x" * 3000])
def test_hostile_addresses_are_answered(desk: Desk, text: str) -> None:
    assert one(text)["found"] in {"unreadable", "nothing"}


@pytest.mark.parametrize(
    ("method", "address", "status"),
    [("get", LOOKUP, 405), ("get", "/api/", 404), ("get", "/api/v2/x", 404), ("put", "/api/v1/tariffs", 405),
     ("get", "/api/v1/sites/nowhere.example", 404), ("get", "/api/v1/sites/%00", 404),
     ("get", "/api/v1/registry/snapshot", 401)],
)  # fmt: skip
def test_every_refusal_is_a_problem_document(desk: Desk, method: str, address: str, status: int) -> None:
    answer = getattr(browser(), method)(address)
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert set(told(answer)) >= {"type", "title", "status", "code", "detail"}


def test_a_wrong_secret_is_refused(desk: Desk) -> None:
    shown = base64.b64encode(b"cli_01h2xcejqtf2nbrexx3vqjhp41:wrong").decode()
    assert post({"urls": []}, {"authorization": f"Basic {shown}"}).status_code == 401
    assert post({"urls": []}, {"authorization": "Bearer x"}).status_code == 401


def test_a_site_and_the_version_are_kept_until_they_change(desk: Desk) -> None:
    desk.verified()
    for address in (f"/api/v1/sites/{HOST}", "/api/v1/registry", "/api/v1/tariffs"):
        first = browser().get(address)
        assert first.status_code == 200, first.content
        assert browser().get(address, headers={"if-none-match": first["ETag"]}).status_code == 304
    desk.no("search", "lab-b")
    said = browser().get(f"/api/v1/sites/{HOST}").json()
    assert said["rules"] == [{"pattern": "/", "permits": ["search"]}]


def test_the_path_judgement_agrees_with_the_policy(desk: Desk) -> None:
    """What the edge is told of a path is what the registry says of it, term by term and lab by lab."""
    import random

    from quire.society.licensing import policy

    desk.verified()
    desk.yes("all", starts=JAN.replace(month=2))
    chance = random.Random(7)
    heads = ["/", "/a/", "/a/b", "/b/", "/a/b/c$", "/*.pdf"]
    for step in range(30):
        lab = chance.choice([None, "lab-a", "lab-b"])
        starts = JAN.replace(month=2, day=1 + step // 2)
        desk.terms(chance.choice(heads), chance.choice(["ai-train", "search"]), chance.random() < 0.4, lab,
                   starts=starts)  # fmt: skip
    asked = {lab: client_of(desk, lab) for lab in ("lab-a", "lab-b")}
    terms = policy.terms_of_host(HOST)
    for path in ("/", "/a", "/a/x.pdf", "/a/b", "/a/b/c", "/a/b/c.pdf", "/b/q", "/x.pdf.html", "/b/x.pdf"):
        for lab, headers in [(None, {}), *asked.items()]:
            said = one(f"https://{HOST}{path}", headers)["uses"]
            allowed = tuple(use for use, answer in said.items() if answer["allowed"])
            assert allowed == terms.rule_for(path).permits_for(lab and desk.lab(lab)), (path, lab)


def test_the_same_by_commands(desk: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from quire import cli

    file = tmp_path / "urls.txt"
    file.write_text(f"{STORY}\n\nhttps://elsewhere.example/\n")
    assert cli.main(["registry", "lookup", str(file), "--licensee", "lab-a", "--use", "ai-train"]) == 0
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["uses"]["ai-train"]["allowed"] for one in found] == [True, False]
    assert cli.main(["registry", "snapshot", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["rows"] == 1
