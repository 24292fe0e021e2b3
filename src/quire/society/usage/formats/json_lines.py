"""One JSON object a line, from somebody nobody vouches for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NoReturn

from quire.society.usage.formats.telling import Problem

Fields = Mapping[str, str]


class _Twice(ValueError):
    pass


def fields_of(data: bytes) -> Fields | Problem | None:
    """The object's fields as text: numbers as written, ``null`` as nothing; lists and objects left out.

    None for a blank line. An object with a field twice is no entry: a log whose values are not escaped has
    such lines, when a client wrote the second. Bytes that are not UTF-8, which nginx lets through, are kept
    as PEP 383 has it. Never raises.
    """
    if not data.strip():
        return None
    try:
        found = _DECODER.decode(data.decode("utf-8", "surrogateescape"))
    except _Twice:
        return Problem("it has a field twice, so that nobody can say which one the server wrote.")
    except (ValueError, RecursionError):
        return Problem("it is no JSON.")
    if not isinstance(found, dict):
        return Problem("it is no JSON object, with the name of a field before each value.")
    return {name: _told(value) for name, value in found.items() if not isinstance(value, dict | list)}


def first_of(fields: Fields, names: tuple[str, ...]) -> str | None:
    """The value of the first of these fields that has one; empty, where one is there but empty; else None."""
    there = [fields[name] for name in names if name in fields]
    return next((value for value in there if value not in ("", "-")), "" if there else None)


def _told(value: str | bool | None) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else "true" if value else "false"


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Twice
    return found


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)


_DECODER = json.JSONDecoder(
    object_pairs_hook=_once, parse_float=str, parse_int=str, parse_constant=_no_number, strict=False
)
