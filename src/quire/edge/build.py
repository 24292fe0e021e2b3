"""An edge from its configuration: gate, purse, identity, record and courier put together.

What it knew before it was stopped is read again from the spool's folder: numbers, what was spent of each
allowance, and the last good policy, keys and revocation lists.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from quire.edge import config
from quire.edge.config import EdgeConfig
from quire.edge.courier import AskingPurse, Courier, Rhythm
from quire.edge.door import Edge
from quire.edge.fetch import Client, bodies
from quire.edge.gate import Gate
from quire.edge.identity import Directories, Identity
from quire.edge.policy import unheard
from quire.edge.spool import Bounds, Spool


@dataclass(frozen=True, slots=True)
class Parts:
    """An edge and what it is made of."""

    edge: Edge
    config: EdgeConfig
    spool: Spool
    courier: Courier


def build(path: Path) -> Edge:
    """The edge that ``quire-edge.toml`` at ``path`` describes, its courier at work. Raises BadConfig and
    SpoolBroken."""
    return parts(config.read(path)).edge


def parts(told: EdgeConfig, rhythm: Rhythm | None = None) -> Parts:
    """As ``build``, of a configuration that was read; ``rhythm`` is that of its courier."""
    spool = Spool(told.spool, Bounds(most=told.spool_bytes))
    purse = AskingPurse()
    purse.restore(spool.spent(), spool.charged())
    identity = Identity(Directories(bodies(Client(guarded=True))))
    gate = Gate(unheard(told.society, told.server, told.hosts), purse, identity)
    courier = Courier(told, spool, purse, gate.install, rhythm)
    gate.wanted = courier.wanted
    courier.start()
    return Parts(Edge(gate, spool, courier.stop), told, spool, courier)
