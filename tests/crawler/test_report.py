"""Reports of use, over a real socket: what stands in them, in which parts they go out, and who is told."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from quire.core.moments import BadMoment
from quire.crawler import report
from quire.crawler.asks import NoCredentials
from quire.crawler.client import Crawler
from quire.crawler.config import CrawlerConfig, Credentials

RECEIPT = {
    "request": "r1", "url": "https://blog.example/a", "status": 200, "licence": "lic_1", "telemetry": "t1",
    "at": "2026-11-21T10:00:00.000000Z",
}  # fmt: skip


class Society(ThreadingHTTPServer):
    """Keeps what it is told, and answers 202 until it has had ``most`` reports."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Desk)
        self.told: list[tuple[str, str, dict[str, Any]]] = []
        self.most = 100

    @property
    def olp(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/olp"


class Desk(BaseHTTPRequestHandler):
    server: Society

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        good = len(self.server.told) < self.server.most
        if good:
            self.server.told.append((self.path, self.headers["Authorization"], body))
        self.send_response(202 if good else 503)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *about: object) -> None:
        """Say nothing."""


@pytest.fixture
def society() -> Iterator[Society]:
    with Society() as made:
        Thread(target=made.serve_forever, args=(0.01,), daemon=True).start()
        yield made
        made.shutdown()


@pytest.fixture
def crawler(society: Society) -> Iterator[Crawler]:
    servers = {society.olp: Credentials("cli:1", "s3cret/ü")}
    with Crawler(CrawlerConfig(agent="GPTBot/1.0", use="ai-train", servers=servers)) as made:
        yield made


def test_a_receipt_is_an_event_and_the_same_one_again() -> None:
    receipts = [RECEIPT, {**RECEIPT, "status": 402}, {**RECEIPT, "licence": ""}]
    [event] = report.retrieved(receipts)
    assert [event] == list(report.retrieved([RECEIPT]))
    assert (event["type"], event["license_ref"]) == ("content_retrieved", "lic_1")
    assert (event["timestamp"], event["content_telemetry_id"]) == (RECEIPT["at"], "t1")


def test_what_was_done_with_a_page() -> None:
    at = datetime(2026, 11, 21, 10, tzinfo=UTC)
    event = report.used("content_cited", RECEIPT, at=at, output="o1", rank=1)
    assert (event["timestamp"], event["output_id"]) == ("2026-11-21T10:00:00.000000Z", "o1")
    assert event["data"] == {"rank": 1}
    with pytest.raises(report.BadReport, match="needs the output"):
        report.used("content_presented", RECEIPT)
    with pytest.raises(report.BadReport, match="is none of"):
        report.used("content_retrieved", RECEIPT)
    with pytest.raises(BadMoment):
        report.used("content_grounded", RECEIPT, at=at.replace(tzinfo=None))


def test_a_long_report_goes_out_in_parts(society: Society, crawler: Crawler) -> None:
    count = report.MOST_EVENTS + 1
    receipts = [{**RECEIPT, "request": f"r{number}"} for number in range(count)]
    assert report.deliver(crawler, f"{society.olp}/", report.retrieved(receipts)).sent == count
    assert [len(body["events"]) for _, _, body in society.told] == [report.MOST_EVENTS, 1]
    path, shown, body = society.told[0]
    assert (path, body["agent_id"]) == ("/api/v1/telemetry/events", "GPTBot")
    assert base64.b64decode(shown.removeprefix("Basic ")) == b"cli%3A1:s3cret%2F%C3%BC"


def test_a_report_that_is_not_taken_says_how_much_was(society: Society, crawler: Crawler) -> None:
    society.most = 1
    receipts = [{**RECEIPT, "request": f"r{number}"} for number in range(report.MOST_EVENTS + 1)]
    with pytest.raises(report.NotDelivered, match="503") as refused:
        report.deliver(crawler, society.olp, report.retrieved(receipts))
    assert refused.value.data["sent"] == report.MOST_EVENTS
    with pytest.raises(NoCredentials):
        report.deliver(crawler, "https://other.example/olp", report.retrieved(receipts))
