"""A whole bundle computed again, slowly, from the rules in words: ``python tests/core/oracle.py BUNDLE``.

It imports nothing of Quire and nothing beyond the standard library, so that agreement means something. It
looks at one day at a time, and every share is a ``Fraction`` until it is cut to quanta. Prints whether the
bundle's lines, totals and payees are the ones that follow from its evidence; exits 0 if so, else 1.
"""

from __future__ import annotations

import hashlib
import json
import sys
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

USES = ["ai-train", "ai-input", "ai-index", "search"]
QUANTA = 10**12
DIGITS = {"BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3, "UYW": 4} | dict.fromkeys(
    [
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "ISK",
        "JPY",
        "KMF",
        "KRW",
        "PYG",
        "RWF",
        "UGX",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    ],
    0,
)
Record = dict[str, Any]


def load(folder: Path) -> dict[str, bytes]:
    """Every file of a bundle that lies unpacked in a folder."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def records(data: bytes) -> list[Record]:
    return [json.loads(line) for line in data.decode().split("\n") if line]


def quanta(text: str) -> int:
    amount = Fraction(text) * QUANTA
    assert amount.denominator == 1, f"{text} is no whole number of quanta"
    return amount.numerator


def decimal(amount: int) -> str:
    digits = str(amount).rjust(13, "0")
    return f"{digits[:-12]}.{digits[-12:]}"


def fraction(value: Fraction) -> str:
    return f"{value.numerator}/{value.denominator}"


def share_of(text: str) -> Fraction:
    return Fraction(text[:-1].strip()) / 100 if text.endswith("%") else Fraction(text)


def days_from(starts: date, ends: date) -> list[date]:
    return [starts + timedelta(days=n) for n in range((ends - starts).days)]


def is_in(day: date, span: Mapping[str, Any]) -> bool:
    """Whether the day lies in a span of the files: ``until`` is out, null is for ever."""
    begun = span["from"] is None or date.fromisoformat(span["from"]) <= day
    return begun and (span["until"] is None or day < date.fromisoformat(span["until"]))


def split(total: int, weights: list[Fraction]) -> list[int]:
    """Everybody's exact share cut to quanta; what is left over, one each, to the largest cut-off parts."""
    whole = sum(weights)
    exact = [total * weight / whole for weight in weights]
    parts = [int(share) for share in exact]
    ranked = sorted(range(len(parts)), key=lambda place: (parts[place] - exact[place], place))
    for place in ranked[: total - sum(parts)]:
        parts[place] += 1
    return parts


