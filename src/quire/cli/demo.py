"""``quire demo``: a demonstration society's year, from its access logs to the bank's file.

It uses nothing but what the other commands use; its society lives apart, under ``QUIRE_HOME``/demo. Every
step looks at what is there, so that a second run goes on where the first one was, or only tells the story.
"""

from __future__ import annotations

import csv
import fcntl
import json
import os
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from quire.cli import demo_crawl, demo_full, demo_more, frame
from quire.cli.demo_money import distribute, pay, user
from quire.cli.distribution import told_sums
from quire.core.errors import NotFound, QuireError

QUARTERS = ("2025-Q1", "2025-Q2", "2025-Q3", "2025-Q4")
ACCOUNT = "ACCOUNT.txt"


def register(app: typer.Typer) -> None:
    """The commands of the demonstration."""
    group = typer.Typer(
        help="A demonstration society: its year from access logs to payments.", no_args_is_help=True
    )
    for verb, function in (("build", build), ("serve", serve), ("stop", stop), ("reset", reset)):
        frame.command(group, verb, before=_apart)(function)
    app.add_typer(group, name="demo")


def _apart() -> None:
    """The demonstration has a home of its own, and its dates lie in its own year."""
    for name in ("DATABASE_URL", "QUIRE_OWNER_DATABASE_URL"):
        os.environ.pop(name, None)
    os.environ["QUIRE_HOME"] = str(_home())
    os.environ["QUIRE_TODAY"] = "2026-02-02"


def _home() -> Path:
    from quire.society.kit.config import home

    return home() if home().name == "demo" else home() / "demo"


def examples() -> Path:
    """The folder ``examples/society`` of Quire's source."""
    place = Path(__file__).resolve().parents[3] / "examples" / "society"
    if not (place / "generate.py").is_file():
        raise NotFound(
            "The demonstration's data is in Quire's source folder; run this from a clone: make demo."
        )
    return place


class Story:
    """Says on stderr what is going on and how long it took, and keeps the account for the end."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    @contextmanager
    def step(self, text: str) -> Iterator[None]:
        began = time.monotonic()
        frame.err.print(f"… {text}", markup=False)
        yield
        frame.err.print(f"  done in {time.monotonic() - began:.1f} s", markup=False)

    def tell(self, *lines: str) -> None:
        self.lines += lines


def build(
    scale: Annotated[float, typer.Option(help="How much usage is written; 1 is about 200,000 lines.")] = 1.0,
    as_json: frame.Json = False,
) -> None:
    """Build the society, run its year, and print an account of it."""
    with _only_one():
        _build(scale, as_json)


@contextmanager
def _only_one() -> Iterator[None]:
    """Two builds at once would write the same files: the second waits, and then finds all of it there."""
    place = _home()
    place.parent.mkdir(parents=True, exist_ok=True)
    with open(place.with_name(f".{place.name}.lock"), "w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            frame.err.print("… another build of the demonstration is under way; waiting for it", markup=False)
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _build(scale: float, as_json: bool) -> None:
    began = time.monotonic()
    story = Story()
    source, place = examples(), _home()
    logs = place / "input"
    with story.step("the society and its database"):
        _found(source)
    with story.step("a year of access logs, as the generator writes them"):
        _generate(source, logs, scale)
    with story.step("members, works, mandates, licences, plans, receipts"):
        _register(source, logs)
    with story.step("importing the logs"):
        _import_usage(logs)
    for quarter in QUARTERS:
        with story.step(f"distributing {quarter}"):
            distribute(quarter)
        if quarter == QUARTERS[0]:
            with story.step("a log that came late, and a claim about the quarter"):
                demo_more.after_the_first_quarter(logs)
    with story.step("an owner who was found, a settlement, a survey"):
        demo_more.after_the_year(source)
    with story.step("paying"):
        pay(date(2026, 2, 5), date(2026, 2, 6))
        demo_more.come_back()
    crawled = demo_crawl.act(place, source, story.step, user("preparer"))
    with story.step("a dispute, and a plan replayed over the year"):
        demo_full.dispute(user("preparer"))
        more = [*demo_more.told(), "", *demo_full.replayed(source, place), "", *demo_full.open_matters()]
    with story.step("checking: the audit, the bundles, the books"):
        checks = _check(place)
    _account(story, place, checks, [*crawled, "", *more])
    text = "\n".join(story.lines) + "\n"
    (place / ACCOUNT).write_text(text)
    if as_json:
        print(json.dumps({"home": str(place), "account": story.lines}, ensure_ascii=False, indent=2))
    else:
        frame.out.print(text, markup=False, end="")
    frame.err.print(f"All of it took {time.monotonic() - began:.0f} s.", markup=False)


def serve(port: Annotated[int, typer.Option(help="Where it is taken, a free one is.")] = 8000) -> None:
    """Serve the demonstration until Ctrl-C, with a link for each person to come in by."""
    from quire.cli import demo_serve

    try:
        demo_serve.opened(port)
    finally:
        stop()


def stop() -> None:
    """Stop the demonstration's database; what it holds stays."""
    from django.db import connections

    from quire.society.kit import postgres

    connections.close_all()
    postgres.stop()


