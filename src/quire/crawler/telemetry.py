"""Delivering reports to the society whose licence server a licence is from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from quire.core.errors import QuireError
from quire.crawler.asks import NoCredentials
from quire.crawler.client import Crawler
from quire.crawler.report import batches


class NotDelivered(QuireError):
    """The society did not take a report; the same report may be sent again, its events have ids."""

    code = "crawl.report-not-delivered"
    status = 502


def deliver(crawler: Crawler, server: str, events: Iterable[Mapping[str, Any]]) -> int:
    """Send events to the society of this licence server; how many were sent. Sending again does no harm.

    Raises NoCredentials and NotDelivered.
    """
    server = server.rstrip("/")
    ours = crawler.config.servers.get(server)
    if ours is None:
        raise NoCredentials(f"There are no credentials for {server} in the configuration.", server=server)
    headers = {"content-type": "application/json", "authorization": ours.basic}
    address = f"{server.removesuffix('/olp')}/api/v1/telemetry/events"
    sent = 0
    waiting = list(events)
    for body in batches(waiting, crawler.config.name):
        answer = crawler.post(address, body, headers)
        if answer.status not in (200, 201, 202):
            said = answer.body[:300].decode("utf-8", "replace")
            raise NotDelivered(f"{address} answered {answer.status}: {said}", sent=sent)
        sent = min(sent + 1000, len(waiting))
    return sent
