"""Everything at the border as processes of their own, over loopback, and somebody who kills them.

The society's server with its embedded PostgreSQL, which waits for its disk as in production; a member's site
behind the middleware; crawlers; compaction, again and again. ``Town`` starts them and knows how each dies.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import psutil

from tests.ports import free_port
from tests.races.soak_crawler import PATHS, Order
from tests.races.soak_society import HOST

ROOT = Path(__file__).parents[2]
LONGEST = 90.0
"""Seconds after which something that should be there is given up."""
_NAMES = ("DATABASE_URL", "QUIRE_OWNER_DATABASE_URL", "QUIRE_TODAY", "QUIRE_USER", "QUIRE_KEYS")


def listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


@dataclass
class Server:
    """A server in a process group of its own: told to end, or killed whole."""

    words: list[str]
    port: int
    env: dict[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-W", "ignore", *self.words], env=self.env, cwd=ROOT, stdout=out, stderr=out,
                start_new_session=True,
            )  # fmt: skip

    def wait(self) -> None:
        """Until it listens; started again where it ended, because its database was killed as it began."""
        until = time.monotonic() + LONGEST
        while not listens(self.port):
            assert time.monotonic() < until, f"nothing listens at {self.port}: see {self.log}"
            if self.process is None or self.process.poll() is not None:
                self.start()
            time.sleep(0.05)

    def kill(self) -> None:
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):  # it ended by itself
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def end(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(LONGEST)


@dataclass
class Town:
    """All of it, in one folder. ``kills`` counts what was killed; ``compactions`` how they ended."""

    folder: Path
    made: dict[str, Any]
    env: dict[str, str]
    society: Server
    site: Server
    deposit: str = ""
    kills: Counter[str] = field(default_factory=Counter)
    compactions: Counter[str] = field(default_factory=Counter)

    @property
    def edge(self) -> Path:
        return self.folder / "edge"

    def quire(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-W", "ignore", "-m", "quire.cli", *words]
        return subprocess.run(
            command, env=self.env, cwd=ROOT, capture_output=True, text=True, check=False, timeout=600
        )

    # How each dies, and comes back

    def kill_edge(self, dice: random.Random) -> None:
        """The site and the edge in it, under full load; it is back at once."""
        self._hurry(dice)
        self.site.kill()
        self.kills["edge"] += 1
        self.site.start()
        self.site.wait()

    def kill_server(self, dice: random.Random) -> None:
        """The society's server; it is away for a moment."""
        self.society.kill()
        self.kills["server"] += 1
        time.sleep(dice.uniform(0, 1.5))
        self.society.start()
        self.society.wait()

    def kill_database(self, dice: random.Random) -> None:
        """PostgreSQL, all of it. The society's server lives on, and finds it again."""
        self._kill_postgres()
        self.kills["database"] += 1
        time.sleep(dice.uniform(0, 1.5))
        self.start_database()

    def kill_everything(self, dice: random.Random) -> None:
        """As if the machine had gone, but for what the kernel had in memory."""
        self._hurry(dice)
        self.site.kill()
        self._kill_postgres()
        self.society.kill()
        self.kills.update(("edge", "database", "server"))
        self.site.start()
        time.sleep(dice.uniform(0, 1.5))
        self.society.start()
        self.society.wait()
        self.site.wait()

    def _hurry(self, dice: random.Random) -> None:
        (self.folder / "hurry").touch()
        time.sleep(dice.uniform(0.2, 0.5))
        (self.folder / "hurry").unlink()

    def start_database(self) -> None:
        until = time.monotonic() + LONGEST
        while (done := self.quire("db", "start")).returncode:
            assert time.monotonic() < until, done.stderr
            time.sleep(0.2)

    def _kill_postgres(self) -> None:
        data = self.folder / "var" / "postgres" / "data" / "postmaster.pid"
        try:
            postmaster = psutil.Process(int(data.read_text().split()[0]))
            if "postgres" not in postmaster.name():
                return
            family = [postmaster, *postmaster.children(recursive=True)]
        except (OSError, psutil.NoSuchProcess):
            return
        for one in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                one.kill()

    def compact(self, longest: float) -> None:
        """Compact once, and book what was charged, or be killed after ``longest`` seconds."""
        self._killed_after(longest, ["edges", "compact"])
        if self.deposit:
            self._killed_after(longest, ["credit", "settle", "--by", "preparer"])

    def _killed_after(self, longest: float, words: list[str]) -> None:
        command = [sys.executable, "-W", "ignore", "-m", "quire.cli", *words]
        with (self.folder / "compact.log").open("ab") as log:
            process = subprocess.Popen(command, env=self.env, cwd=ROOT, stdout=log, stderr=log)
        try:
            code = process.wait(longest)
            self.compactions["done" if code == 0 else "failed"] += 1
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            self.kills["compaction"] += 1


@contextmanager
def _folder() -> Iterator[Path]:
    """On a real disk, and open to the system user that PostgreSQL runs as."""
    with tempfile.TemporaryDirectory(
        prefix="quire-soak-", dir="/var/tmp", ignore_cleanup_errors=True
    ) as made:
        Path(made).chmod(0o755)
        yield Path(made)


@contextmanager
def town(deposit: str = "") -> Iterator[Town]:
    """The society founded, its server and the site at work, the edge with its policy. A ``deposit`` in EUR
    makes the crawlers' licence one that pays by the request."""
    with _folder() as folder:
        made = _founded(folder, deposit)
        try:
            for server in (made.society, made.site):
                server.start()
                server.wait()
            _until_policy(made)
            yield made
        finally:
            made.site.kill()
            made.society.kill()
            made.quire("db", "stop")


