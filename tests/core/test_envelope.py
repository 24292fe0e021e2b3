"""A document and its signature: what was sealed is opened, and nothing else is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quire.core import canonical, envelope
from quire.core.errors import Invalid
from quire.core.tokens import BadSignature, KeySet, UnknownKey
from tests.core.signing import EC, KEY, KEYS, STRANGER, honest

TYP = "quire-policy+jws"
DOCUMENT: dict[str, Any] = {"version": 1, "rules": [{"pattern": "/", "permits": ["search"]}], "ü": "é\n"}
SEALED = envelope.seal(DOCUMENT, KEY, TYP)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-canonical.MAX_INT, canonical.MAX_INT) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(texts, values, max_size=5), st.booleans())
def test_what_was_sealed_is_opened_however_it_is_spaced(document: dict[str, Any], ascii_only: bool) -> None:
    sealed = envelope.seal(document, KEY, TYP)
    assert envelope.open(sealed, KEYS, TYP) == document
    text = json.dumps(dict(reversed(sealed.items())), indent=2, ensure_ascii=ascii_only)
    assert envelope.open(text, KEYS, TYP) == envelope.open(text.encode(), KEYS, TYP) == document


def test_an_envelope_is_what_the_page_of_forms_says() -> None:
    assert set(SEALED) == {"document", "signature"}
    digest = canonical.digest(canonical.dumps(DOCUMENT))
    assert SEALED["signature"] == KEY.sign(canonical.dumps({"digest": digest}), TYP)


def test_a_document_may_be_larger_than_what_is_signed_directly() -> None:
    document = {"rules": ["x" * 100_000]}
    assert envelope.open(envelope.seal(document, KEY, TYP), KEYS, TYP) == document


@pytest.mark.parametrize(
    "document",
    [
        {**DOCUMENT, "version": 2},
        {**DOCUMENT, "more": None},
        {name: value for name, value in DOCUMENT.items() if name != "rules"},
        {},
    ],
)
def test_another_document_than_the_signed_one_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(BadSignature, match="not the one that was signed"):
        envelope.open({**SEALED, "document": document}, KEYS, TYP)


def test_every_changed_byte_is_found() -> None:
    data = canonical.dumps(SEALED)
    for at in range(len(data)):
        for other in b'0A" \x00\xff':
            changed = data[:at] + bytes([other]) + data[at + 1 :]
            if other == data[at]:
                continue
            with pytest.raises((BadSignature, UnknownKey, Invalid)):
                envelope.open(changed, KEYS, TYP)


def test_the_signature_is_by_a_trusted_ed25519_key_and_of_this_kind() -> None:
    with pytest.raises(UnknownKey):
        envelope.open(envelope.seal(DOCUMENT, STRANGER, TYP), KEYS, TYP)
    with pytest.raises(UnknownKey):
        envelope.open(SEALED, KeySet(), TYP)
    with pytest.raises(BadSignature):
        envelope.open(SEALED, KEYS, "quire-revocations+jws")
    with pytest.raises(Invalid):
        envelope.seal(DOCUMENT, EC, TYP)
    payload = canonical.dumps({"digest": canonical.digest(canonical.dumps(DOCUMENT))})
    for signature in (honest(payload, TYP, EC), KEY.sign(payload, TYP, "EdDSA")):
        with pytest.raises(BadSignature):
            envelope.open({"document": DOCUMENT, "signature": signature}, KEYS, TYP)


def test_the_digest_alone_is_signed_and_nothing_beside_it() -> None:
    digest = canonical.digest(canonical.dumps(DOCUMENT))
    for payload in ({"digest": digest, "more": 1}, {"digest": digest[7:]}, {}, [digest]):
        sealed = {"document": DOCUMENT, "signature": KEY.sign(json.dumps(payload).encode(), TYP)}
        with pytest.raises(BadSignature):
            envelope.open(sealed, KEYS, TYP)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"null",
        b"\xff",
        "\ud800",
        b"{" * 200_000,
        b'{"document":' + b"[" * 200_000,
        b'{"document":{},"document":{},"signature":"a.b.c"}',
        b'{"document":{"a":NaN},"signature":"a.b.c"}',
        b'{"document":{"a":1.5},"signature":"a.b.c"}',
        b'{"document":{"a":1e400},"signature":"a.b.c"}',
        b'{"document":{"a":' + b"9" * 5000 + b'},"signature":"a.b.c"}',
        b'{"document":{"a":"\\ud800"},"signature":"a.b.c"}',
        b'{"document":{}}',
        b'{"signature":"a.b.c"}',
        b'{"document":[],"signature":"a.b.c"}',
        b'{"document":{},"signature":null}',
        b'{"document":{},"signature":"a.b.c","entries":""}',
        {"document": {"a": 0.5}, "signature": SEALED["signature"]},
        {"document": {"a": "\ud800"}, "signature": SEALED["signature"]},
        {},
        b" " * (envelope.MAX_BYTES + 1),
    ],
)
def test_what_is_no_envelope_is_refused_with_a_sentence(data: Any) -> None:
    with pytest.raises(envelope.NotAnEnvelope) as caught:
        envelope.open(data, KEYS, TYP)
    assert caught.value.code == "envelope.invalid"
    assert len(caught.value.sentence) < 300


def test_a_document_without_a_canonical_form_is_not_sealed() -> None:
    for value in (0.5, float("nan"), 2**60, object(), "\ud800"):
        with pytest.raises(canonical.NotCanonical):
            envelope.seal({"a": value}, KEY, TYP)
