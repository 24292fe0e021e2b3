"""A plan's TOML read: every value checked, and a sentence gathered for each that cannot work."""

from __future__ import annotations

import tomllib

from quire.core.plan.model import MOST_LINE, MOST_TEXT, Plan, PlanWrong
from quire.core.plan.reading import deductions, recovery, shares, tables, whole
from quire.core.plan.reading.values import Values

_TOP = {
    "name", "about", "tiers", "below", "content", "uses", "evidence", "currency", "deduct", "share",
    "recovery",
}  # fmt: skip


def read(text: str) -> Plan:
    """The plan of a text. Raises ``PlanWrong`` with every problem found."""
    if len(text) > MOST_TEXT or max(map(len, text.split("\n"))) > MOST_LINE:
        sentence = f"Write the plan in at most {MOST_TEXT} characters, and lines of at most {MOST_LINE}."
        raise PlanWrong(sentence, problems=[sentence])
    try:
        text.encode()
        found = tomllib.loads(text)
    except (ValueError, RecursionError) as problem:  # of a number with thousands of digits, int() says so
        raise PlanWrong(f"The plan is not TOML: {problem}.", problems=[str(problem)]) from problem
    values = Values()
    plan = _plan(values, found, text)
    if values.problems:
        problems = list(dict.fromkeys(values.problems))
        raise PlanWrong("The plan cannot work: " + " ".join(problems), problems=problems)
    return plan


def _plan(values: Values, found: dict[str, object], text: str) -> Plan:
    values.unknown(found, _TOP, "The plan")
    tiers = tables.tiers(values, found)
    plan = Plan(
        values.words(found, "name", "The plan"),
        text,
        tuple(deductions.deduction(values, one) for one in values.tables(found, "deduct")),
        shares.portions(values, found, tiers),
        tiers,
        values.text(found, "below", "The plan"),
        tables.content(values, found),
        values.text(found, "about", "The plan"),
        tables.uses(values, found),
        tables.evidence(values, found),
        tables.currency(values, found),
        recovery.recovery(values, found),
    )
    whole.check(values, plan)
    return plan
