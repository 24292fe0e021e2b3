"""Societies at random, through the database and to the bank: nothing is lost, in no currency, anywhere."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from quire.core import bundle as bundles
from quire.core.money import quanta_of
from quire.core.tokens import KeySet
from quire.core.verify import verify
from tests.rooms.distribution_desk import audit
from tests.rooms.usage_society import HEAD, hour

JANUARY = "2026-01"
YEAR = (date(2026, 1, 1), date(2027, 1, 1))
LABS = {"lab-north": ("OpenAI", "GPTBot"), "lab-south": ("Anthropic", "ClaudeBot")}
IBANS = ("DE89370400440532013000", "FR1420041010050500013M02606", "NL91ABNA0417164300", "")
ENOUGH = {"works": "100", "authority": "20", "quality": "60", "good_standing": "yes"}
KINDS = ("newspaper", "blogger", "photographer", "songwriter", "agency")


class Society:
    """Everything about it thrown with dice, and entered through the rooms' own actions."""

    def __init__(self, dice: random.Random, folder: Path, people: dict[str, Any]) -> None:
        self.dice, self.folder, self.by, self.people = dice, folder, people["preparer"], people
        self.members = [f"member-{n}" for n in range(dice.randint(1, 7))]
        self.currencies: dict[str, str] = {}
        self.joined: dict[str, date] = {}

    def found(self) -> None:
        from quire.society.membership import actions as membership
        from quire.society.parties import actions as parties

        parties.found_society(
            name="A Society", form="association", currency="EUR", town="Bremen", country="DE",
            street="Am Speicher", building="4", postcode="28195", iban="NL91ABNA0417164300",
            bic="ABNANL2A", minimum_payout={"EUR": "10.00"}, by=self.by,
        )  # fmt: skip
        membership.adopt_default_criteria()
        for code in LABS:
            parties.register_party(code=code, name=code, kind="lab", by=self.by)
        for code in self.members:
            iban = self.dice.choice(IBANS)
            parties.register_party(
                code=code, name=code, kind=self.dice.choice(KINDS), town="Hull", country=iban[:2] or "GB",
                iban=iban, by=self.by,
            )  # fmt: skip
            if self.dice.random() < 0.9:
                joined = date(2025, 12, 20) + timedelta(self.dice.randint(0, 30))
                membership.apply(party=code, shown=ENOUGH, on=joined)
                self.joined[code] = joined

    def register(self) -> None:
        from quire.society.repertoire import actions

        actions.register_site(code="site", host="paper.example", owner=self.members[0], by=self.by)
        for n in range(self.dice.randint(1, 12)):
            owners = self.dice.sample(self.members, self.dice.randint(1, min(3, len(self.members))))
            actions.register_work(
                title=f"Work {n}", member=owners[0], url=f"https://paper.example/w/{n}",
                tier=self.dice.choice(["standard", "feature", "archive"]),
                shares=self.shares(owners) if len(owners) > 1 else "", by=self.by,
            )  # fmt: skip

    def shares(self, owners: list[str]) -> str:
        cuts = [self.dice.randint(1, 12) for _ in owners]
        parts = [Fraction(cut, sum(cuts)) for cut in cuts]
        told = [
            f"{who}:{role}:{part}"
            for who, role, part in zip(owners, ("author", "publisher", "label"), parts, strict=False)
        ]
        return "; ".join(told)

    def agree(self) -> None:
        from quire.society.licensing import actions as licensing
        from quire.society.mandates import actions as mandates

        for member, joined in self.joined.items():
            for use in self.dice.sample(["all", "ai-train", "ai-input", "search"], self.dice.randint(0, 2)):
                starts = max(joined, YEAR[0] + timedelta(self.dice.choice([0, 0, 0, 9])))
                mandates.answer(
                    member=member, use=use, answer=self.dice.random() < 0.85, starts=starts, by=self.by
                )
            if self.dice.random() < 0.15:
                mandates.record_direct_licence(
                    member=member, licensee="lab-north", starts=date(2026, 1, self.dice.randint(1, 31)),
                    by=self.by,
                )  # fmt: skip
        for (lab, (operator, _)), currency in zip(
            LABS.items(), self.dice.sample(["EUR", "USD", "JPY", "KWD"], 2), strict=True
        ):
            code = f"{lab}-2026"
            self.currencies[code] = currency
            licensing.grant_licence(
                code=code, licensee=lab, operators=[operator], kind="per-request",
                uses=self.dice.sample(["ai-train", "ai-input", "search"], self.dice.randint(1, 3)),
                starts=YEAR[0], ends=YEAR[1], currency=currency, prices={"*": "0.01"}, by=self.by,
            )  # fmt: skip

    def use(self) -> None:
        from quire.society.usage import actions

        rows = [
            hour(
                self.dice.randint(1, 1000),
                self.dice.choice(["/w/0", "/w/1", "/w/2", "/w/5", "/w/11", "/elsewhere"]),
                datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=self.dice.randrange(31 * 24)),
                self.dice.choice([*(bot for _, bot in LABS.values()), "ChatGPT-User"]),
            )
            for _ in range(self.dice.choice([0, 1, 5, 40]))
        ]
        if rows:
            place = self.folder / "hours.csv"
            place.write_text(HEAD + "".join(dict.fromkeys(rows)))
            actions.import_file(place, by=self.by)

    def receive(self) -> dict[str, int]:
        """Currency to all that came in: from a quantum to a million million."""
        from quire.society.invoicing import actions

        received: dict[str, int] = defaultdict(int)
        for code, currency in self.currencies.items():
            for n in range(self.dice.randint(1, 2)):
                amount = self.dice.choice([0, 1, 2, 10**24, int(10 ** self.dice.uniform(0, 24))])
                actions.record_receipt(
                    licence=code, period=JANUARY, amount=amount, received_on=date(2026, 2, 1),
                    reference=f"{code}-{n}", by=self.by,
                )  # fmt: skip
                received[currency] += amount
        return dict(received)

    def plan(self) -> str:
        """Up to three deductions and five portions of every kind."""
        dice, text = self.dice, 'name = "at random"\n'
        if tiered := dice.random() < 0.5:
            text += f"[tiers]\nmany = {dice.randint(2, 5)}\nfew = {dice.randint(0, 1)}\n"
        text += '[content]\nfeature = "2.5"\n"*" = "1"\n'
        for n in range(dice.randint(0, 3)):
            text += (
                f'[[deduct]]\nlabel = "deduction {n}"\nrate = "{dice.randint(0, 33)}/100"\n'
                f'of = "{dice.choice(["gross", "rest"])}"\n'
                f'to = "{dice.choice(["society:administration", "society:archive", "fund:culture"])}"\n'
            )
        keys = [dice.choice(["usage", "equal"]) for _ in range(dice.randint(1, 3))]
        keys += ["many", "few"] if tiered else []
        cuts = [dice.randint(1, 9) for _ in keys]
        for n, (key, cut) in enumerate(zip(keys, cuts, strict=True)):
            more = f'key = "tier"\ntier = "{key}"\n' if key in {"many", "few"} else f'key = "{key}"\n'
            if key == "usage" and dice.random() < 0.5:
                more += 'weight = "content tier"\n' + dice.choice(["", 'measure = "value"\n'])
            text += (
                f'[[share]]\nlabel = "share {n}"\nportion = "{cut}/{sum(cuts)}"\n{more}'
                f'if_empty = "{dice.choice(["spread", "spread", "hold", "fund:heirs"])}"\n'
            )
        return text

    def hold(self) -> list[Any]:
        from quire.society.distribution import actions

        held = [
            actions.place_hold(party=one, reason="Somebody else claims it", by=self.by)
            for one in self.members
            if self.dice.random() < 0.2
        ]
        if self.dice.random() < 0.4:
            held.append(
                actions.place_hold(work="https://paper.example/w/0", reason="Claimed twice", by=self.by)
            )
        return held

    def distribute(self) -> Any:
        from quire.society.distribution import actions
        from quire.society.kit import periods

        actions.adopt_plan(text=self.plan(), starts=YEAR[0], decision="The dice", by=self.by)
        run = actions.open_run(period=periods.parse(JANUARY), by=self.by)
        actions.work(run, by=self.by)
        actions.approve(run, by=self.people["approver"])
        return actions.work(run, by=self.by)

    def pay(self) -> None:
        from quire.society.payouts import actions
        from quire.society.payouts.errors import NothingToPay

        for currency in self.currencies.values():
            try:
                made = actions.prepare(currency=currency, on=date(2026, 3, 2), by=self.by)
            except NothingToPay:
                continue
            if self.dice.random() < 0.5 and made.batch:
                actions.settle(made.batch, on=date(2026, 3, 2), by=self.by)


