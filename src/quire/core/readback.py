"""A bundle's files back to the evidence they say, or a refusal that names file and line.

The files come from anyone. Owns every check of a single file and of one file against another; what was
published is neither repaired nor guessed at. Does not own canonical JSON (``canonical``), nor what follows
from the evidence (``distribution``).
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from fractions import Fraction
from itertools import chain, count
from typing import Any

from quire.core import arrays, canonical, extras, terms
from quire.core.currencies import minor_digits
from quire.core.distribution import adjusting, pools
from quire.core.errors import QuireError
from quire.core.facts import (
    Counts,
    Evidence,
    EvidenceWrong,
    Hold,
    Licence,
    Party,
    Pot,
    Subjects,
    Version,
    apart,
)
from quire.core.fx import Conversion, Rate, parse_rate
from quire.core.money import decimal_of, quanta_of
from quire.core.pieces import Data
from quire.core.places import Places
from quire.core.plan import EVIDENCE, Plan
from quire.core.shares import UNKNOWN, Holder, Shares, parse_share
from quire.core.standings import cut

INPUTS = (
    "plan.toml",
    "licences.jsonl",
    "pots.jsonl",
    "receipts.jsonl",
    "parties.jsonl",
    "mandates.jsonl",
    "direct.jsonl",
    "works.jsonl",
    "holds.jsonl",
    "counts.jsonl",
)
KINDS = ("work", "site")
Record = Mapping[str, Any]


def read(files: Mapping[str, Data]) -> Evidence:
    """The evidence in a bundle's files. ``EvidenceWrong`` names file and line where it cannot be read."""
    return _Reader(files).evidence()


def read_receipts(files: Mapping[str, Data]) -> dict[str, int]:
    """Quanta received for each pot. ``EvidenceWrong`` as ``read``."""
    sums: dict[str, int] = {}
    for _, pot, amount in _once("receipts.jsonl", _each(files, "receipts.jsonl", _receipt), "receipt"):
        sums[pot] = sums.get(pot, 0) + amount
    return sums


def receipt_records(files: Mapping[str, Data]) -> list[dict[str, Any]]:
    """The receipts as they are published: receipt, pot, amount and received, and nothing beside them."""
    names = ("receipt", "pot", "amount", "received")
    return [
        {name: record[name] for name in names} for _, record in canonical.read_lines(files["receipts.jsonl"])
    ]


def _each(files: Mapping[str, Data], name: str, make: Callable[[Record], Any]) -> list[Any]:
    """What ``make`` finds in every line."""
    return list(_walk(files, name, make))


def _walk(
    files: Mapping[str, Data],
    name: str,
    make: Callable[[Record], Any],
    quick: canonical.Quick = lambda line: None,
) -> Iterator[Any]:
    """The same, one after the other."""
    if name not in files:
        raise EvidenceWrong(f"The bundle has no {name}.", file=name)
    number = 0
    try:
        for _, record in canonical.read_lines(files[name], quick):
            number += 1
            yield make(record)
    except canonical.NotCanonical as problem:
        raise EvidenceWrong(f"{name}: {problem.sentence}", file=name, **problem.data) from problem
    except (QuireError, KeyError, TypeError, ValueError, AttributeError) as problem:
        said = f"it has no {problem}" if isinstance(problem, KeyError) else str(problem).rstrip(".")
        raise EvidenceWrong(
            f"{name} line {number} cannot be read: {said}.", file=name, line=number
        ) from problem


def _once(name: str, rows: list[Any], what: str) -> list[Any]:
    """The rows, whose first member names each only once."""
    seen: set[str] = set()
    for number, row in enumerate(rows, 1):
        if row[0] in seen:
            raise EvidenceWrong(
                f"{name} line {number} names the {what} {row[0]} a second time.", file=name, line=number
            )
        seen.add(row[0])
    return rows


