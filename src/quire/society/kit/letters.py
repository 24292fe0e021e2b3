"""E-mail: written to standard error until a society says by which server it goes out."""

from __future__ import annotations

import logging
import smtplib
import sys
from collections.abc import Mapping
from typing import Any

from django.core.mail import EmailMessage
from django.core.mail.backends.console import EmailBackend

log = logging.getLogger(__name__)


class Console(EmailBackend):  # type: ignore[misc]
    """Letters are shown beside the answers of commands, never among them."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **{**named, "stream": named.get("stream") or sys.stderr})


def send(*, to: str, subject: str, text: str, headers: Mapping[str, str] | None = None) -> bool:
    """Send a letter; False where it did not go out, which is on the log without its text."""
    letter = EmailMessage(subject=" ".join(subject.split()), body=text, to=[to], headers=dict(headers or {}))
    try:
        letter.send()
    except (OSError, smtplib.SMTPException) as problem:
        log.warning("A letter did not go out: %s", type(problem).__name__)
        return False
    return True
