"""What came to a payee beside its lines: by the end of a dispute, a match, a disposal of unclaimed money."""

from __future__ import annotations

from typing import Any

from quire.core.money import decimal_of
from quire.society.distribution.queries import Given
from quire.society.kit.periods import Period
from quire.society.statements import words


def told(given: tuple[Given, ...]) -> dict[str, Any]:
    """For the JSON of a statement: nothing where nothing came."""
    if not given:
        return {}
    rows = [
        {
            "on": one.on.isoformat(),
            "kind": one.kind,
            "because": one.text,
            "run": one.run,
            "from": one.starts.isoformat(),
            "until": one.ends.isoformat(),
            "role": one.role,
            "currency": one.currency,
            "amount": decimal_of(one.amount),
        }
        for one in given
    ]
    return {"awards": rows}


def sentences(given: tuple[Given, ...]) -> list[str]:
    """For the page: a sentence each, with the period and the run that the money was earned in."""
    return [
        f"{words.day(one.on)}: {words.money(one.amount, one.currency)} "
        f"(earned in {words.period(Period(one.starts, one.ends))}, run {one.run}"
        f"{f', as {one.role}' if one.role else ''}). {one.text}"
        for one in given
    ]
