"""Single values of a plan's TOML: texts, choices, rates, sums of money."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from quire.core.currencies import UnknownCurrency, minor_digits
from quire.core.money import quanta_of
from quire.core.plan.model import MOST_PARTS, Sums

LABEL = re.compile(r"[a-z][a-z0-9 -]{0,39}")
SURVEY = re.compile(r"[a-z0-9][a-z0-9._ -]{0,63}")
DESTINATION = re.compile(r"(society|fund):[a-z][a-z0-9-]{0,39}")
NUMBER = re.compile(r"[0-9]{1,12}(\.[0-9]{1,12})?")
_DIVISOR = re.compile(r"[0-9]{1,12}")
_SUM = re.compile(r"([A-Z]{3}) ([0-9]{1,15}(?:\.[0-9]{1,12})?)")
_EXAMPLE = 'such as "15%", "0.15" or "1/3", from 0 to 100 %'

Table = Mapping[str, Any]


def either(known: Sequence[str]) -> str:
    """``"a", "b" or "c"``."""
    quoted = [f'"{one}"' for one in known]
    return " or ".join(filter(None, [", ".join(quoted[:-1]), quoted[-1]]))


def is_fund(text: str) -> bool:
    """Whether it names a fund, ``fund:NAME``."""
    return text.startswith("fund:") and DESTINATION.fullmatch(text) is not None


def share(text: object) -> Fraction | None:
    """The fraction from 0 to 1 that "15%", "0.15" or "1/3" stands for, else None."""
    told = text.strip() if isinstance(text, str) else ""
    number, scale = (told[:-1].strip(), 100) if told.endswith("%") else (told, 1)
    top, slash, bottom = number.partition("/")
    if not NUMBER.fullmatch(top) or (slash and not (_DIVISOR.fullmatch(bottom) and int(bottom))):
        return None
    found = Fraction(top) / (int(bottom) if slash else 1) / scale
    return found if found <= 1 else None


class Values:
    """Reads values out of tables, and keeps the sentences about those that are wrong."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def say(self, sentence: str) -> None:
        self.problems.append(sentence)

    def unknown(self, table: Table, known: set[str], where: str) -> None:
        for key in sorted(set(table) - known):
            self.say(f"{where} has “{key[:40]}”, which means nothing; known are {', '.join(sorted(known))}.")

    def tables(self, table: Table, name: str) -> list[Table]:
        found = table.get(name, [])
        if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
            self.say(f"Write each {name} as [[{name}]].")
            return []
        if len(found) > MOST_PARTS:
            self.say(f"There are {len(found)} times [[{name}]]; at most {MOST_PARTS} can be followed.")
            return []
        return found

    def text(self, table: Table, key: str, where: str, default: str = "") -> str:
        value = table.get(key, default)
        if isinstance(value, str):
            return value
        self.say(f"{where}: write {key} as a text, in quotes.")
        return default

    def words(self, table: Table, key: str, where: str) -> str:
        value = table.get(key)
        if not isinstance(value, str) or not LABEL.fullmatch(value):
            self.say(f"{where} needs a {key} of small letters, digits, spaces and hyphens.")
            return ""
        return value

    def choice(self, table: Table, key: str, where: str, known: Sequence[str]) -> str:
        """One of ``known``, the first where nothing is said."""
        value = table.get(key, known[0])
        if isinstance(value, str) and value in known:
            return value
        self.say(f"{where}: {key} must be {either(known)}.")
        return known[0]

    def rate(self, table: Table, key: str, where: str) -> Fraction:
        found = share(table.get(key))
        if found is None:
            self.say(f"{where}: {key} must be a text {_EXAMPLE}.")
        return found or Fraction(0)

    def sums(self, told: object, where: str) -> Sums:
        """Sums of money, such as "EUR 10.00" or a list of such, a currency each, by currency."""
        listed = told if isinstance(told, list) else [told]
        found: dict[str, int] = {}
        for one in listed:
            match = _SUM.fullmatch(one) if isinstance(one, str) else None
            if match is None or not is_currency(match[1]):
                self.say(f'{where} must be a sum such as "EUR 10.00", or a list of such, a currency each.')
                return ()
            if match[1] in found:
                self.say(f"{where} names {match[1]} twice.")
            found[match[1]] = quanta_of(match[2])
        return tuple(sorted(found.items()))


def is_currency(code: str) -> bool:
    """Whether it is a currency of ISO 4217."""
    try:
        minor_digits(code)
    except UnknownCurrency:
        return False
    return True
