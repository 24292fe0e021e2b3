"""What requests say: the members of a body and the words of a query, checked before anything else."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest

from quire.core.errors import Invalid, QuireError
from quire.core.money import Money
from quire.core.shares import parse_share
from quire.society.api.asked import JSON
from quire.society.api.problems import TooLarge, WrongType

MOST_BYTES = 1024 * 1024
MOST_WORDS = 1_000
_DAY = r"^(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"
_AMOUNT = r"^[0-9]{1,15}(\.[0-9]{1,12})?$"
_CURRENCY = "^[A-Z]{3}$"
_SHARE = r"^[0-9]{1,9}((/[1-9][0-9]{0,8})|(\.[0-9]{1,9})?%?)$"
# Without control characters and lone surrogates, which no column of the database takes.
_TEXT = r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\ud800-\udfff]*$"
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")


class BadBody(Invalid):
    """The request's body is not as described; ``field`` names the member that is not."""

    code = "api.body"


class BadQuery(Invalid):
    """The query is not as described; ``field`` names the parameter that is not."""

    code = "api.query"


class NotJson(QuireError):
    """The request's body is no JSON object."""

    code = "api.json"
    status = 400


@dataclass(frozen=True, slots=True)
class Given:
    """Something that is said: its name, its kind (text, date, flag, number, share, money, words, texts), what
    it means, whether it is ``needed``, what it may be, and how long (a text's characters, a number's most).
    """

    name: str
    kind: str = "text"
    about: str = ""
    needed: bool = False
    choices: tuple[str, ...] = ()
    most: int = 300

    def read(self, value: Any, wrong: type[Invalid]) -> Any:
        """The value as actions take it; ``wrong`` where it is not one."""
        try:
            found = _READERS[self.kind](value, self.most)
        except (ValueError, TypeError, QuireError) as problem:
            told = str(problem) if isinstance(problem, QuireError) else _TOLD[self.kind]
            raise wrong(f"{self.name}: {told}", field=self.name) from problem
        if self.choices and any(one not in self.choices for one in _each(found)):
            raise wrong(f"{self.name} is one of {', '.join(self.choices)}.", field=self.name)
        if self.needed and found == "":
            raise wrong(f"{self.name} is empty.", field=self.name)
        return found

    def schema(self) -> dict[str, Any]:
        """What OpenAPI says of it."""
        found = dict(_schema(self.kind, self.most))
        if self.needed and self.kind == "text":
            found["minLength"] = 1
        if self.choices:
            within = dict(found["items"]) if "items" in found else found
            within["enum"] = list(self.choices)
            within.pop("pattern", None)
            if within is not found:
                found["items"] = within
        return found | ({"description": self.about} if self.about else {})


def _schema(kind: str, most: int) -> dict[str, Any]:
    text = {"type": "string", "maxLength": most, "pattern": _TEXT}
    return {
        "text": text,
        "date": {"type": "string", "format": "date", "pattern": _DAY},
        "flag": {"type": "boolean"},
        "number": {"type": "integer", "minimum": 0, "maximum": most},
        "share": {"type": "string", "pattern": _SHARE, "example": "1/3"},
        "money": {
            "type": "object", "required": ["amount", "currency"], "additionalProperties": False,
            "properties": {"amount": {"type": "string", "pattern": _AMOUNT, "example": "12.34"},
                           "currency": {"type": "string", "pattern": _CURRENCY, "example": "EUR"}},
        },
        "words": {"type": "array", "maxItems": MOST_WORDS, "items": text},
        "texts": {"type": "object", "maxProperties": MOST_WORDS, "additionalProperties": text},
    }[kind]  # fmt: skip


def _text(value: Any, most: int) -> str:
    if not isinstance(value, str) or len(value) > most or _CONTROL.search(value):
        raise ValueError
    return value


def _date(value: Any, _most: int) -> date:
    if not isinstance(value, str) or not re.fullmatch(_DAY[1:-1], value):
        raise ValueError
    return date.fromisoformat(value)


def _flag(value: Any, _most: int) -> bool:
    if value in ("true", "false"):
        return bool(value == "true")
    if not isinstance(value, bool):
        raise ValueError
    return value


