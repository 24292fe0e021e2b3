"""Allowances: asked for where crawlers want to pay, verified, kept beside the lane's events (boundary §7)."""

from __future__ import annotations

import time
from collections.abc import Iterable
from threading import Lock

from quire.core import allowances
from quire.core.allowances import Allowance
from quire.core.errors import QuireError
from quire.core.money import Money
from quire.core.tokens import KeySet
from quire.edge.config import EdgeConfig
from quire.edge.courier.talk import SocietyRefuses, Talk, problem_of
from quire.edge.paying import Charge, Purse, Reservation
from quire.edge.spool import Spool
from quire.edge.spool.files import read_json, write_json

MOST_WANTED = 1_000
"""Licensees asked for at once."""
ANSWER_HOLDS = 60.0
"""Seconds for which the society's answer about a licensee is final: until then it has no credit."""


class AskingPurse(Purse):
    """A purse that remembers for whom it had nothing, so that an allowance can be asked for."""

    def __init__(self) -> None:
        super().__init__()
        self._lacking: set[str] = set()
        self._asked: dict[str, float] = {}
        self._lack_lock = Lock()

    def reserve(
        self, licensee: str, price: Money, place: tuple[str, str], request: str | None, now: float
    ) -> Reservation | Charge | None:
        """As ``Purse.reserve``."""
        found = super().reserve(licensee, price, place, request, now)
        if found is None and len(self._lacking) < MOST_WANTED:
            with self._lack_lock:
                self._lacking.add(licensee)
        return found

    def asking(self, licensee: str) -> bool:
        """True until the society has answered once about this licensee, and again a while after that."""
        return time.monotonic() - self._asked.get(licensee, -ANSWER_HOLDS) >= ANSWER_HOLDS

    def answered(self, licensees: Iterable[str]) -> None:
        """The society has said what these licensees have: what is here, and nothing more for now."""
        now = time.monotonic()
        with self._lack_lock:
            if len(self._asked) > MOST_WANTED:
                self._asked.clear()
            self._asked.update(dict.fromkeys(licensees, now))

    def _forked(self) -> None:
        super()._forked()
        self._lack_lock = Lock()

    @property
    def lacks(self) -> bool:
        """Whether somebody could not pay since the allowances were last asked for."""
        return bool(self._lacking)

    def take_lacking(self) -> set[str]:
        """For whom there was nothing since this was last asked."""
        with self._lack_lock:
            found, self._lacking = self._lacking, set()
            return found


class Credit:
    """The allowances of one lane. One thread uses it; the purse is shared."""

    def __init__(self, config: EdgeConfig, spool: Spool, talk: Talk, purse: AskingPurse) -> None:
        self.config, self.spool, self.talk, self.purse = config, spool, talk, purse
        self._held: dict[str, tuple[Allowance, str]] = {}

    def restore(self, keys: KeySet) -> None:
        """Put the allowances kept on the disk into the purse; what does not verify is left out."""
        told = read_json(self.spool.lane.folder / "allowances.json") or {}
        texts = told.get("allowances")
        self._take([text for text in texts if isinstance(text, str)] if isinstance(texts, list) else [], keys)

    def refresh(self, keys: KeySet) -> None:
        """Ask for allowances for who lacked one, or has used up half. Raises QuireError."""
        lacking = self.purse.take_lacking()
        wanted = sorted(lacking | self._low())[:MOST_WANTED]
        if not wanted:
            return
        lane = self.spool.lane
        asked = {"spool": lane.spool, "lane": lane.number, "wanted": wanted, "held": list(self.purse.held())}
        answer = self.talk.post("/edge/v1/allowances", asked)
        given = problem_of(answer).get("allowances")
        if answer.status != 200 or not isinstance(given, list):
            raise SocietyRefuses(f"Asked for allowances, {self.config.society} answered {answer.status}.")
        known = set(self._held)
        taken = self._take([text for text in given if isinstance(text, str)], keys)
        # Who was given something may be given more: only that there was nothing new is a last word.
        self.purse.answered({*wanted} - {self._held[name][0].licensee for name in self._held.keys() - known})
        if taken:
            write_json(
                lane.folder / "allowances.json", {"allowances": [text for _, text in self._held.values()]}
            )

    def _low(self) -> set[str]:
        now = time.time()
        good = [one for one, _ in self._held.values() if one.expires > now]
        total: dict[tuple[str, str], int] = {}
        for one in good:
            key = (one.licensee, one.amount.currency)
            total[key] = total.get(key, 0) + one.amount.quanta
        return {
            licensee
            for (licensee, currency), quanta in total.items()
            if self.purse.left(licensee, currency, now).quanta * 2 < quanta
        }

    def _take(self, texts: list[str], keys: KeySet) -> bool:
        """Verify and put into the purse what is for this lane; whether there was anything new."""
        now, before = time.time(), len(self._held)
        for text in texts:
            try:
                one = allowances.read(text, keys)
            except QuireError:
                continue
            ours = (one.edge, one.spool, one.iss) == (
                self.config.edge,
                self.spool.lane.spool,
                self.config.server,
            )
            if ours and one.expires > now:
                self._held[one.id] = (one, text)
        new = len(self._held) != before
        self._held = {name: held for name, held in self._held.items() if held[0].expires > now}
        self.purse.add([held[0] for held in self._held.values()], now)
        return new
