"""The revocation list: what is on it is found, what is not is not, and a list that was touched is refused."""

from __future__ import annotations

import base64
import json
import sys
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quire.core import canonical, envelope, revocations
from quire.core.errors import Invalid
from quire.core.revocations import TYP, BadList, Revocations, make
from quire.core.tokens import BadSignature, UnknownKey
from tests.core.signing import EC, KEY, KEYS, STRANGER

ISS = "https://society.example/olp"
NOW = datetime(2026, 11, 21, 10, 0, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)

ids = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=12)
some = st.sets(st.sampled_from([f"id-{n}" for n in range(30)]) | ids, max_size=20)


def listed(jtis: Any = (), subs: Any = (), licences: Any = (), key: Any = KEY, serial: int = 12) -> bytes:
    return make(ISS, serial, NOW, LATER, jtis, subs, licences, key)


def tampered(change: dict[str, Any], entries: bytes | None = None) -> bytes:
    """A list that is truly signed, whatever it then says."""
    plain = b"".join(sorted(sha256(f"jti:{n}".encode()).digest()[:16] for n in range(5)))
    plain = plain if entries is None else entries
    document = {
        "iss": ISS,
        "serial": 1,
        "issued": "2026-11-21T10:00:00Z",
        "expires": "2026-11-21T11:00:00Z",
        "count": len(plain) // 16,
        "digest": canonical.digest(plain),
        **change,
    }
    sealed = envelope.seal({k: v for k, v in document.items() if v != "gone"}, KEY, TYP)
    return json.dumps({**sealed, "entries": base64.b64encode(plain).decode()}).encode()


@settings(max_examples=150, deadline=None)
@given(some, some, some, some)
def test_the_list_says_what_three_sets_would(
    jtis: set[str], subs: set[str], licences: set[str], asked: set[str]
) -> None:
    found = Revocations.parse(listed(jtis, subs, licences), KEYS)
    assert len(found) == len(jtis) + len(subs) + len(licences)
    for each in jtis | subs | licences | asked:
        assert found.has(each, "-", "-") == (each in jtis or "-" in subs or "-" in licences)
        assert found.has("-", each, "-") == ("-" in jtis or each in subs or "-" in licences)
        assert found.has("-", "-", each) == ("-" in jtis or "-" in subs or each in licences)


def test_a_list_is_what_the_page_of_forms_says() -> None:
    sent = json.loads(listed(["a"], ["b"], ["c"]))
    entries = b"".join(sorted(sha256(text).digest()[:16] for text in (b"jti:a", b"sub:b", b"lic:c")))
    assert sent["document"] == {
        "iss": ISS,
        "serial": 12,
        "issued": "2026-11-21T10:00:00Z",
        "expires": "2026-11-21T11:00:00Z",
        "count": 3,
        "digest": canonical.digest(entries),
    }
    assert base64.b64decode(sent["entries"]) == entries
    found = Revocations.parse(listed(["a"], ["b"], ["c"]), KEYS)
    assert (found.iss, found.serial, found.issued, found.expires) == (ISS, 12, NOW, LATER)
    assert Revocations.parse(json.dumps(sent, indent=1).encode(), KEYS) == found


def test_an_empty_list_revokes_nothing() -> None:
    found = Revocations.parse(listed(), KEYS)
    assert len(found) == 0
    assert not found.has("a", "b", "c")
    assert not found.has("", "", "")


def test_what_is_listed_twice_stands_once() -> None:
    assert len(Revocations.parse(listed(["a", "a", "b"]), KEYS)) == 2


def test_the_helper_that_tampers_would_pass_untouched() -> None:
    found = Revocations.parse(tampered({}), KEYS)
    assert len(found) == 5
    assert found.has("3", "", "")


ONE, TWO = bytes(16), bytes(15) + b"\1"


