"""Every page of the society's web with 50,000 members, 1,000,000 works and 24 closed periods.

    python bench/web.py [--runs 7] [--home FOLDER] [--only PAGES] [--members 50000] [--works 1000000]

Each page of ``web.audiences.pages()`` is asked as those for whom it is: once to count its questions to the
database, then ``--runs`` times by Django's test client, in this process. Printed are its questions, the
median and the 95th percentile of the wall's time, and the processor's time of the page and of the database's
process that answered it: on a busy machine that says more. Slowest first. It ends with 1 where a median is
over 300 ms, or a page asks more than 70 questions. What no page may exceed is compared with the wall's time,
or, with ``--processor``, with the processor's.

With ``--home`` the society is kept in that folder, and is not made again where it is there.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
TODAY = "2027-01-20"
SLOWEST = 0.300
QUESTIONS = 70
PATIENCE = 4.0
"""Seconds after which a page is not asked again."""
MORE = {
    "works": ("?q=harbour and keeper", "?q=nothing has this name", "?sort=-key", "?q=m-777.example"),
    "unclaimed": ("?q=harbour and keeper", "?q=nothing has this name"),
    "member-works": ("?q=keeper", "?whose=share"),
    "member-statement": ("?by=licence", "?by=use", "?by=work&sort=requests"),
    "member-lines": ("?use=ai-train", "?sort=number"),
    "member-earnings": ("?by=work", "?by=licence", "?by=use", "?by=period"),
    "member-unclaimed": ("?q=harbour",),
    "lab-prices": ("?q=harbour", "?q=https://gazette.example/a"),
    "lab-usage": ("?since=2026-12-01&until=2026-12-31", "?since=2026-01-01&until=2026-12-31&by=host"),
    "desk-members": ("?q=member 777",),
    "desk-parties": ("?q=member 777",),
    "desk-unclaimed": ("?q=harbour",),
    "desk-payments": ("?q=member 777",),
    "desk-acts": ("?q=works",),
    "audit-ledger": ("?q=distribution",),
    "audit-acts": ("?q=works",),
    "credited": ("?q=member 777",),
}
"""Further ways in which some pages are asked."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A page as one role asks it: its questions, seconds of the wall and of the processor."""

    page: str
    role: str
    status: int
    questions: int
    wall: list[float]
    processor: float

    @property
    def median(self) -> float:
        """Of the wall's seconds."""
        return statistics.median(self.wall)

    @property
    def late(self) -> float:
        """The 95th percentile of the wall's seconds."""
        return sorted(self.wall)[int(0.95 * (len(self.wall) - 1) + 0.5)]


def parts(keep: Path | None) -> dict[str, dict[str, str]]:
    """What stands for the parts of every audience's addresses; found once for a society that is kept."""
    from quire.society.web.audiences import AUDIENCES
    from tests.web import named

    place = keep / "parts.json" if keep else None
    if place and place.exists():
        found: dict[str, dict[str, str]] = json.loads(place.read_text())
        return found
    found = {one.name: named.parts(one.name) | _large() for one in AUDIENCES}
    if place:
        place.write_text(json.dumps(found))
    return found


def addresses(only: str, keep: Path | None = None) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Every page's name, its address, and the roles that ask it."""
    from quire.society.web.audiences import pages

    party = {"member": "gazette", "licensee": "lab-north"}
    known = parts(keep)
    for audience, page in pages():
        if only and not page.name.startswith(only):
            continue
        whole = "/" + audience.prefix.replace("<str:party>", party.get(audience.name, "")) + page.path
        for part, value in known[audience.name].items():
            whole = whole.replace(part, value)
        assert "<" not in whole, f"{page.name}: {whole} is not in tests/web/named.py, or in an old parts.json"
        for how in ("", *MORE.get(page.name, ())):
            yield page.name + how, whole + how, _roles(audience.name, page.needs)


def _large() -> dict[str, str]:
    """Parts that are of the many, where the small society's would say little."""
    from quire.society.distribution.models import Line
    from quire.society.distribution.queries import runs

    last = runs()[-1]
    lines = Line.objects.filter(run=last.id, party__code="gazette", detail__has_key="subject")
    return {"<str:run>": last.tid, "<int:line>": str(lines.order_by("-number")[0].number)}


def _roles(audience: str, needs: str) -> tuple[str, ...]:
    if audience == "public":
        return ("nobody",)
    if audience in {"member", "licensee"}:
        return ("own", "operator") if needs == "read" else ("own",)
    return ("approver",) if needs == "approve" else ("auditor" if audience == "auditor" else "operator",)


