"""An allowance is read as it was issued, by the society alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quire.core import canonical
from quire.core.allowances import TYP, Allowance, BadAllowance, issue, read
from quire.core.errors import Invalid
from quire.core.money import Money
from quire.core.tokens import BadSignature, UnknownKey
from tests.core.signing import EC, KEY, KEYS, STRANGER, honest

GIVEN = Allowance(
    id="alw_1",
    iss="https://society.example/olp",
    edge="edg_1",
    spool="0123456789abcdef",
    licensee="pty_1",
    amount=Money.parse("5", "EUR"),
    expires=1_800_000_000,
)
SAID: dict[str, Any] = {
    "id": "alw_1",
    "iss": "https://society.example/olp",
    "edge": "edg_1",
    "spool": "0123456789abcdef",
    "licensee": "pty_1",
    "amount": "5.000000000000",
    "currency": "EUR",
    "expires": 1_800_000_000,
}


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**30), st.sampled_from(["EUR", "JPY", "USD"]), st.integers(0, canonical.MAX_INT))
def test_what_was_issued_is_read(quanta: int, currency: str, expires: int) -> None:
    allowance = replace(GIVEN, amount=Money(quanta, currency), expires=expires)
    assert read(issue(allowance, KEY), KEYS) == allowance


def test_an_allowance_is_what_the_page_of_forms_says() -> None:
    assert issue(GIVEN, KEY) == KEY.sign(canonical.dumps(SAID), TYP)


def test_only_the_society_gives_allowances() -> None:
    with pytest.raises(UnknownKey):
        read(issue(GIVEN, STRANGER), KEYS)
    with pytest.raises(Invalid):
        issue(GIVEN, EC)
    payload = canonical.dumps(SAID)
    for text in (
        honest(payload, TYP, EC),
        KEY.sign(payload, TYP, "EdDSA"),
        KEY.sign(payload, "JWT"),
        "",
        "a.b.c",
    ):
        with pytest.raises(BadSignature):
            read(text, KEYS)
    token = issue(GIVEN, KEY)
    for at in range(len(token)):
        with pytest.raises((BadSignature, UnknownKey)):
            read(token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :], KEYS)


@pytest.mark.parametrize(
    "change",
    [
        {"amount": "5"},
        {"amount": "5.00"},
        {"amount": "-5.000000000000"},
        {"amount": "+5.000000000000"},
        {"amount": "05.000000000000"},
        {"amount": "9" * 40 + ".000000000000"},
        {"amount": "1e3"},
        {"amount": 5},
        {"amount": None},
        {"currency": "eur"},
        {"currency": "XXX"},
        {"currency": None},
        {"currency": ["EUR"]},
        {"expires": "1800000000"},
        {"expires": -1},
        {"expires": True},
        {"spool": "no hex"},
        {"spool": "ABCDEF0123456789"},
        {"spool": ""},
        {"id": ""},
        {"edge": 5},
        {"iss": "a b"},
        {"licensee": "pty_\n"},
        {"more": 1},
    ],
)
def test_what_makes_no_sense_is_refused_though_truly_signed(change: dict[str, Any]) -> None:
    with pytest.raises(BadAllowance):
        read(honest(canonical.dumps({**SAID, **change}), TYP), KEYS)


@pytest.mark.parametrize("name", SAID)
def test_nothing_may_be_missing(name: str) -> None:
    less = {key: value for key, value in SAID.items() if key != name}
    with pytest.raises(BadAllowance):
        read(honest(canonical.dumps(less), TYP), KEYS)


@pytest.mark.parametrize(
    "payload",
    [b"", b"[]", b"\xff", b"[" * 5000, b'{"amount":NaN}', canonical.dumps(SAID)[:-1] + b',"id":"alw_2"}'],
)
def test_what_is_no_decent_json_is_refused_though_truly_signed(payload: bytes) -> None:
    with pytest.raises(BadAllowance):
        read(honest(payload, TYP), KEYS)
