"""What answers look like: the members of a row, how each is written as JSON, and what OpenAPI says of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any

from quire.core.money import Money

MONEY: dict[str, Any] = {
    "type": "object",
    "required": ["amount", "currency"],
    "properties": {
        "amount": {"type": "string", "pattern": r"^-?\d+\.\d{12}$", "example": "12.340000000000"},
        "currency": {"type": "string", "pattern": "^[A-Z]{3}$", "example": "EUR"},
    },
    "description": "An exact amount: twelve decimals of the currency (ISO 4217).",
}
_TEXT = {"type": "string"}
_KINDS: Mapping[str, tuple[dict[str, Any], Callable[[Any], Any]]] = {
    "text": (_TEXT, str),
    "number": ({"type": "integer"}, int),
    "flag": ({"type": "boolean"}, bool),
    "date": ({"type": "string", "format": "date"}, lambda day: day.isoformat()),
    "moment": ({"type": "string", "format": "date-time"}, lambda at: rfc3339(at)),
    "share": ({"type": "string", "pattern": r"^-?\d+(/\d+)?$", "example": "1/3"}, lambda part: exact(part)),
    "money": ({"$ref": "#/components/schemas/Money"}, lambda one: money(one)),
    "words": ({"type": "array", "items": _TEXT}, lambda some: [str(one) for one in some]),
    "monies": (
        {"type": "array", "items": {"$ref": "#/components/schemas/Money"}},
        lambda some: [money(one) for one in some],
    ),
    "texts": (
        {"type": "object", "additionalProperties": _TEXT},
        lambda some: {str(name): str(value) for name, value in dict(some).items()},
    ),
    "any": ({"type": "object", "additionalProperties": True}, lambda some: plain(some)),
}


@dataclass(frozen=True, slots=True)
class Field:
    """A member of an answer: its name, its kind (one of _KINDS, or ``one`` and ``many`` of ``shape``), where
    in the row it is (the attribute of its name, where nothing is said), and what it means."""

    name: str
    kind: str = "text"
    of: Callable[[Any], Any] | None = None
    about: str = ""
    null: bool = False
    shape: Shape | None = None
    choices: tuple[str, ...] = ()

    def told(self, row: Any) -> Any:
        """The value as JSON has it."""
        value = self.of(row) if self.of else getattr(row, self.name)
        if value is None:
            return None
        if self.shape is not None:
            shape = self.shape
            return [shape.told(one) for one in value] if self.kind == "many" else shape.told(value)
        return _KINDS[self.kind][1](value)

    def schema(self) -> dict[str, Any]:
        """What OpenAPI says of it."""
        if self.shape is not None:
            found: dict[str, Any] = {"$ref": f"#/components/schemas/{self.shape.name}"}
            found = {"type": "array", "items": found} if self.kind == "many" else found
        else:
            found = dict(_KINDS[self.kind][0])
        if self.choices:
            found["enum"] = list(self.choices)
        if self.null:
            found = {"anyOf": [found, {"type": "null"}]}
        return found | ({"description": self.about} if self.about else {})


@dataclass(frozen=True, slots=True)
class Shape:
    """An object of the API, by its name in the OpenAPI document."""

    name: str
    about: str
    fields: tuple[Field, ...] = field(default=())

    def told(self, row: Any) -> dict[str, Any]:
        """The row as JSON has it."""
        return {one.name: one.told(row) for one in self.fields}

    def schema(self) -> dict[str, Any]:
        """What OpenAPI says of it: every member is always there."""
        return {
            "type": "object",
            "description": self.about,
            "required": [one.name for one in self.fields],
            "properties": {one.name: one.schema() for one in self.fields},
        }

    def parts(self) -> list[Shape]:
        """Itself, and every shape within."""
        inner = [shape for one in self.fields if one.shape for shape in one.shape.parts()]
        return [self, *inner]


def tid(about: str = "") -> Field:
    """The id of the thing itself."""
    return Field("id", of=lambda row: row.tid, about=about or "Its id.")


def cash(name: str, about: str = "") -> Field:
    """An amount that the row has in quanta beside its ``currency``."""
    return Field(name, "money", lambda row: Money(getattr(row, name), row.currency), about)


def period(about: str = "The days it is of, as 2026-01, 2026-Q1, 2026, or from and until.") -> Field:
    """A span with a name."""
    return Field("period", about=about)


def money(one: Money) -> dict[str, str]:
    """An amount as the API has it."""
    return {"amount": one.decimal(), "currency": one.currency}


def rfc3339(at: datetime) -> str:
    """A moment in UTC (RFC 3339)."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def exact(part: Fraction) -> str:
    """An exact fraction, as "1/3"."""
    return str(Fraction(part))


def plain(value: Any) -> Any:
    """A value of a form that is told elsewhere, as JSON has it."""
    if isinstance(value, Mapping):
        return {str(name): plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(one) for one in value]
    if isinstance(value, Money):
        return money(value)
    if isinstance(value, datetime):
        return rfc3339(value)
    if isinstance(value, date):
        return value.isoformat()
    if value is None or isinstance(value, bool | int | str):
        return value
    return str(value)
