"""Parties by the names that they have in bundles, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from quire.core.distribution import Evidence
from quire.core.shares import Shares
from quire.society.kit import ids
from quire.society.parties import queries as parties


def disguised(found: Evidence) -> Evidence:
    """The evidence in which whoever wishes goes by a pseudonym; the order of parties stays."""
    return renamed(found, parties.pseudonyms())


def undisguised(found: Evidence) -> Evidence:
    """The evidence in which everybody goes by their own id again."""
    real = parties.published(party.id for party in found.parties)
    names = {name: ids.show("pty", party) for name, party in real.items()}
    return renamed(found, {name: tid for name, tid in names.items() if name != tid})


def renamed(found: Evidence, names: Mapping[str, str]) -> Evidence:
    """The evidence with other names of parties, wherever they stand."""
    if not any(party.id in names for party in found.parties):
        return found

    def name(one: Any) -> Any:
        return names.get(one, one)

    def shares(told: Shares | None) -> Shares | None:
        return told and Shares(tuple(holder._replace(party=name(holder.party)) for holder in told))

    versions = {
        place: tuple(replace(one, shares=shares(one.shares)) for one in several)
        for place, several in found.subjects.versions.items()
    }
    return replace(
        found,
        parties=tuple(replace(one, id=name(one.id)) for one in found.parties),
        answers=tuple(replace(one, member=name(one.member)) for one in found.answers),
        direct=tuple(replace(one, member=name(one.member)) for one in found.direct),
        subjects=replace(found.subjects, versions=versions),
        holds=tuple(replace(one, party=name(one.party)) for one in found.holds),
        agreements=tuple(
            replace(one, giver=name(one.giver), takers=shares(one.takers)) for one in found.agreements
        ),
        weights=tuple(replace(one, of=name(one.of)) for one in found.weights),
        corrections=tuple(
            replace(
                one,
                old=tuple(line._replace(party=name(line.party)) for line in one.old),
                new=shares(one.new),
            )
            for one in found.corrections
        ),
        debts=tuple(
            replace(one, debtor=name(one.debtor), creditor=name(one.creditor)) for one in found.debts
        ),
    )
