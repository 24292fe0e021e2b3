"""A lab's report, read: an event batch or NDJSON of Content Telemetry 1.0 (and 0.1), and what is wrong in it.

Of an event is kept what, when, where, under which licence and how much; sessions, turns, outputs and
everything else that is about a person or a question is never looked at. Fields that are not known here are
passed over, as the standard asks of every consumer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any, Final
from uuid import UUID

from quire.core.errors import Invalid
from quire.core.urls import BadAddress, canonical_url

KINDS: Final[Mapping[str, str]] = {
    "content_retrieved": "retrieved",
    "content_grounded": "grounded",
    "content_reproduced": "reproduced",
    "content_cited": "cited",
    "content_presented": "presented",
    "content_displayed": "presented",
    "content_engaged": "engaged",
}
"""The standard's types that are counted, and the word for each; 0.1 said displayed of what is presented."""
MOST_EVENTS = 10_000
LONGEST_LINE = 64 * 1024
LONGEST_URL = 4_000
LONGEST_PATH = 8_192
LONGEST_TEXT = 300
LARGEST = 10**12
"""No count of characters or tokens is larger."""
AHEAD = timedelta(minutes=10)
"""How far a lab's clock may be ahead of ours."""
OLDEST = datetime(2020, 1, 1, tzinfo=UTC)

_VERSION = re.compile(r"0\.1|1\.[0-9]{1,3}", re.ASCII)
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})",
    re.ASCII | re.IGNORECASE,
)
_COUNTS = {
    "grounded": ("chars_ingested", "tokens_ingested"),
    "reproduced": ("reproduced_chars", "reproduced_tokens"),
    "cited": ("excerpt_chars", "excerpt_tokens"),
}


class NotAReport(Invalid):
    """The body as a whole is no report; nothing of it was taken."""

    code = "report.unreadable"


class TooMuch(Invalid):
    """More than is taken in one report."""

    code = "report.too-large"
    status = 413


@dataclass(frozen=True, slots=True)
class Event:
    """An event as it is kept. ``index`` is its place in the report, from 0, ``ref`` what it names as licence.

    ``name`` is the id that the lab gave it, or a digest of all it says where it gave none. ``host`` and
    ``path`` are canonical, empty where only ``content`` (a content id) was named. ``chars`` and ``tokens``
    are None where they were not told.
    """

    index: int
    name: str
    kind: str
    at: datetime
    host: str
    path: str
    content: str
    ref: str
    telemetry: str
    chars: int | None
    tokens: int | None

    def key(self, licensee: UUID) -> UUID:
        """Under which the event is kept: the same for whatever the licensee sends under this id."""
        digest = blake2b(licensee.bytes + self.name.encode(), digest_size=16, person=b"quire-report")
        return UUID(bytes=digest.digest())


@dataclass(frozen=True, slots=True)
class Refusal:
    """An event that was not taken: its place in the report, a code for programs, a sentence for people."""

    index: int
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Report:
    """What was read: the events that can be taken, and a refusal for each other one."""

    events: tuple[Event, ...]
    refused: tuple[Refusal, ...]


