"""The next chunk is unpacked and parsed in a thread while the one before it is judged and written."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

import duckdb

from quire.society.usage import lake
from quire.society.usage.compaction import told
from quire.society.usage.compaction.reading import Chunk, gather

CLOCKS = timedelta(days=1)
"""How far an edge's clock may be ahead of ours before its events are set aside."""


@dataclass(frozen=True, slots=True)
class Read:
    """A chunk, and the connection in which its lines are the view ``told``. Whoever has it drops it."""

    chunk: Chunk
    db: duckdb.DuckDBPyConnection

    def drop(self) -> None:
        """Delete its files and tables."""
        self.db.close()
        self.chunk.drop()


class Ahead:
    """What is read ahead is a guess. Whoever takes a chunk says what is wanted, and gets that.

    Neither unpacking nor parsing needs the interpreter, so that both cores have something to do.
    """

    def __init__(self, db: duckdb.DuckDBPyConnection, most: int) -> None:
        """Each chunk gets a connection of its own to ``db``; about ``most`` events are in one."""
        self._db, self._most = db, most
        self._thread = ThreadPoolExecutor(1, "ahead")
        self._next: tuple[Path, int, Future[Read]] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: object, trace: TracebackType | None) -> None:
        self._forget()
        self._thread.shutdown()

    def prepare(self, place: Path, after: int) -> None:
        """Begin with what is likely to be asked for next, unless that was begun already."""
        if self._next is None or self._next[:2] != (place, after):
            self._forget()
            self._next = place, after, self._thread.submit(self._read, place, after, self._db.cursor())

    def take(self, place: Path, after: int) -> Read:
        """The events of the spool in ``place`` after the number ``after``, maybe none.

        Raises ``LakeDamaged`` where a batch is missing or is not the one accepted.
        """
        if self._next is not None and self._next[:2] == (place, after):
            waiting, self._next = self._next[2], None
            return waiting.result()
        self._forget()
        chunk = gather(place, after, self._most)
        if chunk.full:
            self.prepare(place, chunk.last)  # it need not wait until this one is parsed
        return self._parsed(chunk, self._db.cursor())

    def _read(self, place: Path, after: int, db: duckdb.DuckDBPyConnection) -> Read:
        return self._parsed(gather(place, after, self._most), db)

    def _parsed(self, chunk: Chunk, db: duckdb.DuckDBPyConnection) -> Read:
        read = Read(chunk, db)
        try:
            if read.chunk.lines:
                lake.settle_in(db)
                told.read(db, read.chunk, read.chunk.received + CLOCKS)
        except BaseException:
            read.drop()
            raise
        return read

    def _forget(self) -> None:
        """Nobody wants what was read ahead, nor whatever is wrong with it."""
        if self._next is not None:
            waiting, self._next = self._next[2], None
            if not waiting.cancel() and waiting.exception() is None:
                waiting.result().drop()
