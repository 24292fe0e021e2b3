"""A settlement from agreement to the last of its reserve: claims, rounds, late claims, release."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from quire.core import bundle
from quire.core.money import quanta_of
from quire.core.tokens import KeySet
from quire.core.verify import verify
from quire.society.kit.tables import TableRefused
from tests.rooms import distribution_desk
from tests.rooms.distribution_desk import Desk, audit, balance, euros, of
from tests.settlement import LUMP, PLAN

built, desk = distribution_desk.built, distribution_desk.desk

A, B = "https://gazette.example/a", "https://gazette.example/b"
TIDE, REED = "https://lantern.example/p/1", "https://marsh.example/one"
TWICE = """[[instalment]]
due_on = 2026-03-31
amount = "2000.00"
[[instalment]]
due_on = 2026-09-30
amount = "1000.00"
"""


class Lumps:
    """The settlement, by hand, on days that the test names."""

    name = "harbour-settlement"

    def __init__(self, desk: Desk, patch: pytest.MonkeyPatch) -> None:
        self.desk, self.patch = desk, patch
        self.on("2026-04-01")

    def on(self, day: str) -> None:
        self.patch.setenv("QUIRE_TODAY", day)

    def agree(self, text: str = LUMP + TWICE, works: tuple[str, ...] = (A, B, TIDE, REED)) -> Any:
        from quire.society.invoicing import actions

        return actions.agree(text=text, works=works, by=self.desk.preparer)

    def claim(self, *works: str, accept: bool = True) -> None:
        """Claim them, and decide at once."""
        from quire.society.invoicing import actions

        for work in works:
            actions.claim(self.name, work=work, by=self.desk.preparer)
            actions.judge(self.name, work=work, accept=accept, reason="Looked at", by=self.desk.preparer)

    def receive(self, amount: str, reference: str) -> Any:
        from quire.society.invoicing import actions, queries

        return actions.record_receipt(
            licence=self.name, period=queries.lump(self.name).period, amount=amount,
            received_on=date(2026, 4, 1), reference=reference, by=self.desk.preparer,
        )  # fmt: skip

    def distribute(self) -> Any:
        """Open the next round's run and take it to its end."""
        from quire.society.distribution import actions

        run = actions.open_lump_run(self.name, by=self.desk.preparer)
        return self.desk.close(actions.work(run, by=self.desk.preparer))

    def reserve(self) -> int:
        return balance(f"rights:fund:reserve-{self.name}")


