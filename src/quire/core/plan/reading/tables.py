"""The tables of a plan: tiers of members, and what a tier of content, a use or an evidence weighs."""

from __future__ import annotations

from collections.abc import Container, Mapping
from fractions import Fraction

from quire.core import terms
from quire.core.plan.model import EVIDENCE, MOST_PARTS, MOST_WORKS, Tiers
from quire.core.plan.reading.values import LABEL, NUMBER, Table, Values, is_currency


def tiers(values: Values, found: Table) -> Tiers:
    """``[tiers]``, highest first."""
    told = found.get("tiers", {})
    if not isinstance(told, dict) or not all(
        type(least) is int and 0 <= least <= MOST_WORKS and LABEL.fullmatch(name)
        for name, least in told.items()
    ):
        values.say("[tiers] names each tier and the least number of works, such as gold = 10000.")
        return ()
    if len(told) > MOST_PARTS:
        values.say(f"There are {len(told)} tiers; at most {MOST_PARTS} can be followed.")
        return ()
    if len(set(told.values())) != len(told):
        values.say("Two tiers begin at the same number of works, so one of them can never be reached.")
    return tuple(sorted(told.items(), key=lambda item: -item[1]))


def content(values: Values, found: Table) -> Mapping[str, Fraction]:
    """``[content]``: the weight of each tier of content."""
    return _weights(values, found, "content", 'a weight for each tier of content, such as feature = "2"')


def uses(values: Values, found: Table) -> Mapping[str, Fraction]:
    """``[uses]``: the weight of each use."""
    told = _weights(values, found, "uses", 'a weight for each use, such as ai-train = "2"')
    _known(values, "uses", told, terms.USES)
    return told


def evidence(values: Values, found: Table) -> Mapping[str, Fraction]:
    """``[evidence]``: the weight of what a request showed of who asks."""
    told = _weights(values, found, "evidence", 'a weight for each evidence, such as name = "0.5"')
    _known(values, "evidence", told, EVIDENCE)
    return told


def currency(values: Values, found: Table) -> str:
    """The currency that pots are converted to; empty where each stays in its own."""
    told = found.get("currency", "")
    if isinstance(told, str) and (not told or is_currency(told)):
        return told
    values.say('The plan: currency must be a currency of ISO 4217, such as "EUR".')
    return ""


def _known(values: Values, table: str, told: Mapping[str, Fraction], known: tuple[str, ...]) -> None:
    allowed: Container[str] = {*known, "*"}
    for name in told:
        if name not in allowed:
            values.say(f"[{table}] names {name[:40]!r}; known are {', '.join(known)}, and * for any other.")


def _weights(values: Values, found: Table, table: str, example: str) -> Mapping[str, Fraction]:
    told = found.get(table, {})
    weights: dict[str, Fraction] = {}
    if not isinstance(told, dict):
        values.say(f"Write [{table}] as a table, {example}.")
        return weights
    for name, value in sorted(told.items()):
        if not 0 < len(name) <= 40 or not name.isprintable():
            values.say(f"[{table}] names a tier {name[:40]!r}; give it a name of at most 40 characters.")
        if not isinstance(value, str) or not NUMBER.fullmatch(value):
            values.say(f'[{table}] {name[:40]}: write the weight as a text such as "2" or "0.5".')
            continue
        weights[name] = Fraction(value)
    return weights
