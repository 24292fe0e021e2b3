"""Published tariffs, clients and their tokens, and the keys that tokens are signed with."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from quire.cli import frame
from quire.cli.frame import By, DryRun, Json
from quire.core.errors import Invalid

Reason = Annotated[str, typer.Option(help="Why; it is recorded.")]


def register(app: typer.Typer) -> None:
    """The commands about what crawlers are licensed and let in by."""
    for name, help_, commands in (
        (
            "tariff",
            "Published tariffs: what anybody may take a licence under.",
            (("publish", tariff_publish), ("list", tariff_list), ("show", tariff_show)),
        ),
        (
            "clients",
            "A licensee's credentials for licence tokens.",
            (
                ("create", clients_create),
                ("rotate", clients_rotate),
                ("revoke", clients_revoke),
                ("list", clients_list),
            ),
        ),
        ("tokens", "Licence tokens that were issued.", (("revoke", tokens_revoke),)),
        (
            "keys",
            "The keys that tokens, policies and lists are signed with.",
            (("list", keys_list), ("rotate", keys_rotate), ("drop", keys_drop)),
        ),
    ):
        group = typer.Typer(help=help_, no_args_is_help=True)
        for verb, function in commands:
            frame.command(group, verb)(function)
        app.add_typer(group, name=name)


def tariff_publish(file: Path, by: By = "", dry_run: DryRun = False, as_json: Json = False) -> None:
    """Publish a tariff, or the next version of one, from a TOML or JSON file."""
    from quire.society.licensing import actions

    try:
        text = file.read_text("utf-8")
    except UnicodeDecodeError as problem:
        raise Invalid(f"{file} is not text in UTF-8.") from problem
    with frame.rehearsal(dry_run):
        row = actions.publish_tariff(text=text, by=frame.acting(by))
    lines = [f"{row.ref} is published, from {row.starts}: {row.sentence}", *row.conditions.sentences()]
    frame.say(row.as_json(), lines, as_json=as_json)


def tariff_list(as_json: Json = False) -> None:
    """Every version of every tariff."""
    from quire.core.money import Money
    from quire.society.licensing import queries

    found = queries.tariffs()
    rows = [
        (o.ref, o.kind, " ".join(o.uses), o.starts, o.ends or "", Money(o.fee, o.currency), o.sentence)
        for o in found
    ]
    columns = ("tariff", "kind", "uses", "from", "until", "fee a year", "in words")
    frame.say(
        [one.as_json() for one in found],
        frame.table("", columns, rows, right=("fee a year",)),
        as_json=as_json,
    )


def tariff_show(
    code: Annotated[str, typer.Argument(help="Its code, for the newest version, or code@version.")],
    as_json: Json = False,
) -> None:
    """One tariff with its terms, a sentence for each."""
    from quire.core.money import Money
    from quire.society.licensing import queries
    from quire.society.licensing.terms import sentences

    row = queries.tariff(code)
    lines = [
        f"{row.ref}: {row.sentence}",
        f"{row.kind}, for {', '.join(row.uses)}, from {row.starts}"
        + (f" until {row.ends}." if row.ends else "."),
        *([f"{Money(row.fee, row.currency)} a year."] if row.fee else []),
        *(f"{Money(price, row.currency)} for {tier}." for tier, price in row.prices.items()),
        *sentences(row),
        f"Adopted by: {row.decision}",
    ]
    frame.say(row.as_json(), lines, as_json=as_json)


def clients_create(
    licensee: Annotated[str, typer.Argument(help="The licensee's code (a party).")],
    name: Annotated[str, typer.Option(help="What tells it from the licensee's others.")],
    mode: Annotated[str, typer.Option(help="live, or sandbox: for trying out, let in nowhere.")] = "live",
    alg: Annotated[
        str, typer.Option(help="What its tokens are signed with: Ed25519, EdDSA or ES256.")
    ] = "Ed25519",
    scope: Annotated[
        list[str], typer.Option(help="A use it may ask for; may be given again. None: all of its licences'.")
    ] = [],  # noqa: B006
    key: Annotated[
        Path | None, typer.Option(help="Its Ed25519 public key (JWK): tokens are then good with it alone.")
    ] = None,
    by: By = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Make credentials. The secret is shown now and never again."""
    from quire.society.licensing import actions

    bound = _jwk(key) if key else None
    with frame.rehearsal(dry_run):
        made = actions.create_client(
            licensee=licensee, name=name, mode=mode, alg=alg, scopes=scope, key=bound, by=frame.acting(by)
        )
    _say_secret(made, [], as_json=as_json)


