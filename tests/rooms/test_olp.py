"""The licence server: a client gets a token that a site can verify with the published keys."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client as Browser

from quire.core import licence_token
from quire.core.tokens import KeySet
from tests.rooms import licence_desk as desk

ISS = "http://127.0.0.1:8000/olp"


@pytest.fixture
def by(people: dict[str, Any]) -> Any:
    desk.lab(people["preparer"])
    desk.grant(people["preparer"])
    desk.sites(people["preparer"])
    return people["preparer"]


def published() -> KeySet:
    answer = Browser(headers={"host": "localhost"}).get("/.well-known/jwks.json")
    assert answer.status_code == 200
    return KeySet.from_json(answer.content)


@pytest.mark.parametrize("alg", ["Ed25519", "EdDSA", "ES256"])
def test_a_client_gets_a_token_that_verifies_with_the_published_keys(by: Any, alg: str) -> None:
    made = desk.client(by, alg=alg)
    answer = desk.token(made)
    assert answer.status_code == 200, answer.said
    assert answer["Cache-Control"] == "no-store"
    said = answer.said
    assert (said["token_type"], said["expires_in"], said["scope"]) == ("License", 900, "ai-train ai-input")
    claims = licence_token.read(said["access_token"], published())
    assert (claims.iss, claims.sub) == (ISS, made.client.tid)
    assert claims.aud == ("https://gazette.example", "https://marsh.example")
    assert claims.exp - claims.iat == 900
    assert claims.uses == ("ai-train", "ai-input")
    assert claims.charge == "licence"
    header = json.loads(desk.decoded(said["access_token"].split(".")[0]))
    assert header["alg"] == alg
    assert header["typ"] == "olp-license+jws"
