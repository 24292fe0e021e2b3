"""What came to a party beside its lines: by the end of a dispute, a match, a disposal."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated

import typer

from quire.cli import frame
from quire.cli.frame import Json


def share_of(text: str) -> tuple[str, Fraction]:
    """``reef=1/2``: a party's code and its share; Invalid for what is none."""
    from quire.core.errors import Invalid
    from quire.core.shares import parse_share

    code, equals, share = text.partition("=")
    if not equals:
        raise Invalid(f"{text[:80]!r} is no share of a party; write it like reef=1/2.")
    return code, parse_share(share)


def statements_awards(
    party: Annotated[str, typer.Argument(help="The party's code.")], as_json: Json = False
) -> None:
    """What came to a party beside its lines, and of which run and period each of it was."""
    from quire.core.money import decimal_of
    from quire.society.distribution import queries as distribution
    from quire.society.parties import queries as parties

    found = distribution.awards_of(parties.party(party).id)
    rows = [
        {
            "on": one.on, "amount": decimal_of(one.amount), "currency": one.currency, "role": one.role,
            "period": f"{one.starts}..{one.ends}", "run": one.run, "because": one.text,
        }
        for one in found
    ]  # fmt: skip
    shown = [
        (one.on, frame.money(one.amount, one.currency), one.role, row["period"], one.run, one.text)
        for one, row in zip(found, rows, strict=True)
    ]
    columns = ("on", "amount", "role", "period", "run", "because")
    frame.say(rows, frame.table("", columns, shown, right=("amount",)), as_json=as_json)
