"""Found the society, its users, the web server, the audit."""

from __future__ import annotations

import os
import shutil
import socket
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from quire.cli import frame, ops_upgrade, users
from quire.cli.frame import By, DryRun, Json
from quire.core.errors import Conflict, Invalid, QuireError


def register(app: typer.Typer) -> None:
    """The commands of the house itself."""
    frame.command(app, "init")(init)
    frame.command(app, "audit")(audit)
    frame.command(app, "serve", before=talkative)(serve)
    for name, help_, commands in (
        ("user", "The people who act for the society, or for a party.", users.COMMANDS),
        ("criteria", "What an applicant must show.", (("adopt", criteria_adopt), ("show", criteria_show))),
        ("db", "The embedded database.", (("start", db_start), ("stop", db_stop))),
    ):
        group = typer.Typer(help=help_, no_args_is_help=True)
        for verb, function in commands:
            frame.command(group, verb)(function)
        app.add_typer(group, name=name)


def init(
    name: Annotated[str, typer.Option(help="The society's name.")],
    town: Annotated[str, typer.Option(help="Its town.")],
    country: Annotated[str, typer.Option(help="Its country, two letters (ISO 3166).")],
    form: Annotated[str, typer.Option(help="association, intermediary or cooperative.")] = "association",
    currency: Annotated[str, typer.Option(help="The currency it reckons in (ISO 4217).")] = "EUR",
    street: Annotated[str, typer.Option(help="Its street, without the number.")] = "",
    building: Annotated[str, typer.Option(help="The number in the street.")] = "",
    postcode: Annotated[str, typer.Option(help="Its postcode.")] = "",
    iban: Annotated[str, typer.Option(help="The account that members are paid from.")] = "",
    bic: Annotated[str, typer.Option(help="The bank's BIC, where it is asked for.")] = "",
    minimum: Annotated[
        list[str], typer.Option(help="Smallest payout, such as EUR=10.00; may be given again.")
    ] = [],  # noqa: B006
    operator: Annotated[list[str], typer.Option(help="A user who prepares; may be given again.")] = [],  # noqa: B006
    approver: Annotated[list[str], typer.Option(help="A user who approves.")] = [],  # noqa: B006
    as_json: Json = False,
) -> None:
    """Make the database and found the society. Saying the same again changes nothing."""
    ops_upgrade.migrate()
    from quire.society.distribution.keys import signing_key
    from quire.society.kit.config import home
    from quire.society.membership import actions as membership
    from quire.society.parties import actions as parties

    minimums = dict(_pair(one) for one in minimum)
    founded = parties.found_society(
        name=name,
        form=form,
        currency=currency,
        town=town,
        country=country,
        street=street,
        building=building,
        postcode=postcode,
        iban=iban,
        bic=bic,
        minimum_payout=minimums,
    )
    membership.adopt_default_criteria()
    for role, named in (("operator", operator), ("approver", approver)):
        for user in named:
            parties.add_user(name=user, roles=[role])
    key = signing_key()
    lines = [
        f"{founded.name} is founded; its books are empty.",
        f"Everything lies under {home()}.",
        f"It signs with the key {key.kid} (public half: {home() / 'published' / 'keys.json'}).",
        "Next: quire members import FILE.csv",
    ]
    frame.say({"society": founded.name, "home": str(home()), "key": key.kid}, lines, as_json=as_json)


def _pair(text: str) -> tuple[str, str]:
    currency, equals, amount = text.partition("=")
    if not equals:
        raise Invalid(f"{text!r} is not a minimum: write EUR=10.00.")
    return currency, amount


def audit(as_json: Json = False) -> None:
    """Run every check of every room. Exit code 10 where one finds something."""
    from quire.society.audit import rooms

    found = []
    checks = 0
    for room, check in rooms():
        checks += 1
        found += [{"room": room, "check": check.__name__, "sentence": sentence} for sentence in check()]
    lines = [f"{one['room']}: {one['sentence']}" for one in found] or [f"All {checks} checks hold."]
    frame.say({"checks": checks, "findings": found}, lines, as_json=as_json)
    if found:
        raise typer.Exit(10)