class _Reader:
    """Reads each file in turn; later ones refer to earlier ones."""

    def __init__(self, files: Mapping[str, Data]) -> None:
        for name in INPUTS:
            if name not in files:
                raise EvidenceWrong(f"The bundle has no {name}.", file=name)
        self.files = files

    def named(self, name: str, make: Callable[[Record], tuple[str, Any]], what: str) -> dict[str, Any]:
        """What ``make`` names and finds in every line, each name once, in their order."""
        return dict(_once(name, _each(self.files, name, make), what))

    def evidence(self) -> Evidence:
        plan = _plan(self.files["plan.toml"])
        self.licences = self.named("licences.jsonl", _licence, "licence")
        self.pots = self.named("pots.jsonl", self.pot, "pot")
        self.parties = self.named("parties.jsonl", _numbered(_party), "party")
        self.places = {party: place for place, party in enumerate(self.parties)}
        pots, parties = tuple(self.pots.values()), tuple(self.parties.values())
        answers = tuple(_each(self.files, "mandates.jsonl", _answer))
        direct = tuple(_each(self.files, "direct.jsonl", _direct))
        subjects = self.subjects()
        places = Places(
            self.places, {name: place for place, name in enumerate(subjects.ids)}, frozenset(self.pots)
        )
        there = [one for one in extras.EXTRAS if one.file in self.files]
        more = {one.field: self.optional(one, places) for one in there}
        holds = tuple(self.named("holds.jsonl", _hold, "hold").values())
        dated = [one for one in holds if one.subject in places.subjects]
        versions = [*chain.from_iterable(subjects.versions.values()), *more.get("agreements", ()), *dated]
        cuts = {pot.id: cut(parties, answers, direct, versions, pot) for pot in pots}
        counts = self.counts(cuts, len(subjects.ids), weighed=plan.weighs_evidence)
        return Evidence(plan, pots, parties, answers, direct, subjects, counts, holds, **more)

    def optional(self, extra: extras.Extra, places: Places) -> tuple[Any, ...]:
        """The values of one optional file."""
        found = _each(self.files, extra.file, lambda record: extra.read(record, places))
        if extra.name_of is not None:
            _once(extra.file, [(extra.name_of(value), value) for value in found], "name")
        return tuple(found)

    def pot(self, one: Record) -> tuple[str, Pot]:
        licence = self.licences.get(_text(one, "licence"))
        if licence is None:
            raise ValueError(f"the licence {one['licence']} is not in licences.jsonl")
        minor_digits(_text(one, "currency"))
        if ("revenue" in one) != (licence.kind == "revenue"):
            raise ValueError("the revenue belongs to the pot of a licence that is a share of it")
        pot = Pot(
            _text(one, "pot"), licence, _day(one, "from"), _day(one, "until"), _money(one, "amount"),
            one["currency"], _money(one, "revenue") if "revenue" in one else None, _conversion(one),
            tuple(_late(span) for span in _list(one, "late")) if "late" in one else (),
        )  # fmt: skip
        if pot.id.startswith((pools.PREFIX, adjusting.PREFIX)):
            raise ValueError(f"what begins with {pools.PREFIX} or {adjusting.PREFIX} is no pot")
        if pot.ends <= pot.starts or pot.amount < 0:
            raise ValueError("a pot has a day at least, and an amount that is not below zero")
        return pot.id, pot

    def subjects(self) -> Subjects:
        named = self.named("works.jsonl", _numbered(self.subject), "work or site")
        rows = named.values()
        names = sorted({tier for _, _, tier, _ in rows})
        places = {name: place for place, name in enumerate(names)}
        return Subjects(
            list(named),
            [kind for kind, _, _, _ in rows],
            arrays.ints([member for _, member, _, _ in rows]),
            arrays.ints([places[tier] for _, _, tier, _ in rows]),
            names,
            {place: versions for place, (_, _, _, versions) in enumerate(rows) if versions},
        )

    def subject(self, one: Record) -> tuple[str, tuple[str, int, str, tuple[Version, ...]]]:
        kind = _text(one, "kind")
        if kind not in KINDS:
            raise ValueError(f"its kind must be one of {', '.join(KINDS)}")
        versions = tuple(map(self.version, _list(one, "owners"))) if "owners" in one else ()
        if not apart(versions):
            raise ValueError("two versions of who owns it overlap")
        return _text(one, "id"), (kind, self.place(_text(one, "member")), _text(one, "tier"), versions)

    def version(self, told: Record) -> Version:
        holders = []
        for party, role, share in _list(told, "shares"):
            if party != UNKNOWN:
                self.place(party)
            holders.append(Holder(party, role, parse_share(share)))
        return Version(_day_or_none(told, "from"), _day_or_none(told, "until"), Shares(tuple(holders)))

    def place(self, party: str) -> int:
        if party not in self.places:
            raise ValueError(f"{party} is not in parties.jsonl")
        return self.places[party]

    def counts(
        self, cuts: Mapping[str, tuple[tuple[date, date], ...]], subjects: int, *, weighed: bool
    ) -> dict[str, Counts]:
        # Eight bytes a number: a list of Python's own would need five times as much.
        columns = {pot: tuple(array("q") for _ in range(3 + weighed)) for pot in cuts}
        width = len(terms.USES)
        uses = {use: place for place, use in enumerate(terms.USES)}
        cells = {
            pot: {starts.isoformat(): place * width for place, (starts, _) in enumerate(segments)}
            for pot, segments in cuts.items()
        }

        def take(one: Record) -> None:
            pot, subject, day, requests = one["pot"], one["subject"], one["from"], one["requests"]
            if pot not in cells:
                raise ValueError(f"{pot} is not in pots.jsonl")
            if day not in cells[pot]:
                raise ValueError(f"nothing in the pot changes on {day}, so no count begins there")
            if type(subject) is not int or not 0 <= subject < subjects:
                raise ValueError("its subject is no ordinal in works.jsonl")
            if type(requests) is not int or requests < 0:
                raise ValueError("its requests are no count")
            if one["use"] not in uses:
                raise ValueError("its use is not known")
            if weighed and one["evidence"] not in EVIDENCE:
                raise ValueError(f"its evidence must be one of {', '.join(EVIDENCE)}")
            mine = columns[pot]
            mine[0].append(subject)
            mine[1].append(cells[pot][day] + uses[one["use"]])
            mine[2].append(requests)
            if weighed:
                mine[3].append(EVIDENCE.index(one["evidence"]))

        for _ in _walk(self.files, "counts.jsonl", take, _count_of):
            pass
        try:
            # Each pot's columns are let go as soon as they are copied.
            return {pot: self.counts_of(pot, cuts[pot], columns.pop(pot)) for pot in cuts}
        except EvidenceWrong as problem:
            raise EvidenceWrong(f"counts.jsonl: {problem.sentence}", file="counts.jsonl") from problem

    def counts_of(
        self, pot: str, cuts: tuple[tuple[date, date], ...], told: tuple[array[int], ...]
    ) -> Counts:
        """One pot's columns as the division takes them."""
        subjects, cells, requests, *shown = map(arrays.ints, told)
        late = sum(starts < self.pots[pot].starts for starts, _ in cuts)
        return Counts(cuts, subjects, cells, requests, shown[0] if shown else None, late)


