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