def run_adds_up(run: Any, received: dict[str, int]) -> None:
    """Allocated + held + deducted + funds + residue = received: by the review and by the lines themselves."""
    from quire.society.distribution.models import Line

    lines: dict[str, int] = defaultdict(int)
    for line in Line.objects.filter(run=run).select_related("pot"):
        assert line.amount >= 0
        lines[line.pot.currency] += line.amount
    for currency, amount in received.items():
        told = run.review["currencies"][currency]
        assert quanta_of(told["received"]) == amount == lines[currency]
        parts = ("allocated", "held", "deducted", "fund", "residue")
        assert sum(quanta_of(told[part]) for part in parts) == amount
        assert quanta_of(told["residue"]) == 0


def payees_add_up(run: Any, received: dict[str, int]) -> None:
    """Credited = paid + in transit + carried, of each payee; and the ledger has every quantum of it."""
    from quire.society.ledger import queries as ledger
    from quire.society.payouts import queries as payouts

    credited: dict[str, int] = defaultdict(int)
    for several in payouts.accounts().values():
        for one in several:
            assert one.credited == one.paid + one.in_transit + one.carried
            credited[one.currency] += one.credited
    for currency, amount in received.items():
        sums: dict[str, int] = defaultdict(int)
        for line in ledger.trial_balance():
            if line.currency == currency:
                sums[":".join(line.code.split(":")[:2])] -= line.balance
        assert sums["rights:pot"] == 0
        paid = amount + sums["rights:bank"]
        assert paid + sums["rights:payable"] + sums["rights:transit"] == credited[currency]
        elsewhere = (
            "rights:held",
            "rights:unallocated",
            "rights:fund",
            "own:administration",
            "own:deduction",
        )
        assert credited[currency] + sum(sums[family] for family in elsewhere) == amount


@pytest.mark.parametrize(
    "seed", [*range(4), *(pytest.param(seed, marks=pytest.mark.more) for seed in range(4, 40))]
)
def test_nothing_is_lost_between_a_receipt_and_the_bank(
    house: Any, people: dict[str, Any], tmp_path: Path, seed: int
) -> None:
    from quire.society.distribution import actions, queries

    society = Society(random.Random(seed), tmp_path, people)
    for step in (society.found, society.register, society.agree, society.use):
        step()
    received = society.receive()
    holds = society.hold()
    run = society.distribute()
    run_adds_up(run, received)
    payees_add_up(run, received)
    assert audit() == []
    society.pay()
    for hold in holds:
        if society.dice.random() < 0.6:
            actions.release_hold(hold.tid, by=society.by)
            payees_add_up(run, received)
    society.pay()
    payees_add_up(run, received)
    assert audit() == []
    keys = json.loads((house.home / "published" / "keys.json").read_text())["keys"]
    verdict = verify(bundles.read(queries.row(run).bundle), KeySet.of(*keys))
    assert verdict.holds, verdict.sentence()
