"""Writing a lane: numbers without a gap, each event with the kernel before its number is given out.

``record`` returns when the kernel has the bytes: the process may then be killed and nothing is lost. A thread
makes them durable (fdatasync) a few times a second, so a loss of power can take no more than the last batch;
and since only what is durable is ever sent, a number that was lost so was never at the society.

How many were lost nobody can know afterwards, but a bound can: numbers are reserved in the ``mark`` ahead of
their use. After a loss of power the lane goes on above the reserve, and a ``lost`` event says which numbers
are given up.
"""

from __future__ import annotations

import json
import os
import threading
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from zlib import crc32

from quire.core import moments
from quire.core.errors import QuireError
from quire.edge.spool import segments
from quire.edge.spool.claim import Claim, new_mark, read_mark
from quire.edge.spool.delivered import Delivered
from quire.edge.spool.files import boot_id, sync_folder
from quire.edge.spool.frames import frame

FEWEST_RESERVED, MOST_RESERVED = 256, 65_536


class SpoolFull(QuireError):
    """The spool has reached its bound, because the society has not taken its events for long."""

    code = "spool.full"
    status = 503


class SpoolFailed(QuireError):
    """The disk refused an event; licensed requests must wait until it is mended."""

    code = "spool.failed"
    status = 503


@dataclass(frozen=True, slots=True)
class Bounds:
    """``most``: bytes of all segments of a lane, above which it is full. ``segment``: bytes of one file.
    ``interval``: seconds between two fdatasyncs."""

    most: int = 1 << 30
    segment: int = 8 << 20
    interval: float = 0.2

    @property
    def hard(self) -> int:
        """Bytes above which nothing at all is written: counts of people still go in when it is full."""
        return self.most + max(self.most // 16, 64 * 1024)


class Lane:
    """A lane open for writing. Threads may share it; processes may not."""

    def __init__(self, claim: Claim, bounds: Bounds) -> None:
        """Recover what is there, and start the thread that makes events durable. Raises SpoolBroken."""
        self.folder, self.number, self.bounds = claim.folder, claim.lane, bounds
        self._claim = claim
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._woken = threading.Event()
        self._fd, self._size, self._room = -1, 0, 0
        self._unsynced: list[int] = []
        self._failed: str = ""
        self._closing = False
        self._step = FEWEST_RESERVED
        self._mark = read_mark(self.folder) or new_mark()
        self.delivered = Delivered(self.folder)
        self._next = 1
        self._recover()
        self.durable = self._next - 1
        self._older = segments.total_bytes(self.folder)
        self._mark = replace(self._mark, boot=boot_id(), clean=False, reserved=self.durable + self._step)
        self._mark.write(self.folder)
        self._reserved = self._mark.reserved
        self._thread = threading.Thread(target=self._keep_durable, name="quire-spool", daemon=True)
        self._thread.start()

    @property
    def spool(self) -> str:
        """The spool's random id, 32 hexadecimal digits."""
        return self._mark.spool

    @property
    def written(self) -> int:
        """The number given last; 0 before the first."""
        return self._next - 1

    @property
    def full(self) -> bool:
        """Whether licensed requests should be told to come back later."""
        return self.size >= self.bounds.most or bool(self._failed)

    @property
    def size(self) -> int:
        """Bytes of all segments."""
        return self._older + self._size

    def record(self, rest: bytes) -> int:
        """Write one event and return its number. ``rest`` is its JSON after ``{"n":0``.

        Raises SpoolFull and SpoolFailed; then nothing was written.
        """
        with self._lock:
            number = self._next
            while number > self._reserved or self._size >= self._room:
                self._make_ready()
                number = self._next  # others may have taken some while the reserve was waited for
            event = b'{"n":%d%b' % (number, rest)
            line = b"%08x%b\n" % (crc32(event), event)  # ``frame``, without the call
            try:
                wrote = os.write(self._fd, line)
            except OSError as error:
                raise SpoolFailed(self._unwritable(error)) from error
            if wrote != len(line):
                os.ftruncate(self._fd, self._size)
                raise SpoolFailed(f"The disk of {self.folder} is full.")
            self._size += wrote
            self._next = number + 1
            return number

    def sync(self) -> int:
        """Make everything written so far durable; returns the last durable number. Raises SpoolFailed."""
        with self._lock:
            target = self._next - 1
            self._woken.set()
            self._changed.wait_for(lambda: self.durable >= target or self._failed or self._closing)
            self._refuse_if_failed()
            return self.durable

    def confirm(self, through: int) -> None:
        """The society has everything up to ``through``: remember it, and let old segments go."""
        self.delivered.confirm(min(through, self.durable))
        with self._lock:
            self._older = segments.total_bytes(self.folder) - self._size
            self._room = 0  # looked at again before the next event

    def note(self, sentence: str) -> None:
        """Write down something that the site's people should know; ``quire edge status`` shows it."""
        told = {"t": moments.write(datetime.now(UTC)), "sentence": sentence}
        with (self.folder / "notes.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(told, ensure_ascii=False) + "\n")

    def close(self) -> None:
        """Make all durable, say so in the mark, and let the lane go."""
        with self._lock:
            self._closing = True
            self._woken.set()
        self._thread.join()
        if not self._failed:
            replace(self._mark, clean=True).write(self.folder)
        self.let_go()

    def let_go(self) -> None:
        """Close the files without a word on the disk: what a fork's child does with its parent's lane."""
        for fd in [self._fd, *self._unsynced]:
            if fd >= 0:
                os.close(fd)
        self._fd, self._unsynced = -1, []
        self._claim.close()

    def _recover(self) -> None:
        """Find the last number, cut a torn tail, and say what a loss of power may have taken."""
        starts = segments.firsts(self.folder)
        last = self.delivered.through
        if starts:
            tail = segments.tail_of(self.folder, starts[-1])
            last = max(last, tail.last)
            if tail.torn:
                segments.cut(self.folder, starts[-1], tail.size)
                self.note(f"{tail.torn} bytes of an event that was not written to its end were cut off.")
        self._next = last + 1
        if self._mark.lost_power and self._mark.reserved > last:
            first, self._next = self._next, self._mark.reserved + 1
            self._begin(first)
            now = moments.write_exactly(datetime.now(UTC))
            os.write(self._fd, frame(segments.lost(first, self._mark.reserved, now)))
            os.fsync(self._fd)
            os.close(self._fd)
            self._fd, self._size = -1, 0
            self.note(
                f"The machine lost power while events were being written: the numbers {first} to "
                f"{self._mark.reserved} are given up. At most the events of the last moments are gone."
            )

    def _make_ready(self) -> None:
        """Numbers to give, a segment to write to and room in it; waits for the reserve to be raised."""
        self._refuse_if_failed()
        if self._next > self._reserved:
            self._woken.set()
            self._changed.wait_for(lambda: self._next <= self._reserved or self._failed or self._closing)
            self._refuse_if_failed()
        if self._closing:
            raise SpoolFailed("The edge is stopping.")
        if self.size >= self.bounds.hard:
            raise SpoolFull("The edge's spool is full: the society has not taken its events for long.")
        if self._fd < 0 or self._size >= self.bounds.segment:
            if self._fd >= 0:
                self._unsynced.append(self._fd)
                self._fd = -1
            self._older, self._size = self.size, 0
            self._begin(self._next)
        self._room = min(self.bounds.segment, self.bounds.hard - self._older)

    def _begin(self, first: int) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        try:
            self._fd = os.open(self.folder / segments.name_of(first), flags, 0o600)
        except OSError as error:
            self._room = 0
            raise SpoolFailed(self._unwritable(error)) from error
        sync_folder(self.folder)

    def _unwritable(self, error: OSError) -> str:
        return f"The spool {self.folder} cannot be written to: {error.strerror}."

    def _refuse_if_failed(self) -> None:
        if self._failed:
            raise SpoolFailed(self._failed)

    def _keep_durable(self) -> None:
        """The thread: fdatasync what was written, raise the reserve, and go on until the lane is closed."""
        while True:
            self._woken.wait(self.bounds.interval)
            self._woken.clear()
            closing = self._closing
            try:
                self._sync_once()
            except OSError as error:
                with self._lock:
                    self._failed = f"The spool {self.folder} cannot be made durable: {error.strerror}."
                    self._room = 0
                    self._changed.notify_all()
                return
            if closing:
                return

    def _sync_once(self) -> None:
        with self._lock:
            target, retired = self._next - 1, self._unsynced
            self._unsynced = []
            fd = os.dup(self._fd) if self._fd >= 0 and target > self.durable else -1
        for one in [*retired, fd]:
            if one >= 0:
                os.fdatasync(one)
                os.close(one)
        left = self._mark.reserved - target
        mark = self._mark
        if left < self._step // 2:
            self._step = min(self._step * 2, MOST_RESERVED)
            mark = replace(mark, reserved=target + self._step)
            mark.write(self.folder)
        elif target == self.durable:
            return
        with self._lock:
            self.durable, self._mark, self._reserved = target, mark, mark.reserved
            self._changed.notify_all()


def open_lane(claim: Claim, bounds: Bounds) -> Lane:
    """The lane of this claim, recovered; the claim is let go where that fails."""
    try:
        return Lane(claim, bounds)
    except BaseException:
        claim.close()
        raise
