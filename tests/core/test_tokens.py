"""Keys and signatures: the RFC's own key, and every trick a signature from a stranger may try."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from quire.core.errors import Invalid
from quire.core.tokens import MAX_PAYLOAD, BadSignature, InvalidKey, KeySet, SigningKey, UnknownKey, verify

TYP = "quire-bundle+jws"

# RFC 8037 appendix A.1 to A.3: the private key, its public half, and the thumbprint of that.
D = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"
X = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
KID = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
PRIVATE = {"kty": "OKP", "crv": "Ed25519", "d": D, "x": X}
KEY = SigningKey.from_jwk(PRIVATE)
KEYS = KeySet.of(KEY.public_jwk())


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def forged(header: Any, payload: bytes = b"hello") -> str:
    """A JWS signed with the true key, whatever its header says."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    signed = f"{b64(text)}.{b64(payload)}"
    return f"{signed}.{b64(Ed25519PrivateKey.from_private_bytes(unb64(D)).sign(signed.encode()))}"


def test_the_rfc_key_has_the_rfc_thumbprint() -> None:
    assert KEY.kid == KID
    assert KEY.public_jwk() == {
        "kty": "OKP",
        "crv": "Ed25519",
        "x": X,
        "kid": KID,
        "alg": "Ed25519",
        "use": "sig",
    }
    assert KEY.private_jwk() == {**KEY.public_jwk(), "d": D}
    assert SigningKey.from_jwk(KEY.private_jwk()) == KEY


def test_a_signature_is_what_ed25519_makes_of_it_and_always_the_same() -> None:
    jws = KEY.sign(b"hello", TYP)
    assert jws == KEY.sign(b"hello", TYP)
    header, payload, signature = jws.split(".")
    assert json.loads(unb64(header)) == {"alg": "Ed25519", "kid": KID, "typ": TYP}
    key = Ed25519PrivateKey.from_private_bytes(unb64(D))
    assert unb64(signature) == key.sign(f"{header}.{payload}".encode())


@settings(max_examples=50)
@given(st.binary(max_size=200))
def test_what_was_signed_comes_back(payload: bytes) -> None:
    assert verify(KEY.sign(payload, TYP), KEYS, TYP) == payload


def test_the_largest_payload_is_signed_and_read_and_a_larger_one_refused() -> None:
    payload = b"x" * MAX_PAYLOAD
    assert verify(KEY.sign(payload, TYP), KEYS, TYP) == payload
    with pytest.raises(Invalid):
        KEY.sign(payload + b"x", TYP)


def test_a_new_key_is_new_and_keeps_its_secret_to_itself() -> None:
    one, two = SigningKey.generate(), SigningKey.generate()
    assert one.kid != two.kid
    assert one != two
    for shown in (repr(one), str(one), f"{one}", repr([one])):
        assert one.private_jwk()["d"] not in shown
    assert "d" not in one.public_jwk()
    assert verify(one.sign(b"a", TYP), KeySet.of(two.public_jwk(), one.public_jwk()), TYP) == b"a"


def test_an_unknown_key_is_named() -> None:
    with pytest.raises(UnknownKey) as caught:
        verify(KEY.sign(b"a", TYP), KeySet.of(SigningKey.generate().public_jwk()), TYP)
    assert caught.value.data["kid"] == KID
    with pytest.raises(UnknownKey):
        verify(KEY.sign(b"a", TYP), KeySet(), TYP)


def test_another_key_under_the_same_id_does_not_verify() -> None:
    header, payload, _ = KEY.sign(b"a", TYP).split(".")
    stranger = Ed25519PrivateKey.generate()
    with pytest.raises(BadSignature):
        verify(f"{header}.{payload}.{b64(stranger.sign(f'{header}.{payload}'.encode()))}", KEYS, TYP)


GOOD = {"alg": "Ed25519", "kid": KID, "typ": TYP}


@pytest.mark.parametrize(
    "header",
    [
        {**GOOD, "alg": "none"},
        {**GOOD, "alg": "EdDSA"},
        {**GOOD, "alg": "HS256"},
        {**GOOD, "alg": None},
        {**GOOD, "alg": ["Ed25519"]},
        {"kid": KID, "typ": TYP},
        {"alg": "Ed25519", "typ": TYP},
        {"alg": "Ed25519", "kid": KID},
        {**GOOD, "kid": [KID]},
        {**GOOD, "kid": None},
        {**GOOD, "typ": "JWT"},
        {**GOOD, "typ": TYP.upper()},
        {**GOOD, "crit": ["exp"], "exp": 1},
        {**GOOD, "crit": []},
        {**GOOD, "crit": ["b64"], "b64": False},
        {**GOOD, "b64": True},
        {**GOOD, "jwk": KEY.public_jwk()},
        {**GOOD, "jku": "https://example.org/keys"},
        [GOOD],
        "alg",
        b"",
        b"\xff",
        b"[" * 100_00,
        b'{"alg":"Ed25519","alg":"Ed25519","kid":"' + KID.encode() + b'","typ":"' + TYP.encode() + b'"}',
    ],
)
def test_a_header_with_a_trick_in_it_is_refused_though_truly_signed(header: Any) -> None:
    with pytest.raises(BadSignature):
        verify(forged(header), KEYS, TYP)


