"""Batches of edges, durably accepted over HTTP by one server process; beside COPY, and the disk itself.

    python bench/ingest.py [--events 1000000] [--lanes 4] [--runs 3] [--seconds 40]

The same events, cut into batches of 1,000 and of 10,000, each packed by gzip and signed as an edge does it
before the clock starts:

- **Quire**: `quire serve` (granian, one worker), one connection for each lane of the edge, each waiting for
  its answer before it sends the next batch. Every answer is 200; what was accepted is counted afterwards.
- **COPY**: the same rows into one plain table of the embedded PostgreSQL, fsync on, over one connection, each
  batch a transaction; the rows are text in COPY's own form before the clock starts. No index, no check.
- **Append**: to one file for each lane, by as many threads, each batch followed by fdatasync: the packed
  bytes as sent, and the lines unpacked.

Then compaction: the accepted events to rows of the lake, by one process; by the clock, and by the processor's
time of that process, which says what one core does when nothing else wants it. Medians of the runs. Nothing
is asserted here but that every event arrived once.

Then **both at once**: the edges send as fast as they are answered, and `quire edges compact --every 1` counts
beside the server, on the same cores. What waits is looked at four times a second, and the edges hold back
while it is more than `HELD_BACK` events, long before the server itself would answer 503: so the rate at the
end is one that compaction keeps up with for as long as anybody likes. The clock runs from the first chunk
counted. The bodies are the same in every round, in spools of their own.
"""

from __future__ import annotations

import argparse
import gzip
import http.client
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from threading import Event, Thread
from typing import Any

START = datetime(2026, 3, 1, tzinfo=UTC)
WORKS = 5_000
COLUMNS = ("n", "t", "host", "path", "outcome", "status", "size", "agent", "evidence", "licence", "licensee",
           "use", "jti", "request")  # fmt: skip
HELD_BACK = 3_000_000
MONTH = 30 * 86_400
_CORE = "compaction, by processor time"


@dataclass(frozen=True)
class Batch:
    """Numbers [first, last] of a lane: the signed header, the packed body, and its rows as COPY has them."""

    first: int
    last: int
    header: str
    body: bytes
    rows: bytes


def events(lane: int, count: int, licence: str, licensee: str) -> Iterator[tuple[str, ...]]:
    """The values of a lane's events: one licensed crawler, works Zipf-like, a token for 300 requests."""
    dice = Random(lane)
    for n in range(1, count + 1):
        path = f"/works/{int(WORKS ** dice.random())}"
        when = (START + timedelta(milliseconds=n * 20)).isoformat(timespec="microseconds")[:26] + "Z"
        yield (str(n), when, "paper.example", path, "admitted", "200", str(dice.randrange(90_000)), "GPTBot",
               "token+signature", licence, licensee, "ai-train", f"{lane}-{n // 300:028}",
               f"{dice.getrandbits(128):032x}")  # fmt: skip


def line(values: tuple[str, ...]) -> str:
    """An event as an edge writes it."""
    told = (v if c in ("n", "status", "size") else f'"{v}"' for c, v in zip(COLUMNS, values, strict=True))
    return "{" + ",".join(f'"{c}":{v}' for c, v in zip(COLUMNS, told, strict=True)) + "}\n"


def batches(edge: Any, spool: str, lane: int, count: int, size: int, token: tuple[str, str]) -> list[Batch]:
    """A lane's events, packed and signed."""
    from quire.core import edge_auth
    from quire.core.tokens import SigningKey

    key, made, waiting = SigningKey.from_jwk(edge.private_jwk), [], list[tuple[str, ...]]()
    for values in events(lane, count, *token):
        waiting.append(values)
        if len(waiting) == size:
            body = gzip.compress("".join(map(line, waiting)).encode(), 5, mtime=0)
            first, last = int(waiting[0][0]), int(waiting[-1][0])
            header = edge_auth.sign_batch(key, edge.tid, spool, lane, first, last, body, datetime.now(UTC))
            rows = "".join("\t".join(one) + "\n" for one in waiting).encode()
            made.append(Batch(first, last, header, body, rows))
            waiting = []
    return made


