"""Get a page from an address that somebody else named, or send something there, without being used against
our own network.

The host is resolved once, every address it has must be public, and the connection goes to the address that
was checked, so that a second answer of the DNS cannot lead elsewhere. Size, time and redirects are bounded,
and a redirect never leaves the host. ``QUIRE_ALLOW_PRIVATE_SITES=1`` lifts the rule for rehearsals on one
machine; then alone ``QUIRE_SITES_AT`` may say at which address and port a host is reached, without TLS.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from quire.core.addresses import is_public
from quire.core.errors import QuireError
from quire.core.urls import canonical_host
from quire.society.kit import config

MOST_BYTES = 512 * 1024
MOST_SECONDS = 10.0
MOST_REDIRECTS = 3
AGENT = "QuireSiteCheck/1"


class Unreachable(QuireError):
    """Nobody answered there, or what answered was not HTTP."""

    code = "fetch.unreachable"
    status = 502


class Forbidden(QuireError):
    """The address leads into a private network, to another host, or is not one of a public site."""

    code = "fetch.forbidden"
    status = 403


@dataclass(frozen=True, slots=True)
class Page:
    """What was answered: the status, at most MOST_BYTES of the body, the address asked and the last URL."""

    status: int
    body: bytes
    address: str
    url: str


def page(host: str, path: str, *, seconds: float = MOST_SECONDS, most: int = MOST_BYTES) -> Page:
    """``https://{host}{path}``, following redirects within the host. Raises Unreachable and Forbidden.

    A body that is longer than ``most`` is cut; ``seconds`` are for all of it.
    """
    until = time.monotonic() + seconds
    host, target = canonical_host(host), path
    scheme, address, port = _place(host)
    for _ in range(MOST_REDIRECTS + 1):
        url = f"{scheme}://{host}{target}"
        status, headers, body = _ask(scheme, host, address, port, target, until, most)
        if status not in {301, 302, 303, 307, 308}:
            return Page(status, body, address, url)
        target = _within(host, urljoin(url, headers.get("Location") or url))
    raise Unreachable(f"{host} sends from one address to the next; let {path} answer at once.", host=host)


def post(
    host: str,
    path: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    seconds: float = MOST_SECONDS,
    most: int = MOST_BYTES,
) -> Page:
    """POST ``body`` to ``https://{host}{path}`` under the same rules; a redirect is an answer like any other,
    and not followed. Raises Unreachable and Forbidden."""
    until = time.monotonic() + seconds
    host = canonical_host(host)
    scheme, address, port = _place(host)
    status, _, said = _ask(scheme, host, address, port, path, until, most, body, headers)
    return Page(status, said, address, f"{scheme}://{host}{path}")


def may_ask(host: str) -> None:
    """Whether ``host`` leads to the open internet; Unreachable or Forbidden where it does not."""
    _place(canonical_host(host))


def _place(host: str) -> tuple[str, str, int]:
    """(scheme, address, port) at which the host is to be asked."""
    private = config.flag("QUIRE_ALLOW_PRIVATE_SITES")
    if private and (said := _rehearsed(host)):
        return "http", *said
    try:
        found = socket.getaddrinfo(host.strip("[]"), 443, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as problem:
        raise Unreachable(f"{host} has no address: {problem}.", host=host) from problem
    addresses = [str(entry[4][0]) for entry in found]
    if not private and not all(map(is_public, addresses)):
        raise Forbidden(
            f"{host} leads to an address that is not of the open internet, so it is not asked.", host=host
        )
    return "https", addresses[0], 443


def _rehearsed(host: str) -> tuple[str, int] | None:
    """Where QUIRE_SITES_AT says that the host is: ``host=127.0.0.1:8081`` between commas."""
    for pair in config.text("QUIRE_SITES_AT").split(","):
        name, equals, place = pair.strip().partition("=")
        address, _, port = place.rpartition(":")
        if name == host:
            if not (equals and address and port.isdigit()):
                raise config.SettingWrong(f"QUIRE_SITES_AT has {pair.strip()!r}; write host=127.0.0.1:8081.")
            return address.strip("[]"), int(port)
    return None


def _within(host: str, url: str) -> str:
    """Path and query of a redirect's target, which must be on the same host, by HTTPS or as before."""
    parts = urlsplit(url)
    try:
        same = canonical_host(parts.hostname or "") == host and parts.port in {None, 80, 443}
    except (QuireError, ValueError):
        same = False
    if parts.scheme not in {"http", "https"} or not same:
        raise Forbidden(f"{host} sends on to another host, which proves nothing about {host}.", host=host)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return "".join(c if c.isascii() and c.isprintable() and c != " " else "%20" for c in target)


