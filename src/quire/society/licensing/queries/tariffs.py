"""The published tariffs, and which licences are not as theirs has it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from quire.core.money import quanta_of
from quire.core.terms import USES
from quire.society.kit.nouns import Unknown
from quire.society.licensing.conditions import read
from quire.society.licensing.models import PublishedTariff
from quire.society.licensing.queries.licences import LicenceRow, licences
from quire.society.licensing.tariffs import TariffRow, differences, split_ref
from quire.society.licensing.terms import Terms


@dataclass(frozen=True, slots=True)
class Deviation:
    """A licence that is not as its tariff has it: in what, and the reason on record (empty: none)."""

    licence: LicenceRow
    what: tuple[str, ...]
    reason: str


def tariffs() -> list[TariffRow]:
    """Every version of every tariff, by code and version."""
    return [tariff_row(found) for found in PublishedTariff.objects.order_by("code", "version")]


def tariff(ref: str, on: date | None = None) -> TariffRow:
    """The version "lab@2"; or of "lab" the one in force on a day (None: the newest). kit.nouns.Unknown:
    none.
    """
    code, version = split_ref(ref)
    rows = [row for row in tariffs() if row.code == code]
    if version is not None:
        rows = [row for row in rows if row.version == version]
    elif on is not None:
        rows = in_force(on, rows)
    if not rows:
        raise Unknown(
            f"No tariff {ref}" + (f" is in force on {on}." if on and version is None else " is published.")
        )
    return rows[-1]


def in_force(day: date, among: Iterable[TariffRow] | None = None) -> list[TariffRow]:
    """The versions that hold on a day, by code: of each tariff the last that has begun, unless it closed."""
    last = {row.code: row for row in (tariffs() if among is None else among) if row.starts <= day}
    return [row for row in last.values() if row.ends is None or day < row.ends]


def deviations() -> list[Deviation]:
    """Every licence that is not as the tariff of its kind has it, or that names no tariff and gives a
    reason.
    """
    known = {row.ref: row for row in tariffs()}
    found = []
    for row in licences():
        if row.published:
            what = differences(_terms(row), known[row.published])
        else:
            what = ["no tariff"] if row.deviation else []
        if what:
            found.append(Deviation(row, tuple(what), row.deviation))
    return found


def tariff_row(found: PublishedTariff) -> TariffRow:
    """The row of a published tariff."""
    return TariffRow(
        found.id, found.tid, found.code, found.version, found.kind,
        tuple(use for use in USES if use in found.uses), found.currency, found.fee,
        {tier: quanta_of(price) for tier, price in sorted(found.prices.items())}, found.starts, found.ends,
        read(found.terms), found.sentence, found.decision, found.rate or Fraction(0), found.minimum,
    )  # fmt: skip


def _terms(row: LicenceRow) -> Terms:
    return Terms(row.code, row.licensee_code, row.operators, row.uses, row.tariff(), row.conditions)
