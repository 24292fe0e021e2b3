"""What was got, under which licence and for how much: a line of JSON each, in a file that only grows.

What may still be spent is worked out from it, so that a crawler that was killed does not spend twice what it
may. A price is set aside before a request goes out and settled when the answer has come; what was set aside
when the process died counts as spent unless the answer's own receipt says otherwise: rather spend too little.

Several processes may share a file. Each locks it to write, and first reads what the others wrote, so that the
caps hold for all of them together.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from quire.core import moments
from quire.core.errors import Invalid
from quire.core.money import Money
from quire.crawler.asks import TooDear
from quire.crawler.config import Cap

if sys.platform != "win32":
    import fcntl


class ReceiptsDamaged(Invalid):
    """A line of the receipts cannot be read: what was spent is not known."""

    code = "crawl.receipts-damaged"


class Receipts:
    """The file of receipts, and the purse that is worked out from it. Threads and processes may share it."""

    def __init__(self, path: Path | None, cap: Cap | None) -> None:
        """``path`` None: receipts are kept in memory alone. Raises ReceiptsDamaged."""
        self.cap = cap
        self._path = path
        self._lock = threading.Lock()
        self._kept: list[dict[str, Any]] = []
        self._aside: dict[str, Money] = {}
        self._spent = 0
        self._file, self._known, self._lines = 0, 0, 0
        with self._up_to_date():
            pass

    @property
    def spent(self) -> Money | None:
        """What was charged, and what is set aside, in the cap's currency; None where nothing may be spent.

        By all who write to the file, as of the last look at it.
        """
        if self.cap is None:
            return None
        aside = sum(money.quanta for money in self._aside.values())
        return Money(self._spent + aside, self.cap.total.currency)

    def offer(self, price: Money | None = None) -> Money | None:
        """The most that one request may cost now, at most ``price`` where that is known; None: nothing."""
        if self.cap is None:
            return None
        with self._up_to_date():
            return self._offer(price)

    def set_aside(self, request: str, price: Money) -> None:
        """Before a request that may cost ``price`` goes out. Raises TooDear."""
        with self._up_to_date(write=True) as file:
            if self._offer(price) is None:
                raise TooDear(f"{price} is more than may be spent on a request now.", price=str(price))
            self._write(file, {"kind": "aside", "request": request, "amount": price.decimal(),
                               "currency": price.currency})  # fmt: skip

    def settle(self, request: str, charged: Money | None, **about: Any) -> dict[str, Any]:
        """After its answer: the receipt. ``charged`` None: nothing was."""
        line: dict[str, Any] = {"kind": "receipt", "request": request, **about}
        if charged is not None:
            line |= {"charged": charged.decimal(), "currency": charged.currency}
        with self._up_to_date(write=True) as file:
            self._write(file, line)
        return line

    def lines(self) -> Iterator[Mapping[str, Any]]:
        """Every receipt so far, the first first."""
        found = read(self._path) if self._path is not None and self._path.exists() else iter(list(self._kept))
        return (line for line in found if line.get("kind") == "receipt")

    def _offer(self, price: Money | None) -> Money | None:
        if self.cap is None or self.spent is None:
            return None
        most = min(self.cap.per_request, self.cap.total - self.spent)
        if price is not None:
            if price.currency != most.currency or price > most:
                return None
            most = price
        return most if most.quanta > 0 else None

    def _count(self, line: Mapping[str, Any]) -> None:
        try:
            if line["kind"] == "aside":
                if self.cap is not None:
                    self._aside[line["request"]] = Money.parse(line["amount"], line["currency"])
                return
            self._aside.pop(line["request"], None)
            if "charged" in line and self.cap is not None:
                money = Money.parse(line["charged"], line["currency"])
                if money.currency == self.cap.total.currency:
                    self._spent += money.quanta
        except (KeyError, TypeError, Invalid) as problem:
            raise ReceiptsDamaged("A line of the receipts is not a receipt; put the file aside.") from problem

    @contextmanager
    def _up_to_date(self, *, write: bool = False) -> Iterator[int]:
        """The file, locked, and all that is in it counted; -1 where there is none, which ``write`` makes."""
        with self._lock:
            if self._path is None or not (write or self._path.exists()):
                yield -1
                return
            file = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                if sys.platform != "win32":
                    fcntl.flock(file, fcntl.LOCK_EX)  # until it is closed
                self._catch_up(file, self._path)
                yield file
            finally:
                os.close(file)

    def _catch_up(self, file: int, path: Path) -> None:
        """Count what was written since the last look.

        Who holds the lock finds half a line only where its writer was killed: its request was set aside on a
        whole line before, and counts, so the half is cut off.
        """
        about = os.fstat(file)
        if about.st_ino != self._file or about.st_size < self._known:  # it was put aside: this is another
            self._file, self._known, self._lines = about.st_ino, 0, 0
        data = _from(file, self._known)
        end = data.rfind(b"\n") + 1
        if end != len(data):
            os.ftruncate(file, self._known + end)
        for text in data[:end].splitlines():
            self._lines += 1
            self._count(_line(text, self._lines, path))
        self._known += end

    def _write(self, file: int, line: dict[str, Any]) -> None:
        line["at"] = moments.write_exactly(datetime.now(UTC))
        if file < 0:
            self._kept.append(line)
        else:
            data = json.dumps(line, ensure_ascii=True, separators=(",", ":")).encode() + b"\n"
            os.write(file, data)
            os.fsync(file)
            self._known += len(data)
            self._lines += 1
        self._count(line)


def read(path: Path) -> Iterator[dict[str, Any]]:
    """The lines of a file of receipts. Raises ReceiptsDamaged."""
    with open(path, "rb") as file:
        for number, data in enumerate(file, 1):
            yield _line(data, number, path)


def _line(data: bytes, number: int, path: Path) -> dict[str, Any]:
    try:
        line = json.loads(data)
        if not isinstance(line, dict):
            raise ValueError(line)
    except ValueError:
        raise ReceiptsDamaged(f"Line {number} of {path} is not a receipt; put the file aside.") from None
    return line


def _from(file: int, start: int) -> bytes:
    """What stands in an open file from ``start`` on."""
    os.lseek(file, start, os.SEEK_SET)
    parts = []
    while part := os.read(file, 1 << 20):
        parts.append(part)
    return b"".join(parts)
