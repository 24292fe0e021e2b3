"""Pay per crawl: what a crawler offers, what it has left here, and each answer paid for once.

Owns the price headers (Cloudflare's, to the letter) and the purse of allowances. Does not own the allowance's
signature, nor the record: a charge is on record when its event is, and ``Purse.restore`` reads it from there.

Money is set aside when the request is let in, and spent only when the site's answer turns out to be a
success.
"""

from __future__ import annotations

import os
import re
import weakref
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Protocol

from quire.core import moments
from quire.core.currencies import MINOR_DIGITS
from quire.core.money import DECIMALS, WHOLE_DIGITS, Money, quanta_of

REMEMBERED = 24 * 3600
"""Seconds for which a request's id, once charged, is not charged again at the same address."""

UNPAID_METHODS = frozenset({"HEAD"})
"""Methods whose answers never have content, so that nothing is sold: they are judged alike and never charged.

``OPTIONS`` is none: many a view of Django, and most of PHP, answers it with the page. A browser's preflight,
which asks so, shows no token (Fetch, CORS-preflight fetch).
"""

_PRICE = re.compile(rf"([A-Z]{{3}}) ((?:0|[1-9][0-9]{{0,{WHOLE_DIGITS - 1}}})(?:\.[0-9]{{1,{DECIMALS}}})?)")


def price_of(text: str) -> Money | None:
    """The amount in a price header, ``USD 0.01``; None for what is not written exactly so, or is nothing."""
    found = _PRICE.fullmatch(text)
    if found is None or found[1] not in MINOR_DIGITS:
        return None
    amount = Money(quanta_of(found[2]), found[1])
    return amount if amount.quanta else None


def objection(price: Money, exact: str | None, highest: str | None) -> str | None:
    """Why what the crawler offers does not do, as a code of docs/boundary.md §4; None where it does.

    ``exact`` and ``highest`` are the texts of ``crawler-exact-price`` and ``crawler-max-price``, None if
    absent.
    """
    if exact is not None and highest is not None:
        return "two-prices"
    text = exact if exact is not None else highest
    if text is None:
        return "no-price"
    offered = price_of(text)
    if offered is None or offered.currency != price.currency:
        return "bad-price"
    if exact is not None:
        return None if offered.quanta == price.quanta else "price-not-exact"
    return None if offered.quanta >= price.quanta else "price-too-low"


class Allowance(Protocol):
    """What the purse needs of a verified allowance (docs/boundary.md §7); ``expires`` in seconds since
    1970."""

    @property
    def id(self) -> str: ...
    @property
    def licensee(self) -> str: ...
    @property
    def amount(self) -> Money: ...
    @property
    def expires(self) -> int: ...


@dataclass(slots=True)
class _Held:
    """One allowance, in quanta: what was spent, and what is set aside for requests under way."""

    id: str
    currency: str
    amount: int
    expires: int
    spent: int = 0
    aside: int = 0

    def left(self) -> int:
        return self.amount - self.spent - self.aside


Key = tuple[str, str, str, str]
"""Licensee, host, path with its query, and request id: what may be charged once in ``REMEMBERED`` seconds."""


_NO_KEY: Key = ("", "", "", "")


@dataclass(slots=True)
class Reservation:
    """Money set aside for one request, or for several at once that are the same by their id.

    ``price`` is what the answer costs, ``allowance`` where it comes from.
    """

    price: Money
    allowance: str
    key: Key | None
    _held: _Held = field(repr=False)
    _holders: int = 1
    _state: str = "open"


@dataclass(frozen=True, slots=True)
class Charge:
    """How it ended: ``amount`` was charged by this request, or by an earlier one of the same id
    (``again``)."""

    amount: Money
    allowance: str
    again: bool


