"""Licences are granted, one or a file of them, under a published tariff or without one, and end early."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

from django.db import transaction

from quire.core.errors import QuireError
from quire.core.money import decimal_of
from quire.core.shares import share_text
from quire.core.tariff import Tariff
from quire.society.kit import acts, locks, tables
from quire.society.kit.nouns import Unknown, one
from quire.society.kit.tables import Registered
from quire.society.licensing import queries
from quire.society.licensing.conditions import Conditions
from quire.society.licensing.errors import (
    BadTerms,
    DeviationUnexplained,
    LicenceDiffers,
    LicencesOverlap,
    OperatorTaken,
)
from quire.society.licensing.models import Licence, Operator
from quire.society.licensing.tariffs import differences
from quire.society.licensing.terms import COLUMNS, REQUIRED, Terms, of_row, read_terms
from quire.society.parties import queries as parties
from quire.society.parties.models import Party, User

LOCK = "licensing"
"""One grant at a time: two at once could each find the days free, or the same operator's name."""


def grant_licence(
    *,
    code: str,
    licensee: str,
    operators: Iterable[str] = (),
    kind: str,
    uses: Iterable[str],
    starts: date,
    ends: date,
    currency: str,
    fee: str = "0",
    prices: Mapping[str, str] | None = None,
    conditions: Conditions | None = None,
    tariff: str = "",
    deviation: str = "",
    rate: str = "",
    minimum: str = "0",
    by: User | None,
) -> Licence:
    """Grant a licence from ``starts`` until, not including, ``ends``; the same again returns it.

    ``licensee`` is a party's code, ``operators`` the names by which the list of AI agents knows it, ``fee``
    a year's in major units ("12000.00"), ``prices`` those of content tiers ({"standard": "0.002"}).
    ``rate`` is a part of the licensee's revenue ("3.5%"), ``minimum`` what is due for a year in any case.
    ``tariff`` is the published one that it is taken under ("lab", "lab@2"), ``deviation`` why it is not as
    that, or any, has it.

    Refuses, in this order: what ``terms.read_terms`` refuses, an unknown licensee, an operator's name that
    another party has, a code on record with other terms, another licence for the same use on the same days,
    a tariff that is not in force, or of another kind or currency, and a deviation without a reason.
    """
    asked = read_terms(
        code=code,
        licensee=licensee,
        operators=operators,
        kind=kind,
        uses=uses,
        starts=starts,
        ends=ends,
        currency=currency,
        fee=fee,
        prices=prices or {},
        conditions=conditions,
        published=tariff,
        deviation=deviation,
        rate=rate,
        minimum=minimum,
    )
    with _writing(by):
        _write(_Book([asked]).settle(asked), by)
    found: Licence = Licence.objects.get(code=code)
    return found


def take_licence(
    *,
    code: str,
    tariff: str,
    licensee: str,
    starts: date,
    ends: date | None = None,
    operators: Iterable[str] = (),
    uses: Iterable[str] | None = None,
    fee: str | None = None,
    prices: Mapping[str, str] | None = None,
    conditions: Conditions | None = None,
    deviation: str = "",
    rate: str | None = None,
    minimum: str | None = None,
    by: User | None,
) -> Licence:
    """A licence as the published tariff has it, for a year unless ``ends`` says otherwise.

    The version is the one in force on ``starts``. What is given for ``uses``, ``fee``, ``prices``, ``rate``,
    ``minimum`` and ``conditions`` stands instead of the tariff's and needs a ``deviation``. Raises
    kit.nouns.Unknown for the tariff, and what ``grant_licence`` refuses.
    """
    row = queries.tariff(tariff, starts)
    return grant_licence(
        code=code,
        licensee=licensee,
        operators=operators,
        kind=row.kind,
        uses=row.uses if uses is None else uses,
        starts=starts,
        ends=ends or _year_after(starts),
        currency=row.currency,
        fee=decimal_of(row.fee) if fee is None else fee,
        prices={tier: decimal_of(p) for tier, p in row.prices.items()} if prices is None else prices,
        conditions=row.conditions if conditions is None else conditions,
        tariff=row.ref,
        deviation=deviation,
        rate=(share_text(row.rate) if row.rate else "") if rate is None else rate,
        minimum=decimal_of(row.minimum) if minimum is None else minimum,
        by=by,
    )


def _year_after(day: date) -> date:
    """The same day of the next year; of a 29 February, 1 March."""
    if (day.month, day.day) == (2, 29):
        return date(day.year + 1, 3, 1)
    return day.replace(year=day.year + 1)