@pytest.fixture
def lumps(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Lumps:
    desk.adopt(PLAN, starts=date(2026, 3, 1))
    return Lumps(desk, monkeypatch)


def shown(run: Any) -> dict[str, str]:
    """Payee or label to what it got, in EUR."""
    from quire.core.money import Money

    return {name: str(Money(amount, "EUR")) for (name, _), amount in sorted(euros(run).items())}


def the_statement_says_what_is_kept(run: Any) -> None:
    from quire.society.statements import page
    from quire.society.statements.queries import statement

    told = statement(run, "lantern")
    (pot,) = told.pots
    assert [(one.label, one.of, one.amount) for one in pot.deductions] == [
        ("reserve", "gross", quanta_of("400")),
        ("administration", "net", quanta_of("160")),
    ]
    assert (pot.rest, pot.credited) == (quanta_of("1440"), quanta_of("720"))
    assert b"20% of what came in, for the fund" in page.page(told).replace(b" %", b"%")


def test_a_settlement_from_its_agreement_to_the_last_of_its_reserve(lumps: Lumps) -> None:
    from quire.society.distribution import publishing
    from quire.society.distribution.keys import signing_key
    from quire.society.invoicing import queries

    lumps.agree()
    lumps.receive("2000.00", "S-1")
    lumps.claim(A, TIDE)
    lumps.on("2026-06-01")

    # 20 % of 2000.00 are kept, 10 % of the rest deducted, 1440.00 equal among two works, used or not.
    first = lumps.distribute()
    assert shown(first) == {
        "administration": "160.00 EUR",
        "gazette": "720.00 EUR",
        "lantern": "720.00 EUR",
        "reserve": "400.00 EUR",
    }
    assert lumps.reserve() == quanta_of("400")
    found = bundle.read(publishing.folder(first))
    verdict = verify(found, KeySet.of(signing_key().public_jwk()))
    assert verdict.holds, verdict.sentence()
    (entitled,) = [record for _, record in found.records("classes.jsonl")]
    assert (len(entitled["subjects"]), entitled["reserve"]) == (2, "1/5")
    assert entitled["fund"] == "fund:reserve-harbour-settlement"

    the_statement_says_what_is_kept(first)

    # Late: each of two works missed 800.00 before deductions, and 400.00 is all that there is.
    lumps.on("2026-07-01")
    lumps.claim(B, REED)
    late = lumps.distribute()
    assert [one.kind for one in queries.rounds(lumps.name)] == ["instalment", "late"]
    assert shown(late) == {
        "administration": "40.00 EUR",
        "gazette": "120.00 EUR",
        "lantern": "60.00 EUR",
        "marsh": "180.00 EUR",
    }
    assert lumps.reserve() == 0

    # The next instalment is for all four.
    lumps.receive("1000.00", "S-2")
    second = lumps.distribute()
    assert shown(second)["marsh"] == "180.00 EUR"
    assert lumps.reserve() == quanta_of("200")

    # What is left of the reserve goes to the class when its day has come.
    lumps.on("2027-01-01")
    last = lumps.distribute()
    assert shown(last)["marsh"] == "45.00 EUR"
    assert lumps.reserve() == 0
    assert [one.kind for one in queries.rounds(lumps.name)][-1] == "release"
    told = queries.lump(lumps.name)
    assert (told.received, told.reserve_left) == (quanta_of("3000"), 0)
    paid = sum(amount for run in (first, late, second, last) for amount in euros(run).values())
    drawn = quanta_of("600")
    assert paid - drawn == quanta_of("3000"), "every cent that came in went somewhere, once"
    assert of("payable", "marsh") == quanta_of("405")


def test_an_ordinary_run_of_the_same_days_leaves_a_lump_sum_alone(lumps: Lumps) -> None:
    from quire.society.distribution.errors import NothingToDistribute

    lumps.desk.adopt(starts=date(2020, 1, 1))
    lumps.agree()
    lumps.receive("2000.00", "S-1")
    with pytest.raises(NothingToDistribute):
        lumps.desk.opened("2024-01-01..2026-01-01", "hybrid")


def test_nothing_is_divided_before_its_time(lumps: Lumps) -> None:
    from quire.society.distribution.models import Run
    from quire.society.invoicing import actions
    from quire.society.invoicing.errors import NotYet
    from quire.society.invoicing.models import Round

    lumps.agree()
    lumps.receive("2000.00", "S-1")
    with pytest.raises(NotYet, match="are taken until 2026-06-01"):
        lumps.distribute()
    actions.claim(lumps.name, work=A, by=lumps.desk.preparer)
    lumps.on("2026-06-02")
    with pytest.raises(NotYet, match=r"wait to be judged: gazette\.example/a"):
        lumps.distribute()
    actions.judge(lumps.name, work=A, accept=False, reason="A copy", by=lumps.desk.preparer)
    with pytest.raises(NotYet, match="nobody stands in it"):
        lumps.distribute()
    lumps.claim(A)
    lumps.distribute()
    with pytest.raises(NotYet, match="kept until 2027-01-01"):
        lumps.distribute()
    assert (Run.objects.count(), Round.objects.count()) == (1, 1)


def test_a_cancelled_run_of_a_round_is_run_again(lumps: Lumps) -> None:
    from quire.society.distribution import actions
    from quire.society.invoicing import queries

    lumps.agree()
    lumps.receive("2000.00", "S-1")
    lumps.claim(A)
    lumps.on("2026-06-01")
    run = actions.open_lump_run(lumps.name, by=lumps.desk.preparer)
    actions.cancel(run, reason="A slip", by=lumps.desk.preparer)
    again = lumps.distribute()
    assert again.id != run.id
    assert shown(again)["gazette"] == "1440.00 EUR"
    assert len(queries.rounds(lumps.name)) == 1


BY_VALUE = PLAN.replace('key = "equal"\namong = "works"', 'key = "usage"\nmeasure = "value"')


@pytest.mark.parametrize(
    ("plan", "why"),
    [(BY_VALUE, "has no prices"), (f'currency = "USD"\n{PLAN}', "in its own currency, EUR")],
)
def test_a_plan_that_cannot_divide_it_is_refused_before_anything_is_kept(
    lumps: Lumps, plan: str, why: str
) -> None:
    from quire.society.distribution import actions
    from quire.society.distribution.errors import NothingToDistribute
    from quire.society.distribution.models import Run

    lumps.agree()
    lumps.receive("2000.00", "S-1")
    lumps.claim(A)
    lumps.on("2026-06-01")
    actions.adopt_plan(
        text=plan, starts=date(2026, 5, 1), decision="A slip", by=lumps.desk.preparer, by_name=True
    )
    with pytest.raises(NothingToDistribute, match=why):
        actions.open_lump_run(lumps.name, by=lumps.desk.preparer)
    assert not Run.objects.exists()


def test_a_late_claim_is_worth_what_a_work_in_time_had_where_the_reserve_suffices(lumps: Lumps) -> None:
    lumps.agree()
    lumps.receive("2000.00", "S-1")
    lumps.claim(A, B, TIDE)
    lumps.on("2026-06-01")
    first = lumps.distribute()
    assert shown(first)["lantern"] == "640.00 EUR", "480.00 of its own, and a third of the 480.00 of another"
    lumps.on("2026-08-01")
    lumps.claim(REED)
    late = lumps.distribute()
    assert shown(late) == {"administration": "40.00 EUR", "marsh": "360.00 EUR"}


def test_claims_are_judged_once_and_only_of_works_in_the_class(lumps: Lumps, tmp_path: Path) -> None:
    from quire.society.invoicing import actions, queries
    from quire.society.invoicing.errors import BadLump, LumpDiffers
    from quire.society.kit.nouns import Unknown

    lumps.agree(works=(A, TIDE))
    by = lumps.desk.preparer
    place = tmp_path / "claims.csv"
    place.write_text(f"work,note\n{A},first\n{B},\nhttps://nowhere.example/x,\n")
    with pytest.raises(TableRefused):
        actions.import_claims(lumps.name, place, by=by)
    assert actions.import_claims(lumps.name, place, by=by, skip_refused=True, dry_run=True).added == 2
    assert actions.import_claims(lumps.name, place, by=by, skip_refused=True).added == 2
    assert actions.import_claims(lumps.name, place, by=by, skip_refused=True).unchanged == 2
    with pytest.raises(BadLump, match="the list does not name it"):
        actions.judge(lumps.name, work=B, accept=True, reason="Looked at", by=by)
    with pytest.raises(BadLump, match="needs its reason"):
        actions.judge(lumps.name, work=B, accept=False, reason=" ", by=by)
    with pytest.raises(BadLump, match="Nobody claimed"):
        actions.judge(lumps.name, work=TIDE, accept=True, reason="Looked at", by=by)
    place.write_text(f"work,decision,reason\n{A},accepted,It is named\n{B},refused,It is not named\n")
    assert actions.import_judgements(lumps.name, place, by=by, dry_run=True).added == 2
    assert [one.accepted for one in queries.claims(lumps.name)] == [None, None]
    assert actions.import_judgements(lumps.name, place, by=by).added == 2
    assert actions.import_judgements(lumps.name, place, by=by).unchanged == 2
    with pytest.raises(LumpDiffers, match="was accepted on 2026-04-01"):
        actions.judge(lumps.name, work=A, accept=False, reason="After all", by=by)
    actions.claim(lumps.name, work=B, note="Here is the proof", by=by)
    assert [one.accepted for one in queries.claims(lumps.name)] == [True, False, None]
    with pytest.raises(Unknown):
        actions.claim("another", work=A, by=by)
    lumps.on("2027-01-01")
    with pytest.raises(BadLump, match="nothing is kept for more"):
        actions.claim(lumps.name, work=TIDE, by=by)


def test_a_class_by_criteria(lumps: Lumps) -> None:
    from quire.society.invoicing import actions
    from quire.society.invoicing.errors import BadLump

    text = LUMP + '[class]\ntypes = ["article"]\ntiers = ["standard"]\nmembers_before = 2025-06-01\n'
    lumps.agree(text, ())
    lumps.claim(A, REED)
    actions.claim(lumps.name, work=TIDE, by=lumps.desk.preparer)
    with pytest.raises(BadLump, match="it is of the type photograph"):
        actions.judge(lumps.name, work=TIDE, accept=True, reason="x", by=lumps.desk.preparer)
    lumps.name = "before-the-society"
    early = text.replace("2025-06-01", "2025-01-01").replace("harbour-settlement", lumps.name)
    lumps.agree(early, ())
    with pytest.raises(BadLump, match="gazette was no member before 2025-01-01"):
        lumps.claim(A)


def test_no_token_and_no_usage_is_under_a_lump_sum(lumps: Lumps) -> None:
    from quire.society.licensing import queries

    lumps.agree()
    row = queries.licence(lumps.name)
    assert (row.kind, row.fee) == ("lump", 0)
    day = date(2025, 5, 1)
    assert queries.held(row.licensee, day) == []
    assert queries.in_force(day, date(2025, 5, 2)) == []
    assert all(one.kind != "lump" for several in queries.by_operator().values() for one in several)


def test_the_same_terms_again_are_no_news_and_others_are_refused(lumps: Lumps) -> None:
    from quire.society.invoicing.errors import BadLump, LumpDiffers
    from quire.society.kit.nouns import Unknown

    first = lumps.agree()
    assert lumps.agree().id == first.id
    assert (first.reserve, first.instalments.count()) == (Fraction(1, 5), 2)
    with pytest.raises(LumpDiffers):
        lumps.agree(LUMP + TWICE, (A,))
    with pytest.raises(LumpDiffers):
        lumps.agree(LUMP, (A, B, TIDE, REED))
    with pytest.raises(BadLump, match="names one of them twice"):
        lumps.agree(LUMP, (A, A))
    with pytest.raises(Unknown):
        lumps.agree(LUMP, ("https://nowhere.example/",))


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("reserve = ", "reserved = ", "no field of a lump sum"),
        ('payer = "lab-south"', 'payer = ""', "does not say payer"),
        ('amount = "3000.00"', "amount = 3000.0", "is a text"),
        ('amount = "3000.00"', 'amount = "0"', "more than nothing"),
        ('amount = "3000.00"', 'amount = "3000.01"', "do not sum"),
        ('reserve = "20%"', 'reserve = "100%"', "less than all"),
        ('reserve = "20%"', "reserve = 0.2", "is a part"),
        ('reserve = "20%"', 'reserve = "0"', "together or not at all"),
        ("reserve_until = 2027-01-01", "reserve_until = 2026-01-01", "until the deadline"),
        ("ends = 2026-01-01", "ends = 2024-01-01", "not after"),
        ("ends = 2026-01-01", 'ends = "soon"', "is a date"),
        ('name = "harbour', f'name = "{"h" * 40}', "at most 40"),
        ("due_on = 2026-09-30", "due_on = 2026-03-31", "different days"),
        ('uses = ["ai-train"]', 'uses = "ai-train"', "list of texts"),
        ("[[instalment]]", "[[instalments]]", "no field"),
    ],
)
def test_terms_that_cannot_be(lumps: Lumps, old: str, new: str, what: str) -> None:
    from quire.society.invoicing.errors import BadLump

    with pytest.raises(BadLump, match=what):
        lumps.agree((LUMP + TWICE).replace(old, new))


