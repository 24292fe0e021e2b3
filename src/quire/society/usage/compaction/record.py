"""The import that a spool's events are accounted for in: like a file that is never finished."""

from __future__ import annotations

from hashlib import sha256

from quire.society.usage import formats
from quire.society.usage.models import EDGE, Edge, Import


def record_of(edge: Edge, spool: str, lane: int) -> Import:
    """A new import for a spool. Its digest is of the spool's name: there is one of each."""
    digest = sha256(f"{edge.tid}/{spool}".encode()).hexdigest()
    made: Import = Import.objects.create(
        digest=f"spool:{digest}",
        name=f"{edge.name}, lane {lane}, spool {spool[:8]}",
        format=EDGE,
        agents=f"sha256:{formats.load().digest}",
        by=None,
    )
    return made
