"""Addresses have one spelling (RFC 3986), whoever writes them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quire.core.urls import BadAddress, canonical_host, canonical_path, canonical_url

UNRESERVED = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("", "/"),
        ("/", "/"),
        ("/a", "/a"),
        ("/a/", "/a/"),
        ("/a?b=c", "/a"),
        ("/a#b", "/a"),
        ("?q", "/"),
        ("/%7Eana/%c3%a9%2f", "/~ana/%C3%A9%2F"),
        ("/é", "/%C3%A9"),
        ("/a b", "/a%20b"),
        ("/100%", "/100%25"),
        ("/%zz", "/%25zz"),
        ("/a/./b/../c", "/a/c"),
        ("/a/..", "/"),
        ("/a/.", "/a/"),
        ("/../../etc", "/etc"),
        ("/%2e%2E/x", "/x"),
        ("/a//b", "/a//b"),
        ("/a/...", "/a/..."),
        ("/.well-known/x", "/.well-known/x"),
        ("/line\nbreak\x1b[2J", "/line%0Abreak%1B%5B2J"),
        ("a/b", "/a/b"),
        ("/\udce9", "/%E9"),
        ("/\ud800", "/%ED%A0%80"),
    ],
)
def test_a_path_has_one_spelling(written: str, meant: str) -> None:
    assert canonical_path(written) == meant


def rfc_3986_remove_dot_segments(path: str) -> str:
    """§5.2.4, word for word: the slow, obvious way."""
    given, out = path, ""
    while given:
        if given.startswith("/./"):
            given = given[2:]
        elif given == "/.":
            given = "/"
        elif given.startswith("/../"):
            given, out = given[3:], out[: out.rfind("/")] if "/" in out else ""
        elif given == "/..":
            given, out = "/", out[: out.rfind("/")] if "/" in out else ""
        else:
            end = given.find("/", 1)
            end = len(given) if end < 0 else end
            out, given = out + given[:end], given[end:]
    return out


def slow_canonical_path(target: str) -> str:
    path = re.split(r"[?#]", target, maxsplit=1)[0]
    allowed = UNRESERVED + "!$&'()*+,;=:@/"
    path = re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", path)
    path = "".join(c if c in allowed + "%" else "".join(f"%{b:02X}" for b in c.encode()) for c in path)
    path = re.sub(r"%..", lambda m: m[0].upper(), path)
    path = re.sub(r"%(..)", lambda m: c if (c := chr(int(m[1], 16))) in UNRESERVED else m[0], path)
    return rfc_3986_remove_dot_segments(path if path.startswith("/") else "/" + path)


PATHS = st.text(st.sampled_from("/.%2eE5fF aé?#:~"), max_size=24) | st.text(
    st.characters(codec="utf-8"), max_size=12
)


@settings(max_examples=200)
@given(PATHS)
def test_the_path_is_the_one_of_the_slow_way(target: str) -> None:
    assert canonical_path(target) == slow_canonical_path(target)


@settings(max_examples=200)
@given(st.text(max_size=20))
def test_a_path_is_printable_ascii_and_spelling_it_again_changes_nothing(target: str) -> None:
    path = canonical_path(target)
    assert re.fullmatch(r"/[!-~]*", path)
    assert canonical_path(path) == path


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Example.ORG", "example.org"),
        ("example.org:8080", "example.org"),
        ("example.org.", "example.org"),
        ("example.org.:443", "example.org"),
        ("www.example.org", "www.example.org"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("Bücher.example", "xn--bcher-kva.example"),
        ("BU\u0308CHER.example:443", "xn--bcher-kva.example"),
        ("faß.example", "xn--fa-hia.example"),
        ("www.münchen。example", "www.xn--mnchen-3ya.example"),
        ("192.0.2.1:80", "192.0.2.1"),
        ("[2001:DB8::1]:443", "[2001:db8::1]"),
        ("2001:db8::1", "[2001:db8::1]"),
        ("localhost", "localhost"),
    ],
)
def test_a_host_has_one_spelling(written: str, meant: str) -> None:
    assert canonical_host(written) == meant
    assert canonical_host(meant) == meant


@pytest.mark.parametrize(
    "written",
    [
        "",
        " ",
        ".",
        "a..b",
        "a b",
        "a/b",
        "a\nb",
        "a:b",
        "a:123456",
        "=1+1",
        "[::1",
        "::1]",
        "[x]:1",
        "a" * 254,
        "a\u202eb",
    ],
)
def test_what_is_no_host_is_refused(written: str) -> None:
    with pytest.raises(BadAddress):
        canonical_host(written)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("https://Example.org/a?b#c", ("example.org", "/a")),
        ("http://example.org:80", ("example.org", "/")),
        ("HTTP://example.org?x", ("example.org", "/")),
        ("//example.org/x/", ("example.org", "/x/")),
        ("example.org/x", ("example.org", "/x")),
        ("https://ana:secret@example.org/x", ("example.org", "/x")),
        ("https://example.org/a@b", ("example.org", "/a@b")),
        (" https://[2001:db8::1]:8443/x ", ("[2001:db8::1]", "/x")),
    ],
)
def test_a_url_is_a_host_and_a_path(written: str, meant: tuple[str, str]) -> None:
    assert canonical_url(written) == meant


@pytest.mark.parametrize(
    "written", ["", "/x", "ftp://example.org/x", "javascript://example.org", "https:///x", "https://"]
)
def test_what_is_no_web_address_is_refused(written: str) -> None:
    with pytest.raises(BadAddress):
        canonical_url(written)
