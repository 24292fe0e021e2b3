"""An edge's signature: of its own batch, of its own request, of now."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quire.core import canonical
from quire.core.edge_auth import (
    BATCH,
    MAX_LANE,
    REQUEST,
    BadClaims,
    BatchHead,
    NotThisEdge,
    Stale,
    read_batch,
    read_request,
    sign_batch,
    sign_request,
)
from quire.core.errors import Invalid, NotFound
from quire.core.tokens import KeySet
from tests.core.signing import EC, KEY, STRANGER, b64, honest

NOW = datetime(2026, 11, 21, 10, 0, 0, tzinfo=UTC)
SPOOL = "0123456789abcdef"
BODY = b"\x1f\x8b not really gzip"
EDGES = {"edg_1": KeySet.of(KEY.public_jwk(), EC.public_jwk()), "edg_2": KeySet.of(STRANGER.public_jwk())}
SAID: dict[str, Any] = {
    "edge": "edg_1",
    "spool": SPOOL,
    "lane": 0,
    "first": 1,
    "last": 1000,
    "digest": canonical.digest(BODY),
    "sent": "2026-11-21T10:00:00Z",
}
ASKED: dict[str, Any] = {
    "edge": "edg_1",
    "method": "POST",
    "path": "/edge/v1/allowances?a=1",
    "sent": "2026-11-21T10:00:00Z",
    "digest": canonical.digest(BODY),
}


def keys_of(edge: str) -> KeySet:
    return EDGES.get(edge, KeySet())


def batch(**change: Any) -> str:
    """A batch's header, truly signed by edg_1 whatever it says."""
    return "Edge " + honest(canonical.dumps({**SAID, **change}), BATCH)


def asked(value: str, now: datetime = NOW, method: str = "POST", path: str = ASKED["path"]) -> str:
    return read_request(value, method, path, BODY, keys_of, now)


@settings(max_examples=100, deadline=None)
@given(
    st.integers(0, MAX_LANE),
    st.integers(1, 2**53 - 1),
    st.integers(0, 10_000),
    st.binary(max_size=50),
    st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=-3))])),
)
def test_the_head_of_a_batch_is_read_as_it_was_signed(
    lane: int, first: int, more: int, body: bytes, sent: datetime
) -> None:
    last = min(first + more, 2**53 - 1)
    value = sign_batch(KEY, "edg_1", SPOOL, lane, first, last, body, sent)
    head = BatchHead("edg_1", SPOOL, lane, first, last, canonical.digest(body), sent.replace(microsecond=0))
    assert read_batch(value, body, keys_of) == head


def test_both_headers_are_what_the_page_of_forms_says() -> None:
    value = sign_batch(KEY, "edg_1", SPOOL, 0, 1, 1000, BODY, NOW)
    assert value == "Edge " + KEY.sign(canonical.dumps(SAID), "quire-batch+jws")
    value = sign_request(KEY, "edg_1", "post", ASKED["path"], BODY, NOW)
    assert value == "Edge " + KEY.sign(canonical.dumps(ASKED), "quire-edge+jws")


def test_a_request_is_its_edges_for_five_minutes_either_way() -> None:
    value = sign_request(KEY, "edg_1", "POST", ASKED["path"], BODY, NOW)
    minutes = timedelta(minutes=5)
    for now in (NOW, NOW + minutes, NOW - minutes, (NOW + minutes).astimezone(timezone(timedelta(hours=9)))):
        assert asked(value, now) == "edg_1"
        assert asked(value.replace("Edge", "edge"), now, method="post") == "edg_1"
    for now in (NOW + minutes + timedelta(seconds=1), NOW - minutes - timedelta(seconds=1)):
        with pytest.raises(Stale):
            asked(value, now)


def test_a_request_is_signed_for_one_address_one_method_and_one_body() -> None:
    value = sign_request(KEY, "edg_1", "POST", ASKED["path"], BODY, NOW)
    for method, path, body in (
        ("GET", ASKED["path"], BODY),
        ("POST", "/edge/v1/allowances", BODY),
        ("POST", "/edge/v1/policy", BODY),
        ("POST", ASKED["path"], BODY + b" "),
        ("POST", ASKED["path"], b""),
    ):
        with pytest.raises(NotThisEdge) as caught:
            read_request(value, method, path, body, keys_of, NOW)
        assert (caught.value.code, caught.value.status) == ("usage.not-this-edge", 401)


def test_an_edge_speaks_for_itself_and_for_no_other() -> None:
    for edge in ("edg_2", "edg_3", "edg_1 ", ""):
        with pytest.raises((NotThisEdge, BadClaims)):
            read_batch(batch(edge=edge), BODY, keys_of)
    with pytest.raises(NotThisEdge):
        read_batch(sign_batch(STRANGER, "edg_1", SPOOL, 0, 1, 2, BODY, NOW), BODY, keys_of)
    assert read_batch(sign_batch(STRANGER, "edg_2", SPOOL, 0, 1, 2, BODY, NOW), BODY, keys_of).edge == "edg_2"


