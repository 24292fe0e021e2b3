"""What the society has confirmed, and what was spent in segments that are gone.

A segment is deleted only after the confirmation is durable, and a few of the newest stay, for a society that
had to go back to a copy of its own. What they charged to allowances is added up before they go, in the same
file and the same write, so that no charge is counted twice or forgotten.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from quire.core.money import decimal_of, quanta_of
from quire.edge.spool import segments
from quire.edge.spool.files import read_json, write_json

KEPT = 2
"""Delivered segments that stay."""
MOST_ALLOWANCES = 10_000
"""Allowances whose sums are kept; their ids grow with time, so the oldest go first."""


class Delivered:
    """The file ``delivered.json`` of a lane."""

    def __init__(self, folder: Path) -> None:
        """Read it, and delete what it says is counted (a process may have died between the two)."""
        self._folder = folder
        told = read_json(folder / "delivered.json") or {}
        self.through = int(told.get("through", 0))
        self.counted = int(told.get("counted", 0))
        self._spent = {name: quanta_of(sum_) for name, sum_ in dict(told.get("spent", {})).items()}
        self._delete()

    def confirm(self, through: int) -> None:
        """Remember ``through``; delete segments wholly delivered but for the newest few."""
        if through <= self.through:
            return
        self.through = through
        starts = segments.firsts(self._folder)
        whole = [(a, b) for a, b in pairwise(starts) if b - 1 <= through]
        gone = whole[:-KEPT]
        if gone:
            add_up(self._spent, charged(self._folder, self.counted, gone[-1][1] - 1))
            self.counted = gone[-1][1] - 1
        self._write()
        self._delete()

    def spent(self, through: int) -> dict[str, int]:
        """Quanta charged to each allowance by the events up to ``through``, deleted ones too, less voids."""
        total = dict(self._spent)
        add_up(total, charged(self._folder, self.counted, through))
        return total

    def _write(self) -> None:
        newest = sorted(self._spent)[-MOST_ALLOWANCES:]
        self._spent = {name: self._spent[name] for name in newest}
        spent = {name: decimal_of(quanta) for name, quanta in self._spent.items()}
        told = {"through": self.through, "counted": self.counted, "spent": spent}
        write_json(self._folder / "delivered.json", told)

    def _delete(self) -> None:
        starts = segments.firsts(self._folder)
        for first, following in pairwise(starts):
            if following - 1 <= self.counted:
                (self._folder / segments.name_of(first)).unlink()


def charged(folder: Path, after: int, through: int) -> Iterator[dict[str, Any]]:
    """The events that charged an allowance, and every void, in order."""
    for one in segments.events(folder, after, through):
        if b'"allowance"' in one.event or b'"kind":"void"' in one.event:
            yield json.loads(one.event)


def add_up(total: dict[str, int], records: Iterable[Mapping[str, Any]]) -> None:
    """Add what each record charged to its allowance; a void takes back what its decision, seen here, charged.

    A void whose decision is not among the records takes nothing back: too much counted as spent is safe,
    and the society, which has both, returns it.
    """
    open_: dict[int, tuple[str, int]] = {}
    for record in records:
        if record.get("kind") == "void":
            name, quanta = open_.pop(record["of"], ("", 0))
            if name:
                total[name] -= quanta
        elif record.get("charged") and record.get("allowance"):
            quanta = quanta_of(record["charged"])
            total[record["allowance"]] = total.get(record["allowance"], 0) + quanta
            open_[record["n"]] = (record["allowance"], quanta)
