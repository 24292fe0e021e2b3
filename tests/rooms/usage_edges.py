"""An edge of a small society, and what it sends: signed batches of numbered events."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from io import BytesIO
from typing import Any

from quire.core import canonical, moments
from quire.core.tokens import SigningKey
from tests.rooms.usage_society import NOON

SPOOL = "5f" * 16


def text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Edge:
    """Numbers events, signs batches, and hands them to the society's own door."""

    def __init__(self, new: Any, spool: str = SPOOL, lane: int = 0) -> None:
        self.new, self.spool, self.lane = new, spool, lane
        self.key = SigningKey.from_jwk(new.private_jwk)
        self.events: list[dict[str, Any]] = []

    def tells(self, count: int = 1, when: datetime = NOON, **fields: Any) -> int:
        """So many events like this one, a second apart; the last one's number."""
        for step in range(count):
            n = len(self.events) + 1
            moment = text(when + timedelta(seconds=step))
            named = {{"people": "count"}.get(k, k): v for k, v in fields.items() if v is not None}
            self.events.append({"n": n, "t": moment, **named})
        return len(self.events)

    def body(self, first: int, last: int, level: int = 6) -> bytes:
        lines = [json.dumps(one, separators=(",", ":")) for one in self.events[first - 1 : last]]
        return gzip.compress("".join(f"{line}\n" for line in lines).encode(), level, mtime=0)

    def header(self, first: int, last: int, body: bytes, **other: Any) -> str:
        payload = {
            "edge": self.new.tid, "spool": self.spool, "lane": self.lane, "first": first, "last": last,
            "digest": f"sha256:{sha256(body).hexdigest()}", "sent": moments.write(datetime.now(UTC)), **other,
        }  # fmt: skip
        return "Edge " + self.key.sign(canonical.dumps(payload), "quire-batch+jws")

    def post(self, body: bytes, authorization: str, encoding: str = "gzip") -> tuple[int, dict[str, Any]]:
        """By the short way, as the web server asks: status and JSON."""
        from quire.society.usage.acceptance.wsgi import batches

        asked = {
            "HTTP_AUTHORIZATION": authorization, "HTTP_CONTENT_ENCODING": encoding,
            "CONTENT_LENGTH": str(len(body)), "wsgi.input": BytesIO(body),
        }  # fmt: skip
        said: list[str] = []
        answer = b"".join(batches(asked, lambda status, headers: said.append(status)))
        return int(said[0].split()[0]), json.loads(answer)

    def sends(self, first: int = 1, last: int = 0, level: int = 6) -> tuple[int, dict[str, Any]]:
        """Events [first, last], by default to the last one there is."""
        body = self.body(first, last or len(self.events), level)
        return self.post(body, self.header(first, last or len(self.events), body))


def edge(society: Any, site: str = "paper", name: str = "front", **more: Any) -> Edge:
    from quire.society.usage import actions
    from quire.society.usage.acceptance.door import DOOR

    DOOR.known.forget()
    return Edge(actions.register_edge(site=site, name=name, by=society.user), **more)


def admitted(**more: Any) -> dict[str, Any]:
    return {
        "host": "paper.example", "path": "/news/one", "outcome": "admitted", "status": 200, "size": 5120,
        "agent": "GPTBot", "evidence": "token+signature", "use": "ai-train", **more,
    }  # fmt: skip
