"""What one licensee holds: its licences, its clients and the tokens they were given. Nothing of anybody
else's is found by these, whoever looks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db.models import Count, Max, Q

from quire.core.errors import Invalid
from quire.core.terms import USES
from quire.society.kit import clock, ids
from quire.society.kit.nouns import one
from quire.society.kit.paging import Filter, Listing, Sort
from quire.society.licensing import watching
from quire.society.licensing.models import ALGS, Client, ClientSecret, IssuedToken, Licence, Revocation
from quire.society.licensing.queries import ClientRow, LicenceRow, row_of
from quire.society.licensing.queries.clients import client_row

__all__ = [
    "ALGS",
    "ClientHeld",
    "TokenRow",
    "client_of",
    "clients_of",
    "ending",
    "licence_of",
    "licences_of",
    "token_of",
    "tokens_of",
]
SOON = timedelta(days=60)
"""How long before its end a licence is spoken of."""


@dataclass(frozen=True, slots=True)
class ClientHeld:
    """A client with what became of it: ``tokens`` it was given so far, when the ``last`` of them ends or
    ended, and its ``secrets``: from when until when (None: no end) each that is good now is good."""

    row: ClientRow
    tokens: int
    last: datetime | None
    secrets: tuple[tuple[datetime, datetime | None], ...]


@dataclass(frozen=True, slots=True)
class TokenRow:
    """A token that was issued. ``state`` is good, expired or revoked; ``reason`` why it was revoked."""

    tid: str
    jti: str
    client_tid: str
    client: str
    licence_tid: str
    licence: str
    uses: tuple[str, ...]
    issued: datetime
    expires: datetime
    state: str
    reason: str


def licences_of(licensee: UUID) -> Listing[LicenceRow]:
    """The licences that a party has or had, the newest first."""
    every = watching.licences_list()
    return replace(every, rows=every.rows.filter(licensee=licensee), search=lambda w: Q(code__icontains=w))


def licence_of(licensee: UUID, ref: str) -> LicenceRow:
    """This licensee's licence of a TypeID or code; kit.nouns.Unknown where it has none of that name."""
    named = Q(code=ref.replace("\0", ""))
    if ref.startswith("lic_"):
        named = Q(id=_id("lic", ref))
    rows = Licence.objects.filter(named, licensee=licensee).select_related("licensee", "tariff")
    return row_of(one(rows, f"You have no licence {ref[:70]}."))


def clients_of(licensee: UUID) -> list[ClientHeld]:
    """The clients of a licensee by name, those that are revoked last. Three queries."""
    rows = Client.objects.filter(licensee=licensee).select_related("licensee")
    return _held(rows.order_by("name"))


def client_of(licensee: UUID, tid: str) -> ClientHeld:
    """This licensee's client of an id; kit.nouns.Unknown where it has no such client."""
    rows = Client.objects.filter(licensee=licensee, id=_id("cli", tid)).select_related("licensee")
    one(rows, f"You have no client {tid[:70]}.")
    return _held(rows)[0]


def tokens_of(licensee: UUID, client: str = "") -> Listing[TokenRow]:
    """Every token that was issued to a licensee (to one client of it), the newest first."""
    rows = IssuedToken.objects.filter(client__licensee=licensee).select_related("client", "licence")
    if client:
        rows = rows.filter(client=_id("cli", client))
    return Listing(
        rows,
        _tokens,
        {"issued": Sort("id", descending=True), "expires": Sort("expires", descending=True)},
        {
            "now": Filter("Today", {"yes": "not ended", "no": "ended"}, _running),
            "use": Filter("Use", {use: use for use in USES}, lambda use: Q(uses__contains=[use])),
        },
        lambda words: Q(jti=words) | Q(client__name__icontains=words) | Q(licence__code__icontains=words),
    )


def token_of(licensee: UUID, tid: str) -> TokenRow:
    """This licensee's token of an id (``tok_…``); kit.nouns.Unknown where it was given none like that."""
    rows = IssuedToken.objects.filter(client__licensee=licensee, id=_id("tok", tid))
    found = one(rows.select_related("client", "licence"), f"You were given no token {tid[:70]}.")
    return _tokens([found])[0]


def _id(prefix: str, ref: str) -> UUID:
    """The UUID; what is no id of this kind is nobody's."""
    try:
        return ids.read(prefix, ref)
    except Invalid:
        return UUID(int=0)


def _held(rows: object) -> list[ClientHeld]:
    found = list(rows.annotate(given=Count("tokens"), last=Max("tokens__expires")))  # type: ignore[attr-defined]
    good: dict[UUID, list[tuple[datetime, datetime | None]]] = {}
    kept = ClientSecret.objects.filter(client__in=[row.id for row in found]).order_by("id")
    still = kept.filter(Q(ends__isnull=True) | Q(ends__gt=clock.now()))
    for client, created, ends in still.values_list("client", "created", "ends"):
        good.setdefault(client, []).append((created, ends))
    made = [ClientHeld(client_row(row), row.given, row.last, tuple(good.get(row.id, ()))) for row in found]
    return sorted(made, key=lambda held: held.row.revoked is not None)


def _running(said: str) -> Q:
    now = Q(expires__gt=datetime.now(UTC))  # the machine's clock: tokens end by it
    return now if said == "yes" else ~now


def _tokens(found: object) -> list[TokenRow]:
    rows = list(found)  # type: ignore[call-overload]
    subjects = {f"jti:{row.jti}" for row in rows} | {f"sub:{row.client.tid}" for row in rows}
    subjects |= {f"lic:{row.licence.tid}" for row in rows}
    void = dict(Revocation.objects.filter(subject__in=subjects).values_list("subject", "reason"))
    now = datetime.now(UTC)
    return [_token(row, void, now) for row in rows]


def _token(row: IssuedToken, void: dict[str, str], now: datetime) -> TokenRow:
    subjects = (f"jti:{row.jti}", f"sub:{row.client.tid}", f"lic:{row.licence.tid}")
    reason = next((void[one] for one in subjects if one in void), "")
    state = "revoked" if reason else "good" if now < row.expires else "expired"
    issued = datetime.fromtimestamp((row.id.int >> 80) / 1000, UTC)  # RFC 9562 §5.7: a UUIDv7 begins with it
    return TokenRow(
        row.tid, row.jti, row.client.tid, row.client.name, row.licence.tid, row.licence.code,
        tuple(use for use in USES if use in row.uses), issued, row.expires, state, reason,
    )  # fmt: skip


def ending(licensee: UUID) -> list[LicenceRow]:
    """Licences in force that end within SOON, and are followed by none that goes on for all of their uses."""
    today = clock.today()
    rows = Licence.objects.filter(licensee=licensee, ends__gt=today).exclude(kind="lump")
    later = list(rows.order_by("ends").values_list("starts", "ends", "uses"))
    soon = rows.filter(starts__lte=today, ends__lte=today + SOON).select_related("licensee", "tariff")
    found = []
    for row in soon.order_by("ends", "code"):
        followed = {use for starts, ends, uses in later if starts <= row.ends < ends for use in uses}
        if not set(row.uses) <= followed:
            found.append(row_of(row))
    return found