@pytest.mark.parametrize(
    ("change", "entries"),
    [
        ({}, TWO + ONE),
        ({}, ONE + ONE),
        ({}, ONE + TWO + b"\2"),
        ({"count": 1}, ONE + TWO[:-1]),
        ({"count": 2}, ONE),
        ({"count": 0}, ONE),
        ({"count": -1}, ONE),
        ({"count": True}, ONE),
        ({"count": "1"}, ONE),
        ({"digest": canonical.digest(b"")}, ONE),
        ({"digest": None}, ONE),
        ({"iss": 5}, ONE),
        ({"serial": -1}, ONE),
        ({"serial": "1"}, ONE),
        ({"serial": True}, ONE),
        ({"issued": "2026-11-21"}, ONE),
        ({"expires": None}, ONE),
        ({"expires": "gone"}, ONE),
        ({"more": 1}, ONE),
    ],
)
def test_a_list_that_makes_no_sense_is_refused_though_truly_signed(
    change: dict[str, Any], entries: bytes
) -> None:
    with pytest.raises(Invalid):
        Revocations.parse(tampered(change, entries), KEYS)


def test_entries_that_were_changed_or_taken_out_are_missed() -> None:
    sent = json.loads(listed([str(n) for n in range(9)]))
    entries = base64.b64decode(sent["entries"])
    for other in (b"", entries[16:], entries[:-16], entries + b"\xff" * 16, entries[:-1] + b"\0"):
        changed = {**sent, "entries": base64.b64encode(other).decode()}
        with pytest.raises(BadList):
            Revocations.parse(json.dumps(changed).encode(), KEYS)
    for text in (sent["entries"] + "=", sent["entries"] + "AAAA", " " + sent["entries"], "é", "A", None, []):
        with pytest.raises(BadList):
            Revocations.parse(json.dumps({**sent, "entries": text}).encode(), KEYS)


def test_the_last_character_has_one_spelling() -> None:
    sent = json.loads(listed(["a"]))
    assert sent["entries"].endswith("==")
    for last in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/":
        other = {**sent, "entries": sent["entries"][:-3] + last + "=="}
        if other != sent:
            with pytest.raises(BadList):
                Revocations.parse(json.dumps(other).encode(), KEYS)


def test_the_list_of_one_issue_has_not_the_entries_of_another() -> None:
    old, new = json.loads(listed(["a"], serial=1)), json.loads(listed(["a", "b"], serial=2))
    with pytest.raises(BadList):
        Revocations.parse(json.dumps({**new, "entries": old["entries"]}).encode(), KEYS)
    with pytest.raises(BadSignature):
        Revocations.parse(json.dumps({**new, "document": old["document"]}).encode(), KEYS)


def test_only_a_trusted_key_and_this_kind_of_signature_serve() -> None:
    with pytest.raises(UnknownKey):
        Revocations.parse(listed(["a"], key=STRANGER), KEYS)
    with pytest.raises(Invalid):
        listed(["a"], key=EC)
    sent = json.loads(listed())
    policy = envelope.seal(sent["document"], KEY, "quire-policy+jws")
    with pytest.raises(BadSignature):
        Revocations.parse(json.dumps({**policy, "entries": ""}).encode(), KEYS)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"\xff",
        b"[" * 200_000,
        b'{"document":{},"signature":"a.b.c"}',
        b'{"document":{},"signature":"a.b.c","entries":"","entries":""}',
        b'{"document":{},"signature":"a.b.c","entries":"","more":""}',
        b'{"document":[],"signature":"a.b.c","entries":""}',
        b'{"document":{"count":NaN},"signature":"a.b.c","entries":""}',
        '{"document":{},"signature":"a.b.c","entries":""}'.encode("utf-16"),
        b" " * (revocations.MAX_BYTES + 1),
    ],
)
def test_what_is_no_list_is_refused_with_a_sentence(data: bytes) -> None:
    with pytest.raises((Invalid, BadSignature)) as caught:
        Revocations.parse(data, KEYS)
    assert len(caught.value.sentence) < 300


@settings(max_examples=100)
@given(st.binary(max_size=60))
def test_any_bytes_give_one_kind_of_error(data: bytes) -> None:
    with pytest.raises(BadList):
        Revocations.parse(data, KEYS)


def test_a_hundred_thousand_entries_are_one_piece_of_memory_and_all_found() -> None:
    names = [f"token-{n}" for n in range(100_000)]
    found = Revocations.parse(listed(names), KEYS)
    assert len(found) == 100_000
    assert sys.getsizeof(found.entries) - 16 * 100_000 < 100
    assert all(found.has(name, "", "") for name in names[::97])
    assert not any(found.has(f"other-{n}", "", "") for n in range(1000))