def _ask(
    scheme: str, host: str, address: str, port: int, target: str, until: float, most: int,
    sent: bytes | None = None, more: Mapping[str, str] | None = None,
) -> tuple[int, http.client.HTTPMessage, bytes]:  # fmt: skip
    link = _Link(scheme, host, address, port, until)
    # A socket's own time limit begins anew with each octet, and a site may send one at a time.
    watch = threading.Timer(max(0.0, until - time.monotonic()), link.cut)
    watch.daemon = True
    watch.start()
    answer: http.client.HTTPResponse | None = None
    try:
        link.putrequest("GET" if sent is None else "POST", target, skip_host=True, skip_accept_encoding=True)
        said = {"Host": host, "User-Agent": AGENT, "Accept": "*/*", "Connection": "close", **(more or {})}
        if sent is not None:
            said["Content-Length"] = str(len(sent))
        for name, value in said.items():
            link.putheader(name, value)
        link.endheaders(sent)
        answer = link.getresponse()
        body = b"".join(_bounded(link, answer, until, most))
        if time.monotonic() >= until:
            raise TimeoutError("it took too long")
        return answer.status, answer.headers, body
    except (OSError, http.client.HTTPException, ValueError) as problem:
        told = getattr(problem, "strerror", None) or str(problem) or type(problem).__name__
        told = "it took too long" if time.monotonic() >= until else told
        raise Unreachable(f"{host} does not answer as a site does: {told[:200]}.", host=host) from problem
    finally:
        watch.cancel()
        if answer is not None:  # the connection does not know any more an answer that is its last
            answer.close()
        link.close()
        if link.wire is not None:
            link.wire.close()


def _bounded(link: _Link, answer: http.client.HTTPResponse, until: float, most: int) -> Iterable[bytes]:
    left = most
    while left > 0:
        remaining = until - time.monotonic()
        if remaining <= 0:
            raise TimeoutError("it took too long")
        if link.wire is not None:
            link.wire.settimeout(remaining)
        if not (part := answer.read1(min(left, 65_536))):
            return
        left -= len(part)
        yield part


class _Link(http.client.HTTPConnection):
    """A connection to an address that was checked; the host is only what TLS is asked to prove."""

    def __init__(self, scheme: str, host: str, address: str, port: int, until: float) -> None:
        super().__init__(host.strip("[]"), port)
        self._scheme, self._address, self._until = scheme, address, until
        self.wire: socket.socket | None = None
        """The socket; ``sock`` is let go of when an answer begins that is the last of its connection."""

    def connect(self) -> None:
        """Connect, and with https have the certificate prove the host."""
        left = max(0.001, self._until - time.monotonic())
        self.sock = self.wire = socket.create_connection((self._address, self.port), timeout=left)
        if self._scheme == "https":
            # Who watches the time must reach the socket during the handshake too, so it is known before it.
            tls = ssl.create_default_context().wrap_socket(
                self.sock, server_hostname=self.host, do_handshake_on_connect=False
            )
            self.sock = self.wire = tls
            tls.do_handshake()

    def cut(self) -> None:
        """End it from another thread: whoever reads or writes is told at once."""
        try:
            if self.wire is not None:
                self.wire.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
