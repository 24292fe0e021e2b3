"""What was asked for, as every kind of log writes it: a request line, or a method and a target."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from quire.core.errors import Invalid
from quire.core.urls import canonical_path, canonical_url

_USUAL = re.compile(rb"([A-Za-z][A-Za-z_-]{0,31}) (/[!-\[\]-~]*+) HTTP/[0-9](?:\.[0-9])?")
_LONGEST_REMEMBERED = 300  # bytes
_METHOD = re.compile(r"[A-Za-z][A-Za-z_-]{0,31}")
_PROTOCOL = re.compile(r"HTTP/[0-9](\.[0-9])?")
_ABSOLUTE = re.compile(r"https?://", re.IGNORECASE)
_ESCAPE = re.compile(rb"\\(x[0-9A-Fa-f]{2}|.)", re.DOTALL)
_ESCAPED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"v": b"\v", b"f": b"\f"}


class Asked(NamedTuple):
    """``method`` and canonical ``path``, each empty where there is none; the host of an absolute target."""

    method: str
    path: str
    host: str | None


def request_line(line: str) -> Asked:
    """What a request line asks for (RFC 9112 §3).

    What is no request line has neither method nor path; ``CONNECT host:443`` and ``OPTIONS *`` have no path.
    """
    method, _, rest = line.partition(" ")
    if not rest:
        return Asked("", "", None)
    target, space, protocol = rest.rpartition(" ")
    if not space or not _PROTOCOL.fullmatch(protocol):
        target = rest  # HTTP/0.9, or a blank within the address
    return request(method, target)


def quoted_line(quoted: bytes) -> Asked:
    """``request_line`` of bytes in which Apache or nginx escaped what they must."""
    return _remembered(quoted) if len(quoted) <= _LONGEST_REMEMBERED else _quoted_line(quoted)


@lru_cache(maxsize=30_000)
def _remembered(quoted: bytes) -> Asked:
    """The same pages are asked for again and again."""
    return _quoted_line(quoted)


def _quoted_line(quoted: bytes) -> Asked:
    if usual := _USUAL.fullmatch(quoted):
        return Asked(usual[1].decode(), canonical_path(usual[2].decode()), None)
    return request_line(unescaped(quoted).decode("utf-8", "surrogateescape"))


def request(method: str, target: str) -> Asked:
    """What a method asks of a target, as it was sent or as a log took it apart."""
    if not _METHOD.fullmatch(method):
        return Asked("", "", None)
    if target.startswith("/"):
        return Asked(method, canonical_path(target), None)
    if not _ABSOLUTE.match(target):
        return Asked(method, "", None)
    try:
        host, path = canonical_url(target)
    except Invalid:
        return Asked(method, "", None)
    return Asked(method, path, host)


def unescaped(quoted: bytes) -> bytes:
    """The value without its backslashes."""
    return _ESCAPE.sub(_meant, quoted) if b"\\" in quoted else quoted


def text(quoted: bytes) -> str:
    """The value as text, whatever bytes it has."""
    return unescaped(quoted).decode("utf-8", "replace")


def _meant(escape: re.Match[bytes]) -> bytes:
    code = escape[1]
    return bytes((int(code[1:], 16),)) if len(code) == 3 else _ESCAPED.get(code, code)
