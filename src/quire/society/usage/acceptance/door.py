"""The one door for batches: who sends, is it a batch, does it follow; then the disk, then the answer.

Nothing here knows Django's requests: the page of the API and the short way in ``wsgi.py`` both ask it.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.db import Error as DatabaseError
from django.db import close_old_connections, transaction

from quire.core import edge_auth, problems
from quire.core.edge_auth import BatchHead
from quire.core.errors import QuireError
from quire.society.kit import acts
from quire.society.usage.acceptance import bodies, known, overlap, spools
from quire.society.usage.acceptance.frames import Head
from quire.society.usage.errors import Busy, CannotAccept, Differs, Gap, NotABatch, TooLarge

ADDRESS = "/usage/batches"
MOST_WAITING = 8 << 30
"""Bytes accepted and not yet compacted, of all edges together, above which nothing more is taken."""
MOST_WAITING_OF_ONE = 4 << 30
"""The same, of one edge."""
RETRY_SECONDS = 30

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer: status, JSON body, and headers beside its type and length."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()
    type: str = "application/json"


@dataclass(frozen=True, slots=True)
class Door:
    """Takes batches. ``store`` and ``known`` remember; the disk and PostgreSQL are what counts."""

    store: spools.Spools = field(default_factory=spools.Spools)
    known: known.Known = field(default_factory=known.Known)

    def answer(self, authorization: str, encoding: str, length: str, read: Callable[[int], bytes]) -> Answer:
        """What to answer to a POST with these headers; ``read`` gives so many bytes of its body."""
        try:
            if encoding.strip().lower() != "gzip":
                raise NotABatch("A batch is sent with Content-Encoding: gzip.")
            through = self.take(authorization, _body(length, read))
        except QuireError as problem:
            return refusal(problem)
        except (OSError, DatabaseError):
            log.exception("A batch could not be accepted.")
            return refusal(CannotAccept("The society cannot keep this batch now: keep it and come back."))
        return Answer(200, b'{"through": %d}' % through)

    def take(self, authorization: str, body: bytes) -> int:
        """Accept a batch; the number up to which the spool is durable.

        Raises edge_auth.NotThisEdge and BadClaims, NotABatch, TooLarge, Busy, Gap (with ``through``; also for
        a batch of which a part is new: what was there agrees, send the rest), Differs.
        """
        head = edge_auth.read_batch(authorization, body, self.known.key)
        bodies.check(body, head.first, head.last)
        place = spools.folder(head.edge, head.spool)
        frame = Head(head.lane, head.first, head.last, _micros(datetime.now(UTC)), _micros(head.sent),
                     bytes.fromhex(head.digest.removeprefix("sha256:")))  # fmt: skip
        self._room(head.edge)
        compacted = self.known.begun(place, head.edge, head.spool, head.lane)
        with self.store.holding(place) as tail:
            through = max(tail.through, compacted)
            if head.first == through + 1:
                self.store.append(place, tail, frame, body)
                self.known.waiting(head.edge, len(body))
                return head.last
        if head.first > through + 1:
            _count(head, gaps=1)
            raise _gap(through)
        return self._again(head, frame, place, body, through)

    def _again(self, head: BatchHead, frame: Head, place: Path, body: bytes, through: int) -> int:
        """Numbers that came before: the same, or an alarm."""
        at = overlap.differs(place, frame, bodies.unpack(body))
        if at is not None:
            _alarm(head, at)
            raise Differs(
                f"Event {at} of this spool was sent before with another content.", through=through, number=at
            )
        _count(head, replays=1)
        if head.last <= through:
            return through
        raise _gap(through)

    def _room(self, edge: str) -> None:
        every, ours = self.known.waiting(edge, 0)
        if every > MOST_WAITING or ours > MOST_WAITING_OF_ONE:
            raise Busy("More has come than is counted yet: keep the batch and come back.")


def refusal(problem: QuireError) -> Answer:
    """A problem document (RFC 9457) with ``through`` where there is one."""
    headers: tuple[tuple[str, str], ...] = ()
    if problem.status in (429, 503):
        headers = (("Retry-After", str(RETRY_SECONDS)),)
    if problem.status == 401:
        headers = (("WWW-Authenticate", "Edge"),)
    return Answer(problem.status, json.dumps(problems.of(problem)).encode(), headers, problems.TYPE)


def _body(length: str, read: Callable[[int], bytes]) -> bytes:
    if not (length.isascii() and length.isdigit() and len(length) < 16):
        raise NotABatch("A batch says its Content-Length.")
    wanted = int(length)
    if wanted > bodies.LONGEST_BODY:
        raise TooLarge(f"A batch has at most {bodies.LONGEST_BODY:,} bytes.")
    body = read(wanted)
    if len(body) < wanted:
        parts = [body]
        while (missing := wanted - sum(map(len, parts))) and (more := read(missing)):
            parts.append(more)
        body = b"".join(parts)
    if len(body) != wanted:
        raise NotABatch("The batch ended too early.")
    return body


def _gap(through: int) -> Gap:
    return Gap(f"The society has this spool through {through}: send from {through + 1} on.", through=through)


def _count(head: BatchHead, **numbers: int) -> None:
    """Counters are worth having, and no reason to refuse: the answer holds without them."""
    close_old_connections()
    try:
        known.count(head.edge, head.spool, **numbers)
    except DatabaseError:
        log.exception("A counter of spool %s could not be kept.", head.spool)


def _alarm(head: BatchHead, at: int) -> None:
    close_old_connections()
    with transaction.atomic():
        known.count(head.edge, head.spool, differs=1)
        acts.record("usage.batch-differs", head.edge, by=None, spool=head.spool, lane=head.lane,
                    first=head.first, last=head.last, number=at)  # fmt: skip


def _micros(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND


DOOR = Door()
"""The process's own."""
