"""A distribution plan: how a pot becomes lines, written in TOML, explained in sentences.

A plan deducts in order, then splits the rest in portions; each portion has a key that says among whom and
in proportion to what. Nothing here touches an amount: ``quire.core.distribution`` applies a plan to a pot.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, TypeAlias

from quire.core.errors import Invalid

KEYS = ("usage", "tier", "equal")
MEASURES = ("requests", "value")
BASES = ("gross", "rest")
NOBODY = "nobody"
"""The label of the one line of a pot whose portions all find nobody."""

MOST_WORKS = 10**12
"""No tier begins higher; a number beyond is a slip of the hand."""

MOST_TEXT, MOST_LINE = 1 << 16, 1000
"""Characters of a plan, and of one line of it: a key of ten thousand dots takes TOML's reader minutes."""

MOST_PARTS = 100
"""Deductions, and portions, that a plan may have."""

_LABEL = re.compile(r"[a-z][a-z0-9 -]{0,39}")
_DESTINATION = re.compile(r"(society|fund):[a-z][a-z0-9-]{0,39}")
_NUMBER = re.compile(r"[0-9]{1,12}(\.[0-9]{1,12})?")
_DIVISOR = re.compile(r"[0-9]{1,12}")
_TOP = {"name", "about", "tiers", "below", "content", "deduct", "share"}
_DEDUCT = {"label", "rate", "of", "to"}
_SHARE = {"label", "portion", "key", "among", "tier", "measure", "weight", "if_empty"}
_ONLY_FOR = {"among": {"equal", "tier"}, "tier": {"tier"}, "measure": {"usage"}, "weight": {"usage"}}

Tiers: TypeAlias = tuple[tuple[str, int], ...]
"""Name and least number of works, highest first."""


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
    tiers: Tiers = ()
    below: str = ""
    content: Mapping[str, Fraction] = field(default_factory=dict)
    about: str = ""

    @classmethod
    def parse(cls, text: str) -> Plan:
        """A plan from its TOML. Raises ``PlanWrong`` with every problem found."""
        if len(text) > MOST_TEXT or max(map(len, text.split("\n"))) > MOST_LINE:
            sentence = f"Write the plan in at most {MOST_TEXT} characters, and lines of at most {MOST_LINE}."
            raise PlanWrong(sentence, problems=[sentence])
        try:
            text.encode()
            found = tomllib.loads(text)
        except (ValueError, RecursionError) as problem:  # of a number with thousands of digits, int() says so
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
        whole, part = divmod(thousandths.numerator, 1000)
        return f"{whole}.{part:03d}".rstrip("0") + " %"
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
        yield f"{amount} (“{part.label}”) {_key_sentence(plan, part)} {_empty_sentence(part, alone=whole)}"
    if plan.tiers:
        steps = ", ".join(f"{name} from {least:,} works" for name, least in plan.tiers)
        rest = f"counts as {plan.below}" if plan.below else "is in no tier"
        yield f"The tiers: {steps}; a member with fewer {rest}."
    if any(part.weighted for part in plan.portions):
        named = [f"{name} {_number(weight)}" for name, weight in plan.content.items() if name != "*"]
        weights = ", ".join([*named, f"any other {_number(plan.content.get('*', Fraction(1)))}"])
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


