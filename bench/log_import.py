"""A million lines of a log to rows and an account, beside GoAccess, a Polars regex, and DuckDB's scan.

    python bench/log_import.py [LOG] [--lines 1000000] [--agents 0.05] [--runs 3]

The lines are those of LOG, an access log in the combined format, else of the demonstration's generator, drawn
at random and given times that go on. So many of them (``--agents``) get the name of an AI agent; one in a
hundred has quotation marks and backslashes in its request; one in two hundred is the beginning of a TLS
handshake; one in a thousand is cut off. All of these read the same file from the page cache:

- **Quire, reading**: every line under its heading, every agent's request a row with its fingerprint, by one
  process for each core, whose start is on the clock. The headings are added up and must be the lines of the
  file.
- **Quire, importing**: the same, with the file's digest, its chunks as Parquet in the lake, and all that
  PostgreSQL keeps of it, durable.
- **GoAccess** (Debian's package): its usual report, as JSON.
- **Polars**: one regular expression for the nine fields of each line, on all cores, and the count of those
  there are. No heading, no agent, no day that there is none of, no address in its one spelling.
- **DuckDB**: the lines counted, and their lengths added up, on all cores: what reading them costs.

The best of the runs is printed for each, with the lines it told of; of Quire's each must be there. What is no
UTF-8 or longer than 4 KiB is not drawn: Polars refuses the one, GoAccess makes several lines of the other.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

HOUSE = Path(__file__).resolve().parent.parent
START = datetime(2026, 3, 1, tzinfo=UTC)
NAMES = (
    b"Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
    b"Mozilla/5.0 (compatible; ClaudeBot/1.0; +claudebot@anthropic.com)",
    b"Mozilla/5.0 (compatible; PerplexityBot/1.0; +https://perplexity.ai/perplexitybot)",
    b"meta-externalagent/1.1 (+https://developers.facebook.com/docs/sharing/webmasters/crawler)",
)
HANDSHAKE = rb'192.0.2.7 - - [%s] "\x16\x03\x01\x02\x00\x01\x00\x01\xFC\x03\x03\xA7" 400 226 "-" "-"'
FIELDS = (
    r'^(\S+) (\S+) ([^"\[]+) \[([^\]]+)\] "((?:[^"\\]|\\.)*)" (\d{3}|-) (\d+|-)'
    r'(?: "((?:[^"\\]|\\.)*)" "((?:[^"\\]|\\.)*)")?'
)


def lines_of(log: Path | None, folder: Path) -> list[bytes]:
    """The lines to draw from, in combined format."""
    if log is None:
        generate = [sys.executable, HOUSE / "examples/society/generate.py", "--out", folder, "--scale", "0.2"]
        subprocess.run(generate, check=True, stdout=subprocess.DEVNULL)
        logs = [path for path in sorted(folder.rglob("*.log")) if not path.name.startswith("shared")]
    else:
        logs = [log]
    found = [line for path in logs for line in path.read_bytes().splitlines()]
    return [line for line in found if line.count(b'"') == 6 and b"\\" not in line and _bearable(line)]


def _bearable(line: bytes) -> bool:
    try:
        return bool(line.decode()) and len(line) < 4000
    except UnicodeDecodeError:
        return False


def write(path: Path, source: list[bytes], count: int, agents: float, seed: int = 5) -> None:
    """The log to be read: ``count`` lines over thirty days, in the order of time."""
    dice = Random(seed)
    step = timedelta(days=30) / count
    with path.open("wb") as out:
        for number in range(count):
            moment = (START + number * step).strftime("%d/%b/%Y:%H:%M:%S +0000").encode()
            out.write(_line(dice, dice.choice(source), moment, agents) + b"\n")


def _line(dice: Random, line: bytes, moment: bytes, agents: float) -> bytes:
    kind = dice.random()
    if kind < 0.005:
        return HANDSHAKE % moment
    before, _, rest = line.partition(b"[")
    _, _, after = rest.partition(b"]")
    line = before + b"[" + moment + b"]" + after
    if kind < 0.015:
        line = line.replace(b" HTTP/", rb"?q=\"a\\b\" HTTP/", 1)
    if dice.random() < agents:
        line = line[: line.rindex(b'"', 0, -1)] + b'"' + dice.choice(NAMES) + b'"'
    return line[: len(line) // 2] if 0.015 <= kind < 0.016 else line


def reading(path: Path) -> int:
    """Quire's reader alone, on all cores; the lines it accounts for."""
    from quire.society.usage import formats

    book = formats.load()
    reader = formats.reader_for("access-log", book, "paper.example", lambda host, path: False)
    account: Counter[str] = Counter()
    rows: list[formats.Row] = []
    with (
        formats.crew_for(path, "access-log") or nullcontext() as crew,
        formats.pieces_for(reader, path, limit=sys.maxsize, crew=crew) as pieces,
    ):
        if crew is not None:
            crew.begin(formats.Task("access-log", book, "paper.example"))
        for piece in pieces.take():
            for read, times in piece.counts.items():
                account[read.heading] += times
            for _, read in piece.reads:
                account[read.heading] += 1
                if read.row is not None:
                    rows.append(read.row)
    assert len(rows) == account["usage"] + account["conflicting"]
    return account.total()


