"""``quire doctor``: what is wrong with this installation, and what to do about it.

It goes from the ground up, and says what it found even where the rest cannot be asked: settings, then the
machine, then the database, then the worker and the mail.
"""

from __future__ import annotations

import difflib
import importlib.metadata
import os
import shutil
import smtplib
import ssl
import stat
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import typer

from quire.cli import frame
from quire.cli.frame import Json
from quire.core.errors import QuireError

_ROOM = 1 << 30
"""Bytes that should be free on the disk."""
_SKEW = 5
"""Seconds that this machine's clock may differ from the database's."""
_OLDEST = 15
"""The oldest PostgreSQL that is tried."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. ``state`` is ok, note (worth knowing) or wrong; ``do`` what helps."""

    about: str
    state: str
    sentence: str
    do: str = ""


def doctor(as_json: Json = False) -> None:
    """Say what is wrong here and what to do about it. Exit code 10 where something is."""
    found: list[Finding] = []
    for look in (settings_, versions, home, disk, fonts):
        found += _looked(look)
    if not any(one.about == "settings" and one.state == "wrong" for one in found):
        found += _looked(_database)
    lines = [line for one in found for line in _lines(one)]
    wrong = sum(one.state == "wrong" for one in found)
    lines.append(f"{frame.many(wrong, 'thing')} to mend." if wrong else "Nothing is wrong.")
    frame.say([asdict(one) for one in found], lines, as_json=as_json)
    if wrong:
        raise typer.Exit(10)


def _lines(one: Finding) -> Iterator[str]:
    yield f"{one.state:5} {one.about:9} {one.sentence}"
    if one.do:
        yield f"{'':15} → {one.do}"


def _looked(look: Callable[[], Iterator[Finding]]) -> list[Finding]:
    """What this look finds; one that cannot be done is a finding, too."""
    name = look.__name__.strip("_")
    found: list[Finding] = []
    try:
        for one in look():
            found.append(one)
    except QuireError as problem:
        found.append(Finding(name, "wrong", str(problem)))
    except Exception as problem:  # noqa: BLE001 - a doctor who faints helps nobody; the next look goes on
        found.append(
            Finding(name, "wrong", f"This could not be looked at: {type(problem).__name__}: {problem}")
        )
    return found


def settings_() -> Iterator[Finding]:
    """Each setting can be read, and none is misspelt or dangerous where others reach the server."""
    from quire.society.kit import clock, config

    wrong = False
    for read in (
        config.smtp, config.proxies, config.sso, config.correction_months, config.correction_minimums,
        config.most_successors, config.page_limit, config.metrics_token, config.log_level, clock.today,
        lambda: config.token_seconds(3600), lambda: config.unclaimed_years(3),
        lambda: [config.dispute_days(what) for what in ("document", "answer")],
        lambda: [config.flag(f"QUIRE_{name}") for name in ("DEBUG", "REQUIRE_MFA", "ALLOW_PRIVATE_SITES")],
    ):  # fmt: skip
        try:
            read()
        except QuireError as problem:
            wrong = True
            yield Finding("settings", "wrong", str(problem), "Mend the variable and start again.")
    known = {one.name for one in config.SETTINGS} | {"QUIRE_NO_NUMPY", "QUIRE_CRAWLER"}
    for name in sorted(one for one in os.environ if one.startswith("QUIRE_") and one not in known):
        near = difflib.get_close_matches(name, known, 1)
        do = f"Did you mean {near[0]}?" if near else "docs/settings.md lists what there is."
        yield Finding("settings", "note", f"{name} is no setting, and changes nothing.", do)
    if not wrong:
        yield from _exposed()
        yield Finding("settings", "ok", "Every setting can be read.")


