"""DuckDB and Spark count the same lake, every measure to the same integers; ``docs/engines.md`` shows it.

``QUIRE_WRITE_ENGINES=1`` writes the page anew.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from quire.society.usage import engines, lake, measures

PAGE = Path(__file__).parents[2] / "docs/engines.md"
STARTS, ENDS = date(2026, 1, 1), date(2026, 2, 1)
OPERATORS = {"OpenAI": 0, "Anthropic": 1, "Lab's own": 1}
CUTS = (date(2026, 1, 2), date(2026, 1, 17), date(2026, 1, 31))
SUBJECTS = [f"0190{n:04x}-0000-7000-8000-{n * 7919:012x}" for n in (1, 2, 0x7FFF, 0x8000, 0xFFFF, 5, 6)]
Case = Callable[[Any], Any]


def _columns(found: Any) -> list[tuple[Any, ...]]:
    return [
        tuple(int(value) if isinstance(value, int) else value for value in row) for row in found.fetchall()
    ]


CASES: dict[str, Case] = {
    "subjects of everybody": lambda db: _columns(db.execute(*measures.subjects(STARTS, ENDS))),
    "subjects of some operators": lambda db: _columns(
        db.execute(*measures.subjects(STARTS, ENDS, OPERATORS))
    ),
    "counts of one licensee": lambda db: _columns(
        db.execute(*measures.counts(STARTS, ENDS, {"OpenAI": 0}, ()))
    ),
    "counts of several licensees, in segments": lambda db: _columns(
        db.execute(*measures.counts(STARTS, ENDS, OPERATORS, CUTS))
    ),
    "counts of some uses": lambda db: _columns(
        db.execute(*measures.counts(STARTS, ENDS, OPERATORS, CUTS, ("ai-input", "search")))
    ),
    "counts of nobody": lambda db: _columns(db.execute(*measures.counts(STARTS, ENDS, {}, CUTS))),
    "counts by what was shown": lambda db: _columns(
        db.execute(*measures.counts(STARTS, ENDS, OPERATORS, CUTS, shown=True))
    ),
    "tallies of the account": lambda db: _columns(
        db.execute(*measures.tallies(STARTS, ENDS, CUTS, OPERATORS))
    ),
    "fees by tier": lambda db: _columns(db.execute(*measures.fees(STARTS, ENDS, OPERATORS, CUTS))),
    "a sum beyond 64 bits": lambda db: _said(db, "SELECT sum(count)::BIGINT AS n FROM beyond"),
}


def _said(db: Any, sql: str) -> Any:
    """What a statement gives, or that it is refused."""
    try:
        return _columns(db.execute(sql))
    except Exception:  # noqa: BLE001 — each engine has errors of its own
        return "refused"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """A lake of two files, the second as files were before there were edges."""
    home = tmp_path_factory.mktemp("engines")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("QUIRE_HOME", str(home))
        names = []
        for number, lacking in enumerate(((), {"evidence", "charged", "licence"})):
            names.append(f"lake/usage/imp_{number}/0.parquet")
            _write(home / names[-1], number, set(lacking))
        yield names


def _write(path: Path, seed: int, lacking: set[str]) -> None:
    drawn = random.Random(seed)
    rows = [_row(drawn, line) for line in range(4_000)]
    path.parent.mkdir(parents=True)
    columns = {
        name: np.array([row[name] for row in rows], dtype=np.int64)
        if kind in ("BIGINT", "SMALLINT", "TIMESTAMPTZ")
        else lake.texts([row[name] for row in rows])
        for name, kind in lake.COLUMNS
    }
    select = ", ".join(_typed(name, kind) for name, kind in lake.COLUMNS if name not in lacking)
    with lake.connect() as db:
        lake.put(db, "fresh", columns, select)
        db.execute(
            f"COPY fresh TO '{path}' (FORMAT parquet, PARQUET_VERSION v2, COMPRESSION zstd)"
        ).fetchall()


def _typed(name: str, kind: str) -> str:
    if kind == "TIMESTAMPTZ":
        return f"make_timestamptz({name}) AS {name}"
    if name == "charged":
        return f"nullif({name}, -1) AS {name}"
    return (
        f"{name}::{kind} AS {name}"
        if kind == "SMALLINT"
        else f"nullif({name}, '')::{kind} AS {name}"
        if kind in ("VARCHAR", "UUID")
        else name
    )


def _row(drawn: random.Random, line: int) -> dict[str, Any]:
    """Hours around midnight, subjects on both sides of a sign bit, voids, sites without a work, neither."""
    day = datetime(2025, 12, 31, tzinfo=UTC) + timedelta(days=drawn.randrange(34))
    moment = day + timedelta(
        microseconds=drawn.choice((0, 1, 86_399_999_999, drawn.randrange(86_400_000_000)))
    )
    known = drawn.random()
    told: dict[str, Any] = {name: "" for name, _ in lake.COLUMNS}
    told |= {
        "line": line, "fingerprint": line, "status": 200, "size": 512,
        "starts": int((moment - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(microseconds=1)),
        "count": drawn.choice((1, 1, 1, 7, -1, 2**40)),
        "operator": drawn.choice([*OPERATORS, "Nobody's"]),
        "use": drawn.choice(("ai-train", "ai-input", "ai-index", "search")),
        "host": "h.example", "path": "/",
        "work": drawn.choice(SUBJECTS[:4]) if known < 0.7 else "",
        "site": drawn.choice(SUBJECTS[4:]) if 0.7 <= known < 0.95 else "",
        "evidence": drawn.choice(("", "key", "token+signature", "name+address", "odd")),
        "charged": drawn.choice((-1, -1, 5)),
    }  # fmt: skip
    told["ends"] = told["starts"]
    return told


def _ready(db: Any) -> Any:
    """The tables that the measures join (one subject is not registered), and sums too long for 64 bits."""
    columns = {"id": lake.texts(SUBJECTS[:-1]), "ordinal": np.arange(6), "tier": np.array([0, 1, 1, 2, 0, 2])}
    lake.put(db, "subjects", columns, "id::UUID AS id, ordinal, tier")
    members, cells = np.repeat(np.arange(4), 16), np.tile(np.arange(16), 4)
    lake.put(db, "billed", {"member": members, "cell": cells}, "member, cell::INTEGER AS cell")
    lake.put(db, "beyond", {"count": np.array([2**62] * 4)})
    return db


def seen(files: list[str], engine: str) -> dict[str, Any]:
    """What every measure gives on an engine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(engines.NAME, engine)
        db = _ready(engines.open(files))
        try:
            return {name: case(db) for name, case in CASES.items()}
        finally:
            db.close()