def goaccess(path: Path) -> int:
    """GoAccess's report; the lines it says it has read."""
    report = path.with_suffix(".json")
    command = ["goaccess", path, "--log-format=COMBINED", "--no-global-config", "--no-progress", "-o", report]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return int(json.loads(report.read_text("utf-8", "replace"))["general"]["total_requests"])


def polars(path: Path) -> int:
    """The regular expression on every line; how many lines there were."""
    import polars as pl

    fields = pl.scan_lines(path, name="line").select(pl.col("line").str.extract_groups(FIELDS)).unnest("line")
    told = fields.select(pl.len().alias("lines"), pl.all().is_not_null().sum()).collect(engine="streaming")
    lines, fitting = told.row(0)[0], told.row(0)[1]
    assert 0 < fitting <= lines
    return int(lines)


def scan(path: Path) -> int:
    """DuckDB's look at every line; how many there were."""
    import duckdb

    with duckdb.connect() as db:
        told = db.execute(
            "SELECT count(*), sum(length(line)) FROM read_csv(?, delim = chr(1), quote = '', escape = '', "
            "header = false, auto_detect = false, columns = {'line': 'VARCHAR'})",
            [str(path)],
        ).fetchall()
    return int(told[0][0])


class Importing:
    """Whole imports into a society of its own, each of another host, so that none contradicts another."""

    def __init__(self, home: Path) -> None:
        os.environ |= {"QUIRE_HOME": str(home), "DJANGO_SETTINGS_MODULE": "quire.society.settings"}
        for name in ("DATABASE_URL", "QUIRE_OWNER_DATABASE_URL"):
            os.environ.pop(name, None)
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", database="owner", verbosity=0)
        from quire.society.parties.models import RoleGrant, User
        from quire.society.usage import actions

        self.actions = actions
        self.user = User.objects.create_user("bench")
        RoleGrant.objects.create(user=self.user, role="operator")
        self.turn = 0

    def __call__(self, path: Path) -> int:
        """One import; the lines of its account, which raises where they do not add up."""
        result = self.actions.import_file(path, host=f"paper{self.turn}.example", by=self.user)
        assert result.fresh
        return int(sum(tally.lines for tally in result.account.tallies.values()))

    def another(self, path: Path) -> None:
        """Make it a file that was never imported: its first line says another size."""
        self.turn += 1
        with path.open("r+b") as out:
            first = out.readline()
            out.seek(first.index(b"[") + 1)
            out.write(b"%02d" % (1 + self.turn % 28))


def timed(work: Callable[[Path], int], path: Path) -> tuple[float, int]:
    """Seconds of one run, and the lines that it tells of."""
    began = time.perf_counter()
    told = work(path)
    return time.perf_counter() - began, told


def ways(importing: Importing) -> Iterator[tuple[str, Callable[[Path], int], Callable[[Path], None]]]:
    """What is measured: its name, itself, and what is to be done before each run, off the clock."""
    nothing = lambda path: None  # noqa: E731
    yield "Quire, reading", reading, nothing
    yield "Quire, importing", importing, importing.another
    yield "GoAccess", goaccess, nothing
    yield "Polars, one regex", polars, nothing
    yield "DuckDB, scan only", scan, nothing


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("log", type=Path, nargs="?", metavar="LOG")
    asked.add_argument("--lines", type=int, default=1_000_000)
    asked.add_argument("--agents", type=float, default=0.05)
    asked.add_argument("--runs", type=int, default=3)
    size = asked.parse_args()
    warnings.simplefilter("ignore")
    home = Path(tempfile.mkdtemp(prefix="quire-bench-", dir="/var/tmp"))
    home.chmod(0o755)  # the embedded PostgreSQL may run as another user
    path = home / "access.log"
    try:
        write(path, lines_of(size.log, home / "demo"), size.lines, size.agents)
        measure(path, size.lines, size.agents, size.runs, Importing(home))
    finally:
        from quire.society.kit import postgres

        postgres.stop()
        shutil.rmtree(home, ignore_errors=True)


def measure(path: Path, lines: int, agents: float, runs: int, importing: Importing) -> None:
    """Every way, and the table."""
    every: dict[str, list[tuple[float, int]]] = {}
    for _ in range(runs):  # in turn, so that whatever else the machine does falls on all alike
        for name, work, before in ways(importing):
            before(path)
            every.setdefault(name, []).append(timed(work, path))
            if name.startswith("Quire") and every[name][-1][1] != lines:
                raise SystemExit(f"{name} accounts for {every[name][-1][1]:,} lines of {lines:,}.")
    bests = {name: min(took) for name, took in every.items()}
    bytes_each = path.stat().st_size / lines
    print(f"{lines:,} lines of {bytes_each:.0f} bytes, {agents:.0%} of AI agents; the best of {runs} runs\n")
    print("| way | seconds | lines/s | lines told | Quire's reading is | Quire's import is |")
    print("|---|---|---|---|---|---|")
    for name, (took, told) in bests.items():
        ratios = (f"{took / bests[f'Quire, {way}'][0]:.2f}×" for way in ("reading", "importing"))
        print(f"| {name} | {took:.2f} | {lines / took:,.0f} | {told:,} | {' | '.join(ratios)} |")
    print("\nOf Quire every line stands under one heading: the headings add up to the file, each time.")


if __name__ == "__main__":
    main()
