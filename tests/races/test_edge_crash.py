"""kill −9 an edge while it writes and delivers, many times: each number it gave arrives exactly once."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from quire.core.events import Event
from tests.edge.society import TinySociety, configure, tiny_society

pytestmark = pytest.mark.more

ROOT = Path(__file__).parents[2]
ROUNDS = 15

EDGE = """
import sys, threading
from pathlib import Path
from quire.edge import config
from quire.edge.courier import AskingPurse, Courier
from quire.edge.courier import Rhythm
from quire.edge.spool import Bounds, Spool
told = config.read(Path(sys.argv[1]))
spool = Spool(told.spool, Bounds(segment=20_000, interval=0.01))
courier = Courier(told, spool, AskingPurse(), lambda state: None, Rhythm(delivery=0.02))
courier.start()
out, lock = sys.stdout.buffer, threading.Lock()
def work(name):
    n = 0
    while True:
        n += 1
        request = f"{sys.argv[2]}-{name}-{n}"
        number = spool.record(host="paper.example", path="/n/1", outcome="admitted", request=request)
        with lock:
            out.write(f"{spool.lane.number} {number} {request}\\n".encode())
            out.flush()
for name in range(3):
    threading.Thread(target=work, args=(name,), daemon=True).start()
threading.Event().wait(float(sys.argv[3]))
courier.stop()
spool.close()
"""

FLUSH = """
import sys
from pathlib import Path
from quire.edge import config
from quire.edge.build import parts
parts(config.read(Path(sys.argv[1]))).edge.close()
"""


def run_and_kill(file: Path, turn: int, after: float) -> list[tuple[int, int, str]]:
    """Let an edge write for a while, kill it without a word, and say which numbers it had given out."""
    words = [sys.executable, "-c", EDGE, str(file), str(turn), "60"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdout is not None
        os.set_blocking(process.stdout.fileno(), False)
        data, until = b"", None
        while until is None or time.monotonic() < until:
            data += process.stdout.read(1 << 20) or b""
            if data and until is None:
                until = time.monotonic() + after
            assert process.poll() is None, "the edge ended by itself"
            time.sleep(0.001)
        process.send_signal(signal.SIGKILL)
        process.wait()
        os.set_blocking(process.stdout.fileno(), True)
        data += process.stdout.read()
    rows = [line.split(" ") for line in data.decode().splitlines(keepends=True) if line.endswith("\n")]
    return [(int(lane), int(number), request.rstrip()) for lane, number, request in rows]


def flush(file: Path) -> None:
    subprocess.run([sys.executable, "-c", FLUSH, str(file)], check=True, cwd=ROOT, timeout=120)


def arrived(society: TinySociety) -> list[Event]:
    return [one for one in society.all_events() if not one.kind]


def test_what_had_a_number_arrives_exactly_once(tmp_path: Path) -> None:
    rng = random.Random(20261121)
    given: list[tuple[int, int, str]] = []
    with tiny_society() as society:
        file = configure(tmp_path / "edge", society)
        for turn in range(ROUNDS):
            given += run_and_kill(file, turn, rng.uniform(0.0, 0.4))
        flush(file)
        found = arrived(society)
    assert len(given) > ROUNDS
    numbers = [one.number for one in found]
    assert numbers == list(range(1, len(numbers) + 1)), "each number once, none missing"
    assert len({spool for spool, _ in society.events}) == 1
    by_number = {one.number: one.request for one in found}
    assert len({number for _, number, _ in given}) == len(given), "no number is given twice"
    wrong = [(n, request) for _, n, request in given if by_number.get(n) != request]
    assert wrong == []
    # What had no number yet when it was killed may be there too: one for each thread of a round at most.
    assert len(found) - len(given) <= 3 * ROUNDS


def test_a_society_that_comes_and_goes_gets_everything_once(tmp_path: Path) -> None:
    """It refuses, breaks off after it has written, and is away; the edge is killed in between."""
    rng = random.Random(7)
    given: list[tuple[int, int, str]] = []

    with tiny_society() as society:
        from tests.edge.society import Refusing

        def moody(path: str) -> None:
            if path == "/usage/batches" and rng.random() < 0.5:
                raise Refusing(rng.choice([503, 500, 429]), {}, Retry_After="0")

        society.trouble = moody
        file = configure(tmp_path / "edge", society)
        for turn in range(5):
            given += run_and_kill(file, turn, rng.uniform(0.1, 0.5))
        society.trouble = lambda path: None
        flush(file)
        found = arrived(society)
    assert [one.number for one in found] == list(range(1, len(found) + 1))
    by_number = {one.number: one.request for one in found}
    assert all(by_number.get(number) == request for _, number, request in given)