class _Wrong(Exception):
    """An event that cannot be taken."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


def read(body: bytes, *, lines: bool, now: datetime) -> Report:
    """The report in ``body``: an event batch, or with ``lines`` an event on a line.

    Raises NotAReport and TooMuch. A line that is no JSON is refused by itself; a batch that is none is
    refused as a whole.
    """
    found = list(_lines(body) if lines else _batch(body))
    if len(found) > MOST_EVENTS:
        raise TooMuch(f"At most {MOST_EVENTS:,} events are taken at once; these are {len(found):,}.")
    events, refused = [], []
    for index, one in enumerate(found):
        try:
            events.append(_event(index, one, now))
        except _Wrong as wrong:
            refused.append(Refusal(index, wrong.code, wrong.reason))
    return Report(tuple(events), tuple(refused))


def _batch(body: bytes) -> Iterator[Any]:
    try:
        found = _json(body)
    except ValueError as problem:
        raise NotAReport("The body is no JSON in UTF-8.") from problem
    if not isinstance(found, dict) or found.get("document_type") != "event_batch":
        raise NotAReport('The body is no event batch: an object with "document_type": "event_batch".')
    version = found.get("schema_version")
    if not isinstance(version, str) or not _VERSION.fullmatch(version):
        raise NotAReport(
            'The version of Content Telemetry is not read here: "schema_version" is "1.0" or "0.1".'
        )
    events = found.get("events")
    if not isinstance(events, list):
        raise NotAReport("The batch has no list of events.")
    yield from events


def _lines(body: bytes) -> Iterator[Any]:
    for line in body.split(b"\n"):
        if not line.strip():
            continue
        if len(line) > LONGEST_LINE:
            yield _Wrong("line", f"The line has more than {LONGEST_LINE:,} bytes.")
            continue
        try:
            found = _json(line)
        except ValueError:
            yield _Wrong("line", "The line is no JSON in UTF-8.")
            continue
        standalone = isinstance(found, dict) and found.get("document_type") == "event"
        yield found.get("event") if standalone else found


def _json(text: bytes) -> Any:
    """Strict JSON: NaN and its like are none. Whatever is wrong with it is a ValueError."""
    try:
        return json.loads(text.decode("utf-8"), parse_constant=_no_number)
    except RecursionError as problem:
        raise ValueError("nested too deep") from problem


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no JSON")


def _event(index: int, told: Any, now: datetime) -> Event:
    if isinstance(told, _Wrong):
        raise told
    if not isinstance(told, dict):
        raise _Wrong("event", "An event is a JSON object.")
    kind = KINDS.get(_text(told, "type", needed=True))
    if kind is None:
        raise _Wrong("type", f"Its type is not counted here; counted are {', '.join(KINDS)}.")
    at = _moment(_text(told, "timestamp", needed=True), now)
    host, path, content = _where(told)
    ref = _text(told, "license_ref", needed=True)
    chars, tokens = _amounts(told, kind)
    return Event(
        index, _name(told), kind, at, host, path, content, ref,
        _text(told, "content_telemetry_id").lower(), chars, tokens,
    )  # fmt: skip


def _text(told: Mapping[str, Any], field: str, *, needed: bool = False, most: int = LONGEST_TEXT) -> str:
    value = told.get(field)
    if value is None:
        value = ""
    if not isinstance(value, str) or len(value) > most or not value.isprintable():
        raise _Wrong("field", f"Its {field} is no text of at most {most} printable characters.")
    if needed and not value.strip():
        raise _Wrong("missing", f"It has no {field}.")
    return value.strip()


def _moment(text: str, now: datetime) -> datetime:
    try:
        if not _MOMENT.fullmatch(text):
            raise ValueError(text)
        at = datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise _Wrong(
            "timestamp", "Its timestamp is no moment of RFC 3339, like 2026-11-21T10:00:00Z."
        ) from None
    if at > now + AHEAD:
        raise _Wrong("future", "Its timestamp lies in the future.")
    if at < OLDEST:
        raise _Wrong("timestamp", f"Its timestamp is before {OLDEST.year}.")
    return at


def _where(told: Mapping[str, Any]) -> tuple[str, str, str]:
    """Host, path and content id; of an address the query and the fragment are never kept."""
    url = _text(told, "content_url", most=LONGEST_URL)
    content = _text(told, "content_id")
    if not url:
        if not content:
            raise _Wrong("missing", "It has neither content_url nor content_id.")
        return "", "", content
    try:
        host, path = canonical_url(url)
    except (BadAddress, ValueError):
        raise _Wrong("address", "Its content_url is no address of the web.") from None
    if len(path) > LONGEST_PATH:
        raise _Wrong("address", f"The path of its content_url has more than {LONGEST_PATH:,} characters.")
    return host, path, content


def _amounts(told: Mapping[str, Any], kind: str) -> tuple[int | None, int | None]:
    data = told.get("data")
    if data is None:
        return None, None
    if not isinstance(data, dict):
        raise _Wrong("field", "Its data is no JSON object.")
    chars, tokens = (_amount(data, field) for field in _COUNTS.get(kind, ("", "")))
    return chars, tokens


def _amount(data: Mapping[str, Any], field: str) -> int | None:
    value = data.get(field) if field else None
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LARGEST:
        raise _Wrong("field", f"Its {field} is no whole number from 0 to {LARGEST:,}.")
    return value


def _name(told: Mapping[str, Any]) -> str:
    """What tells this event from others: its id, in small letters; without one, a digest of all it says."""
    given = _text(told, "id").lower()
    if given:
        return f"id:{given}"
    try:
        said = json.dumps(told, sort_keys=True, separators=(",", ":")).encode()
    except (ValueError, RecursionError) as problem:
        raise _Wrong("event", "It is nested too deep.") from problem
    return f"all:{blake2b(said, digest_size=32).hexdigest()}"
