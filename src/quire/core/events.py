"""Events: what an edge decided, one JSON object on a line (docs/boundary.md §6).

Owns the form. Does not own the spool the lines are kept in, nor their numbering. Writing is on the way of
every request a site answers, so it is put together by hand; reading is strict, because lines come from
another machine.

Whatever a stranger put into a request, a line is one line of ASCII that ``decode`` reads: control characters
and line breaks are escaped, halves of characters and NUL are replaced, and what is too long is cut.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from json.encoder import encode_basestring_ascii
from typing import Any

from quire.core import canonical, moments
from quire.core.canonical import MAX_INT
from quire.core.errors import Invalid
from quire.core.money import Money, decimal_of
from quire.core.terms import USES
from quire.core.urls import canonical_path

KINDS = ("", "people", "void", "lost")
"""A decision has no kind; ``people`` counts an hour, ``void`` takes a decision back, ``lost`` is a gap."""
OUTCOMES = ("admitted", "charged", "refused")
MAX_PATH = 8192
"""Characters of a path; a longer one is cut in writing, and is no work's address."""
MAX_TEXT = 300
"""Characters of any other text; of those a stranger chooses (request, telemetry) more is cut in writing."""
MAX_LINE = 64 * 1024
"""Bytes of a line: more than the longest texts come to, each character of them escaped."""

_PATH = re.compile(r"/[ -~]*")


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
    path = event.path
    line = f'{{"n":{event.number if number is None else number},"t":"{moments.write_exactly(event.at)}"'
    if event.kind:
        line += f',"kind":{_text(event.kind)}'
    if event.host:
        line += f',"host":{_text(event.host)}'
    if path:
        plain = len(path) <= MAX_PATH and path[0] == "/" and path.isascii() and path.isprintable()
        line += f',"path":{_text(path if plain else _odd_path(path))}'
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
    if event.licence or event.licensee or event.use or event.jti:
        line += _of_token(event)
    if event.request:
        line += f',"request":{_chosen(event.request)}'
    if event.charged is not None or event.allowance or event.telemetry:
        line += _of_charge(event)
    if event.kind:
        line += _of_kind(event)
    return (line + "}").encode()


def decode(line: bytes) -> Event:
    """The event of a line, with or without its line break. Raises NotAnEvent for anything else whatever."""
    line = line.removesuffix(b"\n")
    if len(line) > MAX_LINE or b"\n" in line:
        raise NotAnEvent(f"An event is one line of at most {MAX_LINE} bytes.")
    said = _object(line)
    values: dict[str, Any] = {}
    for name, value in said.items():
        field, check = _FIELDS.get(name, ("", None))
        if check is None:
            raise NotAnEvent(f"An event has no field {name[:60]!a}.", field=name[:60])
        values[field] = check(name, value)
    _check_fields(values.get("kind", ""), said.keys())
    if "charged" in values:
        values["charged"] = _money(values["charged"], values.pop("currency"))
    if "lost_to" in values and values["lost_from"] > values["lost_to"]:
        raise NotAnEvent("The lost numbers end before they begin.", field="from")
    return Event(**values)


def _check_fields(kind: str, names: AbstractSet[str]) -> None:
    """An event has what its kind needs, and nothing that belongs to another."""
    needed, allowed = _OF_KIND[kind]
    if not needed <= names:
        name = min(needed - names)
        raise NotAnEvent(f"An event of the kind {kind or 'decision'} needs {name}.", field=name)
    if not names <= allowed:
        name = min(names - allowed)
        raise NotAnEvent(f"An event of the kind {kind or 'decision'} has no {name}.", field=name)
    if ("charged" in names) != ("currency" in names):
        raise NotAnEvent("An event's charged and currency stand together.", field="charged")


def _text(text: str) -> str:
    """JSON text in ASCII; half of a surrogate pair, which no reader takes, is written as U+FFFD."""
    if not text.isascii():
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return encode_basestring_ascii(text)


def _chosen(text: str) -> str:
    """A text that a stranger chose: cut, and without NUL, which no database takes."""
    if len(text) > MAX_TEXT:
        text = text[:MAX_TEXT]
    if "\0" in text:
        text = text.replace("\0", "\ufffd")
    return _text(text).replace("\x7f", "\\u007f")  # the one control character that JSON leaves as it is


def _of_token(event: Event) -> str:
    said = ""
    if event.licence:
        said += f',"licence":{_text(event.licence)}'
    if event.licensee:
        said += f',"licensee":{_text(event.licensee)}'
    if event.use:
        said += f',"use":{_text(event.use)}'
    if event.jti:
        said += f',"jti":{_text(event.jti)}'
    return said


def _of_charge(event: Event) -> str:
    said = ""
    if event.charged is not None:
        said += f',"charged":"{decimal_of(event.charged.quanta)}","currency":"{event.charged.currency}"'
    if event.allowance:
        said += f',"allowance":{_text(event.allowance)}'
    if event.telemetry:
        said += f',"telemetry":{_chosen(event.telemetry)}'
    return said


def _of_kind(event: Event) -> str:
    """The fields that no decision has."""
    named = {"count": event.count, "of": event.of, "from": event.lost_from, "to": event.lost_to}
    return "".join(f',"{name}":{value}' for name, value in named.items() if value is not None)


def _odd_path(path: str) -> str:
    """A path that is not as it should be: in its one spelling, cut, without half of an escape at its end."""
    path = canonical_path(path)[:MAX_PATH]
    half = path.find("%", MAX_PATH - 2)
    return path[:half] if half >= 0 else path


def _object(line: bytes) -> dict[str, Any]:
    try:
        said = canonical.parse(line)
    except canonical.NotCanonical as error:
        raise NotAnEvent(f"The event cannot be read: {error}") from None
    if not isinstance(said, dict):
        raise NotAnEvent("An event is a JSON object.")
    return said


def _read_text(name: str, value: object) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= MAX_TEXT:
        raise NotAnEvent(f"An event's {name} is a text of up to {MAX_TEXT} characters.", field=name)
    if "\0" in value or not (value.isascii() or _is_whole(value)):
        raise NotAnEvent(f"An event's {name} holds what is no character.", field=name)
    return value


def _is_whole(text: str) -> bool:
    """Without half of a surrogate pair."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _read_path(name: str, value: object) -> str:
    if not isinstance(value, str) or len(value) > MAX_PATH or not _PATH.fullmatch(value):
        raise NotAnEvent("An event's path is printable ASCII that begins with a slash.", field=name)
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


def _money(amount: str, currency: str) -> Money:
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
    "use": ("use", _one_of(USES)),
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
_ALWAYS = frozenset(("n", "t"))
_NO_DECISION = frozenset(("kind", "count", "of", "from", "to"))
_OF_KIND = {
    "": (_ALWAYS | {"host", "path", "outcome"}, frozenset(_FIELDS) - _NO_DECISION),
    "people": (_ALWAYS | {"kind", "host", "count"}, _ALWAYS | {"kind", "host", "count"}),
    "void": (_ALWAYS | {"kind", "of"}, _ALWAYS | {"kind", "of", "status", "size"}),
    "lost": (_ALWAYS | {"kind", "from", "to"}, _ALWAYS | {"kind", "from", "to"}),
}
"""Of each kind the fields it needs, and those it may have."""