def together(work: list[Callable[[], None]]) -> float:
    """Seconds until all of it is done, a thread for each."""
    threads = [Thread(target=one) for one in work]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - began


def send(port: int, lane: list[Batch], told: Callable[[Batch], bool] = lambda batch: True) -> None:
    """Every batch of a lane, one after the other, over one connection, as long as ``told`` says go on."""
    to = http.client.HTTPConnection("127.0.0.1", port)
    to.connect()
    to.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for batch in lane:
        headers = {"Authorization": batch.header, "Content-Encoding": "gzip",
                   "Content-Type": "application/x-ndjson"}  # fmt: skip
        to.request("POST", "/usage/batches", batch.body, headers)
        answer = to.getresponse()
        said = answer.read()
        if answer.status != 200 or json.loads(said) != {"through": batch.last}:
            print(f"The server answered {answer.status}: {said!r}", file=sys.stderr)
            os._exit(1)
        if not told(batch):
            break
    to.close()


def append(path: Path, bodies: list[bytes]) -> None:
    """The same bytes, and nothing else."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for body in bodies:
        os.write(handle, body)
        os.fdatasync(handle)
    os.close(handle)


def copy(db: Any, lanes: list[list[Batch]]) -> float:
    """Seconds for the rows of all lanes, batch by batch."""
    kinds = {"n": "bigint", "t": "timestamptz", "status": "smallint", "size": "bigint"}
    columns = ", ".join(f'"{name}" {kinds.get(name, "text")}' for name in COLUMNS)
    db.execute("DROP TABLE IF EXISTS bench_events")
    db.execute(f"CREATE TABLE bench_events ({columns})")
    began = time.perf_counter()
    for lane in lanes:
        for batch in lane:
            with db.cursor() as run, run.copy("COPY bench_events FROM STDIN") as stream:
                stream.write(batch.rows)
    return time.perf_counter() - began


def prepare() -> tuple[Any, tuple[str, str]]:
    """A member with a site and works, a lab with a licence, and an edge."""
    from django.core.management import call_command

    call_command("migrate", database="owner", verbosity=0)
    from quire.society.licensing import actions as licensing
    from quire.society.licensing import queries
    from quire.society.membership import actions as membership
    from quire.society.parties import actions as parties
    from quire.society.parties.models import RoleGrant, User
    from quire.society.repertoire import actions as repertoire
    from quire.society.usage import actions as usage

    user = User.objects.create_user("bench")
    RoleGrant.objects.create(user=user, role="operator")
    membership.adopt_default_criteria()
    parties.register_party(code="paper", name="The paper", kind="newspaper")
    parties.register_party(code="lab", name="The lab", kind="lab")
    shown = {"works": "100", "authority": "20", "quality": "60", "good_standing": "yes"}
    membership.apply(party="paper", shown=shown, on=START.date().replace(month=1))
    repertoire.register_site(code="paper", host="paper.example", owner="paper", by=user)
    licensing.grant_licence(
        code="lab-2026", licensee="lab", operators=["OpenAI"], kind="per-request", uses=["ai-train"],
        starts=START.date().replace(month=1), ends=START.date().replace(year=2027), currency="EUR",
        prices={"*": "0.01"}, by=user,
    )  # fmt: skip
    row = queries.licence("lab-2026")
    return usage.register_edge(site="paper", name="bench", by=user), (row.tid, row.licensee_tid)


@contextmanager
def server() -> Iterator[tuple[int, int]]:
    """One server process on a free port: (port, process id)."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [sys.executable, "-W", "ignore", "-m", "quire.cli", "serve", "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                time.sleep(0.1)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait()


