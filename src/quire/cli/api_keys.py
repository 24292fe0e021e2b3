"""Keys of the HTTP API, made for the user who acts."""

from __future__ import annotations

from typing import Annotated

import typer

from quire.cli import frame
from quire.cli.frame import By, DryRun, Json

Party = Annotated[str, typer.Option(help="A party's code; the society's own house if left out.")]


def register(app: typer.Typer) -> None:
    """The commands about keys of the API."""
    group = typer.Typer(help="Keys with which programs use the HTTP API.", no_args_is_help=True)
    for verb, function in (("create", create), ("list", list_), ("revoke", revoke)):
        frame.command(group, verb)(function)
    app.add_typer(group, name="api-keys")


def create(
    name: Annotated[str, typer.Argument(help="What tells it from others: the program's name.")],
    audience: Annotated[
        str, typer.Option(help="As whom it asks: member, licensee, operator or auditor.")
    ] = "operator",
    party: Party = "",
    scope: Annotated[
        list[str],
        typer.Option(help="What it may besides reading: manage, admin; prepare, approve. May be repeated."),
    ] = [],  # noqa: B006
    mode: Annotated[str, typer.Option(help="live, or test: what it does is tried and undone.")] = "live",
    per_minute: Annotated[int, typer.Option(help="How often it may ask in a minute.")] = 600,
    by: By = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Make a key that acts as --by. The secret is shown now and never again."""
    from quire.society.parties import actions

    with frame.rehearsal(dry_run):
        made = actions.make_api_key(
            audience=audience, party=party or None, name=name, mode=mode, scopes=scope,
            per_minute=per_minute, by=frame.acting(by),
        )  # fmt: skip
    row = made.key
    whose = f" of {party}" if party else ""
    may = ", ".join(row.scopes)
    lines = [
        f"{row.tid} acts as {row.user}, {row.audience}{whose} ({row.mode}); it may {may}.",
        f"The key, shown this once: {made.secret}",
    ]
    data = {"key": row.tid, "secret": made.secret, "scopes": list(row.scopes), "mode": row.mode}
    frame.say(data, lines, as_json=as_json)


def list_(party: Party = "", as_json: Json = False) -> None:
    """Every key of a party, or of the house; no secrets, for none is kept."""
    from quire.society.kit.paging import Asked
    from quire.society.parties import queries

    whose = queries.party(party).id if party else None
    found = queries.api_keys(party=whose).every(Asked())
    columns = ("key", "name", "acts as", "audience", "mode", "may", "ends with", "last used", "revoked")
    rows = [
        (o.tid, o.name, o.user, o.audience, o.mode, " ".join(o.scopes), o.ends_with,
         f"{o.used:%Y-%m-%d}" if o.used else "", f"{o.revoked:%Y-%m-%d}" if o.revoked else "")
        for o in found
    ]  # fmt: skip
    data = [dict(zip(columns, row, strict=True)) for row in rows]
    frame.say(data, frame.table("", columns, rows), as_json=as_json)


def revoke(key: str, party: Party = "", by: By = "", dry_run: DryRun = False, as_json: Json = False) -> None:
    """End a key for good."""
    from quire.society.parties import actions

    with frame.rehearsal(dry_run):
        row = actions.revoke_api_key(key=key, party=party or None, by=frame.acting(by))
    frame.say(
        {"key": row.tid, "revoked": row.revoked}, [f"{row.tid} ({row.name}) is revoked."], as_json=as_json
    )
