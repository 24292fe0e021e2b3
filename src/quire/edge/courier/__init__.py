"""The courier: a thread that brings events to the society and news from it, while requests wait for nothing.

Owns when things are done, and the file ``status.json`` of the lane. What each thing is stands in the modules
beside: ``talk`` (requests), ``delivery`` (events), ``documents`` (policy, keys, revocations), ``credit``
(allowances). It may fail for a week: events stay in the spool, and the last good documents hold.
"""

from __future__ import annotations

import logging
import os
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from quire.core import moments
from quire.core.errors import QuireError
from quire.edge.config import EdgeConfig
from quire.edge.courier.credit import AskingPurse, Credit
from quire.edge.courier.delivery import HOUR, Delivery
from quire.edge.courier.documents import Documents
from quire.edge.courier.orphans import deliver_orphans
from quire.edge.courier.talk import Backoff, Talk
from quire.edge.policy import State
from quire.edge.spool import Spool
from quire.edge.spool.files import write_json

__all__ = ["AskingPurse", "Courier"]

LOG = logging.getLogger("quire.edge")

STOPPING = 10.0
"""Seconds that a stop waits for the last delivery."""
REINSTALLED = 300.0
"""Seconds after which a state is installed anew though nothing in it changed but when the society was heard:
each time what was worked out from the old one is worked out again."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Seconds between two times of each errand."""

    delivery: float = 1.0
    policy: float = 300.0
    keys: float = 300.0
    lists: float = 60.0
    credit: float = 60.0
    orphans: float = 60.0
    status: float = 5.0
    hurried: float = 5.0
    """The least between two errands that a request made urgent."""


@dataclass(slots=True)
class _Errand:
    run: Callable[[], float | None]
    every: float
    due: float = 0.0
    ran: float = 0.0
    problem: str = ""
    backoff: Backoff = field(default_factory=Backoff)


