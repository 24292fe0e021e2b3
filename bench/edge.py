"""The edge's decisions beside the texts' design, in which the site asks a server about each request.

    python bench/edge.py [--requests 4000] [--seconds 1.0]

Two tables.

- **Decisions in one process, a second**: a token seen before, at paths all different (warm); tokens never
seen
  before (cold); the same with each decision written to the spool; people; forged tokens. Beside them the
  texts' way: a call to a licence server for each request, over one kept-open connection of the standard
  library's own client, to a real HTTP server here that answers at once, and after 20 ms, as one far away
  would.
- **Added latency**: a page of 8 KB from a Starlette site under granian, asked for one request after another
over
  one connection: the site alone; behind the ASGI middleware, every request let in by a warm token and on
  record in the spool; and the same site calling the licence server for each request (raw sockets kept open,
  nothing parsed but the status: faster than any HTTP library).

Printed are medians of five runs and ratios. Nothing is asserted but that the answers are right.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import http.client
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request as Asked
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from quire.core import licence_token
from quire.core.agents import book_of
from quire.core.licence_token import Claims
from quire.core.site import Rule, SiteTerms, Society
from quire.core.tokens import KeySet, SigningKey
from quire.edge.asgi import QuireMiddleware
from quire.edge.door import Edge
from quire.edge.gate import Gate
from quire.edge.policy import State
from quire.edge.request import Request
from quire.edge.spool import Spool

HOST, SERVER = "news.example", "https://letters.example/olp"
AGENT = "Mozilla/5.0 (compatible; GPTBot/1.2; +https://openai.com/gptbot)"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PAGE = b"<p>A page of eight kilobytes.</p>" * 248
FOLDER, DELAY, CENTRAL = "QUIRE_BENCH_FOLDER", "QUIRE_BENCH_DELAY", "QUIRE_BENCH_CENTRAL"
RUNS = 5
NEAR, FAR = "calling the licence server, at once", "calling the licence server, 20 ms away"


def state(key: SigningKey) -> State:
    """A site with forty rules and a book of three agents."""
    issued = datetime.now(UTC).replace(microsecond=0)
    rules = [Rule("/", ("ai-train", "ai-input"))]
    rules += [Rule(f"/part-{number}/", ("ai-train",)) for number in range(39)]
    site = SiteTerms(
        society=Society("Letters", "https://letters.example", "https://letters.example/licences"),
        server=SERVER,
        site="sit_1",
        hosts=(HOST,),
        rightsholder="The News",
        issued=issued,
        expires=issued + timedelta(days=7),
        rules=tuple(rules),
    )
    names = ("GPTBot", "ClaudeBot", "CCBot")
    agents = book_of([{"name": name, "operator": name, "use": "ai-train"} for name in names])
    return State(site, {SERVER: KeySet.of(key.public_jwk())}, agents, heard=time.time())


def token(key: SigningKey, number: int = 1) -> str:
    """A licence token that is good for ten minutes."""
    now = int(time.time())
    claims = Claims(
        iss=SERVER,
        sub="cli_1",
        aud=(f"https://{HOST}",),
        iat=now,
        exp=now + 600,
        jti=f"tok_{number}",
        licence="lic_1",
        licensee="pty_lab",
        uses=("ai-train", "ai-input"),
    )
    return licence_token.issue(claims, key)


def request(number: int, licence: str | None, agent: str = AGENT) -> Request:
    """One of many requests, each for a page of its own among ten thousand."""
    headers = {"host": HOST, "user-agent": agent, "accept": "*/*", "accept-encoding": "gzip, br"}
    if licence is not None:
        headers["authorization"] = f"License {licence}"
    path = f"/part-{number % 50}/story-{number % 10_000}.html"
    return Request("GET", HOST, path, headers, time.time(), "192.0.2.7")


# ── decisions in one process ──


def rate(
    each: Callable[[Any], object],
    given: list[Any],
    seconds: float,
    clock: Callable[[], float] = time.process_time,
) -> float:
    """Calls a second: whole passes through ``given`` until ``seconds`` are over; once if it must not repeat.

    The processor's time, so that what else the machine does is left out; a call to a server takes the wall's.
    """
    began, done = clock(), 0
    while True:
        for one in given:
            each(one)
        done += len(given)
        took = clock() - began
        if took >= seconds or seconds == 0:
            return done / took


def median_rate(each: Callable[[], tuple[Callable[[Any], object], list[Any], float]]) -> float:
    """The median of the runs, each on new ground."""
    return statistics.median(rate(*each()) for _ in range(RUNS))


def decisions(key: SigningKey, seconds: float, folder: Path) -> list[tuple[str, float]]:
    """Each way of deciding, and how many it decides in a second."""
    warm = token(key)
    known = [request(number, warm) for number in range(20_000)]
    fresh = [[request(n, token(key, n + run * 5000)) for n in range(5000)] for run in range(RUNS)]
    signed = [one.headers["authorization"].rpartition(".") for one in fresh[0]]
    pairs = zip(signed, [*signed[1:], signed[0]], strict=True)
    forged = [request(n, f"{mine[0][8:]}.{other[2]}") for n, (mine, other) in enumerate(pairs)]
    paths = [request(number, warm) for number in range(60_000)]
    for number, one in enumerate(paths):
        one.path = f"/part-{number % 50}/another-{number}.html"
    people = [request(number, None, BROWSER) for number in range(20_000)]
    now = state(key)
    runs = iter(fresh)
    spool = Spool(folder / "decisions")
    edge = Edge(Gate(now), spool)

    def recorded(one: Request) -> None:
        edge.judge(one).record(200, 8192)

    assert Gate(now).decide(known[0]).outcome == "admitted"
    assert Gate(now).decide(forged[0]).outcome == "refused"
    found = [
        ("warm token", median_rate(lambda: (Gate(now).decide, known, seconds))),
        ("warm token, each path another", median_rate(lambda: (Gate(now).decide, paths, 0))),
        ("a person", median_rate(lambda: (Gate(now).decide, people, seconds))),
        ("warm token, on record in the spool", median_rate(lambda: (recorded, known, seconds))),
        ("cold token, never seen before", median_rate(lambda: (Gate(now).decide, next(runs), 0))),
        ("forged token, each another", median_rate(lambda: (Gate(now).decide, forged, 0))),
    ]
    edge.close()
    return found


def called(port: int, licence: str, seconds: float) -> float:
    """Decisions a second by calling the licence server for each, one connection kept open."""
    connection = http.client.HTTPConnection("127.0.0.1", port)

    def ask(_: int) -> None:
        connection.request("POST", "/introspect", body=licence)
        answer = connection.getresponse()
        assert json.loads(answer.read())["active"] is True

    found = statistics.median(rate(ask, list(range(50)), seconds, time.perf_counter) for _ in range(RUNS))
    connection.close()
    return found


# ── the applications that granian serves, each in a process of its own ──


async def page(asked: Asked) -> Response:
    """The site's page."""
    return Response(PAGE, media_type="text/html")


