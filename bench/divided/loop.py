"""The texts' way: event by event in plain Python, the shares as floats."""

from __future__ import annotations

import duckdb

from divided.measured import Case
from divided.month import events, listed, register


def loop(case: Case) -> None:
    """Each event's work is looked up and counted; then each work's share of the pot is worked out."""
    size = case.size
    with duckdb.connect() as db:
        works = db.execute(
            f"SELECT id::VARCHAR, ordinal, member FROM '{register(case.folder, size)}'"
        ).fetchall()
        known = {work: (ordinal, member) for work, ordinal, member in works}
        numbers = {name: number for number, name in enumerate(size.operators())}
        usage: dict[tuple[int, str], int] = {}
        paths = listed(events(case.folder, size))
        with case.clock():
            rows = db.execute(f"SELECT operator, work::VARCHAR FROM read_parquet([{paths}])")
            while some := rows.fetchmany(100_000):
                for operator, work in some:
                    key = (numbers[operator], work)
                    usage[key] = usage.get(key, 0) + 1
            whole = [0] * size.licences
            for (licence, _), requests in usage.items():
                whole[licence] += requests
            left = [pot / 1e12 - pot / 1e12 * 0.15 for pot in size.pots()]
            lines = [
                (licence, *known[work], left[licence] * (requests / whole[licence]))
                for (licence, work), requests in usage.items()
            ]
        _keep(db, case, lines)


def _keep(db: duckdb.DuckDBPyConnection, case: Case, lines: list[tuple[int, int, int, float]]) -> None:
    import numpy as np

    columns = dict(
        zip(
            ("licence", "ordinal", "member"),
            (np.array(c) for c in list(zip(*lines, strict=True))[:3]),
            strict=True,
        )
    )
    columns["amount"] = np.array([round(line[3] * 1e12) for line in lines], dtype=np.int64)
    db.register("columns", columns)
    db.execute(
        "COPY (SELECT licence, ordinal, member, amount::DECIMAL(38, 0) AS amount FROM columns) "
        f"TO '{case.out}' (FORMAT parquet)"
    )
