"""Tokens: issued, each with a row that says so, and revoked."""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from quire.core.errors import Invalid
from quire.core.licence_token import MAX_LIFE, Claims, issue
from quire.society.kit import clock, config
from quire.society.licensing import grants, keys
from quire.society.licensing.errors import BadResource
from quire.society.licensing.models import IssuedToken
from quire.society.licensing.queries.clients import ClientRow
from quire.society.licensing.queries.licences import LicenceRow


@dataclass(frozen=True, slots=True)
class Issued:
    """A token, its life in seconds, and the uses it is for."""

    token: str
    expires_in: int
    uses: tuple[str, ...]
    licence: LicenceRow


def issuer(mode: str = "live") -> str:
    """In whose name tokens are issued; that of a sandbox is one that no site trusts by itself."""
    return f"{config.url()}/olp" + ("/sandbox" if mode == "sandbox" else "")


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


def _life(row: LicenceRow) -> int:
    """Seconds: what is set, and no longer than the licence has yet."""
    ends = datetime.combine(row.ends, datetime.min.time(), UTC)
    left = (ends - clock.now()) // timedelta(seconds=1)
    return max(1, min(config.token_seconds(MAX_LIFE), left))
