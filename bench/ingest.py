"""Batches of edges, durably accepted over HTTP by one server process; beside COPY, and the disk itself.

    python bench/ingest.py [--events 1000000] [--lanes 4] [--runs 3]

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
from threading import Thread
from typing import Any

START = datetime(2026, 3, 1, tzinfo=UTC)
WORKS = 5_000
COLUMNS = ("n", "t", "host", "path", "outcome", "status", "size", "agent", "evidence", "licence", "licensee",
           "use", "jti", "request")  # fmt: skip
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


def send(port: int, lane: list[Batch]) -> None:
    """Every batch of a lane, one after the other, over one connection."""
    to = http.client.HTTPConnection("127.0.0.1", port)
    to.connect()
    to.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for batch in lane:
        headers = {"Authorization": batch.header, "Content-Encoding": "gzip",
                   "Content-Type": "application/x-ndjson"}  # fmt: skip
        to.request("POST", "/usage/batches", batch.body, headers)
        answer = to.getresponse()
        told = answer.read()
        if answer.status != 200 or json.loads(told) != {"through": batch.last}:
            print(f"The server answered {answer.status}: {told!r}", file=sys.stderr)
            os._exit(1)
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
def server() -> Iterator[int]:
    """One server process on a free port."""
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
        yield port
    finally:
        process.terminate()
        process.wait()


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    asked.add_argument("--events", type=int, default=1_000_000)
    asked.add_argument("--lanes", type=int, default=4)
    asked.add_argument("--runs", type=int, default=3)
    options = asked.parse_args()
    home = Path(tempfile.mkdtemp(prefix="quire-bench-", dir="/var/tmp"))
    home.chmod(0o755)  # the embedded PostgreSQL may run as another user
    os.environ |= {"QUIRE_HOME": str(home), "DJANGO_SETTINGS_MODULE": "quire.society.settings"}
    for name in ("DATABASE_URL", "QUIRE_OWNER_DATABASE_URL"):
        os.environ.pop(name, None)
    warnings.simplefilter("ignore")
    try:
        measure(home, options.events // options.lanes, options.lanes, options.runs)
    finally:
        from quire.society.kit import postgres

        postgres.stop()
        shutil.rmtree(home, ignore_errors=True)


def measure(home: Path, count: int, lanes: int, runs: int) -> None:
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
                with server() as port:
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


def show(size: int, total: int, packed: int, seconds: dict[str, list[float]]) -> None:
    """Events a second, and how many times Quire's that is."""
    rates = {name: total / statistics.median(took) for name, took in seconds.items()}
    print(f"\nbatches of {size:,}: {total:,} events, {packed / total:.0f} bytes each as sent")
    print("| way | events/s | Quire is |\n|---|---|---|")
    for name, rate in rates.items():
        ratio = "" if name == "Quire" else f"{rates['Quire'] / rate:.2f}×"
        print(f"| {name} | {rate:,.0f} | {ratio} |")


if __name__ == "__main__":
    main()
