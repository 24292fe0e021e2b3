"""Parties, users and the society, as other rooms ask about them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q

from quire.core.errors import QuireError
from quire.core.money import Money
from quire.society.kit import ids
from quire.society.kit.nouns import one
from quire.society.kit.tables import Row
from quire.society.parties import errors, facts
from quire.society.parties.facts import PartyFacts
from quire.society.parties.identifiers import SCHEMES, check_identifier
from quire.society.parties.models import ROLES, Identifier, Party, Society, User

_USERNAME = re.compile(r"[\w.@+-]{1,150}")

Ref = Party | str | UUID
"""How another room names a party: itself, its code, its TypeID or its UUID."""


@dataclass(frozen=True, slots=True)
class PartyName:
    """How a party is called: ``id`` for joining, ``tid`` and ``code`` for people."""

    id: UUID
    tid: str
    code: str
    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Payee:
    """Where a party's money goes. ``holder`` is the account's, or the party's name where none was said."""

    id: UUID
    tid: str
    code: str
    name: str
    holder: str
    street: str
    building: str
    postcode: str
    town: str
    country: str
    iban: str
    bic: str


@dataclass(frozen=True, slots=True)
class SocietyFacts:
    """The society itself, its address and the account that members are paid from."""

    name: str
    form: str
    currency: str
    street: str
    building: str
    postcode: str
    town: str
    country: str
    iban: str
    bic: str
    minimums: tuple[Money, ...]

    def minimum_payout(self, currency: str) -> Money:
        """Below this a payee's money is carried over; zero of a currency that has no minimum."""
        return next((least for least in self.minimums if least.currency == currency), Money.zero(currency))


def party(ref: Ref) -> Party:
    """The party of a code, a TypeID (``pty_…``), a UUID, or itself. kit.nouns.Unknown where there is none."""
    if isinstance(ref, Party):
        return ref
    if isinstance(ref, UUID):
        return one(Party.objects.filter(id=ref), f"There is no party {ids.show('pty', ref)}.")
    if ref.startswith("pty_"):
        return one(Party.objects.filter(id=ids.read("pty", ref)), f"There is no party {ref}.")
    rows = Party.objects.filter(code=ref) if facts.is_code(ref) else Party.objects.none()
    return one(rows, f"No party has the code {ref[:80]!r}; register it first, or look for a slip of the pen.")


def by_code(codes: Iterable[str] | None = None) -> dict[str, Party]:
    """Code to party, of those that exist (all of them without ``codes``); one query."""
    rows = Party.objects.all()
    if codes is not None:
        rows = rows.filter(code__in=set(filter(facts.is_code, codes)))
    return {found.code: found for found in rows}


def names(of: Iterable[UUID] | None = None, *, kind: str = "") -> dict[UUID, PartyName]:
    """Id to name, sorted by code; all parties, or those of ``of``, or those of one kind."""
    rows = Party.objects.order_by("code")
    if of is not None:
        rows = rows.filter(id__in=list(of))
    if kind:
        rows = rows.filter(kind=kind)
    return {p.id: PartyName(p.id, p.tid, p.code, p.name, p.kind) for p in rows}


def identifiers(of: Iterable[UUID] | None = None) -> dict[UUID, dict[str, str]]:
    """Id to scheme to number, of the parties that have one."""
    rows = Identifier.objects.order_by("scheme")
    if of is not None:
        rows = rows.filter(party__in=list(of))
    found: dict[UUID, dict[str, str]] = {}
    for party, scheme, value in rows.values_list("party_id", "scheme", "value"):
        found.setdefault(party, {})[scheme] = value
    return found


def find(text: str) -> list[PartyName]:
    """Parties that go by this code, id or number (``ipi:…``, or the number alone), in any spelling of it;
    where none does, those in whose name it stands. Sorted by code. BadId for an id that is none.
    """
    wanted = text.strip()
    if not wanted:
        return []
    known = Q(code=wanted) | Q(identifiers__in=Identifier.objects.filter(_number(wanted)))
    if wanted.startswith("pty_"):
        known = Q(id=ids.read(Party.prefix, wanted))
    rows = Party.objects.filter(known).distinct()
    rows = rows if rows.exists() else Party.objects.filter(name__icontains=wanted)
    return [PartyName(p.id, p.tid, p.code, p.name, p.kind) for p in rows.order_by("code")]


def _number(text: str) -> Q:
    """The number that the text is in any scheme, or in the one that it names."""
    named, colon, number = text.partition(":")
    schemes = [named.lower()] if colon and named.lower() in SCHEMES else list(SCHEMES)
    said = Q(pk__in=[])
    for scheme in schemes:
        try:
            said |= Q(scheme=scheme, value=check_identifier(scheme, number if len(schemes) == 1 else text))
        except QuireError:
            continue
    return said


def payees(of: Iterable[UUID] | None = None) -> dict[UUID, Payee]:
    """Id to where the money goes, sorted by code. A payee without an IBAN has an empty one."""
    rows = Party.objects.order_by("code")
    if of is not None:
        rows = rows.filter(id__in=list(of))
    return {p.id: _payee(p) for p in rows}