def _empty_sentence(part: Portion, *, alone: bool) -> str:
    if part.if_empty == "spread" and not alone:
        return "If nobody is there, it goes over to the other portions; if those are empty too, it is held."
    if not part.if_empty.startswith("fund:"):
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
        name = self.words(self.found, "name", "The plan")
        about = self.text(self.found, "about", "The plan")
        tiers = self.tiers()
        content = self.content()
        deductions = tuple(self.deduction(one) for one in self.tables("deduct"))
        portions = tuple(self.portion(one, tiers) for one in self.tables("share"))
        below = self.text(self.found, "below", "The plan")
        self.sums(deductions, portions)
        self.labels(deductions, portions)
        self.reach(portions, tiers, below)
        if not content and any(part.weighted for part in portions):
            self.say("A share is weighted by the content tier; give the weight of each tier in [content].")
        return Plan(name, text, deductions, portions, tiers, below, content, about)

    def say(self, sentence: str) -> None:
        self.problems.append(sentence)

    def unknown(self, table: Mapping[str, Any], known: set[str], where: str) -> None:
        for key in sorted(set(table) - known):
            self.say(f"{where} has “{key[:40]}”, which means nothing; known are {', '.join(sorted(known))}.")

    def tables(self, name: str) -> list[Mapping[str, Any]]:
        found = self.found.get(name, [])
        if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
            self.say(f"Write each {name} as [[{name}]].")
            return []
        if len(found) > MOST_PARTS:
            self.say(f"There are {len(found)} times [[{name}]]; at most {MOST_PARTS} can be followed.")
            return []
        return found

    def text(self, table: Mapping[str, Any], key: str, where: str, default: str = "") -> str:
        value = table.get(key, default)
        if isinstance(value, str):
            return value
        self.say(f"{where}: write {key} as a text, in quotes.")
        return default

    def words(self, table: Mapping[str, Any], key: str, where: str) -> str:
        value = table.get(key)
        if not isinstance(value, str) or not _LABEL.fullmatch(value):
            self.say(f"{where} needs a {key} of small letters, digits, spaces and hyphens.")
            return ""
        return value

    def choice(self, table: Mapping[str, Any], key: str, where: str, known: Sequence[str]) -> str:
        """One of ``known``, the first where nothing is said."""
        value = table.get(key, known[0])
        if isinstance(value, str) and value in known:
            return value
        self.say(f"{where}: {key} must be {_either(known)}.")
        return known[0]

    def rate(self, table: Mapping[str, Any], key: str, where: str) -> Fraction:
        value = table.get(key)
        text = value.strip() if isinstance(value, str) else ""
        number, scale = (text[:-1].strip(), 100) if text.endswith("%") else (text, 1)
        top, slash, bottom = number.partition("/")
        if _NUMBER.fullmatch(top) and (not slash or (_DIVISOR.fullmatch(bottom) and int(bottom))):
            share = Fraction(top) / (int(bottom) if slash else 1) / scale
            if 0 <= share <= 1:
                return share
        self.say(f'{where}: {key} must be a text such as "15%", "0.15" or "1/3", from 0 to 100 %.')
        return Fraction(0)

    def tiers(self) -> Tiers:
        found = self.found.get("tiers", {})
        if not isinstance(found, dict) or not all(
            type(least) is int and 0 <= least <= MOST_WORKS and _LABEL.fullmatch(name)
            for name, least in found.items()
        ):
            self.say("[tiers] names each tier and the least number of works, such as gold = 10000.")
            return ()
        if len(set(found.values())) != len(found):
            self.say("Two tiers begin at the same number of works, so one of them can never be reached.")
        return tuple(sorted(found.items(), key=lambda item: -item[1]))

    def content(self) -> dict[str, Fraction]:
        found = self.found.get("content", {})
        weights: dict[str, Fraction] = {}
        if not isinstance(found, dict):
            self.say('Write [content] as a table, a weight for each tier of content, such as feature = "2".')
            return weights
        for name, value in sorted(found.items()):
            if not 0 < len(name) <= 40 or not name.isprintable():
                self.say(f"[content] names a tier {name[:40]!r}; give it a name of at most 40 characters.")
            if not isinstance(value, str) or not _NUMBER.fullmatch(value):
                self.say(f'[content] {name[:40]}: write the weight as a text such as "2" or "0.5".')
                continue
            weights[name] = Fraction(value)
        return weights

    def deduction(self, table: Mapping[str, Any]) -> Deduction:
        label = self.words(table, "label", "A deduction")
        where = f"The deduction “{label}”"
        self.unknown(table, _DEDUCT, where)
        of, to = self.choice(table, "of", where, BASES), self.text(table, "to", where)
        if not _DESTINATION.fullmatch(to):
            self.say(f'{where}: to must be "society:NAME" or "fund:NAME".')
        return Deduction(label, self.rate(table, "rate", where), of, to)

    def portion(self, table: Mapping[str, Any], tiers: Tiers) -> Portion:
        label = self.words(table, "label", "A share")
        where = f"The share “{label}”"
        self.unknown(table, _SHARE, where)
        if "key" not in table:
            self.say(f"{where} needs a key: {_either(KEYS)}.")
        key = self.choice(table, "key", where, KEYS)
        tier, empty = self.text(table, "tier", where), self.text(table, "if_empty", where, "spread")
        measure = self.choice(table, "measure", where, MEASURES)
        self.choice(table, "among", where, ("members",))
        self.choice(table, "weight", where, ("content tier",))
        if key == "tier" and tier not in {name for name, _ in tiers}:
            self.say(f"{where}: tier {tier[:40]!r} is not in [tiers].")
        for other in sorted(set(table) & _ONLY_FOR.keys()):
            if key not in _ONLY_FOR[other]:
                self.say(f"{where}: {other} means nothing where the key is {key}; leave it out.")
        if empty not in {"spread", "hold"} and not (empty[:5] == "fund:" and _DESTINATION.fullmatch(empty)):
            self.say(f'{where}: if_empty must be "spread", "hold" or "fund:NAME".')
        problems = len(self.problems)
        portion = self.rate(table, "portion", where)
        if not portion and len(self.problems) == problems:
            self.say(f"{where}: its portion must be more than nothing, or leave the share out.")
        return Portion(label, portion, key, tier, measure, "weight" in table, empty)

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

    def labels(self, deductions: tuple[Deduction, ...], portions: tuple[Portion, ...]) -> None:
        labels = [one.label for one in deductions] + [part.label for part in portions]
        labels = [label for label in labels if label]
        if len(set(labels)) != len(labels):
            self.say("Two parts of the plan have the same label.")
        if NOBODY in labels:
            self.say(f"“{NOBODY}” is the label of what finds nobody at all; give the part another.")

    def reach(self, portions: tuple[Portion, ...], tiers: Tiers, below: str) -> None:
        if below and below not in {name for name, _ in tiers}:
            self.say(f"below names the tier {below[:40]!r}, which is not in [tiers].")
        paid = {part.tier for part in portions if part.key == "tier"}
        for name, _ in tiers:
            if paid and name not in paid:
                self.say(f"No share is for the tier {name}, so its members would get nothing.")


def _either(known: Sequence[str]) -> str:
    quoted = [f'"{one}"' for one in known]
    return " or ".join(filter(None, [", ".join(quoted[:-1]), quoted[-1]]))
