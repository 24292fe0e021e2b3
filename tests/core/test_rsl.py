"""RSL 1.0 read and written: what sites really publish, and what nobody should."""

from __future__ import annotations

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quire.core import rsl
from quire.core.errors import Invalid
from quire.core.rsl import model
from quire.core.rsl.model import (
    Accepts,
    Alternate,
    Amount,
    Content,
    Copyright,
    Document,
    Legal,
    Licence,
    Limits,
    Payment,
    Reporting,
    Schema,
)
from quire.core.rsl.tree import MAX_BYTES, Outdated, Unreadable

NS = f'xmlns="{rsl.NAMESPACE}"'


def licensed(inside: str, url: str = "/") -> str:
    return f'<rsl {NS}><content url="{url}"><license>{inside}</license></content></rsl>'


EVERYTHING = f"""  <?xml version="1.0" encoding="UTF-8"?>
<rsl {NS} max-age="7" xmlns:x="https://example.org/x" x:more="1">
  <content url="/news/*" server="https://olp.example" encrypted="true" lastmod="2026-01-02T03:04:05+01:00">
    <x:permits type="usage">all</x:permits>
    <license>
      <permits type="usage"> ai-train
        search </permits>
      <permits type="user">commercial</permits>
      <prohibits type="geo">US EU</prohibits>
      <payment type="crawl"><standard>urn:x:y</standard><custom>/licences</custom>
        <amount currency="EUR">0.02</amount>
        <accepts type="application/x402+json"><![CDATA[{{"a": 1}}]]></accepts>
      </payment>
      <reporting type="telemetry" profile="https://example.org/p" endpoint="https://example.org/e"/>
      <legal type="warranty">ownership authority</legal>
      <legal type="attestation">true</legal>
      <x:until>2027</x:until>
    </license>
    <license/>
    <alternate type="text/plain">/news.txt</alternate>
    <schema type="application/ld+json">{{"@type": "Article"}}</schema>
    <copyright type="organization" contactEmail="a@b.example" contactUrl="https://b.example/"
      >B &amp; C</copyright>
    <terms>https://rslstandard.org/rsl/default-terms</terms>
  </content>
</rsl>"""


def test_every_element_is_read() -> None:
    reading = rsl.read(EVERYTHING)
    assert reading.findings == ()
    assert reading.conformant
    assert reading.document == Document(
        (
            Content(
                url="/news/*",
                server="https://olp.example",
                encrypted=True,
                lastmod="2026-01-02T03:04:05+01:00",
                licences=(
                    Licence(
                        permits=Limits(usage=("ai-train", "search"), user=("commercial",)),
                        prohibits=Limits(geo=("US", "EU")),
                        payment=Payment(
                            "crawl",
                            "urn:x:y",
                            "/licences",
                            Amount("0.02", "EUR"),
                            Accepts("application/x402+json", '{"a": 1}'),
                        ),
                        reporting=(Reporting("telemetry", "https://example.org/p", "https://example.org/e"),),
                        legal=(Legal("warranty", "ownership authority"), Legal("attestation", "true")),
                    ),
                    Licence(),
                ),
                alternates=(Alternate("/news.txt", "text/plain"),),
                schema=Schema('{"@type": "Article"}', "application/ld+json"),
                copyright=Copyright("B & C", "organization", "a@b.example", "https://b.example/"),
                terms="https://rslstandard.org/rsl/default-terms",
            ),
        ),
        max_age=7,
    )


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        # As Stack Overflow publishes it: a content without a licence.
        (f'<rsl {NS}><content url="/" server="https://s.example"/></rsl>', "has no license"),
        (f"<rsl {NS}/>", "no content"),
        (f'<rsl {NS} max-age="0"><content url="/"><license/></content></rsl>', "max-age"),
        (f'<rsl {NS} max-age="x"><content url="/"><license/></content></rsl>', "max-age"),
        (f"<rsl {NS}><content><license/></content></rsl>", "no url"),
        (f'<rsl {NS}><content url="x"><license/></content></rsl>', "neither a path"),
        (f'<rsl {NS}><content url="/" encrypted="yes"><license/></content></rsl>', "encrypted"),
        (f'<rsl {NS}><content url="/" lastmod="today"><license/></content></rsl>', "lastmod"),
        (
            f'<rsl {NS}><origin>x</origin><content url="/"><license/></content></rsl>',
            "'origin' stands in rsl",
        ),
        (f'<rsl {NS}><content url="/" urn="x"><license/></content></rsl>', "attribute 'urn'"),
        (f'<rsl {NS}><content url="/">text<license/></content></rsl>', "text in content"),
        (
            f'<rsl {NS}><content url="/"><license/><terms>/a</terms><terms>/b</terms></content></rsl>',
            "terms stands more than once",
        ),
        (licensed('<permits type="usage">train-ai</permits>'), "'train-ai' in permits is not a known usage"),
        (licensed('<permits type="geo">de</permits>'), "not a known geo"),
        (licensed('<permits type="usage"/>'), "lists nothing"),
        (licensed("<permits>all</permits>"), "permits has no type"),
        (licensed('<payment type="barter"/>'), "type of payment"),
        (licensed('<payment><amount currency="XBT">1</amount></payment>'), "XBT"),
        (licensed('<payment><amount currency="EUR">1,50</amount></payment>'), "not a decimal"),
        (licensed('<reporting type="telemetry"/>'), "profile"),
        (licensed('<legal type="disclaimer">whatever</legal>'), "disclaimer"),
        (licensed("<server>https://s.example</server>"), "'server' stands in license"),
    ],
)
def test_what_is_not_conformant_is_said(text: str, sentence: str) -> None:
    reading = rsl.read(text)
    assert any(sentence in finding for finding in reading.findings), reading.findings
    with pytest.raises(rsl.NotConformant):
        rsl.write(Document((Content("x", ()),)))


