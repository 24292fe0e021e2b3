"""What is done over the API: once under its key, in the state that was seen, and tried with a test key."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from tests.conftest import Furnished, furnished
from tests.rooms.api_desk import API, asking, good, key_of, seated
from tests.rooms.boundary_desk import Desk, browser

TARIFF = """
code = "answers"
kind = "per-request"
uses = ["ai-input"]
currency = "EUR"
prices = {"*" = "0.002"}
starts = 2026-01-01
sentence = "Make answers from everything, by the request."
decision = "Assembly of December 2025"
"""


def paper(people: dict[str, Any], patch: pytest.MonkeyPatch) -> None:
    """The paper with its site, two labs, a tariff, and somebody who acts for each."""
    from quire.society.licensing import actions

    patch.setenv("QUIRE_TODAY", "2026-06-01")
    Desk(people["preparer"]).site()
    actions.publish_tariff(text=TARIFF, by=people["preparer"])
    seated("ina", "harbour")
    seated("leo", "lab-a")
    seated("kim", "lab-b")


@pytest.fixture(scope="module")
def before(postgres: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Furnished]:
    with furnished(postgres, tmp_path_factory.mktemp("writes"), paper) as made:
        yield made


@pytest.fixture(autouse=True)
def day(house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUIRE_TODAY", "2026-06-01")


def user(name: str) -> Any:
    from quire.society.parties import queries

    return queries.acting(name)


def member(**more: Any) -> asking:
    return asking(key_of(user("ina"), "member", "harbour", "manage", "admin", **more))


def lab(name: str = "leo", party: str = "lab-a") -> asking:
    return asking(key_of(user(name), "licensee", party, "manage", "admin"))


NUL = "after=" + base64.urlsafe_b64encode(b'["a\\u0000", "b"]').decode()
WORK = {"title": "A story", "url": "https://elsewhere.example/story"}


def test_the_same_key_is_answered_the_same_and_done_once(house: Any) -> None:
    program = member()
    first = program.post("/works", WORK, idempotency_key="one")
    again = program.post("/works", WORK, idempotency_key='"one"')
    made = good(first, 201)
    assert first["Location"].endswith(f"{API}/works/{made['id']}")
    assert good(again, 201) == made
    assert (again["Idempotency-Replayed"], again["Location"]) == ("true", first["Location"])
    assert not first.has_header("Idempotency-Replayed")
    assert good(program.get("/works"))["counted"] == 1
    other = program.post("/works", WORK | {"title": "Another"}, idempotency_key="one")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency.reused")
    elsewhere = program.post("/sites", WORK, idempotency_key="one")
    assert elsewhere.status_code == 422


def test_what_was_refused_may_be_asked_again_under_its_key(house: Any) -> None:
    program = member()
    refused = program.post("/works", {"title": "A", "url": "no url"}, idempotency_key="one")
    assert refused.status_code == 422
    assert good(program.post("/works", WORK, idempotency_key="one"), 201)["title"] == "A story"


def test_a_key_names_what_is_done_for_whoever_has_it_alone(house: Any) -> None:
    good(member().post("/works", WORK, idempotency_key="one"), 201)
    second = member().post("/works", WORK | {"url": "https://elsewhere.example/b"}, idempotency_key="one")
    good(second, 201)
    program = member()
    missing = program.send("POST", "/works", WORK)
    assert (missing.status_code, missing.json()["code"]) == (400, "idempotency.missing")
    for wrong in ("a b", "é", "x" * 256):
        assert program.post("/works", WORK, idempotency_key=wrong).status_code == 422


def test_what_is_being_done_is_not_done_beside_it(house: Any) -> None:
    """Another request with the key, while the first one's transaction is open."""
    from django.db import connection, transaction

    from quire.society.kit import answered
    from quire.society.parties import queries

    secret = key_of(user("ina"), "member", "harbour", "manage")
    key = queries.shown_key(secret)
    assert key is not None
    seen: list[Any] = []

    def beside() -> None:
        try:
            seen.append(asking(secret).post("/works", WORK, idempotency_key="one"))
        finally:
            connection.close()

    with transaction.atomic():
        assert answered.before(key.key.id, "one", "-") is None
        other = threading.Thread(target=beside)
        other.start()
        other.join()
    assert (seen[0].status_code, seen[0].json()["code"]) == (409, "idempotency.in-flight")
    assert seen[0]["Retry-After"] == "1"
    assert good(asking(secret).post("/works", WORK, idempotency_key="one"), 201)


