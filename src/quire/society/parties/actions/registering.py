"""The society itself, its users, and parties registered or changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from quire.core.currencies import minor_digits
from quire.core.errors import QuireError
from quire.core.money import Money
from quire.society.kit import acts, locks, tables
from quire.society.kit.tables import Registered, Row
from quire.society.parties import errors, facts, queries
from quire.society.parties.facts import PartyFacts
from quire.society.parties.models import ROLES, Identifier, Party, RoleGrant, Society, User


def found_society(
    *, name: str, form: str, currency: str, town: str, country: str, street: str = "", building: str = "",
    postcode: str = "", iban: str = "", bic: str = "", minimum_payout: Mapping[str, str] | None = None,
    by: User | None = None,
) -> Society:  # fmt: skip
    """Found the society: once. Again with the same values is fine; with others SocietyExists.

    ``form`` is association, intermediary or cooperative. ``minimum_payout`` is currency to amount,
    {"EUR": "10.00"}: below it a payee's money is carried over.
    """
    queries.may_write(by)
    address = {"town": town, "country": country, "street": street, "building": building, "postcode": postcode,
               "iban": iban, "bic": bic}  # fmt: skip
    said: dict[str, Any] = {
        column: facts.check_cell(column, value.strip()) for column, value in address.items()
    }
    said |= {"name": facts.check_cell("name", name), "form": _form(form), "currency": currency,
             "minimum_payout": _minimums(minimum_payout or {})}  # fmt: skip
    minor_digits(currency)
    for column in ("name", "town", "country"):
        if not said[column]:
            raise errors.CellWrong(f"The society's {column} is empty.", column=column)
    with transaction.atomic():
        locks.wait("parties")
        if known := Society.objects.first():
            return _same_society(known, said)
        founded = Society.objects.create(**said)
        acts.record("parties.found", "society", by=by, name=name, form=form, currency=currency)
    return founded


def _form(form: str) -> str:
    forms = dict(Society._meta.get_field("form").choices)
    if form not in forms:
        told = ", ".join(f"{key} ({label})" for key, label in forms.items())
        raise errors.CellWrong(f"form {form[:40]!r} is not known; forms are {told}.", column="form")
    return form


def _minimums(said: Mapping[str, str]) -> dict[str, str]:
    least = [Money.parse(amount, currency) for currency, amount in sorted(said.items())]
    for money in least:
        if money.quanta < 0:
            raise errors.CellWrong(f"The minimum payout {money} is negative.", column="minimum_payout")
    return {money.currency: money.decimal() for money in least}


def _same_society(known: Society, said: dict[str, Any]) -> Society:
    if other := sorted(column for column, value in said.items() if getattr(known, column) != value):
        words = " and ".join(column.replace("_", " ") for column in other)
        raise errors.SocietyExists(
            f"{known.name} has been founded here already, with another {words} than was given now.",
            differs=other,
        )
    return known


def add_user(*, name: str, roles: Iterable[str] = (), by: User | None = None) -> User:
    """A user with roles. Again is fine: missing roles are granted, none is taken away."""
    queries.may_write(by)
    wanted = sorted({_role(role) for role in roles})
    try:
        User.username_validator(name)
    except ValidationError as problem:
        raise errors.CellWrong(
            f"{name[:80]!r} cannot be a user's name: letters, digits and @.+-_ only."
        ) from problem
    facts.check_text("name", name, 150)
    with transaction.atomic():
        locks.wait("parties")
        user = User.objects.filter(username=name).first()
        if user is None:
            user = User.objects.create_user(name)
            acts.record("parties.add-user", name, by=by)
        for role in wanted:
            _grant(user, role, by)
    return user


def grant_role(*, user: User | str, role: str, by: User | None = None) -> None:
    """Give a user a role; again is fine."""
    queries.may_write(by)
    found = queries.acting(user) if isinstance(user, str) else user
    _role(role)
    with transaction.atomic():
        locks.wait("parties")
        _grant(found, role, by)


def _grant(user: User, role: str, by: User | None) -> None:
    if RoleGrant.objects.get_or_create(user=user, role=role)[1]:
        acts.record("parties.grant-role", user.username, by=by, role=role)


def _role(role: str) -> str:
    if role not in ROLES:
        told = "; ".join(f"{key} {does}" for key, does in ROLES.items())
        raise errors.RoleUnknown(f"There is no role {role[:40]!r}: {told}.")
    return role


def register_party(*, code: str, name: str, kind: str, by: User | None = None, **more: str) -> Party:
    """One new party; ``more`` are further columns of ``facts.COLUMNS``.

    Again with the same values is fine; with others PartyExists: change_party changes them.
    """
    return _take_one(dict(more, code=code, name=name, kind=kind), by, new=True)


def change_party(*, code: str, by: User | None = None, **changes: str) -> Party:
    """New values for some columns of a party; an empty text empties the column."""
    queries.party(code)
    return _take_one(dict(changes, code=code), by, new=False)


def _take_one(cells: dict[str, str], by: User | None, *, new: bool) -> Party:
    queries.may_write(by)
    if unknown := sorted(set(cells) - set(facts.COLUMNS)):
        raise TypeError(f"a party has no {', '.join(unknown)}")
    with transaction.atomic():
        alone()
        read = queries.judge_parties([Row(1, cells)])[1]
        if isinstance(read, QuireError):
            raise read
        known = queries.known_facts([read.code]).get(read.code)
        if new and known and known != read:
            differ = ", ".join(read.changes_from(known))
            raise errors.PartyExists(f"{read.code} is on record already, with another {differ}.")
        take_parties([read], by=by)
    return queries.party(read.code)


def alone() -> None:
    """Wait until no other process writes parties; held to the end of the transaction."""
    locks.wait("parties")


def take_parties(read: Iterable[PartyFacts], *, by: User | None) -> Registered:
    """Write parties that ``queries.judge_parties`` found good in this same transaction, after ``alone``.

    What differs from the record is changed, each party with an act of its own; old and new bank numbers
    stand there masked.
    """
    parties = {party.code: party for party in read}
    known = queries.known_facts(parties)
    added = [party for code, party in sorted(parties.items()) if code not in known]
    changed = [party for code, party in sorted(parties.items()) if code in known and party != known[code]]
    for row in Party.objects.bulk_create([Party(**_own(party)) for party in added]):
        acts.record("parties.register", row, by=by, code=row.code, name=row.name, kind=row.kind)
    for party in changed:
        Party.objects.filter(code=party.code).update(**_own(party))
    rows = queries.by_code(party.code for party in (*added, *changed))
    for party in changed:
        acts.record("parties.change", rows[party.code], by=by, changes=party.changes_from(known[party.code]))
    _identify([(rows[party.code], party) for party in (*added, *changed)])
    same = len(parties) - len(added) - len(changed)
    return Registered(added=len(added), changed=len(changed), unchanged=same)


def _own(party: PartyFacts) -> dict[str, str]:
    return {column: getattr(party, column) for column in facts.OWN}


def _identify(parties: Sequence[tuple[Party, PartyFacts]]) -> None:
    """Give each party exactly the identifiers of its facts."""
    Identifier.objects.filter(party__in=[row for row, _ in parties]).delete()
    Identifier.objects.bulk_create(
        Identifier(party=row, scheme=scheme, value=value)
        for row, party in parties
        for scheme, value in party.identifiers().items()
    )


def import_parties(
    *, path: Path, by: User | None = None, skip_refused: bool = False, dry_run: bool = False
) -> Registered:
    """Parties from a CSV or JSON table: all of it or nothing, unless ``skip_refused``.

    The same table again changes nothing. tables.TableRefused names every refused line with its reason;
    ``dry_run`` gives the account and writes nothing.
    """
    queries.may_write(by)
    rows = tables.read(Path(path), facts.COLUMNS, facts.REQUIRED)
    with transaction.atomic():
        alone()
        judged = queries.judge_parties(rows)
        read, account = tables.judge(rows, lambda row: good(judged[row.line]), skip_refused=skip_refused)
        written = take_parties(read, by=by)
        transaction.set_rollback(dry_run)
    written.taken, written.refused = account.taken, account.refused
    return written


def good(read: PartyFacts | QuireError) -> PartyFacts:
    """The party, or its refusal raised."""
    if isinstance(read, QuireError):
        raise read
    return read