_COUNT = re.compile(
    rb'\{(?:"evidence":"(?P<evidence>[a-z-]+)",)?"from":"(?P<day>[0-9-]+)","pot":"(?P<pot>[A-Za-z0-9_:.-]+)",'
    rb'"requests":(?P<requests>0|[1-9][0-9]{0,14}),"subject":(?P<subject>0|[1-9][0-9]{0,14}),'
    rb'"use":"(?P<use>[a-z-]+)"\}'
)
"""A line of counts as it is always written: what this matches is its own canonical form."""


def _count_of(line: bytes) -> dict[str, Any] | None:
    """The object of a line of counts. There are millions of them, and nearly all look like this."""
    found = _COUNT.fullmatch(line)
    if found is None:
        return None
    shown, day, pot, requests, subject, use = found.groups()
    told = {
        "from": day.decode(),
        "pot": pot.decode(),
        "requests": int(requests),
        "subject": int(subject),
        "use": use.decode(),
    }
    return told if shown is None else {**told, "evidence": shown.decode()}


def _plan(data: Data) -> Plan:
    try:
        return Plan.parse(bytes(data).decode())
    except UnicodeDecodeError as problem:
        raise EvidenceWrong("plan.toml is not UTF-8 text.", file="plan.toml") from problem
    except QuireError as problem:
        raise EvidenceWrong(f"plan.toml: {problem.sentence}", file="plan.toml") from problem


def _numbered(make: Callable[[Record], Any]) -> Callable[[Record], Any]:
    """``make`` of a line whose ordinal is its place in the file."""
    places = count()

    def checked(one: Record) -> Any:
        place = next(places)
        if type(one["ordinal"]) is not int or one["ordinal"] != place:
            raise ValueError(f"its ordinal must be its place in the file, {place}")
        return make(one)

    return checked


