"""What the tests of the ledger share: the room's modules, a short way to post, and a quarter of a society."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from types import SimpleNamespace
from typing import Any

ONE = 10**12
DAY = date(2026, 3, 31)
PAPER, BLOG = "pty_01paper", "pty_01blog"


def modules() -> SimpleNamespace:
    """The ledger's modules, once Django knows its database."""
    from quire.society.ledger import accounts, actions, beancount, chain, checks, errors, models, queries

    return SimpleNamespace(
        accounts=accounts,
        actions=actions,
        beancount=beancount,
        chain=chain,
        checks=checks,
        errors=errors,
        models=models,
        queries=queries,
    )


def poster(room: SimpleNamespace) -> Callable[..., Any]:
    """Book (account, amount in euro quanta) or (account, currency, amount) under a key."""

    def book(
        key: str, *entries: Any, kind: str = "receipt", day: date = DAY, text: str = "a movement"
    ) -> Any:
        sides = [room.actions.EntryIn(*(e if len(e) == 3 else (e[0], "EUR", e[1]))) for e in entries]
        return room.actions.post(key=key, date=day, kind=kind, text=text, entries=sides, by=None)

    return book


def pot(room: SimpleNamespace) -> str:
    return str(room.accounts.pot("lic_01lab", date(2026, 1, 1), date(2026, 4, 1)))


def quarter(room: SimpleNamespace, post: Callable[..., Any]) -> None:
    """A receipt of 100 EUR; 15 for administration; a paper 60 and a third, a blog the rest; 60 paid out."""
    payable = room.accounts.payable
    third = 60 * ONE + ONE // 3
    post("receipt:1", ("rights:bank", 100 * ONE), (pot(room), -100 * ONE))
    post(
        "run:1",
        (pot(room), 100 * ONE),
        ("own:administration", -15 * ONE),
        (payable(PAPER), -third),
        (payable(BLOG), third - 85 * ONE),
        kind="distribution",
    )
    post("admin:1", ("rights:bank", -15 * ONE), ("own:bank", 15 * ONE), kind="administration")
    post(
        "batch:1",
        (payable(PAPER), 60 * ONE),
        (room.accounts.transit("pay_01april"), -60 * ONE),
        kind="payout",
        day=date(2026, 4, 15),
    )
    post(
        "settled:1",
        (room.accounts.transit("pay_01april"), 60 * ONE),
        ("rights:bank", -60 * ONE),
        kind="payout",
        day=date(2026, 4, 16),
    )


def faults(room: SimpleNamespace) -> list[str]:
    return [sentence for check in room.checks.CHECKS for sentence in check()]