def _exposed() -> Iterator[Finding]:
    """What is all right on one's own machine, and is not where others come."""
    from quire.society.kit import config

    parts = urlsplit(config.url())
    if (parts.hostname or "") in {"localhost", "127.0.0.1", "::1"}:
        return
    if parts.scheme != "https":
        yield Finding("settings", "wrong", f"QUIRE_URL is {config.url()}: passwords travel in the clear.",
                      "Put a proxy with TLS before quire serve and name https://… in QUIRE_URL.")  # fmt: skip
    for name in ("QUIRE_DEBUG", "QUIRE_ALLOW_PRIVATE_SITES"):
        if config.flag(name):
            yield Finding(
                "settings", "wrong", f"{name} is on, where others reach the server.", f"Unset {name}."
            )
    if config.text("QUIRE_TODAY"):
        yield Finding("settings", "wrong", "QUIRE_TODAY stops the clock of a society that others reach.",
                      "Unset QUIRE_TODAY.")  # fmt: skip
    if not config.proxies():
        yield Finding("settings", "note", "QUIRE_PROXIES is 0: behind a proxy all seem to come from it.",
                      "Say how many proxies of your own stand before quire serve: 1, mostly.")  # fmt: skip
    if not config.flag("QUIRE_REQUIRE_MFA"):
        yield Finding("settings", "note", "Your own people may come in without a second factor.",
                      "QUIRE_REQUIRE_MFA=1 asks them for one.")  # fmt: skip


def versions() -> Iterator[Finding]:
    """Python and every package are of versions that this Quire was made for."""
    from packaging.requirements import Requirement

    old = []
    for text in importlib.metadata.requires("quire") or []:
        needed = Requirement(text)
        if needed.marker and not needed.marker.evaluate({"extra": "server"}):
            continue
        try:
            there = importlib.metadata.version(needed.name)
        except importlib.metadata.PackageNotFoundError:
            there = "missing"
        if there == "missing" or there not in needed.specifier:
            old.append(f"{needed.name} is {there}, {needed.specifier} is needed")
    for one in old:
        yield Finding("versions", "wrong", f"{one}.", "pip install -U 'quire[server]'")
    if not old:
        here = importlib.metadata.version("quire")
        yield Finding("versions", "ok", f"Quire {here}, and its packages are those it was made for.")


def home() -> Iterator[Finding]:
    """QUIRE_HOME can be written, and nobody else reads the keys."""
    from quire.society.kit import config

    place = config.home()
    if not place.is_dir() or not os.access(place, os.W_OK | os.X_OK):
        yield Finding("home", "wrong", f"{place} is not there, or cannot be written.",
                      "Make the folder, owned by who runs quire; or name another in QUIRE_HOME.")  # fmt: skip
        return
    open_ = [
        path
        for name in ("keys", "payments", "statements", "disputes", "lake")
        for path in _open(place / name)
    ]
    for path in open_[:5]:
        yield Finding("home", "wrong", f"Others on this machine may read {path}.", f"chmod -R go-rwx {path}")
    if not open_:
        yield Finding("home", "ok", f"{place} can be written, and its keys are read by their owner alone.")


def _open(place: Path) -> Iterator[Path]:
    """The folder, where others may enter it; its own files count only then."""
    if place.is_dir() and stat.S_IMODE(place.stat().st_mode) & 0o077:
        yield place
    elif place.name == "keys" and place.is_dir():
        yield from (one for one in sorted(place.iterdir()) if stat.S_IMODE(one.stat().st_mode) & 0o077)


def disk() -> Iterator[Finding]:
    """There is room."""
    from quire.society.kit import config

    place = next(one for one in (config.home(), *config.home().parents) if one.exists())
    told = shutil.disk_usage(place)
    sentence = f"{told.free / (1 << 30):.1f} GiB are free below {place}."
    if told.free < _ROOM or told.free < told.total // 20:
        yield Finding("disk", "wrong" if told.free < _ROOM else "note", sentence,
                      "Make room, or move QUIRE_HOME; quire usage forget takes old visits away.")  # fmt: skip
    else:
        yield Finding("disk", "ok", sentence)


def fonts() -> Iterator[Finding]:
    """Statements can be set as PDF."""
    import typst

    made: Any = typst.compile(
        b"Harbour Gazette: 1 204,50 \xe2\x82\xac \xc3\xa9\xc3\x9f\xc4\x8d", format="pdf"
    )
    if bytes(made[:5]) == b"%PDF-":
        yield Finding("fonts", "ok", "Statements can be set as PDF.")