def import_licences(
    path: Path, *, by: User | None, dry_run: bool = False, skip_refused: bool = False
) -> Registered:
    """Licences from a CSV or JSON file with ``terms.COLUMNS``; those on record with the same terms stay.

    ``prices`` are ``tier:price`` between semicolons, ``uses`` are between spaces, ``operators`` between
    semicolons. Raises TableRefused with every refused line unless ``skip_refused``.
    """
    rows = tables.read(Path(path), COLUMNS, REQUIRED)
    with _writing(by):
        book = _Book(_readable(rows))
        good, taken = tables.judge(rows, lambda row: book.settle(of_row(row)), skip_refused=skip_refused)
        added = sum(asked.code not in book.known for asked in good)
        if not dry_run:
            for asked in good:
                _write(asked, by)
    return Registered(taken.taken, taken.refused, added=added, unchanged=len(good) - added)


def end_licence(*, code: str, ends: date, by: User | None) -> Licence:
    """End a licence earlier than agreed; ``ends`` is the first day without it. The same again is no news.

    Refuses an unknown licence, a day that is not within its term.
    """
    with _writing(by):
        licence: Licence = one(Licence.objects.filter(code=code), f"No licence has the code {code[:70]!r}.")
        if licence.ends == ends:
            return licence
        if not licence.starts < ends < licence.ends:
            raise BadTerms(
                f"Licence {code} runs from {licence.starts} until {licence.ends}; it can end early on a day "
                "in between. To go on longer, grant another licence.",
                licence=code,
            )
        was, licence.ends = licence.ends, ends
        licence.save(update_fields=["ends"])
        acts.record("licensing.end", licence, by=by, was=was.isoformat(), ends=ends.isoformat())
    return licence


def name_operators(*, party: str, operators: Iterable[str], by: User | None) -> tuple[str, ...]:
    """The list of AI agents knows this party by these names, licence or not; returns all its names.

    A licence names its licensee's operators itself; this is for a lab that only a member licensed directly.
    Raises OperatorTaken where another party has a name, kit.nouns.Unknown for the party.
    """
    wanted = [name.strip() for name in operators if name.strip()]
    with _writing(by):
        lab = parties.party(party)
        for name in wanted:
            known = Operator.objects.filter(name__iexact=name).select_related("party").first()
            if known and known.party_id != lab.id:
                told = f"{name} is the name by which agents know {known.party.code}, not {lab.code}."
                raise OperatorTaken(told, operator=name)
            if known is None:
                Operator.objects.create(name=name, party=lab)
                acts.record("licensing.name-operator", lab, by=by, operator=name)
        return tuple(Operator.objects.filter(party=lab).order_by("name").values_list("name", flat=True))


@contextmanager
def _writing(by: User | None) -> Iterator[None]:
    parties.may_write(by)
    with transaction.atomic():
        locks.wait(LOCK)
        yield


def _readable(rows: Sequence[tables.Row]) -> list[Terms]:
    found = []
    for row in rows:
        try:
            found.append(of_row(row))
        except QuireError:
            continue
    return found