class Bundle:
    """What the evidence says."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.plan = tomllib.loads(files["plan.toml"].decode())
        for name in ("pots", "parties", "mandates", "direct", "works", "holds", "counts", "receipts"):
            setattr(self, name, records(files[f"{name}.jsonl"]))
        self.licences = {one["licence"]: one for one in records(files["licences.jsonl"])}

    pots: list[Record]
    parties: list[Record]
    mandates: list[Record]
    direct: list[Record]
    works: list[Record]
    holds: list[Record]
    counts: list[Record]
    receipts: list[Record]

    def results(self) -> dict[str, list[Record]]:
        """The records of the three result files."""
        divided = [PotOf(self, pot) for pot in self.pots]
        lines = [line for one in divided for line in one.lines]
        for number, line in enumerate(lines):
            line["line"] = number
        return {
            "lines.jsonl": lines,
            "totals.jsonl": [one.total() for one in divided],
            "payees.jsonl": list(self.payees(lines)),
        }

    def payees(self, lines: list[Record]) -> Iterator[Record]:
        currency_of = {pot["pot"]: pot["currency"] for pot in self.pots}
        for party in self.parties:
            ours = [line for line in lines if line.get("party") == party["party"]]
            for currency in sorted({currency_of[line["pot"]] for line in ours}):
                told: Record = {"party": party["party"], "currency": currency}
                for outcome in ("payable", "held"):
                    told[outcome] = decimal(
                        sum(
                            quanta(line["amount"])
                            for line in ours
                            if line["outcome"] == outcome and currency_of[line["pot"]] == currency
                        )
                    )
                yield told


class PotOf:
    """One pot, day by day."""

    def __init__(self, bundle: Bundle, pot: Record) -> None:
        self.bundle, self.pot = bundle, pot
        self.licence = bundle.licences[pot["licence"]]
        self.amount = quanta(pot["amount"])
        self.days = days_from(date.fromisoformat(pot["from"]), date.fromisoformat(pot["until"]))
        self.member_on: dict[tuple[str, str, date], bool] = {}
        self.party = {one["party"]: one for one in bundle.parties}
        self.said = {
            party: [one for one in bundle.mandates if one["member"] == party] for party in self.party
        }
        self.ordinal = {one["party"]: one["ordinal"] for one in bundle.parties}
        self.licensed_rows = list(self.rows())
        self.lines: list[Record] = []
        self.shares: list[Record] = []
        self.portions(self.deductions())

    # --- which usage is licensed ---

    def segment(self, first: date) -> list[date]:
        """The days from ``first`` until something that bears on the pot begins or ends."""
        ours = [one for one in self.bundle.mandates if one["licensee"] in (None, self.licence["licensee"])]
        ours += [one for one in self.bundle.direct if one["licensee"] == self.licence["licensee"]]
        ours += [self.licence, *(span for one in self.bundle.parties for span in one["member"])]
        ours += [version for one in self.bundle.works for version in one.get("owners", [])]
        edges = {edge for one in ours for edge in (one["from"], one["until"])}
        assert first == self.days[0] or first.isoformat() in edges, "counts begin where nothing changes"
        found = [first]
        while found[-1] < self.days[-1] and (found[-1] + timedelta(days=1)).isoformat() not in edges:
            found.append(found[-1] + timedelta(days=1))
        return found

    def allowed(self, member: str, use: str, day: date) -> bool:
        """Whether the member's usage is licensed on that day, asked once."""
        key = (member, use, day)
        if key not in self.member_on:
            self.member_on[key] = self.is_licensed(member, use, day)
        return self.member_on[key]

    def is_licensed(self, member: str, use: str, day: date) -> bool:
        lab = self.licence["licensee"]
        if use not in self.licence["uses"] or not is_in(day, self.licence):
            return False
        if any(o["member"] == member and o["licensee"] == lab and is_in(day, o) for o in self.bundle.direct):
            return False
        memberships = [span for span in self.party[member]["member"] if is_in(day, span)]
        said = [
            one["answer"]
            for one in self.said[member]
            if one["use"] == use
            and one["licensee"] in (None, lab)
            and is_in(day, one)
            # An answer from an earlier membership is not revived.
            and any(is_in(date.fromisoformat(one["from"]), span) for span in memberships)
        ]
        return bool(memberships) and "yes" in said and "no" not in said

    def rows(self) -> Iterator[Record]:
        """The rows of the counts that are licensed, with what their lines need."""
        ours = [one for one in self.bundle.counts if one["pot"] == self.pot["pot"]]
        segments = {day: self.segment(date.fromisoformat(day)) for day in {one["from"] for one in ours}}
        for one in sorted(ours, key=lambda one: (one["subject"], one["from"], USES.index(one["use"]))):
            work = self.bundle.works[one["subject"]]
            days = segments[one["from"]]
            answers = {self.allowed(work["member"], one["use"], day) for day in days}
            assert len(answers) == 1, "a mandate changes within a segment"
            if answers == {True} and one["requests"]:
                until = days[-1] + timedelta(days=1)
                yield {**one, "until": until.isoformat(), "work": work, "owners": self.owners(work, days)}

    def owners(self, work: Record, days: list[date]) -> list[tuple[str, str, Fraction]]:
        found = {
            tuple(tuple(share) for version in work.get("owners", []) if is_in(day, version)
                  for share in version["shares"])
            for day in days
        }  # fmt: skip
        assert len(found) == 1, "an ownership changes within a segment"
        shares = [(party, role, Fraction(share)) for party, role, share in found.pop()]
        shares = shares or [(work["member"], "owner", Fraction(1))]
        return sorted(shares, key=lambda one: (self.ordinal[one[0]], one[1]))

    # --- the plan ---

    def deductions(self) -> int:
        left = self.amount
        for one in self.bundle.plan.get("deduct", []):
            rate = share_of(one["rate"])
            exact = (self.amount if one.get("of", "gross") == "gross" else left) * rate
            kept = min(int(exact + Fraction(1, 2)), left)
            left -= kept
            told = {"share": one["label"], "outcome": "deducted", "rate": fraction(rate), "to": one["to"]}
            self.say(told, kept)
        return left

    def portions(self, rest: int) -> None:
        parts = self.bundle.plan["share"]
        there = [self.standing_in(part) for part in parts]
        empties = [part.get("if_empty", "spread") for part in parts]
        weights = [
            share_of(part["portion"]) if standing or empty != "spread" else Fraction(0)
            for part, standing, empty in zip(parts, there, empties, strict=True)
        ]
        if not any(weights):
            self.say({"share": "nobody", "outcome": "held"}, rest)
            weights = [Fraction(1) for _ in parts]
            rest = 0
        amounts = split(rest, weights)
        for part, standing, empty, amount in zip(parts, there, empties, amounts, strict=True):
            total = sum((weight for _, weight in standing), Fraction(0))
            outcome = "shared" if standing else empty.split(":")[0]
            self.shares.append(
                {
                    "share": part["label"],
                    "amount": decimal(amount),
                    "weight": fraction(total),
                    "outcome": outcome,
                }
            )
            if standing:
                self.pay(part, standing, amount)
            elif empty == "hold":
                self.say({"share": part["label"], "outcome": "held"}, amount)
            elif empty != "spread":
                self.say({"share": part["label"], "outcome": "fund", "to": empty}, amount)

    def standing_in(self, part: Record) -> list[tuple[Record, Fraction]]:
        """The rows, or the parties, that share a portion, each with its weight; those of no weight do not."""
        if part["key"] == "usage":
            weighed = [(row, row["requests"] * self.weight(part, row["work"])) for row in self.licensed_rows]
            return [(row, weight) for row, weight in weighed if weight]
        return [(one, Fraction(1)) for one in self.bundle.parties if self.is_counted(part, one)]

    def weight(self, part: Record, work: Record) -> Fraction:
        weight = Fraction(1)
        if "weight" in part:
            content = self.bundle.plan["content"]
            weight = Fraction(content.get(work["tier"], content.get("*", "1")))
        if part.get("measure") == "value":
            prices = self.licence["prices"]
            weight *= quanta(prices.get(work["tier"], prices.get("*")))
        return weight

    def is_counted(self, part: Record, party: Record) -> bool:
        if any(is_in(day, lapse) for day in self.days for lapse in party["lapses"]):
            return False
        if not any(self.allowed(party["party"], use, day) for use in USES for day in self.days):
            return False
        return part["key"] == "equal" or self.tier_of(party["works"]) == part["tier"]

    def tier_of(self, works: int) -> str:
        reached = {least: name for name, least in self.bundle.plan["tiers"].items() if works >= least}
        return str(reached[max(reached)] if reached else self.bundle.plan.get("below", ""))

    def pay(self, part: Record, standing: list[tuple[Record, Fraction]], amount: int) -> None:
        for (one, weight), owed in zip(
            standing, split(amount, [weight for _, weight in standing]), strict=True
        ):
            told = {"share": part["label"], "weight": fraction(weight)}
            if part["key"] != "usage":
                self.owe({**told, "party": one["party"], "role": "member", "part": "1/1"}, owed)
                continue
            told |= {name: one[name] for name in ("from", "until", "use", "requests")}
            told["subject"] = one["work"]["id"]
            for (party, role, share), own in zip(
                one["owners"], split(owed, [share for _, _, share in one["owners"]]), strict=True
            ):
                self.owe({**told, "party": party, "role": role, "part": fraction(share)}, own)

    def owe(self, told: Record, amount: int) -> None:
        on_hold = {one["party"] or one["subject"] for one in self.bundle.holds}
        held = told["party"] in on_hold or told.get("subject") in on_hold
        self.say({**told, "outcome": "held" if held else "payable"}, amount)

    def say(self, told: Record, amount: int) -> None:
        self.lines.append({**told, "pot": self.pot["pot"], "amount": decimal(amount)})

    # --- the account of the pot ---

    def due(self) -> int:
        currency = self.licence["currency"]
        minor = QUANTA // 10 ** DIGITS.get(currency, 2)
        if self.licence["kind"] != "blanket":
            prices = {name: quanta(price) for name, price in self.licence["prices"].items()}
            if self.licence["kind"] == "per-request":
                used = [(row["work"]["tier"], row["requests"]) for row in self.licensed_rows]
            else:
                works = {row["work"]["id"]: row["work"] for row in self.licensed_rows}.values()
                used = [(work["tier"], 1) for work in works if work["kind"] == "work"]
            return sum(prices.get(tier, prices.get("*", 0)) * n for tier, n in used) // minor * minor
        ours = [day for day in self.days if is_in(day, self.licence)]
        if not ours:
            return 0
        return self.fee_until(ours[-1] + timedelta(days=1), minor) - self.fee_until(ours[0], minor)

    def fee_until(self, day: date, minor: int) -> int:
        """The yearly fee from the licence's first day, whole years and then by the day."""
        first = date.fromisoformat(self.licence["from"])
        years = 0
        while anniversary(first, years + 1) <= day:
            years += 1
        begun, ends = anniversary(first, years), anniversary(first, years + 1)
        exact = quanta(self.licence["fee"]) * (years + Fraction((day - begun).days, (ends - begun).days))
        return int(exact / minor) * minor

    def total(self) -> Record:
        def sum_of(outcome: str) -> int:
            return sum(quanta(line["amount"]) for line in self.lines if line["outcome"] == outcome)

        sums = {name: sum_of(name) for name in ("payable", "held", "deducted", "fund")}
        return {
            "pot": self.pot["pot"],
            "currency": self.pot["currency"],
            "received": decimal(self.amount),
            "due": decimal(self.due()),
            "allocated": decimal(sums["payable"]),
            "held": decimal(sums["held"]),
            "deducted": decimal(sums["deducted"]),
            "fund": decimal(sums["fund"]),
            "residue": decimal(self.amount - sum(sums.values())),
            "shares": self.shares,
        }


