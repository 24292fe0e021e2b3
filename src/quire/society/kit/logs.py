"""What is written of the server's doings: a line of JSON an event on standard error, for people where it is a
terminal.

Nothing secret is in it: no passwords, tokens, bank numbers or addresses of people, no query strings, no local
variables, and of an exception the places it came by and a message without what was typed. What is logged is
logged by ``logging`` as anywhere; structlog gives it its form.
"""

from __future__ import annotations

import logging
import re
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any

import structlog

_BANK = re.compile(
    r"(?<![\w-])(?=(?:[A-Z0-9] ?){15,34}\b)[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b", re.I
)
"""An IBAN (ISO 13616) has 15 to 34 characters; our own ids have other signs before such a run."""
_MASKS = (
    (re.compile(r"(?<=://)[^/\s@]+(?=@)"), "…"),
    (re.compile(r"((?:https?:/|(?<![\w.]))/[^\s?\"'<>]*)\?[^\s\"'<>]+"), r"\1?…"),
    (re.compile(r"\b(bearer|basic)\s+[\w.~+/=-]{8,}", re.IGNORECASE), r"\1 …"),
    (
        re.compile(
            r"\b([\w-]*(?:passw(?:or)?d|secret|token|authorization|cookie|session|csrf\w*)\w*[\"']?\s*[:=]\s*)"
            r"(?:\"[^\"]*\"|'[^']*'|[^\s,;&]+)",
            re.IGNORECASE,
        ),
        r"\1…",
    ),
    (re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), "[address]"),
    (_BANK, "[bank number]"),
    # What is random has capitals, small letters and figures; our ids and digests have no capitals.
    (re.compile(r"\b(?=[\w-]*[A-Z])(?=[\w-]*[a-z])(?=[\w-]*\d)[\w-]{20,}"), "[secret]"),
    (re.compile(r"\b(?:[a-z]{2,6}_)?(?:sk|rk|whsec)_[\w+/=-]{8,}"), "[secret]"),
)
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_PLAIN = str | int | float | bool | None
_NAMES_THINGS = {
    "ProgrammingError",
    "IntegrityError",
    "OperationalError",
    "UndefinedTable",
    "UniqueViolation",
}
"""Errors of the database whose first line quotes tables and constraints, not what was typed."""
LEVELS = ("debug", "info", "warning", "error")


def clean(text: str) -> str:
    """The text without secrets, bank numbers, addresses of people, and queries of addresses."""
    for pattern, instead in _MASKS:
        text = pattern.sub(instead, text)
    return text


def message(problem: BaseException) -> str:
    """The first line of an exception's message, cleaned; without what it quotes, for that was often typed."""
    said = str(problem).strip()
    first = said.splitlines()[0] if said else ""
    if type(problem).__name__ not in _NAMES_THINGS:
        first = _QUOTED.sub("…", first)
    return clean(first)[:300]


def told(problem: BaseException) -> list[dict[str, Any]]:
    """An exception and what led to it, the last first: its kind, its message, and file:line:function of each
    frame, the innermost last."""
    found: list[dict[str, Any]] = []
    seen: set[int] = set()
    at: BaseException | None = problem
    while at is not None and id(at) not in seen and len(found) < 5:
        seen.add(id(at))
        frames = traceback.extract_tb(at.__traceback__)[-30:]
        places = [f"{_short(frame.filename)}:{frame.lineno}:{frame.name}" for frame in frames]
        found.append({"kind": type(at).__name__, "message": message(at), "at": places})
        at = at.__cause__ or (None if at.__suppress_context__ else at.__context__)
    return found


def _short(file: str) -> str:
    """The file from its package on."""
    for mark in ("/site-packages/", "/src/"):
        if mark in file:
            return file.rpartition(mark)[2]
    return file.rpartition("/")[2]


def _exceptions(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Instead of a traceback: ``told``."""
    given = event.pop("exc_info", None)
    given = sys.exc_info() if given is True else given
    problem = given[1] if isinstance(given, tuple) else given
    if isinstance(problem, BaseException):
        event["exception"] = told(problem)
    event.pop("stack_info", None)
    return event


def _cleaned(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Of what stands beside a message only plain values, and no text uncleaned."""
    for key, value in list(event.items()):
        if key.startswith("_") or key in {"exception", "timestamp"}:
            continue
        if isinstance(value, str):
            event[key] = clean(value)
        elif not isinstance(value, _PLAIN):
            del event[key]
    return event


def _for_people(_: Any, __: str, event: MutableMapping[str, Any]) -> str:
    """A line for a terminal, with the places of an exception below it."""
    moment, level = str(event.pop("timestamp", ""))[11:19], str(event.pop("level", ""))
    said, problems = event.pop("event", ""), event.pop("exception", [])
    rest = " ".join(f"{key}={value}" for key, value in event.items() if value not in ("", None))
    lines = [f"{moment} {level:7} {said} {rest}".rstrip()]
    for one in problems:
        lines += [f"  {one['kind']}: {one['message']}", *(f"    {place}" for place in one["at"])]
    return "\n".join(lines)


def formatter() -> logging.Formatter:
    """The form of every record, whoever logged it."""
    last: Any = _for_people if sys.stderr.isatty() else structlog.processors.JSONRenderer(ensure_ascii=False)
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.ExtraAdder(),
            structlog.processors.TimeStamper(fmt="iso", utc=True),
        ],
        processors=[
            _exceptions,
            _cleaned,
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            last,
        ],
    )


def settings(level: str) -> dict[str, Any]:
    """Django's LOGGING: all of it to standard error, our own from ``level`` on, others' from warnings on.

    Django's own word on a failed request names its path, in which a token may stand: ``kit.requests`` tells
    of it instead.
    """
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"quire": {"()": "quire.society.kit.logs.formatter"}},
        "handlers": {
            "stderr": {"class": "logging.StreamHandler", "formatter": "quire"},
            "nowhere": {"class": "logging.NullHandler"},
        },
        "root": {"handlers": ["stderr"], "level": "WARNING"},
        "loggers": {
            "quire": {"level": level.upper()},
            "django": {"handlers": [], "level": "WARNING", "propagate": True},
            "django.request": {"handlers": ["nowhere"], "propagate": False},
            "django.security": {"level": "ERROR"},
        },
    }
