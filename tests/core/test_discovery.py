"""Where licence terms are found: headers, HTML, robots.txt; and what holds where several speak."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quire.core import rsl
from quire.core.discovery import (
    MAX_HTML,
    Found,
    absolute,
    in_headers,
    in_html,
    links,
    merged,
    placed,
)
from quire.core.rsl import Content, Document, Licence, Limits, Payment, Verdict

PAGE = "https://example.org/news/a?b=c"
TYPE = 'type="application/rsl+xml"'
TERMS = "https://example.org/license.xml"


@pytest.mark.parametrize(
    ("header", "urls"),
    [
        (f'<{TERMS}>; rel="license"; {TYPE}', (TERMS,)),
        (f"<{TERMS}>;rel=license;type=application/rsl+xml", (TERMS,)),
        (f'<{TERMS}> ; REL = "next License" ; Type = "Application/RSL+XML; charset=utf-8"', (TERMS,)),
        (f'</license.xml>; rel="license"; {TYPE}', (TERMS,)),
        (f'</a>; rel=next, <b>; title="x, <y>; \\"z"; rel=license; {TYPE}', ("https://example.org/news/b",)),
        (
            f"</a>; rel=license; {TYPE}, ,</b>;rel=license;{TYPE};",
            tuple(f"https://example.org/{x}" for x in "ab"),
        ),
        (f'<{TERMS}>; rel="license"', ()),
        (f'<{TERMS}>; rel="next"; rel="license"; {TYPE}', ()),
        (f'<{TERMS}>; rel="license"; {TYPE}; anchor="/other"', ()),
        (f'<http://example.org/license.xml>; rel="license"; {TYPE}', ()),
        (f'<javascript:alert(1)>; rel="license"; {TYPE}', ()),
        (f'<https://user:pass@example.org/>; rel="license"; {TYPE}', ()),
        (f'<https://[::1>; rel="license"; {TYPE}', ()),
        ("", ()),
        ("<", ()),
        (f'{TERMS}; rel="license"; {TYPE}', ()),
        (f'<{TERMS}>; rel="license; {TYPE}', ()),
    ],
)
def test_the_link_header(header: str, urls: tuple[str, ...]) -> None:
    assert in_headers(header, PAGE) == Found(urls)
    assert in_headers(["</x>; rel=next", header], PAGE) == Found(urls)


def test_http_only_where_it_is_asked_for() -> None:
    header = f'<http://127.0.0.1:8001/license.xml#x>; rel="license"; {TYPE}'
    assert in_headers(header, PAGE).urls == ()
    assert in_headers(header, PAGE, allow_http=True).urls == ("http://127.0.0.1:8001/license.xml",)
    assert absolute("file:///etc/passwd", PAGE, allow_http=True) is None
    assert absolute("//other.example/x", PAGE) == "https://other.example/x"
    assert absolute("https://example.org:99999/", PAGE) is None


INLINE = f'<rsl xmlns="{rsl.NAMESPACE}"><content url=""><license/></content></rsl>'


def test_html_links_and_what_stands_in_the_page() -> None:
    page = f"""<!doctype html><html><head><base href="/sub/">
      <!-- <link rel="license" type="application/rsl+xml" href="https://evil.example/"> -->
      <!--><title><link rel="license" type="application/rsl+xml" href="https://evil.example/"></title>
      <LINK REL="License" TYPE="application/rsl+xml" HREF="terms.xml">
      <link rel="license" href="https://creativecommons.org/licenses/by/4.0/">
      <link rel="stylesheet" type="application/rsl+xml" href="x">
      <script>var x = '<link rel="license" type="application/rsl+xml" href="https://evil.example/">';</script>
      <script type="application/rsl+xml">{INLINE}</script></head>
      <body><link rel="license" type="application/rsl+xml" href="https://other.example/l?a=1&amp;b=2"></body>"""
    found = in_html(page, PAGE)
    assert found == Found(("https://example.org/sub/terms.xml", "https://other.example/l?a=1&b=2"), (INLINE,))
    document = placed(rsl.read(found.inline[0]).document, PAGE)
    assert rsl.evaluate(document, PAGE, "search").licensed
    assert not rsl.evaluate(document, "https://example.org/news/a", "search").licensed
    assert not rsl.evaluate(document, PAGE + "d", "search").licensed


def test_an_inline_document_for_a_page_with_odd_characters() -> None:
    document = placed(
        Document((Content("", (Licence(),)), Content("/x", (Licence(),)))), "https://e.example/a*$é"
    )
    assert [content.url for content in document.contents] == ["https://e.example/a%2A%24%C3%A9$", "/x"]
    assert rsl.evaluate(document, "https://e.example/a*$é", "search").licensed
    assert not rsl.evaluate(document, "https://e.example/ab", "search").licensed


def verdict(licensed: bool, *, token: bool = False, paid: bool = False) -> Verdict:
    payment = Payment("use") if paid else None
    return Verdict(licensed, ".", Content("/", ()), Licence(Limits(), Limits(), payment), token, payment)


def test_the_more_specific_place_holds_and_of_equals_the_stricter() -> None:
    yes, no, token, paid = (
        verdict(True),
        verdict(False),
        verdict(True, token=True),
        verdict(True, token=True, paid=True),
    )
    silent = Verdict(False, "No content of the document matches this address.")
    assert merged([yes], [no]) == yes
    assert merged([silent], [no]) == no
    assert merged([yes, no], []) == no
    assert merged([], [yes, paid, token]) == paid
    assert merged([yes, token], [no]) == token
    assert not merged([silent], [silent]).licensed
    assert not merged([], []).licensed


@given(st.text(max_size=200) | st.text(st.sampled_from('<>;=",\\ relicns/'), max_size=60))
@settings(max_examples=200)
def test_any_text_is_searched(text: str) -> None:
    assert all(url.startswith("https://") for url in in_headers(text, PAGE).urls)
    list(links(text))
    hostile = f'<link rel="license" {TYPE} href="{text}">{text}<script {TYPE}>'
    assert all(url.startswith("https://") for url in in_html(hostile + text, PAGE).urls)


def calls(work: Callable[[], object]) -> int:
    """How many calls of functions the work takes, which is in proportion to its steps."""
    count = 0

    def one(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += 1

    sys.setprofile(one)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize(
    "header",
    [
        "<a>" + ";" * 30_000,
        "<a>;x=" + '"\\' * 15_000,
        "<a> " * 8_000,
        "<" * 30_000,
        "<a>;" + " " * 30_000 + "x",
    ],
    ids=range(5),
)
def test_a_hostile_header_is_looked_at_once(header: str) -> None:
    assert calls(lambda: list(links(header))) < 20 * len(header)


@pytest.mark.parametrize(
    "piece",
    [
        "<!--", "<!-", "<![CDATA[", "</", "<a ", "<a x='", '<a x="\'', "<!", "<?", "&", "<a b", "<script>&",
        "<script ", "</script ", "<a =", "<!--->", "<x/", "<title>", "<a>", "<", "< ",
    ],
)  # fmt: skip
def test_a_hostile_page_is_looked_at_once(piece: str) -> None:
    page = "application/rsl+xml " + piece * (MAX_HTML // len(piece))
    assert in_html(page, PAGE) == Found()
    assert calls(lambda: in_html(page[:30_000], PAGE)) < 20 * 30_000
