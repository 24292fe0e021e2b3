"""A hundred thousand URLs looked up in one call among ten million works, beside a bare join of the same keys.

    python bench/registry.py [--works 10000000] [--urls 100000] [--runs 5]

Both ask the same embedded PostgreSQL for the same URLs: nine tenths of them works, the others under a site's
pattern.

- **Quire, the answers**: ``licensing.registry.answers`` for a licensee: URLs put into one spelling, works and
  sites found, mandates, path terms, prices and licences judged for every use, answers written as JSON.
- **Quire over HTTP**: the same as one POST to a running ``quire serve`` on loopback, read to its end.
- **Bare join**: canonical keys, ready made, by COPY into a temporary table and joined with that of works;
  the rows are fetched into Python, and nothing is done with them. No look-up in this database can be faster.

The median of the runs is printed, with the most memory that the answering process had. Nothing is asserted.
"""

from __future__ import annotations

import argparse
import base64
import http.client
import json
import os
import random
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

PER_HOST = 200
JAN = date(2026, 1, 1)

_WORKS = """
INSERT INTO repertoire_work
    (id, key, host, path, identifier, title, type, words, tier, member_id)
SELECT ('00000000-0000-7000-8000-' || lpad(to_hex(i), 12, '0'))::uuid,
       'host' || i / {per} || '.example/articles/' || i, 'host' || i / {per} || '.example', '/articles/' || i,
       '', 'Work ' || i, 'article', 300 + i % 900, 'standard',
       ('00000000-0000-7000-9000-' || lpad(to_hex(i / {per} % {members}), 12, '0'))::uuid
  FROM generate_series(0, {works} - 1) i
"""
_MEMBERS = """
INSERT INTO parties_party (id, code, name, kind, {others})
SELECT ('00000000-0000-7000-9000-' || lpad(to_hex(i), 12, '0'))::uuid, 'member-' || i, 'Member ' || i,
       'newspaper', {blanks}
  FROM generate_series(0, {members} - 1) i
"""
_SITES = """
INSERT INTO repertoire_site (id, code, host, owner_id, tier)
SELECT ('00000000-0000-7000-a000-' || lpad(to_hex(i), 12, '0'))::uuid, 'host' || i, 'host' || i || '.example',
       ('00000000-0000-7000-9000-' || lpad(to_hex(i % {members}), 12, '0'))::uuid, 'standard'
  FROM generate_series(0, {hosts} - 1) i
"""
_PATTERNS = """
INSERT INTO repertoire_sitepattern (site_id, host, pattern) SELECT id, host, '/' FROM repertoire_site
"""


def build(works: int) -> str:
    """A society of one licensee, a thousand members and all the works; returns a client's header."""
    from django.core.management import call_command
    from django.db import connections

    call_command("migrate", database="owner", verbosity=0)
    members, hosts = min(1_000, works), max(1, works // PER_HOST)
    with connections["owner"].cursor() as run:
        run.execute("SET synchronous_commit = off")
        run.execute("SET maintenance_work_mem = '512MB'")
        blank = [
            name for name in _columns(run, "parties_party") if name not in {"id", "code", "name", "kind"}
        ]
        run.execute(
            _MEMBERS.format(members=members, others=", ".join(blank), blanks=", ".join("''" for _ in blank))
        )
        run.execute(_SITES.format(members=members, hosts=hosts))
        run.execute(_PATTERNS)
        indexes = _indexes(run)
        for name, _ in indexes:
            run.execute(f"DROP INDEX {name}")
        run.execute("ALTER TABLE repertoire_work DROP CONSTRAINT repertoire_work_key_key")
        run.execute(_WORKS.format(works=works, per=PER_HOST, members=members))
        run.execute("ALTER TABLE repertoire_work ADD CONSTRAINT repertoire_work_key_key UNIQUE (key)")
        for _, statement in indexes:
            run.execute(statement)
        run.execute("ANALYZE")
    return _society(min(members, hosts))


def _columns(run: Any, table: str) -> list[str]:
    run.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_name = %s AND is_nullable = 'NO'",
        [table],
    )
    return [row[0] for row in run.fetchall()]


def _indexes(run: Any) -> list[tuple[str, str]]:
    """The indexes of the works that no constraint owns: made anew after the rows, as one does for so many."""
    run.execute(
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'repertoire_work' "
        "AND indexname NOT IN (SELECT conname FROM pg_constraint)"
    )
    return list(run.fetchall())


def _society(sites: int) -> str:
    """Memberships, mandates, path terms, prices, a licensee with a licence, and its client's header."""
    from quire.core.money import Money
    from quire.society.licensing import actions as licensing
    from quire.society.mandates import actions as mandates
    from quire.society.mandates.models import Mandate
    from quire.society.membership import actions as membership
    from quire.society.membership.models import Membership
    from quire.society.parties import actions as parties
    from quire.society.parties.models import Party

    membership.adopt_default_criteria()
    everybody = list(Party.objects.filter(kind="newspaper").order_by("code"))
    Membership.objects.bulk_create([Membership(party=one, starts=JAN) for one in everybody])
    parties.register_party(code="lab", name="A lab", kind="lab")
    Mandate.objects.bulk_create(
        [
            Mandate(member=one, use=use, answer=True, starts=JAN)
            for place, one in enumerate(everybody)
            for use in ("ai-train", "ai-index", "search")[: 1 + place % 3]
        ]
    )
    for number in range(min(200, sites)):
        mandates.set_terms(
            site=f"host{number}", pattern="/private/", use="all", answer=False, starts=JAN, by=None
        )
        mandates.set_price(
            site=f"host{number}", pattern="/", price=Money.parse("0.002", "EUR"), starts=JAN, by=None
        )
    licensing.grant_licence(
        code="lab-1", licensee="lab", kind="per-request", uses=["ai-train"], starts=JAN,
        ends=date(2030, 1, 1), currency="EUR", prices={"*": "0.004"}, by=None,
    )  # fmt: skip
    made = licensing.create_client(licensee="lab", name="crawler", by=None)
    return "Basic " + base64.b64encode(f"{made.client.tid}:{made.secret}".encode()).decode()


