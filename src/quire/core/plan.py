"""A distribution plan: how a pot becomes lines, written in TOML, explained in sentences.

A plan deducts in order, then splits the rest in portions; each portion has a key that says among whom and
in proportion to what. Nothing here touches an amount: ``quire.core.distribution`` applies a plan to a pot.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from quire.core.errors import Invalid

KEYS = ("usage", "tier", "equal")
MEASURES = ("requests", "value")
_LABEL = re.compile(r"^[a-z][a-z0-9 -]{0,39}$")
_DESTINATION = re.compile(r"^(society|fund):[a-z][a-z0-9-]{0,39}$")
_NUMBER = re.compile(r"^\d{1,12}(\.\d{1,12})?$")
_TOP = {"name", "about", "tiers", "below", "content", "deduct", "share"}
_DEDUCT = {"label", "rate", "of", "to"}
_SHARE = {"label", "portion", "key", "among", "tier", "measure", "weight", "if_empty"}


class PlanWrong(Invalid):
    """A plan that cannot work. ``data["problems"]`` has every sentence, not only the first."""

    code = "plan.wrong"


@dataclass(frozen=True, slots=True)
class Deduction:
    """Kept back before anything is shared: ``rate`` of the ``gross``, or of what is left (``rest``)."""

    label: str
    rate: Fraction
    of: str
    to: str


@dataclass(frozen=True, slots=True)
class Portion:
    """A part of what is shared, and the key it is shared by.

    ``key`` is ``usage`` (by ``measure``, times the content tier's weight where ``weighted``), ``tier``
    (equally among the members of ``tier``) or ``equal`` (equally among all members). ``if_empty`` is
    ``spread``, ``hold`` or ``fund:NAME``.
    """

    label: str
    portion: Fraction
    key: str
    tier: str = ""
    measure: str = "requests"
    weighted: bool = False
    if_empty: str = "spread"


@dataclass(frozen=True, slots=True)
class Plan:
    """A validated plan. ``tiers`` are (name, least number of works), highest first; ``content`` weighs tiers
    of content, ``"*"`` any other."""

    name: str
    text: str
    deductions: tuple[Deduction, ...]
    portions: tuple[Portion, ...]
    tiers: tuple[tuple[str, int], ...] = ()
    below: str = ""
    content: Mapping[str, Fraction] = field(default_factory=dict)
    about: str = ""

    @classmethod
    def parse(cls, text: str) -> Plan:
        """A plan from its TOML. Raises ``PlanWrong`` with every problem found."""
        try:
            found = tomllib.loads(text)
        except (tomllib.TOMLDecodeError, RecursionError) as problem:
            raise PlanWrong(f"The plan is not TOML: {problem}.", problems=[str(problem)]) from problem
        reader = _Reader(found)
        plan = reader.plan(text)
        if reader.problems:
            raise PlanWrong("The plan cannot work: " + " ".join(reader.problems), problems=reader.problems)
        return plan

    @property
    def digest(self) -> str:
        """``sha256:…`` of the exact text."""
        return "sha256:" + hashlib.sha256(self.text.encode()).hexdigest()

    def tier_of(self, works: int) -> str:
        """The tier of a member with so many works; ``below`` (or none, ``""``) under every threshold."""
        return next((name for name, least in self.tiers if works >= least), self.below)

    def weight_of(self, content_tier: str) -> Fraction:
        """What one count of a content tier weighs: its own weight, else that of ``"*"``, else 1."""
        return self.content.get(content_tier, self.content.get("*", Fraction(1)))

    def sentences(self) -> list[str]:
        """The plan in words that a board member would use, one sentence a rule."""
        return list(_sentences(self))


def percent(share: Fraction) -> str:
    """``15 %``, ``33.3 %`` or, where a decimal would not be exact, ``1/3``."""
    hundred = share * 100
    if hundred.denominator == 1:
        return f"{hundred.numerator} %"
    thousandths = hundred * 1000
    if thousandths.denominator == 1:
        return f"{thousandths.numerator / 1000:g} %"
    return f"{share.numerator}/{share.denominator}"


def _sentences(plan: Plan) -> Iterator[str]:
    for one in plan.deductions:
        base = "of what came in" if one.of == "gross" else "of what is then left"
        kind, _, name = one.to.partition(":")
        whom = f"by the society for {name}" if kind == "society" else f"for the fund “{name}”"
        yield f"{percent(one.rate)} {base} is kept {whom}."
    whole = len(plan.portions) == 1
    for part in plan.portions:
        amount = "All of the rest" if whole else f"{percent(part.portion)} of the rest"
        yield f"{amount} (“{part.label}”) {_key_sentence(plan, part)} {_empty_sentence(part)}"
    if plan.tiers:
        steps = ", ".join(f"{name} from {least:,} works" for name, least in plan.tiers)
        rest = f"counts as {plan.below}" if plan.below else "is in no tier"
        yield f"The tiers: {steps}; a member with fewer {rest}."
    if any(part.weighted for part in plan.portions):
        weights = ", ".join(
            f"{'any other' if name == '*' else name} {_number(weight)}"
            for name, weight in plan.content.items()
        )
        yield f"One count weighs, by the tier of the content: {weights}."


def _key_sentence(plan: Plan, part: Portion) -> str:
    if part.key == "equal":
        return "is shared equally among all members in good standing with a mandate for the licence."
    if part.key == "tier":
        return f"is shared equally among the members of the tier {part.tier}."
    measure = (
        "its requests" if part.measure == "requests" else "the value of its requests at the licence's prices"
    )
    weight = ", weighted by the tier of the content" if part.weighted else ""
    return f"goes to each work in proportion to {measure}{weight}, and on to its owners by their shares."


def _empty_sentence(part: Portion) -> str:
    if part.if_empty == "spread":
        return "If nobody is there, it goes over to the other portions; if those are empty too, it is held."
    if part.if_empty == "hold":
        return "If nobody is there, it is held."
    return f"If nobody is there, it goes to the fund “{part.if_empty[5:]}”."


def _number(value: Fraction) -> str:
    return str(value.numerator) if value.denominator == 1 else f"{value.numerator}/{value.denominator}"


class _Reader:
    """Reads the TOML's values and gathers a sentence for each that cannot work."""

    def __init__(self, found: Mapping[str, Any]) -> None:
        self.found = found
        self.problems: list[str] = []

    def plan(self, text: str) -> Plan:
        self.unknown(self.found, _TOP, "The plan")
        tiers = self.tiers()
        content = self.content()
        deductions = tuple(self.deduction(one) for one in self.tables("deduct"))
        portions = tuple(self.portion(one, {name for name, _ in tiers}) for one in self.tables("share"))
        name = self.words(self.found, "name", "The plan")
        below = str(self.found.get("below", ""))
        self.sums(deductions, portions)
        self.names(portions, tiers, below)
        return Plan(name, text, deductions, portions, tiers, below, content, str(self.found.get("about", "")))

    def say(self, sentence: str) -> None:
        self.problems.append(sentence)

    def unknown(self, table: Mapping[str, Any], known: set[str], where: str) -> None:
        for key in sorted(set(table) - known):
            self.say(f"{where} has “{key}”, which means nothing; known are {', '.join(sorted(known))}.")

    def tables(self, name: str) -> list[Mapping[str, Any]]:
        found = self.found.get(name, [])
        if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
            self.say(f"Write each {name} as [[{name}]].")
            return []
        return found

    def words(self, table: Mapping[str, Any], key: str, where: str) -> str:
        value = table.get(key)
        if not isinstance(value, str) or not _LABEL.match(value):
            self.say(f"{where} needs a {key} of small letters, digits, spaces and hyphens.")
            return ""
        return value

    def rate(self, table: Mapping[str, Any], key: str, where: str) -> Fraction:
        value = table.get(key)
        text = value.strip() if isinstance(value, str) else ""
        number, scale = (text[:-1].strip(), 100) if text.endswith("%") else (text, 1)
        top, slash, bottom = number.partition("/")
        if _NUMBER.match(top) and (not slash or (bottom.isdigit() and int(bottom) > 0)):
            share = Fraction(top) / (int(bottom) if slash else 1) / scale
            if 0 <= share <= 1:
                return share
        self.say(f'{where}: {key} must be a text such as "15%", "0.15" or "1/3", from 0 to 100 %.')
        return Fraction(0)

    def tiers(self) -> tuple[tuple[str, int], ...]:
        found = self.found.get("tiers", {})
        if not isinstance(found, dict) or not all(type(n) is int and n >= 0 for n in found.values()):
            self.say("[tiers] names each tier and the least number of works, such as gold = 10000.")
            return ()
        if len(set(found.values())) != len(found):
            self.say("Two tiers begin at the same number of works, so one of them can never be reached.")
        return tuple(sorted(found.items(), key=lambda item: -item[1]))

    def content(self) -> dict[str, Fraction]:
        found = self.found.get("content", {})
        weights = {}
        for name, value in sorted(found.items()) if isinstance(found, dict) else []:
            if not isinstance(value, str) or not _NUMBER.match(value):
                self.say(f'[content] {name}: write the weight as a text such as "2" or "0.5".')
                continue
            weights[name] = Fraction(value)
        return weights

    def deduction(self, table: Mapping[str, Any]) -> Deduction:
        label = self.words(table, "label", "A deduction")
        where = f"The deduction “{label}”"
        self.unknown(table, _DEDUCT, where)
        of, to = table.get("of", "gross"), table.get("to", "")
        if of not in {"gross", "rest"}:
            self.say(f'{where}: of must be "gross" or "rest".')
        if not isinstance(to, str) or not _DESTINATION.match(to):
            self.say(f'{where}: to must be "society:NAME" or "fund:NAME".')
        return Deduction(label, self.rate(table, "rate", where), str(of), str(to))

    def portion(self, table: Mapping[str, Any], tiers: set[str]) -> Portion:
        label = self.words(table, "label", "A share")
        where = f"The share “{label}”"
        self.unknown(table, _SHARE, where)
        key, measure = table.get("key"), table.get("measure", "requests")
        tier, empty = str(table.get("tier", "")), str(table.get("if_empty", "spread"))
        if key not in KEYS:
            self.say(f"{where}: key must be one of {', '.join(KEYS)}.")
        if measure not in MEASURES:
            self.say(f"{where}: measure must be one of {', '.join(MEASURES)}.")
        if key == "tier" and tier not in tiers:
            self.say(f"{where}: tier {tier!r} is not in [tiers].")
        if table.get("among", "members") != "members":
            self.say(f'{where}: among must be "members".')
        if table.get("weight", "content tier") != "content tier":
            self.say(f'{where}: weight must be "content tier".')
        if empty not in {"spread", "hold"} and not re.match(r"^fund:[a-z][a-z0-9-]{0,39}$", empty):
            self.say(f'{where}: if_empty must be "spread", "hold" or "fund:NAME".')
        return Portion(
            label, self.rate(table, "portion", where), str(key), tier, str(measure), "weight" in table, empty
        )

    def sums(self, deductions: tuple[Deduction, ...], portions: tuple[Portion, ...]) -> None:
        left = Fraction(1)
        for one in deductions:
            left -= one.rate if one.of == "gross" else left * one.rate
            if left < 0:
                self.say(f"With the deduction “{one.label}” more is kept than came in.")
                break
        whole = sum((part.portion for part in portions), Fraction(0))
        if whole != 1:
            self.say(f"The portions sum to {percent(whole)}, not to 100 %.")

    def names(self, portions: tuple[Portion, ...], tiers: tuple[tuple[str, int], ...], below: str) -> None:
        labels = [part.label for part in portions] + [one.get("label") for one in self.tables("deduct")]
        if len(set(labels)) != len(labels):
            self.say("Two parts of the plan have the same label.")
        if below and below not in {name for name, _ in tiers}:
            self.say(f"below names the tier {below!r}, which is not in [tiers].")
        paid = {part.tier for part in portions if part.key == "tier"}
        for name, _ in tiers:
            if paid and name not in paid:
                self.say(f"No share is for the tier {name}, so its members would get nothing.")
