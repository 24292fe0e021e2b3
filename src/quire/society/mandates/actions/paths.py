"""A site's owner says what may be taken from a path of it, and what a request costs there."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, TypeVar

from django.db import transaction

from quire.core.money import QUANTA, Money
from quire.core.patterns import covers
from quire.society.kit import acts, ids, locks
from quire.society.mandates import errors, paths, rows
from quire.society.mandates.models import PathPrice, PathTerm
from quire.society.parties import queries as parties
from quire.society.parties.models import User
from quire.society.parties.queries import Ref
from quire.society.repertoire import queries as repertoire
from quire.society.repertoire.queries import SiteRow

MOST_PATTERNS = 300
"""Patterns with terms or prices of one site at a time: every request of a crawler is matched against them."""

Row = TypeVar("Row", PathTerm, PathPrice)


def set_terms(
    *, site: str, pattern: str, use: str, licensee: Ref | None = None, answer: bool, starts: date,
    ends: date | None = None, by: User | None,
) -> tuple[PathTerm, ...]:  # fmt: skip
    """The site's owner says yes or no to a use ("all": to each) under a pattern, to one licensee or to all.

    Returns one term for each use. What was said before of the same pattern, use and licensee ends with it.
    Refused in this order: an unknown site, licensee or use, a pattern that cannot be read or lies outside the
    site, a span without days, a word to oneself, more patterns than MOST_PATTERNS.
    """
    parties.may_write(by)
    place = repertoire.site(site)
    to = None if licensee is None else parties.party(licensee)
    uses = rows.uses_named(use)
    where = _within(place, pattern)
    rows.check_span(starts, ends)
    if to is not None and to.id == place.owner:
        raise errors.AnswerWrong(f"{to.code} needs no mandate for itself.")
    with transaction.atomic():
        locks.wait("mandates")
        _room_for(place, where, starts)
        made = []
        for one in uses:
            same = PathTerm.objects.filter(
                site=place.id, member=place.owner, pattern=where, licensee=to, use=one
            )
            fresh = PathTerm(
                site_id=place.id, member_id=place.owner, pattern=where, licensee=to, use=one, answer=answer,
                starts=starts, ends=ends,
            )  # fmt: skip
            made.append(_next(same, fresh, lambda old: old.answer == answer))
        acts.record(
            "mandates.path-terms", place.tid, by=by, pattern=where, uses=list(uses), starts=str(starts),
            answer="yes" if answer else "no", licensee=to and to.code, ends=ends and str(ends),
            terms=[one.tid for one in made],
        )  # fmt: skip
    return tuple(made)


def set_price(
    *, site: str, pattern: str, price: Money, starts: date, ends: date | None = None, by: User | None
) -> PathPrice:
    """One request under the pattern costs ``price`` from ``starts``; what it cost before ends with it.

    Refused in this order: an unknown site, a pattern as in ``set_terms``, an amount that is not more than
    nothing, a span without days, more patterns than MOST_PATTERNS.
    """
    parties.may_write(by)
    place = repertoire.site(site)
    where = _within(place, pattern)
    if not 0 < price.quanta <= 10**9 * QUANTA:
        raise errors.PathWrong(
            f"{price} is no price for a request: it is more than nothing, and less than a billion."
        )
    rows.check_span(starts, ends)
    with transaction.atomic():
        locks.wait("mandates")
        _room_for(place, where, starts)
        same = PathPrice.objects.filter(site=place.id, member=place.owner, pattern=where)
        fresh = PathPrice(
            site_id=place.id, member_id=place.owner, pattern=where, amount=price.quanta,
            currency=price.currency, starts=starts, ends=ends,
        )  # fmt: skip
        made = _next(same, fresh, lambda old: (old.amount, old.currency) == (price.quanta, price.currency))
        acts.record("mandates.path-price", place.tid, by=by, pattern=where, price=price.decimal(),
                    currency=price.currency, starts=str(starts), ends=ends and str(ends),
                    row=made.tid)  # fmt: skip
    return made


def end_terms(*, term: str, ends: date, by: User | None) -> PathTerm:
    """The term is out of force from ``ends``; AnswerEnded where it ended earlier, MandateUnknown: none."""
    return _ended(PathTerm, term, ends, by)


def end_price(*, price: str, ends: date, by: User | None) -> PathPrice:
    """The price is out of force from ``ends``: from then on requests there are not for sale."""
    return _ended(PathPrice, price, ends, by)


def _ended(model: type[Row], tid: str, ends: date, by: User | None) -> Row:
    parties.may_write(by)
    wanted = ids.read(model.prefix, tid)
    with transaction.atomic():
        locks.wait("mandates")
        row = model.objects.filter(id=wanted).first()
        if row is None:
            raise errors.MandateUnknown(f"There is no {tid}.")
        last = max(ends, row.starts)
        if row.ends == last:
            return row
        if row.ends is not None and row.ends < last:
            raise errors.AnswerEnded(f"{tid} ended on {row.ends} and stays ended.")
        _shorten(row, last)
        acts.record("mandates.end-path", row, by=by, ends=str(last))
    return row


def _within(place: SiteRow, pattern: str) -> str:
    """The pattern's spelling; PathWrong where it does not lie within one of the site's own."""
    where = paths.spelled(pattern)
    if not any(covers(own, where) for own in place.patterns):
        owns = " ".join(place.patterns)
        raise errors.PathWrong(f"{where} does not lie within the site {place.code}, which has {owns}.")
    return where


def _room_for(place: SiteRow, where: str, starts: date) -> None:
    known: set[str] = {where}
    for model in (PathTerm, PathPrice):
        rows_ = model.objects.filter(site=place.id).exclude(ends__lte=starts)
        known.update(rows_.values_list("pattern", flat=True))
    if len(known) > MOST_PATTERNS:
        raise errors.PathWrong(f"A site has terms for at most {MOST_PATTERNS} patterns; end some first.")


def _next(same: Any, fresh: Row, alike: Any) -> Row:
    """Write a new version: what began before ends with its start, and it ends where a later one begins."""
    rows_: Iterable[Row] = same.exclude(ends__lte=fresh.starts).order_by("starts", "id")
    for old in rows_:
        if old.starts > fresh.starts:
            fresh.ends = old.starts if fresh.ends is None else min(fresh.ends, old.starts)
            break
        if old.starts == fresh.starts and old.ends == fresh.ends and alike(old):
            return old
        _shorten(old, fresh.starts)
    fresh.save(force_insert=True)
    return fresh


def _shorten(row: Row, ends: date) -> None:
    row.ends = ends
    row.save(update_fields=["ends"])
