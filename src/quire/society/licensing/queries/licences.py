"""Licences as other rooms see them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from uuid import UUID

from quire.core.money import quanta_of
from quire.core.tariff import Tariff
from quire.core.terms import USES
from quire.society.kit import ids
from quire.society.kit.nouns import one
from quire.society.kit.periods import overlapping
from quire.society.licensing.conditions import Conditions, read
from quire.society.licensing.models import Licence, Operator
from quire.society.parties import queries as parties

Ref = Licence | UUID | str
"""How another room names a licence: itself, its UUID, its TypeID or its code."""


@dataclass(frozen=True, slots=True)
class LicenceRow:
    """A licence, from ``starts`` until, not including, ``ends``.

    ``licensee`` is the party's id. ``fee`` and ``minimum`` (a year's) and ``prices`` (by content tier) are
    quanta of ``currency``; ``rate`` is a share of revenue. ``uses`` are in the order of ``core.terms.USES``,
    ``operators`` in that of the alphabet.
    """

    id: UUID
    tid: str
    code: str
    licensee: UUID
    licensee_tid: str
    licensee_code: str
    kind: str
    uses: tuple[str, ...]
    starts: date
    ends: date
    currency: str
    fee: int
    prices: Mapping[str, int]
    operators: tuple[str, ...]
    conditions: Conditions = field(default_factory=Conditions)
    published: str = ""
    deviation: str = ""
    rate: Fraction = Fraction(0)
    minimum: int = 0

    def tariff(self) -> Tariff:
        """What the licence costs, for ``core.tariff``."""
        return Tariff(
            self.kind, self.starts, self.ends, self.currency, self.fee, self.prices, self.rate, self.minimum
        )


def licence(ref: Ref) -> LicenceRow:
    """The licence of a code, a TypeID (``lic_…``), a UUID, or itself; kit.nouns.Unknown if there is none."""
    if isinstance(ref, Licence):
        ref = ref.id
    if isinstance(ref, str) and ref.startswith("lic_"):
        ref = ids.read("lic", ref)
    if isinstance(ref, UUID):
        rows, shown = Licence.objects.filter(id=ref), ids.show("lic", ref)
    else:
        rows, shown = Licence.objects.filter(code=ref.replace("\0", "")), repr(ref[:70])
    found: Licence = one(rows.select_related("licensee", "tariff"), f"There is no licence {shown}.")
    return row_of(found)


def licences() -> list[LicenceRow]:
    """Every licence there is or was, by code."""
    return _rows(Licence.objects.all())


def in_force(starts: date, ends: date) -> list[LicenceRow]:
    """The licences in force on any day of [starts, ends), by code. A lump is not among them: nothing is
    used under it.
    """
    return _rows(Licence.objects.filter(overlapping(starts, ends)).exclude(kind="lump"))


def held(licensee: UUID, day: date) -> list[LicenceRow]:
    """The licences of a party in force on a day, by code, but for lumps."""
    rows = Licence.objects.filter(licensee=licensee, starts__lte=day, ends__gt=day)
    return _rows(rows.exclude(kind="lump"))


def by_operator() -> dict[str, tuple[LicenceRow, ...]]:
    """Every operator's name to all licences of its party, by their first day; one without any has ``()``.

    A licensee's TypeID is such a name as well: so edges name whoever showed a token.
    """
    held: dict[UUID, list[LicenceRow]] = {}
    usable = (row for row in licences() if row.kind != "lump")
    for row in sorted(usable, key=lambda row: (row.starts, row.code)):
        held.setdefault(row.licensee, []).append(row)
    names = Operator.objects.order_by("name").values_list("name", "party_id")
    by_token = {rows[0].licensee_tid: tuple(rows) for rows in held.values()}
    return by_token | {name: tuple(held.get(party, ())) for name, party in names}


def operators_of(licensee: parties.Ref) -> tuple[str, ...]:
    """The names by which the list of AI agents knows this party, sorted."""
    party = parties.party(licensee)
    return tuple(Operator.objects.filter(party=party).order_by("name").values_list("name", flat=True))


def row_of(licence: Licence) -> LicenceRow:
    """The row of a licence; one query for the operators."""
    names = Operator.objects.filter(party=licence.licensee_id).order_by("name").values_list("name", flat=True)
    return _row(licence, tuple(names))


def _rows(rows: object) -> list[LicenceRow]:
    operators: dict[UUID, list[str]] = {}
    for name, party in Operator.objects.order_by("name").values_list("name", "party_id"):
        operators.setdefault(party, []).append(name)
    found = rows.select_related("licensee", "tariff").order_by("code")  # type: ignore[attr-defined]
    return [_row(licence, tuple(operators.get(licence.licensee_id, ()))) for licence in found]


def _row(licence: Licence, operators: tuple[str, ...]) -> LicenceRow:
    party = licence.licensee
    prices = {tier: quanta_of(price) for tier, price in sorted(licence.prices.items())}
    return LicenceRow(
        licence.id,
        licence.tid,
        licence.code,
        party.id,
        party.tid,
        party.code,
        licence.kind,
        tuple(use for use in USES if use in licence.uses),
        licence.starts,
        licence.ends,
        licence.currency,
        licence.fee,
        prices,
        operators,
        read(licence.terms),
        f"{licence.tariff.code}@{licence.tariff.version}" if licence.tariff else "",
        licence.deviation,
        licence.rate or Fraction(0),
        licence.minimum,
    )
