"""Tokens: issued, each with a row that says so, and revoked."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from django.db import transaction

from quire.core.errors import Invalid
from quire.core.licence_token import MAX_LIFE, Claims, issue
from quire.society.kit import acts, clock, config
from quire.society.kit.nouns import one
from quire.society.licensing import grants, keys
from quire.society.licensing.errors import BadResource, ClientRefused
from quire.society.licensing.models import IssuedToken, Revocation
from quire.society.licensing.queries.clients import ClientRow
from quire.society.licensing.queries.licences import LicenceRow, licence
from quire.society.licensing.queries.revoked import issuer
from quire.society.parties import queries as parties
from quire.society.parties.models import User


@dataclass(frozen=True, slots=True)
class Issued:
    """A token, its life in seconds, and the uses it is for."""

    token: str = field(repr=False)
    expires_in: int
    uses: tuple[str, ...]
    licence: LicenceRow


def issue_token(
    *, client: ClientRow, permitted: Sequence[str], resource: str, audience: Sequence[str] = ()
) -> Issued:
    """A token for a client that has shown who it is; ``permitted`` are the uses of the licence it asks for.

    It ends with its licence at the latest. Raises grants' NoLicence and BadResource. Nobody acts here but the
    client, so there is no act beside the token's own row.
    """
    day = clock.today()
    row, uses = grants.licence_for(client, permitted, day)
    origins = grants.origins(client, resource, audience, uses, day)
    life = _life(row)
    # The machine's clock: sites judge by theirs, whatever day a rehearsal here is on.
    now = int(time.time())
    claims = Claims(
        iss=issuer(client.mode), sub=client.tid, aud=origins, iat=now, exp=now + life,
        jti=secrets.token_urlsafe(18), licence=row.tid, licensee=client.licensee_tid, uses=uses,
        charge="crawl" if row.kind == "crawl" else "licence", key=client.key,
        duties=row.conditions.duties(),
    )  # fmt: skip
    key = keys.signing_key("ES256" if client.alg == "ES256" else "Ed25519")
    try:
        token = issue(claims, key, client.alg)
    except Invalid as problem:  # too many long names of hosts for a header
        raise BadResource(problem.sentence) from problem
    IssuedToken.objects.create(
        jti=claims.jti, client_id=client.id, licence_id=row.id, uses=list(uses),
        expires=datetime.fromtimestamp(claims.exp, UTC),
    )  # fmt: skip
    return Issued(token, life, uses, row)


def revoke_token(*, jti: str, reason: str, by: User | None) -> str:
    """Put one token on the revocation list, by its id; returns the id. The same again is no news.

    Refuses a missing reason, a token that was never issued here.
    """
    rows = IssuedToken.objects.filter(jti=jti.replace("\0", ""))
    return _revoke("jti", lambda: one(rows, f"No token {jti[:70]!r} was issued here.").jti, reason, by)


def revoke_licence(*, code: str, reason: str, by: User | None) -> str:
    """Put a licence on the revocation list: its tokens are void, and no more are issued. Returns its id.

    The licence itself goes on; ``end_licence`` ends it. Refuses a missing reason, an unknown licence.
    """
    return _revoke("lic", lambda: licence(code).tid, reason, by)


def _revoke(kind: str, find: Callable[[], str], reason: str, by: User | None) -> str:
    parties.may_write(by)
    if not reason.strip():
        raise ClientRefused("Say why it is revoked.")
    with transaction.atomic():
        name = find()
        _, fresh = Revocation.objects.get_or_create(
            subject=f"{kind}:{name}", defaults={"at": datetime.now(UTC), "reason": reason.strip()[:300]}
        )
        if fresh:
            acts.record("licensing.revoke", f"{kind}:{name}", by=by, reason=reason)
    return name


def _life(row: LicenceRow) -> int:
    """Seconds: what is set, and no longer than the licence has yet."""
    ends = datetime.combine(row.ends, datetime.min.time(), UTC)
    left = (ends - clock.now()) // timedelta(seconds=1)
    return max(1, min(config.token_seconds(MAX_LIFE), left))
