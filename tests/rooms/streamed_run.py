"""Freeze and allocate of 300,000 lines, in a process that is given little more memory than the evidence has.

    python -m tests.rooms.streamed_run streamed|whole FOLDER

``whole`` does as a run would that has its files in memory, and ends for want of it.
"""

from __future__ import annotations

import resource
import sys
from datetime import date
from pathlib import Path

import numpy as np

from quire.core import evidence, terms
from quire.core.distribution import (
    Counts,
    Evidence,
    Licence,
    Party,
    Pot,
    Subjects,
    divide_all,
    divide_each,
)
from quire.core.plan import Plan
from quire.society.distribution.store import Store

STARTS, ENDS = date(2026, 1, 1), date(2026, 2, 1)
WORKS, POTS, MEMBERS = 25_000, 12, 500
ROOM = 64 << 20
"""Bytes beyond what there is once the evidence is made; the file of the lines alone has 100 million."""
PLAN = """name = "per-usage"
[[share]]
label = "use"
portion = "100%"
key = "usage"
"""


def told() -> Evidence:
    """Every work used under each of twelve licences."""
    always = (terms.Span(date(2020, 1, 1), None),)
    parties = tuple(Party(f"pty_{place:026}", 1, always) for place in range(MEMBERS))
    answers = tuple(terms.Answer(one.id, None, "ai-train", True, date(2020, 1, 1), None) for one in parties)
    licences = (
        Licence(f"lic_{place:026}", f"pty_lab{place}", "blanket", ("ai-train",), STARTS, ENDS, "EUR", 0, {})
        for place in range(POTS)
    )
    pots = tuple(
        Pot(f"pot_{place:026}", one, STARTS, ENDS, 10**18 + place) for place, one in enumerate(licences)
    )
    works = np.arange(WORKS)
    names = [f"wrk_{place:026}" for place in range(WORKS)]
    subjects = Subjects(names, ["work"] * WORKS, works % MEMBERS, works * 0, ["standard"])
    cells = np.full(WORKS, terms.USES.index("ai-train"))
    counts = {
        pot.id: Counts(((STARTS, ENDS),), works, cells, works % (97 + place) + 1)
        for place, pot in enumerate(pots)
    }
    return Evidence(Plan.parse(PLAN), pots, parties, answers, (), subjects, counts)


def streamed(place: Store, found: Evidence) -> str:
    """As the stages do it."""
    frozen = place.save("run", "inputs", evidence.input_blocks(found, ()))
    again = evidence.read(place.load("run", "inputs", frozen))
    results = place.save("run", "results", evidence.result_blocks(again, divide_each(again)))
    return frozen + " " + results


def whole(place: Store, found: Evidence) -> str:
    """With every file in memory."""
    frozen = place.save("run", "inputs", evidence.input_files(found, ()))
    again = evidence.read(place.load("run", "inputs", frozen))
    results = place.save("run", "results", evidence.result_files(again, divide_all(again)))
    return frozen + " " + results


def data() -> int:
    """Bytes of private memory that this process has taken."""
    status = Path("/proc/self/status").read_text().splitlines()
    return int(next(line.split()[1] for line in status if line.startswith("VmData:"))) * 1024


def main(way: str, folder: str, limited: str) -> None:
    """Say the digests of both parts."""
    found = told()
    if limited == "limited":
        resource.setrlimit(resource.RLIMIT_DATA, (data() + ROOM, resource.RLIM_INFINITY))
    print({"streamed": streamed, "whole": whole}[way](Store(Path(folder)), found))


if __name__ == "__main__":
    main(*sys.argv[1:])
