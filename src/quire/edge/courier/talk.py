"""Speaking with the society as this edge: signed requests, its clock, how long to wait."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from quire.core import edge_auth
from quire.core.errors import QuireError
from quire.edge.config import EdgeConfig, is_this_machine
from quire.edge.fetch import AddressRefused, Answer, Client

MOST_BYTES = 64 << 20
"""Bytes of an answer; a revocation list of three million entries is the largest."""
SHORTEST, LONGEST = 1.0, 300.0
"""Seconds between two attempts: doubled each time, up to the longest."""


class SocietyRefuses(QuireError):
    """The society answered, and did not do what it was asked; ``data["status"]`` is its HTTP status."""

    code = "courier.refused"
    status = 502


class Talk:
    """Requests to one society. What it says of the time is kept as ``skew``: seconds our clock is ahead."""

    def __init__(self, config: EdgeConfig, timeout: float = 15.0) -> None:
        self.config = config
        self.skew: float | None = None
        self._own = Client(https_only=False, most_bytes=MOST_BYTES, timeout=timeout)
        self._others = Client(guarded=True, most_bytes=MOST_BYTES, timeout=timeout)

    def get(self, path: str, etag: str = "") -> Answer:
        """Signed, and conditional where an ``ETag`` is known. Raises FetchFailed."""
        return self._ask("GET", path, {"If-None-Match": etag} if etag else {}, None)

    def post(self, path: str, value: Mapping[str, Any]) -> Answer:
        """JSON, signed. Raises FetchFailed."""
        return self._ask("POST", path, {"Content-Type": "application/json"}, json.dumps(value).encode())

    def send_batch(self, authorization: str, body: bytes) -> Answer:
        """A batch under its own signature. Raises FetchFailed."""
        headers = {
            "Authorization": authorization,
            "Content-Type": "application/x-ndjson",
            "Content-Encoding": "gzip",
        }
        return self._heard(self._own.ask("POST", f"{self.config.society}/usage/batches", headers, body))

    def public(self, url: str, etag: str = "") -> Answer:
        """A public document that the policy names, unsigned: who we are is nobody else's business.

        Other societies' addresses are asked under guard. Raises FetchFailed.
        """
        headers = {"If-None-Match": etag} if etag else {}
        parts = urlsplit(url)
        if (parts.scheme, parts.netloc) == urlsplit(self.config.society)[:2]:
            return self._heard(self._own.get(url, headers))
        if parts.scheme == "http" and not is_this_machine(parts.hostname or ""):
            raise AddressRefused(f"{url[:200]!a} would be asked over http: tell your society.")
        return self._others.get(url, headers)

    def close(self) -> None:
        """Close the connections."""
        self._own.close()
        self._others.close()

    def _ask(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        now = datetime.now(UTC)
        prefix = urlsplit(self.config.society).path
        signed = edge_auth.sign_request(
            self.config.key, self.config.edge, method, prefix + path, body or b"", now
        )
        url = self.config.society + path
        return self._heard(self._own.ask(method, url, {**headers, "Authorization": signed}, body))

    def _heard(self, answer: Answer) -> Answer:
        try:
            theirs = parsedate_to_datetime(answer.headers.get("date", ""))
        except ValueError:
            return answer
        if theirs.tzinfo is not None:
            self.skew = (datetime.now(UTC) - theirs).total_seconds()
        return answer


class Backoff:
    """How long to wait before the next attempt: longer each time, never quite the same (so that the edges of
    a society that was away do not all come back at once), and at least what the society asked for."""

    def __init__(self, random_: random.Random | None = None) -> None:
        self.failures = 0
        self._random = random_ or random.Random()  # noqa: S311 # spreads load, keeps no secret

    def wait(self, retry_after: float = 0.0) -> float:
        """Seconds to wait after one more failure."""
        longest = min(SHORTEST * 2.0**self.failures, LONGEST)
        self.failures = min(self.failures + 1, 20)
        return max(longest * self._random.uniform(0.5, 1.0), retry_after * self._random.uniform(1.0, 1.2))

    def reset(self) -> None:
        """It went well."""
        self.failures = 0


def retry_after(answer: Answer) -> float:
    """Seconds that ``Retry-After`` asks for (RFC 9110 §10.2.3), at most a day; 0 where it says nothing."""
    text = answer.headers.get("retry-after", "")
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), 86_400.0)
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return min(max((until - datetime.now(UTC)).total_seconds(), 0.0), 86_400.0)


def problem_of(answer: Answer) -> dict[str, Any]:
    """The JSON object of an answer; empty where it has none."""
    try:
        value = json.loads(answer.body)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
