"""Edges as the room itself looks them up: by name, by host, and the keys that they pin."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from quire.core.tokens import PublicKey
from quire.society.kit import ids
from quire.society.kit.nouns import one
from quire.society.licensing import keys
from quire.society.repertoire import queries as repertoire
from quire.society.usage.models import Edge


def find_edge(name: str) -> Edge:
    """An edge by its id. Raises ``Unknown``, or ``BadId`` for what is no id."""
    rows = Edge.objects.filter(id=ids.read(Edge.prefix, name))
    found: Edge = one(rows, f"No edge has the id {name}; quire edges list shows them.")
    return found


def hosts_of(site: UUID) -> frozenset[str]:
    """The hosts that an edge of this site may tell of."""
    return frozenset((repertoire.site(site).host,))


def issuer_keys() -> Sequence[dict[str, str]]:
    """The public keys that the society's policies are signed with, as JWKs without what follows from them."""
    published = (PublicKey.from_jwk(jwk) for jwk in keys.public_keys())
    return [key.members() for key in published if key.kind == "Ed25519"]
