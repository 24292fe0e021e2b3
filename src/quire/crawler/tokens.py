"""Licence tokens from OLP servers: asked for once, used until shortly before their end.

Source: RSL 1.0's Open License Protocol on RFC 6749 §4.4. Tokens are opaque to a crawler; the licence's number
is read from one, where it can be, for the reports alone.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from quire.core.rsl import write_licence
from quire.core.rsl.model import Licence
from quire.core.tokens import unproved
from quire.crawler.asks import Ask, Asking, NoCredentials, NoToken
from quire.crawler.config import Credentials

MOST = 10_000
"""Tokens held at a time: one for each page, where a site's licence is for single pages."""
EARLY = 30.0
"""Seconds before its end from which a token is not used any more."""


@dataclass(frozen=True, slots=True)
class Token:
    """What came: ``text`` goes into ``Authorization: License``. ``licence`` is its licence's id, ""
    unknown."""

    text: str = field(repr=False)
    until: float
    licence: str = ""
    id: str = ""


class Tokens:
    """Tokens by server, resource and licence. ``servers`` are credentials by the server's address."""

    def __init__(self, servers: Mapping[str, Credentials], clock: Callable[[], float] = time.time) -> None:
        self._servers = {server.rstrip("/"): one for server, one in servers.items()}
        self._clock = clock
        self._held: dict[tuple[str, str, str], Token] = {}

    def knows(self, server: str) -> bool:
        """Whether there are credentials for exactly this server."""
        return server.rstrip("/") in self._servers

    def get(self, server: str, resource: str, licence: Licence | None) -> Asking[Token]:
        """A token for ``resource`` (the page's address) from ``server``. Raises NoCredentials and NoToken.

        The credentials that are sent are those of exactly this server, whatever the site has named.
        """
        server = server.rstrip("/")
        sent = write_licence(licence) if licence is not None else ""
        key = (server, resource, sent)
        held = self._held.get(key)
        if held is not None and held.until > self._clock():
            return held
        ours = self._servers.get(server)
        if ours is None:
            raise NoCredentials(
                f"A token from {server} is needed, and there are no credentials for it: take a licence "
                "there and put them into [servers].",
                server=server,
            )
        form = {"grant_type": "client_credentials", "resource": resource}
        if sent:
            form |= {"license": sent, "license_type": "application/rsl+xml"}
        headers = {
            "content-type": "application/x-www-form-urlencoded",
            "accept": "application/json",
            "authorization": ours.basic,
        }
        answer = yield Ask(f"{server}/token", "POST", headers, urlencode(form).encode())
        made = _read(server, answer.status, answer.body, self._clock())
        self._keep(key, made)
        return made

    def _keep(self, key: tuple[str, str, str], made: Token) -> None:
        """Hold a token; where there are too many, those that have ended go, and then the oldest."""
        self._held.pop(key, None)
        if len(self._held) >= MOST:
            now = self._clock()
            good = [(one, held) for one, held in self._held.items() if held.until > now]
            self._held = dict(good[-(MOST - 1) :])
        self._held[key] = made

    def drop(self, token: Token) -> None:
        """Forget a token that a site has refused."""
        self._held = {key: held for key, held in self._held.items() if held.text != token.text}


def _read(server: str, status: int, body: bytes, now: float) -> Token:
    try:
        told = json.loads(body)
        if not isinstance(told, dict):
            raise ValueError(told)
    except (ValueError, RecursionError):
        raise NoToken(f"{server} answered {status} with something that is not JSON.", server=server) from None
    text = told.get("access_token")
    if (
        status != 200
        or not isinstance(text, str)
        or not text.isascii()
        or not text.isprintable()
        or " " in text
    ):
        error = str(told.get("error", f"status {status}"))[:80]
        why = str(told.get("error_description", ""))[:300]
        raise NoToken(f"{server} gave no token: {error}. {why}".strip(), server=server, error=error)
    if str(told.get("token_type", "")).lower() != "license":
        raise NoToken(f"{server} gave a token that is not of the type License.", server=server)
    life = told.get("expires_in")
    until = now + (life - EARLY if type(life) is int and life > 0 else 300.0)
    claims = _claims(text)
    return Token(text, until, str(claims.get("license_id", ""))[:100], str(claims.get("jti", ""))[:100])


def _claims(text: str) -> dict[str, object]:
    try:
        told = json.loads(unproved(text) or b"{}")
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}
