"""Who stands in a party's place when it dies, merges or is bought."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Any

import typer

from quire.cli import frame
from quire.cli.frame import By, DryRun, Json
from quire.cli.house import day


def parties_succeed(
    party: Annotated[str, typer.Argument(help="Who is succeeded, by code.")],
    starts: Annotated[str, typer.Option("--from", help="The day from which others stand in its place.")],
    kind: Annotated[
        str,
        typer.Option(help="estate, heirs or merger: everything not yet paid; acquirer: use from the day on."),
    ],
    to: Annotated[
        list[str] | None,
        typer.Option(help="A successor and its share, such as reef=1/2; may be given again."),
    ] = None,
    unclear: Annotated[str, typer.Option(help="Why nobody knows yet who succeeds; all of it is held.")] = "",
    by: By = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Others stand in a party's place from a day on; later, who they are if that was unclear."""
    from quire.society.distribution import actions

    takers = dict(map(_taker, to or []))
    with frame.rehearsal(dry_run):
        made = actions.succeed(
            party=party, starts=day(starts), kind=kind, takers=takers, unclear=unclear, by=frame.acting(by)
        )
    frame.say(_data(made), [f"{made.code}: {made.sentence()}."], as_json=as_json)


def parties_successions(as_json: Json = False) -> None:
    """Every succession, those clarified since as well."""
    from quire.society.parties import queries

    found = queries.successions(all_=True)
    rows = [
        (
            one.code,
            one.starts,
            one.kind,
            one.unclear or ", ".join(f"{taker.code} {taker.share}" for taker in one.takers),
            "" if one.standing else "clarified since",
        )
        for one in found
    ]
    frame.say(
        [_data(one) for one in found],
        frame.table("", ("party", "from", "kind", "successors", ""), rows),
        as_json=as_json,
    )


def _taker(text: str) -> tuple[str, Fraction]:
    from quire.core.errors import Invalid
    from quire.core.shares import parse_share

    code, equals, share = text.partition("=")
    if not equals:
        raise Invalid(f"{text[:60]!r} is no successor; write its code, = and its share, such as reef=1/2.")
    return code.strip(), parse_share(share.strip())


def _data(one: Any) -> dict[str, Any]:
    from quire.core.shares import share_text

    return {
        "succession": one.tid,
        "party": one.code,
        "kind": one.kind,
        "from": one.starts,
        "takers": [[taker.code, share_text(taker.share)] for taker in one.takers],
        "unclear": one.unclear,
        "standing": one.standing,
    }


COMMANDS = (("succeed", parties_succeed), ("successions", parties_successions))
