"""A whole bundle computed again, slowly, from the rules in words: ``python tests/core/oracle.py BUNDLE``.

It imports nothing of Quire and nothing beyond the standard library, so that agreement means something. It
looks at one day at a time, and every share is a ``Fraction`` until it is cut to quanta. Prints whether the
bundle's lines, totals and payees are the ones that follow from its evidence; exits 0 if so, else 1.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

# Its other parts lie beside it, wherever it is called from, and by whatever name.
sys.path.append(str(Path(__file__).parent))

import oracle_algebra as algebra
import oracle_chains as chains
import oracle_money as money
from oracle_algebra import Record, fraction, share_of, split
from oracle_corrections import Settling
from oracle_money import decimal, is_in, quanta
from oracle_survey import Survey

USES = ["ai-train", "ai-input", "ai-index", "search"]


def load(folder: Path) -> dict[str, bytes]:
    """Every file of a bundle that lies unpacked in a folder; one in parts as a whole."""
    parts = [(re.sub(r"-\d{4}(?=\.jsonl$)", "", path.name), path) for path in sorted(folder.iterdir())]
    return {name: b"".join(path.read_bytes() for each, path in parts if each == name) for name, _ in parts}


def records(data: bytes) -> list[Record]:
    return [json.loads(line) for line in data.decode().split("\n") if line]


def days_from(starts: date, ends: date) -> list[date]:
    return [starts + timedelta(days=n) for n in range((ends - starts).days)]


MORE = ("agreements", "classes", "weighings", "weights", "surveys", "corrections", "debts")
"""Files that only some bundles have."""


class Bundle:
    """What the evidence says."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.plan = tomllib.loads(files["plan.toml"].decode())
        for name in ("pots", "parties", "mandates", "direct", "works", "holds", "counts", "receipts"):
            setattr(self, name, records(files[f"{name}.jsonl"]))
        for name in (*MORE, "survey-units", "survey-reports"):
            setattr(self, name.replace("-", "_"), records(files.get(f"{name}.jsonl", b"")))
        self.licences = {one["licence"]: one for one in records(files["licences.jsonl"])}
        self.ordinal = {one["party"]: one["ordinal"] for one in self.parties}
        self.chains = chains.Chains(self.agreements, self.ordinal)
        self.last_day = max(date.fromisoformat(pot["until"]) for pot in self.pots) - timedelta(days=1)
        self.surveyed: dict[str, list[Record]] = {}
        self.divided = [PotOf(self, pot) for pot in self.pots]

    pots: list[Record]
    parties: list[Record]
    mandates: list[Record]
    direct: list[Record]
    works: list[Record]
    holds: list[Record]
    counts: list[Record]
    receipts: list[Record]
    agreements: list[Record]
    classes: list[Record]
    weighings: list[Record]
    weights: list[Record]
    surveys: list[Record]
    survey_units: list[Record]
    survey_reports: list[Record]
    corrections: list[Record]
    debts: list[Record]

    def results(self) -> dict[str, list[Record]]:
        """The records of the three result files."""
        self.deduct()
        for one in self.divided:
            one.divide()
        divided = [*self.divided, *self.pools()]
        adjusted = [*self.adjusted(divided)]
        divided += adjusted
        lines = [line for one in divided for line in one.lines]
        for number, line in enumerate(lines):
            line["line"] = number
        return {
            "lines.jsonl": lines,
            "totals.jsonl": [one.total() for one in divided],
            "payees.jsonl": list(self.payees(lines)),
            "outstanding.jsonl": [debt for one in adjusted for debt in one.debts],
        }

    def estimates(self, survey: str) -> list[Record]:
        if survey not in self.surveyed:
            self.surveyed[survey] = Survey(self, survey).estimates()
        return self.surveyed[survey]

    def adjusted(self, divided: list[PotOf]) -> Iterator[AdjustedOf]:
        """The corrections of each currency; they are paid out of what was earned in all pots of it."""
        for currency in sorted({one["currency"] for one in self.corrections}):
            earned: dict[str, int] = {}
            for one in divided:
                for line in one.lines if one.pot["currency"] == currency else []:
                    if line["outcome"] == "payable":
                        earned[line["party"]] = earned.get(line["party"], 0) + quanta(line["amount"])
            yield AdjustedOf(self, currency, earned)

    def deduct(self) -> None:
        """Each deduction from all pots, and cut where a currency has more than its ceiling together."""
        for one in self.plan.get("deduct", []):
            kept = [pot.would_keep(one) for pot in self.divided]
            told = one.get("ceiling", [])
            for ceiling in [told] if isinstance(told, str) else told:
                currency, most = ceiling.split(" ")
                ours = [n for n, pot in enumerate(self.divided) if pot.pot["currency"] == currency]
                if sum(kept[n] for n in ours) > quanta(most):
                    for n, part in zip(ours, split(quanta(most), [kept[n] for n in ours]), strict=True):
                        kept[n] = part
            for pot, amount in zip(self.divided, kept, strict=True):
                pot.keep(one, amount)

    def pool(self, part: Record, currency: str) -> list[algebra.Row]:
        ours = [one for one in self.divided if one.pot["currency"] == currency]
        return algebra.pooled(ours, part)

    def pools(self) -> Iterator[PotOf]:
        """Each portion that is pooled, in the plan's order, and its currencies in the alphabet's."""
        for part in algebra.leaves(self.plan["share"]):
            label = part["label"]
            for currency in sorted({pot["currency"] for pot in self.pots}):
                lines = (one for pot in self.divided for one in pot.lines if one["outcome"] == "pooled")
                into = [quanta(one["amount"]) for one in lines if one["to"] == f"pool:{label}:{currency}"]
                if into:
                    yield PoolOf(self, part, currency, sum(into))

    def payees(self, lines: list[Record]) -> Iterator[Record]:
        currency_of = {pot["pot"]: pot["currency"] for pot in self.pots}
        currency_of |= {line["pot"]: line["pot"].split(":")[-1] for line in lines if ":" in line["pot"]}
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
        self.ordinal = bundle.ordinal
        self.segments = self.cut(self.days)
        spans = [[date.fromisoformat(day) for day in span] for span in pot.get("late", [])]
        self.late = [days for a, b in spans for days in self.cut(days_from(a, b))]
        found = [one for one in bundle.classes if one["pot"] == pot["pot"]]
        self.entitled = set(found[0]["subjects"]) if found else None
        self.reserve = found[0] if found and "reserve" in found[0] else None
        counted = list(self.rows())
        self.licensed_rows = [row for row in counted if row["licensed"]]
        self.earning = self.licensed_rows
        if self.entitled is not None:
            self.earning = [row for row in counted if row["work"]["id"] in self.entitled]
        self.lines: list[Record] = []
        self.shares: list[Record] = []
        self.gross = self.left = self.amount
        if self.reserve:
            kept = int(self.amount * Fraction(self.reserve["reserve"]) + Fraction(1, 2))
            self.gross = self.left = self.amount - kept
            self.say({"share": "reserve", "outcome": "fund", "to": self.reserve["fund"]}, kept)

    # --- which usage is licensed ---

    def cut(self, days: list[date]) -> list[list[date]]:
        """The days in parts, wherever anything begins or is over."""
        edges = self.edges()
        places = [place for place, day in enumerate(days) if place == 0 or day.isoformat() in edges]
        return [days[a:b] for a, b in zip(places, [*places[1:], None], strict=True)]

    def edges(self) -> set[str | None]:
        """The days on which something that bears on the pot begins or is over."""
        ours = [one for one in self.bundle.mandates if one["licensee"] in (None, self.licence["licensee"])]
        ours += [one for one in self.bundle.direct if one["licensee"] == self.licence["licensee"]]
        ours += [self.licence, *(span for one in self.bundle.parties for span in one["member"])]
        ours += [version for one in self.bundle.works for version in one.get("owners", [])]
        ours += self.bundle.agreements
        ids = {one["id"] for one in self.bundle.works}
        ours += [
            {"until": None, **one} for one in self.bundle.holds if "from" in one and one["subject"] in ids
        ]
        return {edge for one in ours for edge in (one["from"], one["until"])}

    def there(self, work: Record) -> list[list[date]]:
        """The segments in which the work stands, used or not: those of a licensed use; of a class, all. None
        of them is of late usage."""
        if self.entitled is not None:
            return self.segments if work["id"] in self.entitled else []
        return [
            days for days in self.segments if any(self.allowed(work["member"], use, days[0]) for use in USES)
        ]

    def from_until(self, days: list[date]) -> Record:
        told: Record = {"from": days[0].isoformat(), "until": (days[-1] + timedelta(days=1)).isoformat()}
        late = [span for span in self.pot.get("late", []) if span[0] <= told["from"] < span[1]]
        return told | ({"late": late[0]} if late else {})

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
        """The rows of the counts that are of something, with what their lines need."""
        ours = [one for one in self.bundle.counts if one["pot"] == self.pot["pot"]]
        segments = {days[0].isoformat(): days for days in [*self.late, *self.segments]}
        shown = ["key", "signature", "address", "name", "token", "none"]
        ours.sort(
            key=lambda one: (
                one["subject"],
                one["from"],
                USES.index(one["use"]),
                shown.index(one.get("evidence", "none")),
            )
        )
        for one in ours:
            work, days = self.bundle.works[one["subject"]], segments[one["from"]]
            answers = {self.allowed(work["member"], one["use"], day) for day in days}
            assert len(answers) == 1, "a mandate changes within a segment"
            if one["requests"]:
                more = {"work": work, "days": days, "licensed": answers == {True}}
                yield {**one, **self.from_until(days), **more, "owners": self.owners(work, days)}

    def owners(self, work: Record, days: list[date]) -> list[tuple[str, str, Fraction]]:
        found = {
            tuple(tuple(share) for version in work.get("owners", []) if is_in(day, version)
                  for share in version["shares"])
            for day in days
        }  # fmt: skip
        assert len(found) == 1, "an ownership changes within a segment"
        shares = [(party, role, Fraction(share)) for party, role, share in found.pop()]
        shares = shares or [(work["member"], "owner", Fraction(1))]
        return sorted(shares, key=lambda one: (self.bundle.chains.place(one[0]), one[1]))

    # --- the plan ---

    def would_keep(self, one: Record) -> int:
        base = self.gross if one.get("of", "gross") == "gross" else self.left
        return min(int(base * share_of(one["rate"]) + Fraction(1, 2)), self.left)

    def keep(self, one: Record, kept: int) -> None:
        self.left -= kept
        rate = fraction(share_of(one["rate"]))
        self.say({"share": one["label"], "outcome": "deducted", "rate": rate, "to": one["to"]}, kept)

    def divide(self) -> None:
        parts = self.bundle.plan["share"]
        if not any(self.stays(part) for part in parts):
            self.portions(parts, 0)
            self.say({"share": "nobody", "outcome": "held"}, self.left)
        else:
            self.portions(parts, self.left)

    def standing(self, part: Record) -> list[algebra.Row]:
        if part.get("income") == "pooled":
            return self.bundle.pool(part, self.pot["currency"])
        return algebra.standing(self, part)

    def is_there(self, part: Record) -> bool:
        return any(map(self.stays, part["share"])) if "share" in part else bool(self.standing(part))

    def stays(self, part: Record) -> bool:
        return self.is_there(part) or part.get("if_empty", "spread") != "spread"

    def portions(self, parts: list[Record], rest: int) -> None:
        weights = [share_of(part["portion"]) if self.stays(part) else Fraction(0) for part in parts]
        amounts = split(rest, weights) if any(weights) else [0] * len(parts)
        for part, amount in zip(parts, amounts, strict=True):
            self.settle(part, amount)

    def settle(self, part: Record, amount: int) -> None:
        empty = part.get("if_empty", "spread")
        if not self.is_there(part):
            self.account(part, amount, Fraction(0), empty.split(":")[0])
            if empty != "spread":
                self.park(part, amount, empty)
            self.portions(part.get("share", []), 0)
        elif "share" in part:
            self.account(part, amount, Fraction(0), "split")
            self.portions(part["share"], amount)
        elif part.get("income") == "pooled":
            self.account(part, amount, algebra.sum_of(self.standing(part)), "pooled")
            to = f"pool:{part['label']}:{self.pot['currency']}"
            self.say({"share": part["label"], "outcome": "pooled", "to": to}, amount)
        else:
            self.account(part, amount, algebra.sum_of(self.standing(part)), "shared")
            self.pay(part, self.standing(part), amount)

    def account(self, part: Record, amount: int, weight: Fraction, outcome: str) -> None:
        told = {"share": part["label"], "amount": decimal(amount), "weight": fraction(weight)}
        self.shares.append(told | {"outcome": outcome})

    def park(self, part: Record, amount: int, where: str) -> None:
        """What goes to nobody: held, or into a fund."""
        told = {"outcome": "held"} if where == "hold" else {"outcome": "fund", "to": where}
        self.say({"share": part["label"], **told}, amount)

    def price(self, tier: str, *, pooled: bool) -> Fraction:
        """Of a request, in a pool in the pot's currency; of a crawl licence all weigh alike."""
        if self.licence["kind"] == "crawl" and not pooled:
            return Fraction(1)
        prices, same = self.licence["prices"], self.pot["currency"] == self.licence["currency"]
        found = Fraction(quanta(prices.get(tier, prices.get("*"))))
        if not pooled or same:
            return found
        assert self.pot["received_currency"] == self.licence["currency"], "no rate for the prices"
        return found * Fraction(self.pot["rate"])

    def is_member(self, party: Record) -> bool:
        if self.entitled is not None:
            return any(
                one["id"] in self.entitled and one["member"] == party["party"] for one in self.bundle.works
            )
        if any(is_in(day, lapse) for day in self.days for lapse in party["lapses"]):
            return False
        return any(self.allowed(party["party"], use, day) for use in USES for day in self.days)

    def tier_of(self, works: int) -> str:
        tiers = self.bundle.plan.get("tiers", {})
        reached = {least: name for name, least in tiers.items() if works >= least}
        return str(reached[max(reached)] if reached else self.bundle.plan.get("below", ""))

    def pay(self, part: Record, standing: list[algebra.Row], amount: int) -> None:
        owed, over = algebra.amounts(self, standing, amount, part)
        for one, sum_ in zip(standing, owed, strict=True):
            told = {"share": part["label"], "weight": fraction(one["weight"]), **one["told"]}
            if one["owners"] is None:
                self.owe({**told, "party": one["member"], "role": "member", "part": "1/1"}, sum_)
                continue
            for (party, role, share), own in zip(
                one["owners"], split(sum_, [share for _, _, share in one["owners"]]), strict=True
            ):
                self.owe({**told, "party": party, "role": role, "part": fraction(share)}, own)
        if over:
            self.park(part, over, part.get("if_over", "hold"))

    def owe(self, told: Record, amount: int) -> None:
        days = {"use": told.get("use", ""), "day": self.bundle.last_day}
        if "subject" in told:
            days["day"] = date.fromisoformat(told["from"])
        use = chains.Use(told.get("subject"), **days)
        for line, own in chains.lines(self.bundle.chains, self.bundle.holds, told, amount, use):
            self.say(line, own)

    def say(self, told: Record, amount: int) -> None:
        self.lines.append({**told, "pot": self.pot["pot"], "amount": decimal(amount)})

    # --- the account of the pot ---

    def due(self) -> int:
        own = [row for row in self.licensed_rows if row["days"][0] >= self.days[0]]
        return money.due(self.pot, self.licence, self.days, own)

    def due_in(self) -> Record:
        same = self.licence["currency"] == self.pot["currency"]
        return {} if same else {"due_currency": self.licence["currency"]}

    def total(self) -> Record:
        def outcome(name: str) -> int:
            return sum(quanta(line["amount"]) for line in self.lines if line["outcome"] == name)

        sums = {name: outcome(name) for name in ("payable", "held", "deducted", "fund")}
        more = {name: sum_ for name in ("unclaimed", "pooled") if (sum_ := outcome(name))}
        return {
            "pot": self.pot["pot"],
            "currency": self.pot["currency"],
            "received": decimal(self.amount),
            "due": decimal(self.due()),
            **self.due_in(),
            "allocated": decimal(sums["payable"]),
            "held": decimal(sums["held"]),
            "deducted": decimal(sums["deducted"]),
            "fund": decimal(sums["fund"]),
            **{name: decimal(sum_) for name, sum_ in more.items()},
            "residue": decimal(self.amount - sum(sums.values()) - sum(more.values())),
            "shares": self.shares,
        }


