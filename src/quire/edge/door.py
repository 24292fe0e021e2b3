"""The edge as middleware and server see it: judge a request, then say how the site's answer went.

Owns the order of things around one request: money is set aside before the site is asked and spent when its
answer is a success; the event is written before the answer's last byte is passed on, and taken back by a
``void`` when the answer breaks off after that. People are only counted.
"""

from __future__ import annotations

import itertools
import logging
import os
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from threading import Lock
from time import time as now
from typing import Any, Protocol

from quire.core.errors import QuireError
from quire.edge.answers import amount_text
from quire.edge.gate import Decision, Gate
from quire.edge.paying import Charge, Reservation
from quire.edge.request import Request

LOG = logging.getLogger("quire.edge")

COUNTED_EVERY = 60
"""Seconds after which counts of people go into the record; an hour's are the sum of its counts."""

_START = secrets.token_hex(8)
_COUNT = itertools.count(1)

_NOT_VALID = frozenset({"expired", "not-yet", "wrong-audience"})
"""Refusals of a token whose signature stands, but which proves nothing here."""


class Recorder(Protocol):
    """Where events are kept (``quire.edge.spool.Spool``); fields are those of ``events.Event``."""

    @property
    def full(self) -> bool: ...
    def record(self, **fields: Any) -> int: ...
    def close(self) -> None: ...