class Purse:
    """The allowances of one edge process, and what was spent of them. Safe between threads.

    Never is more spent than an allowance holds, and nothing once it has expired. Allowances are for the spool
    of one process: a fork's child has none, until it was given its own.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._held: dict[str, dict[str, _Held]] = {}
        self._spent: dict[str, int] = {}
        self._done: dict[Key, tuple[float, Money, str]] = {}
        self._open: dict[Key, Reservation] = {}
        _all.add(self)

    def add(self, allowances: Iterable[Allowance], now: float) -> None:
        """Take in verified allowances; one that is here already stays as it is. Expired ones are let go."""
        with self._lock:
            for each in allowances:
                held = _Held(each.id, each.amount.currency, each.amount.quanta, each.expires)
                held.spent = self._spent.get(each.id, 0)
                self._held.setdefault(each.licensee, {}).setdefault(each.id, held)
            for mine in self._held.values():
                for one in [held for held in mine.values() if held.expires <= now and not held.aside]:
                    del mine[one.id]
            self._forget(now)

    def restore(self, spent: Mapping[str, int], events: Iterable[Mapping[str, Any]]) -> None:
        """What is on record, at the start: quanta spent of each allowance, and the events that charged one.

        ``events`` are as they stand in the record, the voids among them, in order; those that are too old
        to be there any more are in ``spent`` all the same. A record has no query, so a request that had one
        is charged again if it comes again after a start.
        """
        with self._lock:
            self._spent |= spent
            charged: dict[int, Key] = {}
            for event in events:
                if event.get("kind") == "void":
                    self._done.pop(charged.pop(event["of"], _NO_KEY), None)
                elif "charged" in event and "request" in event:
                    key = (event["licensee"], event["host"], event["path"], event["request"])
                    amount = Money.parse(event["charged"], event["currency"])
                    at = moments.read(event["t"]).timestamp()
                    self._done[key] = (at, amount, event["allowance"])
                    charged[event["n"]] = key

    def held(self) -> tuple[str, ...]:
        """Ids of the allowances that are here, as the society wants to be told."""
        with self._lock:
            return tuple(sorted(one for mine in self._held.values() for one in mine))

    def left(self, licensee: str, currency: str, now: float) -> Money:
        """What the licensee may still spend here: neither spent nor set aside, of allowances not expired."""
        with self._lock:
            mine = self._held.get(licensee, {}).values()
            good = (held.left() for held in mine if held.currency == currency and held.expires > now)
            return Money(sum(good), currency)

    def reserve(
        self, licensee: str, price: Money, place: tuple[str, str], request: str | None, now: float
    ) -> Reservation | Charge | None:
        """Set the price of one request aside.

        ``place`` is host and path with its query, ``request`` the crawler's own id of the request, None where
        it gave none.
        A Charge is the answer to a request that was charged before; None: there is no credit for it.
        """
        key = (licensee, *place, request) if request is not None else None
        with self._lock:
            if key is not None:
                done = self._done.get(key)
                if done is not None and done[0] + REMEMBERED > now:
                    return Charge(done[1], done[2], again=True)
                same = self._open.get(key)
                if same is not None:
                    same._holders += 1
                    return same
            held = self._affording(licensee, price, now)
            if held is None:
                return None
            held.aside += price.quanta
            made = Reservation(price, held.id, key, held)
            if key is not None:
                self._open[key] = made
            return made

    def asking(self, licensee: str) -> bool:
        """Whether an allowance for the licensee is being asked for, so that it may soon be able to pay."""
        return False

    def settle(self, reservation: Reservation, now: float) -> Charge | None:
        """The answer was a success: spend what was set aside; None where the allowance has expired
        meanwhile."""
        with self._lock:
            reservation._holders -= 1
            if reservation._state == "spent":
                return Charge(reservation.price, reservation.allowance, again=True)
            held = reservation._held
            if held.expires <= now or reservation._state == "back":
                self._give_back(reservation)
                return None
            held.aside -= reservation.price.quanta
            held.spent += reservation.price.quanta
            self._spent[held.id] = held.spent
            reservation._state = "spent"
            if reservation.key is not None:
                self._open.pop(reservation.key, None)
                self._done[reservation.key] = (now, reservation.price, held.id)
            return Charge(reservation.price, held.id, again=False)

    def release(self, reservation: Reservation) -> None:
        """The answer was no success: nothing is charged, unless a request of the same id is still under
        way."""
        with self._lock:
            reservation._holders -= 1
            self._give_back(reservation)

    def refund(self, reservation: Reservation) -> None:
        """The answer was charged and then broke off: take the charge back, as the ``void`` on record does.

        It stays set aside where a request of the same id is still under way, which then pays.
        """
        with self._lock:
            if reservation._state != "spent":
                return
            reservation._state = "open"
            reservation._held.spent -= reservation.price.quanta
            reservation._held.aside += reservation.price.quanta
            self._spent[reservation.allowance] = reservation._held.spent
            if reservation.key is not None:
                self._done.pop(reservation.key, None)
                self._open[reservation.key] = reservation
            self._give_back(reservation)

    def _forked(self) -> None:
        """In a fork's child: the money stays the parent's, and a lock that one of its threads held too."""
        self._lock = Lock()
        self._held, self._open = {}, {}

    def _affording(self, licensee: str, price: Money, now: float) -> _Held | None:
        """The allowance that pays the whole price and expires first."""
        mine = self._held.get(licensee, {}).values()
        good = [
            held
            for held in mine
            if held.currency == price.currency and held.expires > now and held.left() >= price.quanta
        ]
        return min(good, key=lambda held: held.expires, default=None)

    def _give_back(self, reservation: Reservation) -> None:
        if reservation._state != "open" or reservation._holders:
            return
        reservation._state = "back"
        reservation._held.aside -= reservation.price.quanta
        if reservation.key is not None:
            self._open.pop(reservation.key, None)

    def _forget(self, now: float) -> None:
        """Let go of charges so old that their request ids count as new; the oldest stand first."""
        for key in list(self._done):
            if self._done[key][0] + REMEMBERED > now:
                break
            del self._done[key]


_all: weakref.WeakSet[Purse] = weakref.WeakSet()


def _in_child() -> None:
    for one in list(_all):
        one._forked()


os.register_at_fork(after_in_child=_in_child)
