"""Whether a use is allowed: a member's yes and no, their membership, and licences granted directly.

The same few lines decide on the society's server, in a recomputation of a published bundle and wherever
else a mandate is read, so they are pure: values in, an answer out. All spans are half-open: ``starts`` is
in, ``ends`` is the first day that is out, ``ends=None`` is open.

The rule (RSL 1.0 §3: prohibit beats permit; the society's statute: silence is no): a use is allowed on a
day iff the member is a member on that day, at least one yes covers the use, the licensee and the day, and
no no does. An answer belongs to the membership in which it was first in force: somebody who leaves and
joins again later answers afresh, because nobody should find an old yes revived.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from typing import Literal, Protocol

from quire.core.errors import Invalid

USES = ("ai-train", "ai-input", "ai-index", "search")
"""Every use there is, as RSL 1.0 names them."""

FREE = "search"
"""The one use that needs no licence, no token and no payment where it is permitted to everybody."""

Heading = Literal["direct", "allowed", "not allowed"]


class UnknownUse(Invalid):
    """The text is none of the uses."""

    code = "terms.unknown-use"


@dataclass(frozen=True, slots=True)
class Span:
    """The days from ``starts`` until, not including, ``ends``; a span that ends where it starts has none."""

    starts: date
    ends: date | None


@dataclass(frozen=True, slots=True)
class Answer:
    """``member`` says yes or no to ``use`` by ``licensee`` (``None``: by all), on the days of the span."""

    member: str
    licensee: str | None
    use: str
    yes: bool
    starts: date
    ends: date | None


@dataclass(frozen=True, slots=True)
class DirectLicence:
    """``member`` licensed ``licensee`` beside the society, whatever the use, on the days of the span."""

    member: str
    licensee: str
    starts: date
    ends: date | None


class Spanned(Protocol):
    """Anything with the dates of a span."""

    @property
    def starts(self) -> date: ...

    @property
    def ends(self) -> date | None: ...


def uses_of(text: str) -> tuple[str, ...]:
    """The uses that a person's text names: one of them, or all four for "all". Else UnknownUse."""
    if text == "all":
        return USES
    check_use(text)
    return (text,)


def check_use(use: str) -> None:
    """UnknownUse unless ``use`` is one of USES."""
    if use not in USES:
        raise UnknownUse(f"{use[:40]!r} is not a use; the uses are {', '.join(USES)}.", use=use[:40])


def covers(span: Spanned, day: date) -> bool:
    """Whether the day lies in the span."""
    return span.starts <= day and (span.ends is None or day < span.ends)


def allows(
    use: str, licensee: str, day: date, answers_of_member: Iterable[Answer], spans_of_member: Iterable[Span]
) -> bool:
    """Whether the member's mandate allows ``use`` by ``licensee`` on ``day``.

    ``answers_of_member`` and ``spans_of_member`` (the memberships, which do not overlap) are of one member,
    in any order, and need not be cut to the day. Raises UnknownUse.
    """
    check_use(use)
    membership = next((span for span in spans_of_member if covers(span, day)), None)
    if membership is None:
        return False
    said = {
        answer.yes
        for answer in answers_of_member
        if answer.use == use
        and answer.licensee in (None, licensee)
        and covers(answer, day)
        and covers(membership, answer.starts)
    }
    return said == {True}


def answered(
    given: Sequence[Answer],
    member: str,
    use: str,
    licensee: str,
    new: Sequence[Answer],
    others: Collection[str],
) -> tuple[Answer, ...]:
    """The answers with ``new`` ones in place of the member's to this use. Said to everybody, they leave what
    was said to single licensees, which holds beside them. Said to one, all ``others`` that paid stand exactly
    as they stood: what was said to everybody is said to each of them instead.
    """
    rest = [one for one in given if (one.member, one.use) != (member, use)]
    own = [one for one in given if (one.member, one.use) == (member, use)]
    kept = [one for one in own if one.licensee is not None and one.licensee != licensee]
    if licensee:
        to_all = [one for one in own if one.licensee is None]
        kept += [replace(one, licensee=other) for one in to_all for other in sorted(others)]
    return (*rest, *kept, *new)


def standing_of(
    use: str,
    licensee: str,
    day: date,
    answers: Iterable[Answer],
    spans: Iterable[Span],
    direct: Iterable[DirectLicence],
) -> Heading:
    """Under which heading one member's usage by ``licensee`` on ``day`` is counted.

    "direct" where the two have a licence of their own on that day: it is counted, and not billed by the
    society, whatever the mandate says. Else "allowed" or "not allowed", as ``allows`` has it.
    """
    check_use(use)
    if any(licence.licensee == licensee and covers(licence, day) for licence in direct):
        return "direct"
    return "allowed" if allows(use, licensee, day, answers, spans) else "not allowed"


def boundaries(starts: date, ends: date, *spans: Iterable[Spanned]) -> list[date]:
    """Every date strictly between ``starts`` and ``ends`` on which one of the spans begins or ends, sorted.

    Each further argument is a collection of spans, answers or direct licences: whatever may change the
    answer. Between two neighbouring boundaries nothing changes.
    """
    dates = {day for some in spans for span in some for day in (span.starts, span.ends)}
    return sorted(day for day in dates if day is not None and starts < day < ends)


def segments(starts: date, ends: date, boundaries: Sequence[date]) -> list[tuple[date, date]]:
    """[starts, ends) cut at the boundaries, in order; the parts are half-open too and cover it exactly.

    A boundary outside the span is passed over; a span without days has no parts.
    """
    inside = sorted({day for day in boundaries if starts < day < ends})
    edges = [starts, *inside, ends]
    return [(a, b) for a, b in pairwise(edges) if a < b]
