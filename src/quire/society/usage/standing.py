"""Under which heading usage stands: the one place where facts meet licences and mandates.

Used when a file is imported and whenever anybody asks later. It looks at nothing but the facts of a row and
the terms on record, so a licence or mandate recorded after the import counts as if it had been there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from quire.core import terms
from quire.society.mandates.mandated import NOBODY


@dataclass(frozen=True, slots=True)
class Granted:
    """A licence as far as a heading needs it."""

    licensee: str
    uses: tuple[str, ...]
    starts: date
    ends: date | None


@dataclass(frozen=True, slots=True)
class Terms:
    """Everything on record that decides a heading. Parties are TypeIDs; lists are by licensee or member."""

    licensees: Mapping[str, str]  # by operator: the name in the list of AI agents, case-folded
    licences: Mapping[str, Sequence[Granted]] = field(default_factory=dict)
    spans: Mapping[str, Sequence[terms.Span]] = field(default_factory=dict)
    answers: Mapping[str, Sequence[terms.Answer]] = field(default_factory=dict)
    direct: Mapping[str, Sequence[terms.DirectLicence]] = field(default_factory=dict)

    def licensee_of(self, operator: str) -> str | None:
        """The party that the list of AI agents calls ``operator``, whatever its capitals."""
        return self.licensees.get(operator.casefold())

    def boundaries(self, starts: date, ends: date) -> list[date]:
        """The dates within (starts, ends) at which a heading may change."""
        every: Iterable[Mapping[str, Iterable[terms.Spanned]]]
        every = (self.licences, self.spans, self.answers, self.direct)
        return terms.boundaries(starts, ends, *(some for by in every for some in by.values()))


def heading(
    on_record: Terms, operator: str, use: str, member: str | None, day: date, *, kept_out: bool = False
) -> str:
    """The heading of usage of a work or site of ``member`` (None: of nobody's) on ``day``.

    In this order: ``unknown_host`` where nobody is known to own the address; ``direct`` where member and
    licensee have a licence of their own; where a licence covers the use and the mandate says yes ``counted``,
    or ``kept_out`` where the site's own terms keep the path out of it all the same; ``free`` where it is
    search, which needs no licence where it is permitted to everybody; ``unlicensed`` where the operator has
    no licence in force; else ``outside``.
    """
    if member is None:
        return "unknown_host"
    licensee = on_record.licensee_of(operator)
    standing = _standing(on_record, licensee or NOBODY, use, member, day)
    if standing == "direct":
        return "direct"
    licences = on_record.licences.get(licensee, ()) if licensee else ()
    in_force = [one for one in licences if terms.covers(one, day)]
    if standing == "allowed" and any(use in one.uses for one in in_force):
        return "kept_out" if kept_out else "counted"
    open_to_all = use == terms.FREE and _standing(on_record, NOBODY, use, member, day) == "allowed"
    if open_to_all and standing == "allowed" and not kept_out:
        return "free"
    return "outside" if in_force else "unlicensed"


def _standing(on_record: Terms, licensee: str, use: str, member: str, day: date) -> terms.Heading:
    return terms.standing_of(
        use,
        licensee,
        day,
        on_record.answers.get(member, ()),
        on_record.spans.get(member, ()),
        on_record.direct.get(member, ()),
    )
