"""How what a payee gets was worked out, in words that can be followed with a pocket calculator."""

from __future__ import annotations

from fractions import Fraction

from quire.core.distribution import pools
from quire.core.plan import percent
from quire.society.statements import words
from quire.society.statements.shape import Adjustment, Deduction, Line, Portion, Pot

_ASKED = {
    "survey": "by a survey’s estimate",
    "attribution": "by an attribution",
    "units": "by a count of units",
}


def source(pot: Pot) -> tuple[str, str]:
    """Who paid what is in a pot, and under which licence; a pool is what several licensees paid."""
    if pot.tid.startswith(pools.PREFIX):
        return "What all licensees paid, put together", ""
    return pot.licensee, f"licence {pot.licence}"


def used(lines: list[Line]) -> str:
    """Who asked for what, and how often. A request counts once, however many portions or owners it has."""
    lines = [line for line in lines if line.subject]
    if not lines:
        return "None of your works was used under a licence; you have a part in what is shared among members."
    counted = [line for line in lines if line.use]
    if not counted:
        how = words.listed(sorted({_ASKED[key] for line in lines if (key := line.portion.key) in _ASKED}))
        return f"{_who(lines)} paid for {_what(lines)}{f', {how}' if how else ''}."
    requests = {
        (line.pot.tid, line.subject.tid, line.starts, line.use): line.requests
        for line in counted
        if line.subject
    }
    return f"{_who(counted)} asked for {_what(counted)} {words.count(sum(requests.values()), 'time')}."


def _who(lines: list[Line]) -> str:
    licensees = sorted({line.pot.licensee for line in lines})
    return words.listed(licensees) if len(licensees) <= 3 else words.count(len(licensees), "licensee")


def _what(lines: list[Line]) -> str:
    works = {line.subject.tid for line in lines if line.subject and line.subject.kind == "work"}
    sites = sorted({line.subject.title for line in lines if line.subject and line.subject.kind == "site"})
    what = [words.count(len(works), "work") + " of yours"] if works else []
    if sites:
        name = sites[0] if len(sites) == 1 else words.count(len(sites), "site") + " of yours"
        what.append(f"{'other ' if works else ''}pages of {name}")
    return words.listed(what)


def corrected(adjustments: list[Adjustment]) -> str:
    """What corrections of earlier runs gave or took, in a sentence; empty where there are none."""
    whole = sum(one.amount for one in adjustments)
    if not whole:
        return ""
    told = words.money(abs(whole), adjustments[0].currency)
    if whole > 0:
        return f"{told} of it puts right what earlier runs gave you too little."
    return f"{told} was taken off, because earlier runs had given you too much."


def deducted(kept: Deduction) -> str:
    """The rate, of what and for whom; and that it is less, where a ceiling of the whole run cut it."""
    bases = {"gross": "what came in", "net": "what came in less the reserve"}
    base = bases.get(kept.of, "what was then left")
    kind, _, name = kept.to.partition(":")
    whom = f"for the fund “{name}”" if kind == "fund" else "for the society"
    cut = ", cut to its ceiling" if kept.base * kept.rate - kept.amount >= 1 else ""
    return f"{percent(kept.rate)} of {base}{cut}, {whom}"


def portion(one: Portion) -> str:
    """What happened to a portion of a pot."""
    gone = {
        "spread": "nobody stood in it, so it went to the others",
        "hold": "nobody stood in it, so it is held",
        "fund": "nobody stood in it, so it went to a fund",
    }
    if one.outcome in gone:
        return gone[one.outcome]
    of_rest = "all of it" if one.of_rest == 1 else f"{percent(one.of_rest)} of that"
    if one.outcome == "pooled":
        return f"{of_rest}, put together with that of the other licences, and shared below"
    if one.outcome == "split":
        return f"{of_rest}, divided further"
    return f"{of_rest}, {one.sentence}: {_everybody(one)}"


def _everybody(one: Portion) -> str:
    if one.key in ("equal", "tier") and "works" not in one.sentence:
        return words.count(int(one.weight), "member")
    if one.key == "equal":
        return words.count(int(one.weight), "work")
    return f"a weight of {words.number(one.weight)} in all"


def mine(lines: list[Line], one: Portion) -> str:
    """The payee's weight in a portion, of everybody's."""
    weight = sum((line.weight * line.part for line in lines), Fraction(0))
    return f"{words.number(weight)} of {words.number(one.weight)}"


def line(one: Line) -> str:
    """The line with a pocket calculator."""
    amount = words.money(one.portion.amount, one.pot.currency)
    part = "" if one.part == 1 else f" × {words.number(one.part)} ({one.role})"
    return f"{amount} × {words.number(one.weight)} ÷ {words.number(one.portion.weight)}{part}"


def interval(one: Line) -> str:
    """Between which bounds an estimate lies; empty of what was counted."""
    if one.low is None or one.high is None:
        return ""
    bounds = f"between {words.number(one.low)} and {words.number(one.high)}"
    if one.portion.key == "survey":
        return f"estimated from a sample: {words.number(one.weight)} requests; with 95 % confidence {bounds}"
    return f"{words.number(one.weight)}, {bounds}"