def criteria_adopt(
    file: Path,
    starts: Annotated[str, typer.Option("--from", help="In force from this date.")],
    decision: Annotated[str, typer.Option(help="Who decided, and when.")],
    by: By = "",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Adopt membership criteria from a TOML file."""
    from quire.society.membership import actions, rules

    try:
        told = tomllib.loads(file.read_text("utf-8")).get("criterion", [])
    except OSError as problem:
        raise Invalid(f"{file} cannot be read: {problem.strerror}.") from problem
    except ValueError as problem:  # no TOML, or no UTF-8
        raise Invalid(f"{file.name} is not TOML: {problem}.") from problem
    with frame.rehearsal(dry_run):
        adopted = actions.adopt_criteria(
            rules=rules.from_json(told), starts=day(starts), decision=decision, by=frame.acting(by)
        )
    frame.say({"criteria": adopted.tid}, [f"In force from {starts}: {decision}."], as_json=as_json)


def criteria_show(as_json: Json = False) -> None:
    """The criteria in force today."""
    from quire.society.kit import clock
    from quire.society.membership import queries, rules

    found = queries.criteria_on(clock.today()).rules
    frame.say(
        [one.as_json() for one in found],
        [
            f"{one.name}: {'at least ' if one.kind == 'at-least' else ''}{rules.as_text(one.value)}"
            for one in found
        ],
        as_json=as_json,
    )


def day(text: str) -> date:
    """A date as people write it on the command line."""
    try:
        return date.fromisoformat(text)
    except ValueError as problem:
        raise Invalid(f"{text!r} is not a date; write it as 2026-01-31.") from problem


def db_start(as_json: Json = False) -> None:
    """Start the embedded database, if it does not run."""
    from quire.society.kit.config import text

    if text("DATABASE_URL"):
        raise Conflict("DATABASE_URL names another database, so the embedded one is not in use.")
    frame.say({"runs": True}, ["The embedded database runs."], as_json=as_json)


def db_stop(as_json: Json = False) -> None:
    """Stop the embedded database. The next command starts it again."""
    from django.db import connections

    from quire.society.kit import postgres

    connections.close_all()
    stopped = postgres.stop()
    told = "Stopped." if stopped else "It was not running."
    frame.say({"runs": False, "stopped": stopped}, [told], as_json=as_json)


def serve(
    port: Annotated[int, typer.Option(help="0 takes a free one.")] = 8000,
    host: Annotated[str, typer.Option(help="The address it listens on.")] = "127.0.0.1",
    workers: Annotated[
        int, typer.Option(help="Processes that answer, each four at a time.", min=1, max=64)
    ] = 1,
) -> None:
    """Serve the society's pages."""
    from granian import Granian
    from granian.constants import Interfaces

    chosen = port or free_port(host)
    check_free(host, chosen)
    frame.out.print(f"http://{host}:{chosen}/  (Ctrl-C ends it)")
    with _counting():
        Granian(
            "quire.society.wsgi:application",
            address=host,
            port=chosen,
            interface=Interfaces.WSGI,
            workers=workers,
            blocking_threads=4,
            backpressure=16,
            respawn_failed_workers=True,
            log_access=False,
            log_enabled=True,
            log_dictconfig=_LOGGED,
            websockets=False,
        ).serve()


def talkative() -> None:
    """What a server or a worker does is on its log, unless ``QUIRE_LOG`` says otherwise."""
    os.environ.setdefault("QUIRE_LOG", "info")


_LOGGED: dict[str, Any] = {
    "loggers": {
        "_granian": {"handlers": [], "level": "INFO", "propagate": True},
        "granian.access": {"handlers": [], "level": "ERROR", "propagate": True},
    }
}
"""The server's own words go where ours go, in our form."""


_COUNTS = "PROMETHEUS_MULTIPROC_DIR"
"""As ``kit.metrics`` has it, which is imported when this is set: prometheus_client looks but once."""


@contextmanager
def _counting() -> Iterator[None]:
    """A folder in which all of the server's processes count what they answered."""
    from quire.society.kit import config

    folder = config.private("tmp") / f"metrics-{os.getpid()}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    before = os.environ.get(_COUNTS)
    os.environ[_COUNTS] = str(folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ[_COUNTS]
        else:
            os.environ[_COUNTS] = before
        shutil.rmtree(folder, ignore_errors=True)


def free_port(host: str) -> int:
    """A port of this host's on which nobody listens."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def check_free(host: str, port: int) -> None:
    """``QuireError`` where somebody listens on this port of the host's already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as problem:
            raise QuireError(f"Port {port} is taken: choose another with --port, or --port 0.") from problem