@contextmanager
def service() -> Iterator[subprocess.Popen[bytes]]:
    """Compaction as a society runs it."""
    command = [sys.executable, "-W", "ignore", "-m", "quire.cli", "edges", "compact", "--every", "1"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def again(edge: Any, lanes: list[list[Batch]], size: int, rounds: int) -> list[list[Batch]]:
    """The same bodies as of so many more spools of each lane, signed for them."""
    from quire.core import edge_auth
    from quire.core.tokens import SigningKey

    key = SigningKey.from_jwk(edge.private_jwk)

    def signed(batch: Batch, spool: str, lane: int) -> Batch:
        now = datetime.now(UTC)
        header = edge_auth.sign_batch(key, edge.tid, spool, lane, batch.first, batch.last, batch.body, now)
        return Batch(batch.first, batch.last, header, batch.body, b"")

    return [
        [signed(batch, f"bb{size:06x}{turn:04x}{lane:04x}", lane) for turn in range(rounds) for batch in one]
        for lane, one in enumerate(lanes)
    ]


@dataclass
class Both:
    """What acceptance and compaction did at once. ``waited`` are events, one for each look."""

    seconds: float
    accepted: int
    counted: int
    waited: list[int]
    cores: dict[str, float]
    drained: float


def counted() -> int:
    """Events compacted, of everybody."""
    from django.db.models import Sum

    from quire.society.usage.models import Spool

    return int(Spool.objects.aggregate(all=Sum("record__line"))["all"] or 0)


def busy(process: int) -> float:
    """Seconds of processor time of a process and its children; of this one alone."""
    import psutil

    one = psutil.Process(process)
    family = [one] if process == os.getpid() else [one, *one.children(recursive=True)]
    return float(sum(sum(each.cpu_times()[:2]) for each in family))


def both(lanes: list[list[Batch]], seconds: float) -> Both:
    """Accept and compact at once for so long; then wait until everything is counted, once."""
    before, sent, go, over = counted(), [0] * len(lanes), Event(), Event()

    def told(lane: int, batch: Batch) -> bool:
        sent[lane] += batch.last - batch.first + 1
        go.wait()
        return not over.is_set()

    def look() -> int:
        """Events that wait now. Too many: nobody sends."""
        waiting = sum(sent) - (counted() - before)
        (go.clear if waiting > HELD_BACK else go.set)()
        return waiting

    go.set()
    with server() as (port, serving), service() as compaction:
        ours, waited = {"server": serving, "compaction": compaction.pid, "edges": os.getpid()}, list[int]()
        jobs = [
            Thread(target=send, args=(port, one, lambda batch, lane=lane: told(lane, batch)))
            for lane, one in enumerate(lanes)
        ]
        for job in jobs:
            job.start()
        while counted() == before:
            look()
            time.sleep(0.1)
        began, used = time.perf_counter(), {name: busy(pid) for name, pid in ours.items()}
        first = (sum(sent), counted())
        while time.perf_counter() - began < seconds and any(job.is_alive() for job in jobs):
            waited.append(look())
            time.sleep(0.25)
        took, last = time.perf_counter() - began, (sum(sent), counted())
        cores = {name: (busy(pid) - used[name]) / took for name, pid in ours.items()}
        over.set()
        go.set()
        for job in jobs:
            job.join()
        ended = time.perf_counter()
        while counted() - before < sum(sent):
            assert compaction.poll() is None, "compaction has ended"
            time.sleep(0.1)
    assert counted() - before == sum(sent)
    return Both(took, last[0] - first[0], last[1] - first[1], waited, cores, time.perf_counter() - ended)


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    asked.add_argument("--events", type=int, default=1_000_000)
    asked.add_argument("--lanes", type=int, default=4)
    asked.add_argument("--runs", type=int, default=3)
    asked.add_argument("--seconds", type=float, default=40.0)
    options = asked.parse_args()
    home = Path(tempfile.mkdtemp(prefix="quire-bench-", dir="/var/tmp"))
    home.chmod(0o755)  # the embedded PostgreSQL may run as another user
    os.environ |= {"QUIRE_HOME": str(home), "DJANGO_SETTINGS_MODULE": "quire.society.settings"}
    for name in ("DATABASE_URL", "QUIRE_OWNER_DATABASE_URL"):
        os.environ.pop(name, None)
    warnings.simplefilter("ignore")
    try:
        measure(home, options.events // options.lanes, options.lanes, options.runs, options.seconds)
    finally:
        from quire.society.kit import postgres

        postgres.stop()
        shutil.rmtree(home, ignore_errors=True)


def measure(home: Path, count: int, lanes: int, runs: int, long: float) -> None:
    """Everything, with batches of both sizes."""
    import django

    django.setup()
    import psycopg

    from quire.society.kit import postgres
    from quire.society.usage import actions

    edge, token = prepare()
    where = postgres.start()
    total = count * lanes
    with psycopg.connect(
        host=where["host"], port=where["port"], dbname="postgres", user="postgres", autocommit=True
    ) as db:
        for size in (1_000, 10_000):
            names = ("Quire", "COPY", "append, as sent", "append, unpacked", "compaction", _CORE)
            seconds: dict[str, list[float]] = {name: [] for name in names}
            for turn in range(runs):
                spools = [f"{size:08x}{turn:04x}{lane:04x}" for lane in range(lanes)]
                every = [batches(edge, spools[lane], lane, count, size, token) for lane in range(lanes)]
                with server() as (port, _):
                    send(port, batches(edge, f"aa{spools[0]}", 0, size, size, token))  # wakes it up
                    seconds["Quire"].append(together([lambda one=one: send(port, one) for one in every]))
                for name, bodies in (
                    ("append, as sent", [[b.body for b in one] for one in every]),
                    ("append, unpacked", [[gzip.decompress(b.body) for b in one] for one in every]),
                ):
                    files = [home / f"{spool}.bare" for spool in spools]
                    jobs = [lambda f=f, one=one: append(f, one) for f, one in zip(files, bodies, strict=True)]
                    seconds[name].append(together(jobs))
                    for file in files:
                        file.unlink()
                seconds["COPY"].append(copy(db, every))
                began, used = time.perf_counter(), time.process_time()
                told = actions.compact()
                seconds["compaction"].append(time.perf_counter() - began)
                seconds[_CORE].append(time.process_time() - used)
                assert told.events == total + size, told
                assert told.tallies["usage"].lines == told.events, told
                packed = sum(len(batch.body) for lane in every for batch in lane)
            show(size, total, packed, seconds)
            rounds = int(long * 1_000_000 / total) + 1  # more than are sent
            show_both(both(again(edge, every, size, rounds), long), packed / total)


def show(size: int, total: int, packed: int, seconds: dict[str, list[float]]) -> None:
    """Events a second, and how many times Quire's that is."""
    rates = {name: total / statistics.median(took) for name, took in seconds.items()}
    print(f"\nbatches of {size:,}: {total:,} events, {packed / total:.0f} bytes each as sent")
    print("| way | events/s | Quire is |\n|---|---|---|")
    for name, rate in rates.items():
        ratio = "" if name == "Quire" else f"{rates['Quire'] / rate:.2f}×"
        print(f"| {name} | {rate:,.0f} | {ratio} |")


def show_both(found: Both, packed: float) -> None:
    """The rate that lasts, and what waited meanwhile; ``packed`` is the bytes of an event as sent."""
    from quire.society.usage.acceptance.door import MOST_WAITING

    rate, waits = found.counted / found.seconds, found.waited
    print(
        f"\naccepted and compacted at once for {found.seconds:.0f} s, held back above {HELD_BACK:,} waiting"
    )
    print("| accepted/s | compacted/s | × 10¹⁰ a month | waiting at half time | at the end | at most |")
    print("|---|---|---|---|---|---|")
    print(
        f"| {found.accepted / found.seconds:,.0f} | {rate:,.0f} | {rate * MONTH / 1e10:.0f}× "
        f"| {waits[len(waits) // 2]:,} | {waits[-1]:,} | {max(waits):,} |"
    )
    share = max(waits) * packed / MOST_WAITING
    cores = ", ".join(f"{name} {used:.2f}" for name, used in found.cores.items())
    print(
        f"At most {share:.1%} of what the server lets wait; counted {found.drained:.1f} s after the last was"
    )
    print(f"sent. Cores used: {cores}.")


if __name__ == "__main__":
    main()