@pytest.mark.parametrize("alg", ["none", "EdDSA", "HS256", "ES256"])
def test_the_algorithm_is_ours_and_not_the_headers(alg: str) -> None:
    with pytest.raises(BadSignature, match="algorithm is not Ed25519"):
        verify(forged({**GOOD, "alg": alg}), KEYS, TYP)


def test_the_helper_that_forges_would_pass_with_an_honest_header() -> None:
    assert verify(forged(GOOD), KEYS, TYP) == b"hello"


def test_no_algorithm_and_the_public_key_as_a_shared_secret_are_refused() -> None:
    payload = b64(b"hello")
    for alg in ("none", "None", "HS256", "Ed25519"):
        header = b64(json.dumps({**GOOD, "alg": alg}).encode())
        with pytest.raises(BadSignature):
            verify(f"{header}.{payload}.", KEYS, TYP)
        for secret in (unb64(X), X.encode(), json.dumps(KEY.public_jwk()).encode()):
            mac = hmac.new(secret, f"{header}.{payload}".encode(), hashlib.sha256).digest()
            with pytest.raises(BadSignature):
                verify(f"{header}.{payload}.{b64(mac)}", KEYS, TYP)


def test_every_changed_character_is_found() -> None:
    jws = KEY.sign(b"hello", TYP)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ é"
    for at in range(len(jws)):
        # The last character of a part carries bits that a careless reader ignores: try all of them there.
        tries = alphabet if jws[at : at + 2][1:] in (".", "") else alphabet[at % 64 :: 17]
        for other in tries:
            if other != jws[at]:
                with pytest.raises((BadSignature, UnknownKey)):
                    verify(jws[:at] + other + jws[at + 1 :], KEYS, TYP)
    for text in (
        jws + "=",
        jws + "\n",
        " " + jws,
        jws + ".",
        jws[:-1],
        "",
        "..",
        "a.b.c",
        jws * 9000,
        "é.é.é",
    ):
        with pytest.raises(BadSignature):
            verify(text, KEYS, TYP)
    with pytest.raises(BadSignature):
        verify({"jws": jws}, KEYS, TYP)  # type: ignore[arg-type]


@settings(max_examples=100)
@given(st.text(max_size=60))
def test_any_text_gives_one_kind_of_error(text: str) -> None:
    with pytest.raises((BadSignature, UnknownKey)):
        verify(text, KEYS, TYP)


def test_a_key_set_is_read_from_a_jwk_and_from_a_jwks_whose_other_keys_are_passed_over() -> None:
    assert set(KeySet.from_json(json.dumps(KEY.public_jwk()))) == {KID}
    minimal = {"kty": "OKP", "crv": "Ed25519", "x": X}
    assert KID in KeySet.from_json(json.dumps(minimal, indent=1).encode())
    rsa = {"kty": "RSA", "n": "AQAB", "e": "AQAB"}
    both = KeySet.from_json(json.dumps({"keys": [rsa, minimal, SigningKey.generate().public_jwk()]}))
    assert len(both) == 2
    assert KID in both


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "1",
        "{}",
        '{"keys":[]}',
        '{"keys":1}',
        '{"keys":[1,null]}',
        "\ud800",
        json.dumps(PRIVATE),
        json.dumps({"keys": [PRIVATE]}),
        json.dumps({"kty": "OKP", "crv": "X25519", "x": X}),
        json.dumps({"kty": "oct", "k": X}),
        json.dumps({"kty": "OKP", "crv": "Ed25519", "x": X + "="}),
        json.dumps({"kty": "OKP", "crv": "Ed25519", "x": X[:-1] + "p"}),
        json.dumps({"kty": "OKP", "crv": "Ed25519", "x": X[:-2]}),
        json.dumps({"kty": "OKP", "crv": "Ed25519", "x": [X]}),
        json.dumps({"kty": "OKP", "crv": "Ed25519"}),
        json.dumps({"kty": "OKP", "crv": "Ed25519", "x": X, "kid": "mine"}),
        json.dumps({"kty": "OKP", "crv": "Ed25519", "x": X, "use": "enc"}),
        json.dumps({"kty": "OKP", "crv": "Ed25519", "x": X, "alg": "HS256"}),
    ],
)
def test_a_key_file_that_is_not_a_public_ed25519_key_is_refused(text: str) -> None:
    with pytest.raises(InvalidKey):
        KeySet.from_json(text)


@pytest.mark.parametrize(
    "jwk",
    [
        {**PRIVATE, "d": D[:-2]},
        {**PRIVATE, "d": None},
        {**PRIVATE, "d": "é"},
        {**PRIVATE, "x": SigningKey.generate().public_jwk()["x"]},
        {**PRIVATE, "crv": "Ed448"},
        {name: value for name, value in PRIVATE.items() if name != "d"},
        {name: value for name, value in PRIVATE.items() if name != "x"},
        [],
    ],
)
def test_a_private_key_that_is_not_whole_is_refused_without_being_quoted(jwk: Any) -> None:
    with pytest.raises(InvalidKey) as caught:
        SigningKey.from_jwk(jwk)
    assert D not in repr(caught.value) + str(caught.value.data)
