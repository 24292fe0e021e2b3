"""Five million payees by largest remainder, beside a loop over Python's integers and beside doubles.

    python bench/allocation.py [--payees 5000000] [--runs 5] [--most 50000000]

One core. An amount of three hundred million to 10⁻¹², which no 64-bit integer holds, is divided among weights
as usage has them (many small, a few large):

- **allocate_arrays**: in columns of 64-bit integers, limb by limb; exact.
- **Python's integers**: the rule as it is written, by the same module's ``list_parts``, without numpy.
- **doubles, in columns**: amount × weight ÷ sum, cut to the quantum below, what is left over to the largest
  remainders, all in float64; how many rows are wrong, by how much, and what the sum is off by.

Each way runs in a process of its own. Then ``--most`` payees by ``allocate_arrays`` alone, with the peak of
its memory. Nothing is asserted but that the exact ways agree in every row and add up.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from quire.core.allocation import allocate_arrays, list_parts

AMOUNT = 300_000_001 * 10**12 + 7


def weights(payees: int) -> Any:
    """Requests by payee: Pareto's, from 1 to a million, the same for the same number."""
    drawn = np.random.default_rng(7).pareto(1.05, payees)
    return np.minimum(drawn * 3 + 1, 1_000_000).astype(np.int64)


def columns(given: Any) -> Any:
    """Ours."""
    return allocate_arrays(AMOUNT, given)


def integers(given: Any) -> Any:
    """The loop."""
    return list_parts(AMOUNT, given.tolist())


def doubles(given: Any) -> Any:
    """What a spreadsheet, or a data frame, would do."""
    exact = float(AMOUNT) * given / float(given.sum())
    parts = np.floor(exact)
    left_over = int(float(AMOUNT) - parts.sum())
    if left_over > 0:
        order = np.argsort(-(exact - parts), kind="stable")
        parts[order[:left_over]] += 1
    return parts.astype(np.int64)


WAYS: dict[str, Callable[[Any], Any]] = {"allocate_arrays": columns, "integers": integers, "doubles": doubles}


def child(way: str, payees: int) -> None:
    """One way once; what it took, and how it compares, as a line of JSON."""
    given = weights(payees)
    before = peak()
    wall, used = time.perf_counter(), time.process_time()
    found = WAYS[way](given)
    told: dict[str, Any] = {
        "wall": time.perf_counter() - wall,
        "processor": time.process_time() - used,
        "before": before,
        "peak": peak(),
        "off": sum(map(int, found)) - AMOUNT if way == "integers" else _sum(found) - AMOUNT,
    }
    if way != "allocate_arrays":
        differ = np.array(found, dtype=np.int64) - columns(given)
        told |= {"wrong": int(np.count_nonzero(differ)), "most": int(np.abs(differ).max())}
    print(json.dumps(told))


def _sum(found: Any) -> int:
    """Exactly, in two halves."""
    return (int((found >> 32).sum()) << 32) + int((found & 0xFFFFFFFF).sum())


def peak() -> int:
    """Bytes that were resident at most, so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def run(way: str, payees: int) -> dict[str, Any]:
    """One way in a process of its own, on one core."""
    command = [sys.executable, __file__, "--child", way, "--payees", str(payees)]
    found: dict[str, Any] = json.loads(
        subprocess.run(command, capture_output=True, check=True, text=True).stdout
    )
    return found


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("payees", 5_000_000), ("runs", 5), ("most", 50_000_000)):
        asked.add_argument(f"--{name}", type=int, default=default)
    asked.add_argument("--child", choices=list(WAYS), help=argparse.SUPPRESS)
    told = asked.parse_args()
    if told.child:
        child(told.child, told.payees)
        return
    print(f"{told.payees:,} payees, one core; medians of {told.runs}\n")
    print("| way | processor s | wall s | peak GiB | rows wrong | by at most | sum is off by |")
    print("|---|---|---|---|---|---|---|")
    first = 0.0
    for way in WAYS:
        runs = [run(way, told.payees) for _ in range(told.runs if way != "integers" else min(told.runs, 3))]
        first = show(way, runs, first)
    if told.most:
        one = run("allocate_arrays", told.most)
        print(
            f"\n{told.most:,} payees by allocate_arrays: {one['processor']:.1f} s of the processor, "
            f"{one['wall']:.1f} s, at most {one['peak'] / 2**30:.2f} GiB resident (making the weights took "
            f"{one['before'] / 2**30:.2f}); the sum is off by {one['off']}."
        )
        assert one["off"] == 0


def show(way: str, runs: list[dict[str, Any]], first: float) -> float:
    """A row of the table; the processor's seconds of the first way."""
    used = statistics.median(one["processor"] for one in runs)
    wall = statistics.median(one["wall"] for one in runs)
    one = runs[0]
    beside = f" ({used / first:.1f}×)" if first else ""
    wrong, most = one.get("wrong", 0), one.get("most", 0)
    if way != "doubles":
        assert one["off"] == wrong == 0, "the exact ways differ"
    peaks = max(one["peak"] for one in runs) / 2**30
    print(
        f"| {way} | {used:.2f}{beside} | {wall:.2f} | {peaks:.2f} | {wrong:,} | {most:,} | {one['off']:,} |"
    )
    return first or used


if __name__ == "__main__":
    main()