def test_it_is_known_by_its_namespace_and_not_by_its_prefix_or_place() -> None:
    plain = rsl.read(licensed('<permits type="usage">search</permits>')).document
    prefixed = licensed('<permits type="usage">search</permits>').replace("xmlns=", "xmlns:rsl=")
    for name in ("content", "license", "permits"):
        prefixed = prefixed.replace(f"<{name}", f"<rsl:{name}").replace(f"</{name}", f"</rsl:{name}")
    prefixed = prefixed.replace("<rsl xmlns", "<rsl:rsl xmlns").replace("</rsl>", "</rsl:rsl>")
    assert rsl.read(prefixed).document == plain
    feed = f'<rss version="2.0"><channel><item><title>x</title>{prefixed}</item></channel></rss>'
    assert rsl.read(feed).document == plain
    loose = feed.replace("<rsl:rsl ", "<group ").replace("</rsl:rsl>", "</group>")
    assert rsl.read(loose).document == plain


@pytest.mark.parametrize(
    "data", [b"", b"<html><body>no</body></html>", b'<rsl xmlns="x"/>', b"<rsl>", b"\x00"]
)
def test_without_rsl_it_is_refused(data: bytes) -> None:
    with pytest.raises(Unreadable):
        rsl.read(data)


@pytest.mark.parametrize(
    "inside",
    [
        '<permits type="usage">train-ai,search</permits>',
        '<prohibits type="geo">US, CN</prohibits>',
        '<payment type="inference"/>',
    ],
)
def test_rsl_0_9_is_recognised_and_refused(inside: str) -> None:
    with pytest.raises(Outdated, match=r"RSL 0\.9"):
        rsl.read(licensed(inside))


BOMB = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))


@pytest.mark.parametrize(
    "data",
    [
        f'<!DOCTYPE rsl [<!ENTITY e0 "x">{BOMB}]>{licensed("&e11;")}',
        f'<!DOCTYPE rsl SYSTEM "file:///etc/passwd">{licensed("")}',
        f'<!DOCTYPE rsl [<!ENTITY % p SYSTEM "http://127.0.0.1/x">%p;]>{licensed("")}',
        licensed("&unknown;"),
        f'<rsl {NS}><content url="/">' + "<a>" * 100_000,
        f"<rsl {NS}>" + "<content/>" * 50_000 + "</rsl>",
        f"<rsl {NS} " + " ".join(f'a{n}=""' for n in range(1_000)) + "/>",
        " " * (MAX_BYTES + 1),
        '<?xml version="1.0" encoding="rot13"?><x/>\udcff',
        b'<?xml version="1.0" encoding="utf-7"?><x>\xff</x>',
        b"\xff\xfe<\x00",
        b"\xfe\xff\xd8\x00\xd8\x00",
        licensed("\x00"),
        "<a:rsl/>",
    ],
    ids=range(14),
)
def test_hostile_xml_is_refused(data: str | bytes) -> None:
    with pytest.raises(Unreadable) as refused:
        rsl.read(data)
    assert len(refused.value.sentence) < 300


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings_that_are_met(encoding: str) -> None:
    text = licensed("").replace("<license>", "<copyright>é</copyright><license>")
    assert rsl.read(text.encode(encoding)).document.contents[0].copyright == Copyright("é")
    declared = '<?xml version="1.0" encoding="ISO-8859-1"?>' + text
    assert rsl.read(declared.encode("latin-1")).document.contents[0].copyright == Copyright("é")


@given(st.binary(max_size=200) | st.text(st.characters(), max_size=200))
@settings(max_examples=100)
def test_any_bytes_are_read_or_refused(data: bytes | str) -> None:
    with pytest.raises(Invalid):
        rsl.read(data)


