"""Every setting of Quire, read from the environment in one place.

``docs/settings.md`` is the list for people; a test compares the two.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from quire.core.errors import Invalid


class SettingWrong(Invalid):
    """An environment variable says something that Quire cannot use."""

    code = "setting.wrong"


@dataclass(frozen=True, slots=True)
class Setting:
    """One environment variable: its name, what it means, and what holds when it is not set."""

    name: str
    meaning: str
    default: str


SETTINGS = (
    Setting(
        "QUIRE_HOME",
        "Folder of everything that Quire writes: lake, runs, published bundles, keys, and "
        "the embedded database.",
        "`var` in the current folder",
    ),
    Setting(
        "DATABASE_URL",
        "PostgreSQL for commands and pages, as a role that owns no table: "
        "`postgresql://quire_app:…@host/quire`. Unset: an embedded PostgreSQL under `QUIRE_HOME`.",
        "unset",
    ),
    Setting(
        "QUIRE_OWNER_DATABASE_URL",
        "The same database as the role that owns the tables; used by `quire init` and `quire upgrade` alone.",
        "unset; needed once `DATABASE_URL` is set",
    ),
    Setting(
        "QUIRE_URL",
        "The society's own address as crawlers and sites reach it; licence tokens are issued in its name.",
        "`http://127.0.0.1:8000`",
    ),
    Setting(
        "QUIRE_TOKEN_SECONDS",
        "How long a licence token is good, in seconds, 60 to 3600: a shorter one is revoked sooner, a longer "
        "one is asked for less often.",
        "`900`",
    ),
    Setting(
        "QUIRE_ENGINE",
        "What counts the usage: `duckdb`, `spark://local[2]` for Spark on so many cores, or a Spark cluster, "
        "`spark://HOST:PORT`; all give the same.",
        "`duckdb`",
    ),
    Setting(
        "QUIRE_LANGUAGE",
        "What the society speaks: `en-gb`, `de`, `fr` or `es`. Pages and letters are in it for whoever has "
        "chosen no language and whose browser asks for none of these.",
        "`en-gb`",
    ),
    Setting("QUIRE_USER", "The name of the user who acts, where a command has no `--by`.", "unset"),
    Setting(
        "QUIRE_MOST_SUCCESSORS",
        "How many payees may stand in one party's place, its successors' own successors counted: many small "
        "payments cost more than they bring.",
        "`20`",
    ),
    Setting(
        "QUIRE_CORRECTION_MONTHS",
        "How many months after a run was closed claims are taken that it divided something wrongly.",
        "`9`",
    ),
    Setting(
        "QUIRE_CORRECTION_MINIMUM",
        "The least amount that is corrected, by currency: `EUR=25.00`, several between commas.",
        "unset: any",
    ),
    Setting(
        "QUIRE_DISPUTE_DOCUMENT_DAYS",
        "How many days a claimant has to document a claim to a work, before it lapses.",
        "`60`",
    ),
    Setting(
        "QUIRE_DISPUTE_ANSWER_DAYS",
        "How many days the other side has to answer a documented claim, before it is granted.",
        "`60`",
    ),
    Setting(
        "QUIRE_UNCLAIMED_YEARS",
        "How many years after the end of the year of collection unclaimed money is kept, 3 at least.",
        "`3`",
    ),
    Setting(
        "QUIRE_TODAY",
        "The date that Quire takes for today (YYYY-MM-DD), for rehearsals and tests.",
        "the machine's date, UTC",
    ),
    Setting(
        "QUIRE_KEYS", "File of public keys (JWK or JWKS) that `quire verify` trusts, beside `--key`.", "unset"
    ),
    Setting(
        "QUIRE_SECRET_KEY", "Secret of the web server's sessions.", "made once, kept in `QUIRE_HOME/keys`"
    ),
    Setting(
        "QUIRE_ALLOWED_HOSTS",
        "Comma-separated host names that the web server answers to, beside that of `QUIRE_URL`.",
        "`localhost,127.0.0.1,[::1]`",
    ),
    Setting(
        "QUIRE_ALLOW_PRIVATE_SITES",
        "`1` lets sites be verified at private addresses, for rehearsals; never on a society's own server.",
        "`0`",
    ),
    Setting(
        "QUIRE_SITES_AT",
        "Where sites of a rehearsal are reached, without TLS: `paper.example=127.0.0.1:8081`, between "
        "commas. Only with `QUIRE_ALLOW_PRIVATE_SITES=1`.",
        "unset",
    ),
    Setting(
        "QUIRE_REQUIRE_MFA",
        "`1` has the society's own people (operator, approver, auditor) set up a second factor before they "
        "see anything.",
        "`0`",
    ),
    Setting(
        "QUIRE_SMTP",
        "The server that e-mail goes out by: `smtp://user:password@host:587` (STARTTLS), or `smtps://…`, or "
        "`smtp://localhost:25?tls=no`. Unset: e-mail is written to standard error.",
        "unset",
    ),
    Setting("QUIRE_EMAIL_FROM", "From whom e-mail is.", "`no-reply@` and the host of `QUIRE_URL`"),
    Setting(
        "QUIRE_PROXIES",
        "How many proxies of your own stand before `quire serve`: so many entries of `X-Forwarded-For` are "
        "believed, and `X-Forwarded-Proto`.",
        "`0`",
    ),
    Setting(
        "QUIRE_SSO_URL",
        "The society's own OpenID Connect provider, to sign in by: who is invited, or has an account with an "
        "address that the provider has verified, comes in.",
        "unset",
    ),
    Setting(
        "QUIRE_SSO_CLIENT",
        "The client's id at that provider; it redirects to `QUIRE_URL/account/oidc/sso/login/callback/`.",
        "unset",
    ),
    Setting("QUIRE_SSO_SECRET", "The client's secret at that provider.", "unset"),
    Setting("QUIRE_SSO_NAME", "What the provider is called on the sign-in page.", "`single sign-on`"),
    Setting(
        "QUIRE_PAGE_LIMIT",
        "How many pages a person, or an address where nobody has signed in, may ask for in a minute; `0`: "
        "any number. Who comes from the server's own machine is not limited.",
        "`300`",
    ),
    Setting(
        "QUIRE_METRICS_TOKEN",
        "Opens `/metrics` to who sends it (`Authorization: Bearer …`), 16 characters at least. Unset: there "
        "is no such page.",
        "unset",
    ),
    Setting(
        "QUIRE_LOG",
        "What is logged on standard error: `debug`, `info`, `warning` or `error` and what is graver.",
        "`info` for `quire serve` and `quire worker`, else `warning`",
    ),
    Setting("QUIRE_DEBUG", "`1` shows errors in full on pages; never on a server that others reach.", "`0`"),
)


def text(name: str, default: str = "") -> str:
    """The variable's text, or ``default`` where it is unset or empty."""
    return os.environ.get(name, "").strip() or default


