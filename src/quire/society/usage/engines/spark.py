"""Spark as an engine: the measures' own statements, in its words, over the lake's own files.

Results and tables go through Parquet files, which both sides read exactly; nothing goes row by row. Needs the
extra ``quire[spark]`` and a Java machine of version 17 or later.
"""

from __future__ import annotations

import functools
import logging
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import duckdb
import numpy as np

from quire.core.errors import QuireError
from quire.society.kit import config
from quire.society.usage import lake, measures
from quire.society.usage.errors import LakeDamaged

_PARTS = "(.{8})(.{4})(.{4})(.{4})(.{12})"

# sql in this file: a statement is the measures' own, a path one that this file made.

WORDS = (
    ("id::VARCHAR AS id", f"regexp_replace(lower(hex(id)), '{_PARTS}', '$1-$2-$3-$4-$5') AS id"),
    ("id::UUID AS id", "unhex(replace(id, '-', '')) AS id"),
    (measures.LAST_SAID, "element_at(split(evidence, '[+]'), -1)"),
    (measures.WORDS_OF_EVIDENCE, f"array({measures.WORDS_OF_EVIDENCE[1:-1]})"),
    ("list_position(", "array_position("),
    ("list_extract(?::INTEGER[], ", "element_at(?, "),
    ("epoch_us(", "unix_micros("),
    (" // ", " div "),
    ("* REPLACE (first::TIMESTAMPTZ AS first, until::TIMESTAMPTZ AS until)",
     "outcome, operator, use, first::TIMESTAMP AS first, until::TIMESTAMP AS until"),
    ("* EXCLUDE (met)", "* EXCEPT (met)"),
)  # fmt: skip
"""Where Spark's words are others than DuckDB's: all that is changed in a statement, in this order."""

TYPES = {"VARCHAR": "string", "TIMESTAMPTZ": "timestamp", "UUID": "binary"}
"""Spark has no UUIDs; asked for bytes, it reads those of Parquet's."""

MEMORY = "2g"


class SparkMissing(QuireError):
    """Spark is asked for, and is not installed."""

    code = "usage.spark-missing"
    status = 503


@functools.cache
def _session(chosen: str) -> Any:
    """One session a process; it starts a Java machine."""
    try:
        from pyspark.sql import SparkSession
    except ImportError as problem:
        raise SparkMissing(
            "Spark is not installed here: pip install 'quire[spark]', and Java 17."
        ) from problem
    if not config.text("JAVA_HOME") and shutil.which("java") is None:
        raise SparkMissing(
            "Spark needs Java 17 or later, and no java is on the path: apt install openjdk-17-jre."
        )
    local = chosen.startswith("spark://local[")
    made = SparkSession.builder.appName("quire").master(chosen.removeprefix("spark://") if local else chosen)
    settings = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.ansi.enabled": "true",
        "spark.sql.sources.timestampType": "TIMESTAMP_LTZ",
        "spark.local.dir": str(config.private("tmp")),
        **({"spark.driver.memory": MEMORY, "spark.driver.host": "127.0.0.1"} if local else {}),
        **({"spark.driver.bindAddress": "127.0.0.1", "spark.sql.shuffle.partitions": "8"} if local else {}),
    }
    for name, value in settings.items():
        made = made.config(name, value)
    session = made.getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    logging.getLogger("SQLQueryContextLogger").disabled = True  # what fails is raised, and told once
    return session


def open(paths: Sequence[str], chosen: str) -> Spark:
    """The lake of these files. Raises ``SparkMissing``, ``LakeDamaged``."""
    places = [str(config.home() / path) for path in paths]
    for place in places:
        if not Path(place).exists():
            raise LakeDamaged(f"The usage lake has lost {place}: put it back from a copy; run quire audit.")
    made = Spark(_session(chosen))
    columns = ", ".join(f"{name} {TYPES.get(kind, kind)}" for name, kind in lake.COLUMNS)
    reader = made.session.read.schema(columns)
    # Without files, one that has the columns and no row.
    made.view("usage", reader.parquet(*places) if places else made.session.createDataFrame([], columns))
    return made


class Spark:
    """An open lake, spoken to as DuckDB is."""

    def __init__(self, session: Any) -> None:
        self.session = session
        self.folder = config.private("tmp") / f"spark-{uuid4().hex}"
        self.folder.mkdir()
        self.handed = 0
        self._db = duckdb.connect()
        lake.settle_in(self._db)

    def execute(self, sql: str, params: Sequence[Any] = ()) -> Any:
        """A statement in DuckDB's words; what it finds, as DuckDB gives it."""
        with _told():
            found = self.session.sql(translated(sql), args=list(params))
            if not found.columns:
                return self._db.execute("SELECT 0 WHERE false")
            place = self._place()
            found.write.parquet(str(place))
        return self._db.execute("SELECT * FROM read_parquet(?)", [f"{place}/*.parquet"])

    def put(self, table: str, columns: dict[str, np.ndarray], select: str) -> None:
        """A table of columns, in place of any before it."""
        place = self._place().with_suffix(".parquet")
        self._db.register("handed_over", columns)
        self._db.execute(f"COPY (SELECT * FROM handed_over) TO {lake.literal(str(place))} (FORMAT parquet)")  # noqa: S608
        self._db.unregister("handed_over")
        with _told():
            self.view("handed_over", self.session.read.parquet(str(place)))
            self.view(table, self.session.sql(f"SELECT {translated(select)} FROM handed_over"))  # noqa: S608

    def view(self, name: str, frame: Any) -> None:
        """Give a frame a name in statements."""
        frame.createOrReplaceTempView(name)

    def _place(self) -> Path:
        self.handed += 1
        return self.folder / str(self.handed)

    def close(self) -> None:
        """Take away what was handed to and fro; the session stays for the next."""
        self._db.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def translated(sql: str) -> str:
    """A statement of the measures in Spark's words."""
    for word, other in WORDS:
        sql = sql.replace(word, other)
    return sql


@contextmanager
def _told() -> Iterator[None]:
    """What Spark says of broken files is for its makers."""
    from pyspark.errors import PySparkException

    try:
        yield
    except PySparkException as problem:
        first = str(problem).partition("\n")[0]
        raise LakeDamaged(f"Spark cannot read the usage lake ({first}). Run quire audit.") from problem
