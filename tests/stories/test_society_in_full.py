"""A diary of half a year: a label and its artists, an estate, dollars, a survey, a settlement, a dispute,
an unknown co-writer, a correction, a payment that came back. After each act the books are whole."""

# ruff: noqa: E501 - what the office types stands on one line

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from quire.cli import main
from quire.core import bundle
from quire.core.money import decimal_of, quanta_of
from quire.core.tokens import KeySet
from quire.core.verify import verify, verify_statement
from tests import settlement, small
from tests.conftest import House
from tests.stories.tidal import (
    ASKED,
    CLASS,
    LICENCES,
    LUMP,
    MANDATES,
    MEMBERS,
    MOVED,
    PARTIES,
    PATHS,
    SITES,
    TIDE,
    UNITS,
    WORKS,
)

pytestmark = pytest.mark.more


class Diary:
    """The society's days, what its office types on them, and what must hold after each."""

    def __init__(
        self, folder: Path, home: Path, patch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.folder, self.home, self.patch, self.capsys = folder, home, patch, capsys
        patch.setenv("QUIRE_USER", "preparer")
        patch.chdir(folder)

    def on(self, day: str) -> None:
        """A new day begins; what was done before left the books whole."""
        self.whole()
        self.patch.setenv("QUIRE_TODAY", day)

    def __call__(self, *words: object) -> Any:
        return small.quire(*words, capsys=self.capsys)

    def file(self, name: str, text: str) -> Path:
        place = self.folder / name
        place.write_text(text)
        return place

    def whole(self) -> None:
        from quire.society import audit

        assert audit.findings() == []

    def run(self, period: str, *more: str) -> dict[str, Any]:
        """Prepare, approve and state a period; its sums are what came in."""
        self("distribution", "run", "--period", period, *more)
        return self.close()

    def close(self) -> dict[str, Any]:
        told = self("distribution", "approve", "latest", "--by", "approver")
        assert told["state"] == "closed"
        for sums in told["review"]["currencies"].values():
            parts = ("allocated", "held", "unclaimed", "deducted", "fund", "residue")
            assert sum(quanta_of(sums[one]) for one in parts) == quanta_of(sums["received"])
        self("statements", "write", "latest")
        return dict(told)

    def statement(self, run: str, party: str) -> dict[str, Any]:
        return dict(json.loads((self.home / "statements" / run / f"{party}.json").read_text()))

    def page(self, run: str, party: str) -> str:
        return (self.home / "statements" / run / f"{party}.html").read_text()


@pytest.fixture
def diary(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Diary:
    made = Diary(tmp_path, house.home, monkeypatch, capsys)
    monkeypatch.setenv("QUIRE_TODAY", "2026-01-02")
    made("init", "--name", "Tidal Society", "--town", "Vienna", "--country", "AT", "--postcode", "1010", "--iban",
         "AT611904300234573201", "--bic", "BKAUATWW", "--minimum", "EUR=1.00", "--operator", "preparer",
         "--approver", "approver")  # fmt: skip
    for name, text in (("members", MEMBERS), ("parties", PARTIES), ("sites", SITES), ("works", WORKS),
                       ("mandates", MANDATES), ("licences", LICENCES)):  # fmt: skip
        made(name, "import", made.file(f"{name}.csv", text))
    return made


def requests(diary: Diary, month: str) -> None:
    """The logs of the first twelve days of a month: each path every so many days, by both labs."""
    for host, paths in PATHS.items():
        lines = [
            small.hit(day, path, agent).replace("/Jan/", f"/{month}/")
            for day in range(1, 13)
            for path, every in paths.items()
            for agent, step in ((small.GPT, every), (small.CLAUDE, 5))
            if day % step == 0
        ]
        place = diary.file(f"{host}-{month}.log", "".join(lines))
        diary("usage", "import", place, "--host", f"{host}.example")


def test_half_a_year_of_a_society(diary: Diary) -> None:
    january = dollars_and_a_label(diary)
    february = offices_that_were_asked(diary)
    a_payment_comes_back(diary)
    march = a_death_a_dispute_and_a_correction(diary, january)
    the_dispute_is_decided(diary, march)
    the_lyricist_is_found(diary)
    june = the_settlement_is_shared(diary)
    everybody_is_paid(diary)
    the_books_the_statements_and_the_bundles_agree(diary, [january, february, march, june])


def dollars_and_a_label(diary: Diary) -> str:
    """January: a plan with a pool, a cap, halves and a ceiling; a label's artists; a share of revenue in USD."""
    told = diary("plan", "check", diary.file("tide.toml", TIDE))
    assert told["name"] == "tide"
    diary("plan", "adopt", "tide.toml", "--from", "2026-01-01", "--decision", "Assembly of December 2025")
    diary("agreements", "add", "fathoms-2025", "--giver", "drum", "--to", "fathoms:performer:1", "--keeps", "30%",
          "--work", "https://drum.example/song")  # fmt: skip
    requests(diary, "Jan")
    diary.on("2026-02-06")
    diary("receipts", "record", "north-2026", "1000.00", "--period", "2026-01", "--received", "2026-02-03",
          "--reference", "R-1")  # fmt: skip
    diary("revenue", "report", "south-2026", "4000.00", "--period", "2026-01", "--on", "2026-02-05")
    due = diary("invoice", "issue", "south-2026", "--period", "2026-01")
    assert due["amount"] == "120.000000000000"  # 3 % of 4000.00 is more than the minimum of 31 days
    diary("receipts", "record", "south-2026", "120.00", "--period", "2026-01", "--received", "2026-02-06",
          "--reference", "R-2")  # fmt: skip
    assert main(["distribution", "run", "--period", "2026-01"]) == 5  # no rate of exchange is on record
    diary("fx", "record", "--from", "USD", "--to", "EUR", "--rate", "0.9123", "--on", "2026-01-30", "--source",
          "ECB reference rates")  # fmt: skip
    told = diary.run("2026-01")
    sums = told["review"]["currencies"]["EUR"]
    assert quanta_of(sums["received"]) == quanta_of("1000") + quanta_of("109.476")
    assert quanta_of(sums["deducted"]) == quanta_of("166.4214") + quanta_of(
        "50"
    )  # the ceiling of a whole run
    assert quanta_of(sums["unclaimed"]) > 0
    label, band = (diary.statement(told["run"], code) for code in ("drum", "fathoms"))
    assert any("you keep 30 % under fathoms-2025" in line.get("agreed", "") for line in label["lines"])
    assert all("30 % is kept and 70 % is passed on" in line["agreed"] for line in band["lines"])
    page = diary.page(told["run"], "drum")
    assert "converted at 0.9123 by ECB reference rates of 2026-01-30" in page
    assert "cut to its ceiling" in page
    assert "put together with that of the other licences" in page
    assert "divided further" in page
    the_cap_holds(
        told, [diary.statement(told["run"], code) for code in ("drum", "fathoms", "gazette", "quill")]
    )
    return str(told["run"])


def the_cap_holds(run: dict[str, Any], statements: list[dict[str, Any]]) -> None:
    """What reached one member of a portion, before it was passed on, is no more than 40 % of it."""
    for pot in (one for one in run["review"]["totals"] if not one["pot"].startswith("pool:")):
        (whole,) = (quanta_of(one["amount"]) for one in pot["shares"] if one["share"] == "use")
        drum = [
            line for one in statements[:2] for line in one["lines"] if line["record"]["pot"] == pot["pot"]
        ]
        mine = sum(quanta_of(line["amount"]) for line in drum if line["portion"]["label"] == "use")
        assert mine * 10 <= whole * 4 + 10


def offices_that_were_asked(diary: Diary) -> str:
    """February: nobody counted what the offices used; a sample of them was asked."""
    diary.on("2026-02-10")
    diary("plan", "adopt", diary.file("asked.toml", ASKED), "--from", "2026-01-01", "--by-name", "--decision",
          "Assembly of December 2025")  # fmt: skip
    diary(
        "surveys", "draft", "offices-q1", diary.file("units.csv", UNITS), "--period", "2026-02", "--size", "5"
    )
    diary("surveys", "publish", "offices-q1")
    drawn = diary("surveys", "draw", "offices-q1")["drawn"]
    diary.on("2026-03-03")
    works = ("https://gazette.example/a", "https://marsh.example/one", "https://quill.example/duet")
    rows = [f"{unit},{works[n % 3]},{10 + n}\n{unit},{works[0]},3\n" for n, unit in enumerate(drawn[:-1])]
    diary(
        "surveys", "report", "offices-q1", diary.file("reports.csv", "unit,work,requests\n" + "".join(rows))
    )
    diary("surveys", "close", "offices-q1")
    diary("receipts", "record", "offices-2026", "500.00", "--period", "2026-02", "--received", "2026-03-02",
          "--reference", "R-3")  # fmt: skip
    told = diary.run("2026-02", "--plan", "offices")
    assert "with 95 % confidence between" in diary.page(told["run"], "gazette")
    (line,) = diary.statement(told["run"], "gazette")["lines"]
    assert {"estimate", "low", "high"} <= line["record"].keys()
    return str(told["run"])


def a_payment_comes_back(diary: Diary) -> None:
    """The band has changed its bank."""
    batch = diary("payouts", "prepare", "--currency", "EUR", "--on", "2026-03-05", "--by", "preparer")[
        "batch"
    ]
    diary("payouts", "settle", batch, "--on", "2026-03-05")
    (paid,) = (one for one in diary("payouts", "payments", batch) if one["party"] == "fathoms")
    diary.on("2026-03-08")
    diary("payouts", "return", paid["payment"], "--reason", "AC04", "--on", "2026-03-08")
    diary(
        "payouts", "return", paid["payment"], "--reason", "AC04", "--on", "2026-03-08"
    )  # said twice, done once
    (back,) = (one for one in diary("payouts", "payments", batch) if one["returned"])
    assert back["payment"] == paid["payment"]


def a_death_a_dispute_and_a_correction(diary: Diary, january: str) -> str:
    """March: Marsh has died and two inherit; Quill claims a third of Spring Tide, and half of the lock keeper."""
    diary.on("2026-03-10")
    diary("parties", "succeed", "marsh", "--from", "2026-03-10", "--kind", "estate", "--to", "reef=1/2", "--to",
          "heron=1/2")  # fmt: skip
    diary("disputes", "file", "--kind", "authorship", "--work", "https://drum.example/anthem", "--claimant", "quill",
          "--shares", "drum:owner:2/3; quill:composer:1/3", "--reason", "Quill wrote the chorus",
          "--since", "2026-01-01")  # fmt: skip
    diary(
        "disputes",
        "document",
        "latest",
        diary.file("sketch.txt", "A chorus in four bars."),
        "--title",
        "The sketch",
    )
    diary.on("2026-03-20")
    diary(
        "disputes",
        "answer",
        "latest",
        diary.file("answer.txt", "We wrote it."),
        "--party",
        "drum",
        "--title",
        "A letter",
    )
    filed = diary("corrections", "file", "--run", january, "--work", "https://gazette.example/b", "--shares",
                  "gazette:publisher:1/2; quill:author:1/2", "--reason", "Contract of 2024: halves")  # fmt: skip
    assert main(["corrections", "accept", filed["correction"], "--by", "preparer"]) == 6
    diary("corrections", "accept", filed["correction"], "--by", "approver")
    requests(diary, "Mar")
    diary.on("2026-04-05")
    diary("receipts", "record", "north-2026", "1000.00", "--period", "2026-03", "--received", "2026-04-03",
          "--reference", "R-4")  # fmt: skip
    told = diary.run("2026-03")
    run = str(told["run"])
    assert quanta_of(told["review"]["currencies"]["EUR"]["held"]) > 0
    assert "Adjustments" in diary.page(run, "quill")
    assert "puts right what earlier runs gave you too little" in diary.page(run, "quill")
    assert "earlier runs had given you too much" in diary.page(run, "gazette")
    gained, lost = (
        sum(quanta_of(one["amount"]) for one in diary.statement(run, code)["lines"] if "corrects" in one)
        for code in ("quill", "gazette")
    )
    assert gained == -lost > 0
    heirs = [quanta_of(diary.statement(run, code)["sums"][0]["credited"]) for code in ("reef", "heron")]
    assert abs(heirs[0] - heirs[1]) < 20
    drum = diary.statement(run, "drum")
    assert quanta_of(drum["sums"][0]["held"]) == quanta_of(told["review"]["currencies"]["EUR"]["held"])
    return run


def the_dispute_is_decided(diary: Diary, march: str) -> None:
    """A sixth is Quill's, and the other sixth stays Drum Hill's."""
    held = quanta_of(diary.statement(march, "drum")["sums"][0]["held"])
    diary.on("2026-05-04")
    (queue,) = diary("disputes", "list")
    assert quanta_of(queue["held"]["EUR"]) == held
    before = credited("quill"), credited("drum")
    diary("disputes", "decide", "latest", "--who", "The committee of authorship", "--text", "Half of the chorus",
          "--shares", "drum:owner:5/6; quill:composer:1/6")  # fmt: skip
    gained = credited("quill") - before[0], credited("drum") - before[1]
    assert sum(gained) == held
    assert abs(gained[0] - gained[1]) < 20
    assert diary("disputes", "list") == []


def the_lyricist_is_found(diary: Diary) -> None:
    """Stint wrote the words of the duet, and is paid what lay there, with its history."""
    diary.on("2026-05-20")
    listed = diary("unclaimed", "list", "--search", "duet lyricist")
    lay = sum(quanta_of(one["amount"]) for one in listed)
    assert lay > 0
    diary("unclaimed", "match", "--work", "https://quill.example/duet", "--party", "stint=1/1", "--evidence",
          "The manuscript, seen on 18 May", "--amend", "--from", "2026-01-01")  # fmt: skip
    assert credited("stint") == lay
    assert [one for one in diary("unclaimed", "list") if quanta_of(one["amount"])] == []


def the_settlement_is_shared(diary: Diary) -> str:
    """June: two of three works were claimed in time; a fifth is kept for who comes late."""
    diary("plan", "adopt", diary.file("settlement.toml", settlement.PLAN), "--from", "2026-03-01", "--by-name",
          "--decision", "Board of 1 March 2026")  # fmt: skip
    diary(
        "lumpsums",
        "agree",
        diary.file("lump.toml", LUMP),
        "--works",
        diary.file("class.txt", "\n".join(CLASS)),
    )
    diary(
        "lumpsums",
        "receive",
        "harbour-settlement",
        "2000.00",
        "--received",
        "2026-05-20",
        "--reference",
        "S-1",
    )
    for work in CLASS[:2]:
        diary("lumpsums", "claim", "harbour-settlement", "--work", work)
        diary("lumpsums", "judge", "harbour-settlement", "--work", work, "--accept", "--reason", "Seen")
    diary.on("2026-06-02")
    diary("lumpsums", "distribute", "harbour-settlement")
    told = diary.close()
    sums = told["review"]["currencies"]["EUR"]
    assert (sums["fund"], sums["deducted"]) == (decimal_of(quanta_of("400")), decimal_of(quanta_of("160")))
    band, label = (diary.statement(told["run"], code)["sums"][0]["credited"] for code in ("fathoms", "drum"))
    assert (quanta_of(band), quanta_of(label)) == (
        quanta_of("504"),
        quanta_of("216"),
    )  # 70 and 30 % of 720.00
    assert diary("plan", "list")[0]["state"] == "in force"  # the settlement's plan is for its runs alone
    return str(told["run"])


def everybody_is_paid(diary: Diary) -> None:
    """The band's new account is on record, so that it gets what came back with the rest."""
    diary("parties", "import", diary.file("moved.csv", MOVED))
    batch = diary("payouts", "prepare", "--currency", "EUR", "--on", "2026-06-05")["batch"]
    diary("payouts", "settle", batch, "--on", "2026-06-05")
    paid = {one["party"] for one in diary("payouts", "payments", batch)}
    assert {"fathoms", "reef", "heron", "stint"} <= paid
    assert "marsh" not in paid
    diary("fx", "exchange", "--from", "USD", "--to", "EUR", "--sold", "120.00", "--bought", "110.00", "--on",
          "2026-06-05", "--reference", "X-1")  # fmt: skip
    diary.whole()


def credited(code: str) -> int:
    """Quanta of EUR that the ledger says were ever credited to a party."""
    from quire.society.payouts import queries

    return sum(one.credited for one in queries.account_of(party(code)))


def party(code: str) -> Any:
    from quire.society.parties import queries

    return queries.party(code)


def the_books_the_statements_and_the_bundles_agree(diary: Diary, runs: list[str]) -> None:
    """What statements say, with what came beside them, is what the ledger credited; outsiders find the same."""
    from quire.society.distribution import queries as distribution
    from quire.society.payouts import queries as payouts

    key = diary.home / "published" / "keys.json"
    codes = ("gazette", "drum", "fathoms", "quill", "marsh", "reef", "heron", "stint")
    told = dict.fromkeys(codes, 0)
    for run in runs:
        diary("statements", "write", run)
        found = bundle.read(diary.home / "published" / "bundles" / run)
        assert verify(found, KeySet.from_json(key.read_bytes())).holds
        for place in sorted((diary.home / "statements" / run).glob("*.json")):
            assert verify_statement(found, place.read_bytes()).holds, place
            sums = json.loads(place.read_text())["sums"]
            told[place.stem] += sum(quanta_of(one["credited"]) for one in sums)
    assert main(["verify", "--chain", str(diary.home / "published" / "bundles"), "--key", str(key)]) == 0
    awards = distribution.awards_by_party()
    for code in codes:
        told[code] += sum(one.amount for one in awards.get(party(code).id, ()))
        assert all(one.adds_up for one in payouts.account_of(party(code)))
    estate = ("marsh", "reef", "heron")  # what Marsh had not been paid is its heirs'
    assert {code: told[code] for code in codes if code not in estate} == {
        code: credited(code) for code in codes if code not in estate
    }
    assert sum(told[code] for code in estate) == sum(map(credited, estate))
    assert credited("marsh") < told["marsh"]
    balance = diary("ledger", "trial-balance")
    for currency in ("EUR", "USD"):
        assert sum(quanta_of(one["balance"]) for one in balance if one["currency"] == currency) == 0
