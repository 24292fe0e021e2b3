"""What becomes of 1.00 by a plan, drawn with letters: each deduction and portion with its exact part."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from quire.core.plan.model import Plan, Portion
from quire.core.plan.sentences import percent


def picture(plan: Plan) -> list[str]:
    """The lines of the drawing, where every portion finds somebody and no ceiling or bound is reached."""
    unit = f"1.00 {plan.currency}" if plan.currency else "1.00"
    rest = 1 - sum(plan.kept, Fraction(0))
    lines = [f"{unit} comes in"]
    for one, part in zip(plan.deductions, plan.kept, strict=True):
        lines.append(f"├─ {_number(part)}  {one.label} → {_goes(one.to)}")
    lines.append(f"└─ {_number(rest)}  is shared")
    return [*lines, *_portions(plan.portions, rest, "   ")]


def _portions(parts: Sequence[Portion], whole: Fraction, indent: str) -> Iterator[str]:
    for place, part in enumerate(parts, 1):
        last = place == len(parts)
        amount = whole * part.portion
        told = f"{indent}{'└─' if last else '├─'} {_number(amount)}  {part.label} ({percent(part.portion)})"
        yield f"{told} {_whom(part)}".rstrip()
        yield from _portions(part.parts, amount, indent + ("   " if last else "│  "))


def _whom(part: Portion) -> str:
    if part.parts:
        return ""
    keys = {
        "usage": f"→ by {part.measure}",
        "equal": f"→ all {part.among}, each the same",
        "tier": f"→ the members of {part.tier}, each the same",
    }
    told = keys.get(part.key, f"→ by the {part.key} “{part.of}”")
    return told + (", pooled" if part.pooled else "") + (", within bounds" if part.bounded else "")


def _goes(to: str) -> str:
    kind, _, name = to.partition(":")
    return f"the society, for {name}" if kind == "society" else f"the fund “{name}”"


def _number(part: Fraction) -> str:
    """Four decimals, and a sign where there are more."""
    scaled = part * 10**4
    whole, digits = divmod(scaled.numerator // scaled.denominator, 10**4)
    text = f"{whole}.{digits:04d}"
    if scaled.denominator != 1:
        return f"{text}…"
    return (text[:-2] if text.endswith("00") else text).ljust(7)
