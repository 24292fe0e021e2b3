"""What is on record in the demonstration society, by the files beside this folder, and what follows from it.

The rule is the society's own (silence is no, a no beats a yes, a direct licence goes before everything),
written down a second time, so that Quire is not tested against itself.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).resolve().parents[1]
USES = ("ai-train", "ai-input", "ai-index", "search")


class Span(NamedTuple):
    """Days from ``starts`` until, not including, ``ends``; None is for ever."""

    starts: date
    ends: date | None

    def covers(self, day: date) -> bool:
        """Whether the day is in it."""
        return self.starts <= day and (self.ends is None or day < self.ends)


class Answer(NamedTuple):
    """A member's yes or no; ``licensee`` is empty where it is meant for everybody."""

    span: Span
    use: str
    licensee: str
    yes: bool


class Licence(NamedTuple):
    """A licence as ``licences.csv`` has it; amounts are texts in major units."""

    code: str
    licensee: str
    kind: str
    uses: tuple[str, ...]
    span: Span
    currency: str
    fee: str
    prices: dict[str, str]


class Place(NamedTuple):
    """One row of ``places.csv``: a site, or a part of one, and what is to happen there.

    ``member`` is empty where nobody is registered. ``log`` says in which form its visits are kept.
    """

    host: str
    prefix: str
    member: str
    style: str
    language: str
    works: int
    traffic: int
    log: str
    zone: str


class Site(NamedTuple):
    """What ``sites.csv`` says of a host and owner; ``whole``: every address of the host is the owner's."""

    tier: str
    whole: bool


class Verdict(NamedTuple):
    """The heading of a request, and the licence it is billed under where it counts."""

    heading: str
    licence: str = ""


@dataclass(slots=True)
class Record:
    """Everything that decides a heading."""

    licences: list[Licence]
    operators: dict[str, str]
    members: dict[str, Span]
    answers: dict[str, list[Answer]]
    direct: dict[tuple[str, str], list[Span]]
    sites: dict[tuple[str, str], Site]
    _known: dict[tuple[str, str, str, date], Verdict] = field(default_factory=dict)

    def verdict(self, operator: str, use: str, member: str, day: date) -> Verdict:
        """The heading of an answered request for a work or page of ``member`` (empty: nobody) on ``day``."""
        key = (operator, use, member, day)
        if key not in self._known:
            self._known[key] = self._judge(*key)
        return self._known[key]

    def _judge(self, operator: str, use: str, member: str, day: date) -> Verdict:
        if not member:
            return Verdict("unknown_host")
        licensee = self.operators.get(operator, "")
        if any(span.covers(day) for span in self.direct.get((member, licensee), ())):
            return Verdict("direct")
        running = [one for one in self.licences if one.licensee == licensee and one.span.covers(day)]
        granting = [one.code for one in running if use in one.uses]
        allowed = self._allowed(member, use, licensee, day)
        if granting and allowed:
            return Verdict("counted", granting[0])
        if use == "search" and allowed and self._allowed(member, use, "", day):
            return Verdict("free")
        return Verdict("outside" if running else "unlicensed")

    def _allowed(self, member: str, use: str, licensee: str, day: date) -> bool:
        if member not in self.members or not self.members[member].covers(day):
            return False
        said = [
            one.yes
            for one in self.answers.get(member, ())
            if one.use == use and one.licensee in ("", licensee) and one.span.covers(day)
        ]
        return bool(said) and all(said)


def rows(name: str) -> list[dict[str, str]]:
    """The rows of one of the society's CSV files."""
    with open(FOLDER / name, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def places() -> list[Place]:
    """Every site and part of one, in the order of the file."""
    return [
        Place(**(row | {"works": int(row["works"]), "traffic": int(row["traffic"])}))  # type: ignore[arg-type]
        for row in rows("places.csv")
    ]


def read() -> Record:
    """The record as the files have it."""
    licences = [_licence(row) for row in rows("licences.csv")]
    operators = {
        name.strip(): row["licensee"] for row in rows("licences.csv") for name in row["operators"].split(";")
    }
    left = {row["member"]: date.fromisoformat(row["ends"]) for row in rows("notices.csv")}
    members = {
        row["code"]: Span(date.fromisoformat(row["joined"]), left.get(row["code"]))
        for row in rows("members.csv")
    }
    answers: dict[str, list[Answer]] = {}
    for row in rows("mandates.csv"):
        to = "" if row["licensee"] == "*" else row["licensee"]
        for use in USES if row["use"] == "all" else (row["use"],):
            answers.setdefault(row["member"], []).append(Answer(_span(row), use, to, row["answer"] == "yes"))
    direct: dict[tuple[str, str], list[Span]] = {}
    for row in rows("direct.csv"):
        direct.setdefault((row["member"], row["licensee"]), []).append(_span(row))
    sites = {
        (row["host"], row["owner"]): Site(row["tier"], row["patterns"] == "/") for row in rows("sites.csv")
    }
    return Record(licences, operators, members, answers, direct, sites)


def _span(row: dict[str, str]) -> Span:
    return Span(date.fromisoformat(row["from"]), date.fromisoformat(row["until"]) if row["until"] else None)


def _licence(row: dict[str, str]) -> Licence:
    prices = dict(part.strip().split(":") for part in row["prices"].split(";") if part.strip())
    return Licence(row["code"], row["licensee"], row["kind"], tuple(row["uses"].split()), _span(row),
                   row["currency"], row["fee"], prices)  # fmt: skip
