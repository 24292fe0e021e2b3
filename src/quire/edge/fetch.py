"""The one HTTP client of the edge: bounded in time and size, no redirects, connections used again.

Two ways to ask: the society, whose address the site's own people wrote down, and strangers, whose addresses
strangers wrote down (a crawler's directory of keys). The second way is *guarded*: HTTPS alone, and every
address that the name leads to must be a public one; the connection goes to the very address that was looked
at, so that a name cannot lead somewhere else the second time it is asked for.
"""

from __future__ import annotations

import http.client
import ipaddress
import os
import socket
import ssl
import threading
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlsplit

from quire.core.addresses import Address, is_public
from quire.core.errors import QuireError

LONGEST_URL = 2_000
MOST_KEPT = 8
"""Connections kept open for the next request."""


class FetchFailed(QuireError):
    """Nothing usable came back; the sentence says from where and why."""

    code = "fetch.failed"
    status = 502


class AddressRefused(FetchFailed):
    """The address is none that the edge asks; nothing was sent."""

    code = "fetch.address-refused"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. Names of headers are in lower case; of several of a name the last counts."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class _Place:
    """Where to connect to, read from a URL."""

    scheme: str
    host: str
    port: int
    target: str


class Client:
    """Asks over HTTP. Threads may share it; after a fork the child opens connections of its own."""

    def __init__(
        self,
        *,
        guarded: bool = False,
        https_only: bool = True,
        timeout: float = 10.0,
        most_bytes: int = 64 * 1024,
        tls: ssl.SSLContext | None = None,
        public: Callable[[Address], bool] | None = None,
    ) -> None:
        """``timeout``: seconds for a whole request, to the last byte. ``most_bytes`` bounds a body, unpacked.
        ``public`` says for a guarded client which addresses are (tests have only their own).
        """
        self.guarded, self.https_only = guarded, https_only
        self.timeout, self.most_bytes = timeout, most_bytes
        self._tls = tls
        self._public = public or is_public
        self._kept: list[tuple[tuple[str, str, int], http.client.HTTPConnection]] = []
        self._lock = threading.Lock()
        self._pid = os.getpid()

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> Answer:
        """Ask for ``url``. Raises FetchFailed; a refusal by the other side is an answer like any other."""
        return self.ask("GET", url, headers or {})

    def ask(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None) -> Answer:
        """As ``get``, with any method. What is sent must be such that sending it twice does no harm."""
        place = _place(url)
        if self.https_only and place.scheme != "https":
            raise AddressRefused(
                f"{place.host} would be asked over http, where anybody may answer: use https."
            )
        sent = {"Accept-Encoding": "gzip", "User-Agent": "quire-edge", **headers}
        for attempt in range(2):
            kept = self._taken(place) if attempt == 0 else None
            connection = kept or self._opened(place)
            try:
                return self._asked(connection, place, method, sent, body)
            except (http.client.HTTPException, OSError) as error:
                connection.close()
                # A connection that was kept may have been closed by the other side meanwhile.
                if kept is None or isinstance(error, TimeoutError):
                    raise FetchFailed(f"{place.host} did not answer: {_why(error)}.") from error
            except BaseException:
                connection.close()
                raise
        raise AssertionError("two attempts end in an answer or an error")

    def close(self) -> None:
        """Close the connections that were kept."""
        with self._lock:
            kept, self._kept = self._kept, []
        for _, connection in kept:
            connection.close()

    def _asked(
        self,
        connection: http.client.HTTPConnection,
        place: _Place,
        method: str,
        headers: Mapping[str, str],
        body: bytes | None,
    ) -> Answer:
        late = threading.Event()

        def cut() -> None:
            late.set()
            if (sock := connection.sock) is not None:
                _shut(sock)

        watch = threading.Timer(self.timeout, cut)
        watch.daemon = True
        watch.start()
        try:
            connection.request(method, place.target, body=body, headers=dict(headers))
            response = connection.getresponse()
            content = self._read(response, place)
        except (http.client.HTTPException, OSError) as error:
            if late.is_set():
                raise TimeoutError(f"it took longer than {self.timeout:g} s") from error
            raise
        finally:
            watch.cancel()
        if late.is_set():
            raise TimeoutError(f"it took longer than {self.timeout:g} s")
        found = Answer(
            response.status, {name.lower(): value for name, value in response.getheaders()}, content
        )
        self._keep(place, connection, response)
        return found

    def _read(self, response: http.client.HTTPResponse, place: _Place) -> bytes:
        data = response.read(self.most_bytes + 1)
        if len(data) <= self.most_bytes and response.headers.get("Content-Encoding", "").lower() == "gzip":
            try:
                data = zlib.decompressobj(31).decompress(data, self.most_bytes + 1)
            except zlib.error:
                raise FetchFailed(f"{place.host} sent something that cannot be unpacked.") from None
        if len(data) > self.most_bytes:
            raise FetchFailed(f"{place.host} sent more than {self.most_bytes} bytes.")
        return data

    def _opened(self, place: _Place) -> http.client.HTTPConnection:
        address = self._checked(place) if self.guarded else place.host
        tls = self._context() if place.scheme == "https" else None
        return _Connection(place.host, place.port, address, self.timeout, tls)

    def _context(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = ssl.create_default_context()
        return self._tls

    def _checked(self, place: _Place) -> str:
        """The address to connect to: all that the name leads to must be public. Raises AddressRefused."""
        try:
            found = socket.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise FetchFailed(f"The name {place.host} leads nowhere: {_why(error)}.") from error
        addresses = [ipaddress.ip_address(str(one[4][0])) for one in found]
        if not addresses or not all(map(self._public, addresses)):
            raise AddressRefused(f"{place.host} is not a public address, so it is not asked.")
        return str(addresses[0])

    def _taken(self, place: _Place) -> http.client.HTTPConnection | None:
        with self._lock:
            if self._pid != os.getpid():
                self._kept, self._pid = [], os.getpid()
            for at, (key, connection) in enumerate(self._kept):
                if key == (place.scheme, place.host, place.port):
                    del self._kept[at]
                    return connection
        return None

    def _keep(
        self, place: _Place, connection: http.client.HTTPConnection, response: http.client.HTTPResponse
    ) -> None:
        if response.will_close or not response.isclosed():
            connection.close()
            return
        with self._lock:
            self._kept.append(((place.scheme, place.host, place.port), connection))
            gone = self._kept.pop(0)[1] if len(self._kept) > MOST_KEPT else None
        if gone is not None:
            gone.close()


class _Connection(http.client.HTTPConnection):
    """To one address, under the name that certificates and ``Host`` are about."""

    def __init__(
        self, host: str, port: int, address: str, timeout: float, tls: ssl.SSLContext | None
    ) -> None:
        super().__init__(host, port, timeout=timeout)
        self._address, self._tls = address, tls
        self.default_port = 443 if tls is not None else 80

    def connect(self) -> None:
        sock = socket.create_connection((self._address, self.port), cast(float, self.timeout))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock = sock
        if self._tls is not None:
            # Who watches the time must be able to cut off a handshake too, so the socket is known before it.
            tls = self._tls.wrap_socket(sock, server_hostname=self.host, do_handshake_on_connect=False)
            self.sock = tls
            tls.do_handshake()


def bodies(client: Client) -> Callable[[str], bytes]:
    """A function from a URL to the body of its 200 answer; raises FetchFailed for every other."""

    def body(url: str) -> bytes:
        answer = client.get(url)
        if answer.status != 200:
            raise FetchFailed(f"{url[:200]} was answered with {answer.status}.")
        return answer.body

    return body


def _place(url: str) -> _Place:
    """Host, port and target of an absolute http or https URL. Raises AddressRefused for everything else."""
    try:
        parts = urlsplit(url)
        port = parts.port
        host = parts.hostname or ""
        good = len(url) <= LONGEST_URL and all("!" <= letter <= "~" for letter in url)
    except ValueError:
        good, host, port = False, "", None
    if not good or not host or parts.scheme not in ("http", "https") or "@" in parts.netloc or port == 0:
        raise AddressRefused(f"{url[:200]!a} is no address of the web.")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return _Place(parts.scheme, host, port or (443 if parts.scheme == "https" else 80), target)


def _shut(sock: Any) -> None:
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass


def _why(error: BaseException) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not good ({error.verify_message})"
    said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return " ".join((said or type(error).__name__).split())[:200].rstrip(".")
