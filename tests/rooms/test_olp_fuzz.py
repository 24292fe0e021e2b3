"""Whatever is sent to the licence server, it answers in OAuth's JSON and never with a fault of its own."""

from __future__ import annotations

import base64
import json
import string
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client as Browser
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quire.core.terms import USES
from tests.rooms import licence_desk as desk

KIND = "application/x-www-form-urlencoded"
ERRORS = {
    "invalid_request", "invalid_client", "unauthorized_client", "invalid_license", "invalid_resource",
    "unsupported_grant_type", "server_error",
}  # fmt: skip
ADDRESSES = [
    "/olp/token",
    "/olp/introspect",
    "/olp/key",
    "/olp/sites/marsh.example/token",
    "/olp/sites/x%00/token",
]
TEXT = st.text(max_size=60) | st.sampled_from(
    ["", "\0", "\ud800", "/", "*", "https://", "http://[", "//a", "..."]
)
TERMS = st.builds(
    lambda uses, no, namespace: desk.terms(" ".join(uses), namespace, " ".join(no)),
    st.lists(st.sampled_from((*USES, "all", "ai-all", "x")), max_size=4),
    st.lists(st.sampled_from((*USES, "all")), max_size=2),
    st.booleans(),
)
VALUE: dict[str, Any] = {
    "grant_type": st.just("client_credentials") | TEXT,
    "license": TERMS | TEXT | st.just("<license><permits/></license>"),
    "license_type": st.just("application/rsl+xml") | TEXT,
    "resource": TEXT
    | st.sampled_from(["/", "/a/*$", "https://marsh.example/%zz", "https://marsh.example:0/"]),
    "audience": st.lists(TEXT | st.just("marsh.example"), max_size=3),
    "client_id": TEXT,
    "client_secret": TEXT,
    "token": TEXT,
}
FORMS = st.fixed_dictionaries({}, optional=VALUE)


@pytest.fixture
def made(people: dict[str, Any]) -> Any:
    desk.lab(people["preparer"])
    desk.grant(people["preparer"])
    desk.sites(people["preparer"])
    return desk.client(people["preparer"])


def sent(address: str, body: bytes, kind: str, auth: str) -> None:
    answer = Browser(headers={"host": "localhost"}).post(
        address, body, content_type=kind, headers={"authorization": auth}
    )
    told = json.loads(answer.content)
    assert answer["Cache-Control"] == "no-store"
    if answer.status_code == 200:
        assert "access_token" in told or "active" in told
        return
    assert told["error"] in ERRORS
    assert set(told["error_description"]) <= set(string.printable) - set('"\\\r\n')
    assert answer.status_code in {400, 401, 403, 429} or address == "/olp/key"


ALL = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@ALL
@given(address=st.sampled_from(ADDRESSES), form=FORMS)
def test_any_form_of_a_known_client_has_an_answer(made: Any, address: str, form: dict[str, Any]) -> None:
    body = urlencode(form, doseq=True, errors="surrogatepass").encode()
    sent(address, body, KIND, desk.basic(made.client.tid, made.secret))


@ALL
@given(
    address=st.sampled_from(ADDRESSES),
    body=st.binary(max_size=300) | st.just(b"a=b&" * 200),
    kind=st.sampled_from([KIND, f"{KIND}; charset=utf-8", "multipart/form-data", "text/plain"]),
    auth=st.text(string.printable.strip() + " ", max_size=80)
    | st.binary(max_size=60).map(lambda octets: "Basic " + base64.b64encode(octets).decode())
    | st.sampled_from(["Edge x", "Edge a.b.c", "Basic", "License x", "edge "]),
)
def test_any_octets_of_anybody_have_an_answer(
    made: Any, address: str, body: bytes, kind: str, auth: str
) -> None:
    sent(address, body, kind, auth)
