"""Lanes whose process is gone: an edge that now runs with fewer processes still delivers all events."""

from __future__ import annotations

import threading
from pathlib import Path

from quire.edge.config import EdgeConfig
from quire.edge.courier.delivery import Delivery
from quire.edge.courier.talk import SocietyRefuses, Talk
from quire.edge.spool import Spool, SpoolBroken, lanes, segments
from quire.edge.spool.files import read_json


def deliver_orphans(config: EdgeConfig, own: Spool, talk: Talk, stopping: threading.Event) -> None:
    """Deliver what other lanes of the folder still have, where no process holds them. Raises QuireError."""
    for number in lanes(own.root):
        folder = own.root / f"lane-{number}"
        if number == own.lane.number or not backlog(folder):
            continue
        other = Spool(own.root, own.bounds, lane=number)
        try:
            _deliver(Delivery(config, other, talk), stopping)
        except SpoolBroken:
            continue  # held by a process that is alive, which delivers it itself
        finally:
            other.close()


def backlog(folder: Path) -> int:
    """How many events of a lane are not delivered yet, as far as the disk says; the lane may be another's."""
    starts = segments.firsts(folder)
    if not starts:
        return 0
    told = read_json(folder / "delivered.json") or {}
    return max(segments.tail_of(folder, starts[-1]).last - int(told.get("through", 0)), 0)


def _deliver(delivery: Delivery, stopping: threading.Event) -> None:
    while not stopping.is_set():
        wait = delivery.step()
        if wait is None:
            return
        if wait > 0:
            said = delivery.account.alarm or delivery.account.problem
            raise SocietyRefuses(f"Lane {delivery.spool.lane.number} could not be delivered: {said}")
