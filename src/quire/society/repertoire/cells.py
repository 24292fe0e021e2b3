"""What stands in one cell of a row: a date, a tier, path patterns, owners and their shares.

Every function takes the text and returns what it means, or raises an error whose sentence names the column.
"""

from __future__ import annotations

import re
from datetime import date
from fractions import Fraction

from quire.core.errors import Invalid
from quire.core.shares import Holder, Shares, parse_share
from quire.core.urls import canonical_path
from quire.society.repertoire.errors import BadPattern, BadShares

_CODE = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
MOST_WORDS = 2_147_483_647


def day(column: str, text: str) -> date | None:
    """``2026-01-31``; None for an empty cell."""
    if not text:
        return None
    try:
        if not _DATE.fullmatch(text):
            raise ValueError(text)
        return date.fromisoformat(text)
    except ValueError as problem:
        raise Invalid(f"{column} is {text[:40]!r}; write a date as 2026-01-31.") from problem


def span(starts: date | None, ends: date | None) -> None:
    """Refuse a span that ends before it has begun."""
    if starts and ends and ends <= starts:
        raise Invalid(
            f"until is {ends}, which is not after from, {starts}; until is the first day that is out."
        )


def code(text: str) -> str:
    """A code of a site: small letters, digits, dot, hyphen and underscore."""
    if not _CODE.fullmatch(text):
        raise Invalid(f"{text[:70]!r} is no code; use small letters, digits, dots and hyphens, at most 64.")
    return text


def word(column: str, text: str, longest: int) -> str:
    """A tier or a type: one word."""
    if not _WORD.fullmatch(text) or len(text) > longest:
        raise Invalid(
            f"{column} is {text[:40]!r}; use one word of letters, digits and hyphens, at most {longest}."
        )
    return text


def title(text: str) -> str:
    """A title of at most 300 characters, without line breaks and other control characters."""
    if len(text) > 300 or _CONTROL.search(text):
        raise Invalid("title is longer than 300 characters, or has a line break or control character in it.")
    return text


def words(text: str) -> int | None:
    """The number of words; None for an empty cell."""
    if not text:
        return None
    if not (text.isascii() and text.isdigit()) or int(text[:12]) > MOST_WORDS:
        raise Invalid(f"words is {text[:40]!r}; write a whole number.")
    return int(text)


def pattern(text: str) -> str:
    """A path pattern in its one spelling: rooted, escapes normal, no ``*`` that changes nothing.

    A pattern is a prefix, so a ``*`` at its end says nothing and is dropped; ``**`` is ``*``.
    """
    if not text.startswith("/") or re.search(r"[?#\s]", text):
        raise BadPattern(f"{text[:60]!r} is no path pattern; begin with / and leave out spaces, ? and #.")
    plain = re.sub(r"\*+", "*", canonical_path(text)).rstrip("*")
    if len(plain) > 500:
        raise BadPattern(f"The pattern {plain[:60]!r}… is longer than 500 characters.")
    return plain


def patterns(text: str) -> tuple[str, ...]:
    """Patterns between spaces, sorted, each once; the whole host where there is none."""
    return tuple(sorted({pattern(part) for part in text.split()} or {"/"}))


def shares(text: str) -> Shares | None:
    """``code:role:share; …`` as Shares of party codes, adding up to exactly one; None for an empty cell."""
    named = holders(text)
    return Shares(tuple(named)) if named else None


def holders(text: str) -> list[Holder]:
    """``code:role:share; …`` one by one, whatever they add up to."""
    found = []
    for part in filter(None, (part.strip() for part in text.split(";"))):
        pieces = [piece.strip() for piece in part.split(":")]
        if len(pieces) != 3 or not pieces[0]:
            raise BadShares(
                f"shares has {part[:60]!r}; write party:role:share, with a semicolon between two."
            )
        found.append(Holder(pieces[0], pieces[1], parse_share(pieces[2])))
    return found


def syndicator_share(text: str) -> Fraction | None:
    """The part agreed for whoever publishes a copy, between 0 and 1; None for an empty cell."""
    if not text:
        return None
    share = parse_share(text)
    if not 0 < share < 1:
        raise BadShares(f"syndicator_share is {text!r}; it must lie between 0 and 1, such as 10%.")
    return share
