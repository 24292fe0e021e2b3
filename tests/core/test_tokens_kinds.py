"""Two kinds of keys: each is used for what it is for, and neither ever for the other's algorithm."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import given, settings
from hypothesis import strategies as st

from quire.core.errors import Invalid
from quire.core.tokens import (
    ALGS,
    MAX_HEADER,
    MAX_KEYS,
    BadSignature,
    InvalidKey,
    KeySet,
    PublicKey,
    SigningKey,
    UnknownKey,
    verify,
)
from tests.core.signing import EC, KEY, KEYS, b64, forged, unb64

TYP = "test+jws"
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551

# RFC 7515 appendix A.3: the key, and a signature over bytes that it gives.
RFC_KEY = {
    "kty": "EC",
    "crv": "P-256",
    "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    "d": "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI",
}
RFC_SIGNED = (
    "eyJhbGciOiJFUzI1NiJ9"
    ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
)
RFC_SIGNATURE = "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"


def public_numbers(jwk: dict[str, str]) -> ec.EllipticCurvePublicKey:
    x, y = (int.from_bytes(unb64(jwk[name])) for name in "xy")
    return ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()


def test_the_rfcs_own_signature_verifies_and_its_private_key_is_read() -> None:
    key = SigningKey.from_jwk(RFC_KEY)
    assert key.kind == key.public.kind == "ES256"
    assert key.public.verifies(unb64(RFC_SIGNATURE), RFC_SIGNED.encode())
    assert not key.public.verifies(unb64(RFC_SIGNATURE), RFC_SIGNED.encode() + b"A")
    assert SigningKey.from_jwk(key.private_jwk()) == key
    assert RFC_KEY["d"] not in repr(key) + repr(key.public) + str(key.public_jwk())


def test_a_p256_key_is_named_by_its_thumbprint() -> None:
    members = {name: RFC_KEY[name] for name in ("crv", "kty", "x", "y")}
    digest = hashlib.sha256(json.dumps(members, separators=(",", ":")).encode()).digest()
    key = PublicKey.from_jwk(members)
    assert key.kid == b64(digest)
    assert key.jwk() == {**members, "kid": key.kid, "alg": "ES256", "use": "sig"}


@settings(max_examples=40)
@given(st.binary(max_size=200))
def test_what_either_kind_signs_another_library_verifies(payload: bytes) -> None:
    jws = EC.sign(payload, TYP)
    signed, _, signature = jws.rpartition(".")
    raw = unb64(signature)
    der = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    public_numbers(EC.public_jwk()).verify(der, signed.encode(), ec.ECDSA(SHA256()))
    assert len(raw) == 64
    assert verify(jws, KEYS, TYP, ALGS) == payload


def test_what_another_library_signs_is_verified() -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    numbers = private.public_key().public_numbers()
    jwk = {"kty": "EC", "crv": "P-256", "x": b64(numbers.x.to_bytes(32)), "y": b64(numbers.y.to_bytes(32))}
    key = PublicKey.from_jwk(jwk)
    head = json.dumps({"alg": "ES256", "kid": key.kid, "typ": TYP}).encode()
    signed = f"{b64(head)}.{b64(b'hello')}"
    r, s = decode_dss_signature(private.sign(signed.encode(), ec.ECDSA(SHA256())))
    jws = f"{signed}.{b64(r.to_bytes(32) + s.to_bytes(32))}"
    assert verify(jws, KeySet.of(jwk), TYP, ALGS) == b"hello"


def test_only_who_says_so_accepts_more_than_ed25519() -> None:
    for alg in (None, "Ed25519"):
        assert verify(KEY.sign(b"a", TYP, alg), KEYS, TYP) == b"a"
    for jws in (KEY.sign(b"a", TYP, "EdDSA"), EC.sign(b"a", TYP), EC.sign(b"a", TYP, "ES256")):
        assert verify(jws, KEYS, TYP, ALGS) == b"a"
        with pytest.raises(BadSignature, match="algorithm is not Ed25519"):
            verify(jws, KEYS, TYP)


@pytest.mark.parametrize(
    ("key", "alg"),
    [(KEY, "ES256"), (KEY, "HS256"), (KEY, "none"), (KEY, ""), (EC, "EdDSA"), (EC, "Ed25519"), (EC, "ES384")],
)
def test_a_key_signs_nothing_it_is_not_for_and_what_pretends_to_be_is_refused(
    key: SigningKey, alg: str
) -> None:
    with pytest.raises(Invalid):
        key.sign(b"a", TYP, alg)
    jws = forged({"alg": alg, "kid": key.kid, "typ": TYP}, b"a", key)
    with pytest.raises(BadSignature, match="algorithm is not"):
        verify(jws, KEYS, TYP, ALGS)


def test_a_header_that_names_the_other_kinds_key_is_refused() -> None:
    for signer, named in ((KEY, EC), (EC, KEY)):
        for alg in ALGS:
            with pytest.raises(BadSignature):
                verify(forged({"alg": alg, "kid": named.kid, "typ": TYP}, b"a", signer), KEYS, TYP, ALGS)


def test_the_helper_that_forges_would_pass_with_an_honest_header() -> None:
    for key in (KEY, EC):
        assert (
            verify(forged({"alg": key.kind, "kid": key.kid, "typ": TYP}, b"a", key), KEYS, TYP, ALGS) == b"a"
        )


def test_the_public_p256_key_is_no_shared_secret() -> None:
    jwk = EC.public_jwk()
    x, y = unb64(jwk["x"]), unb64(jwk["y"])
    for secret in (x, y, x + y, b"\4" + x + y, json.dumps(jwk).encode(), jwk["x"].encode()):
        for alg in ("HS256", "ES256"):
            signed = f"{b64(json.dumps({'alg': alg, 'kid': EC.kid, 'typ': TYP}).encode())}.{b64(b'a')}"
            mac = hmac.new(secret, signed.encode(), hashlib.sha256).digest()
            for signature in (mac, mac + mac):
                with pytest.raises(BadSignature):
                    verify(f"{signed}.{b64(signature)}", KEYS, TYP, ALGS)


@pytest.mark.parametrize("r", [0, 1, ORDER, ORDER - 1, 2**256 - 1])
@pytest.mark.parametrize("s", [0, 1, ORDER, ORDER - 1, 2**256 - 1])
def test_no_signature_of_special_numbers_verifies(r: int, s: int) -> None:
    assert not EC.public.verifies(r.to_bytes(32) + s.to_bytes(32), b"a")


@pytest.mark.parametrize("key", [KEY, EC])
def test_a_signature_of_another_length_is_refused_and_not_an_accident(key: SigningKey) -> None:
    signature = key.signature(b"a")
    assert key.public.verifies(signature, b"a")
    for other in (b"", signature[:-1], signature + b"\0", b"\0" + signature, signature * 2, signature[:32]):
        assert not key.public.verifies(other, b"a")


def test_another_key_under_the_same_id_does_not_verify() -> None:
    stranger = SigningKey.generate("ES256")
    jws = forged({"alg": "ES256", "kid": EC.kid, "typ": TYP}, b"a", stranger)
    with pytest.raises(BadSignature):
        verify(jws, KEYS, TYP, ALGS)
    with pytest.raises(UnknownKey):
        verify(stranger.sign(b"a", TYP), KEYS, TYP, ALGS)


def test_a_set_may_hold_both_kinds() -> None:
    rsa = {"kty": "RSA", "n": "AQAB", "e": "AQAB"}
    p384 = {"kty": "EC", "crv": "P-384", "x": "AA", "y": "AA"}
    keys = KeySet.from_json(json.dumps({"keys": [rsa, p384, EC.public_jwk(), KEY.public_jwk()]}))
    assert {keys.keys[kid].kind for kid in keys} == {"Ed25519", "ES256"}
    assert len(KeySet.from_json(json.dumps({"keys": [EC.public_jwk()]}))) == 1
    older = {**KEY.public_jwk(), "alg": "EdDSA"}
    assert KEY.kid in KeySet.from_json(json.dumps(older))
    with pytest.raises(InvalidKey):
        KeySet.from_json(json.dumps({"keys": [KEY.public_jwk()] * (MAX_KEYS + 1)}))


@pytest.mark.parametrize(
    "jwk",
    [
        {**RFC_KEY},
        {name: RFC_KEY[name] for name in ("kty", "crv", "x")},
        {"kty": "EC", "crv": "P-256", "x": RFC_KEY["y"], "y": RFC_KEY["x"]},
        {"kty": "EC", "crv": "P-256", "x": b64(bytes(32)), "y": b64(bytes(32))},
        {"kty": "EC", "crv": "P-256", "x": b64(b"\xff" * 32), "y": b64(b"\xff" * 32)},
        {"kty": "OKP", "crv": "P-256", "x": RFC_KEY["x"], "y": RFC_KEY["y"]},
        {"kty": "EC", "crv": "Ed25519", "x": RFC_KEY["x"], "y": RFC_KEY["y"]},
        {"kty": ["EC"], "crv": "P-256", "x": RFC_KEY["x"], "y": RFC_KEY["y"]},
        {"kty": "EC", "crv": "P-256", "x": 1, "y": RFC_KEY["y"]},
        {"kty": "EC", "crv": "P-256", "x": RFC_KEY["x"] + "AAAA", "y": RFC_KEY["y"]},
        {**EC.public_jwk(), "alg": "EdDSA"},
        {**EC.public_jwk(), "alg": "HS256"},
        {**EC.public_jwk(), "alg": ["ES256"]},
        {**EC.public_jwk(), "kid": KEY.kid},
        {**KEY.public_jwk(), "alg": "ES256"},
    ],
)
def test_a_key_that_is_not_what_it_says_is_refused(jwk: dict[str, Any]) -> None:
    with pytest.raises(InvalidKey):
        KeySet.of(jwk)


@pytest.mark.parametrize(
    "jwk",
    [
        {**RFC_KEY, "d": b64(bytes(32))},
        {**RFC_KEY, "d": b64(ORDER.to_bytes(32))},
        {**RFC_KEY, "d": EC.private_jwk()["d"]},
        {**RFC_KEY, "d": RFC_KEY["d"][:-4]},
        {**EC.public_jwk(), "d": RFC_KEY["d"]},
        {name: RFC_KEY[name] for name in ("kty", "crv", "x", "y")},
    ],
)
def test_halves_that_do_not_belong_together_are_refused_without_being_quoted(jwk: dict[str, Any]) -> None:
    with pytest.raises(InvalidKey) as caught:
        SigningKey.from_jwk(jwk)
    assert RFC_KEY["d"] not in repr(caught.value) + str(caught.value.data)


def test_there_are_two_kinds_of_keys_and_no_third() -> None:
    with pytest.raises(InvalidKey):
        SigningKey.generate("RS256")  # type: ignore[arg-type]


def test_a_header_longer_than_any_honest_one_is_not_read() -> None:
    long = {"alg": "Ed25519", "kid": "k" * MAX_HEADER, "typ": TYP}
    with pytest.raises(BadSignature, match="not a compact JWS"):
        verify(forged(long, b"a"), KEYS, TYP)
