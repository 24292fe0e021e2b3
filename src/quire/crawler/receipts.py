"""What was got, under which licence and for how much: a line of JSON each, in a file that only grows.

What may still be spent is worked out from it, so that a crawler that was killed does not spend twice what it
may. A price is set aside before a request goes out and settled when the answer has come; what was set aside
when the process died counts as spent unless the answer's own receipt says otherwise: rather spend too little.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from quire.core import moments
from quire.core.errors import Invalid
from quire.core.money import Money
from quire.crawler.asks import TooDear
from quire.crawler.config import Cap


class ReceiptsDamaged(Invalid):
    """A line of the receipts cannot be read: what was spent is not known."""

    code = "crawl.receipts-damaged"


class Receipts:
    """The file of receipts, and the purse that is worked out from it. Threads may share it."""

    def __init__(self, path: Path | None, cap: Cap | None) -> None:
        """``path`` None: receipts are kept in memory alone. Raises ReceiptsDamaged."""
        self.cap = cap
        self._path = path
        self._lock = threading.Lock()
        self._kept: list[dict[str, Any]] = []
        self._aside: dict[str, Money] = {}
        self._spent = 0
        if path is not None and path.exists():
            _mend(path)
            for line in read(path):
                self._count(line)
        if cap is None:
            self._aside.clear()

    @property
    def spent(self) -> Money | None:
        """What was charged, and what is set aside, in the cap's currency; None where nothing may be spent."""
        if self.cap is None:
            return None
        aside = sum(money.quanta for money in self._aside.values())
        return Money(self._spent + aside, self.cap.total.currency)

    def offer(self, price: Money | None = None) -> Money | None:
        """The most that one request may cost now, at most ``price`` where that is known; None: nothing."""
        if self.cap is None or self.spent is None:
            return None
        most = min(self.cap.per_request, self.cap.total - self.spent)
        if price is not None:
            if price.currency != most.currency or price > most:
                return None
            most = price
        return most if most.quanta > 0 else None

    def set_aside(self, request: str, price: Money) -> None:
        """Before a request that may cost ``price`` goes out. Raises TooDear."""
        with self._lock:
            if self.offer(price) is None:
                raise TooDear(f"{price} is more than may be spent on a request now.", price=str(price))
            self._aside[request] = price
            self._write({"kind": "aside", "request": request, "amount": price.decimal(),
                         "currency": price.currency})  # fmt: skip

    def settle(self, request: str, charged: Money | None, **about: Any) -> dict[str, Any]:
        """After its answer: the receipt. ``charged`` None: nothing was."""
        line: dict[str, Any] = {"kind": "receipt", "request": request, **about}
        if charged is not None:
            line |= {"charged": charged.decimal(), "currency": charged.currency}
        with self._lock:
            self._write(line)
            self._count(line)
        return line

    def lines(self) -> Iterator[Mapping[str, Any]]:
        """Every receipt so far, the first first."""
        found = read(self._path) if self._path is not None and self._path.exists() else iter(list(self._kept))
        return (line for line in found if line.get("kind") == "receipt")

    def _count(self, line: Mapping[str, Any]) -> None:
        try:
            if line["kind"] == "aside":
                self._aside[line["request"]] = Money.parse(line["amount"], line["currency"])
                return
            self._aside.pop(line["request"], None)
            if "charged" in line and self.cap is not None:
                money = Money.parse(line["charged"], line["currency"])
                if money.currency == self.cap.total.currency:
                    self._spent += money.quanta
        except (KeyError, TypeError, Invalid) as problem:
            raise ReceiptsDamaged("A line of the receipts is not a receipt; put the file aside.") from problem

    def _write(self, line: dict[str, Any]) -> None:
        line["at"] = moments.write_exactly(datetime.now(UTC))
        if self._path is None:
            self._kept.append(line)
            return
        data = json.dumps(line, ensure_ascii=True, separators=(",", ":")).encode() + b"\n"
        handle = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(handle, data)
            os.fsync(handle)
        finally:
            os.close(handle)


def read(path: Path) -> Iterator[dict[str, Any]]:
    """The lines of a file of receipts. Raises ReceiptsDamaged."""
    with open(path, "rb") as file:
        for number, data in enumerate(file, 1):
            try:
                line = json.loads(data)
                if not isinstance(line, dict):
                    raise ValueError(line)
            except ValueError:
                raise ReceiptsDamaged(
                    f"Line {number} of {path} is not a receipt; put the file aside."
                ) from None
            yield line


def _mend(path: Path) -> None:
    """Cut a last line that a kill tore: its request was set aside on a whole line before, and counts."""
    data = path.read_bytes()
    end = data.rfind(b"\n") + 1
    if end != len(data):
        with open(path, "r+b") as file:
            file.truncate(end)