class _Book:
    """What is on record about the licensees of some terms; what has been settled counts as on record."""

    def __init__(self, asked: Sequence[Terms]) -> None:
        self.parties: dict[str, Party] = parties.by_code({terms.licensee for terms in asked})
        rows = Licence.objects.filter(licensee__in=self.parties.values()).select_related("licensee")
        rows = rows.exclude(kind="lump")  # a lump is for what was done, and takes no day from any licence
        self.granted: dict[str, list[tuple[str, tuple[str, ...], date, date]]] = {}
        for row in rows:
            self._grant(row.licensee.code, row.code, tuple(row.uses), row.starts, row.ends)
        codes = [terms.code for terms in asked]
        self.known = {row.code: queries.row_of(row) for row in Licence.objects.filter(code__in=codes)}
        self.operators = dict(Operator.objects.values_list("name", "party__code"))
        self.codes: set[str] = set()
        self.tariffs = queries.tariffs()

    def _grant(self, licensee: str, code: str, uses: tuple[str, ...], starts: date, ends: date) -> None:
        self.granted.setdefault(licensee, []).append((code, uses, starts, ends))

    def settle(self, asked: Terms) -> Terms:
        """The terms, once it is sure that they can be granted; they count as granted from then on."""
        if asked.licensee not in self.parties:
            raise Unknown(f"No party has the code {asked.licensee[:70]!r}; register the licensee first.")
        taken = {name.casefold(): (name, party) for name, party in self.operators.items()}
        for operator in asked.operators:
            name, party = taken.get(operator.casefold(), (operator, asked.licensee))
            if party != asked.licensee:
                raise OperatorTaken(
                    f"The operator {name} is {party} already; it is one party's.", party=party
                )
        self._check_code(asked)
        if asked.code not in self.known and asked.tariff.kind != "lump":
            self._check_overlap(asked)
            asked = self._under_tariff(asked)
            self._grant(asked.licensee, asked.code, asked.uses, asked.tariff.starts, asked.tariff.ends)
        self.codes.add(asked.code)
        self.operators.update(dict.fromkeys(asked.operators, asked.licensee))
        return asked

    def _check_code(self, asked: Terms) -> None:
        if asked.code in self.codes:
            raise LicenceDiffers(f"The code {asked.code} is in this file twice; each licence has its own.")
        known = self.known.get(asked.code)
        if known and (known.licensee, known.uses, known.tariff(), known.conditions) != (
            self.parties[asked.licensee].id,
            asked.uses,
            asked.tariff,
            asked.conditions,
        ):
            raise LicenceDiffers(
                f"Licence {asked.code} is on record with other terms, and terms do not change; end it and "
                "grant another under a new code.",
                licence=known.tid,
            )

    def _check_overlap(self, asked: Terms) -> None:
        for code, uses, starts, ends in self.granted.get(asked.licensee, ()):
            both = [use for use in asked.uses if use in uses]
            first, last = max(starts, asked.tariff.starts), min(ends, asked.tariff.ends)
            if both and first < last:
                raise LicencesOverlap(
                    f"{asked.licensee} has licence {code} for {', '.join(both)} from {first} until {last} "
                    "already; every use on a day belongs to one licence.",
                    licence=code,
                    uses=both,
                )

    def _under_tariff(self, asked: Terms) -> Terms:
        """The terms with the version of the tariff that they are under; what deviates has its reason.

        Like licensees are treated alike: what a published tariff covers is not licensed otherwise in silence.
        """
        if not asked.published:
            self._check_beside(asked)
            return asked
        published = queries.tariff(asked.published, asked.tariff.starts)
        if published not in queries.tariffs_in_force(asked.tariff.starts, self.tariffs):
            raise BadTerms(f"The tariff {published.ref} is not in force on {asked.tariff.starts}.")
        if (published.kind, published.currency) != (asked.tariff.kind, asked.tariff.currency):
            raise BadTerms(
                f"The tariff {published.ref} is {published.kind}, in {published.currency}; a licence of "
                "another kind or currency is not under it."
            )
        what = differences(asked, published)
        if what and not asked.deviation:
            raise DeviationUnexplained(
                f"The licence is not as the tariff {published.ref} has it ({', '.join(what)}): give the "
                'reason, which is recorded and listed, by --deviation "…".',
                tariff=published.ref,
                what=what,
            )
        if asked.deviation and not what:
            raise DeviationUnexplained(
                f"Nothing deviates from the tariff {published.ref}; leave the reason out.",
                tariff=published.ref,
            )
        return replace(asked, published=published.ref)

    def _check_beside(self, asked: Terms) -> None:
        if asked.deviation:
            return
        for published in queries.tariffs_in_force(asked.tariff.starts, self.tariffs):
            if published.kind == asked.tariff.kind and set(published.uses) & set(asked.uses):
                raise DeviationUnexplained(
                    f"The tariff {published.ref} is published for this: take the licence under it, or give "
                    'the reason for another agreement by --deviation "…".',
                    tariff=published.ref,
                )


def _write(asked: Terms, by: User | None) -> None:
    """Write the licence and its operators' names, unless they are on record. Nothing is refused any more."""
    party = parties.party(asked.licensee)
    for name in asked.operators:
        if not Operator.objects.filter(name__iexact=name).exists():
            Operator.objects.create(name=name, party=party)
            acts.record("licensing.name-operator", party, by=by, operator=name)
    if Licence.objects.filter(code=asked.code).exists():
        return
    tariff = asked.tariff
    licence = Licence.objects.create(
        code=asked.code,
        licensee=party,
        kind=tariff.kind,
        uses=list(asked.uses),
        starts=tariff.starts,
        ends=tariff.ends,
        currency=tariff.currency,
        fee=tariff.fee,
        prices=_texts(tariff),
        rate=tariff.rate or None,
        minimum=tariff.minimum,
        tariff_id=queries.tariff(asked.published).id if asked.published else None,
        deviation=asked.deviation,
        terms=asked.conditions.as_json(),
    )
    acts.record("licensing.grant", licence, by=by, **_told(asked))


def _texts(tariff: Tariff) -> dict[str, str]:
    return {tier: decimal_of(price) for tier, price in tariff.prices.items()}


def _told(asked: Terms) -> dict[str, object]:
    """The terms as an act tells them."""
    tariff = asked.tariff
    return {
        "code": asked.code,
        "licensee": asked.licensee,
        "kind": tariff.kind,
        "uses": list(asked.uses),
        "starts": tariff.starts.isoformat(),
        "ends": tariff.ends.isoformat(),
        "currency": tariff.currency,
        "fee": decimal_of(tariff.fee),
        "prices": _texts(tariff),
        **({"rate": share_text(tariff.rate), "minimum": decimal_of(tariff.minimum)} if tariff.rate else {}),
        "terms": asked.conditions.as_json(),
        "tariff": asked.published,
        "deviation": asked.deviation,
    }
