"""The small society's January up to its receipts, built once in each process and copied for every test.

Of the 1000 EUR of ``north-2026`` a hybrid run keeps 150 and shares 340 equally among the three members and
510 by use: 17 licensed requests, 30 each. ``south-2026`` brought 0.05 USD and two requests.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from quire.core.money import quanta_of
from tests import small
from tests.conftest import Furnished, House, another_house, furnished

DECISION = "Assembly of December 2025"
JANUARY, FEBRUARY = "2026-01", "2026-02"


class Desk:
    """The people, and a society's distributions as they would be run by hand."""

    def __init__(self, house: House) -> None:
        from quire.society.parties.models import User

        self.house = house
        self.preparer, self.approver = (User.objects.get(username=n) for n in ("preparer", "approver"))

    def adopt(self, plan: str = "hybrid", starts: date = date(2026, 1, 1), decision: str = DECISION) -> Any:
        """A shipped plan by name, or a plan's own text."""
        from quire.society.distribution import actions

        text = plan if "\n" in plan else (files("quire.core") / "plans" / f"{plan}.toml").read_text()
        return actions.adopt_plan(text=text, starts=starts, decision=decision, by=self.preparer)

    def receive(
        self, reference: str, amount: str | int, licence: str = "north-2026", period: str = JANUARY
    ) -> Any:
        from quire.society.invoicing import actions

        return actions.record_receipt(
            licence=licence,
            period=period,
            amount=amount,
            received_on=date(2026, 2, 3),
            reference=reference,
            by=self.preparer,
        )

    def opened(self, period: str = JANUARY, plan: str = "") -> Any:
        from quire.society.distribution import actions
        from quire.society.kit import periods

        return actions.open_run(period=periods.parse(period), by=self.preparer, plan=plan)

    def reviewed(self, period: str = JANUARY, plan: str = "") -> Any:
        """A run opened and worked until it waits for a second person."""
        from quire.society.distribution import actions

        run = actions.work(self.opened(period, plan), by=self.preparer)
        assert run.state == "reviewed"
        return run

    def close(self, run: Any) -> Any:
        from quire.society.distribution import actions

        actions.approve(run, by=self.approver)
        run = actions.work(run, by=self.preparer)
        assert run.state == "closed"
        return run

    def closed(self, period: str = JANUARY, plan: str = "") -> Any:
        return self.close(self.reviewed(period, plan))

    def forecast(self, period: str = JANUARY) -> Any:
        from quire.society.distribution import actions
        from quire.society.kit import periods

        return actions.forecast(period=periods.parse(period), by=self.preparer)

    def hold(self, **what: Any) -> Any:
        from quire.society.distribution import actions

        return actions.place_hold(**{"reason": "Two heirs claim it", "by": self.preparer, **what})

    def release(self, hold: Any) -> int:
        from quire.society.distribution import actions

        return actions.release_hold(hold.tid, by=self.preparer)


def audit() -> list[str]:
    from quire.society import audit as rooms

    return rooms.findings()


def got(run: Any) -> dict[tuple[str, str, str], int]:
    """(party or label, outcome, currency) to the sum of the run's lines, those of nothing left out."""
    from quire.society.distribution.models import Line

    sums: dict[tuple[str, str, str], int] = {}
    for line in Line.objects.filter(run=run).select_related("party", "pot"):
        key = (line.party.code if line.party else line.detail["share"], line.outcome, line.pot.currency)
        sums[key] = sums.get(key, 0) + line.amount
    return {key: amount for key, amount in sums.items() if amount}


def euros(run: Any) -> dict[tuple[str, str], int]:
    """The same of what came in EUR."""
    return {(name, outcome): n for (name, outcome, unit), n in got(run).items() if unit == "EUR"}


def balance(code: str, currency: str = "EUR") -> int:
    """What is on a liability's account: a credit is positive."""
    from quire.society.ledger import queries

    return -queries.balance(code, currency)


def of(family: str, party: str, currency: str = "EUR") -> int:
    """A party's account: ``payable`` or ``held``."""
    from quire.society.parties import queries

    return balance(f"rights:{family}:{queries.party(party).tid}", currency)


def eur(text: str) -> int:
    return quanta_of(text)


def thirds(amount: str, remainder: int = 0) -> int:
    """A third of the amount, cut, and the quantum that the largest remainder gives or not."""
    return quanta_of(amount) // 3 + remainder


def everything() -> tuple[dict[str, int], dict[str, bytes]]:
    """How many rows every table has, and every file of the society with its bytes."""
    from django.db import connection

    from quire.society.kit.config import home

    rows = {}
    with connection.cursor() as sql:
        for table in sorted(connection.introspection.table_names()):
            sql.execute(f"SELECT count(*) FROM {connection.ops.quote_name(table)}")
            rows[table] = sql.fetchone()[0]
    found = {str(p.relative_to(home())): p.read_bytes() for p in sorted(home().rglob("*")) if p.is_file()}
    return rows, found


def begin(folder: Path) -> None:
    """Found the society of ``tests.small`` and import its usage."""
    small.found(folder)
    small.use(folder)


@contextmanager
def gone_on(
    postgres: dict[str, str], folder: Path, begun: Furnished, step: Callable[[Desk], object]
) -> Iterator[Furnished]:
    """The society that was ``begun``, one step further, to be copied by tests that begin after it."""

    def furnish(people: dict[str, Any], patch: pytest.MonkeyPatch) -> None:
        step(Desk(House(folder / "var", {})))

    with furnished(postgres, folder, furnish, staffed=False, begun=begun) as made:
        yield made


def prepare_january(desk: Desk) -> None:
    """Adopt the hybrid plan and book January's money: 1000 EUR and 0.05 USD."""
    desk.adopt()
    desk.receive("R-1", "1000.00")
    desk.receive("R-2", "0.05", "south-2026")


@pytest.fixture
def built(request: pytest.FixtureRequest) -> Furnished:
    """What a test begins with, built once in each process: as far as January's money for one that asks so."""
    far = "january" in request.fixturenames
    found: Furnished = request.getfixturevalue("small_january" if far else "small_society")
    return found


@pytest.fixture
def desk(
    built: Furnished, postgres: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Desk]:
    """A copy of it for this test alone; whatever the test did, the audit has nothing to say at its end."""
    shutil.copytree(built.home, tmp_path / "var")
    with another_house(postgres, tmp_path, monkeypatch, template=built.database) as house:
        yield Desk(house)
        assert audit() == []


@pytest.fixture
def january(desk: Desk) -> Desk:
    """The desk with the hybrid plan adopted and January's money booked, as ``built`` has them."""
    return desk