def bare() -> Any:
    """The site alone."""
    return Starlette(routes=[Route("/{path:path}", page)])


def behind_quire() -> Any:
    """The site behind the middleware."""
    folder = Path(os.environ[FOLDER])
    key = SigningKey.from_jwk(json.loads((folder / "key.json").read_text()))
    return QuireMiddleware(bare(), edge=Edge(Gate(state(key)), Spool(folder / "spool")))


def behind_central() -> Any:
    """The site as the texts have it: each request waits for the licence server's yes."""
    site, port = bare(), int(os.environ[CENTRAL])
    idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            licence = dict(scope["headers"])[b"authorization"].removeprefix(b"License ")
            reader, writer = idle.pop() if idle else await asyncio.open_connection("127.0.0.1", port)
            length = str(len(licence)).encode()
            head = b"POST /introspect HTTP/1.1\r\nhost: central\r\ncontent-length: " + length
            writer.write(head + b"\r\n\r\n" + licence)
            told = await reader.readuntil(b"\r\n\r\n")
            size = int(told.lower().partition(b"content-length: ")[2].partition(b"\r")[0])
            answer = json.loads(await reader.readexactly(size))
            idle.append((reader, writer))
            assert answer["active"] is True
        await site(scope, receive, send)

    return application


def central() -> Any:
    """The licence server: reads the token, answers after ``DELAY`` milliseconds."""
    folder, delay = Path(os.environ[FOLDER]), int(os.environ[DELAY]) / 1000
    key = SigningKey.from_jwk(json.loads((folder / "key.json").read_text()))
    keys, seen = KeySet.of(key.public_jwk()), {}

    async def introspect(asked: Asked) -> Response:
        text = (await asked.body()).decode()
        claims = seen[text] = seen.get(text) or licence_token.read(text, keys)
        if delay:
            await asyncio.sleep(delay)
        return JSONResponse({"active": claims.exp > time.time(), "scope": " ".join(claims.uses)})

    return Starlette(routes=[Route("/introspect", introspect, methods=["POST"])])


