"""A hundred million events in Parquet to exact lines per licence, work and member, beside other ways.

    python bench/distribution.py [--events 1000000 10000000 100000000] [--only quire bare …] [--runs 3]
                                 [--folder PLACE] [--plot bench/distribution.svg]

Every way reads the same Parquet files of the lake's own columns (in PostgreSQL, the same rows loaded before)
and runs in a process of its own, two threads at most:

- **quire**: the lake's measure in DuckDB, then the core: mandates judged, each licence's pot divided by
  largest remainder to 10⁻¹², one line for each work used under it, summed per member. The register of works
  is in memory before the clock starts, as it is for the others.
- **bare**: DuckDB's group-by of the same keys, and nothing more: no register, no mandate, no money.
- **duckdb**, **chdb**, **postgres**, **spark**: the same run written wholly in SQL (``divided/sql.py``).
- **loop**: event by event in plain Python with floats, as the texts have it; up to ten million events.

Each way's lines are compared, row by row, with ours. Printed are the processor's seconds and the wall's (on a
machine that does other things, read the former), the peak of memory, and the ratio to the bare group-by, run
by run beside it; the median of the runs. With several sizes the cost per event goes into a plot.

``chdb`` and ``spark`` need ``pip install -e '.[bench]'``, and Spark a Java machine.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import duckdb
from divided import loop, measured, ours, plot, spark, sql
from divided.measured import Case, Took
from divided.month import Size, events, register

WAYS: Mapping[str, Callable[[Case], None]] = {
    "quire": ours.divide,
    "bare": sql.bare,
    "duckdb": sql.in_duckdb,
    "chdb": sql.in_chdb,
    "postgres": sql.in_postgres,
    "spark": spark.in_spark,
    "loop": loop.loop,
}
MOST = {"postgres": 10_000_000, "loop": 10_000_000}
"""More events than this are not tried unless the way is named with ``--only``."""


def arguments() -> argparse.Namespace:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--events", type=int, nargs="+", default=[1_000_000, 10_000_000, 100_000_000])
    for name, default in (("works", 1_000_000), ("members", 50_000), ("licences", 12), ("runs", 3)):
        asked.add_argument(f"--{name}", type=int, default=default)
    asked.add_argument("--only", nargs="+", choices=list(WAYS))
    asked.add_argument("--folder", type=Path, help="keep the data here for the next time")
    asked.add_argument("--plot", type=Path, help="write the cost per event here, as SVG")
    asked.add_argument("--child", choices=list(WAYS), help=argparse.SUPPRESS)
    asked.add_argument("--out", type=Path, help=argparse.SUPPRESS)
    return asked.parse_args()


def main() -> None:
    """Measure and print, or be the child that runs one way."""
    told = arguments()
    if told.child:
        case = Case(told.folder, _size(told, told.events[0]), told.out)
        WAYS[told.child](case)
        measured.report(case)
    elif told.folder:
        measure(told, told.folder)
    else:
        with tempfile.TemporaryDirectory() as folder:
            measure(told, Path(folder))


def _size(told: argparse.Namespace, count: int) -> Size:
    return Size(count, told.works, told.members, told.licences)


def measure(told: argparse.Namespace, folder: Path) -> None:
    """Every size, a table each."""
    lines: dict[str, list[tuple[float, float]]] = {}
    for count in sorted(told.events):
        size, place = _size(told, count), folder / str(count)
        events(place, size)
        register(place, size)
        ways = told.only or [way for way in WAYS if count <= MOST.get(way, count)]
        took = {way: [] for way in ways}
        for _ in range(told.runs):
            for way in ways:
                took[way].append(run(way, place, size))
        for way, median in show(place, size, took).items():
            lines.setdefault(way, []).append((count, median / count * 1e9))
    if told.plot:
        lines.pop("loop", None)
        plot.write(told.plot, "The processor's time per event", "events", "nanoseconds per event", lines)


def run(way: str, place: Path, size: Size) -> Took:
    """One way, once."""
    given = {"events": size.events, "works": size.works, "members": size.members, "licences": size.licences}
    options = [f"--{name}={value}" for name, value in given.items()]
    _out(place, way).unlink(missing_ok=True)
    return measured.apart(way, [*options, f"--folder={place}", f"--out={_out(place, way)}"])


def _out(place: Path, way: str) -> Path:
    return place / f"lines-{way}.parquet"


def show(place: Path, size: Size, took: Mapping[str, list[Took]]) -> dict[str, float]:
    """Print the table of a size; the median of the processor's seconds by way."""
    print(
        f"\n{size.events:,} events, {size.works:,} works, {size.members:,} members, {size.licences} licences"
    )
    print("| way | processor s | wall s | beside the bare group-by | peak GiB | lines |")
    print("|---|---|---|---|---|---|")
    medians = {}
    for way, runs in took.items():
        medians[way] = statistics.median(one.processor for one in runs)
        wall = statistics.median(one.seconds for one in runs)
        beside = "–"
        if "bare" in took:
            pairs = zip(runs, took["bare"], strict=True)
            beside = f"{statistics.median(one.processor / other.processor for one, other in pairs):.2f}×"
        peak = max(one.peak for one in runs) / 2**30
        print(
            f"| {way} | {medians[way]:.2f} | {wall:.2f} | {beside} | {peak:.2f} | {compared(place, way)} |",
            flush=True,
        )
    for way, runs in took.items():
        if runs[-1].parts:
            print(f"  {way}, processor s: {runs[-1].parts}; {runs[-1].before / 2**30:.2f} GiB before")
    return medians


def compared(place: Path, way: str) -> str:
    """How a way's lines differ from ours, row by row."""
    mine, theirs = _out(place, "quire"), _out(place, way)
    if not theirs.exists():
        return "–"
    with duckdb.connect() as db:
        ((count,),) = db.execute(f"SELECT count(*) FROM '{theirs}'").fetchall()
        told = f"{count:,}"
        if way == "quire" or not mine.exists():
            return told
        ((differ, most),) = db.execute(
            f"""SELECT count(*), coalesce(max(abs(a.amount::HUGEINT - b.amount::HUGEINT))::VARCHAR, '?')
            FROM '{mine}' a FULL JOIN '{theirs}' b USING (licence, ordinal, member)
            WHERE a.amount::HUGEINT IS DISTINCT FROM b.amount::HUGEINT"""
        ).fetchall()
    return f"{told}, all the same" if not differ else f"{told}, **{differ:,} differ**, by up to {most} quanta"


if __name__ == "__main__":
    main()
