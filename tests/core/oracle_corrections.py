"""Corrections of closed runs again, slowly: a table of who owes whom, and what is taken and given. Part of
``oracle.py``, and like it imports nothing of Quire. The rules in words: docs/algorithms/corrections.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from fractions import Fraction
from typing import Any

from oracle_algebra import Record, fraction, share_of, split
from oracle_chains import Chains, Rest, Use, held
from oracle_money import decimal, quanta


class Change:
    """What somebody has too little by a correction (too much: below zero), and its old and new share."""

    def __init__(self) -> None:
        self.amount, self.old, self.new = 0, Fraction(0), Fraction(0)
        self.lines: list[int] = []
        self.roles: dict[str, int] = {}
        self.via: tuple[str, ...] = ()

    def role(self) -> str:
        """That in which most of the difference arises, of equal ones the first in the alphabet."""
        if not self.roles:
            return "owner"
        sign = -1 if self.amount < 0 else 1
        most = max(sign * amount for amount in self.roles.values())
        return min(role for role, amount in self.roles.items() if sign * amount == most)


class Settling:
    """The corrections of one currency in a run. ``earned`` is what each party earned in it, payable."""

    def __init__(self, bundle: Any, currency: str, earned: dict[str, int]) -> None:
        self.bundle, self.currency = bundle, currency
        self.chains: Chains = bundle.chains
        limit = share_of(bundle.plan.get("recovery", {}).get("limit", "100%"))
        self.left = {party: int(amount * limit) for party, amount in earned.items()}
        self.known = {one["correction"]: one for one in bundle.corrections}
        self.lines: list[tuple[Record, int]] = []
        self.debts: list[Record] = []
        mine = [one for one in bundle.corrections if one["currency"] == currency]
        for one in sorted(mine, key=lambda one: (one["filed"], one["correction"])):
            self.settle(one)

    def settle(self, one: Record) -> None:
        found = self.changes(one)
        if "posted" in one:
            owed = self.inherited(one)
        else:
            owed = self.owed(found)
            self.from_holds(one, found, owed)
        for debtor in self.sorted({debtor for debtor, _ in owed}):
            most = min(self.left.get(debtor, 0), owes(owed, debtor))
            self.left[debtor] = self.left.get(debtor, 0) - most
            self.take("recovery", one, found, owed, debtor, most)
        for debtor, creditor in sorted(owed, key=lambda pair: [*map(self.chains.place, pair)]):
            if owed[debtor, creditor]:
                amount = decimal(owed[debtor, creditor])
                told = {"correction": one["correction"], "debtor": debtor, "creditor": creditor}
                self.debts.append({**told, "currency": self.currency, "amount": amount})

    def sorted(self, names: Any) -> list[str]:
        return sorted(names, key=self.chains.place)

    # --- what should have been ---

    def changes(self, one: Record) -> dict[str, Change]:
        """Of each party, and of the fund by its name."""
        found: dict[str, Change] = {}
        for party, _, share, _, line in one["old"]:
            mine = found.setdefault(party, Change())
            mine.old += Fraction(share)
            mine.lines.append(line)
        if "after" in one:
            before = self.known[one["after"]]
            for rest in self.made_of(before):
                give(found, rest, -rest.amount)
        else:
            for party, role, _, amount, _ in one["old"]:
                use = Use(None, one["use"], date.fromisoformat(one["from"]))
                for rest in self.chains.passed(Rest(party, role, quanta(amount)), use):
                    give(found, rest, -rest.amount)
        for rest in self.made_of(one):
            give(found, rest, rest.amount)
            found[rest.party].new += rest.part
        assert sum(change.amount for change in found.values()) == 0
        return found

    def made_of(self, one: Record) -> Iterator[Rest]:
        """The row as the correction divides it: what nobody earned is its fund's."""
        part = Fraction(one.get("part", "1/1")) if one["new"] else Fraction(0)
        amount = quanta(one["amount"])
        earned = int(amount * part + Fraction(1, 2))
        if part < 1:
            yield Rest(one["to"], "", amount - earned, 1 - part)
        owners = sorted(one["new"], key=lambda own: (self.chains.place(own[0]), own[1]))
        amounts = split(earned, [Fraction(share) for _, _, share in owners]) if owners else []
        use = Use(one["subject"], one["use"], date.fromisoformat(one["from"]))
        for (party, role, share), own in zip(owners, amounts, strict=True):
            yield from self.chains.passed(Rest(party, role, own, Fraction(share) * part), use)

    def owed(self, found: dict[str, Change]) -> dict[tuple[str, str], int]:
        """Each debtor divided among the creditors in proportion to what these still lack."""
        lack = {name: found[name].amount for name in self.sorted(found) if found[name].amount > 0}
        owed = {}
        for debtor in self.sorted(found):
            if found[debtor].amount < 0:
                parts = split(-found[debtor].amount, list(lack.values()))
                for creditor, part in zip(lack, parts, strict=True):
                    owed[debtor, creditor] = part
                    lack[creditor] -= part
        return owed

    def inherited(self, one: Record) -> dict[tuple[str, str], int]:
        """What earlier runs left, between those in whose hands it is now."""
        owed: dict[tuple[str, str], int] = {}
        for debt in self.bundle.debts:
            if debt["correction"] != one["correction"]:
                continue
            for debtor, part in self.now(debt["debtor"], quanta(debt["amount"]), one):
                for creditor, amount in self.now(debt["creditor"], part, one):
                    if creditor != debtor:
                        owed[debtor, creditor] = owed.get((debtor, creditor), 0) + amount
        return owed

    def now(self, name: str, amount: int, one: Record) -> list[tuple[str, int]]:
        """Who succeeds; nobody else where part of it would come to somebody unknown, or for a fund."""
        if name not in self.chains.ordinal:
            return [(name, amount)]
        use = Use(None, "", date.fromisoformat(one["from"]))
        found = list(self.chains.passed(Rest(name, "owner", amount), use))
        if any(rest.party not in self.chains.ordinal for rest in found):
            return [(name, amount)]
        return [(rest.party, rest.amount) for rest in found]

    # --- who gives, and who gets ---

    def from_holds(self, one: Record, found: dict[str, Change], owed: dict[tuple[str, str], int]) -> None:
        owner = {line: party for party, _, _, _, line in one["old"]}
        for line, amount, hold in one.get("held", []):
            debtor = owner[line]
            most = min(quanta(amount), owes(owed, debtor))
            self.take("correction", one, found, owed, debtor, most, {"hold": hold, "lines": [line]})

    def take(
        self, label: str, one: Record, found: dict[str, Change], owed: dict[tuple[str, str], int],
        debtor: str, taken: int, held_by: Record | None = None,
    ) -> None:  # fmt: skip
        """So much of a debtor, and to its creditors in proportion to what each has still to get."""
        if not taken:
            return
        told = self.told(label, one, found, debtor, (held_by or {}).get("lines"))
        outcome = {"outcome": "held", "hold": held_by["hold"]} if held_by else {"outcome": "payable"}
        self.lines.append(({**told, **outcome}, -taken))
        mine = self.sorted(creditor for who, creditor in owed if who == debtor)
        parts = split(taken, [owed[debtor, creditor] for creditor in mine])
        for creditor, part in zip(mine, parts, strict=True):
            owed[debtor, creditor] -= part
            if part:
                self.lines += self.got(label, one, found, creditor, part)

    def got(
        self, label: str, one: Record, found: dict[str, Change], creditor: str, part: int
    ) -> Iterator[tuple[Record, int]]:
        told = self.told(label, one, found, creditor, None)
        if creditor not in self.chains.ordinal:
            yield {**told, "outcome": "fund", "to": creditor}, part
        elif creditor in found and found[creditor].via:
            via = {"via": list(found[creditor].via), "of": decimal(part)}
            yield {**told, **via, "outcome": "held"}, part
        else:
            yield from held(self.bundle.holds, told, part, {creditor})

    def told(
        self, label: str, one: Record, found: dict[str, Change], name: str, lines: Sequence[int] | None
    ) -> Record:
        """What a line says of the row that it corrects, and of whoever gives or gets."""
        corrects = {"correction": one["correction"], "run": one["run"], "share": one["share"], "lines": []}
        corrects["reason"] = one["reason"]
        told = {"share": label, "subject": one["subject"], "from": one["from"], "until": one["until"]}
        told |= {"corrects": corrects} | ({"use": one["use"]} if one["use"] else {})
        if name not in self.chains.ordinal:
            return told
        change = found.get(name)
        if change:
            corrects |= {
                "lines": lines or change.lines,
                "old": fraction(change.old),
                "new": fraction(change.new),
            }
        role = change.role() if change else "owner"
        return {**told, "party": name, "role": role, "weight": "0/1", "part": "1/1"}


def owes(owed: dict[tuple[str, str], int], debtor: str) -> int:
    return sum(amount for (who, _), amount in owed.items() if who == debtor)


def give(found: dict[str, Change], rest: Rest, amount: int) -> None:
    mine = found.setdefault(rest.party, Change())
    mine.amount += amount
    mine.roles[rest.role] = mine.roles.get(rest.role, 0) + amount
    mine.via = rest.via if rest.unclear else mine.via
