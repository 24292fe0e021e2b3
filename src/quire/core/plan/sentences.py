"""A plan in words that a board member would use, one sentence a rule."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from quire.core.money import QUANTA
from quire.core.plan.model import Deduction, Plan, Portion, Sums

_MEASURES = {
    "requests": "its requests",
    "value": "the value of its requests at the licence's prices",
}
_BY = {
    "survey": "goes to each work in proportion to the use that the survey “{}” estimates, and on to its "
    "owners by their shares",
    "attribution": "goes to those whom the attribution “{}” names, in proportion to what it finds; what a "
    "work gets goes on to its owners by their shares",
    "units": "goes to those whom the list “{}” names, in proportion to their units; what a work gets goes "
    "on to its owners by their shares",
}
_WEIGHED = {
    "content tier": "the tier of the content",
    "use": "the use",
    "evidence": "what the request showed of who asks",
}
_ON = ", and on to its owners by their shares"
_LONG = 10**13
"""A denominator that nobody wrote: of what comes of sums."""


def percent(share: Fraction) -> str:
    """``15 %``, ``33.3 %`` or, where a decimal would not be exact, ``1/3``; of what nobody could read as a
    fraction, ``about 33.333 %``."""
    hundred = share * 100
    if hundred.denominator == 1:
        return f"{hundred.numerator} %"
    thousandths = hundred * 1000
    if thousandths.denominator == 1:
        return _thousandths(thousandths.numerator)
    if share.denominator >= _LONG:
        return f"about {_thousandths(thousandths.numerator // thousandths.denominator)}"
    return f"{share.numerator}/{share.denominator}"


def _thousandths(number: int) -> str:
    whole, part = divmod(number, 1000)
    return f"{whole}.{part:03d}".rstrip("0").rstrip(".") + " %"


def of_plan(plan: Plan) -> Iterator[str]:
    """All of its sentences, in the order in which the rules are applied."""
    if plan.currency:
        yield f"What comes in in another currency is first converted to {plan.currency}."
    for one in plan.deductions:
        yield from _deduction(one)
    yield from _portions(plan.portions, "the rest")
    if plan.tiers:
        steps = ", ".join(f"{name} from {least:,} works" for name, least in plan.tiers)
        fewer = f"; a member with fewer counts as {plan.below}" if plan.below else ""
        if not plan.below and plan.tiers[-1][1]:
            fewer = "; a member with fewer is in no tier"
        yield f"The tiers: {steps}{fewer}."
    tables = {"content tier": plan.content, "use": plan.uses, "evidence": plan.evidence}
    for word, table in tables.items():
        if any(word in part.weights for part in plan.leaves):
            yield f"One count weighs, by {_WEIGHED[word]}: {_table(table)}."
    if plan.recovery < 1:
        yield (
            f"Whoever was paid too much before gives back at most {percent(plan.recovery)} of what it earns "
            "in a run."
        )


def _deduction(one: Deduction) -> Iterator[str]:
    base = "of what came in" if one.of == "gross" else "of what is then left"
    kind, _, name = one.to.partition(":")
    whom = f"by the society for {name}" if kind == "society" else f"for the fund “{name}”"
    yield f"{percent(one.rate)} {base} is kept {whom}."
    if one.ceiling:
        yield f"Of a whole run that is at most {_sums(one.ceiling)}; more is left to be shared."


def _portions(parts: Sequence[Portion], whole: str, last: str = "it is held") -> Iterator[str]:
    """``last`` is what becomes of it where all of these are empty and none says where it goes."""
    for part in parts:
        alone = len(parts) == 1
        amount = f"All of {whole}" if alone else f"{percent(part.portion)} of {whole}"
        others = [one for one in parts if one is not part]
        yield f"{amount} (“{part.label}”) {rule(part)}. {_empty(part, others, last)}"
        yield from _bounds(part)
        yield from _portions(part.parts, f"“{part.label}”", f"nobody is in “{part.label}”")


def rule(part: Portion) -> str:
    """What happens to a portion, as the rest of a sentence that begins with it: "is shared …"."""
    if part.parts:
        return "is divided further"
    pooled = ""
    if part.pooled:
        pooled = "is put together with that of all other pots of the same currency, and "
    return pooled + _key(part)


def _key(part: Portion) -> str:
    if part.key == "equal" and part.among == "works":
        return f"is shared equally among all works with a mandate for the licence, used or not{_ON}"
    if part.key == "equal":
        return "is shared equally among all members in good standing with a mandate for the licence"
    if part.key == "tier":
        return f"is shared equally among the members of the tier {part.tier}"
    if part.key in _BY:
        return _BY[part.key].format(part.of)
    words = [_WEIGHED[word] for word in part.weights]
    weight = (
        ", weighted by " + " and ".join(filter(None, [", ".join(words[:-1]), words[-1]])) if words else ""
    )
    if part.measure == "works":
        return f"goes to each work that was used, each once{weight}{_ON}"
    return f"goes to each work in proportion to {_MEASURES[part.measure]}{weight}{_ON}"


def _empty(part: Portion, others: Sequence[Portion], last: str) -> str:
    """Where it goes if nobody is there. What spreads stays with the others as long as one of them has
    somebody in it, or says itself where it goes."""
    if part.if_empty.startswith("fund:"):
        return f"If nobody is there, it goes to the fund “{part.if_empty[5:]}”."
    if part.if_empty == "hold":
        return "If nobody is there, it is held."
    if not others:
        return f"If nobody is there, {last}."
    if any(one.if_empty != "spread" for one in others):
        return "If nobody is there, it goes over to the other portions."
    return f"If nobody is there, it goes over to the other portions; if those are empty too, {last}."


def _bounds(part: Portion) -> Iterator[str]:
    label = f"Of “{part.label}”"
    if part.floor is not None:
        yield f"{label} every member in it gets {percent(part.floor)} at least, as far as it suffices."
    if part.floor_sums:
        yield f"{label} every member in it gets {_sums(part.floor_sums)} at least, as far as it suffices."
    if part.cap is not None:
        yield f"{label} no member gets more than {percent(part.cap)}."
    if part.caps:
        caps = ", ".join(f"{name} {percent(cap)}" for name, cap in part.caps)
        yield f"{label} the members of a tier together get at most: {caps}."
    if part.cap is not None or part.caps:
        where = f"it goes to the fund “{part.if_over[5:]}”" if part.if_over[:5] == "fund:" else "it is held"
        yield f"What is over a cap goes to the others in proportion; if all are at their caps, {where}."


def _sums(sums: Sums) -> str:
    """``10.00 EUR or 8 USD``."""
    return " or ".join(f"{_amount(Fraction(quanta, QUANTA))} {currency}" for currency, quanta in sums)


def _amount(value: Fraction) -> str:
    """Of a decimal number, all of its digits, two at least."""
    whole, part = divmod(value.numerator * 10**12 // value.denominator, 10**12)
    return f"{whole:,}.{f'{part:012d}'.rstrip('0').ljust(2, '0')}"


def _table(table: Mapping[str, Fraction]) -> str:
    named = [f"{name} {_number(weight)}" for name, weight in table.items() if name != "*"]
    return ", ".join([*named, f"any other {_number(table.get('*', Fraction(1)))}"])


def _number(value: Fraction) -> str:
    """A weight as a plan has it, in decimals: ``3`` or ``0.5``."""
    return str(value.numerator) if value.denominator == 1 else _amount(value).rstrip("0")
