"""Weights that come from a file: what an attribution found, or the units that members are registered with.

Owns the file's name, digest, method and error as they are published, its rows, and how a pot finds the ones
it is divided by. Does not own how the weights were found, nor the keys ``attribution`` and ``units``
themselves (``distribution.keys``). A file may have a million rows, so each is a record of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from quire.core.errors import Invalid
from quire.core.places import Places, Record
from quire.core.shares import MOST_DIGITS, common, share_text

KINDS = ("attribution", "units")
_NAME = re.compile(r"[a-z][a-z0-9 -]{0,39}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_WEIGHT = re.compile(r"([0-9]{1,18})(?:/([0-9]{1,18})|\.([0-9]{1,12}))?")
MOST_WORDS = 500
"""Characters of what is said about a method or its error."""


class WeighingWrong(Invalid):
    """A weighing that contradicts itself, or that a plan asks for and nobody gave."""

    code = "weighing.wrong"


@dataclass(frozen=True, slots=True)
class Weighing:
    """A file of weights. ``digest`` is ``sha256:…`` of its bytes as they were handed in; ``method`` and
    ``error`` say in words how the weights were found and how far they may be off. With a ``licence`` it
    divides the pots of that one alone, and stands before one that is for all."""

    name: str
    kind: str
    digest: str
    method: str
    error: str
    licence: str = ""

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise WeighingWrong("A weighing has a name of small letters, digits, spaces and hyphens.")
        if self.kind not in KINDS:
            raise WeighingWrong(f"The kind of {self.name} must be {' or '.join(KINDS)}.")
        if not _DIGEST.fullmatch(self.digest):
            raise WeighingWrong(f"The digest of {self.name} must be sha256: and 64 digits of its file.")
        if not (self.method + self.error).isprintable():
            raise WeighingWrong(f"How {self.name} was found is said in characters that can be shown.")
        if not self.method or max(len(self.method), len(self.error)) > MOST_WORDS:
            raise WeighingWrong(f"Say how {self.name} was found, in at most {MOST_WORDS} characters.")


@dataclass(frozen=True, slots=True)
class Weight:
    """A row of a weighing: what ``of``, a work, site or party by its id, weighs; ``low`` and ``high`` bound
    it where the method says so."""

    weighing: str
    licence: str
    of: str
    weight: Fraction
    low: Fraction | None = None
    high: Fraction | None = None

    def __post_init__(self) -> None:
        if self.weight < 0 or (self.low is None) != (self.high is None):
            raise WeighingWrong(f"{self.of} weighs nothing or more, with both bounds or none.")
        if self.low is not None and self.high is not None and not 0 <= self.low <= self.weight <= self.high:
            raise WeighingWrong(f"The weight of {self.of} does not lie between its bounds.")


def check(weighings: Sequence[Weighing], weights: Iterable[Weight]) -> None:
    """Refuse rows of no weighing, a thing weighed twice in one, and weights of one that have no common
    denominator that could be written down. Raises WeighingWrong."""
    seen: set[tuple[str, str, str]] = set()
    under = {(one.name, one.licence): 1 for one in weighings}
    if len(under) != len(weighings):
        raise WeighingWrong("A weighing stands there twice.")
    for one in weights:
        if (place := (one.weighing, one.licence)) not in under:
            raise WeighingWrong(f"A weight of {one.of} belongs to no weighing: {one.weighing}.")
        if (found := common(under[place], [one.weight])) is None:
            raise WeighingWrong(
                f"The weights of {one.weighing} have no common denominator of at most {MOST_DIGITS} digits; "
                "write them as decimals."
            )
        under[place] = found
        if (key := (one.weighing, one.licence, one.of)) in seen:
            raise WeighingWrong(f"The weighing {one.weighing} weighs {one.of} twice.")
        seen.add(key)


class Weighings:
    """The weighings of a run, for looking up."""

    def __init__(self, weighings: Sequence[Weighing], weights: Iterable[Weight]) -> None:
        self.by_name = {(one.name, one.licence): one for one in weighings}
        self.rows: dict[tuple[str, str], list[Weight]] = {}
        for one in weights:
            self.rows.setdefault((one.weighing, one.licence), []).append(one)

    def of(self, name: str, kind: str, licence: str) -> Iterator[Weight]:
        """The rows for pots of a licence; none where only other licences have the weighing. WeighingWrong
        where nobody has it, or it is of another kind."""
        kinds = {one.kind for one in self.by_name.values() if one.name == name}
        if kinds != {kind}:
            what = f"is no {kind}" if kinds else "is not there; hand its file in"
            raise WeighingWrong(f"The plan divides by the {kind} “{name}”, which {what}.")
        yield from self.rows.get((name, licence if (name, licence) in self.by_name else ""), ())


def parse_weight(text: str) -> Fraction:
    """The weight that "3", "2.5" or "1/3" stands for, exactly. ValueError for anything else."""
    found = _WEIGHT.fullmatch(text) if isinstance(text, str) else None
    if found is None or (found[2] and not int(found[2])):
        raise ValueError('a weight is a text such as "3", "2.5" or "1/3"')
    return Fraction(int(found[1]), int(found[2])) if found[2] else Fraction(text)


def write_weighing(one: Weighing) -> dict[str, Any]:
    """The record of a weighing."""
    told = {name: getattr(one, name) for name in ("kind", "digest", "method", "error", "licence")}
    return {"weighing": one.name} | told


def read_weighing(record: Record, places: Places | None = None) -> Weighing:
    """The weighing again."""
    names = ("weighing", "kind", "digest", "method", "error", "licence")
    return Weighing(*(_text(record[name]) for name in names))


def write_weight(one: Weight) -> dict[str, Any]:
    """The record of a row; bounds only where it has them."""
    told = {"weighing": one.weighing, "licence": one.licence, "of": one.of, "weight": share_text(one.weight)}
    if one.low is not None and one.high is not None:
        told |= {"low": share_text(one.low), "high": share_text(one.high)}
    return told


def read_weight(record: Record, places: Places | None = None) -> Weight:
    """The row again. It may weigh what has no part in the run: that stands nowhere."""
    low, high = (_fraction(record[name]) if name in record else None for name in ("low", "high"))
    name, licence, of = (_text(record[name]) for name in ("weighing", "licence", "of"))
    return Weight(name, licence, of, _fraction(record["weight"]), low, high)


def _fraction(told: Any) -> Fraction:
    found = parse_weight(told)
    if share_text(found) != told:
        raise ValueError("a weight stands as n/d in lowest terms")
    return found


def _text(told: Any) -> str:
    if not isinstance(told, str):
        raise ValueError("what a weighing says of itself are texts")
    return told


FACTS: tuple[tuple[Any, ...], ...] = (
    (
        "weighings.jsonl",
        "weighings",
        write_weighing,
        read_weighing,
        lambda one: f"{one.name} {one.licence}".strip(),
    ),
    ("weights.jsonl", "weights", write_weight, read_weight, None),
)
"""File, field of ``Evidence``, and the ways there and back: what ``extras.Extra`` takes."""