def reset() -> None:
    """Take the demonstration away, so that the next one begins anew."""
    stop()
    shutil.rmtree(_home(), ignore_errors=True)
    frame.err.print("The demonstration is gone.")


def _found(source: Path) -> None:
    from quire.cli import ops_upgrade
    from quire.society.distribution.keys import signing_key
    from quire.society.parties import actions

    ops_upgrade.migrate()
    actions.found_society(**tomllib.loads((source / "society.toml").read_text("utf-8")))
    actions.add_user(name="preparer", roles=["operator"])
    actions.add_user(name="approver", roles=["approver"])
    signing_key()


def _generate(source: Path, logs: Path, scale: float) -> None:
    if (logs / "manifest.json").is_file():
        return
    fresh = logs.with_name("input.new")
    shutil.rmtree(fresh, ignore_errors=True)
    done = subprocess.run(  # noqa: S603 - our own script, our own interpreter
        [sys.executable, str(source / "generate.py"), "--out", str(fresh), "--scale", str(scale)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise QuireError(f"The generator failed: {done.stderr.strip().splitlines()[-1:]}")
    fresh.rename(logs)


def _register(source: Path, logs: Path) -> None:
    from quire.cli.house import day
    from quire.society.distribution import actions as distribution
    from quire.society.invoicing import actions as invoicing
    from quire.society.licensing import actions as licensing
    from quire.society.mandates import actions as mandates
    from quire.society.membership import actions as membership
    from quire.society.membership import rules
    from quire.society.parties import actions as parties
    from quire.society.repertoire import actions as repertoire

    by = user("preparer")

    def table(name: str) -> Path:
        return source / name if (source / name).is_file() else logs / name

    told = tomllib.loads((source / "criteria.toml").read_text())
    membership.adopt_criteria(
        rules=rules.from_json(told["criterion"]), starts=day(told["from"]), decision=told["decision"], by=by
    )
    steps: list[tuple[Callable[..., Any], str]] = [
        (parties.import_parties, "parties.csv"),
        (membership.import_members, "members.csv"),
        (repertoire.import_sites, "sites.csv"),
        (repertoire.import_works, "works.csv"),
        (repertoire.import_shares, "shares.csv"),
        (repertoire.import_agreements, "agreements.csv"),
        (mandates.import_mandates, "mandates.csv"),
        (mandates.import_direct_licences, "direct.csv"),
        (licensing.import_licences, "licences.csv"),
        (invoicing.import_receipts, "receipts.csv"),
    ]
    for take, name in steps:
        take(path=table(name), by=by)
    for row in _rows(table("notices.csv")):
        mandates.leave(member=row["member"], notice_on=day(row["on"]), ends=day(row["ends"]), by=by)
    for row in _rows(table("plans.csv")):
        distribution.adopt_plan(
            text=(source / row["file"]).read_text("utf-8"),
            starts=day(row["from"]),
            decision=row["decision"],
            by=by,
        )


def _rows(path: Path) -> list[dict[str, str]]:
    with open(path, newline="", encoding="utf-8") as handle:
        return list(csv.DictReader(handle))


def _import_usage(logs: Path) -> None:
    from quire.society.usage import actions

    by = user("preparer")
    manifest = json.loads((logs / "manifest.json").read_text())
    # One of them comes late: see demo_more.
    for one in (one for one in manifest["files"] if one["path"] != demo_more.LATE):
        with frame.progress(one["path"]) as update:
            actions.import_file(logs / one["path"], host=one.get("host") or None, by=by, progress=update)


def _check(place: Path) -> dict[str, Any]:
    from quire.core import bundle
    from quire.core.tokens import KeySet
    from quire.core.verify import verify
    from quire.society import audit
    from quire.society.distribution import queries
    from quire.society.ledger import beancount

    keys = KeySet.from_json((place / "published" / "keys.json").read_bytes())
    verdicts = [verify(bundle.read(run.bundle), keys) for run in queries.runs() if run.state == "closed"]
    with open(place / "ledger.beancount", "w", encoding="utf-8") as handle:
        beancount.export(handle.write)
    return {"audit": audit.findings(), "verdicts": verdicts}


def _account(story: Story, place: Path, checks: dict[str, Any], crawled: list[str]) -> None:
    """What happened, in a page, with where to find each document."""
    from quire.society.distribution import queries
    from quire.society.kit import clock
    from quire.society.licensing import queries as licensing
    from quire.society.membership import queries as membership
    from quire.society.parties import queries as parties
    from quire.society.payouts import queries as payouts
    from quire.society.usage import queries as usage

    members = membership.applications()
    refused = [one for one in members if not one.admitted]
    name = parties.society().name
    story.tell(
        "",
        name,
        "=" * len(name),
        "",
        f"{len(membership.members_on(clock.today()))} members; {len(refused)} applicants were refused, each "
        f"with every reason; {len(licensing.licences())} licences.",
        "",
    )
    story.tell(
        "The year's usage, every line accounted for:",
        *_usage_lines(usage.account_of_everything()),
        "",
    )
    story.tell("The distributions:")
    for run in queries.runs():
        story.tell(f"  {run.period}  plan “{run.plan}”  {run.state}")
        for currency, sums in run.review.get("currencies", {}).items():
            story.tell(f"    {told_sums(sums, currency)}")
        story.tell(*(f"    ! {notice}" for notice in run.review.get("notices", [])))
    story.tell("", "Paid:")
    for batch in payouts.batches():
        total = frame.money(batch.total, batch.currency)
        carried = (
            f"; {frame.many(batch.carried, 'balance')} carried, with the reason" if batch.carried else ""
        )
        story.tell(f"  {frame.many(batch.payments, 'payment')}, {total}, on {batch.on}{carried}")
    story.tell("", *crawled)
    story.tell(
        "",
        "Checked:",
        f"  quire audit: {'; '.join(checks['audit']) or 'every check holds.'}",
        *_verdict_lines(checks["verdicts"]),
        "",
    )
    _where(story, place)


def _verdict_lines(verdicts: list[Any]) -> list[str]:
    wrong = [f"  {verdict.sentence()}" for verdict in verdicts if not verdict.holds]
    lines = sum(verdict.facts["lines"] for verdict in verdicts if verdict.holds)
    right = len(verdicts) - len(wrong)
    return [
        *wrong,
        f"  quire verify: {right} of {len(verdicts)} bundles hold; all {lines:,} lines were recomputed.",
    ]


def _usage_lines(account: Any) -> list[str]:
    """A line for each heading, the largest first."""
    from quire.society.usage.queries import HEADINGS

    found = sorted((name for name in HEADINGS if account[name].lines), key=lambda name: -account[name].lines)
    return [f"  {account.lines:>9,}  lines in all, of which"] + [
        f"  {account[name].lines:>9,}  {HEADINGS[name]}" for name in found
    ]


def _where(story: Story, place: Path) -> None:
    shown = os.path.relpath(place)
    story.tell(
        "Where to find it:",
        f"  this account            {shown}/{ACCOUNT}",
        f"  the logs and what they hold   {shown}/input/logs/, {shown}/input/manifest.json",
        f"  statements              {shown}/statements/<run>/<member>.html, .csv, .json",
        f"  payments for the bank   {shown}/payments/",
        f"  signed bundles          {shown}/published/bundles/",
        f"  the ledger              {shown}/ledger.beancount",
        "",
        f"Look around with the commands themselves:  export QUIRE_HOME={shown}",
        "  quire distribution list · quire ledger trial-balance · quire usage account --period 2025",
        f"  quire verify {shown}/published/bundles/<run>.zip --key {shown}/published/keys.json",
    )
