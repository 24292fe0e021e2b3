"""A society whose January has a few thousand lines, and what its people do in processes of their own."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

from quire.core import manifest
from quire.core.money import QUANTA
from tests import small
from tests.rooms.usage_society import HEAD, hour

Say = Callable[[str], None]
WORKS = 1200

manifest.PART = 150_000  # so that the lines are published in several parts


def build(folder: Path, works: int = WORKS) -> str:
    """Found it, with its run of January opened, in the database and folder that are set; the run's id.

    Two pots: 1000 EUR of a lab that used every work, 70 USD of one that used every third. Every other work
    has two owners. One work and one member are on hold, and the member's hold will end before approval.
    """
    from quire.society.distribution import actions as distribution
    from quire.society.invoicing import actions as invoicing
    from quire.society.kit import periods
    from quire.society.usage import actions as usage

    small.found(folder)
    table = folder / "many.csv"
    table.write_text(
        "url,title,type,words,tier,member,shares\n"
        + "".join(
            f"https://gazette.example/n/{n},Notice {n},article,100,standard,gazette,"
            f"{'gazette:publisher:2/3; lantern:photographer:1/3' if n % 2 else ''}\n"
            for n in range(works)
        )
    )
    small.quire("works", "import", table, "--by", "preparer")
    hours = folder / "hours.csv"
    hours.write_text(HEAD + "".join(_hours(works)))
    preparer = _user("preparer")
    usage.import_file(hours, by=preparer)
    distribution.adopt_plan(
        text=(files("quire.core") / "plans" / "hybrid.toml").read_text(),
        starts=date(2026, 1, 1),
        decision="Assembly of December 2025",
        by=preparer,
    )
    for reference, licence, amount in (("R-1", "north-2026", "1000"), ("R-2", "south-2026", "70")):
        invoicing.record_receipt(
            licence=licence,
            period="2026-01",
            amount=amount,
            received_on=date(2026, 2, 3),
            reference=reference,
            by=preparer,
        )
    distribution.place_hold(work="https://gazette.example/n/7", reason="Two authors claim it", by=preparer)
    distribution.place_hold(party="lantern", reason="Its account was closed", by=preparer)
    return str(distribution.open_run(period=periods.parse("2026-01"), by=preparer).tid)


def _hours(works: int) -> list[str]:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    rows = []
    for n in range(works):
        when = start + timedelta(hours=n % 700)
        told = {"path": f"/n/{n}", "host": "gazette.example", "when": when}
        rows.append(hour(1 + n % 7, bot="GPTBot", **told))
        if n % 3 == 0:
            rows.append(hour(1 + n % 5, bot="ClaudeBot", **told))
    return rows


def _user(name: str) -> Any:
    from quire.society.parties import queries

    return queries.acting(name)


def _run(tid: str) -> Any:
    from quire.society.distribution import queries

    return queries.find(tid)


def work(say: Say, run: str) -> str:
    """As far as it goes without another person."""
    from quire.society.distribution import actions

    return str(actions.work(_run(run), by=_user("preparer"), tell=say).state)


def finish(say: Say, run: str) -> str:
    """To the end, with the release and the approval between; waits while a killed one's lock is let go."""
    from quire.society.distribution import actions
    from quire.society.distribution.errors import RunBusy

    for _ in range(400):
        try:
            found = actions.work(_run(run), by=_user("preparer"), tell=say)
        except RunBusy:
            time.sleep(0.05)
            continue
        if found.state == "closed":
            return "closed"
        approve(say, run)
    raise AssertionError(f"{run} was never done")


def approve(say: Say, run: str) -> str:
    """The member's hold ends; then the second person says yes."""
    from quire.society.distribution import actions, queries

    for hold in queries.holds():
        if hold.party and hold.released is None:
            actions.release_hold(hold.tid, by=_user("preparer"))
    return str(actions.approve(_run(run), by=_user("approver")).run.tid)


def until(say: Say, run: str, state: str) -> str:
    """Stage by stage until the run is in this state."""
    from quire.society.distribution import store
    from quire.society.distribution.actions import stages

    found = _run(run)
    while found.state != state:
        step = stages.next_of(found)
        if step is None:
            approve(say, run)
        else:
            step.do(found, by=_user("preparer"), place=store.standing())
        found = _run(run)
    return state


