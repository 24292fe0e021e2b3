"""What the worker takes away by the hour, and what it says of a job."""

from __future__ import annotations

import io
import json
import time
from datetime import timedelta

from tests.conftest import House
from tests.rooms.test_ops_running import log  # noqa: F401 - a fixture


def test_what_nobody_asks_for_again_is_swept(house: House) -> None:
    from django.contrib.sessions.models import Session
    from django.core.cache import cache
    from django.db import connection
    from django.utils import timezone

    from quire.society.kit import rates, tasks

    rates.count("now", 5)
    now = int(time.time())
    with connection.cursor() as run:
        run.execute("INSERT INTO kit_minute (key, minute, count) VALUES ('then', %s, 1)", [now // 60 - 61])
    cache.set("kept", 1, 600)
    cache.set("gone", 1, -5)
    for name, hours in (("kept", 1), ("gone", -1)):
        ends = timezone.now() + timedelta(hours=hours)
        Session.objects.create(session_key=name, session_data="", expire_date=ends)
    tasks.sweep(now)
    with connection.cursor() as run:
        run.execute("SELECT key FROM kit_minute")
        assert run.fetchall() == [("now",)]
        run.execute("SELECT count(*) FROM kit_cache")
        assert run.fetchall() == [(1,)]
    assert list(Session.objects.values_list("session_key", flat=True)) == ["kept"]


def test_a_job_is_on_the_log_with_how_it_ended(house: House, log: io.StringIO) -> None:  # noqa: F811
    from quire.society.kit import jobs, tasks

    def breaks(running: object, *, by: object) -> None:
        raise ZeroDivisionError("of 'a secret'")

    jobs.kind("test.breaks-aloud")(breaks)
    try:
        asked = jobs.ask("test.breaks-aloud", "Break", by=None)
        tasks.job(str(asked.id))
    finally:
        jobs._KINDS.pop("test.breaks-aloud")
    told = [json.loads(line) for line in log.getvalue().splitlines()]
    assert [one["job"] for one in told] == [str(asked.id)] * 2
    failed, ended = told
    assert failed["exception"][0]["kind"] == "ZeroDivisionError"
    assert failed["exception"][0]["message"] == "of …"
    assert (ended["event"], ended["kind"], ended["state"]) == ("job", "test.breaks-aloud", "failed")
