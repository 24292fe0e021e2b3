"""The same run in Spark SQL on a local machine's two cores, in decimal(38, 0), Parquet between the steps.

Spark's ``div`` of decimals gives a 64-bit integer that wraps around, so each share is cut as (x − x % t) / t.
"""

from __future__ import annotations

import tempfile

import duckdb

from divided.measured import Case
from divided.month import events, register
from divided.sql import FROM, UNTIL

MEMORY = "6g"


def in_spark(case: Case) -> None:
    """The whole run; the Java machine is up before the clock runs."""
    from pyspark.sql import SparkSession

    paths = events(case.folder, case.size)
    with tempfile.TemporaryDirectory() as folder:
        made = SparkSession.builder.master("local[2]").appName("bench").config("spark.ui.enabled", "false")
        made = made.config("spark.ui.showConsoleProgress", "false")
        made = made.config("spark.driver.memory", MEMORY).config("spark.sql.shuffle.partitions", "8")
        made = made.config("spark.sql.session.timeZone", "UTC").config("spark.local.dir", folder)
        spark = made.config("spark.sql.ansi.enabled", "true").getOrCreate()
        spark.sparkContext.setLogLevel("ERROR")
        # Spark knows no UUIDs; asked for bytes, it reads theirs.
        usage = "starts timestamp, operator string, use string, work binary, count bigint"
        spark.read.schema(usage).parquet(*paths).createOrReplaceTempView("usage")
        works = spark.read.schema("id binary, ordinal bigint, member bigint")
        works.parquet(register(case.folder, case.size)).createOrReplaceTempView("works")
        size = case.size
        rows = [
            (n, name, str(a)) for n, (name, a) in enumerate(zip(size.operators(), size.shared(), strict=True))
        ]
        spark.createDataFrame(rows, "licence bigint, operator string, amount string").createOrReplaceTempView(
            "licences"
        )
        spark.range(size.members).withColumnRenamed("id", "member").createOrReplaceTempView("mandated")
        with case.clock():
            for name, statement in STEPS.items():
                place = f"{folder}/{name}"
                spark.sql(statement).write.parquet(place)
                spark.read.parquet(place).createOrReplaceTempView(name)
        with duckdb.connect() as db:
            db.execute(
                "COPY (SELECT licence, ordinal, member, amount::DECIMAL(38, 0) AS amount "
                f"FROM '{folder}/lines/*.parquet') TO '{case.out}' (FORMAT parquet)"
            )
        spark.stop()


STEPS = {
    "counted": f"""SELECT l.licence, w.ordinal, w.member, CAST(l.amount AS decimal(20, 0)) AS amount,
        CAST(u.requests AS decimal(18, 0)) AS requests
        FROM (SELECT operator, work, sum(count) AS requests FROM usage
              WHERE starts >= '{FROM}' AND starts < '{UNTIL}' AND use = 'ai-train'
              GROUP BY operator, work) u
        JOIN works w ON w.id = u.work JOIN licences l ON l.operator = u.operator
        JOIN mandated m ON m.member = w.member""",
    "sums": "SELECT licence, CAST(sum(requests) AS decimal(18, 0)) AS whole FROM counted GROUP BY licence",
    "parts": """SELECT licence, ordinal, member, amount,
        CAST((share - share % whole) / whole AS decimal(38, 0)) AS part, share % whole AS rest
        FROM (SELECT c.*, CAST(c.amount * c.requests AS decimal(38, 0)) AS share, s.whole
              FROM counted c JOIN sums s ON s.licence = c.licence)""",
    "leftover": """SELECT licence, CAST(max(amount) - sum(part) AS bigint) AS quanta
        FROM parts GROUP BY licence""",
    "lines": """SELECT p.licence, p.ordinal, p.member,
        CAST(p.part + CASE WHEN p.place <= o.quanta THEN 1 ELSE 0 END AS decimal(38, 0)) AS amount
        FROM (SELECT *, row_number() OVER (PARTITION BY licence ORDER BY rest DESC, ordinal) AS place
              FROM parts) p JOIN leftover o ON o.licence = p.licence""",
    "payees": "SELECT member, sum(amount) AS amount FROM lines GROUP BY member",
}