def open_run(say: Say, period: str) -> str:
    from quire.society.distribution import actions
    from quire.society.kit import periods

    return str(actions.open_run(period=periods.parse(period), by=_user("preparer")).tid)


def grant(say: Say, user: str, role: str) -> str:
    from quire.society.parties import actions

    return str(actions.add_user(name=user, roles=[role]).username)


def approve_as(say: Say, run: str, user: str) -> str:
    from quire.society.distribution import actions

    return str(actions.approve(_run(run), by=_user(user)).run.tid)


def cancel(say: Say, run: str) -> str:
    from quire.society.distribution import actions

    actions.cancel(_run(run), reason="Once more", by=_user("preparer"))
    return run


def pay(say: Say, currency: str) -> str:
    from quire.society.payouts import actions

    batch = actions.prepare(currency=currency, on=date(2026, 3, 2), by=_user("preparer")).batch
    assert batch is not None
    return str(batch.tid)


def credit(say: Say, key: str) -> int:
    """Twenty euros to somebody who can be paid, straight from the bank: something to pay again."""
    from quire.society.ledger import accounts
    from quire.society.ledger import actions as ledger
    from quire.society.parties import queries as parties

    amount = 20 * QUANTA
    entries = [
        ledger.EntryIn(accounts.bank(), "EUR", amount),
        ledger.EntryIn(accounts.payable(parties.party("gazette").tid), "EUR", -amount),
    ]
    ledger.post(key=key, date=date(2026, 2, 9), kind="receipt", text=key, entries=entries, by=None)
    return amount


def paid(say: Say) -> dict[str, int]:
    """All that was ever credited in EUR, paid by batches, and left: by the ledger and by the payments."""
    from django.db.models import Sum

    from quire.society.ledger import queries as ledger
    from quire.society.ledger.models import Entry
    from quire.society.payouts.models import Payment

    credited = Entry.objects.filter(
        account__code__startswith="rights:payable", currency="EUR", amount__lt=0
    ).aggregate(sum=Sum("amount"))["sum"]
    sent = Payment.objects.filter(batch__currency="EUR").aggregate(sum=Sum("amount"))["sum"]
    left = sum(ledger.balances("rights:payable", "EUR").values())
    return {"credited": -credited, "paid": sent, "left": -left}


def tell(say: Say, run: str) -> dict[str, Any]:
    """Everything that is money or published, and everything that may not be there twice."""
    from quire.society import audit
    from quire.society.distribution.models import PotReceipt, Release
    from quire.society.kit.models import Act
    from quire.society.ledger.models import Transaction

    found = _run(run)
    chain = Transaction.objects.order_by("number")
    return {
        "run": [found.state, found.inputs_digest, found.results_digest, found.review, found.bundle_root],
        "lines": _digest(
            "SELECT number, outcome, party_id, hold_id, pot_id, amount, detail FROM distribution_line "
            "ORDER BY run_id, number"
        ),
        "ledger": list(chain.values_list("number", "key", "kind", "text", "input_hash", "digest")),
        "entries": _digest(
            "SELECT t.number, e.line, a.code, e.currency, e.amount FROM ledger_entry e "
            "JOIN ledger_transaction t ON t.id = e.transaction_id "
            "JOIN ledger_account a ON a.id = e.account_id ORDER BY 1, 2"
        ),
        "acts": sorted(Act.objects.filter(verb__startswith="distribution.").values_list("verb", flat=True)),
        "rows": [PotReceipt.objects.count(), Release.objects.count()],
        "files": _files(),
        "audit": audit.findings(),
    }


def _digest(query: str) -> list[Any]:
    from django.db import connection

    whole, count = hashlib.sha256(), 0
    with connection.cursor() as sql:
        sql.execute(query)
        for row in sql:
            whole.update(repr(tuple(map(str, row))).encode())
            count += 1
    return [count, whole.hexdigest()]


def _files() -> dict[str, str]:
    """Every file of the runs, of what is published and of the keys: its mode and digest."""
    from quire.society.kit.config import home

    return {
        str(path.relative_to(home())): f"{path.stat().st_mode:o} "
        + (hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "")
        for part in ("runs", "published", "keys")
        for path in sorted((home() / part).rglob("*"))
    }


ACTIONS: dict[str, Callable[..., Any]] = {
    one.__name__: one
    for one in (work, finish, approve, approve_as, until, open_run, cancel, grant, credit, pay, paid, tell)
}
