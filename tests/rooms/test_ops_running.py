"""What those see who keep the server running: whether it is ready, its figures, its log, and its limits."""

from __future__ import annotations

import io
import json
import logging
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.conftest import House
from tests.web import desk

TOKEN = "a-token-of-the-monitor"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the server logs meanwhile, in its own form."""
    from quire.society.kit import logs

    kept = io.StringIO()
    handler = logging.StreamHandler(kept)
    handler.setFormatter(logs.formatter())
    ours = logging.getLogger("quire")
    level = ours.level
    ours.setLevel("INFO")
    logging.getLogger().addHandler(handler)
    yield kept
    logging.getLogger().removeHandler(handler)
    ours.setLevel(level)


def lines(log: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


def working(seconds: int) -> None:
    """A worker that was heard so many seconds ago."""
    from django.db import connection

    with connection.cursor() as run:
        run.execute("DELETE FROM procrastinate_workers")
        run.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - %s * interval '1 second')",
            [seconds],
        )


def test_the_process_lives_and_is_ready_once_a_worker_was_heard(house: House) -> None:
    browser = desk.visitor()
    assert browser.get("/healthz").json() == {"status": "ok"}
    told = browser.get("/readyz")
    assert told.status_code == 503
    assert told.json() == {
        "status": "wrong", "database": "ok", "migrations": "ok", "worker": "wrong", "ledger": "ok",
    }  # fmt: skip
    working(5)
    told = browser.get("/readyz")
    assert (told.status_code, told.json()["status"], told["Cache-Control"]) == (200, "ok", "no-store")
    working(120)
    assert browser.get("/readyz").json()["worker"] == "wrong"


def test_a_database_of_another_version_is_not_ready(house: House) -> None:
    from django.db import connections

    working(5)
    with connections["owner"].cursor() as run:
        run.execute("DELETE FROM django_migrations WHERE app = 'kit' AND name = '0001_initial'")
        assert desk.visitor().get("/readyz").json()["migrations"] == "wrong"
        run.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('kit', '0001_initial', now())"
        )
        assert desk.visitor().get("/readyz").status_code == 200
        run.execute("INSERT INTO django_migrations (app, name, applied) VALUES ('kit', '9999_later', now())")
    assert desk.visitor().get("/readyz").json()["migrations"] == "wrong"


def test_a_database_that_is_gone_is_told_of_and_not_by_an_error(house: House) -> None:
    from django.db import connection

    before = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = "no_such_database"
    try:
        told = desk.visitor().get("/readyz")
        assert (told.status_code, told.json()) == (503, {"status": "wrong", "database": "wrong"})
        assert desk.visitor().get("/healthz").status_code == 200
        browser = desk.visitor()
        browser.raise_request_exception = False
        broken = browser.get("/licences")
        assert broken.status_code == 500
        assert broken["X-Request-ID"] in broken.content.decode()
    finally:
        connection.close()
        connection.settings_dict["NAME"] = before


def test_figures_are_for_who_has_the_token(house: House, settings_of: Any) -> None:
    browser = desk.visitor()
    assert browser.get("/metrics", headers={"authorization": "Bearer "}).status_code == 404
    settings_of(METRICS_TOKEN=TOKEN)
    for wrong in ("", "Bearer", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x"):
        assert browser.get("/metrics", headers={"authorization": wrong}).status_code == 404
    browser.get("/licences")
    browser.get("/nothing/of/this/name")
    working(5)
    told = browser.get("/metrics", headers={"authorization": f"Bearer {TOKEN}"})
    assert told["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    said = told.content.decode().splitlines()
    for one in (
        "quire_database_up 1.0",
        "quire_migrations_missing 0.0",
        'quire_jobs{state="waiting"} 0.0',
        'quire_jobs{state="failed"} 0.0',
        "quire_worker_up 1.0",
        "quire_usage_backlog_bytes 0.0",
        "quire_ledger_head 0.0",
    ):
        assert one in said
    counted = [line for line in said if line.startswith("quire_requests_total{")]
    assert any('page="licences",status="200"' in line for line in counted)
    assert any('page="nothing",status="404"' in line for line in counted)
    assert any(line.startswith('quire_request_seconds_bucket{le="0.3",page="licences"}') for line in said)


@pytest.fixture
def settings_of(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sets Django's settings for this test."""
    from django.conf import settings

    def set_(**named: Any) -> None:
        for name, value in named.items():
            monkeypatch.setattr(settings, name, value)

    return set_


