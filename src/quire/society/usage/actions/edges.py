"""Register the edges of a site and revoke them. The society keeps their public keys and nothing else."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from django.db import transaction

from quire.core.errors import Conflict, Invalid
from quire.core.tokens import SigningKey
from quire.society.kit import acts, clock, config
from quire.society.parties import queries as parties
from quire.society.parties.models import User
from quire.society.repertoire import queries as repertoire
from quire.society.usage.edges import find_edge, issuer_keys
from quire.society.usage.models import Edge

CONFIGURATION = "quire-edge.toml"
KEY = "quire-edge.key"

_LONGEST = 300  # characters of a reason


class NameTaken(Conflict):
    """The site has an edge of this name, and it is not revoked."""

    code = "usage.edge-name-taken"


@dataclass(frozen=True, slots=True)
class NewEdge:
    """An edge as it was registered: its ``configuration`` (docs/boundary.md §8) and its private JWK.

    The private key is nowhere else: who loses it registers another edge.
    """

    tid: str
    site: str
    name: str
    hosts: tuple[str, ...]
    configuration: str
    private_jwk: dict[str, str] = field(repr=False)


def register_edge(*, site: str, name: str, by: User | None) -> NewEdge:
    """Register an edge of ``site`` (code or TypeID) and make its key.

    Checked in this order: ``by`` may write; there is such a site; the name has 1 to 80 printable characters
    (``Invalid``); no other edge of the site that is not revoked has it (``NameTaken``).
    """
    parties.may_write(by)
    whose = repertoire.site(site)
    name = name.strip()
    if not 0 < len(name) <= 80 or not name.isprintable():
        raise Invalid("An edge's name has 1 to 80 printable characters.")
    key = SigningKey.generate()
    with transaction.atomic():
        if Edge.objects.filter(site_id=whose.id, name=name, revoked_at=None).exists():
            raise NameTaken(
                f"The site {whose.code} has an edge called {name}: revoke it, or choose another name."
            )
        made = Edge.objects.create(site_id=whose.id, name=name, key=key.public_jwk(), kid=key.kid,
                                   registered_at=clock.now())  # fmt: skip
        acts.record("usage.register-edge", made, by=by, site=whose.code, name=name, kid=made.kid)
    hosts = (whose.host,)
    return NewEdge(made.tid, whose.code, name, hosts, configuration(made.tid, hosts), key.private_jwk())


def revoke_edge(edge: str, *, reason: str, by: User | None) -> bool:
    """Take nothing more from this edge; what it sent stays. False where it was revoked before.

    Checked in this order: ``by`` may write; there is such an edge; a reason is given (``Invalid``).
    """
    parties.may_write(by)
    found = find_edge(edge)
    reason = reason.strip()
    if not 0 < len(reason) <= _LONGEST:
        raise Invalid(f"Say in at most {_LONGEST} characters why {found.tid} is revoked.")
    with transaction.atomic():
        found = Edge.objects.select_for_update().get(id=found.id)
        if found.revoked_at:
            return False
        found.revoked_at, found.revoked_reason = clock.now(), reason
        found.save(update_fields=["revoked_at", "revoked_reason"])
        acts.record("usage.revoke-edge", found, by=by, reason=reason)
    return True


def configuration(edge: str, hosts: tuple[str, ...]) -> str:
    """``quire-edge.toml`` (docs/boundary.md §8). JSON's texts are TOML's basic strings."""
    keys = ", ".join(
        "{" + ", ".join(f"{name} = {json.dumps(value)}" for name, value in sorted(key.items())) + "}"
        for key in issuer_keys()
    )
    return f"""\
society = {json.dumps(config.url())}
edge = {json.dumps(edge)}
key = "{KEY}"
spool = "spool"
hosts = {json.dumps(list(hosts))}
[issuers.{json.dumps(config.url() + "/olp")}]
keys = [{keys}]
[policy]
when_stale = "serve"
stale_after_hours = 168
"""