class PoolOf(PotOf):
    """What was pooled from several pots, divided."""

    def __init__(self, bundle: Bundle, part: Record, currency: str, amount: int) -> None:
        self.bundle, self.amount = bundle, amount
        self.pot = {"pot": f"pool:{part['label']}:{currency}", "currency": currency}
        self.party = {one["party"]: one for one in bundle.parties}
        self.ordinal = bundle.ordinal
        self.lines, self.shares = [], []
        standing = bundle.pool(part, currency)
        self.account(part, amount, algebra.sum_of(standing), "shared")
        self.pay(part, standing, amount)

    def due(self) -> int:
        return 0

    def due_in(self) -> Record:
        return {}


class AdjustedOf(PoolOf):
    """What corrections of closed runs take and give in a currency."""

    def __init__(self, bundle: Bundle, currency: str, earned: dict[str, int]) -> None:
        self.bundle, self.amount = bundle, 0
        self.pot = {"pot": f"adjustments:{currency}", "currency": currency}
        self.lines, self.shares = [], []
        settled = Settling(bundle, currency, earned)
        self.debts = settled.debts
        for line, amount in settled.lines:
            self.say(line, amount)


def differences(files: Mapping[str, bytes]) -> Iterator[str]:
    """A sentence for everything in which the published results and the recomputed ones differ."""
    for one in json.loads(files["bundle.json"])["files"] if "bundle.json" in files else []:
        if hashlib.sha256(files.get(one["name"], b"")).hexdigest() != one["sha256"]:
            yield f"{one['name']} is not the file that bundle.json lists."
    bundle = Bundle(files)
    yield from money.faults(bundle.pots, bundle.receipts)
    for one in bundle.surveys:
        yield from Survey(bundle, one["survey"]).faults()
    for name, expected in bundle.results().items():
        told = records(files.get(name, b""))
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