def _database() -> Iterator[Finding]:
    frame.furnish()
    from quire.society.kit import health

    if not health.answers():
        yield Finding("database", "wrong", "The database does not answer.",
                      "See that it runs, and that DATABASE_URL is right.")  # fmt: skip
        return
    yield from _server()
    if later := health.unknown():
        yield Finding("database", "wrong", f"The database is newer than this Quire ({later[-1][1]}).",
                      "Install the version that was used last.")  # fmt: skip
        return
    if missing := health.missing():
        whole = len(missing) == len(health.written())
        yield Finding("database", "wrong", "It is empty." if whole else f"{len(missing)} migrations lack.",
                      "quire init, or quire restore" if whole else "quire upgrade")  # fmt: skip
        return
    yield from _walls()
    yield from _clock()
    yield from _worker()
    yield from _mail()
    yield from _backups()


def _server() -> Iterator[Finding]:
    from django.db import connection

    with connection.cursor() as run:
        run.execute("SHOW server_version_num")
        number = int(run.fetchone()[0])
    told = f"PostgreSQL {number // 10_000}.{number % 10_000}"
    if number < _OLDEST * 10_000:
        yield Finding(
            "database", "wrong", f"{told} is too old.", f"Upgrade PostgreSQL to {_OLDEST} or later."
        )
    else:
        yield Finding("database", "ok", f"{told} answers.")


def _walls() -> Iterator[Finding]:
    """The kit's own checks, which are quick: who commands connect as, and the triggers."""
    from quire.society.kit import checks

    found = [sentence for check in checks.CHECKS for sentence in check()]
    for sentence in found:
        yield Finding("walls", "wrong", sentence, "docs/guides/running.md says how the two roles are made.")
    if not found:
        yield Finding("walls", "ok", "Commands own nothing, and what only grows is kept from being changed.")


def _clock() -> Iterator[Finding]:
    from django.db import connection

    with connection.cursor() as run:
        run.execute("SELECT clock_timestamp()")
        (theirs,) = run.fetchone()
    apart = abs((datetime.now(UTC) - theirs).total_seconds())
    if apart > _SKEW:
        yield Finding("clock", "wrong", f"Our clock and the database's are {apart:.0f} seconds apart.",
                      "Have both set by NTP: tokens and batches are refused by the time.")  # fmt: skip
    else:
        yield Finding("clock", "ok", "This machine's clock and the database's agree.")


def _worker() -> Iterator[Finding]:
    from quire.society.kit import health, jobs

    counts = jobs.counts()
    if not health.worker_lives():
        waiting = counts["waiting"]
        yield Finding("worker", "wrong" if waiting else "note",
                      f"No worker was heard within a minute; {frame.many(waiting, 'job')} wait.",
                      "Start quire worker beside quire serve.")  # fmt: skip
    else:
        yield Finding("worker", "ok", "A worker is there.")
    if counts["failed"]:
        yield Finding("worker", "note", f"{frame.many(counts['failed'], 'job')} failed within thirty days.",
                      "Their pages say why; the worker's log has more.")  # fmt: skip


def _mail() -> Iterator[Finding]:
    """The server of outgoing mail lets us in; no letter is sent."""
    from quire.society.kit import config

    told = config.smtp()
    if told is None:
        yield Finding(
            "mail", "note", "E-mail is only written to standard error.", "QUIRE_SMTP names a server."
        )
        return
    try:
        made = smtplib.SMTP_SSL if told.tls == "tls" else smtplib.SMTP
        with made(told.host, told.port, timeout=10) as server:
            if told.tls == "starttls":
                server.starttls(context=ssl.create_default_context())
            if told.user:
                server.login(told.user, told.password)
            server.noop()
    except (OSError, smtplib.SMTPException) as problem:
        yield Finding("mail", "wrong", f"{told.host}:{told.port} refuses us ({type(problem).__name__}).",
                      "Look at QUIRE_SMTP: host, port, STARTTLS or TLS, user and password.")  # fmt: skip
    else:
        yield Finding("mail", "ok", f"{told.host} lets us in.")


def _backups() -> Iterator[Finding]:
    """``quire backup`` can be run."""
    from quire.cli import ops_dump

    place = ops_dump.program("pg_dump")
    yield Finding("backup", "ok", f"{place} fits the server.")
