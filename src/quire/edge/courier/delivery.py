"""Bringing a spool's events to the society: what each answer means, and what is remembered of it.

Nothing is taken as delivered but what the society says is durable. An alarm stops the delivery of this spool
and is shown until somebody looks: events are kept all the while.
"""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from datetime import UTC, datetime

from quire.core import edge_auth, moments
from quire.core.errors import QuireError
from quire.edge.config import EdgeConfig
from quire.edge.courier.talk import Backoff, Talk, problem_of, retry_after
from quire.edge.fetch import Answer
from quire.edge.spool import Batch, Spool

MOST_EVENTS, MOST_BYTES = 10_000, 4 << 20
HOUR = 3600.0


@dataclass(slots=True)
class Account:
    """What became of deliveries, for ``quire edge status``. ``delivered`` is the moment of the last one."""

    delivered: str = ""
    gaps: int = 0
    failures: int = 0
    problem: str = ""
    alarm: str = ""


class Delivery:
    """Of one spool. ``step`` sends at most one batch."""

    def __init__(self, config: EdgeConfig, spool: Spool, talk: Talk) -> None:
        self.config, self.spool, self.talk = config, spool, talk
        self.account = Account()
        self._backoff = Backoff()
        self._after: int | None = None
        self._most = MOST_EVENTS

    def step(self) -> float | None:
        """Send the next batch. Seconds after which to come again: 0 at once, None when there is nothing."""
        try:
            batch = self.spool.batch(self._most, MOST_BYTES, self._after)
            if batch is None:
                self._after = None
                return None
            return self._understood(batch, self._send(batch))
        except (QuireError, OSError) as problem:
            return self._failed(str(problem))

    def _send(self, batch: Batch) -> Answer:
        body = gzip.compress(batch.body, 5, mtime=0)
        lane = self.spool.lane
        signed = edge_auth.sign_batch(
            self.config.key,
            self.config.edge,
            lane.spool,
            lane.number,
            batch.first,
            batch.last,
            body,
            datetime.now(UTC),
        )
        return self.talk.send_batch(signed, body)

    def _understood(self, batch: Batch, answer: Answer) -> float:
        told = problem_of(answer)
        code, through = str(told.get("code", "")), told.get("through")
        if answer.status == 200 and type(through) is int and through >= 0:
            return self._taken(batch, through)
        if answer.status == 409 and code == "usage.gap" and type(through) is int and through >= 0:
            return self._gap(through)
        if answer.status == 413 and batch.count > 1:
            self._most = max(batch.count // 2, 1)
            return 0.0
        said = str(told.get("detail") or told.get("title") or f"it answered {answer.status}")[:300]
        if answer.status in (400, 401, 409, 413, 422):
            return self._alarmed(f"The society does not take events {batch.first} to {batch.last}: {said}")
        return self._failed(f"The society did not take the events: {said}", retry_after(answer))

    def _taken(self, batch: Batch, through: int) -> float:
        if through > self.spool.lane.written:
            return self._ahead(through)
        self.spool.confirm(through)
        # What it already had, or a part of what was sent: it says itself from where to go on.
        self._after = through if through < batch.last else None
        self._most = min(self._most * 2, MOST_EVENTS)
        self._backoff.reset()
        now = moments.write(datetime.now(UTC))
        self.account = Account(delivered=now, gaps=self.account.gaps)
        return 0.0

    def _gap(self, through: int) -> float:
        lane = self.spool.lane
        if through > lane.written:
            return self._ahead(through)
        self.account.gaps += 1
        if through < lane.delivered.through:
            lane.note(
                f"The society asks again for events from {through + 1} on, which it had confirmed up to "
                f"{lane.delivered.through}; those still here are sent again."
            )
        self._after = through
        self.spool.confirm(through)
        wait = self._backoff.wait()
        return 0.0 if self._backoff.failures == 1 else wait  # the same gap again is no reason to hurry

    def _ahead(self, through: int) -> float:
        return self._alarmed(
            f"The society has events up to {through} of this spool, and here are only "
            f"{self.spool.lane.written}: this folder is an older copy of itself. "
            "Put it aside; the edge then begins a new spool."
        )

    def _alarmed(self, sentence: str) -> float:
        """Something that waiting does not mend; asked again by the hour, in case it was mended elsewhere."""
        if self.account.alarm != sentence:
            self.spool.lane.note(sentence)
        self.account.alarm = sentence
        self.account.failures += 1
        return HOUR

    def _failed(self, sentence: str, asked: float = 0.0) -> float:
        self.account.problem = sentence
        self.account.failures += 1
        return self._backoff.wait(asked)