class People:
    """How many people came, by host and hour. Who they were, and what they read, is not kept."""

    def __init__(self, write: Callable[..., object]) -> None:
        self._write = write
        self._lock = Lock()
        self._counts: dict[tuple[str, int], int] = {}
        self._due = 0.0

    def count(self, host: str, moment: float) -> None:
        """One more at ``host`` in the hour of ``moment`` (seconds since 1970)."""
        key = (host, int(moment // 3600))
        with self._lock:
            self._counts[key] = self._counts.get(key, 0) + 1
            if moment < self._due:
                return
        self.flush(moment)

    def flush(self, moment: float) -> None:
        """Write what was counted so far."""
        with self._lock:
            counts, self._counts = self._counts, {}
            self._due = moment + COUNTED_EVERY
        for (host, hour), count in counts.items():
            began = datetime.fromtimestamp(hour * 3600, UTC)
            self._write(at=began, kind="people", host=host, count=count)


class Edge:
    """Gate and record together. ``closing`` is run at the end (to stop the courier, say)."""

    def __init__(self, gate: Gate, recorder: Recorder, closing: Callable[[], object] | None = None) -> None:
        self.gate = gate
        self.recorder = recorder
        self.people = People(self.write)
        self._closing = closing
        self._quiet_until = 0.0

    def judge(self, request: Request) -> Visit:
        """The visit that this request is. Raises nothing: what cannot be judged is refused, and logged."""
        try:
            decision = self.gate.decide(request)
            if decision.outcome == "people":
                self.people.count(decision.host, request.time)
            elif decision.outcome == "admitted" and self._full():
                if isinstance(decision.paid, Reservation) and self.gate.purse is not None:
                    self.gate.purse.release(decision.paid)
                decision = self.gate.full(request)
        except Exception:
            # The gate is at fault and not the request: nobody is let in by that, and nobody sees a 500.
            LOG.exception("The request could not be judged.")
            decision = self.gate.unjudged(request)
        return Visit(self, decision)

    def _full(self) -> bool:
        """Whether nothing more can be put on record; so it is too where the record cannot be opened."""
        try:
            return self.recorder.full
        except (QuireError, OSError):
            LOG.exception("The record cannot be opened.")
            return True

    def write(self, **fields: Any) -> int | None:
        """Put an event on record; its number, or None where it could not be written, which is logged."""
        try:
            return self.recorder.record(**fields)
        except (QuireError, OSError) as error:
            moment = now()
            if moment >= self._quiet_until:  # a full disk is said once a minute, not once a request
                self._quiet_until = moment + COUNTED_EVERY
                LOG.error("An event was not written: %s", error)
            return None

    def close(self) -> None:
        """Write the counts, stop what was started, let the record go."""
        self.people.flush(now())
        if self._closing is not None:
            self._closing()
        self.recorder.close()


class Visit:
    """One request from the decision to the end of its answer."""

    __slots__ = ("_ended", "_settled", "charge", "decision", "edge", "number")

    def __init__(self, edge: Edge, decision: Decision) -> None:
        self.edge = edge
        self.decision = decision
        self.number: int | None = None
        self.charge: Charge | None = None
        self._ended = False
        self._settled = False

    def begin(self, status: int) -> tuple[tuple[str, str], ...]:
        """The site answers with ``status``: spend or give back what was set aside.

        The headers to add to the answer: ``crawler-charged`` where it is paid for.
        """
        paid, purse = self.decision.paid, self.edge.gate.purse
        if paid is None or purse is None:
            return ()
        if isinstance(paid, Charge):
            self.charge = paid if 200 <= status < 300 else None
        elif 200 <= status < 300 and not self._settled:
            self._settled = True
            self.charge = purse.settle(paid, now())
        else:
            self._give_back()
        return (("crawler-charged", amount_text(self.charge.amount)),) if self.charge is not None else ()

    def record(self, status: int | None, size: int | None) -> bool:
        """Put the decision on record, once; whether it is there. Call it before the answer's last byte."""
        if self._ended or not self.decision.is_recorded:
            return True
        self._ended = True
        self.number = self.edge.write(**self._fields(status, size))
        return self.number is not None

    def refuse(self) -> None:
        """Put a refusal on record, with the status and size of the edge's own answer."""
        self.record(self.decision.status, len(self.decision.body))

    def left(self) -> None:
        """The client left, or the server stopped, before the site answered: nothing is charged."""
        self._give_back()
        self.record(None, None)

    def lose(self) -> Decision:
        """The decision could not be written: take the charge back; what to answer instead of the site."""
        self._take_back()
        self.decision = self.edge.gate.full(self.decision.request)
        return self.decision

    def broke(self) -> None:
        """The site failed: before its answer began, or (``begin`` was called) in the middle of it."""
        self._take_back()
        if self.number is not None:
            self.edge.write(kind="void", of=self.number, status=500)
        self.record(500, None)

    def _give_back(self) -> None:
        """Let go of what was set aside: once, however many ways the answer ends, for others may share it."""
        paid, purse = self.decision.paid, self.edge.gate.purse
        if isinstance(paid, Reservation) and purse is not None and not self._settled:
            self._settled = True
            purse.release(paid)

    def _take_back(self) -> None:
        """Take this request's own charge back, or let go of what was set aside."""
        paid, purse = self.decision.paid, self.edge.gate.purse
        if isinstance(paid, Reservation) and purse is not None and self.charge and not self.charge.again:
            purse.refund(paid)
        self.charge = None
        self._give_back()

    def _fields(self, status: int | None, size: int | None) -> dict[str, Any]:
        """The event's fields, as ``quire.core.events.Event`` names them."""
        decision, claims, charge = self.decision, self.decision.claims, self.charge
        headers = decision.request.headers
        fields: dict[str, Any] = {
            "at": datetime.fromtimestamp(decision.request.time, UTC),
            "host": decision.host,
            "path": decision.path,
            "outcome": decision.outcome,
            "status": status,
            "size": size,
            "agent": decision.agent or "",
            "evidence": self._evidence(),
            "use": decision.use or "",
            "code": decision.code or "",
            "request": decision.request_id or mint(),
        }
        if claims is not None:
            fields["licence"] = claims.licence
            fields["licensee"] = claims.licensee
            fields["jti"] = claims.jti
        if charge is not None and not charge.again:
            fields |= {"outcome": "charged", "charged": charge.amount, "allowance": charge.allowance}
        if "content-telemetry-id" in headers:
            fields["telemetry"] = headers["content-telemetry-id"]
        return fields

    def _evidence(self) -> str:
        decision = self.decision
        kind = decision.proof or self.edge.gate.evidence(decision.request, decision.agent)
        if decision.claims is None or decision.code in _NOT_VALID:
            return kind
        return f"token+{kind}" if kind else "token"


def mint() -> str:
    """An id for a request that came without one."""
    return f"{_START}-{os.getpid():x}-{next(_COUNT):x}"
