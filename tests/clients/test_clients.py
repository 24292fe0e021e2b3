"""Other people's clients get a token from the running server and verify it against the keys it publishes."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from quire.core.renderings import rsl_document
from tests.clients import serving
from tests.ports import free_port
from tests.rooms import licence_desk as desk

pytestmark = pytest.mark.more
PAGE = "https://gazette.example/articles/1"


@dataclass(frozen=True)
class Place:
    """A running society with a lab that has a licence; ``license_xml`` is what its site gazette.example
    serves.
    """

    url: str
    by: Any
    license_xml: str


@pytest.fixture
def place(house: Any, people: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    from quire.society.licensing import policy
    from quire.society.parties import actions as parties

    by, port = people["preparer"], free_port()
    monkeypatch.setenv("QUIRE_URL", f"http://127.0.0.1:{port}")
    parties.found_society(
        name="Small Society", form="association", currency="EUR", town="Vienna", country="AT", iban="", bic=""
    )
    desk.lab(by)
    desk.grant(by)
    desk.sites(by)
    terms = policy.terms_of_host("gazette.example")
    with serving.society(house.env, port) as url:
        yield Place(url, by, rsl_document(terms))


def needed(path: Path) -> str:
    """The program of another's package; never skipped: `make clients` brings it."""
    assert path.exists(), f"{path} is missing: run `make clients` (it needs Python 3.12 and node with npm)."
    return str(path)


def test_supertabs_python_sdk_gets_a_token_and_verifies_it(place: Place) -> None:
    python = needed(serving.PLACE / "bin" / "python")
    made = desk.client(place.by, alg="ES256")
    asked = {
        "client": made.client.tid,
        "secret": made.secret,
        "resource": "http://gazette.example/articles/1",
        "page": PAGE,
        "elsewhere": "https://elsewhere.example/articles/1",
        "society": f"{place.url}/olp",
    }
    with serving.origin({"gazette.example/license.xml": place.license_xml}) as proxy:
        ended = subprocess.run(
            [python, str(Path(__file__).with_name("supertab_client.py"))],
            input=json.dumps(asked), env=serving.through(proxy), capture_output=True, text=True, timeout=120,
        )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    told = json.loads(ended.stdout)
    assert isinstance(told["good"], dict), told["good"]
    assert told["good"]["sub"] == made.client.tid
    assert told["good"]["scope"] == "ai-train ai-input"
    assert told["good"]["aud"] == ["https://gazette.example", "https://marsh.example"]
    assert told["altered"] == "license_signature_verification_failed"
    assert told["elsewhere"] == "invalid_license_audience"
    assert told["another society"] == "invalid_license_issuer"


def test_jose_of_npm_verifies_tokens_of_each_algorithm(place: Place) -> None:
    node = shutil.which("node")
    assert node, "node is missing; it comes with Debian's package nodejs."
    needed(serving.PLACE / "node_modules" / "jose" / "package.json")
    tokens = []
    for alg in ("Ed25519", "EdDSA", "ES256"):
        said = desk.token(desk.client(place.by, name=alg, alg=alg)).said
        tokens.append({"alg": alg, "token": said["access_token"]})
    asked = {
        "packages": str(serving.PLACE),
        "jwks": f"{place.url}/.well-known/jwks.json",
        "issuer": f"{place.url}/olp",
        "audience": "https://gazette.example", "tokens": tokens,
    }  # fmt: skip
    ended = subprocess.run(
        [node, str(Path(__file__).with_name("verify.mjs"))],
        input=json.dumps(asked), capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    for found, sent in zip(json.loads(ended.stdout), tokens, strict=True):
        assert found["good"] == {"alg": sent["alg"], "scope": "ai-train ai-input"}
        assert found["altered"] == "ERR_JWS_SIGNATURE_VERIFICATION_FAILED"
        assert found["elsewhere"] == "ERR_JWT_CLAIM_VALIDATION_FAILED"
