"""The demonstration society's files: honest, valid where a number has check digits, the same each time."""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
import re
import subprocess
import sys
import tomllib
from collections import Counter
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from stdnum import bic, iban, isrc

from quire.core.plan import Plan

SOCIETY = Path(__file__).parents[2] / "examples/society"
HEADINGS = {
    "counted", "outside", "direct", "free", "unlicensed", "unknown_host",
    "conflicting", "not_answered", "asset", "human", "unreadable", "structure",
}  # fmt: skip
SEPA = {"DE", "GB", "FR", "ES", "IT", "NL", "IE", "BE", "AT", "LU", "SE", "PL", "DK", "PT", "FI", "CH", "NO"}


def generate(out: Path, *more: str) -> Path:
    """As anybody would run it, with neither Quire nor any other package to be found (-I -S)."""
    command = [sys.executable, "-I", "-S", str(SOCIETY / "generate.py"), "--out", str(out), *more]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return out


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return generate(tmp_path_factory.mktemp("year"))


@pytest.fixture(scope="module")
def manifest(made: Path) -> Any:
    return json.loads((made / "manifest.json").read_text())


def rows(path: Path) -> list[dict[str, str]]:
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def everything(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def content(path: Path) -> bytes:
    data = path.read_bytes()
    return gzip.decompress(data) if path.suffix == ".gz" else data


def test_the_same_seed_makes_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    one, again, other = (
        everything(generate(tmp_path / name, "--seed", seed, "--scale", "0.03"))
        for name, seed in (("one", "7"), ("again", "7"), ("other", "8"))
    )
    assert one == again
    assert one.keys() == other.keys()
    logs = [name for name in one if name.startswith("logs/")]
    assert all(one[name] != other[name] for name in logs)


def test_the_manifest_adds_up_to_the_files(made: Path, manifest: Any) -> None:
    written = {name for name in everything(made) if name.startswith("logs/")}
    assert {file["path"] for file in manifest["files"]} == written
    total: Counter[str] = Counter()
    for file in manifest["files"]:
        path = made / file["path"]
        assert file["digest"] == "sha256:" + hashlib.sha256(path.read_bytes()).hexdigest()
        lines = content(path).count(b"\n")
        assert (file["path"], file["lines"]) == (file["path"], lines)
        assert sum(one["lines"] for one in file["headings"].values()) == lines
        total.update({name: one["lines"] for name, one in file["headings"].items()})
    assert {name: one["lines"] for name, one in manifest["total"]["headings"].items()} == total
    assert 150_000 <= manifest["total"]["lines"] <= 250_000


def test_every_heading_occurs_in_every_quarter_of_the_year(manifest: Any) -> None:
    assert set(manifest["total"]["headings"]) == HEADINGS
    small = {name for name, one in manifest["total"]["headings"].items() if one["lines"] < 15}
    assert small == set()
    for quarter in ("Q1", "Q2", "Q3", "Q4"):
        found = {name for file in manifest["files"] if quarter in file["path"] for name in file["headings"]}
        assert found >= HEADINGS - {"conflicting", "direct"}


def test_a_plain_count_of_one_file_says_the_same(made: Path, manifest: Any) -> None:
    """Of the academic publisher's log: without overlap and oddities, under a direct licence from March."""
    for file in manifest["files"]:
        if "acta-paludaria" not in file["path"]:
            continue
        lines = content(made / file["path"]).decode().splitlines()
        answered = [line for line in lines if re.search(r'"GET [^"]*" 20[06] ', line)]
        pages = [
            line for line in answered if not re.search(r"robots|assets|favicon|feed\.|sitemap|/images/", line)
        ]
        since = [line for line in pages if not re.search("/(Jan|Feb)/2025", line)]
        openai = [line for line in since if re.search("GPTBot/|OAI-SearchBot/|ChatGPT-User/", line)]
        assert file["headings"]["direct"]["lines"] == len(openai) > 0
        others = "Bytespider;" if "Q1" not in file["path"] else "Bytespider;|meta-"
        assert file["headings"]["unlicensed"]["lines"] == sum(bool(re.search(others, line)) for line in pages)


def test_the_files_have_all_that_real_logs_have(made: Path, manifest: Any) -> None:
    forms = {file["path"]: content(made / file["path"]) for file in manifest["files"]}
    assert any(len(line) > 65536 for line in forms["logs/2025-Q1/shared.log"].split(b"\n"))
    for name in ("havenmoor-courier.log", "journal-de-valbrume.log"):
        ends = {q: forms[f"logs/2025-{q}/{name}"].split(b"\n")[:-1] for q in ("Q1", "Q2", "Q3", "Q4")}
        repeated = sum(ends[a][-150:] == ends[b][:150] for a, b in (("Q1", "Q2"), ("Q2", "Q3"), ("Q3", "Q4")))
        assert repeated == 1
    assert not any(b'" "' in line for line in forms["logs/2025-Q1/forge-and-solder.log"].split(b"\n"))
    assert forms["logs/2025-Q2/shared.log"].count(b"clickmill.example:443 ") > 100
    cells = {
        len(row) for row in csv.reader(forms["logs/2025-Q1/lower-vale-archive.csv"].decode().splitlines())
    }
    assert cells == {4, 5}
    assert {path.rpartition(".")[2] for path in forms} == {"log", "gz", "csv"}


def test_crawlers_are_who_they_say_and_readers_are_nobody(made: Path) -> None:
    from quire.society.usage.formats import load

    sys.path.insert(0, str(SOCIETY))
    try:
        from generator.crawlers import CRAWLERS, READERS
    finally:
        sys.path.remove(str(SOCIETY))
    book = load()
    for crawler in CRAWLERS:
        found = (book.recognise(crawler.user_agent), book.by_name(crawler.label))
        assert found[0] is not None
        assert found[0] is found[1]
        assert (found[0].operator, found[0].use) == (crawler.operator, crawler.use)
    assert [agent for _, agent in READERS if book.recognise(agent)] == []
    licensed = {
        name.strip() for row in rows(SOCIETY / "licences.csv") for name in row["operators"].split(";")
    }
    assert {crawler.operator for crawler in CRAWLERS} - licensed == {"ByteDance"}


def test_numbers_with_check_digits_are_right(made: Path) -> None:
    from quire.society.parties.identifiers import check_identifier
    from quire.society.repertoire.identifiers import identifier

    parties = [*rows(SOCIETY / "members.csv"), *rows(SOCIETY / "parties.csv")]
    numbers = [row["iban"] for row in parties if row["iban"]]
    assert len(set(numbers)) == len(numbers)
    assert {number[:2] for number in numbers} == SEPA
    for row in parties:
        if row["iban"]:
            moved = row["iban"][4:] + row["iban"][:4]
            assert int("".join(str(int(char, 36)) for char in moved)) % 97 == 1
            assert iban.validate(row["iban"]) == row["iban"]
            assert bic.validate(row["bic"])[4:6] == row["iban"][:2] == row["country"]
            assert re.search("999|QXQX", row["iban"][4:]), "the bank is one that does not exist"
        for scheme in ("isni", "ipi"):
            if row.get(scheme):
                assert check_identifier(scheme, row[scheme]) == row[scheme]
    society = tomllib.loads((SOCIETY / "society.toml").read_text())
    assert iban.validate(society["iban"])
    known = [row["identifier"] for row in rows(made / "works.csv") if row["identifier"]]
    assert {number.partition(":")[0] for number in known} == {"doi", "isrc", "iswc"}
    assert [number for number in known if identifier(number) != number] == []
    assert all(isrc.validate(number[5:]) for number in known if number.startswith("isrc:"))


def test_nobody_real_is_named_by_address() -> None:
    places = {row["host"] for row in rows(SOCIETY / "places.csv")} | {
        row["host"] for row in rows(SOCIETY / "sites.csv")
    }
    parties = [*rows(SOCIETY / "members.csv"), *rows(SOCIETY / "parties.csv")]
    mails = {row["email"].partition("@")[2] for row in parties}
    assert [host for host in sorted(places | mails) if not host.endswith(".example")] == []
    owners = {(row["host"], row["owner"]) for row in rows(SOCIETY / "sites.csv")}
    assert {(row["host"], row["member"]) for row in rows(SOCIETY / "places.csv") if row["member"]} == owners


def test_members_are_unlike_in_size_and_kind(made: Path) -> None:
    members = rows(SOCIETY / "members.csv")
    refused = {"clickmill", "copyhaus", "ten-things"}
    kinds = {row["kind"] for row in members}
    assert 40 <= len(members) - len(refused) <= 45
    assert len(kinds) >= 14
    without = {row["code"]: row["country"] for row in members if not row["iban"]}
    assert without == {"sourdough-commons": "NL", "southerly-notes": "NZ"}
    assert {row["code"] for row in members if row["joined"].startswith("2025")} == {
        "zahnrad-und-zeit",
        *refused,
    }
    silent = {row["code"] for row in members} - {row["member"] for row in rows(SOCIETY / "mandates.csv")}
    assert silent == {"papierfuchs", *refused}

    originals = Counter(row["member"] for row in rows(made / "works.csv") if not row["original"])
    plan = Plan.parse((SOCIETY / "plans/tiered.toml").read_text())
    tiers = Counter(plan.tier_of(number) for number in originals.values())
    assert tiers == {"platinum": 3, "gold": 9, "silver": 20, "bronze": 10, "": 1}
    assert originals["moss-and-margin"] == 3


def test_applicants_are_refused_for_more_than_one_reason() -> None:
    from quire.society.membership import rules

    said = tomllib.loads((SOCIETY / "criteria.toml").read_text())
    criteria = rules.from_json(said["criterion"])
    reasons = {}
    for row in rows(SOCIETY / "members.csv"):
        assert row["joined"] >= said["from"]
        shown = rules.read_shown(criteria, {rule.name: row[rule.name] for rule in criteria})
        reasons[row["code"]] = len(rules.reasons(criteria, shown))
    assert {code: number for code, number in reasons.items() if number} == {
        "clickmill": 4,
        "copyhaus": 2,
        "ten-things": 4,
    }


def test_works_can_be_found_and_their_shares_are_whole(made: Path) -> None:
    works = rows(made / "works.csv")
    assert 3000 <= len(works) <= 4000
    addresses = [row["url"] for row in works if row["url"]]
    assert len(set(addresses)) == len(addresses)
    place = {row["url"]: number for number, row in enumerate(works) if not row["original"]}
    for number, row in enumerate(works):
        assert row["url"] or row["identifier"]
        if row["shares"]:
            assert sum(Fraction(part.split(":")[2]) for part in row["shares"].split(";")) == 1
        if row["original"]:
            assert place[row["original"]] < number
            assert (row["syndicator_share"], row["member"]) == ("20%", "far-lantern")
    assert sum(bool(row["original"]) for row in works) == 90
    assert {row["tier"] for row in works} == {"standard", "feature", "research"}
    moved: dict[str, Fraction] = {}
    for row in rows(made / "shares.csv"):
        moved[row["work"]] = moved.get(row["work"], Fraction(0)) + Fraction(row["share"])
    assert set(moved.values()) == {Fraction(1)}
    assert len(moved) == 26


def test_plans_are_used_in_turn_and_say_what_they_scale() -> None:
    adopted = rows(SOCIETY / "plans.csv")
    assert [row["from"] for row in adopted] == ["2025-01-01", "2025-04-01", "2025-10-01", "2026-01-01"]
    assert all(len(row["decision"]) <= 200 for row in adopted)
    plans = [Plan.parse((SOCIETY / row["file"]).read_text()) for row in adopted]
    assert [plan.name for plan in plans] == [
        "demo per-usage",
        "demo hybrid",
        "demo tiered",
        "demo hybrid 2026",
    ]
    assert "scaled" in plans[2].about
    assert plans[2].tiers == (("platinum", 500), ("gold", 100), ("silver", 20), ("bronze", 5))
    assert plans[1].weight_of("research") == 3


def test_labs_pay_what_is_due_but_for_the_exceptions(made: Path, manifest: Any) -> None:
    licences = rows(SOCIETY / "licences.csv")
    assert {row["currency"] for row in licences} == {"EUR", "USD", "GBP", "JPY"}
    assert {row["kind"] for row in licences} == {"blanket", "per-request", "per-work"}
    due = {(fee["licence"], fee["period"]): Decimal(fee["due"]) for fee in manifest["fees"]}
    paid: Counter[tuple[str, str]] = Counter()
    late = []
    for row in rows(made / "receipts.csv"):
        paid[row["licence"], row["period"]] += Decimal(row["amount"])  # type: ignore[assignment]
        ended = date(2025 + (row["period"] == "2025-Q4"), int(row["period"][-1]) * 3 % 12 + 1, 1)
        if (date.fromisoformat(row["received"]) - ended).days > 31:
            late.append(row["reference"])
    assert paid.keys() == due.keys()
    assert len(due) == 15
    assert [key for key in due if paid[key] != due[key]] == [("east-answers", "2025-Q3")]
    assert [key for key, amount in due.items() if not amount] == [("west-works", "2025-Q1")]
    assert late == ["north-training-2025-q2-2"]


def test_what_is_committed_is_small() -> None:
    sizes = {
        path.name: path.stat().st_size
        for path in SOCIETY.rglob("*")
        if path.suffix in {".csv", ".toml", ".py"}
    }
    assert max(sizes.values()) < 30_000, sizes


def test_the_guide_tells_what_is_made(manifest: Any, made: Path) -> None:
    page = (SOCIETY.parents[1] / "docs/guides/demo-data.md").read_text()
    told = dict(re.findall(r"(?m)^\| `([a-z_]+)` \| ([0-9.]+) % \|", page))
    lines = manifest["total"]["lines"]
    assert told == {
        name: f"{100 * one['lines'] / lines:.1f}" for name, one in manifest["total"]["headings"].items()
    }
    assert f"{manifest['works']:,} works" in page
    assert f"{len(manifest['files'])} files, about {lines // 1000},000 lines" in page