def _text(one: Record, key: str) -> str:
    value = one[key]
    if not isinstance(value, str) or not value:
        raise ValueError(f"{key} must be a text")
    return value


def _text_or_none(one: Record, key: str) -> str | None:
    return None if one[key] is None else _text(one, key)


def _list(one: Record, key: str) -> list[Any]:
    value = one[key]
    if not isinstance(value, list):
        raise ValueError(f"{key} must be a list")
    return value


def _count(one: Record, key: str) -> int:
    value = one[key]
    if type(value) is not int or value < 0:
        raise ValueError(f"{key} must be a whole number, 0 or more")
    return value


def _day(one: Record, key: str) -> date:
    text = _text(one, key)
    found = date.fromisoformat(text)
    if found.isoformat() != text:
        raise ValueError(f"{key} must be a date such as 2026-01-31")
    return found


def _day_or_none(one: Record, key: str) -> date | None:
    return None if one[key] is None else _day(one, key)


def _money(one: Record, key: str) -> int:
    quanta = quanta_of(one[key])
    if decimal_of(quanta) != one[key]:
        raise ValueError(f"{key} must have twelve decimals, no more and no sign but a minus")
    return quanta


def _late(told: Any) -> tuple[date, date]:
    starts, ends = told
    return _day({"late": starts}, "late"), _day({"late": ends}, "late")


def _span(one: Record) -> terms.Span:
    return terms.Span(_day(one, "from"), _day_or_none(one, "until"))


def _licence(one: Record) -> tuple[str, Licence]:
    uses, prices = _list(one, "uses"), one["prices"]
    for use in uses:
        terms.check_use(use)
    if not isinstance(prices, dict):
        raise ValueError("prices must be an object")
    licence = Licence(
        _text(one, "licence"),
        _text(one, "licensee"),
        _text(one, "kind"),
        tuple(uses),
        _day(one, "from"),
        _day(one, "until"),
        _text(one, "currency"),
        _money(one, "fee"),
        {tier: _money(prices, tier) for tier in prices},
        parse_share(_text(one, "rate")) if "rate" in one else Fraction(0),
        _money(one, "minimum") if "minimum" in one else 0,
    )
    licence.tariff()  # refuses terms that contradict themselves
    return licence.id, licence


def _conversion(one: Record) -> Conversion | None:
    if "received" not in one:
        return None
    rate = Rate(
        _text(one, "received_currency"), _text(one, "currency"), parse_rate(_text(one, "rate")),
        _text(one, "rate_source"), _day(one, "rate_date"),
    )  # fmt: skip
    return Conversion(_money(one, "received"), rate)


def _receipt(one: Record) -> tuple[str, str, int]:
    _day(one, "received")
    return _text(one, "receipt"), _text(one, "pot"), _money(one, "amount")


def _party(one: Record) -> tuple[str, Party]:
    spans, lapses = (tuple(map(_span, _list(one, key))) for key in ("member", "lapses"))
    return _text(one, "party"), Party(one["party"], _count(one, "works"), spans, lapses)


def _answer(one: Record) -> terms.Answer:
    if one["answer"] not in ("yes", "no"):
        raise ValueError("an answer is yes or no")
    terms.check_use(_text(one, "use"))
    return terms.Answer(
        _text(one, "member"),
        _text_or_none(one, "licensee"),
        one["use"],
        one["answer"] == "yes",
        _day(one, "from"),
        _day_or_none(one, "until"),
    )


def _direct(one: Record) -> terms.DirectLicence:
    span = _span(one)
    return terms.DirectLicence(_text(one, "member"), _text(one, "licensee"), span.starts, span.ends)


def _hold(one: Record) -> tuple[str, Hold]:
    subject, party = _text_or_none(one, "subject"), _text_or_none(one, "party")
    if subject is None and party is None:
        raise ValueError("a hold is on a subject or on a party")
    part = parse_share(one["part"]) if "part" in one else Fraction(1)
    starts = _day(one, "from") if "from" in one else None
    return _text(one, "hold"), Hold(_text(one, "hold"), subject, party, part, starts)
