"""What a stranger may send in a token's place: every trick is refused, and says for which reason."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quire.core import allowances, envelope
from quire.core.licence_token import MAX_TOKEN, TYP, TokenRefused, issue, peek_issuer, read, read_from
from quire.core.money import Money
from quire.core.tokens import ALGS, KeySet
from tests.core.signing import EC, KEY, KEYS, STRANGER, b64, forged, honest, unb64
from tests.core.test_licence_token import CLAIMS, SAID

PAYLOAD = json.dumps(SAID).encode()
HEADER = {"alg": "Ed25519", "kid": KEY.kid, "typ": TYP}


def refused(text: Any, keys: KeySet = KEYS) -> str:
    """The reason for which the token is refused; that it is read is a failure."""
    with pytest.raises(TokenRefused) as caught:
        read(text, keys)
    assert caught.value.code == caught.value.data["reason"]
    return caught.value.code


def said(**change: Any) -> str:
    """A token that is truly signed, with other claims."""
    return honest(json.dumps({**SAID, **change}).encode(), TYP)


@pytest.mark.parametrize("token", [issue(CLAIMS, KEY), issue(CLAIMS, KEY, "EdDSA"), issue(CLAIMS, EC)])
def test_every_changed_character_of_a_token_is_found(token: str) -> None:
    for at, was in enumerate(token):
        for other in {"A", "Q", "_", ".", "=", "\n", "é", chr(ord(was) ^ 1)} - {was}:
            assert refused(token[:at] + other + token[at + 1 :]) in {
                "bad-signature",
                "unknown-key",
                "malformed",
            }
    for at in range(len(token)):
        refused(token[:at])
        refused(token[:at] + token[at + 1 :])


@pytest.mark.parametrize("token", [issue(CLAIMS, KEY), issue(CLAIMS, EC)])
def test_every_flipped_bit_of_what_is_signed_and_of_the_signature_is_found(token: str) -> None:
    parts = [unb64(part) for part in token.split(".")]
    for part in range(3):
        for at in range(len(parts[part])):
            changed = bytearray(parts[part])
            changed[at] ^= 1 << (at % 8)
            altered = ".".join(b64(bytes(changed) if n == part else p) for n, p in enumerate(parts))
            assert refused(altered) in {"bad-signature", "unknown-key"}


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "", "HS256", "RS256", "ES384", "eddsa"])
def test_there_is_no_other_algorithm_and_no_token_without_one(alg: str) -> None:
    assert refused(forged({**HEADER, "alg": alg}, PAYLOAD)) == "bad-signature"
    unsigned = f"{b64(json.dumps({**HEADER, 'alg': alg}).encode())}.{b64(PAYLOAD)}."
    assert refused(unsigned) == "bad-signature"


def test_a_public_key_is_no_shared_secret() -> None:
    for key in (KEY, EC):
        jwk = key.public_jwk()
        for secret in (unb64(jwk["x"]), jwk["x"].encode(), json.dumps(jwk).encode(), b""):
            for alg in ("HS256", *ALGS):
                head = b64(json.dumps({"alg": alg, "kid": key.kid, "typ": TYP}).encode())
                mac = hmac.new(secret, f"{head}.{b64(PAYLOAD)}".encode(), hashlib.sha256).digest()
                assert refused(f"{head}.{b64(PAYLOAD)}.{b64(mac)}") == "bad-signature"


def test_neither_kind_of_key_passes_for_the_other() -> None:
    for signer, named in ((KEY, EC), (EC, KEY), (KEY, KEY), (EC, EC)):
        for alg in ALGS:
            token = forged({"alg": alg, "kid": named.kid, "typ": TYP}, PAYLOAD, signer)
            fits = signer is named and alg in (("Ed25519", "EdDSA") if signer is KEY else ("ES256",))
            if fits:
                assert read(token, KEYS) == CLAIMS
            else:
                assert refused(token) == "bad-signature"


@pytest.mark.parametrize(
    "more",
    [
        {"jwk": STRANGER.public_jwk()},
        {"jku": "https://evil.example/jwks"},
        {"x5u": "https://evil.example/x"},
        {"x5c": ["AAAA"]},
        {"crit": ["exp"]},
        {"crit": []},
        {"b64": False},
        {"zip": "DEF"},
        {"cty": "JWT"},
        {"iss": "https://society.example/olp"},
    ],
)
def test_a_header_says_what_it_must_and_nothing_else(more: dict[str, Any]) -> None:
    assert refused(forged({**HEADER, **more}, PAYLOAD)) == "bad-signature"
    assert refused(forged({**HEADER, "kid": STRANGER.kid, **more}, PAYLOAD, STRANGER)) == "bad-signature"


@pytest.mark.parametrize("typ", ["JWT", "jwt", "OLP-LICENSE+JWS", "application/olp-license+jws", "", None, 1])
def test_a_signature_of_another_kind_is_no_token(typ: Any) -> None:
    assert refused(forged({**HEADER, "typ": typ}, PAYLOAD)) == "bad-signature"


def test_what_the_society_signs_otherwise_is_no_token() -> None:
    policy = envelope.seal(SAID, KEY, "quire-policy+jws")["signature"]
    spent = allowances.Allowance("alw_1", CLAIMS.iss, "edg_1", "ab" * 8, "pty_1", Money(1, "EUR"), CLAIMS.exp)
    assert refused(policy) == "bad-signature"
    assert refused(allowances.issue(spent, KEY)) == "bad-signature"


def test_a_strangers_token_is_by_an_unknown_key() -> None:
    assert refused(issue(CLAIMS, STRANGER)) == "unknown-key"
    assert refused(issue(CLAIMS, KEY), KeySet()) == "unknown-key"
    assert refused(forged({**HEADER, "kid": ""}, PAYLOAD)) == "unknown-key"


def test_each_issuers_tokens_are_verified_with_its_own_keys_and_no_others() -> None:
    ours, sisters = "https://society.example/olp", "https://sister.example/olp"
    issuers = {ours: KeySet.of(KEY.public_jwk()), sisters: KeySet.of(STRANGER.public_jwk())}
    assert read_from(issue(CLAIMS, KEY), issuers) == CLAIMS
    for token, reason in (
        (issue(CLAIMS, STRANGER), "unknown-key"),  # the sister signs in our name
        (said(iss=sisters), "unknown-key"),  # we sign in hers
        (said(iss="https://society.example"), "unknown-issuer"),
        (said(iss=ours + "/"), "unknown-issuer"),
        (said(iss=5), "malformed"),
        ("a.b.c", "malformed"),
        ("", "malformed"),
    ):
        with pytest.raises(TokenRefused) as caught:
            read_from(token, issuers)
        assert caught.value.code == reason


@pytest.mark.parametrize("name", SAID)
def test_no_claim_may_be_missing_or_empty_or_of_another_type(name: str) -> None:
    less = {key: value for key, value in SAID.items() if key != name}
    assert refused(honest(json.dumps(less).encode(), TYP)) == "malformed"
    for wrong in (None, "", [], {}, [[]], {"a": 1}, True, 0.5, -1, 10**40, [None], ["x", 1], "é", "\x00"):
        assert refused(said(**{name: wrong})) == "malformed"


@pytest.mark.parametrize(
    "change",
    [
        {"scope": "ai-train  ai-input"},
        {"scope": " ai-train"},
        {"scope": "ai-train ai-train"},
        {"scope": "ai-train,ai-input"},
        {"scope": "ai-train\nai-input"},
        {"scope": "all"},
        {"aud": "https://example.org"},
        {"aud": ["https://example.org", "https://example.org"]},
        {"aud": ["https://example.org/*"]},
        {"aud": ["https://exämple.org"]},
        {"exp": SAID["iat"] + 3601},
        {"exp": SAID["iat"]},
        {"exp": str(SAID["exp"])},
        {"charge": "Licence"},
        {"cnf": None},
        {"cnf": {}},
        {"cnf": {"jkt": KEY.kid}},
        {"cnf": {"kid": KEY.kid}},
        {"cnf": {"jwk": None}},
        {"cnf": {"jwk": {"kty": "oct", "k": "AAAA"}}},
        {"cnf": {"jwk": EC.public_jwk()}},
        {"cnf": {"jwk": KEY.private_jwk()}},
        {"duties": "attribution"},
        {"duties": [["attribution"]]},
        {"duties": None},
        {"sub": "cli_1\r\nX-Evil: 1"},
        {"licensee": "pty_1\u2028"},
    ],
)
def test_claims_that_make_no_sense_are_malformed_though_truly_signed(change: dict[str, Any]) -> None:
    assert refused(said(**change)) == "malformed"


NESTED = 5500


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"\xef\xbb\xbf" + PAYLOAD,
        PAYLOAD.decode().encode("utf-16"),
        PAYLOAD + b"x",
        PAYLOAD[:-1],
        PAYLOAD[:-1] + b', "jti": "another"}',
        PAYLOAD[:-1] + b', "exp": 99999999999}',
        PAYLOAD[:-1] + b', "x": NaN}',
        PAYLOAD[:-1] + b', "x": -Infinity}',
        PAYLOAD[:-1] + b', "x": {"a": 1, "a": 2}}',
        PAYLOAD[:-1] + b', "x": ' + b"9" * 5000 + b"}",
        PAYLOAD.replace(b"1000900", b"NaN"),
        PAYLOAD.replace(b"1000900", b"1000900.0"),
        PAYLOAD.replace(b"1000900", b"1e6"),
        PAYLOAD.replace(b"cli_1", b"cli_\\ud800"),
        b"[" * NESTED,
        b'{"a":' * (NESTED // 5),
        b'{"iss":' + b"[" * 2500 + b"]" * 2500 + b"}",
    ],
)
def test_what_is_no_decent_json_is_malformed_though_truly_signed(payload: bytes) -> None:
    assert refused(honest(payload, TYP)) == "malformed"
    peek_issuer(honest(payload, TYP))


def test_what_is_too_long_is_not_even_decoded() -> None:
    for text in (
        "a" * 10_000_000,
        "." * 10_000_000,
        f"{issue(CLAIMS, KEY)}{'A' * MAX_TOKEN}",
        "a.b.c" * 9999,
    ):
        assert refused(text) == "malformed"
        assert peek_issuer(text) is None
    for thing in (None, b"a.b.c", 5, ["a"], {}):
        assert refused(thing) == "malformed"
        assert peek_issuer(thing) is None  # type: ignore[arg-type]


@settings(max_examples=200)
@given(
    st.text(max_size=80) | st.lists(st.binary(max_size=30), max_size=5).map(lambda p: ".".join(map(b64, p)))
)
def test_any_text_gives_one_kind_of_error(text: str) -> None:
    assert refused(text) in {"malformed", "bad-signature", "unknown-key"}
    assert peek_issuer(text) is None


def test_a_peek_believes_nothing_and_gives_text_or_none() -> None:
    head = b64(b"{}")
    assert peek_issuer(f"{head}.{b64(PAYLOAD)}.") == CLAIMS.iss
    for payload in (
        b'{"iss":5}',
        b'{"iss":null}',
        b'{"a":1}',
        b'{"iss":"a","iss":"b"}',
        b"[" * 6000,
        b"\xff",
    ):
        assert peek_issuer(f"{head}.{b64(payload)}.") is None
    assert peek_issuer(f"{head}.é.") is None
    assert peek_issuer(f"{head}.{b64(PAYLOAD)}") is None