def anniversary(first: date, years: int) -> date:
    """The same day so many years later; of a 29 February, 1 March in common years."""
    try:
        return first.replace(year=first.year + years)
    except ValueError:
        return date(first.year + years, 3, 1)


def differences(files: Mapping[str, bytes]) -> Iterator[str]:
    """A sentence for everything in which the published results and the recomputed ones differ."""
    for one in json.loads(files["bundle.json"])["files"] if "bundle.json" in files else []:
        if hashlib.sha256(files.get(one["name"], b"")).hexdigest() != one["sha256"]:
            yield f"{one['name']} is not the file that bundle.json lists."
    bundle = Bundle(files)
    for pot in bundle.pots:
        came = sum(quanta(one["amount"]) for one in bundle.receipts if one["pot"] == pot["pot"])
        if came != quanta(pot["amount"]):
            yield f"The receipts of {pot['pot']} sum to {decimal(came)}, not to {pot['amount']}."
    for name, expected in bundle.results().items():
        told = records(files[name])
        for number, (one, other) in enumerate(zip(told, expected, strict=False), 1):
            if one != other:
                yield f"{name} line {number} is {one}, recomputed it is {other}."
        if len(told) != len(expected):
            yield f"{name} has {len(told)} lines, recomputed there are {len(expected)}."


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print("Usage: python tests/core/oracle.py BUNDLE (a folder)", file=sys.stderr)
        return 2
    found = list(differences(load(Path(arguments[0]))))
    for sentence in found[:20]:
        print(sentence)
    print(f"{len(found)} differences." if found else "All lines, totals and payees agree.")
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