SECRETS = {
    "password": "correct-Horse-7-battery",
    "iban": "DE89370400440532013000",
    "spaced": "AT61 1904 3002 3457 3201",
    "jwt": "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJsYWIifQ.c2lnbmF0dXJlLW9mLXRoaXM",
    "random": "Zx81kPq0Lm29RtYv77WsDd3f",
    "person": "jo.writer@paper.example",
}


def test_no_secret_that_was_sent_is_logged(house: House, log: io.StringIO) -> None:
    browser = desk.visitor()
    for path in ("/account/login/", "/", "/nothing", "/licences"):
        browser.post(path, {**SECRETS, "login": SECRETS["person"]})
        browser.get(path, SECRETS, headers={"authorization": f"Bearer {SECRETS['jwt']}"})
    browser.get(f"/invitation/{SECRETS['random']}")
    browser.get(f"/nothing/{SECRETS['random']}")
    told = lines(log)
    assert {one["page"] for one in told} >= {"account_login", "invitation", "nothing", "front"}
    assert all(one["request"].startswith("req_") for one in told)
    for secret in SECRETS.values():
        assert secret not in log.getvalue()


def test_what_broke_is_on_the_log_by_the_id_that_the_page_shows(
    house: House, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    from quire.society.licensing import queries

    def fails(*given: Any, **named: Any) -> Any:
        kept = SECRETS["iban"]
        raise ValueError(f"invalid literal for int(): '{SECRETS['random']}' of {kept} by {SECRETS['person']}")

    for name in [name for name in vars(queries) if name.startswith("tariff")]:
        monkeypatch.setattr(queries, name, fails)
    browser = desk.visitor()
    browser.raise_request_exception = False
    answer = browser.get("/licences", SECRETS)
    page = answer.content.decode()
    assert answer.status_code == 500
    assert "Something broke" in page
    assert answer["X-Request-ID"] in page
    for hidden in ("ValueError", "invalid literal", "Traceback", "tariffs.py"):
        assert hidden not in page
    assert [secret for secret in SECRETS.values() if secret in log.getvalue()] == []
    broke = next(one for one in lines(log) if one["event"] == "broke")
    assert broke["request"] == answer["X-Request-ID"]
    assert broke["page"] == "licences"
    (exception,) = broke["exception"]
    assert exception["kind"] == "ValueError"
    assert exception["message"] == "invalid literal for int(): … of [bank number] by [address]"
    assert exception["at"][-1].endswith(":fails")


def test_of_an_error_of_the_database_nothing_that_was_typed_is_logged(house: House) -> None:
    from django.db import Error, connections, transaction

    from quire.society.kit import logs

    iban = SECRETS["iban"]
    said = []
    with connections["owner"].cursor() as run:
        run.execute("CREATE TABLE tried (iban text UNIQUE, number int)")
        run.execute("INSERT INTO tried VALUES (%s, 1)", [iban])
        for statement, value in (
            ("INSERT INTO tried VALUES (%s, 1)", iban),
            ("INSERT INTO tried (number) VALUES (%s::text::int)", "Horse7"),
            ("SELECT %s FROM no_such_table", "Horse7"),
        ):
            try:
                with transaction.atomic(using="owner"):
                    run.execute(statement, [value])
            except Error as problem:
                said.append([one["message"] for one in logs.told(problem)])
    assert len(said) == 3
    assert 'violates unique constraint "tried_iban_key"' in said[0][0]
    assert 'relation "no_such_table" does not exist' in said[2][0]
    assert [told for told in said if iban in str(told) or "Horse7" in str(told)] == []


@pytest.mark.parametrize("given", ["short", "with space in it", "x" * 65, "good_Enough-1"])
def test_a_request_keeps_the_id_of_ones_own_proxy_alone(given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from quire.society.kit import requests

    assert requests.new_id(given).startswith("req_")
    monkeypatch.setenv("QUIRE_PROXIES", "1")
    assert (requests.new_id(given) == given) == (given == "good_Enough-1")


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("GET https://a.example/x?key=1&b=2 came", "GET https://a.example/x?… came"),
        ("postgresql://quire_app:pass@db/quire", "postgresql://…@db/quire"),
        ("Authorization: Bearer abcdefgh12345", "Authorization: … …"),
        ("client_secret=abc; next", "client_secret=…; next"),
        ('{"password": "a b c", "x": 1}', '{"password": …, "x": 1}'),
        ("dst_01m7z3f1y1ehybsmx0w1gdf2de is approved", "dst_01m7z3f1y1ehybsmx0w1gdf2de is approved"),
        ("digest " + "0af1" * 16, "digest " + "0af1" * 16),
        ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "[secret]"),
        ("paid to AT611904300234573201.", "paid to [bank number]."),
        ("to NO93 8601 1117 947, at61 1904 3002 3457 3201", "to [bank number], [bank number]"),
        ("job 01a20050-7c8e-700c-9f00-fd22c8ac619e ended", "job 01a20050-7c8e-700c-9f00-fd22c8ac619e ended"),
    ],
)
def test_what_is_masked_and_what_is_not(said: str, kept: str) -> None:
    from quire.society.kit import logs

    assert logs.clean(said) == kept