def page(duckdb: dict[str, Any], spark: dict[str, Any]) -> str:
    """The matrix, as it is published."""
    lines = [
        "# What each engine was seen to do",
        "",
        "Usage is counted by DuckDB, or by Spark where `QUIRE_ENGINE` is `spark://local[2]` or the address",
        "of a cluster (`pip install 'quire[spark]'`, and Java 17). The statements are one text",
        "(`usage/measures.py`); where Spark has other words, `usage/engines/spark.py` lists them. An engine",
        "filters, joins, counts and adds whole numbers: no money comes near it, and all division is the",
        "core's. A test writes this page from what both did with the same files, and fails if it differs.",
        "",
        "| measure | DuckDB | Spark | the same |",
        "|---|---|---|---|",
    ]
    for name in CASES:
        one, other = duckdb[name], spark[name]
        lines.append(f"| {name} | {_short(one)} | {_short(other)} | {'yes' if one == other else '**no**'} |")
    return "\n".join(lines) + "\n"


def _short(found: Any) -> str:
    return found if isinstance(found, str) else f"{len(found):,} rows"


def test_duckdb_gives_what_the_page_says(files: list[str]) -> None:
    """The half that needs no Java: its column of the page."""
    found = seen(files, "duckdb")
    told = [line.split(" | ") for line in PAGE.read_text().splitlines() if line.startswith("| ")][1:]
    assert {cells[0].removeprefix("| "): cells[1] for cells in told} == {
        name: _short(one) for name, one in found.items()
    }


def test_any_order_of_the_files_counts_the_same(files: list[str]) -> None:
    assert seen(files, "duckdb") == seen(files[::-1], "duckdb")


def test_an_engine_that_nobody_knows_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(engines.NAME, "abacus")
    with pytest.raises(engines.UnknownEngine, match="say duckdb"):
        engines.open([])


@pytest.mark.more
def test_spark_counts_what_duckdb_counts(files: list[str]) -> None:
    found, other = seen(files, "duckdb"), seen(files, "spark://local[2]")
    if os.environ.get("QUIRE_WRITE_ENGINES"):
        PAGE.write_text(page(found, other))
    assert other == found
    assert page(found, other) == PAGE.read_text()
    assert any(len(rows) > 50 for rows in found.values() if not isinstance(rows, str))
