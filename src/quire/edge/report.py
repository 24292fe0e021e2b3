"""How the site answered, told by the web server after the fact: a failed answer takes its decision back.

The decision was written by one process of the edge and may be reported to another: each process listens at a
socket in its lane's folder, and a report for another lane is passed on there. A report that comes too late,
twice or never changes nothing.
"""

from __future__ import annotations

import os
import secrets
import socket
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from quire.edge.door import Edge, Visit
from quire.edge.paying import Reservation
from quire.edge.spool import Spool, SpoolBroken

MOST = 50_000
"""Visits whose report is waited for; the oldest are taken as answered well."""
_LONGEST = 200
_LONGEST_PATH = 100
"""Bytes of a socket's path that every system takes: Linux 107, macOS and the BSDs 103."""
_DESCRIPTORS = Path("/proc/self/fd")


class Reports:
    """The visits of this process that a report may still come for."""

    def __init__(self, spool: Spool, edge: Edge) -> None:
        self._spool, self._edge = spool, edge
        self._lane = spool.lane.number
        self._waiting: OrderedDict[str, tuple[int, Reservation | None]] = OrderedDict()
        self._lock = threading.Lock()
        self._closing = False
        self._socket = self._listen()
        self._thread = threading.Thread(target=self._hear, name="quire-reports", daemon=True)
        self._thread.start()

    def expect(self, number: int, visit: Visit) -> str:
        """The id by which the visit, on record under ``number``, is reported."""
        name = f"{self._lane}-{secrets.token_hex(12)}"
        paid = visit.decision.paid
        # A charge that an earlier request made is not taken back by this one.
        mine = isinstance(paid, Reservation) and visit.charge is not None and not visit.charge.again
        with self._lock:
            self._waiting[name] = (number, paid if mine and isinstance(paid, Reservation) else None)
            if len(self._waiting) > MOST:
                self._waiting.popitem(last=False)
        return name

    def answered(self, name: str, status: int, size: int | None) -> None:
        """The site answered with ``status``; ``size`` bytes of body, where that is known."""
        lane = name.partition("-")[0]
        if not lane.isascii() or not lane.isdigit() or len(name) > 60:
            return
        if int(lane) == self._lane:
            self._settle(name, status, size)
            return
        told = f"{name} {status} {'' if size is None else size}".encode()
        try:
            with _short(self._place(int(lane))) as address:
                self._socket.sendto(told, address)
        except OSError:
            return  # that process is gone, and what it knew with it

    def close(self) -> None:
        """Stop listening."""
        self._closing = True
        try:
            with _short(self._place(self._lane)) as address:
                self._socket.sendto(b"", address)  # so that who listens looks up
            self._thread.join(1.0)
            self._place(self._lane).unlink(missing_ok=True)
        except OSError:
            pass
        self._socket.close()

    def _settle(self, name: str, status: int, size: int | None) -> None:
        with self._lock:
            number, paid = self._waiting.pop(name, (0, None))
        # Who has the page already was let in all the same, but pays for an answer with a page alone.
        if not number or 200 <= status < 300 or (status == 304 and paid is None):
            return
        if paid is not None and self._edge.gate.purse is not None:
            self._edge.gate.purse.refund(paid)
        self._edge.write(kind="void", of=number, status=status, size=size)

    def _place(self, lane: int) -> Path:
        return self._spool.root / f"lane-{lane}" / "reports"

    def _listen(self) -> socket.socket:
        """The lane's socket. The lane is held, so what a process that was killed left there is taken away."""
        place = self._place(self._lane)
        made = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            place.unlink(missing_ok=True)
            with _short(place) as address:
                made.bind(address)
        except BaseException:
            made.close()
            raise
        return made

    def _hear(self) -> None:
        while True:
            try:
                told = self._socket.recv(_LONGEST).decode("ascii", "replace").split(" ")
            except OSError:
                return
            if self._closing:  # and not for an empty message, which any program here may send
                return
            if len(told) == 3 and told[1].isdigit():
                self._settle(told[0], int(told[1]), int(told[2]) if told[2].isdigit() else None)


@contextmanager
def _short(place: Path) -> Iterator[str]:
    """``place`` as a socket's address; a path too long for one is gone by way of its open folder, on Linux.

    Raises OSError, and SpoolBroken where there is no such way.
    """
    if len(os.fsencode(place)) <= _LONGEST_PATH:
        yield str(place)
        return
    if not _DESCRIPTORS.is_dir():
        raise SpoolBroken(
            f"The path {place} is too long for a socket on this system ({_LONGEST_PATH} bytes at most): "
            "give the spool a shorter one."
        )
    folder = os.open(place.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield str(_DESCRIPTORS / str(folder) / place.name)
    finally:
        os.close(folder)