def home() -> Path:
    """``QUIRE_HOME``, made absolute. The folder is not created here."""
    return Path(text("QUIRE_HOME", "var")).expanduser().resolve()


def private(name: str) -> Path:
    """A folder of ``QUIRE_HOME`` that its owner alone may read, made if it is not there."""
    folder = home() / name
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def flag(name: str) -> bool:
    """Whether a yes/no variable says yes; anything but 0/1/true/false/yes/no is an error."""
    value = text(name, "0").lower()
    if value in {"1", "true", "yes"}:
        return True
    if value in {"0", "false", "no"}:
        return False
    raise SettingWrong(f"{name} is {value!r}; say 1 or 0.", name=name)


def url() -> str:
    """The society's own address, without a slash at its end."""
    return text("QUIRE_URL", "http://127.0.0.1:8000").rstrip("/")


@dataclass(frozen=True, slots=True)
class Smtp:
    """The server that e-mail goes out by; ``tls`` is starttls, tls or no."""

    host: str
    port: int
    user: str
    password: str
    tls: str


def smtp() -> Smtp | None:
    """What ``QUIRE_SMTP`` names; None where it is unset; else SettingWrong."""
    said = text("QUIRE_SMTP")
    if not said:
        return None
    wrong = SettingWrong(
        "QUIRE_SMTP is written as smtp://user:password@host:587 or smtps://user:password@host."
    )
    try:
        parts = urlsplit(said)
        tls = "tls" if parts.scheme == "smtps" else "no" if parts.query == "tls=no" else "starttls"
        port = parts.port or (465 if tls == "tls" else 587)
    except ValueError as problem:
        raise wrong from problem
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname or parts.query not in {"", "tls=no"}:
        raise wrong
    return Smtp(parts.hostname, port, unquote(parts.username or ""), unquote(parts.password or ""), tls)


def proxies() -> int:
    """How many proxies stand before the server, 0 to 10; else SettingWrong."""
    return _count("QUIRE_PROXIES", 0, 0, 10, "proxies")


@dataclass(frozen=True, slots=True)
class Sso:
    """The OpenID Connect provider that people sign in by."""

    url: str
    client: str
    secret: str
    name: str