PIECES = st.sampled_from(
    [
        "<license>", "</license>", '<permits type="usage">', "</permits>", "all", "ai-train", "<payment/>",
        '<content url="/">', "</content>", "<!--", "-->", "<![CDATA[", "]]>", "&amp;", "&x;", "<x:y/>",
        "<?p?>",
    ]
)  # fmt: skip


@given(st.lists(PIECES, max_size=12).map("".join))
@settings(max_examples=100)
def test_nearly_rsl_is_read_or_refused(inside: str) -> None:
    try:
        reading = rsl.read(licensed(inside))
    except Invalid:
        return
    if reading.conformant:
        assert rsl.read(rsl.write(reading.document)) == reading


def test_a_licence_by_itself_as_clients_send_it() -> None:
    wanted = Licence(permits=Limits(usage=("ai-train",)), payment=Payment("free"))
    bare = '<license><permits type="usage">ai-train</permits><payment type="free"></payment></license>'
    assert rsl.read_licence(bare) == (wanted, ())
    assert rsl.read_licence(bare.replace("<license>", f"<license {NS}>")) == (wanted, ())
    assert rsl.read_licence(rsl.write_licence(wanted)) == (wanted, ())
    assert "\n" not in rsl.write_licence(wanted)
    for wrong in ("<content/>", '<license xmlns="x"/>', "<license", licensed("")):
        with pytest.raises(Unreadable):
            rsl.read_licence(wrong)


_WORDS = st.text(string.ascii_letters + string.digits + " &<>\"'é]\U0001f600", min_size=1, max_size=12)
TEXTS = _WORDS.map(lambda text: " ".join(text.split())).filter(bool)
WEB = st.sampled_from(["https://a.example/x?y=1&z=2", "https://b.example"])


def optional(what: st.SearchStrategy[str]) -> st.SearchStrategy[str | None]:
    return st.none() | what


def some(words: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...] | None]:
    return st.none() | st.lists(st.sampled_from(words), min_size=1, unique=True).map(tuple)


LIMITS = st.builds(Limits, some(model.USAGE), some(model.USER), some(("DE", "FR", "EU", "US")))
AMOUNTS = st.builds(Amount, st.sampled_from(["0", "1.50", "0.000000000001"]), st.sampled_from(["EUR", "JPY"]))
PAYMENTS = st.builds(
    Payment,
    optional(st.sampled_from(model.PAYMENT)),
    optional(WEB | st.just("urn:x")),
    optional(WEB | st.just("/l")),
    st.none() | AMOUNTS,
    st.none() | st.builds(Accepts, st.just("application/x402+json"), TEXTS | st.just("")),
)
REPORTINGS = st.builds(Reporting, st.sampled_from(model.REPORTING), WEB, optional(WEB))
LICENCES = st.builds(
    Licence,
    LIMITS,
    LIMITS,
    st.none() | PAYMENTS,
    st.lists(REPORTINGS, max_size=2).map(tuple),
    st.sampled_from([(), (Legal("contact", "a <b>"),), (Legal("proof", "x"), Legal("disclaimer", "as-is"))]),
)
URLS = st.sampled_from(
    ["/", "/a", "/a/", "/*b", "/a*b$", "/a/b$", "https://example.org/a", "https://x.example"]
)
CONTENTS = st.builds(
    Content,
    URLS,
    st.lists(LICENCES, min_size=1, max_size=2).map(tuple),
    WEB | st.none(),
    lastmod=st.sampled_from([None, "2026-01-02T03:04:05Z"]),
    alternates=st.lists(st.builds(Alternate, WEB, st.sampled_from([None, "text/plain"])), max_size=1).map(
        tuple
    ),
    schema=st.none() | st.builds(Schema, TEXTS, st.just("application/ld+json")),
    copyright=st.none() | st.builds(Copyright, TEXTS, st.sampled_from([None, "person"]), optional(TEXTS)),
    terms=optional(WEB),
)
DOCUMENTS = st.builds(
    Document, st.lists(CONTENTS, min_size=1, max_size=4).map(tuple), st.integers(1, 400) | st.just(30)
)


@given(DOCUMENTS)
@settings(max_examples=75)
def test_what_is_written_is_read_again(document: Document) -> None:
    text = rsl.write(document)
    assert rsl.read(text) == rsl.Reading(document, ())
    assert rsl.read(text.encode("utf-16")) == rsl.Reading(document, ())


@pytest.mark.parametrize("holder", ["\x00", "\x1b[2J", "\ufffe", "\ud800"])
def test_what_xml_cannot_hold_is_not_written(holder: str) -> None:
    with pytest.raises(rsl.NotConformant):
        rsl.write(Document((Content("/", (Licence(),), copyright=Copyright(holder)),)))
