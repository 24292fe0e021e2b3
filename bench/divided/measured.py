"""One way of dividing in a process of its own, and what it took: seconds, processor's seconds, memory.

The processor's time and the memory are those of the process and of all that it started (a Java machine, a
PostgreSQL). Memory is the peak of what was resident, looked at every hundredth of a second by the parent,
shared pages counted once (PSS).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from divided.month import Size

TICK = 0.02
OTHERS: list[int] = []
"""Processes that belong to the way though somebody else started them."""


@dataclass(slots=True)
class Case:
    """What a way is given: the data, where its lines go, and a clock: only what is within it counts."""

    folder: Path
    size: Size
    out: Path
    seconds: float = 0.0
    processor: float = 0.0
    parts: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def clock(self) -> Iterator[None]:
        print("begin", flush=True)
        began, used = time.perf_counter(), spent()
        yield
        self.seconds, self.processor = time.perf_counter() - began, spent() - used
        print("end", flush=True)

    def watch(self, process: int) -> None:
        """A process of another parent belongs to this way, too."""
        OTHERS.append(process)
        print(f"also {process}", flush=True)

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """The processor's time of one step within the clock."""
        used = time.process_time()
        yield
        self.parts[name] = round(self.parts.get(name, 0.0) + time.process_time() - used, 2)


def family(process: int) -> list[psutil.Process]:
    """The process, those it started, and the others."""
    found = []
    for first in (process, *OTHERS):
        with suppress(psutil.Error):
            one = psutil.Process(first)
            found += [one, *one.children(recursive=True)]
    return found


def spent() -> float:
    """Seconds of the processor that this process and its family have had."""
    told = 0.0
    for one in family(os.getpid()):
        with suppress(psutil.Error):
            times = one.cpu_times()
            told += times.user + times.system + times.children_user + times.children_system
    return told


@dataclass(frozen=True, slots=True)
class Took:
    """What a way needed; ``peak`` is bytes while the clock ran, of which ``before`` were there at first."""

    way: str
    seconds: float
    processor: float
    peak: int
    before: int
    parts: dict[str, float]


def apart(way: str, arguments: list[str]) -> Took:
    """Run one way in a child process and watch it."""
    script = str(Path(sys.argv[0]).resolve())
    child = subprocess.Popen(
        [sys.executable, script, "--child", way, *arguments], stdout=subprocess.PIPE, text=True
    )
    watch = _Watch(child.pid)
    watch.start()
    told: dict[str, Any] = {}
    assert child.stdout is not None
    for line in child.stdout:
        if line == "begin\n":
            watch.before = watch.now()
            watch.peak = watch.before
            watch.looking = True
        elif line == "end\n":
            watch.looking = False
        elif line.startswith("also "):
            OTHERS[:] = [int(line.split()[1])]
        elif line.startswith("{"):
            told = json.loads(line)
    watch.over = True
    if child.wait() or not told:
        raise SystemExit(f"{way} did not end well: {child.returncode}.")
    return Took(way, told["seconds"], told["processor"], watch.peak, watch.before, told["parts"])


class _Watch(threading.Thread):
    """Looks at the memory of a process and of those it started."""

    def __init__(self, process: int) -> None:
        super().__init__(daemon=True)
        self.process, self.peak, self.before = process, 0, 0
        self.looking = self.over = False

    def run(self) -> None:
        while not self.over:
            if self.looking:
                self.peak = max(self.peak, self.now())
            time.sleep(TICK)

    def now(self) -> int:
        """Bytes of PSS, this moment."""
        return sum(map(_pss, family(self.process)))


def _pss(one: psutil.Process) -> int:
    with suppress(OSError, psutil.Error, StopIteration, ValueError):
        rollup = Path(f"/proc/{one.pid}/smaps_rollup").read_text().splitlines()
        return int(next(line.split()[1] for line in rollup if line.startswith("Pss:"))) * 1024
    return 0


def report(case: Case) -> None:
    """The child's last line."""
    told = {"seconds": case.seconds, "processor": case.processor, "parts": case.parts}
    print(json.dumps(told), flush=True)
    sys.stdout.flush()
    os._exit(0)  # nothing more is asked of it: taking a gigabyte apart needs a second