def ask(browser: Any, name: str, address: str, role: str, runs: int) -> Asked:
    """One page, asked until there are enough times, or patience is at its end; its questions at least."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    _answered(browser, address)  # what is made once is made now
    with CaptureQueriesContext(connection) as told:
        status = _answered(browser, address)
    questions = len(told)  # now: the next request clears them away
    wall, used = [], []
    for _ in range(runs):
        began, before = time.perf_counter(), _processor()
        _answered(browser, address)
        wall.append(time.perf_counter() - began)
        used.append(_processor() - before)
        if sum(wall) > PATIENCE:
            break
    return Asked(name, role, status, questions, wall, statistics.median(used or [0.0]))


def _answered(browser: Any, address: str) -> int:
    answer = browser.get(address)
    if answer.streaming:
        for _ in answer.streaming_content:
            pass
    answer.close()
    return int(answer.status_code)


def _processor() -> float:
    """Seconds of this process and of the database's process that serves it."""
    import psutil
    from django.db import connection

    connection.ensure_connection()
    served = psutil.Process(connection.connection.info.backend_pid).cpu_times()
    return time.process_time() + served.user + served.system


def main() -> None:
    """Build, ask, print."""
    read = argparse.ArgumentParser()
    for name, default in (("members", 50_000), ("works", 1_000_000), ("runs", 7), ("requests", 20_000_000),
                          ("largest", 30_000), ("most", 20_000), ("periods", 24)):  # fmt: skip
        read.add_argument(f"--{name}", type=int, default=default)
    read.add_argument("--home", type=Path)
    read.add_argument("--only", default="")
    read.add_argument("--processor", action="store_true")
    given = read.parse_args()
    home = given.home or Path(tempfile.mkdtemp(prefix="quire-bench-"))
    home.mkdir(parents=True, exist_ok=True)
    home.chmod(0o755)
    os.environ |= {"QUIRE_HOME": str(home / "var"), "QUIRE_TODAY": TODAY,
                   "DJANGO_SETTINGS_MODULE": "quire.society.settings"}  # fmt: skip
    os.environ.pop("DATABASE_URL", None)
    warnings.simplefilter("ignore")
    sys.path.insert(0, str(ROOT))  # the tests know what stands for the parts of addresses
    import django

    django.setup()
    try:
        good = _run(given, home)
    finally:
        from django.db import connections

        from quire.society.kit import postgres

        connections.close_all()
        postgres.stop()
        if not given.home:
            shutil.rmtree(home, ignore_errors=True)
    sys.exit(0 if good else 1)


def _run(given: argparse.Namespace, home: Path) -> bool:
    from django.core.management import call_command

    from bench import web_society
    from tests.web import desk

    if not (home / "built").exists():
        size = web_society.Size(
            members=given.members, works=given.works, requests=given.requests, largest=given.largest,
            most=given.most, periods=given.periods,
        )  # fmt: skip
        web_society.build(size, home / "in")
        web_society.users()
        (home / "built").touch()
    call_command("migrate", database="owner", verbosity=0)  # a society that was kept may be older
    browsers = {role: desk.signed_in(role) for role in ("own", "operator", "approver", "auditor")}
    browsers["nobody"] = desk.visitor()
    for browser in browsers.values():
        browser.raise_request_exception = False  # a page that fails is told of like the others
    found = []
    for name, address, roles in addresses(given.only, home if given.home else None):
        for role in roles:
            found.append(ask(browsers[role], name, address, role, given.runs))
            if found[-1].median > SLOWEST:
                _say(found[-1])
    return _table(found, given.processor)


def _table(found: list[Asked], processor: bool) -> bool:
    print("\n| page | as | status | questions | median ms | 95 % ms | processor ms |")
    print("|---|---|---|---|---|---|---|")
    for one in sorted(found, key=lambda one: -one.median):
        _say(one)
    late = [one for one in found if (one.processor if processor else one.median) > SLOWEST]
    long = [one for one in found if one.questions > QUESTIONS]
    print(f"\n{len(found)} ways of asking {len({one.page.partition('?')[0] for one in found})} pages: "
          f"{len(late)} over {SLOWEST * 1000:.0f} ms, {len(long)} with more than {QUESTIONS} questions; "
          f"load {os.getloadavg()[0]:.1f}")  # fmt: skip
    return not late and not long and all(one.status < 500 for one in found)


def _say(one: Asked) -> None:
    print(
        f"| {one.page} | {one.role} | {one.status} | {one.questions} | {one.median * 1000:.0f} | "
        f"{one.late * 1000:.0f} | {one.processor * 1000:.0f} |",
        flush=True,
    )


if __name__ == "__main__":
    main()
