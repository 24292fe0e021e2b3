"""An edge from its configuration: gate, purse, identity and record put together.

What it knew before it was stopped is read again from the spool: numbers, and what was spent of each
allowance.
"""

from __future__ import annotations

from pathlib import Path

from quire.edge import config
from quire.edge.door import Edge
from quire.edge.gate import Gate
from quire.edge.identity import Identity
from quire.edge.paying import Purse
from quire.edge.policy import unheard
from quire.edge.spool import Bounds, Spool


def build(path: Path) -> Edge:
    """The edge that ``quire-edge.toml`` at ``path`` describes. Raises BadConfig and SpoolBroken."""
    told = config.read(path)
    spool = Spool(told.spool, Bounds(most=told.spool_bytes))
    purse = Purse()
    purse.restore(spool.spent(), spool.charged())
    gate = Gate(unheard(told.society, told.server, told.hosts), purse, Identity())
    return Edge(gate, spool)
