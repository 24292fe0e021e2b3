"""A row of a file of works, read cell by cell, before anything on record is looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from quire.core.errors import Invalid
from quire.core.shares import Shares
from quire.core.urls import canonical_url
from quire.society.kit.tables import Row
from quire.society.repertoire import cells
from quire.society.repertoire.errors import BadCopy, BadShares
from quire.society.repertoire.identifiers import identifier, key_of

COLUMNS = (
    "url",
    "identifier",
    "title",
    "type",
    "words",
    "tier",
    "member",
    "from",
    "until",
    "shares",
    "original",
    "syndicator_share",
)


@dataclass(frozen=True, slots=True)
class Draft:
    """A work as a row states it. ``stated`` has the fields whose columns are in the file: of a work on record
    the others stay as they are. ``original`` is a key, as ``identifiers.key_of`` makes it, or empty."""

    line: int
    key: str
    host: str
    path: str
    identifier: str
    member: str
    shares: Shares | None
    original: str | None
    stated: Mapping[str, Any]
    whole: Fraction = Fraction(1)
    """What the shares added up to as they were written."""


_FIELDS = {
    "title": lambda row: cells.title(row.need("title")),
    "type": lambda row: cells.word("type", row.get("type", "article"), 20),
    "words": lambda row: cells.words(row.get("words")),
    "tier": lambda row: cells.word("tier", row.get("tier", "standard"), 32),
    "from": lambda row: cells.day("from", row.get("from")),
    "until": lambda row: cells.day("until", row.get("until")),
    "syndicator_share": lambda row: cells.syndicator_share(row.get("syndicator_share")),
}
_NAMES = {"from": "starts", "until": "ends"}


def read(row: Row, *, exact: bool = True) -> Draft:
    """The draft of a row; the first reason why it cannot be one: address, fields, span, shares, copy.

    Unless ``exact``, shares that were rounded are made whole (``Shares.rounded``).
    """
    address, number = row.get("url"), row.get("identifier")
    if not address and not number:
        raise Invalid("url and identifier are both empty; a work needs one of them.")
    host, path = canonical_url(address) if address else ("", "")
    known_as = identifier(number) if number else ""
    key = host + path or known_as
    if len(key) > 2000 or len(known_as) > 300:
        raise Invalid("The work's address is longer than 2000 characters.")
    stated = {
        _NAMES.get(column, column): reading(row) for column, reading in _FIELDS.items() if column in row.cells
    }
    cells.span(stated.get("starts"), stated.get("ends"))
    shares, whole = _shares(row.get("shares"), exact)
    original = None
    if "original" in row.cells:
        original = key_of(row.get("original")) if row.get("original") else ""
    _check_copy(original, shares, stated.get("syndicator_share"), "syndicator_share" in stated)
    return Draft(row.line, key, host, path, known_as, row.need("member"), shares, original, stated, whole)


def _shares(text: str, exact: bool) -> tuple[Shares | None, Fraction]:
    named = cells.holders(text)
    if exact or not named:
        return cells.shares(text), Fraction(1)
    return Shares.rounded(named)


def _check_copy(original: str | None, shares: Shares | None, agreed: object, has_column: bool) -> None:
    if original and shares:
        raise BadShares("A copy's money goes to the owners of its original; leave shares empty.")
    if original and has_column and agreed is None:
        raise BadCopy(
            "syndicator_share is empty; say which share whoever publishes the copy keeps, such as 10%."
        )
    if not original and original is not None and agreed is not None:
        raise BadCopy("syndicator_share is given, but no original; name the original's URL or identifier.")