def within_a_minute(seconds: int) -> None:
    """Wait for the next minute where this one has not so many seconds left: limits are by the minute."""
    left = 60 - time.time() % 60
    if left < seconds:
        time.sleep(left)


def test_pages_are_limited_by_person_and_by_address_but_not_here(house: House, settings_of: Any) -> None:
    settings_of(PAGE_LIMIT=3)
    within_a_minute(5)
    here = desk.visitor()
    assert {here.get("/licences").status_code for _ in range(6)} == {200}
    there = [desk.visitor().get("/licences", REMOTE_ADDR="203.0.113.9") for _ in range(5)]
    assert [one.status_code for one in there] == [200, 200, 200, 429, 429]
    assert 1 <= int(there[-1]["Retry-After"]) <= 60
    assert "Too much at once" in there[-1].content.decode()
    near = [f"2001:db8::{one}" for one in range(1, 6)]
    answers = [desk.visitor().get("/licences", REMOTE_ADDR=one).status_code for one in near]
    assert answers == [200, 200, 200, 429, 429]
    for machines in ("/healthz", "/license.xml", "/.well-known/jwks.json", "/api/v1/openapi.json"):
        often = [desk.visitor().get(machines, REMOTE_ADDR="203.0.113.9").status_code for _ in range(5)]
        assert 429 not in often


def test_tries_at_signing_in_are_counted_where_every_process_sees_them(house: House) -> None:
    from django.core.cache import cache
    from django.db import connection

    answers = []
    for _ in range(8):
        tried = desk.visitor().post("/account/login/", {"login": "nobody", "password": "wrong"})
        answers.append("too many" in tried.content.decode().lower() or tried.status_code == 429)
    assert answers[0] is False
    assert answers[-1] is True
    with connection.cursor() as run:
        run.execute("SELECT count(*) FROM kit_cache")
        assert run.fetchone()[0] > 0
        run.execute(
            "SELECT DISTINCT relpersistence FROM pg_class WHERE relname IN ('kit_cache', 'kit_minute')"
        )
        assert run.fetchall() == [("u",)]
    assert type(cache._connections["default"]).__name__ == "DatabaseCache"
