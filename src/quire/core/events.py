"""Events: what an edge decided, one JSON object on a line (docs/boundary.md §6).

Owns the form. Does not own the spool the lines are kept in, nor their numbering. Writing is on the way of
every request a site answers, so it is put together by hand; reading is strict, because lines come from
another machine.

Whatever a stranger put into a request, a line is one line of ASCII that ``decode`` reads: control characters
and line breaks are escaped, halves of characters are replaced, and what is too long is cut.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from json.encoder import encode_basestring_ascii
from typing import Any, NoReturn

from quire.core import moments
from quire.core.canonical import MAX_INT
from quire.core.errors import Invalid
from quire.core.money import Money, decimal_of

KINDS = ("", "people", "void", "lost")
"""A decision has no kind; ``people`` counts an hour, ``void`` takes a decision back, ``lost`` is a gap."""
OUTCOMES = ("admitted", "charged", "refused")
MAX_PATH = 8192
"""Characters of a path; a longer one is cut in writing, and is no work's address."""
MAX_TEXT = 300
"""Characters of any other text; of those a stranger chooses (request, telemetry) more is cut in writing."""
MAX_LINE = 32 * 1024
"""Bytes of a line."""


class NotAnEvent(Invalid):
    """The line is not an event."""

    code = "event.invalid"


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a spool. Texts are empty and numbers None where they do not apply or are not known.

    ``at`` is in UTC, ``size`` in bytes, ``status`` an HTTP status. Nothing is checked here.
    """

    number: int
    at: datetime
    kind: str = ""
    host: str = ""
    path: str = ""
    outcome: str = ""
    code: str = ""
    status: int | None = None
    size: int | None = None
    agent: str = ""
    evidence: str = ""
    licence: str = ""
    licensee: str = ""
    use: str = ""
    jti: str = ""
    request: str = ""
    charged: Money | None = None
    allowance: str = ""
    telemetry: str = ""
    count: int | None = None
    of: int | None = None
    lost_from: int | None = None
    lost_to: int | None = None


def encode(event: Event, number: int | None = None) -> bytes:
    """The line of ``event``, without a line break; under ``number`` where it is given, else its own.

    Raises BadMoment for a time without a zone; what else is wrong in the event is found by ``decode``.
    """
    at = event.at
    when = at.isoformat(timespec="microseconds")[:26] + "Z" if at.tzinfo is UTC else moments.write_exactly(at)
    line = f'{{"n":{event.number if number is None else number},"t":"{when}"'
    if event.kind:
        line += f',"kind":{_text(event.kind)}'
    if event.host:
        line += f',"host":{_text(event.host)}'
    if event.path:
        line += f',"path":{_text(event.path if len(event.path) <= MAX_PATH else _cut_path(event.path))}'
    if event.outcome:
        line += f',"outcome":{_text(event.outcome)}'
    if event.code:
        line += f',"code":{_text(event.code)}'
    if event.status is not None:
        line += f',"status":{event.status}'
    if event.size is not None:
        line += f',"size":{event.size}'
    if event.agent:
        line += f',"agent":{_text(event.agent)}'
    if event.evidence:
        line += f',"evidence":{_text(event.evidence)}'
    if event.licence:
        line += f',"licence":{_text(event.licence)}'
    if event.licensee:
        line += f',"licensee":{_text(event.licensee)}'
    if event.use:
        line += f',"use":{_text(event.use)}'
    if event.jti:
        line += f',"jti":{_text(event.jti)}'
    if event.request:
        line += f',"request":{_text(event.request[:MAX_TEXT])}'
    if event.telemetry:
        line += f',"telemetry":{_text(event.telemetry[:MAX_TEXT])}'
    return (line + _rarely(event) + "}").encode()


def decode(line: bytes) -> Event:
    """The event of a line, with or without its line break. Raises NotAnEvent for anything else whatever."""
    if len(line) > MAX_LINE:
        raise NotAnEvent(f"An event is a line of at most {MAX_LINE} bytes.")
    said = _object(line.removesuffix(b"\n"))
    values: dict[str, Any] = {}
    for name, value in said.items():
        field, check = _FIELDS.get(name, ("", None))
        if check is None:
            raise NotAnEvent(f"An event has no field {name[:60]!a}.", field=name[:60])
        values[field] = check(name, value)
    if "currency" in values or "charged" in values:
        values["charged"] = _money(values.get("charged"), values.pop("currency", None))
    if "number" not in values or "at" not in values:
        raise NotAnEvent("An event has its number n and its time t.")
    event = Event(**values)
    check_kind(event)
    return event


def check_kind(event: Event) -> None:
    """Nothing, if the event has what its kind needs and nothing that belongs to another; else NotAnEvent."""
    needed, allowed = _OF_KIND[event.kind]
    for name in _OPTIONAL:
        there = getattr(event, name) not in (None, "")
        if there and name not in allowed:
            raise NotAnEvent(f"An event of the kind {event.kind or 'decision'} has no {name}.", field=name)
        if not there and name in needed:
            raise NotAnEvent(f"An event of the kind {event.kind or 'decision'} needs {name}.", field=name)
    if event.lost_from is not None and event.lost_to is not None and event.lost_from > event.lost_to:
        raise NotAnEvent("The lost numbers end before they begin.", field="from")


def _text(text: str) -> str:
    """JSON text in ASCII; half of a surrogate pair, which no reader takes, is written as U+FFFD."""
    if not text.isascii():
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return encode_basestring_ascii(text)


def _rarely(event: Event) -> str:
    """The fields that most events do not have."""
    said = ""
    if event.charged is not None:
        said += f',"charged":"{decimal_of(event.charged.quanta)}","currency":"{event.charged.currency}"'
    if event.allowance:
        said += f',"allowance":{_text(event.allowance)}'
    for name, value in (
        ("count", event.count),
        ("of", event.of),
        ("from", event.lost_from),
        ("to", event.lost_to),
    ):
        if value is not None:
            said += f',"{name}":{value}'
    return said


def _cut_path(path: str) -> str:
    """The first part, without half of an escape at its end."""
    cut = path[:MAX_PATH]
    half = cut.find("%", MAX_PATH - 2)
    return cut[:half] if half >= 0 else cut


def _object(line: bytes) -> dict[str, Any]:
    try:
        said = _decoder.decode(line.decode())
    except RecursionError:
        raise NotAnEvent("An event is flat.") from None
    except ValueError:  # no UTF-8, no JSON, or a number with thousands of digits
        raise NotAnEvent("An event is a JSON object.") from None
    if not isinstance(said, dict):
        raise NotAnEvent("An event is a JSON object.")
    return said


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    said = dict(pairs)
    if len(said) != len(pairs):
        raise NotAnEvent("An event has every field once.")
    return said


def _no_number(text: str) -> NoReturn:
    raise NotAnEvent(f"{text[:40]!a} is no whole number.")


_decoder = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_no_number, parse_float=_no_number)


def _read_text(name: str, value: object) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= MAX_TEXT:
        raise NotAnEvent(f"An event's {name} is a text of up to {MAX_TEXT} characters.", field=name)
    return value


def _read_path(name: str, value: object) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= MAX_PATH or not value.startswith("/"):
        raise NotAnEvent("An event's path begins with a slash.", field=name)
    return value


def _read_number(name: str, value: object) -> int:
    if type(value) is not int or not 0 <= value <= MAX_INT:
        raise NotAnEvent(f"An event's {name} is a whole number.", field=name)
    return value


def _read_one(name: str, value: object) -> int:
    if _read_number(name, value) == 0:
        raise NotAnEvent(f"An event's {name} is 1 or more.", field=name)
    return value  # type: ignore[return-value]  # it was just read as a number


def _read_status(name: str, value: object) -> int:
    if type(value) is not int or not 100 <= value <= 999:
        raise NotAnEvent("An event's status is that of an HTTP answer.", field=name)
    return value


def _read_moment(name: str, value: object) -> datetime:
    try:
        return moments.read(value)
    except moments.BadMoment as error:
        raise NotAnEvent(error.sentence, field=name) from None


def _one_of(words: tuple[str, ...]) -> Callable[[str, object], str]:
    def read(name: str, value: object) -> str:
        if not isinstance(value, str) or value not in words or not value:
            raise NotAnEvent(f"An event's {name} is one of {', '.join(filter(None, words))}.", field=name)
        return value

    return read


def _money(amount: object, currency: object) -> Money:
    if not isinstance(amount, str) or not isinstance(currency, str):
        raise NotAnEvent("An event's charged and currency stand together.", field="charged")
    try:
        money = Money.parse(amount, currency)
    except Invalid as error:
        raise NotAnEvent(error.sentence, field="charged") from None
    if money.quanta < 0 or money.decimal() != amount:
        raise NotAnEvent("An event's charge has twelve decimals and no sign.", field="charged")
    return money


_FIELDS: dict[str, tuple[str, Callable[[str, object], Any]]] = {
    "n": ("number", _read_one),
    "t": ("at", _read_moment),
    "kind": ("kind", _one_of(KINDS)),
    "host": ("host", _read_text),
    "path": ("path", _read_path),
    "outcome": ("outcome", _one_of(OUTCOMES)),
    "code": ("code", _read_text),
    "status": ("status", _read_status),
    "size": ("size", _read_number),
    "agent": ("agent", _read_text),
    "evidence": ("evidence", _read_text),
    "licence": ("licence", _read_text),
    "licensee": ("licensee", _read_text),
    "use": ("use", _read_text),
    "jti": ("jti", _read_text),
    "request": ("request", _read_text),
    "charged": ("charged", _read_text),
    "currency": ("currency", _read_text),
    "allowance": ("allowance", _read_text),
    "telemetry": ("telemetry", _read_text),
    "count": ("count", _read_number),
    "of": ("of", _read_one),
    "from": ("lost_from", _read_one),
    "to": ("lost_to", _read_one),
}
_OPTIONAL = tuple(field for field, _ in _FIELDS.values() if field not in ("number", "at", "kind", "currency"))
_OF_KIND: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "": (
        frozenset(("host", "path", "outcome")),
        frozenset(_OPTIONAL) - {"count", "of", "lost_from", "lost_to"},
    ),
    "people": (frozenset(("host", "count")), frozenset(("host", "count"))),
    "void": (frozenset(("of",)), frozenset(("of", "status", "size"))),
    "lost": (frozenset(("lost_from", "lost_to")), frozenset(("lost_from", "lost_to"))),
}
