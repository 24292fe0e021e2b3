"""Numbers that works are known by, checked by their own rules and written in one way.

Sources: ISRC ISO 3901, ISBN ISO 2108, ISSN ISO 3297 (through python-stdnum); ISWC ISO 15707; DOI ISO 26324,
which has no check digit.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from stdnum import isbn, isrc, issn
from stdnum.exceptions import ValidationError

from quire.core.errors import Invalid
from quire.core.urls import canonical_url

_DOI = re.compile(r"10\.\d{4,9}(?:\.\d+)*/[!-~]{1,200}")
_ISWC = re.compile(r"T\d{10}")


class BadIdentifier(Invalid):
    """The number is not one of its scheme: mistyped, or too short or too long."""

    code = "repertoire.identifier"


def _iswc(number: str) -> str:
    """``T`` and ten digits. The last is (10 − (1 + Σ i·dᵢ) mod 10) mod 10, i = 1 … 9 (ISO 15707, annex A)."""
    compact = re.sub(r"[\s.-]", "", number).upper()
    if not _ISWC.fullmatch(compact):
        raise ValueError(number)
    digits = [int(digit) for digit in compact[1:]]
    total = 1 + sum(place * digit for place, digit in enumerate(digits[:9], 1))
    if (10 - total % 10) % 10 != digits[9]:
        raise ValueError(number)
    return compact


def _doi(number: str) -> str:
    """A DOI in lower case: letters that differ in case alone name the same thing."""
    bare = re.sub(r"^https?://(dx\.)?doi\.org/", "", number.strip(), flags=re.IGNORECASE).lower()
    if not _DOI.fullmatch(bare):
        raise ValueError(number)
    return bare


_RULES: dict[str, tuple[Callable[[str], str], str]] = {
    "isrc": (isrc.validate, "isrc:USSKG1912345"),
    "iswc": (_iswc, "iswc:T-034.524.680-1"),
    "isbn": (
        lambda number: str(isbn.to_isbn13(isbn.validate(number))).replace("-", ""),
        "isbn:9780471117094",
    ),
    "doi": (_doi, "doi:10.1000/182"),
    "issn": (issn.validate, "issn:0024-9319"),
}
SCHEMES = tuple(_RULES)


def identifier(text: str) -> str:
    """``scheme:number`` in its one spelling: ``iswc:T-034.524.680-1`` → ``iswc:T0345246801``.

    Raises BadIdentifier for a scheme that is not in SCHEMES and for a number its scheme's rule refuses.
    """
    scheme, colon, number = text.strip().partition(":")
    scheme = scheme.strip().lower()
    if not colon or scheme not in _RULES:
        raise BadIdentifier(
            f"{text[:60]!r} is no identifier; write {', '.join(SCHEMES)}, a colon and the number."
        )
    rule, example = _RULES[scheme]
    try:
        return f"{scheme}:{rule(number.strip())}"
    except (ValidationError, ValueError) as problem:
        raise BadIdentifier(
            f"{text[:60]!r} is not a valid {scheme.upper()}: check its digits; one looks like {example}.",
            scheme=scheme,
        ) from problem


def is_identifier(text: str) -> bool:
    """Whether the text begins with a scheme of SCHEMES and so is meant as an identifier, right or wrong."""
    return text.strip().partition(":")[0].lower() in _RULES and ":" in text


def key_of(text: str) -> str:
    """What a work named by a URL or an identifier is found by: ``example.org/path`` or ``isrc:…``."""
    if is_identifier(text):
        return identifier(text)
    host, path = canonical_url(text)
    return host + path
