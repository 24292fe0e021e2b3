"""A site that answers an octet at a time keeps nobody of the society waiting for longer than it was given."""

from __future__ import annotations

import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

HOST = "slow.example"
BEGINNINGS = {
    "nothing": b"",
    "headers": b"HTTP/1.1 200 OK\r\nX-Slow: ",
    "body": b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\nConnection: close\r\n\r\n",
    "chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;",
}


@pytest.mark.parametrize("part", sorted(BEGINNINGS))
def test_a_site_that_drips_is_given_up(part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from quire.society.kit import fetch

    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening, ThreadPoolExecutor(2) as pool:
        monkeypatch.setenv("QUIRE_ALLOW_PRIVATE_SITES", "1")
        monkeypatch.setenv("QUIRE_SITES_AT", f"{HOST}=127.0.0.1:{listening.getsockname()[1]}")
        pool.submit(_drip, listening, BEGINNINGS[part], over)
        asked = pool.submit(fetch.page, HOST, "/", seconds=0.6)
        try:
            with pytest.raises(fetch.Unreachable, match="took too long"):
                asked.result(timeout=20)
        finally:
            over.set()


def _drip(listening: socket.socket, beginning: bytes, over: threading.Event) -> None:
    link, _ = listening.accept()
    with link:
        try:
            link.sendall(beginning)
            while not over.wait(0.1):
                link.sendall(b"x")
        except OSError:
            return