def sso() -> Sso | None:
    """The provider that ``QUIRE_SSO_URL`` names; None where it is unset. SettingWrong without its client."""
    at = text("QUIRE_SSO_URL")
    if not at:
        return None
    client, secret = text("QUIRE_SSO_CLIENT"), text("QUIRE_SSO_SECRET")
    if not (client and secret and urlsplit(at).scheme in {"http", "https"}):
        raise SettingWrong("QUIRE_SSO_URL is an address, and needs QUIRE_SSO_CLIENT and QUIRE_SSO_SECRET.")
    return Sso(at, client, secret, text("QUIRE_SSO_NAME", "single sign-on"))


def token_seconds(most: int) -> int:
    """How long a licence token is good, in seconds, a minute to ``most``; else SettingWrong."""
    said = text("QUIRE_TOKEN_SECONDS", "900")
    if not (said.isascii() and said.isdigit() and len(said) < 6 and 60 <= int(said) <= most):
        raise SettingWrong(f"QUIRE_TOKEN_SECONDS is {said!r}; say seconds, from 60 to {most}.")
    return int(said)


def correction_months() -> int:
    """For how many months after its closing a run may be corrected, 1 to 120; else SettingWrong."""
    said = text("QUIRE_CORRECTION_MONTHS", "9")
    if not (said.isascii() and said.isdigit() and len(said) < 4 and 1 <= int(said) <= 120):
        raise SettingWrong(f"QUIRE_CORRECTION_MONTHS is {said!r}; say how many months, from 1 to 120.")
    return int(said)


def correction_minimums() -> dict[str, str]:
    """Currency to the least amount that is corrected, as it is written; else SettingWrong."""
    told = [pair.strip() for pair in text("QUIRE_CORRECTION_MINIMUM").split(",")]
    pairs = [pair.partition("=") for pair in told if pair]
    if any(not (sign and len(name) == 3 and name.isupper()) for name, sign, _ in pairs):
        raise SettingWrong("QUIRE_CORRECTION_MINIMUM is written as EUR=25.00, several between commas.")
    return {name: amount for name, _, amount in pairs}


def dispute_days(what: str) -> int:
    """How many days a side of a dispute has to ``document`` or ``answer``, 1 to 1000; else SettingWrong."""
    return _count(f"QUIRE_DISPUTE_{what.upper()}_DAYS", 60, 1, 1000, "days")


def unclaimed_years(least: int) -> int:
    """How many years unclaimed money is kept after that of its collection, ``least`` to 100."""
    return _count("QUIRE_UNCLAIMED_YEARS", least, least, 100, "years")


def log_level() -> str:
    """From what level on is logged; SettingWrong for one that is none."""
    said = text("QUIRE_LOG", "warning").lower()
    if said not in {"debug", "info", "warning", "error"}:
        raise SettingWrong(f"QUIRE_LOG is {said!r}; say debug, info, warning or error.")
    return said


def page_limit() -> int:
    """How many pages somebody may ask for in a minute, 0 for any number; else SettingWrong."""
    return _count("QUIRE_PAGE_LIMIT", 300, 0, 9999, "pages")


def metrics_token() -> str:
    """What opens ``/metrics``, "" where nothing does; SettingWrong where it is too short to be a secret."""
    said = text("QUIRE_METRICS_TOKEN")
    if said and len(said) < 16:
        raise SettingWrong("QUIRE_METRICS_TOKEN has 16 characters at least.")
    return said


def language(spoken: Collection[str]) -> str:
    """What the society speaks, one of ``spoken``, the first where nothing is said; else SettingWrong."""
    said = text("QUIRE_LANGUAGE", next(iter(spoken))).lower()
    if said not in spoken:
        raise SettingWrong(f"QUIRE_LANGUAGE is {said!r}; say one of {', '.join(spoken)}.")
    return said


def _count(name: str, default: int, least: int, most: int, unit: str) -> int:
    said = text(name, str(default))
    if not (said.isascii() and said.isdigit() and len(said) < 5 and least <= int(said) <= most):
        raise SettingWrong(f"{name} is {said!r}; say how many {unit}, from {least} to {most}.")
    return int(said)


def most_successors() -> int:
    """How many payees may stand in one party's place, 1 to 1000; else SettingWrong."""
    said = text("QUIRE_MOST_SUCCESSORS", "20")
    if not (said.isascii() and said.isdigit() and len(said) < 5 and 1 <= int(said) <= 1000):
        raise SettingWrong(f"QUIRE_MOST_SUCCESSORS is {said!r}; say how many payees, from 1 to 1000.")
    return int(said)