class Courier:
    """Of one process: its spool, its documents, its purse. ``start`` begins; it is a daemon thread."""

    def __init__(
        self,
        config: EdgeConfig,
        spool: Spool,
        purse: AskingPurse,
        install: Callable[[State], object],
        rhythm: Rhythm | None = None,
    ) -> None:
        """``install`` is given each new state; once here, if one was kept on the disk."""
        self.config, self.spool, self.purse = config, spool, purse
        self.rhythm = rhythm or Rhythm()
        self._install = install
        self._installed, self._asked = 0.0, False
        self._wake, self._stopping = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None
        self.talk = Talk(config)
        self.documents = Documents(config, self.talk)
        self.delivery = Delivery(config, spool, self.talk)
        self.credit = Credit(config, spool, self.talk, purse)
        self._errands = self._made()
        self.credit.restore(self.documents.trusted)
        self._show()

    def start(self) -> None:
        """Begin, once in each process."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="quire-courier", daemon=True)
            self._thread.start()

    def wanted(self, _issuer: str = "") -> None:
        """A request came with a key that is not known: ask for the keys soon."""
        self._hurry("keys")
        self._hurry("policy")

    def stop(self) -> None:
        """Deliver what is there, if the society answers within seconds, and end."""
        self._stopping.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(STOPPING)
        self._thread = None
        self.talk.close()

    def status(self) -> dict[str, Any]:
        """What ``quire edge status`` shows of this lane."""
        lane, site = self.spool.lane, self.documents.site
        account = self.delivery.account
        return {
            "lane": lane.number,
            "spool": lane.spool,
            "pid": os.getpid(),
            "at": moments.write(datetime.now(UTC)),
            "written": lane.written,
            "durable": lane.durable,
            "through": lane.delivered.through,
            "bytes": lane.size,
            "full": lane.full,
            "delivered": account.delivered,
            "gaps": account.gaps,
            "failures": account.failures,
            "alarm": account.alarm,
            "problems": {name: one.problem for name, one in self._errands.items() if one.problem},
            "skew": self.talk.skew,
            "heard": self.documents.heard,
            "policy": None
            if site is None
            else {
                "issued": moments.write(site.issued),
                "expires": moments.write(site.expires),
                "site": site.site,
            },
            "keys": sorted(self.documents.trusted),
            "revocations": {
                iss: {"serial": one.serial, "count": len(one), "expires": moments.write(one.expires)}
                for iss, one in self.documents.lists.items()
            },
        }

    def _made(self) -> dict[str, _Errand]:
        every = self.rhythm
        return {
            "policy": _Errand(self._changing(self._policy), every.policy),
            "keys": _Errand(self._changing(self.documents.refresh_keys), every.keys),
            "revocations": _Errand(self._changing(self.documents.refresh_lists), every.lists),
            "delivery": _Errand(self._deliver, every.delivery),
            "allowances": _Errand(self._ask_for_credit, every.credit),
            "orphans": _Errand(self._orphans, every.orphans),
        }

    def _work(self) -> None:
        shown = 0.0
        while not self._stopping.is_set():
            for one in list(self._errands.values()):
                if one.due <= time.monotonic() and not self._stopping.is_set():
                    self._run(one)
            if self.purse.lacks:
                self._hurry("allowances")
            if time.monotonic() >= shown + self.rhythm.status:
                shown = time.monotonic()
                self._tell()
            soonest = min(one.due for one in self._errands.values())
            self._wake.wait(max(0.0, min(soonest - time.monotonic(), self.rhythm.delivery)))
            self._wake.clear()
        self._last_delivery()
        self._tell()

    def _run(self, errand: _Errand) -> None:
        errand.ran = time.monotonic()
        try:
            wait = errand.run()
            errand.problem = ""
            errand.backoff.reset()
        except (QuireError, OSError) as problem:
            errand.problem = str(problem)
            wait = min(errand.backoff.wait(), errand.every)
        except Exception:  # one errand's fault must not end the others: the thread is all there is
            LOG.exception("The courier failed in an errand; it tries again.")
            errand.problem, wait = "It failed unexpectedly: see the log.", errand.backoff.wait()
        if wait is None:
            # Not all edges of a society at the same second.
            wait = errand.every * random.uniform(0.9, 1.0)  # noqa: S311
        errand.due = time.monotonic() + wait

    def _changing(self, refresh: Callable[[], bool]) -> Callable[[], None]:
        """A refresh after which the gate decides anew, if anything changed or was long not heard of."""

        def run() -> None:
            try:
                changed = refresh()
            except QuireError:
                self._show()  # of several issuers some may have answered
                raise
            if changed or time.time() > self._installed + REINSTALLED or self._hurried:
                self._show()

        return run

    @property
    def _hurried(self) -> bool:
        """Whether requests are waiting for news: then also that there is none is news."""
        return self.documents.heard > self._installed and self._asked

    def _show(self) -> None:
        state = self.documents.state()
        if state is not None:
            self._installed, self._asked = time.time(), False
            self._install(state)

    def _policy(self) -> bool:
        changed = self.documents.refresh_policy()
        if changed:  # it may name issuers that were not asked yet
            self._errands["keys"].due = self._errands["revocations"].due = 0.0
        return changed

    def _deliver(self) -> float | None:
        wait = self.delivery.step()
        return wait if wait is None or wait < HOUR else HOUR

    def _ask_for_credit(self) -> None:
        if self.documents.site is not None:
            self.credit.refresh(self.documents.trusted)

    def _orphans(self) -> None:
        deliver_orphans(self.config, self.spool, self.talk, self._stopping)

    def _hurry(self, name: str) -> None:
        errand = self._errands[name]
        self._asked = True
        soon = max(errand.ran + self.rhythm.hurried, time.monotonic())
        if errand.due > soon:
            errand.due = soon
            self._wake.set()

    def _last_delivery(self) -> None:
        """Everything, if it goes well; at the first failure the rest waits for the next start."""
        try:
            self.spool.sync()
            while self.delivery.step() == 0.0:
                pass
        except (QuireError, OSError) as problem:
            LOG.warning("Events are delivered after the next start: %s", problem)

    def _tell(self) -> None:
        try:
            write_json(self.spool.lane.folder / "status.json", self.status())
        except (QuireError, OSError) as problem:
            LOG.warning("The edge's status could not be written: %s", problem)
