"""One spelling for every address: works are registered by it, and usage is looked up by it.

A work's address is a host and a path. The scheme, the port, the query and the fragment say nothing
about which work it is, so they are left out. The rules are those of RFC 3986 §6.2.2 (case, percent
encoding, dot segments) and nothing cleverer: ``www.`` is a host of its own, and ``/a`` is not ``/a/``.
"""

from __future__ import annotations

import re
import unicodedata

from quire.core.errors import Invalid


class BadAddress(Invalid):
    """A host or a URL that cannot be the address of a work."""

    code = "url.invalid"


_PLAIN_PATH = re.compile(r"(?:/[A-Za-z0-9_~!$&'()*+,;=:@-][A-Za-z0-9._~!$&'()*+,;=:@-]*)*/?")
_CUT = re.compile(r"[?#]")
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_ODD = re.compile(rb"%([0-9A-Fa-f]{2})|[^A-Za-z0-9._~!$&'()*+,;=:@/-]")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_IPV6 = re.compile(r"[0-9a-f:.]{2,45}")
_ASCII_HOST = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_.")
_LONGEST_HOST = 253
_FULL_STOPS = re.compile("[\u3002\uff0e\uff61]")


def canonical_path(target: str) -> str:
    """The path of ``target`` in its one spelling: printable ASCII, beginning with a slash.

    The query and the fragment are cut off; escapes of unreserved characters are decoded and the others
    written in capitals; a character that may not stand in a path is escaped (so a line break becomes
    ``%0A``, and a lone ``%`` becomes ``%25``); ``/./`` and ``/../`` are resolved; a trailing slash stays;
    nothing at all is ``/``. Applying it twice changes nothing. Source: RFC 3986 §5.2.4 and §6.2.2.
    """
    cut = _CUT.search(target)
    path = target[: cut.start()] if cut else target
    if path and _PLAIN_PATH.fullmatch(path):
        return path
    escaped = _normal_escapes(_octets(path))
    return _without_dots(escaped if escaped.startswith("/") else "/" + escaped)


def canonical_host(host: str) -> str:
    """``host`` in its one spelling: lower case, without port and trailing dot.

    ``www.`` stays. An international name becomes what browsers and logs write of it: ``bücher.example`` is
    ``xn--bcher-kva.example`` (RFC 3492, of lower-case letters in NFC). An IPv6 address keeps its brackets.
    Raises ``BadAddress`` when it cannot be a host at all.
    """
    text = host.strip().lower()
    if text.startswith("[") or text.count(":") > 1:
        return _ipv6(text, host)
    name, _, port = text.partition(":")
    name = name.removesuffix(".")
    if not name.isascii() and _is_host_name(name):
        name = ".".join(map(_ascii_label, _FULL_STOPS.sub(".", name).split(".")))
    if not _is_host_name(name) or not _is_port(port):
        raise BadAddress(f"{host[:100]!r} is not a host name: give one such as example.org.", host=host[:300])
    return name


def canonical_url(url: str) -> tuple[str, str]:
    """``url`` as (host, path), the form works are registered and looked up by.

    ``http`` and ``https`` are one, and ``host/path`` without a scheme will do. Raises ``BadAddress`` for
    other schemes, for a path without a host, and for what is no host.
    """
    text = url.strip()
    scheme = _SCHEME.match(text)
    if scheme and scheme[1].lower() not in ("http", "https"):
        raise BadAddress(f"{url[:100]!r} is not a web address: give one with http or https.", url=url[:300])
    rest = text[scheme.end() :] if scheme else text.removeprefix("//")
    end = re.search(r"[/?#]", rest)
    authority = rest[: end.start()] if end else rest
    host = canonical_host(authority.rpartition("@")[2])
    return host, canonical_path(rest[len(authority) :])


def _octets(path: str) -> bytes:
    """UTF-8, with the bytes a log reader could not decode (PEP 383) given back as they were."""
    try:
        return path.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return path.encode("utf-8", "surrogatepass")


def _normal_escapes(octets: bytes) -> str:
    """RFC 3986 §6.2.2.1 and §6.2.2.2 over one path. What is plain is passed over in runs: paths come from
    anyone, and a long one must not cost a step for each of its octets.
    """
    return _ODD.sub(_spelt, octets).decode("ascii")


def _spelt(found: re.Match[bytes]) -> bytes:
    pair = found[1]
    meant = int(pair, 16) if pair else found[0][0]
    return bytes((meant,)) if pair and meant in _UNRESERVED else b"%%%02X" % meant


def _without_dots(path: str) -> str:
    """RFC 3986 §5.2.4: a segment ``.`` is nothing, ``..`` takes the one before it away."""
    kept: list[str] = []
    segments = path.split("/")[1:]
    for index, segment in enumerate(segments):
        if segment not in (".", ".."):
            kept.append(segment)
            continue
        if segment == ".." and kept:
            kept.pop()
        if index == len(segments) - 1:
            kept.append("")
    return "/" + "/".join(kept)


def _ascii_label(label: str) -> str:
    """The label as it stands in a request (RFC 5890 §2.3.2.1). ``ß`` and ``ς`` stay themselves."""
    if label.isascii():
        return label
    return "xn--" + unicodedata.normalize("NFC", label).encode("punycode").decode("ascii")


def _ipv6(text: str, given: str) -> str:
    address, bracket, port = text.removeprefix("[").partition("]")
    bracketed = text.startswith("[")
    if not _IPV6.fullmatch(address) or bracketed != bool(bracket) or (port and not port.startswith(":")):
        raise BadAddress(
            f"{given[:100]!r} is not an IPv6 address: write it as [2001:db8::1].", host=given[:300]
        )
    if not _is_port(port[1:]):
        raise BadAddress(f"{given[:100]!r} has a port that is no number.", host=given[:300])
    return f"[{address}]"


def _is_port(port: str) -> bool:
    return not port or (port.isascii() and port.isdigit() and len(port) <= 5)


def _is_host_name(name: str) -> bool:
    """Letters of any script, digits, hyphens and underscores in labels that are not empty."""
    if not name or len(name) > _LONGEST_HOST or name.startswith(".") or ".." in name or name.endswith("."):
        return False
    return all(c in _ASCII_HOST if c.isascii() else c.isprintable() and not c.isspace() for c in name)
