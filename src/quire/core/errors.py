"""The one root of every error a person may see."""

from __future__ import annotations

from typing import Any, ClassVar


class QuireError(Exception):
    """An error with a machine code, an HTTP status, data, and one sentence a person can act on.

    Subclasses set ``code`` and ``status``. The command line prints the sentence and exits with
    ``exit_code``; the API will show code, status and data as ``application/problem+json``.
    """

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 400
    exit_code: ClassVar[int] = 1

    def __init__(self, sentence: str, **data: Any) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.data = data

    def __str__(self) -> str:
        return self.sentence


class Invalid(QuireError):
    """What was given cannot be right; nothing was written."""

    code = "invalid"
    status = 422
    exit_code = 4


class NotFound(QuireError):
    """There is no such thing."""

    code = "not-found"
    status = 404
    exit_code = 3


class Conflict(QuireError):
    """It would contradict what is already on record."""

    code = "conflict"
    status = 409
    exit_code = 5


class Refused(QuireError):
    """The rules, or the role of the person who asks, do not allow it."""

    code = "refused"
    status = 403
    exit_code = 6