def test_a_class_is_a_list_or_criteria(lumps: Lumps) -> None:
    from quire.society.invoicing.errors import BadLump

    for text, works in (
        (LUMP, ()),
        (LUMP + '[class]\ntypes = ["article"]\n', (A,)),
        (LUMP + "[class]\nx = 1\n", (A,)),
    ):
        with pytest.raises(BadLump, match="class"):
            lumps.agree(text, works)
    for text in ("", "{", "= 1", "[1]", LUMP + "# so on\n" * 40_000):
        with pytest.raises(BadLump):
            lumps.agree(text)


def test_the_commands_lead_through_it(
    lumps: Lumps, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from tests.small import quire

    text, works = tmp_path / "lump.toml", tmp_path / "works.txt"
    text.write_text(LUMP)
    works.write_text(f"{A}\n{TIDE}\n\n")
    by = ("--by", "preparer")
    quire("lumpsums", "agree", text, "--works", works, "--dry-run", *by, capsys=capsys)
    assert quire("lumpsums", "list", capsys=capsys) == []
    told = quire("lumpsums", "agree", text, "--works", works, *by, capsys=capsys)
    assert (told["works"], told["instalments"]) == (
        2,
        [{"due_on": "2026-06-01", "amount": "3000.000000000000"}],
    )
    quire("lumpsums", "receive", lumps.name, "3000.00", "--received", "2026-04-01", "--reference", "S-1", *by)
    quire("lumpsums", "claim", lumps.name, "--work", A, *by)
    quire("lumpsums", "judge", lumps.name, "--work", A, "--accept", "--reason", "Named", *by)
    assert quire("lumpsums", "claims", lumps.name, capsys=capsys)[0]["accepted"] is True
    lumps.on("2026-06-01")
    assert quire("lumpsums", "distribute", lumps.name, *by, capsys=capsys)["state"] == "reviewed"
    quire("distribution", "approve", "latest", "--by", "approver")
    shown = quire("lumpsums", "show", lumps.name, capsys=capsys)
    assert (shown["reserve_left"], shown["rounds"][0]["works"]) == ("600.000000000000", 1)
    quire("lumpsums", "show", lumps.name)
    assert audit() == []


def test_two_who_distribute_at_once_open_one_run(lumps: Lumps) -> None:
    import threading

    from django.db import connections

    from quire.core.errors import QuireError
    from quire.society.distribution import actions
    from quire.society.distribution.models import Run

    lumps.agree()
    lumps.receive("2000.00", "S-1")
    lumps.claim(A)
    lumps.on("2026-06-01")
    told: list[str] = []
    ready = threading.Barrier(3)

    def go() -> None:
        ready.wait()
        try:
            told.append(actions.open_lump_run(lumps.name, by=lumps.desk.preparer).tid)
        except QuireError as problem:
            told.append(problem.code)
        finally:
            connections.close_all()

    several = [threading.Thread(target=go) for _ in range(3)]
    for one in several:
        one.start()
    for one in several:
        one.join()
    assert Run.objects.count() == 1
    assert len([one for one in told if one.startswith("dst_")]) == 1
    assert set(told) - {Run.objects.get().tid} <= {"invoicing.not-yet", "distribution.nothing"}