def test_an_answer_is_kept_for_a_day(house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from quire.society.kit import answered
    from quire.society.kit.models import Answered

    program = member()
    good(program.post("/works", WORK, idempotency_key="one"), 201)
    monkeypatch.setenv("QUIRE_TODAY", "2026-06-03")
    later = WORK | {"url": "https://elsewhere.example/later"}
    assert good(program.post("/works", later, idempotency_key="one"), 201)["key"] != WORK["url"]
    assert Answered.objects.count() == 1
    monkeypatch.setenv("QUIRE_TODAY", "2026-06-05")
    assert (answered.sweep(), answered.sweep(), Answered.objects.count()) == (1, 0, 0)


def test_a_change_says_what_it_changes(house: Any) -> None:
    from quire.society.kit import history
    from quire.society.kit.paging import Asked

    program = member()
    there = program.get("/details")
    unsaid = program.send("PATCH", "/details", {"town": "Graz"})
    assert (unsaid.status_code, unsaid.json()["code"]) == (428, "api.if-match-missing")
    changed = good(program.patch("/details", {"town": "Graz"}, if_match=there["ETag"]))
    assert changed["town"] == "Graz"
    late = program.patch("/details", {"town": "Linz"}, if_match=there["ETag"])
    assert (late.status_code, late.json()["code"]) == (412, "api.changed")
    assert program.patch("/details", {"town": "Linz"}, if_match=f"W/{there['ETag']}").status_code == 412
    assert good(
        program.patch("/details", {"town": "Linz"}, if_match=f'"x", {program.get("/details")["ETag"]}')
    )
    assert good(program.patch("/details", {"town": "Wels"}, if_match="*"))["town"] == "Wels"
    last = history.changes().page(Asked()).rows[0]
    assert last.who == "ina"
    assert last.why.startswith("key ")
    assert last.why.endswith(" PATCH /api/v1/details")


def test_what_was_seen_of_a_site_is_kept_whatever_it_said(house: Any) -> None:
    program = member()
    (site,) = good(program.get("/sites"))["data"]
    good(program.post(f"/sites/{site['code']}/verification", {}), 201)
    assert program.post(f"/sites/{site['code']}/checks", {}).status_code == 409
    assert len(good(program.get(f"/sites/{site['code']}/checks"))["data"]) == 1


def test_what_one_has_is_not_sent_again(house: Any) -> None:
    program = member()
    there = program.get("/details")
    again = program.get("/details", if_none_match=there["ETag"])
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", there["ETag"])
    program.patch("/details", {"town": "Graz"})
    assert program.get("/details", if_none_match=there["ETag"]).status_code == 200


def test_a_test_key_tries_everything_and_keeps_nothing(house: Any) -> None:
    from quire.society.kit.models import Act, Answered

    trying, program = member(mode="test"), member()
    acts = Act.objects.count()
    told = good(trying.post("/works", WORK), 201)
    assert told["title"] == "A story"
    assert good(program.get("/works"))["data"] == []
    assert trying.post("/works", {"title": "A", "url": "no url"}).status_code == 422
    good(trying.patch("/details", {"town": "Graz"}))
    assert good(program.get("/details"))["town"] != "Graz"
    assert (Act.objects.count(), Answered.objects.count()) == (acts, 0)
    mail = trying.post("/team/invitations", {"email": "a@example.org", "role": "reader"})
    assert (mail.status_code, mail.json()["code"]) == (409, "api.live-only")


def test_a_secret_is_told_once_and_not_with_the_answer_that_is_kept(house: Any) -> None:
    from quire.society.kit.models import Answered

    program = lab()
    made = good(program.post("/clients", {"name": "crawler", "uses": ["search"]}, idempotency_key="c"), 201)
    again = good(program.post("/clients", {"name": "crawler", "uses": ["search"]}, idempotency_key="c"), 201)
    assert made["secret"].startswith("qcs_")
    assert again == made | {"secret": None}
    assert made["secret"] not in Answered.objects.get().body
    second = good(program.post(f"/clients/{made['id']}/rotation"), 201)
    assert second["secret"] != made["secret"]
    ended = good(program.post(f"/clients/{made['id']}/revocation", {"reason": "It leaked."}))
    assert ended["revoked"] is not None


def test_a_licence_is_taken_and_another_lab_knows_nothing_of_it(house: Any) -> None:
    made = good(lab().post("/licences", {"tariff": "answers", "starts": "2026-06-01"}), 201)
    assert (made["licensee"], made["uses"]) == ("lab-a", ["ai-input"])
    other = lab("kim", "lab-b")
    assert other.get(f"/licences/{made['id']}").status_code == 404
    assert good(other.get("/licences"))["data"] == []


def test_another_partys_thing_is_not_there_to_be_changed(house: Any) -> None:
    made = good(lab().post("/clients", {"name": "crawler"}), 201)
    other = lab("kim", "lab-b")
    refused = other.post(f"/clients/{made['id']}/revocation", {"reason": "Not mine."})
    assert refused.status_code == 404
    assert good(lab().get(f"/clients/{made['id']}"))["revoked"] is None


def test_a_member_says_yes_and_sets_a_price(house: Any) -> None:
    program = member()
    said = {"use": "search", "answer": "yes", "starts": "2026-06-02"}
    (mandate,) = good(program.post("/mandates", said), 201)["mandates"]
    assert (mandate["use"], mandate["yes"], mandate["licensee"]) == ("search", True, None)
    (site,) = good(program.get("/sites"))["data"]
    price = {"pattern": "/", "starts": "2026-06-02", "price": {"amount": "0.002", "currency": "EUR"}}
    (term,) = good(program.post(f"/sites/{site['code']}/terms", price), 201)["terms"]
    assert term["price"] == {"amount": "0.002000000000", "currency": "EUR"}
    ended = good(program.post(f"/sites/{site['code']}/terms/{term['id']}/end", {"ends": "2026-07-01"}))
    assert ended["ends"] == "2026-07-01"
    for said in ({}, {"yes": True, "price": price["price"]}, {"use": "search", "price": price["price"]}):
        unclear = program.post(
            f"/sites/{site['code']}/terms", {"pattern": "/a/", "starts": "2026-06-02", **said}
        )
        assert (unclear.status_code, unclear.json()["code"]) == (422, "api.body")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ("{", 400, "api.json"), ("[]", 400, "api.json"), ('{"title": NaN}', 400, "api.json"),
        ("[" * 100_000, 400, "api.json"), ("{}", 422, "api.body"), ('{"title": ""}', 422, "api.body"),
        ('{"title": 1}', 422, "api.body"), ('{"title": "a\\u0000b"}', 422, "api.body"),
        ('{"title": "\\ud800"}', 422, "api.body"), ('{"title": "A", "nothing": 1}', 422, "api.body"),
        ('{"title": "A", "words": true}', 422, "api.body"), ('{"title": "A", "words": -1}', 422, "api.body"),
        ('{"title": "A", "starts": "2026-02-30"}', 422, "api.body"),
        ('{"title": "A", "starts": "9999-12-31"}', 422, "api.body"), (b"\xff", 400, "api.json"),
    ],
)  # fmt: skip
def test_a_body_that_is_not_as_described_says_why(house: Any, body: Any, status: int, code: str) -> None:
    answer = member().post("/works", body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_body_is_json_and_small(house: Any) -> None:
    headers = member().headers | {"idempotency-key": "k"}
    other = browser().generic("POST", f"{API}/works", "title=A", "text/plain", headers=headers)
    assert (other.status_code, other.json()["code"]) == (415, "api.media-type")
    large = member().post("/works", '{"title": "' + "a" * 1_100_000 + '"}')
    assert large.status_code == 413


@pytest.mark.parametrize(
    "query", ["size=0x", "size=201", "sort=owner", "nothing=1", "after=!", "q=a&q=b", NUL]
)
def test_a_query_that_is_not_as_described_says_why(house: Any, query: str) -> None:
    answer = member().get(f"/works?{query}")
    assert answer.status_code == 422, answer.content


def test_a_list_is_turned_page_by_page(house: Any) -> None:
    program = member()
    for number in range(5):
        good(program.post("/works", {"title": f"Story {number}", "url": f"https://e.example/{number}"}), 201)
    seen, path = [], "/works?size=2&sort=-title"
    while path:
        answer = program.get(path)
        page = good(answer)
        seen += [one["title"] for one in page["data"]]
        assert page["counted"] == 5
        path = ""
        if page["next"]:
            link, rel = answer["Link"].split("; ")
            assert rel == 'rel="next"'
            path = link.strip("<>").partition(API)[2]
    assert seen == [f"Story {number}" for number in (4, 3, 2, 1, 0)]


def test_other_methods_and_addresses_refuse_in_the_same_form(house: Any) -> None:
    program = member()
    refused = program.send("DELETE", "/works")
    assert (refused.status_code, refused["Content-Type"]) == (405, "application/problem+json")
    assert {one.strip() for one in refused["Allow"].split(",")} == {"GET", "HEAD", "POST"}
    assert program.get("/nothing").json()["code"] == "api.404"
    assert program.get("/works/wrk_no").status_code == 404
