"""The engines that count: DuckDB, in this process, or Spark, where ``QUIRE_ENGINE`` names it.

The measures are one text, in DuckDB's words. An engine opens the files of the lake as the view ``usage`` and
takes statements and tables; what Spark says otherwise is a list of words in ``spark``. An engine filters,
joins, counts and adds integers, so that all give the same: ``docs/engines.md`` is what each was seen to do.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import numpy as np

from quire.core.errors import Invalid
from quire.society.kit import config
from quire.society.usage import lake

NAME = "QUIRE_ENGINE"


class UnknownEngine(Invalid):
    """``QUIRE_ENGINE`` names nothing that can count."""

    code = "usage.unknown-engine"


class Found(Protocol):
    """What a statement found."""

    def fetchall(self) -> list[tuple[Any, ...]]: ...
    def fetchnumpy(self) -> dict[str, np.ndarray]: ...


class Engine(Protocol):
    """An open lake. ``put`` makes a table of columns, as ``lake.put`` does for DuckDB."""

    def execute(self, sql: str, params: list[Any] = ...) -> Found: ...
    def put(self, table: str, columns: dict[str, np.ndarray], select: str) -> None: ...
    def close(self) -> None: ...


def open(paths: Sequence[str]) -> Any:
    """The lake of these files (relative to ``QUIRE_HOME``) in the engine that is chosen, as ``lake.open``.

    ``QUIRE_ENGINE`` is ``duckdb`` (the default), ``spark://local[2]`` for so many cores of this machine, or
    the address of a Spark cluster, ``spark://HOST:PORT``, which must reach the files by the same paths.
    Raises ``UnknownEngine``, ``spark.SparkMissing``, ``LakeDamaged``.
    """
    chosen = config.text(NAME, "duckdb")
    if chosen == "duckdb":
        return lake.open(paths)
    if chosen.startswith("spark://"):
        from quire.society.usage.engines import spark

        return spark.open(paths, chosen)
    raise UnknownEngine(
        f"{NAME} is {chosen!a}; say duckdb, spark://local[2], or the address of a cluster, spark://HOST:PORT."
    )


@contextmanager
def reading(paths: Sequence[str]) -> Iterator[Any]:
    """``open`` for a while."""
    db = open(paths)
    try:
        with lake.damage_told():
            yield db
    finally:
        db.close()
