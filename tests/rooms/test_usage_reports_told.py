"""A crawler's own reports over a real connection, and the comparison as people and programs get it."""

from __future__ import annotations

import csv
import json
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.edge.live import wsgi
from tests.rooms.test_usage_reports import URL, batch, event, kept, post
from tests.rooms.test_usage_reports_compared import Both, both  # noqa: F401
from tests.rooms.usage_edges import text
from tests.rooms.usage_society import NOON, hour, society  # noqa: F401
from tests.small import quire


@pytest.fixture
def answering(house: Any) -> Any:
    """The society's own server, at a real address."""
    from django.core.wsgi import get_wsgi_application
    from django.db import connections

    application = get_wsgi_application()

    def closing(environ: Any, begin: Any) -> Any:
        answer = application(environ, begin)
        connections.close_all()  # each request has a thread here, whose connection nobody would use again
        return answer

    with wsgi(closing) as address:
        yield address


def receipts(both: Both, count: int) -> list[dict[str, Any]]:  # noqa: F811
    """What a crawler keeps of its requests, which the edge has counted."""
    kept = []
    for step in range(count):
        at = NOON + timedelta(minutes=step)
        [said] = both.crawl(1, when=at)
        kept.append({
            "request": f"r{step}", "url": URL + "?utm=1", "status": 200, "licence": both.licence.tid,
            "telemetry": said["content_telemetry_id"], "at": text(at + timedelta(seconds=2)),
        })  # fmt: skip
    both.counted()
    return kept


def test_a_crawler_reports_and_both_sides_agree(both: Both, answering: str) -> None:  # noqa: F811
    from quire.crawler import report
    from quire.crawler.client import Crawler
    from quire.crawler.config import CrawlerConfig, Credentials
    from quire.society.licensing import actions
    from quire.society.usage import queries

    made = actions.create_client(licensee="lab-o", name="real", by=both.society.user)
    lines = receipts(both, 12)
    events = [
        *report.retrieved(lines),
        report.used("content_grounded", lines[0], at=NOON + timedelta(hours=1), chars_ingested=5120),
        report.used("content_cited", lines[0], at=NOON + timedelta(hours=1), output="answer-1"),
    ]
    servers = {f"{answering}/olp": Credentials(made.client.tid, made.secret)}
    with Crawler(CrawlerConfig(agent="GPTBot/1.0", use="ai-train", servers=servers)) as crawler:
        for _ in range(2):
            assert report.deliver(crawler, f"{answering}/olp", events).sent == 14
    day = (NOON.date(), NOON.date() + timedelta(days=1))
    found = queries.reconcile(*day)
    assert [(o.site, o.lab, o.matched) for o in found.lines] == [(12, 12, 12)]
    assert [(o.kind, o.events, o.chars) for o in queries.reported(*day)] == [
        ("cited", 1, 0), ("grounded", 1, 5120), ("retrieved", 12, 0),
    ]  # fmt: skip
    assert queries.reports()[0].reports == 1


def test_the_same_report_from_many_at_once_is_taken_once(both: Both, answering: str) -> None:  # noqa: F811
    from urllib.request import Request, urlopen

    bodies = [batch(*(event(n) for n in order)) for order in (range(40), reversed(range(40)), range(20, 60))]
    answers: list[dict[str, Any]] = []

    def send(body: dict[str, Any]) -> None:
        headers = {"content-type": "application/json", **both.lab}
        address = f"{answering}/api/v1/telemetry/events"
        with urlopen(Request(address, json.dumps(body).encode(), headers)) as answer:
            answers.append(json.load(answer))

    threads = [threading.Thread(target=send, args=(body,)) for body in bodies * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 9
    assert sum(said["taken"] for said in answers) == 60 == len(kept("id"))
    assert sum(said["again"] for said in answers) == 9 * 40 - 60


def test_a_killed_transaction_keeps_nothing(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    from quire.society.usage.actions import reporting
    from quire.society.usage.models import Report

    def cut(*_: Any, **__: Any) -> None:
        raise RuntimeError("the power is cut")

    with monkeypatch.context() as broken:
        broken.setattr(reporting.acts, "record", cut)
        with pytest.raises(RuntimeError):
            post(batch(event(1)), both.lab)
    assert (kept("id"), Report.objects.count()) == ([], 0)
    assert post(batch(event(1)), both.lab)[1]["taken"] == 1


def test_the_commands(both: Both, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:  # noqa: F811
    told = both.crawl(4)
    both.counted()
    strange = event(900, content_url="https://paper.example/=cmd", content_telemetry_id=None)
    both.reports([*told[:3], strange])
    both.society.hours(hour(7, when=NOON + timedelta(days=1)))
    asked = ("reports", "reconcile", "--period", "2026-03")
    found = quire(*asked, capsys=capsys)
    assert found["totals"][0] == {
        "licensee": "lab-o", "licence": "lab-o-2026", "day": None, "compared_by": "event", "site": 4,
        "lab": 4, "matched": 3, "only_site": 1, "only_lab": 1, "difference": 0,
    }  # fmt: skip
    assert [one["day"] for one in found["lines"]] == ["2026-03-10", "2026-03-11"]
    quire(*asked)
    said = " ".join(capsys.readouterr().out.split())
    assert all(sentence in said for sentence in found["sentences"])
    assert found["sentences"] == [
        (
            "Licence lab-o-2026: 4 requests, as the sites counted and The lab-o reported; 1 of the sites' "
            "and 1 of The lab-o's have no counterpart."
        ),
        "The lab-o, by count only: the sites counted 7 requests and The lab-o reported none.",
    ]
    site, lab = (quire(*asked, "--list", side, capsys=capsys) for side in ("only-site", "only-lab"))
    assert [(one["path"], one["requests"]) for one in site] == [("/news/one", 1), ("", 7)]
    assert [one["path"] for one in lab] == ["/=cmd"]
    sheet = tmp_path / "list.csv"
    assert quire(*asked, "--list", "only-site", "--csv", sheet, capsys=capsys)["records"] == 2
    assert [row["time"] for row in rows(sheet)] == ["2026-03-10T12:03:00+00:00", "2026-03-11"]
    quire(*asked, "--csv", sheet)
    assert [row["difference"] for row in rows(sheet)] == ["0", "7"]
    assert quire("reports", "list", capsys=capsys)[0]["taken"] == 4
    quire("reports", "list")
    quire("reports", "reconcile", "--period", "2025")
    assert "Nothing was counted or reported in 2025." in capsys.readouterr().out


def rows(sheet: Path) -> list[dict[str, str]]:
    with sheet.open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_address_is_described(house: Any) -> None:
    from tests.rooms.boundary_desk import browser

    said = json.loads(browser().get("/api/v1/openapi.json").content)
    described = said["paths"]["/api/v1/telemetry/events"]["post"]
    assert set(described["requestBody"]["content"]) == {"application/json", "application/x-ndjson"}
    assert described["security"] == [{"client": []}]
    assert {"200", "401", "403", "413", "415", "422", "429"} <= set(described["responses"])