def ask(works: int, urls: int) -> list[str]:
    """Nine tenths works, the others addresses of which only the site is known; no two runs ask the same."""
    chance = random.Random(time.time_ns())
    hosts = max(1, works // PER_HOST)
    return [
        f"https://host{number // PER_HOST}.example/articles/{number}"
        if chance.random() < 0.9
        else f"https://host{chance.randrange(hosts)}.example/other/{number}?from=feed"
        for number in (chance.randrange(works) for _ in range(urls))
    ]


def in_process(urls: list[str]) -> float:
    """Seconds for all answers as bytes."""
    from quire.society.licensing import registry
    from quire.society.parties import queries as parties

    lab = parties.party("lab")
    began = time.perf_counter()
    size = sum(map(len, registry.answers(urls, registry.Asker.of(lab.id, lab.tid))))
    took = time.perf_counter() - began
    assert size > 100 * len(urls)
    return took


def bare(urls: list[str]) -> float:
    """Seconds for COPY of canonical keys into a temporary table, the join, and its rows in Python."""
    from django.db import connection, transaction

    keys = [url.removeprefix("https://").partition("?")[0] for url in urls]
    began = time.perf_counter()
    with transaction.atomic(), connection.cursor() as run:
        run.execute("CREATE TEMP TABLE asked (key text) ON COMMIT DROP")
        with run.copy("COPY asked FROM STDIN") as copy:
            copy.write("\n".join(keys) + "\n")
        run.execute("ANALYZE asked")
        run.execute(
            "SELECT w.key, w.tier, w.words, w.member_id FROM asked JOIN repertoire_work w USING (key)"
        )
        assert run.fetchall()
    return time.perf_counter() - began


@contextmanager
def served() -> Iterator[tuple[int, int]]:
    """(port, process id) of a running ``quire serve``."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = [sys.executable, "-m", "quire.cli", "serve", "--port", str(port)]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    try:
        for _ in range(600):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert process.poll() is None, "The server did not begin."
            time.sleep(0.1)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait()


def over_http(port: int, header: str, urls: list[str]) -> float:
    """Seconds for one POST with all URLs, until the last byte of the answer."""
    body = json.dumps({"urls": urls}).encode()
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
    began = time.perf_counter()
    link.request("POST", "/api/v1/registry/lookup", body,
                 {"Authorization": header, "Content-Type": "application/json"})  # fmt: skip
    answer = link.getresponse()
    while answer.read(1 << 20):
        pass
    took = time.perf_counter() - began
    assert answer.status == 200, answer.status
    link.close()
    return took


def peak(pid: int) -> int:
    """The most memory of a process and its children, in MiB."""
    every = [pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]
    texts = [Path(f"/proc/{one}/status").read_text() for one in every]
    return max(int(text.split("VmHWM:")[1].split()[0]) // 1024 for text in texts)


def measured(runs: int, way: Callable[[list[str]], float], question: Callable[[], list[str]]) -> float:
    """The median of the seconds of so many runs, after one that is not counted."""
    way(question())
    return statistics.median(way(question()) for _ in range(runs))


def main() -> None:
    """Build, ask, print."""
    read = argparse.ArgumentParser()
    for name, default in (("works", 10_000_000), ("urls", 100_000), ("runs", 5)):
        read.add_argument(f"--{name}", type=int, default=default)
    given = read.parse_args()
    with tempfile.TemporaryDirectory(prefix="quire-bench-", ignore_cleanup_errors=True) as folder:
        os.chmod(folder, 0o755)
        os.environ |= {"QUIRE_HOME": folder, "DJANGO_SETTINGS_MODULE": "quire.society.settings"}
        os.environ.pop("DATABASE_URL", None)
        warnings.simplefilter("ignore")
        import django

        django.setup()
        try:
            _run(given.works, given.urls, given.runs)
        finally:
            from django.db import connections

            from quire.society.kit import postgres

            connections.close_all()
            postgres.stop()


def _run(works: int, urls: int, runs: int) -> None:
    began = time.perf_counter()
    header = build(works)
    print(f"{works:,} works on record after {time.perf_counter() - began:.0f} s")

    def question() -> list[str]:
        return ask(works, urls)

    def said(name: str, seconds: float, beside: float) -> None:
        rate = urls / seconds
        print(
            f"{name:20} {seconds:6.2f} s  {rate:10,.0f} URLs/s  {seconds / beside:5.2f}× the join", flush=True
        )

    limit = measured(runs, bare, question)
    said("bare join", limit, limit)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    said("Quire, the answers", measured(runs, in_process, question), limit)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024 - before
    with served() as (port, pid):
        said("Quire over HTTP", measured(runs, lambda some: over_http(port, header, some), question), limit)
        print(f"memory: {grown} MiB more in process; the server's most was {peak(pid)} MiB")


if __name__ == "__main__":
    main()
