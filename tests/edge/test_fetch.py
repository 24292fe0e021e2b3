"""The edge's HTTP client against real sockets: bounds, guards, and connections used again."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from quire.edge.fetch import AddressRefused, Client, FetchFailed, bodies

OK = b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nETag: "a"\r\n\r\nhi'


class Server:
    """Answers each request with what ``reply`` says; counts connections and keeps requests."""

    def __init__(self, reply: Callable[[int], bytes | None], tls: ssl.SSLContext | None = None) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._reply, self._tls = reply, tls
        self.port = self._socket.getsockname()[1]
        self.connections = 0
        self.requests: list[bytes] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            with self._tls.wrap_socket(connection, server_side=True) if self._tls else connection as open_:
                while data := open_.recv(65536):
                    self.requests.append(data)
                    answer = self._reply(len(self.requests))
                    if answer is None:
                        return
                    open_.sendall(answer)
        except OSError:
            return

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


@contextmanager
def serving(reply: Callable[[int], bytes | None], tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    server = Server(reply, tls)
    try:
        yield server
    finally:
        server.close()


@contextmanager
def asking(**how: object) -> Iterator[Client]:
    client = Client(**{"https_only": False, "timeout": 5.0, **how})  # type: ignore[arg-type]
    try:
        yield client
    finally:
        client.close()


def test_a_connection_is_used_again_and_opened_again_when_the_other_side_closed_it() -> None:
    with serving(lambda n: None if n == 3 else OK) as server, asking() as client:
        url = f"http://127.0.0.1:{server.port}/a?b=c"
        for _ in range(3):
            answer = client.get(url, {"If-None-Match": '"a"'})
            assert (answer.status, answer.body, answer.headers["etag"]) == (200, b"hi", '"a"')
        assert server.connections == 2
        assert server.requests[0].startswith(b"GET /a?b=c HTTP/1.1\r\n")
        assert b'If-None-Match: "a"' in server.requests[0]


def test_redirects_are_not_followed() -> None:
    moved = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
    with serving(lambda n: moved) as server, asking() as client:
        url = f"http://127.0.0.1:{server.port}/"
        assert client.get(url).status == 302
        with pytest.raises(FetchFailed, match="answered with 302"):
            bodies(client)(url)
        assert len(server.requests) == 2


def test_a_body_is_bounded_packed_or_not() -> None:
    bomb = gzip.compress(b"\0" * 10_000_000)
    packed = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb) + bomb
    endless = b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 5_000
    for reply in (packed, endless):
        with (
            serving(lambda n, reply=reply: reply) as server,  # type: ignore[misc]
            asking(most_bytes=1_000) as client,
            pytest.raises(FetchFailed, match="more than 1000 bytes"),
        ):
            client.get(f"http://127.0.0.1:{server.port}/")
    small = gzip.compress(b"terms")
    good = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(small) + small
    with serving(lambda n: good) as server, asking() as client:
        assert client.get(f"http://127.0.0.1:{server.port}/").body == b"terms"


def test_an_answer_that_drips_is_cut_off() -> None:
    """Each byte comes in time, the whole never would."""
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def drip() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.sendall(b"HTTP/1.1 200 OK\r\n")
                while not stop.wait(0.05):
                    try:
                        connection.sendall(b"X-Y: z\r\n")
                    except OSError:
                        return

        thread = threading.Thread(target=drip)
        thread.start()
        with asking(timeout=0.4) as client, pytest.raises(FetchFailed, match="longer than"):
            client.get(f"http://127.0.0.1:{listening.getsockname()[1]}/")
        stop.set()
        thread.join()


@pytest.mark.parametrize(
    "url",
    ["ftp://a.example/", "https://", "https://a@b.example/", "https://a.example:0/", "/x",
     "https://a.example/\r\nX: y",
     "https://a.example:99999/", "https://a.example/ b", "https://é.example/", "https://[::1", "file:///etc/passwd"],
)  # fmt: skip
def test_what_is_no_address_is_not_asked(url: str) -> None:
    with asking() as client, pytest.raises(AddressRefused):
        client.get(url)


def test_http_is_refused_unless_told_otherwise() -> None:
    with asking(https_only=True) as client, pytest.raises(AddressRefused, match="use https"):
        client.get("http://127.0.0.1/")


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1"]
)
def test_a_guarded_client_connects_to_nothing_of_its_own(host: str) -> None:
    """Whatever the spelling: what counts is where it leads. A server is there, and hears nothing."""
    with serving(lambda n: OK) as server, asking(guarded=True) as client:
        with pytest.raises(FetchFailed):
            client.get(f"http://{host}:{server.port}/")
        assert server.connections == 0


def test_a_guarded_client_connects_to_the_address_that_was_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that leads to a public address when it is looked at, and to this machine right after."""
    asked = []

    def resolve(host: str, port: int, *how: object, **more: object) -> list[tuple[object, ...]]:
        if host[0].isdigit():
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port))]
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (f"127.0.0.{len(asked)}", port))]

    seen: list[str] = []

    def public(address: object) -> bool:
        seen.append(str(address))
        return str(address) == "127.0.0.1"

    with serving(lambda n: OK) as server, asking(guarded=True, public=public) as client:
        monkeypatch.setattr("quire.edge.fetch.socket.getaddrinfo", resolve)
        assert client.get(f"http://rebinds.example:{server.port}/").status == 200
        assert f"Host: rebinds.example:{server.port}".encode() in server.requests[0]
        with pytest.raises(AddressRefused):
            client.get(f"http://rebinds.example:{server.port + 1}/")
    assert seen == ["127.0.0.1", "127.0.0.2"]
    assert asked == ["rebinds.example"] * 2  # once for each connection, not once more for connecting


def test_certificates_are_asked_for_the_name(tmp_path: Path) -> None:
    certificate, key = certify(tmp_path, "localhost")
    server_side = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server_side.load_cert_chain(certificate, key)
    trusting = ssl.create_default_context(cafile=str(certificate))
    with serving(lambda n: OK, server_side) as server:
        with asking(https_only=True, tls=trusting) as client:
            assert client.get(f"https://localhost:{server.port}/").body == b"hi"
            with pytest.raises(FetchFailed, match="certificate"):
                client.get(f"https://127.0.0.1:{server.port}/")
        with asking(https_only=True) as client, pytest.raises(FetchFailed, match="certificate"):
            client.get(f"https://localhost:{server.port}/")


def certify(folder: Path, name: str) -> tuple[Path, Path]:
    """A certificate for ``name``, signed by itself, and its key."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "cert.pem").write_bytes(made.public_bytes(pem))
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "key.pem").write_bytes(private)
    return folder / "cert.pem", folder / "key.pem"
