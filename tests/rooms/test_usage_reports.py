"""What a lab reports, taken by the society's own address: each event once, the others named."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any

import pytest

from tests.rooms.boundary_desk import browser
from tests.rooms.usage_edges import text
from tests.rooms.usage_society import NOON, society  # noqa: F401

ADDRESS = "/api/v1/telemetry/events"
URL = "https://paper.example/news/one"


def shown(society: Any, lab: str = "lab-o", **more: Any) -> dict[str, str]:  # noqa: F811
    """A client of the lab, as the header it shows."""
    from quire.society.licensing import actions

    given = {"name": f"crawler {len(more)} of {lab}", **more}
    made = actions.create_client(licensee=lab, by=society.user, **given)
    told = base64.b64encode(f"{made.client.tid}:{made.secret}".encode()).decode()
    return {"authorization": f"Basic {told}"}


def event(step: int = 0, kind: str = "content_retrieved", **more: Any) -> dict[str, Any]:
    """An event of its own id, ``step`` seconds after noon; a value None leaves a field out."""
    said = {
        "id": f"00000000-0000-4000-8000-{step:012d}", "type": kind,
        "timestamp": text(NOON + timedelta(seconds=step)),
        "content_url": URL, "license_ref": "lab-o-2026", "data": {}, **more,
    }  # fmt: skip
    return {name: value for name, value in said.items() if value is not None}


def batch(*events: Any, **more: Any) -> dict[str, Any]:
    said = {"document_type": "event_batch", "schema_version": "1.0", "session_id": "s", "events": events}
    return said | more


def post(body: Any, headers: dict[str, str], kind: str = "application/json") -> tuple[int, dict[str, Any]]:
    data = body if isinstance(body, (str, bytes)) else json.dumps(body)
    answer = browser().post(ADDRESS, data, content_type=kind, headers=headers)
    return answer.status_code, json.loads(answer.content)


def kept(*columns: str) -> list[Any]:
    from quire.society.usage.models import ReportedEvent

    return list(ReportedEvent.objects.order_by("at", "kind").values_list(*columns))


@pytest.fixture
def lab(society: Any) -> dict[str, str]:  # noqa: F811
    society.licence()
    return shown(society)


def test_an_event_is_taken_once(lab: dict[str, str]) -> None:
    grounded = event(2, "content_grounded", data={"chars_ingested": 5200, "tokens_ingested": 1300})
    body = batch(event(1), grounded)
    assert post(body, lab) == (200, {"taken": 2, "again": 0, "refused": []})
    assert post(body, lab) == (200, {"taken": 0, "again": 2, "refused": []})
    third = batch(grounded, event(3), event(3))
    assert post(third, lab) == (200, {"taken": 1, "again": 2, "refused": []})
    assert kept("kind", "host", "path", "chars", "tokens") == [
        ("retrieved", "paper.example", "/news/one", None, None),
        ("grounded", "paper.example", "/news/one", 5200, 1300),
        ("retrieved", "paper.example", "/news/one", None, None),
    ]


def reasons(said: dict[str, Any]) -> list[tuple[int, str]]:
    return [(one["index"], one["code"]) for one in said["refused"]]


def test_all_types_and_nothing_of_a_person(lab: dict[str, str], society: Any) -> None:  # noqa: F811
    from django.db import connection

    kinds = ("retrieved", "grounded", "reproduced", "cited", "presented", "displayed", "engaged")
    told = [
        event(
            n, f"content_{kind}", turn_id="SECRET-turn", output_id="SECRET-output",
            turn={"query": "SECRET-query"}, content_url=URL + "?q=SECRET-search#SECRET",
            data={"user_agent": "SECRET-agent"}, ctx_token="ct_SECRET123", unknown={"anything": [1]},
        )
        for n, kind in enumerate(kinds)
    ]  # fmt: skip
    status, said = post(batch(*told, session_id="SECRET-session", agent_id="SECRET", future=1), lab)
    assert (status, said["taken"]) == (200, 7)
    assert kept("kind") == [(k,) for k in ("retrieved", "grounded", "reproduced", "cited", "presented",
                                           "presented", "engaged")]  # fmt: skip
    with connection.cursor() as run:
        for table in ("usage_report", "usage_reportedevent", "kit_act"):
            run.execute(f"SELECT coalesce(string_agg(t::text, ' '), '') FROM {table} t")
            assert "SECRET" not in run.fetchone()[0]


def test_what_is_wrong_is_named_and_the_rest_taken(lab: dict[str, str]) -> None:
    deep: Any = {}
    for _ in range(200):
        deep = {"d": deep}
    wrong: list[tuple[Any, str]] = [
        (7, "event"), (None, "event"), ([event(1)], "event"), ({}, "missing"),
        (event(10, None), "missing"), (event(11, "turn_started"), "type"), (event(12, [1]), "field"),
        (event(13, timestamp=None), "missing"), (event(14, timestamp="2026-03-10 12:00:00Z"), "timestamp"),
        (event(15, timestamp="2026-03-10T12:00:00"), "timestamp"), (event(16, timestamp=1773144000), "field"),
        (event(17, timestamp="2026-02-30T12:00:00Z"), "timestamp"),
        (event(18, timestamp="9999-12-31T23:59:59Z"), "future"),
        (event(19, timestamp="9999-12-31T23:59:59-23:00"), "timestamp"),
        (event(20, timestamp="1970-01-01T00:00:00Z"), "timestamp"),
        (event(21, content_url=None), "missing"), (event(22, content_url="javascript:alert(1)"), "address"),
        (event(23, content_url="https://[::1"), "address"), (event(24, content_url="x" * 4_001), "field"),
        (event(25, content_url="https://paper.example/" + "é" * 3_000), "address"),
        (event(26, content_url="https://paper.example/\x00"), "field"), (event(27, content_url={}), "field"),
        (event(28, license_ref=None), "missing"), (event(29, license_ref="  "), "missing"),
        (event(30, license_ref="lab-o-2026'; DROP TABLE usage_report; --"), "licence"),
        (event(31, license_ref="lic_01h2xcejqtf2nbrexx3vqjhp41"), "licence"),
        (event(32, license_ref="x" * 301), "field"), (event(33, content_telemetry_id=5), "field"),
        (event(34, data=[]), "field"), (event(35, "content_cited", data={"excerpt_chars": -1}), "field"),
        (event(36, "content_cited", data={"excerpt_chars": True}), "field"),
        (event(37, "content_cited", data={"excerpt_chars": 1.5}), "field"),
        (event(38, "content_cited", data={"excerpt_tokens": 10**13}), "field"),
        (event(39, "content_cited", data={"excerpt_chars": "12"}), "field"),
        (event(40, id={"a": 1}), "field"), (event(41, id="\ud800"), "field"),
    ]  # fmt: skip
    good = [event(1, data=deep), event(2, content_url=None, content_id="doi:10.1000/1"), event(3, data=None)]
    status, said = post(batch(*(one for one, _ in wrong), *good), lab)
    assert status == 200
    assert reasons(said) == list(enumerate(code for _, code in wrong))
    assert (said["taken"], said["again"]) == (3, 0)
    assert all("DROP" not in one["reason"] and one["reason"].endswith(".") for one in said["refused"])
    assert kept("host", "content")[1] == ("", "doi:10.1000/1")


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"[]", "application/json", 422),
        (b"{}", "application/json", 422),
        (b"\xff\xfe", "application/json", 422),
        (b"[" * 200_000, "application/json", 422),
        (b'{"document_type":"event_batch","schema_version":"1.0","events":[NaN]}', "application/json", 422),
        (b'{"document_type":"event_batch","schema_version":"1.0","events":{}}', "application/json", 422),
        (b'{"document_type":"event_batch","schema_version":"2.0","events":[{}]}', "application/json", 422),
        (b'{"document_type":"event_batch","schema_version":1.0,"events":[{}]}', "application/json", 422),
        (b'{"document_type":"session","schema_version":"1.0","events":[{}]}', "application/json", 422),
        (b"{}\n" * 10_001, "application/x-ndjson", 413),
        (b"1" * 5_000, "application/json", 422),
        (b" " * (16 * 1024 * 1024 + 1), "application/json", 413),
        (b"{}", "text/plain", 415),
        (b"{}", "application/x-www-form-urlencoded", 415),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, bytes) else str(value),
)  # fmt: skip
def test_what_is_no_report_is_refused_whole(lab: dict[str, str], body: bytes, kind: str, status: int) -> None:
    found, said = post(body, lab, kind)
    assert (found, said["status"]) == (status, status)
    assert said["detail"]
    assert kept("id") == []


def test_events_on_lines(lab: dict[str, str]) -> None:
    lines = [
        json.dumps(event(1)).encode(),
        json.dumps({"document_type": "event", "schema_version": "1.0", "event": event(2)}).encode(),
        b'{"type": Infinity}', b"{", b"[" * 20_000, b"x" * 70_000, b"", b"\xff",
        json.dumps(event(3)).encode(),
    ]  # fmt: skip
    status, said = post(b"\n".join(lines), lab, "application/x-ndjson")
    assert (status, said["taken"]) == (200, 3)
    assert reasons(said) == [(n, "line") for n in (2, 3, 4, 5, 6)]


def test_a_report_of_nothing_leaves_nothing(lab: dict[str, str]) -> None:
    from quire.society.usage.models import Report

    for body, kind in ((json.dumps(batch()), "application/json"), (b"\n \n", "application/x-ndjson")):
        assert post(body, lab, kind) == (200, {"taken": 0, "again": 0, "refused": []})
    assert Report.objects.count() == 0


def test_an_id_that_says_something_else_is_named(lab: dict[str, str]) -> None:
    why = "Its id was sent before with another content."
    assert post(batch(event(1), event(1, content_url="https://paper.example/b")), lab)[1] == {
        "taken": 1, "again": 0, "refused": [{"index": 1, "code": "differs", "reason": why}],
    }  # fmt: skip
    status, said = post(batch(event(1, "content_cited"), event(1, id=event(1)["id"].upper())), lab)
    assert (status, said["again"], reasons(said)) == (200, 1, [(0, "differs")])
    assert len(kept("id")) == 1


def test_without_an_id_it_is_what_it_says(lab: dict[str, str]) -> None:
    bare = [event(1, id=None), event(1, id=None), event(1, id=None, turn_id="2")]
    assert post(batch(*bare), lab)[1] == {"taken": 2, "again": 1, "refused": []}
    assert post(batch(*bare), lab)[1] == {"taken": 0, "again": 3, "refused": []}


def test_the_licence_by_its_id_its_code_or_a_token(lab: dict[str, str], society: Any) -> None:  # noqa: F811
    from quire.society.licensing.models import Client, IssuedToken, Licence

    licence = Licence.objects.get()
    IssuedToken.objects.create(jti="01JTI", client=Client.objects.get(), licence=licence, uses=["ai-train"],
                               expires=NOON)  # fmt: skip
    refs = (licence.tid, licence.code, "01JTI")
    status, said = post(batch(*(event(n, license_ref=ref) for n, ref in enumerate(refs))), lab)
    assert (status, said["taken"]) == (200, 3)
    assert set(kept("licence")) == {(licence.id,)}


def test_another_licensees_licence_is_nothing_to_report_under(lab: dict[str, str], society: Any) -> None:  # noqa: F811
    other = society.licence(lab="lab-a", operator="Anthropic")
    for ref in (other.tid, other.code, "there is no such licence"):
        status, said = post(batch(event(1, license_ref=ref)), lab)
        assert (status, said["code"]) == (403, "report.not-yours")
        assert said["refused"] == [{"index": 0, "reason": "Its license_ref names no licence of lab-o."}]
    assert kept("id") == []
    status, said = post(batch(event(1, license_ref=other.tid), event(2)), lab)
    assert (status, said["taken"], reasons(said)) == (200, 1, [(0, "licence")])


def test_the_same_id_of_two_labs_is_two_events(lab: dict[str, str], society: Any) -> None:  # noqa: F811
    society.licence(lab="lab-a", operator="Anthropic")
    theirs = shown(society, "lab-a")
    assert post(batch(event(1)), lab)[1]["taken"] == 1
    assert post(batch(event(1, license_ref="lab-a-2026")), theirs)[1]["taken"] == 1


def test_nobody_and_a_wrong_secret(lab: dict[str, str]) -> None:
    for headers in ({}, {"authorization": "Basic " + base64.b64encode(b"cli_x:y").decode()}):
        status, said = post(batch(event(1)), headers)
        assert (status, said["code"]) == (401, "api.unauthorised")
    assert browser().get(ADDRESS, headers=lab).status_code == 405
    assert post(batch(event(1)), {**lab, "content-encoding": "gzip"})[0] == 415


def test_a_client_of_the_sandbox_is_answered_and_nothing_is_kept(lab: dict[str, str], society: Any) -> None:  # noqa: F811
    trying = shown(society, mode="sandbox")
    status, said = post(batch(event(1), event(2, None)), trying)
    assert (status, said["taken"], reasons(said)) == (200, 1, [(1, "missing")])
    assert kept("id") == []


def test_reports_are_listed_by_client_with_their_refusals(lab: dict[str, str]) -> None:
    from quire.society.usage import queries

    for _ in range(2):
        post(batch(event(1), event(2), event(3, None), event(4, license_ref="x")), lab)
    post(batch(event(5, timestamp="2026-03-11T00:00:00Z")), lab)
    [found] = queries.reports()
    assert (found.licensee, found.reports, found.taken, found.again, found.refused) == ("lab-o", 2, 3, 0, 2)
    assert found.reasons == {"licence": 1, "missing": 1}
    assert (found.starts, found.ends) == (NOON + timedelta(seconds=1), NOON + timedelta(hours=12))