@contextlib.contextmanager
def served(name: str, folder: Path, **settings: Any) -> Iterator[int]:
    """The port of one of the applications above, under granian with one worker."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    env = {**os.environ, FOLDER: str(folder), **{key: str(value) for key, value in settings.items()}}
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--factory", "--port", str(port)]
    command += ["--no-log", "--working-dir", str(Path(__file__).parent), f"edge:{name}"]
    with subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL) as process:
        try:
            for _ in range(200):
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                    break
                time.sleep(0.05)
            yield port
        finally:
            process.terminate()


def latencies(port: int, licence: str, requests: int) -> list[float]:
    """Seconds that each of so many requests took, one after another over one connection, sorted."""
    found = []
    with socket.create_connection(("127.0.0.1", port)) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for number in range(-200, requests):
            told = f"GET /part-{number % 50}/story-{number % 10_000}.html HTTP/1.1\r\nhost: {HOST}\r\n"
            told += f"user-agent: {AGENT}\r\nauthorization: License {licence}\r\n\r\n"
            began = time.perf_counter()
            line.sendall(told.encode())
            got = b""
            while b"\r\n\r\n" not in got or len(got) < got.index(b"\r\n\r\n") + 4 + len(PAGE):
                got += line.recv(65536)
            if number >= 0:
                found.append(time.perf_counter() - began)
            assert got.startswith(b"HTTP/1.1 200")
    return sorted(found)


Times = dict[str, tuple[float, float]]


def measured(ports: dict[str, int], licence: str, requests: int) -> Times:
    """Of each site the median and the 99th percentile in microseconds, each the median of the runs.

    The sites take turns, so that what else the machine does meets all of them.
    """
    runs: dict[str, list[list[float]]] = {name: [] for name in ports}
    for _ in range(RUNS):
        for name, port in ports.items():
            many = requests // 20 if name == FAR else requests
            runs[name].append(latencies(port, licence, many))
    return {name: (_typical(found, 0.5), _typical(found, 0.99)) for name, found in runs.items()}


def _typical(runs: list[list[float]], quantile: float) -> float:
    return statistics.median(run[int(len(run) * quantile)] for run in runs) * 1e6


def main() -> None:
    """Measure and print both tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--requests", type=int, default=4000)
    parser.add_argument("--seconds", type=float, default=1.0)
    asked = parser.parse_args()
    key = SigningKey.generate()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "key.json").write_text(json.dumps(key.private_jwk()))
        run(key, folder, asked.requests, asked.seconds)


def run(key: SigningKey, folder: Path, requests: int, seconds: float) -> None:
    """Both tables."""
    licence = token(key)
    rows = decisions(key, seconds, folder)
    with contextlib.ExitStack() as stack:
        near = stack.enter_context(served("central", folder, **{DELAY: 0}))
        far = stack.enter_context(served("central", folder, **{DELAY: 20}))
        rows += [(NEAR, called(near, licence, seconds)), (FAR, called(far, licence, seconds))]
        ports = {
            "the site alone": stack.enter_context(served("bare", folder)),
            "behind Quire": stack.enter_context(served("behind_quire", folder)),
            NEAR: stack.enter_context(served("behind_central", folder, **{CENTRAL: near})),
            FAR: stack.enter_context(served("behind_central", folder, **{CENTRAL: far})),
        }
        times = measured(ports, licence, requests)
    say(rows, times)


def say(rows: list[tuple[str, float]], times: Times) -> None:
    """Print what was measured."""
    print("| way of deciding | decisions a second | beside a warm token |\n|---|---|---|")
    for name, found in rows:
        print(f"| {name} | {found:,.0f} | {beside(rows[0][1] / found)} |")
    print("\n| site under granian | p50 µs | p99 µs | added p50 | added p99 |\n|---|---|---|---|---|")
    half, most = times["the site alone"]
    for name, (p50, p99) in times.items():
        print(f"| {name} | {p50:,.0f} | {p99:,.0f} | {p50 - half:,.0f} | {p99 - most:,.0f} |")
    ours, near, far = (times[name][0] - half for name in ("behind Quire", NEAR, FAR))
    print(f"\nAt the median calling adds {near / ours:.1f}× what Quire adds; 20 ms away, {far / ours:,.0f}×.")


def beside(ratio: float) -> str:
    """A ratio as it is read."""
    if ratio == 1:
        return "1"
    return f"{ratio:,.1f}× slower" if ratio > 1 else f"{1 / ratio:,.1f}× faster"


if __name__ == "__main__":
    main()
