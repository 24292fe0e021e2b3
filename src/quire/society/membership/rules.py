"""Membership criteria as data, applied all at once. Pure: values in, reasons out.

Nobody decides over an application: the criteria in force on its date do. Who meets them all is admitted, and
who does not hears every reason (MISSION A10; Directive 2014/26/EU art. 6(2): objective, transparent and
non-discriminatory criteria, and a clear explanation of a refusal).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from quire.society.membership.errors import RuleWrong, ShownWrong

Value = Decimal | bool
_NUMBER = re.compile(r"[0-9]{1,12}(\.[0-9]{1,6})?")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_YES_NO = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}


@dataclass(frozen=True, slots=True)
class Rule:
    """One criterion: what is shown must be "at-least" a number, or must be ("is") yes or no.

    ``sentence`` is the reason an applicant hears; {shown} and {needed} in it stand for the two values.
    """

    name: str
    kind: Literal["at-least", "is"]
    value: Value
    sentence: str

    def met_by(self, shown: Value) -> bool:
        return shown >= self.value if self.kind == "at-least" else shown == self.value

    def reason(self, shown: Value) -> str:
        """The sentence with its values."""
        return self.sentence.replace("{shown}", as_text(shown)).replace("{needed}", as_text(self.value))

    def as_json(self) -> dict[str, str]:
        return {"name": self.name, "kind": self.kind, "value": as_text(self.value), "sentence": self.sentence}


DEFAULT_CRITERIA = (
    Rule("works", "at-least", Decimal(100), "You show {shown} works; at least {needed} are needed."),
    Rule("authority", "at-least", Decimal(20), "Your authority is {shown}; at least {needed} is needed."),
    Rule("quality", "at-least", Decimal(60), "Your quality is {shown}; at least {needed} is needed."),
    Rule("good_standing", "is", True, "You are not in good standing; members must be."),
)
"""Those of the texts (seeds/003: volume, authority, quality, good standing)."""


def as_text(value: Value) -> str:
    """ "yes" or "no", or the number without needless noughts: the form in which values are kept."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def from_json(said: Sequence[Mapping[str, Any]]) -> tuple[Rule, ...]:
    """Rules from what ``as_json`` makes, or a person writes. RuleWrong."""
    rules = []
    for item in said:
        if not isinstance(item, Mapping) or set(item) != {"name", "kind", "value", "sentence"}:
            raise RuleWrong("A criterion has a name, a kind, a value and a sentence, and nothing else.")
        name, kind = str(item["name"]), str(item["kind"])
        if kind not in {"at-least", "is"}:
            raise RuleWrong(f"{name[:40]} is of the kind {kind[:40]!r}; kinds are at-least and is.")
        try:
            rules.append(Rule(name, kind, _read(name, kind, item["value"]), str(item["sentence"])))  # type: ignore[arg-type]
        except ShownWrong as problem:
            raise RuleWrong(problem.sentence) from problem
    return tuple(rules)


def check(rules: Sequence[Rule], reserved: Sequence[str]) -> None:
    """RuleWrong where rules cannot be used: a bad or doubled name, a ``reserved`` one, a missing sentence."""
    names = [rule.name for rule in rules]
    for rule in rules:
        if not _NAME.fullmatch(rule.name):
            raise RuleWrong(
                f"{rule.name[:40]!r} cannot be a criterion's name: small letters, digits and _ only."
            )
        if rule.name in reserved or names.count(rule.name) > 1:
            raise RuleWrong(f"{rule.name} is taken; give the criterion another name.")
        if not 1 <= len(rule.sentence.strip()) <= 200:
            raise RuleWrong(
                f"{rule.name} needs the sentence that a refused applicant reads, in 200 characters."
            )
        if isinstance(rule.value, bool) != (rule.kind == "is"):
            raise RuleWrong(
                f"{rule.name} is of the kind {rule.kind}, which {as_text(rule.value)} does not fit."
            )


def read_shown(rules: Sequence[Rule], said: Mapping[str, Any]) -> dict[str, Value]:
    """What an applicant shows, one value for each rule and no other. ShownWrong tells everything at once."""
    wrong = [
        f"{name} is not asked by the criteria in force."
        for name in sorted(set(said) - {r.name for r in rules})
    ]
    shown: dict[str, Value] = {}
    for rule in rules:
        try:
            shown[rule.name] = _read(rule.name, rule.kind, said.get(rule.name, ""))
        except ShownWrong as problem:
            wrong.append(problem.sentence)
    if wrong:
        raise ShownWrong(" ".join(wrong))
    return shown


def _read(name: str, kind: str, value: Any) -> Value:
    if isinstance(value, float):
        raise TypeError(f"{name} is given as a float; give an int, a Decimal or a text")
    text = (as_text(value) if isinstance(value, bool | Decimal) else str(value)).strip()
    if not text:
        raise ShownWrong(f"{name} is empty.")
    if kind == "is":
        if text.lower() not in _YES_NO:
            raise ShownWrong(f"{name} is {text[:40]!r}; write yes or no.")
        return _YES_NO[text.lower()]
    if not _NUMBER.fullmatch(text):
        raise ShownWrong(f"{name} is {text[:40]!r}; write a number, like 120 or 62.5.")
    return Decimal(text)


def reasons(rules: Sequence[Rule], shown: Mapping[str, Value]) -> tuple[str, ...]:
    """Every reason why these values do not suffice, in the order of the rules; none: admitted."""
    return tuple(rule.reason(shown[rule.name]) for rule in rules if not rule.met_by(shown[rule.name]))