def _founded(folder: Path, deposit: str) -> Town:
    ports = (free_port(), free_port())
    env = {name: value for name, value in os.environ.items() if name not in _NAMES}
    env["PYTHONPATH"] = f"{ROOT / 'src'}{os.pathsep}{ROOT}"
    ours = {
        **env, "QUIRE_HOME": str(folder / "var"), "QUIRE_URL": f"http://127.0.0.1:{ports[0]}",
        "DJANGO_SETTINGS_MODULE": "quire.society.settings",
    }  # fmt: skip
    (folder / "works.csv").write_text(
        "url,title\n" + "".join(f"https://{HOST}/n/{number},Notice {number}\n" for number in range(PATHS))
    )
    found = _society(ours, "found", str(folder / "edge"), deposit)
    pages = [
        "examples/society/member_site.py", "--works", str(folder / "works.csv"), "--host", HOST,
        "--config", str(folder / "edge" / "quire-edge.toml"), "--kind", "asgi", "--port", str(ports[1]),
    ]  # fmt: skip
    serve = ["-m", "quire.cli", "serve", "--port", str(ports[0])]
    return Town(
        folder, found, ours, Server(serve, ports[0], ours, folder / "society.log"),
        Server(pages, ports[1], env, folder / "site.log"), deposit,
    )  # fmt: skip


def _society(env: dict[str, str], *words: str) -> Any:
    command = [sys.executable, "-W", "ignore", "-m", "tests.races.soak_society", *words]
    done = subprocess.run(
        command, env=env, cwd=ROOT, capture_output=True, text=True, check=False, timeout=900
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def _until_policy(made: Town) -> None:
    """Until the edge has its policy and the keys: it then keeps them on its disk."""
    until = time.monotonic() + LONGEST
    while True:
        told = made.quire("edge", "status", "--json", "--config", str(made.edge / "quire-edge.toml"))
        lanes = json.loads(told.stdout)["lanes"] if told.stdout else []
        if any(lane.get("policy") and lane.get("revocations") for lane in lanes):
            return
        assert time.monotonic() < until, told.stdout + told.stderr
        time.sleep(0.3)


def crawler(made: Town, name: str, wanted: int, **more: Any) -> subprocess.Popen[bytes]:
    """A crawler at work: it prints what it did as JSON when it ends. ``more`` are fields of its ``Order``."""
    order = Order(
        name=name, port=made.site.port, host=HOST, folder=str(made.folder), use="ai-train", wanted=wanted,
        server=f"{made.env['QUIRE_URL']}/olp", client=made.made["client"], secret=made.made["secret"], **more,
    )  # fmt: skip
    words = [sys.executable, "-m", "tests.races.soak_crawler", json.dumps(asdict(order))]
    return subprocess.Popen(words, cwd=ROOT, env=made.env, stdout=subprocess.PIPE)


def soak(
    made: Town,
    wanted: int,
    seed: int,
    *,
    pace: float = 2000.0,
    crawlers: int = 2,
    connections: int = 12,
    price: str = "",
    gap: tuple[float, float] = (0.5, 3.0),
    patience: float = 120.0,
) -> dict[str, Any]:
    """Crawl until ``wanted`` answers came, kill meanwhile, deliver and compact all; what happened."""
    running = [
        crawler(made, f"c{number}", wanted // crawlers, connections=connections, pace=pace / crawlers,
                price=price, patience=patience)
        for number in range(crawlers)
    ]  # fmt: skip
    over = threading.Event()
    dice = random.Random(seed)
    compacting = threading.Thread(target=_compact_until, args=(made, random.Random(seed + 1), over))
    compacting.start()
    try:
        _kill_while(made, running, dice, gap)
        told = [json.loads(process.communicate()[0]) for process in running]
    finally:
        over.set()
        for process in running:
            process.kill()
        compacting.join()
    return {"crawlers": told, **ended(made), "most in flight": made.kills["edge"] * crawlers * connections}


def _kill_while(
    made: Town, running: list[subprocess.Popen[bytes]], dice: random.Random, gap: tuple[float, float]
) -> None:
    """One victim after another, in an order by chance in which each has its turn, until the crawlers end
    and everybody was killed."""
    ways = [made.kill_edge, made.kill_edge, made.kill_server, made.kill_database, made.kill_everything]
    for turn in itertools.count():
        for way in dice.sample(ways, len(ways)):
            until = time.monotonic() + dice.uniform(*gap)
            while time.monotonic() < until:
                if turn and all(process.poll() is not None for process in running):
                    return
                time.sleep(0.02)
            way(dice)


def _compact_until(made: Town, dice: random.Random, over: threading.Event) -> None:
    """Every second one is killed at some moment."""
    for longest in itertools.cycle((1.5, LONGEST)):
        if over.wait(dice.uniform(0.2, 1.5)):
            return
        made.compact(dice.uniform(0.2, longest) if longest < LONGEST else longest)


def ended(made: Town) -> dict[str, Any]:
    """Everything delivered and compacted; what both sides say of it."""
    made.start_database()
    made.society.wait()
    made.site.end()
    made.site.start()
    made.site.wait()
    config = str(made.edge / "quire-edge.toml")
    until = time.monotonic() + LONGEST
    while any(lane["waiting"] for lane in _status(made, config)["lanes"]):
        assert time.monotonic() < until, _status(made, config)
        time.sleep(0.5)
    said = made.quire("edge", "status", "--config", config).stdout
    made.site.end()
    told = _society(made.env, "tell", str(made.folder))
    return {
        "kills": dict(made.kills),
        "compactions": dict(made.compactions),
        "status": _status(made, config),
        "edge status": said,
        "edges list": made.quire("edges", "list").stdout,
        "audit": made.quire("audit").returncode,
        **told,
    }


def _status(made: Town, config: str) -> Any:
    return json.loads(made.quire("edge", "status", "--json", "--config", config).stdout)
