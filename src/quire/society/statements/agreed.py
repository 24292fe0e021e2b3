"""The agreements by which an amount came to a payee, in words: who passed on what, and who kept what."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from quire.core.bundle import Bundle
from quire.core.chains import SUCCESSION
from quire.core.money import quanta_of
from quire.core.plan import percent
from quire.society.parties import queries as parties
from quire.society.repertoire import queries as repertoire
from quire.society.statements import words

FILE = "agreements.jsonl"
Record = Mapping[str, Any]


class Agreed:
    """The agreements of a run's bundle, with the names of their givers and the society's references."""

    def __init__(self, bundle: Bundle) -> None:
        there = FILE in bundle.manifest.files
        self.records = {one["agreement"]: one for _, one in bundle.records(FILE)} if there else {}
        if not self.records:
            return
        givers = {one["giver"] for one in self.records.values()}
        real = parties.published(givers)
        named = parties.names(real.values())
        self.names = {giver: named[party].name for giver, party in real.items()}
        self.codes = {one.tid: one.code for one in repertoire.agreements()}
        self.unclear = {one.tid: one.sentence() for one in parties.successions(all_=True) if one.unclear}

    def sentence(self, record: Record, currency: str) -> str:
        """How the amount of a line came to its party; empty where it was credited to it at once."""
        if not record.get("via"):
            return ""
        *before, last = (self.records[one] for one in record["via"])
        mine, succeeded = record["party"] == last["giver"], last["kind"] == SUCCESSION
        if mine and succeeded:
            return ""  # it is held, and ``held_because`` says why
        of = words.money(quanta_of(record["of"]), currency)
        way = [self._named(one["giver"]) for one in before if one["giver"] != last["giver"]]
        by = f" by way of {words.listed(way)}" if way else ""
        giver = "came to you" if mine else f"{self._named(last['giver'])} earned"
        return f"of {of} that {giver}{by}, {self._part(record, last)}"

    def _part(self, record: Record, last: Record) -> str:
        if last["kind"] == SUCCESSION:
            return f"{self._share(record, last)} is yours, in whose place you stand"
        code = self.codes.get(last["agreement"], last["agreement"])
        keeps = Fraction(last["retention"])
        if record["party"] == last["giver"]:
            return f"you keep {percent(keeps)} under {code}"
        kept = f"{percent(keeps)} is kept and " if keeps else ""
        return f"{kept}{self._share(record, last)} is passed on to you under {code}"

    def _share(self, record: Record, last: Record) -> str:
        """The taker's part of what came to the giver."""
        shares = [
            Fraction(share)
            for party, role, share in last["takers"]
            if party == record["party"] and (last["kind"] == SUCCESSION or role == record["role"])
        ]
        return percent(sum(shares, Fraction(0)) * (1 - Fraction(last["retention"])))

    def _named(self, tid: str) -> str:
        return self.names.get(tid, tid)

    def held_because(self, record: Record) -> str:
        """Why a line is held for no hold: it is not clear who succeeds its party."""
        via = record.get("via", ())
        return self.unclear.get(via[-1], "") if via else ""