def clients_rotate(
    client: str,
    overlap_hours: Annotated[int, typer.Option(help="How long the secrets before it are good yet.")] = 24,
    by: By = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Give a client another secret, shown now and never again."""
    from quire.society.licensing import actions

    with frame.rehearsal(dry_run):
        made = actions.rotate_client(
            client=client, overlap=timedelta(hours=overlap_hours), by=frame.acting(by)
        )
    note = f"The secrets before it are good for {frame.many(overlap_hours, 'hour')} yet."
    _say_secret(made, [note], as_json=as_json)


def clients_revoke(
    client: str, reason: Reason, by: By = "", dry_run: DryRun = False, as_json: Json = False
) -> None:
    """End a client for good; its tokens are on the revocation list."""
    from quire.society.licensing import actions

    with frame.rehearsal(dry_run):
        row = actions.revoke_client(client=client, reason=reason, by=frame.acting(by))
    frame.say(
        {"client": row.tid, "revoked": row.revoked}, [f"{row.tid} ({row.name}) is revoked."], as_json=as_json
    )


def clients_list(
    licensee: Annotated[str, typer.Option(help="Only this licensee's (a party's code).")] = "",
    as_json: Json = False,
) -> None:
    """Every client; no secrets, for none is kept."""
    from quire.society.licensing import queries

    found = queries.clients(licensee)
    rows = [
        (
            o.tid,
            o.licensee_code,
            o.name,
            o.mode,
            o.alg,
            " ".join(o.scopes),
            "yes" if o.key else "",
            f"{o.created:%Y-%m-%d}",
            f"{o.revoked:%Y-%m-%d}" if o.revoked else "",
        )
        for o in found
    ]
    columns = ("client", "licensee", "name", "mode", "alg", "may ask for", "bound", "made", "revoked")
    frame.say(
        [dict(zip(columns, row, strict=True)) for row in rows],
        frame.table("", columns, rows),
        as_json=as_json,
    )


def tokens_revoke(
    reason: Reason,
    token: Annotated[str, typer.Option(help="One token, by its id (jti).")] = "",
    client: Annotated[str, typer.Option(help="A client and all its tokens.")] = "",
    licence: Annotated[str, typer.Option(help="All tokens under a licence, by its code.")] = "",
    by: By = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Put tokens on the revocation list: one, a client's, or a licence's."""
    from quire.society.licensing import actions

    if sum(map(bool, (token, client, licence))) != 1:
        raise Invalid("Name one of --token, --client and --licence.")
    user = frame.acting(by)
    with frame.rehearsal(dry_run):
        if token:
            actions.revoke_token(jti=token, reason=reason, by=user)
        elif client:
            actions.revoke_client(client=client, reason=reason, by=user)
        else:
            actions.revoke_licence(code=licence, reason=reason, by=user)
    name = token or client or licence
    frame.say({"revoked": name}, [f"{name} is on the revocation list."], as_json=as_json)


def keys_list(as_json: Json = False) -> None:
    """The keys, from when until when each signs, and whether it is published."""
    from quire.society.licensing import keys

    _say_keys(keys.kept(), as_json=as_json)


def keys_rotate(
    ahead_hours: Annotated[
        int, typer.Option(help="When the new keys begin to sign; published at once.")
    ] = 24,
    by: By = "",
    as_json: Json = False,
) -> None:
    """Make the next keys, publish them, and have them sign after a day."""
    from quire.society.licensing import actions

    _say_keys(actions.rotate_keys(ahead=timedelta(hours=ahead_hours), by=frame.acting(by)), as_json=as_json)


def keys_drop(
    kid: Annotated[str, typer.Argument(help="The key's id.")],
    reason: Reason,
    by: By = "",
    as_json: Json = False,
) -> None:
    """Take a key that others may know out at once; tokens by it end, and a new key signs."""
    from quire.society.licensing import actions

    _say_keys(actions.drop_key(kid=kid, reason=reason, by=frame.acting(by)), as_json=as_json)


def _say_secret(made: Any, notes: list[str], *, as_json: bool) -> None:
    row = made.client
    lines = [
        f"{row.tid} is {row.licensee_code}'s client {row.name} ({row.mode}).",
        f"Its secret, shown this once: {made.secret}",
        *notes,
    ]
    data = {"client": row.tid, "secret": made.secret, "licensee": row.licensee_code, "mode": row.mode}
    frame.say(data, lines, as_json=as_json)


def _say_keys(found: Any, *, as_json: bool) -> None:
    from datetime import UTC, datetime

    now = datetime.now(UTC)
    columns = ("key", "for", "signs from", "until", "published")
    rows = [
        (
            one.key.kid,
            one.key.kind,
            f"{one.starts:%Y-%m-%d %H:%M}",
            f"{one.ends:%Y-%m-%d %H:%M}" if one.ends else "",
            "yes" if one.published(now) else "no",
        )
        for one in found
    ]
    data = [dict(zip(columns, row, strict=True)) for row in rows]
    frame.say(data, frame.table("", columns, rows), as_json=as_json)


def _jwk(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text("utf-8"))
    except ValueError as problem:
        raise Invalid(f"{file} holds no public key as JSON (JWK).") from problem
    if not isinstance(found, dict):
        raise Invalid(f"{file} holds no public key as JSON (JWK).")
    return found
