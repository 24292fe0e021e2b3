"""A licensed crawler for the soak: many kept-alive connections, and a note of every answer that came whole.

    python -m tests.races.soak_crawler '{"name": "a", "port": 8081, …}'

It asks on all its connections and then reads them all, so one process keeps a site busy. Each request has
an id of its own. An id is noted in ``answered`` only when the whole body of a 200 was read; an id that was
sent and then broken off is noted in ``broken``, asked for no more, and a new one is taken in its place.
"""

from __future__ import annotations

import base64
import json
import socket
import sys
import threading
import time
import urllib.parse
import urllib.request
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

AGENT = "Mozilla/5.0 (compatible; GPTBot/1.2; +https://openai.com/gptbot)"
PATHS = 500


@dataclass(frozen=True, slots=True)
class Order:
    """What to do. ``price`` is the most to pay for a page, ``EUR 0.002``; empty for a yearly licence.

    It ends after ``wanted`` whole answers, or when for ``patience`` seconds it got none; it asks for
    ``pace`` pages a second, so that there is time to kill somebody, or for as many as it can while there is a
    file ``hurry``: a site is killed under full load.
    """

    name: str
    port: int
    host: str
    folder: str
    server: str
    client: str
    secret: str
    use: str
    wanted: int
    connections: int
    pace: float
    price: str = ""
    patience: float = 120.0


class Credentials:
    """A token that is asked for again before it ends, in a thread: no request waits for the society."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self.head = b""
        self._renew()
        threading.Thread(target=self._keep, daemon=True).start()

    def _renew(self) -> None:
        while True:
            try:
                token, life = self._ask()
                break
            except (OSError, ValueError):  # the society was killed: the old one is good for a while
                time.sleep(0.2)
        paying = f"crawler-max-price: {self._order.price}\r\n" if self._order.price else ""
        self.head = (
            f" HTTP/1.1\r\nHost: {self._order.host}\r\nUser-Agent: {AGENT}\r\n"
            f"Authorization: License {token}\r\n{paying}X-Request-ID: "
        ).encode()
        self._life = life

    def _keep(self) -> None:
        while True:
            time.sleep(self._life / 2)
            self._renew()

    def _ask(self) -> tuple[str, float]:
        order = self._order
        form = {"grant_type": "client_credentials", "resource": f"https://{order.host}/", "scope": order.use}
        basic = base64.b64encode(f"{order.client}:{order.secret}".encode()).decode()
        request = urllib.request.Request(
            f"{order.server}/token",
            urllib.parse.urlencode(form).encode(),
            {"Authorization": f"Basic {basic}", "Content-Type": "application/x-www-form-urlencoded"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            told = json.load(answer)
        return told["access_token"], float(told["expires_in"])


class Line:
    """One connection, opened again when it breaks."""

    __slots__ = ("_port", "_socket", "request")

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: socket.socket | None = None
        self.request = b""

    def ask(self, request: bytes, data: bytes) -> bool:
        """Send; False where nobody listens, so that nothing was sent at all."""
        self.request = b""
        if self._socket is None:
            try:
                self._socket = socket.create_connection(("127.0.0.1", self._port), 5)
            except OSError:
                return False
            self._socket.settimeout(30)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.request = request
        try:
            self._socket.sendall(data)
        except OSError:
            self.close()
        return True

    def answer(self) -> tuple[int, bytes] | None:
        """(status, head) of an answer whose body came whole; None where it broke off."""
        if self._socket is None:
            return None
        try:
            return self._read(self._socket)
        except (OSError, ValueError):
            self.close()
            return None

    def _read(self, open_: socket.socket) -> tuple[int, bytes]:
        data = b""
        while (end := data.find(b"\r\n\r\n")) < 0:
            data += _more(open_)
        head = data[:end].lower()
        at = head.index(b"\r\ncontent-length:") + 17
        whole = end + 4 + int(head[at : head.find(b"\r", at) if head.find(b"\r", at) > 0 else end])
        while len(data) < whole:
            data += _more(open_)
        if len(data) != whole:
            raise ValueError("more came than was asked for")
        return int(data[9:12]), head

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
        self._socket = None


def _more(open_: socket.socket) -> bytes:
    data = open_.recv(65536)
    if not data:
        raise ConnectionError
    return data


def crawl(order: Order) -> dict[str, Any]:
    """Do it; counts of what happened."""
    credentials = Credentials(order)
    lines = [Line(order.port) for _ in range(order.connections)]
    folder = Path(order.folder)
    hurry = folder / "hurry"
    counts: Counter[str] = Counter()
    number, began = 0, time.monotonic()
    last = began
    with (folder / f"answered-{order.name}").open("ab") as answered, \
            (folder / f"broken-{order.name}").open("ab") as broken:  # fmt: skip
        while counts["answered"] < order.wanted and time.monotonic() < last + order.patience:
            if not hurry.exists():
                time.sleep(min(max(0.0, began + number / order.pace - time.monotonic()), 0.1))
            head = credentials.head
            for line in lines:
                number += 1
                request = f"{order.name}-{number:x}".encode()
                line.ask(request, b"GET /n/%d%b%b\r\n\r\n" % (number % PATHS, head, request))
            good = _round(lines, counts, answered, broken, bool(order.price))
            if good:
                last = time.monotonic()
            else:
                time.sleep(0.02)
    return {**counts, "seconds": last - began, "requests": number}


def _round(lines: list[Line], counts: Counter[str], answered: Any, broken: Any, pays: bool) -> int:
    good = 0
    for line in lines:
        if not line.request:
            counts["nobody there"] += 1
            continue
        found = line.answer()
        if found is None:
            counts["broken"] += 1
            broken.write(line.request + b"\n")
        elif found[0] == 200 and (b"\r\ncrawler-charged:" in found[1]) == pays:
            good += 1
            answered.write(line.request + b"\n")
        else:
            counts[f"status {found[0]}"] += 1
    counts["answered"] += good
    return good


if __name__ == "__main__":
    print(json.dumps(crawl(Order(**json.loads(sys.argv[1])))))
