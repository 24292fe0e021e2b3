"""Path patterns (RFC 9309 §2.2.2): what they match, and which of many holds."""

from __future__ import annotations

import re
import sys
from urllib.parse import unquote_to_bytes

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quire.core.patterns import Book, covers, matches, normal, normal_path


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("/", "/", True),
        ("/", "/a", True),
        ("", "/a", False),
        ("/a", "/ab", True),
        ("/a/", "/a", False),
        ("/a$", "/a", True),
        ("/a$", "/ab", False),
        ("/*.pdf$", "/x/y.pdf", True),
        ("/*.pdf$", "/x/y.pdf?z", False),
        ("/*.pdf", "/x/y.pdf?z", True),
        ("*.pdf", "/x/y.pdf", True),
        ("/a*b*c$", "/abc", True),
        ("/a*bc*c$", "/abc", False),
        ("/*$", "/anything", True),
        ("/a**b", "/a-b", True),
        ("a", "/a", False),
        # The table of RFC 9309 §2.2.2, and its special characters (§2.2.3).
        ("/foo/bar/ツ", "/foo/bar/%E3%83%84", True),
        ("/foo/bar/%E3%83%84", "/foo/bar/ツ", True),
        ("/foo/bar/%e3%83%84", "/foo/bar/%E3%83%84", True),
        ("/foo/bar/%62%61%7A", "/foo/bar/baz", True),
        ("/foo/bar?baz=quz", "/foo/bar?baz=quz", True),
        ("/path/file-with-a-%2A.html", "/path/file-with-a-*.html", True),
        ("/path/file-with-a-%2A.html", "/path/file-with-a-b.html", False),
        ("/path/foo-%24", "/path/foo-$", True),
        ("/path/foo-%24", "/path/foo-", False),
        ("/a$b", "/a$b", True),
        ("/a%2Fb", "/a/b", False),
        ("/a b", "/a%20b", True),
        ("/*2", "/*", False),
        ("/*é2", "/aé2", True),
        ("/*20b", "/a%20b", False),
        ("/100%", "/100%25", True),
        ("/\udce9", "/%E9", True),
        ("/\ud800", "/%ED%A0%80", True),
    ],
)
def test_a_pattern_matches(pattern: str, path: str, expected: bool) -> None:
    assert matches(pattern, path) is expected
    book: Book[str] = Book()
    book.add(pattern, "here")
    assert (book.find(path) == "here") is expected
    assert book.entry(path) == ((normal(pattern), "here") if expected else None)


def octets(text: str, special: str) -> str:
    """Octets meant literally as characters below 256, special characters from U+E000 on."""
    out, at = "", 0
    while at < len(text):
        if re.match(r"%[0-9A-Fa-f]{2}", text[at:]):
            octet = unquote_to_bytes(text[at : at + 3]).decode("latin-1")
            # An escaped reserved octet is another than the plain one; that of a special character is not.
            known = octet not in "!&'()+,;=:@/?#[]"
            out, at = out + (octet if known else f"\ue100{octet}"), at + 3
        elif text[at] in special:
            out, at = out + chr(0xE000 + ord(text[at])), at + 1
        else:
            out, at = out + text[at].encode().decode("latin-1"), at + 1
    return out


def slow_match(pattern: str, path: str) -> bool:
    """The rule as a regular expression over octets: obvious, and slow for the wrong patterns."""
    if not pattern:
        return False
    end = "$" if pattern.endswith("$") else ""
    said = octets(pattern.removesuffix("$"), "*")
    made = "".join(".*" if c == chr(0xE000 + ord("*")) else re.escape(c) for c in said)
    return re.match(made + ("\\Z" if end else ""), octets(path, ""), re.DOTALL) is not None


PATTERNS = st.text(st.sampled_from("/ab*$%2aF4é "), max_size=9).map(lambda text: "/" + text)
PATHS = st.text(st.sampled_from("/ab*$%2aF4é "), max_size=12).map(lambda text: "/" + text)


@given(PATTERNS, PATHS)
@settings(max_examples=200)
def test_matching_is_the_rule_as_a_regular_expression(pattern: str, path: str) -> None:
    assert matches(pattern, path) is slow_match(pattern, path)


@given(PATTERNS | st.text(max_size=12), PATHS)
@settings(max_examples=200)
def test_the_one_spelling_is_one(pattern: str, path: str) -> None:
    assert normal(normal(pattern)) == normal(pattern)
    assert normal_path(normal_path(path)) == normal_path(path)
    assert matches(normal(pattern), path) is matches(pattern, path) is matches(pattern, normal_path(path))
    assert normal(pattern).isascii()


@given(st.lists(PATTERNS | PATTERNS.map(lambda text: text.replace("*", "")), max_size=8), PATHS)
@settings(max_examples=200)
def test_the_book_finds_the_longest(patterns: list[str], path: str) -> None:
    book: Book[int] = Book()
    for number, pattern in enumerate(patterns):
        book.add(pattern, number)
    last = {normal(pattern): number for number, pattern in enumerate(patterns)}
    held = min((p for p in last if slow_match(p, path)), key=lambda p: (-len(p), p), default=None)
    assert book.entry(path) == (None if held is None else (held, last[held]))
    assert book.find(path) == (None if held is None else last[held])
    assert list(book) == sorted(last.items(), key=lambda entry: (-len(entry[0]), entry[0]))


@pytest.mark.parametrize(
    ("wide", "narrow", "expected"),
    [
        ("/", "/a*", True),
        ("/a*b", "/a*b", True),
        ("/a", "/a$", True),
        ("/a$", "/a", False),
        ("/*.pdf", "/x/*.pdf$", True),
        ("/*.pdf$", "/x/*.pdf", False),
        ("/x/*.pdf", "/*.pdf", False),
        ("/%2A", "/*", False),
        ("/*2A", "/%2A", False),
        ("/a%2fb", "/a%2Fb/c", True),
        ("", "/", False),
    ],
)
def test_a_pattern_covers_another(wide: str, narrow: str, expected: bool) -> None:
    assert covers(wide, narrow) is expected


@given(PATTERNS, PATTERNS, PATHS, st.data())
@settings(max_examples=200)
def test_what_is_covered_lies_under_both(wide: str, more: str, path: str, data: st.DataObject) -> None:
    """Half of the time the narrow pattern is the wide one with something in it or after it."""
    at = data.draw(st.integers(1, len(wide)))
    narrow = data.draw(st.sampled_from([more, wide[:at] + more[1:] + wide[at:]]))
    inside = narrow.replace("*", path).removesuffix("$")
    for one in (path, inside):
        if covers(wide, narrow) and slow_match(narrow, one):
            assert slow_match(wide, one)


def test_nothing_behind_a_pattern_is_something_found() -> None:
    book: Book[None] = Book()
    book.add("/a", None)
    assert book.entry("/ab") == ("/a", None)
    assert book.entry("/b") is None


def test_a_pattern_of_many_asterisks_looks_at_each_place_once() -> None:
    """Counted in steps of this file's own functions: a backtracking reader would need 2**50 of them."""
    steps = 0

    def count(frame: object, event: str, argument: object) -> None:
        nonlocal steps
        steps += 1

    sys.setprofile(count)
    try:
        assert not matches("/" + "*a" * 50 + "*b", "/" + "a" * 5_000)
    finally:
        sys.setprofile(None)
    assert steps < 1_000
