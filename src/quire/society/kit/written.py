"""What was agreed or adopted, as it is written in a file: a table of fields, as TOML or as JSON.

Owns how far such a file is read, and the days in it; what the fields mean is its room's. Its sentences are
raised as the class that the room names.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

from quire.core.errors import Invalid

MOST_TEXT, MOST_LINE = 1 << 18, 1000
"""In characters. A line of TOML whose key has many parts takes the square of their number to read."""
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def fields(
    text: str, what: str, *, known: Collection[str], needed: Sequence[str], wrong: type[Invalid]
) -> dict[str, Any]:
    """The fields of a file about ``what`` ("tariff"). A text that begins with a brace is JSON, else TOML.

    Raises ``wrong``, in this order, for a file that is too long, that is neither, that has another field than
    the ``known``, or that leaves one of the ``needed`` out or empty.
    """
    as_json = text.lstrip().startswith("{")
    _must_be_short(text, what, as_json, wrong)
    try:
        given: dict[str, Any] = json.loads(text) if as_json else tomllib.loads(text)
    except (ValueError, RecursionError) as problem:
        raise wrong(f"The {what}'s file is neither TOML nor JSON.") from problem
    if unknown := sorted(set(given) - set(known)):
        raise wrong(f"{unknown[0][:40]!r} is no field of a {what}; there are {', '.join(sorted(known))}.")
    if missing := [name for name in needed if not given.get(name) or not str(given[name]).strip()]:
        raise wrong(f"The {what} does not say {missing[0]}.")
    return given


def _must_be_short(text: str, what: str, as_json: bool, wrong: type[Invalid]) -> None:
    if len(text) > MOST_TEXT:
        raise wrong(f"Write the {what} in at most {MOST_TEXT:,} characters.")
    if not as_json and max(map(len, text.split("\n"))) > MOST_LINE:
        raise wrong(f"Write the {what} in lines of at most {MOST_LINE:,} characters.")


def day(given: Mapping[str, Any], name: str, *, wrong: type[Invalid]) -> date:
    """The day in a field: a date of TOML, or a text such as 2026-01-31. ``wrong`` for anything else."""
    value = given[name]
    if type(value) is date:
        return value
    try:
        if not isinstance(value, str) or not _DAY.fullmatch(value):
            raise ValueError(value)
        return date.fromisoformat(value)
    except ValueError as problem:
        raise wrong(f"{name} is a date such as 2026-01-31.") from problem