@pytest.mark.parametrize("error", [KeyError, NotFound])
def test_an_edge_that_is_not_registered_may_be_told_by_an_error(error: type[Exception]) -> None:
    def nobody(edge: str) -> KeySet:
        raise error(f"There is no edge {edge}.")

    with pytest.raises(NotThisEdge):
        read_batch(batch(), BODY, nobody)


def test_neither_signature_serves_as_the_other_and_nothing_but_ed25519_serves() -> None:
    signed_batch = sign_batch(KEY, "edg_1", SPOOL, 0, 1, 2, BODY, NOW)
    signed_request = sign_request(KEY, "edg_1", "POST", ASKED["path"], BODY, NOW)
    with pytest.raises(NotThisEdge):
        asked(signed_batch)
    with pytest.raises(NotThisEdge):
        read_batch(signed_request, BODY, keys_of)
    payload = canonical.dumps(SAID)
    for jws in (honest(payload, BATCH, EC), KEY.sign(payload, BATCH, "EdDSA"), KEY.sign(payload, "JWT")):
        with pytest.raises(NotThisEdge):
            read_batch("Edge " + jws, BODY, keys_of)
    with pytest.raises(Invalid):
        sign_batch(EC, "edg_1", SPOOL, 0, 1, 2, BODY, NOW)


def test_every_changed_character_and_another_body_are_found() -> None:
    value = batch()
    assert read_batch(value, BODY, keys_of).last == 1000
    for at in range(len(value)):
        with pytest.raises(NotThisEdge):
            read_batch(value[:at] + ("B" if value[at] != "B" else "C") + value[at + 1 :], BODY, keys_of)
    with pytest.raises(NotThisEdge):
        read_batch(value, BODY + b"\0", keys_of)


@pytest.mark.parametrize(
    "change",
    [
        {"spool": "../../etc/passwd"},
        {"spool": "ABCDEF0123456789"},
        {"spool": "ab" * 33},
        {"spool": 5},
        {"lane": -1},
        {"lane": MAX_LANE + 1},
        {"lane": "0"},
        {"lane": True},
        {"first": 0},
        {"first": 1001},
        {"first": None},
        {"last": "1000"},
        {"last": True},
        {"sent": "yesterday"},
        {"sent": None},
        {"sent": "2026-11-21T10:00:00+00:00"},
        {"more": 1},
    ],
)
def test_a_head_that_makes_no_sense_is_no_batch_though_truly_signed(change: dict[str, Any]) -> None:
    with pytest.raises(BadClaims) as caught:
        read_batch(batch(**change), BODY, keys_of)
    assert caught.value.status == 400


@pytest.mark.parametrize("name", SAID)
def test_nothing_may_be_missing(name: str) -> None:
    less = {key: value for key, value in SAID.items() if key != name}
    with pytest.raises((BadClaims, NotThisEdge)):
        read_batch("Edge " + honest(canonical.dumps(less), BATCH), BODY, keys_of)
    assert name == "edge" or read_batch(batch(), BODY, keys_of)


def unsigned(payload: bytes) -> str:
    return f"Edge {b64(b'{}')}.{b64(payload)}."


@pytest.mark.parametrize(
    "value",
    [
        "",
        "Edge",
        "Edge ",
        "Bearer " + batch()[5:],
        batch()[5:],
        "Edge  " + batch()[5:],
        "Edge a.b.c",
        "Edge ...",
        unsigned(b"{}"),
        unsigned(b"[" * 2000),
        unsigned(b'{"edge":NaN}'),
        unsigned(b'{"edge":["edg_1"]}'),
        unsigned(b'{"edge":"edg_1","edge":"edg_2"}'),
        unsigned(canonical.dumps(SAID)),
        "Edge e30.é.",
        "Edge " + "A" * 1_000_000,
        batch() + "\r\n",
    ],
)
def test_what_is_no_signature_is_refused(value: str) -> None:
    with pytest.raises(NotThisEdge):
        read_batch(value, BODY, keys_of)
    with pytest.raises(NotThisEdge):
        asked(value)


@settings(max_examples=100)
@given(st.text(max_size=60))
def test_any_text_gives_one_kind_of_error(text: str) -> None:
    for value in (text, f"Edge {text}"):
        with pytest.raises(NotThisEdge):
            read_batch(value, BODY, keys_of)


def test_what_is_signed_for_a_request_has_nothing_missing_and_nothing_more() -> None:
    for name in ASKED:
        less = {key: value for key, value in ASKED.items() if key != name}
        for said in (less, {**ASKED, "more": 1}, {**ASKED, "sent": 5}):
            with pytest.raises((BadClaims, NotThisEdge)):
                asked("Edge " + honest(canonical.dumps(said), REQUEST))
    assert asked("Edge " + honest(canonical.dumps(ASKED), REQUEST)) == "edg_1"
