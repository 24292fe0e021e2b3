"""Lines that nobody should send and everybody gets, each with the heading it belongs under.

People's nonsense counts with the people: a line that can be read is not unreadable for being silly. What
calls itself a crawler is taken at its word.
"""

from __future__ import annotations

from random import Random

from generator.crawlers import CRAWLERS, FIREFOX
from generator.lines import Form, when
from generator.tally import Visit

_GPTBOT = CRAWLERS[0].user_agent

_READABLE = (
    # A TLS handshake on the port for plain HTTP, as Apache escapes it: no request at all, and no agent.
    (r"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "400 226", "-", "human"),
    # A forged line behind an escaped line break: it stays within its own line, and was not found.
    (r"GET /\x0a203.0.113.9 - - [01/Jan/2025:00:00:00 +0000] \x22GET /free HTTP/1.1\x22 200 9 HTTP/1.1",
     "404 0", _GPTBOT, "not_answered"),
    # Escaped quotation marks in the user agent, with a request pretended behind them.
    ("GET / HTTP/1.1", "200 512", r"Mozilla/5.0 \" 200 0 \"-\" \"nobody", "human"),
    # What a spreadsheet would run.
    ("GET /=cmd|'/c+calc'!A0 HTTP/1.1", "404 312", "=HYPERLINK('http://clickmill.example')", "human"),
    # Escapes of a terminal.
    (r"GET /\x1b[2J\x1b[1;31mowned HTTP/1.1", "404 312", FIREFOX, "human"),
    # A crawler that asks for a tunnel, and one that climbs.
    ("CONNECT somewhere.example:443 HTTP/1.1", "405 0", _GPTBOT, "not_answered"),
    ("GET /../../../../etc/passwd HTTP/1.1", "403 0", _GPTBOT, "not_answered"),
)  # fmt: skip


def mischief(host: str, form: Form, days: range, rng: Random) -> list[Visit]:
    """A handful of hostile or broken lines in these days (counted from 1970)."""
    found = []

    def at() -> int:
        return days[int(rng.random() * len(days))] * 86400 + int(rng.random() * 86400)

    start = f"{host}:443 " if form.vhost else ""
    for request, answer, agent, heading in _READABLE:
        second = at()
        text = f'{start}203.0.113.66 - - {when(second, form.zone)} "{request}" {answer} "-" "{agent}"'
        found.append(Visit(second, text.encode(), heading))
    for broken in _broken(start, rng):
        found.append(Visit(at(), broken, "unreadable", requests=0))
    found.append(Visit(at(), b"", "structure", requests=0))
    second = at()
    latin = (
        f'{start}203.0.113.67 - - {when(second, form.zone)} "GET /caf'.encode()
        + b'\xe9 HTTP/1.1" 404 312 "-" "curl/8.5.0"'
    )
    found.append(Visit(second, latin, "human"))
    return found


def _broken(start: str, rng: Random) -> list[bytes]:
    """Lines of which no server's log could be made sense: each is one unreadable line, worth no request."""
    raw = bytes((0x16, 0x03, 0x01)) + bytes(1 + int(rng.random() * 8) for _ in range(40))
    long = "A" * 70_000
    return [
        raw,
        f'{start}203.0.113.68 - - [01/Jun/2025:10:00:00 +0000] "GET /{long} HTTP/1.1" 414 0 "-" "-"'.encode(),
        f"{start}203.0.113.69 - - [12/Mar/2025:10:".encode(),
        f'{start}203.0.113.70 - - [31/Feb/2025:10:00:00 +0000] "GET / HTTP/1.1" 200 512 "-" "-"'.encode(),
        b"-- log rotated --",
    ]
