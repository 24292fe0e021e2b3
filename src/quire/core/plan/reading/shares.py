"""``[[share]]``: a portion with its key, or with shares in it."""

from __future__ import annotations

from quire.core.plan.model import (
    AMONG,
    INCOMES,
    KEYS,
    MEASURES,
    MOST_DEPTH,
    MOST_PARTS,
    WEIGHTS,
    Portion,
    Tiers,
)
from quire.core.plan.reading import bounds
from quire.core.plan.reading.values import LABEL, SURVEY, Table, Values, either, is_fund

_EVERY = {"label", "portion", "if_empty"}
_ONLY_FOR = {
    "among": {"equal", "tier"},
    "tier": {"tier"},
    "measure": {"usage"},
    "weight": {"usage"},
    "income": {"usage", "equal", "tier"},
    "of": {"survey", "attribution", "units"},
}
_KNOWN = {*_EVERY, "key", "share", *_ONLY_FOR, *bounds.NAMES}


def portions(values: Values, found: Table, tiers: Tiers) -> tuple[Portion, ...]:
    """Every share of a plan, with those in it."""
    told = tuple(_share(values, one, tiers, 1) for one in values.tables(found, "share"))
    whole = sum(1 for part in told for _ in part.nodes())
    if whole > MOST_PARTS:
        values.say(f"There are {whole} shares at all levels; at most {MOST_PARTS} can be followed.")
    return told


def _share(values: Values, table: Table, tiers: Tiers, depth: int) -> Portion:
    label = values.words(table, "label", "A share")
    where = f"The share “{label}”"
    values.unknown(table, _KNOWN, where)
    empty = values.text(table, "if_empty", where, "spread")
    if empty not in {"spread", "hold"} and not is_fund(empty):
        values.say(f'{where}: if_empty must be "spread", "hold" or "fund:NAME".')
    problems = len(values.problems)
    portion = values.rate(table, "portion", where)
    if not portion and len(values.problems) == problems:
        values.say(f"{where}: its portion must be more than nothing, or leave the share out.")
    if "share" in table:
        parts = _within(values, table, tiers, where, depth)
        return Portion(label, portion, "", if_empty=empty, parts=parts)
    return _leaf(values, table, tiers, where, Portion(label, portion, "", if_empty=empty))


def _within(values: Values, table: Table, tiers: Tiers, where: str, depth: int) -> tuple[Portion, ...]:
    """The shares in a share, which has then no key of its own."""
    for other in sorted(set(table) & _KNOWN - _EVERY - {"share"}):
        values.say(f"{where}: {other} means nothing where there are shares in it; leave it out.")
    if depth == MOST_DEPTH:
        values.say(f"{where} has shares in it on a level too many; at most {MOST_DEPTH} can be followed.")
        return ()
    told = values.tables(table, "share")
    if not told and table["share"] == []:
        values.say(f"{where} has a list of shares with nothing in it; give it a key, or shares.")
    return tuple(_share(values, one, tiers, depth + 1) for one in told)


def _leaf(values: Values, table: Table, tiers: Tiers, where: str, told: Portion) -> Portion:
    if "key" not in table:
        values.say(f"{where} needs a key: {either(KEYS)}.")
    key = values.choice(table, "key", where, KEYS)
    tier = values.text(table, "tier", where)
    if key == "tier" and tier not in {name for name, _ in tiers}:
        values.say(f"{where}: tier {tier[:40]!r} is not in [tiers].")
    for other in sorted(set(table) & _ONLY_FOR.keys()):
        if key not in _ONLY_FOR[other]:
            values.say(f"{where}: {other} means nothing where the key is {key}; leave it out.")
    measure, weights = values.choice(table, "measure", where, MEASURES), _weights(values, table, where)
    if measure == "works" and {*weights} - {"content tier"}:
        values.say(f"{where}: a work counts once, so neither its uses nor their evidence can weigh it.")
    among = values.choice(table, "among", where, AMONG if key == "equal" else AMONG[:1])
    of = values.text(table, "of", where)
    what, named = ("survey", SURVEY) if key == "survey" else ("weighing", LABEL)
    if key in _ONLY_FOR["of"] and not named.fullmatch(of):
        values.say(f"{where}: of must name the {what} to divide by.")
    limits = bounds.read(values, table, tiers, key, where)
    return Portion(
        told.label,
        told.portion,
        key,
        tier,
        measure,
        weights,
        told.if_empty,
        among,
        values.choice(table, "income", where, INCOMES),
        of,
        *limits,
    )


def _weights(values: Values, table: Table, where: str) -> tuple[str, ...]:
    """``weight``, one word or a list of them, in the order of ``WEIGHTS``."""
    told = table.get("weight", [])
    listed = told if isinstance(told, list) else [told]
    if not all(isinstance(one, str) and one in WEIGHTS for one in listed) or (
        "weight" in table and not listed
    ):
        values.say(f"{where}: weight must be {either(WEIGHTS)}, or a list of these.")
        return ()
    if len(set(listed)) != len(listed):
        values.say(f"{where}: weight names the same thing twice.")
    return tuple(one for one in WEIGHTS if one in listed)
