"""Usage of a month in Parquet files of the lake's own columns, and the register that belongs to it.

Works are used as Zipf has it (exponent 1.05, by the inverse of the continuous law), each event by one of the
licensees, and the events of a file stand in the order in which they happened: nothing is sorted or counted
beforehand. The same size makes the same rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb

STARTS, ENDS = date(2026, 1, 1), date(2026, 2, 1)
ZIPF = 1.05
PER_FILE = 5_000_000
RATE = (15, 100)
"""What is kept of each pot for administration: its numerator and denominator."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much there is of everything."""

    events: int
    works: int
    members: int
    licences: int

    @property
    def files(self) -> int:
        return -(-self.events // PER_FILE)

    def pots(self) -> list[int]:
        """What came in for each licence, in quanta: between one and some twelve million, and no round sum."""
        return [(number + 1) * 1_000_003 * 10**12 + 7 * number for number in range(self.licences)]

    def shared(self) -> list[int]:
        """What is left of each pot when the administration has its part, half a quantum taken."""
        top, bottom = RATE
        return [pot - (2 * pot * top + bottom) // (2 * bottom) for pot in self.pots()]

    def operators(self) -> list[str]:
        """Who crawled under each licence."""
        return [f"Lab {number:02}" for number in range(self.licences)]


def events(folder: Path, size: Size) -> list[str]:
    """The Parquet files of the usage, made where they are not there."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"usage-{number:03}.parquet" for number in range(size.files)]
    with duckdb.connect() as db:
        db.execute("SET threads = 2")
        db.execute(f"CREATE TABLE works AS SELECT id, ordinal FROM '{register(folder, size)}'")
        for number, path in enumerate(paths):
            if not path.exists():
                _write(db, path, size, number)
    return [str(path) for path in paths]


def register(folder: Path, size: Size) -> str:
    """The works: ``id`` as in the usage, ``ordinal``, and the ordinal of their member."""
    path = folder / "works.parquet"
    folder.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        with duckdb.connect() as db:
            db.execute(
                "COPY (SELECT ('01900000-' || printf('%04x', (hash(i) >> 48) & 65535) || '-7000-8000-' || "
                "printf('%012x', hash(i) & 281474976710655))::UUID AS id, i AS ordinal, "
                f"(hash(i * 7) % {size.members})::BIGINT AS member FROM range({size.works}) t(i)) "
                f"TO '{path}' (FORMAT parquet)"
            )
    return str(path)


def listed(paths: Sequence[str]) -> str:
    """The files as DuckDB and ClickHouse take them."""
    return ", ".join(f"'{path}'" for path in paths)


def _write(db: duckdb.DuckDBPyConnection, path: Path, size: Size, number: int) -> None:
    """One file: events ``number`` × ``PER_FILE`` and on, through the whole month as all of them."""
    first, last = number * PER_FILE, min((number + 1) * PER_FILE, size.events)
    step = (ENDS - STARTS) // timedelta(microseconds=1) // size.events
    most, power = (size.works + 1) ** (1 - ZIPF), 1 / (1 - ZIPF)
    moment = f"TIMESTAMPTZ '2026-01-01 00:00:00Z' + to_microseconds(i * {step})"
    drawn = f"(hash(i * 3 + 1) / 18446744073709551616.0) * ({most!r} - 1) + 1"
    fresh = path.with_suffix(".part")
    db.execute(
        f"""COPY (SELECT i AS line, i AS fingerprint, {moment} AS starts, {moment} AS ends,
        1::BIGINT AS count, 'Crawler' AS agent, printf('Lab %02d', hash(i * 5 + 2) % {size.licences})
        AS operator, 'ai-train' AS use, 'h.example' AS host, '/' AS path, NULL::UUID AS site,
        works.id AS work, 200::SMALLINT AS status, 512::BIGINT AS size
        FROM (SELECT i, least(floor(pow({drawn}, {power!r}))::BIGINT, {size.works}) - 1 AS ordinal
              FROM range({first}, {last}) t(i)) JOIN works USING (ordinal) ORDER BY i)
        TO '{fresh}' (FORMAT parquet, COMPRESSION zstd)"""
    )
    fresh.rename(path)