def _number(value: Any, most: int) -> int:
    if isinstance(value, str) and re.fullmatch("[0-9]{1,9}", value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise ValueError
    return value


def _share(value: Any, _most: int) -> Any:
    if not isinstance(value, str) or not re.fullmatch(_SHARE[1:-1], value):
        raise ValueError
    return parse_share(value)


def _money(value: Any, _most: int) -> Money:
    if not isinstance(value, dict) or set(value) != {"amount", "currency"}:
        raise ValueError
    amount, currency = value["amount"], value["currency"]
    if not (isinstance(amount, str) and re.fullmatch(_AMOUNT[1:-1], amount)):
        raise ValueError
    if not (isinstance(currency, str) and re.fullmatch("[A-Z]{3}", currency)):
        raise ValueError
    return Money.parse(amount, currency)


def _words(value: Any, most: int) -> list[str]:
    if not isinstance(value, list) or len(value) > MOST_WORDS:
        raise ValueError
    return [_text(one, most) for one in value]


def _texts(value: Any, most: int) -> dict[str, str]:
    if not isinstance(value, dict) or len(value) > MOST_WORDS:
        raise ValueError
    return {_text(name, most): _text(one, most) for name, one in value.items()}


_READERS = {
    "text": _text, "date": _date, "flag": _flag, "number": _number, "share": _share, "money": _money,
    "words": _words, "texts": _texts,
}  # fmt: skip
_TOLD = {
    "text": "a text, not longer than described, without control characters.",
    "date": "a day as 2026-01-31.",
    "flag": "true or false.",
    "number": "a whole number, in the bounds described.",
    "share": "a share as 1/3 or 25%.",
    "money": 'an amount as {"amount": "12.34", "currency": "EUR"}.',
    "words": "a list of texts.",
    "texts": "an object whose members are texts.",
}


def _each(found: Any) -> Sequence[Any]:
    return found if isinstance(found, list) else [found]


def body_of(request: HttpRequest, takes: Sequence[Given]) -> dict[str, Any]:
    """The body's members; what is not said is left out. WrongType, TooLarge, NotJson, BadBody."""
    try:
        data = request.body
    except (SuspiciousOperation, OSError) as problem:
        raise TooLarge(f"At most {MOST_BYTES:,} bytes are read in one request.") from problem
    if len(data) > MOST_BYTES:
        raise TooLarge(f"At most {MOST_BYTES:,} bytes are read in one request.")
    if not data and not any(one.needed for one in takes):
        return {}
    if (request.content_type or "").lower() != JSON:
        raise WrongType(f"Ask with a body of {JSON}, not {(request.content_type or 'none')[:60]}.")
    try:
        said = json.loads(data, parse_constant=_none)
    except (ValueError, RecursionError) as problem:
        raise NotJson("The request's body is not JSON.") from problem
    if not isinstance(said, dict):
        raise NotJson("The request's body is a JSON object.")
    return _read(said, takes, BadBody)


def _none(name: str) -> Any:
    raise ValueError(name)  # NaN and Infinity are no JSON


def query_of(request: HttpRequest, asks: Sequence[Given]) -> dict[str, Any]:
    """The query's words; each at most once, and none that the resource does not know. BadQuery."""
    for name, some in request.GET.lists():
        if len(some) > 1:
            raise BadQuery(f"{name[:40]!r} stands twice.", field=name[:40])
    return _read({name: value for name, value in request.GET.items() if value}, asks, BadQuery)


def _read(said: Mapping[str, Any], known: Sequence[Given], wrong: type[Invalid]) -> dict[str, Any]:
    takes = {one.name: one for one in known}
    for name in said:
        if name not in takes:
            told = ", ".join(takes) or "nothing"
            raise wrong(f"{name[:40]!r} is nothing that is asked with here; it is {told}.", field=name[:40])
    for one in known:
        if one.needed and one.name not in said:
            raise wrong(f"{one.name} is missing.", field=one.name)
    return {
        name: takes[name].read(value, wrong)
        for name, value in said.items()
        if value is not None or takes[name].needed
    }