def _payee(p: Party) -> Payee:
    address = (p.street, p.building, p.postcode, p.town, p.country)
    return Payee(p.id, p.tid, p.code, p.name, p.account_holder or p.name, *address, p.iban, p.bic)


def facts_of(ref: Ref) -> PartyFacts:
    """Everything on record about one party, as the columns of the table it is imported from."""
    return facts.facts_of(party(ref))


def judge_parties(rows: Sequence[Row]) -> dict[int, PartyFacts | QuireError]:
    """Line to the party of that row, or to why it cannot be taken. Nothing is written.

    A good party has every column: what the row does not say is as it is on record. Lines that contradict
    each other are all refused, so that the order of a file decides nothing.
    """
    found: dict[int, PartyFacts | QuireError] = {}
    for row in rows:
        try:
            found[row.line] = facts.read_party(row)
        except QuireError as problem:
            found[row.line] = problem
    known = known_facts(read.code for read in found.values() if isinstance(read, PartyFacts))
    for line, read in found.items():
        if isinstance(read, PartyFacts):
            found[line] = _whole(read.over(known.get(read.code)))
    good = [(line, read) for line, read in found.items() if isinstance(read, PartyFacts)]
    for line, sentence in {**_taken(good), **facts.clashes(good)}.items():
        found[line] = errors.CellWrong(sentence)
    return found


def _whole(read: PartyFacts) -> PartyFacts | QuireError:
    try:
        facts.check_whole(read)
    except QuireError as problem:
        return problem
    return read


def known_facts(codes: Iterable[str]) -> dict[str, PartyFacts]:
    """Code to everything on record, of the parties that exist."""
    rows = Party.objects.filter(code__in=set(codes)).prefetch_related("identifiers")
    return {found.code: facts.facts_of(found) for found in rows}


def _taken(good: Sequence[tuple[int, PartyFacts]]) -> dict[int, str]:
    """Lines whose identifier belongs to another party on record already."""
    numbers = {value for _, read in good for value in read.identifiers().values()}
    rows = Identifier.objects.filter(value__in=numbers).select_related("party")
    holders: Mapping[tuple[str, str], str] = {(row.scheme, row.value): row.party.code for row in rows}
    return {
        line: f"{scheme} {value} belongs to {holder} already."
        for line, read in good
        for (scheme, value) in read.identifiers().items()
        if (holder := holders.get((scheme, value), read.code)) != read.code
    }


def society() -> SocietyFacts:
    """The society, or NoSociety with the command that founds it."""
    found = Society.objects.first()
    if found is None:
        raise errors.NoSociety("No society has been founded here yet; `quire init` does.")
    least = tuple(Money.parse(amount, currency) for currency, amount in sorted(found.minimum_payout.items()))
    return SocietyFacts(found.name, found.form, found.currency, found.street, found.building, found.postcode,
                        found.town, found.country, found.iban, found.bic, least)  # fmt: skip


def founded() -> bool:
    """Whether there is a society."""
    return Society.objects.exists()


def acting(name: str) -> User:
    """The user on whose behalf a command acts. UserUnknown says whom one may name."""
    if not name:
        raise errors.UserUnknown("Say who acts: --by NAME, or set QUIRE_USER.")
    active = User.objects.filter(is_active=True).order_by("username")
    found = active.filter(username=name).first() if _USERNAME.fullmatch(name) else None
    if found is None:
        known = (
            ", ".join(user.username for user in active[:12]) or "nobody yet; `quire user add` makes a user"
        )
        raise errors.UserUnknown(f"Nobody called {name[:80]!r} acts for this society. Known are: {known}.")
    return found


def users() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Every user's name with their roles, both sorted."""
    rows = User.objects.order_by("username").prefetch_related("grants")
    return tuple((user.username, tuple(sorted(grant.role for grant in user.grants.all()))) for user in rows)


def has_role(user: User, role: str) -> bool:
    """Whether the user holds the role (operator, approver, auditor)."""
    return user.grants.filter(role=role).exists()


def need_role(user: User | None, role: str) -> User:
    """The user, if they hold the role; else RoleMissing."""
    if user is None or not has_role(user, role):
        who = user.username if user else "Nobody"
        raise errors.RoleMissing(f"{who} does not hold the role {role} ({ROLES[role]}).", role=role)
    return user


def second_person(by: User, first: Any, did: str, does: str) -> None:
    """SecondPerson where ``by`` did the first half (``first``: a user's key); its sentence: "You ``did``;
    somebody else ``does``."

    Rooms ask this wherever two people have to agree: "prepared this run", "approves it".
    """
    if by.pk == first:
        raise errors.SecondPerson(f"You {did}; somebody else {does}.")


def may_write(by: Any) -> None:
    """ReadsOnly for a user who is an auditor and nothing else; rooms call it first in every action."""
    if by is None:
        return
    if {grant.role for grant in by.grants.all()} == {"auditor"}:
        raise errors.ReadsOnly(f"{by.username} is an auditor, who reads everything and changes nothing.")
