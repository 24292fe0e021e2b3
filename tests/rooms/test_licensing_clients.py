"""Clients and their secrets: made, rotated, revoked; what is revoked is listed, and keys take turns."""

from __future__ import annotations

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError
from django.test import Client as Browser

from quire.core import edge_auth, licence_token
from quire.core.errors import QuireError
from quire.core.revocations import Revocations
from quire.core.tokens import KeySet, SigningKey
from tests.rooms import licence_desk as desk


@pytest.fixture
def by(people: dict[str, Any]) -> Any:
    from quire.society.licensing import failures

    desk.lab(people["preparer"])
    desk.grant(people["preparer"])
    desk.sites(people["preparer"])
    failures.forget()
    return people["preparer"]


def browser() -> Browser:
    return Browser(headers={"host": "localhost"})


def later(monkeypatch: pytest.MonkeyPatch, **delta: float) -> None:
    """The society's own clock, some time from now."""
    from quire.society.kit import clock

    moment = datetime.now(UTC) + timedelta(**delta)
    monkeypatch.setattr(clock, "now", lambda: moment)


def test_a_secret_is_shown_once_and_kept_nowhere(by: Any, house: Any) -> None:
    from quire.society.kit.models import Act
    from quire.society.licensing.models import ClientSecret

    made = desk.client(by)
    assert made.secret.startswith("qcs_")
    assert made.secret not in repr(made)
    assert len(made.secret) == 4 + 43
    assert made.secret != desk.client(by, name="other").secret
    kept = [str(vars(row)) for model in (Act, ClientSecret) for row in model.objects.all()]
    assert kept
    assert not [text for text in kept if made.secret in text]


@pytest.mark.parametrize(("other", "sentence"), [
    ({"scopes": ["reading"]}, "not a use"),
    ({"mode": "test"}, "no mode"),
    ({"alg": "none"}, "signed by"),
    ({"alg": "HS256"}, "signed by"),
    ({"name": " "}, "at most 80"),
    ({"name": "a\nb"}, "at most 80"),
    ({"key": {"kty": "oct", "k": "AAAA"}}, "is not for Ed25519"),
    ({"key": SigningKey.generate("ES256").public_jwk()}, "bound to an Ed25519 key"),
    ({"key": SigningKey.generate().private_jwk()}, "private key"),
    ({"licensee": "nobody"}, "No party"),
])  # fmt: skip
def test_a_client_that_cannot_be_is_refused(by: Any, other: dict[str, Any], sentence: str) -> None:
    with pytest.raises(QuireError, match=sentence):
        desk.client(by, **other)


def test_a_name_is_one_clients_and_an_auditor_makes_none(by: Any, people: dict[str, Any]) -> None:
    desk.client(by)
    with pytest.raises(QuireError, match="already"):
        desk.client(by)
    with pytest.raises(QuireError, match="auditor"):
        desk.client(people["auditor"], name="mine")


def test_after_a_rotation_both_secrets_are_good_for_the_overlap(
    by: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from quire.society.licensing import actions, queries

    made = desk.client(by)
    tid = made.client.tid
    again = actions.rotate_client(client=tid, overlap=timedelta(hours=2), by=by)
    third = actions.rotate_client(client=tid, overlap=timedelta(hours=1), by=by)
    both = [made.secret, again.secret, third.secret]
    assert [bool(queries.authenticate(tid, one)) for one in both] == [True, True, True]
    later(monkeypatch, minutes=59)
    assert [bool(queries.authenticate(tid, one)) for one in both] == [True, True, True]
    later(monkeypatch, minutes=61)
    assert [bool(queries.authenticate(tid, one)) for one in both] == [False, False, True]


def test_a_rotation_is_refused_for_a_revoked_client_and_a_long_overlap(by: Any) -> None:
    from quire.society.licensing import actions

    tid = desk.client(by).client.tid
    for overlap in (timedelta(days=31), timedelta(seconds=-1)):
        with pytest.raises(QuireError, match="30 days at most"):
            actions.rotate_client(client=tid, overlap=overlap, by=by)
    with pytest.raises(QuireError, match="no client"):
        actions.rotate_client(client="cli_01h2xcejqtf2nbrexx3vqjhp41", by=by)
    with pytest.raises(QuireError, match="Say why"):
        actions.revoke_client(client=tid, reason=" ", by=by)
    first = actions.revoke_client(client=tid, reason="The contract ended", by=by)
    assert actions.revoke_client(client=tid, reason="Again", by=by).revoked == first.revoked
    with pytest.raises(QuireError, match="is revoked"):
        actions.rotate_client(client=tid, by=by)


def test_the_database_keeps_clients_and_secrets_as_they_are(by: Any) -> None:
    from quire.society.licensing import actions
    from quire.society.licensing.models import Client, ClientSecret

    made = desk.client(by)
    now = datetime.now(UTC)
    with pytest.raises(IntegrityError, match="never changes"):
        Client.objects.update(scopes=["search"])
    with pytest.raises(IntegrityError, match="ending sooner"):
        ClientSecret.objects.update(digest="0" * 64)
    actions.rotate_client(client=made.client.tid, by=by)
    ending = ClientSecret.objects.filter(ends__isnull=False)
    with pytest.raises(IntegrityError, match="ending sooner"):
        ending.update(ends=now + timedelta(days=9))
    with pytest.raises(IntegrityError, match="ending sooner"):
        ending.update(ends=None)
    actions.revoke_client(client=made.client.tid, reason="left", by=by)
    with pytest.raises(IntegrityError, match="never changes"):
        Client.objects.update(revoked=None)
    assert not sound()


def sound() -> list[str]:
    from quire.society.licensing.checks import CHECKS

    return [sentence for check in CHECKS for sentence in check()]


def test_a_client_revoked_in_one_place_alone_is_found(by: Any) -> None:
    from quire.society.licensing.models import Client

    desk.client(by)
    Client.objects.update(revoked=datetime.now(UTC))
    assert "revoked in one place" in sound()[0]


def introspect(made: Any, token: str, **more: Any) -> Any:
    return desk.ask(made, "/olp/introspect", token=token, **more)


def test_a_client_is_told_of_its_own_tokens(by: Any) -> None:
    made, other = desk.client(by), desk.client(by, name="other")
    token = desk.token(made).said["access_token"]
    told = introspect(made, token, token_type_hint="access_token").said
    assert told["active"] is True
    assert (told["client_id"], told["sub"]) == (made.client.tid, made.client.tid)
    assert (told["scope"], told["token_type"]) == ("ai-train ai-input", "License")
    assert told["exp"] - told["iat"] == 900
    assert told["iss"] == "http://127.0.0.1:8000/olp"
    assert told["aud"] == ["https://gazette.example", "https://marsh.example"]
    for asker, text in ((other, token), (made, token[:-4] + "AAAA"), (made, "no token"), (made, "a.b.c")):
        answer = introspect(asker, text)
        assert (answer.status_code, answer.said) == (200, {"active": False})
    assert introspect(made, "").said["error"] == "invalid_request"
    assert desk.ask(None, "/olp/introspect", token=token).status_code == 401


def test_a_token_not_on_record_or_too_old_is_not_active(by: Any) -> None:
    from quire.society.licensing import keys, queries

    made = desk.client(by)
    claims = licence_token.read(desk.token(made).said["access_token"], keys.key_set())
    now = int(datetime.now(UTC).timestamp())
    times = {"past": (now - 900, now - 1), "unrecorded": (now, now + 900), "future": (now + 120, now + 900)}
    for jti, (iat, exp) in times.items():
        given = {name: getattr(claims, name) for name in ("iss", "sub", "aud", "licence", "licensee", "uses")}
        text = licence_token.issue(
            licence_token.Claims(**given, iat=iat, exp=exp, jti=jti), keys.signing_key()
        )
        assert queries.introspect(text) is None


def test_an_edge_is_told_of_every_token(by: Any) -> None:
    from quire.society.repertoire.models import Site
    from quire.society.usage.acceptance import door
    from quire.society.usage.models import Edge

    key = SigningKey.generate()
    site = Site.objects.order_by("host").first()
    edge = Edge.objects.create(
        site=site, name="front", key=key.public_jwk(), kid=key.kid, registered_at=datetime.now(UTC)
    )
    door.DOOR.known.forget()
    token = desk.token(desk.client(by)).said["access_token"]
    body = f"token={token}".encode()
    kind = "application/x-www-form-urlencoded"

    def ask(signer: SigningKey, signed: bytes) -> Any:
        said = edge_auth.sign_request(signer, edge.tid, "POST", "/olp/introspect", signed, datetime.now(UTC))
        return browser().post("/olp/introspect", body, content_type=kind, headers={"authorization": said})

    assert ask(key, body).json()["active"] is True
    assert ask(key, b"token=other").status_code == 401
    assert ask(SigningKey.generate(), body).json()["error"] == "invalid_client"


def listed(answer: Any) -> Revocations:
    keys = KeySet.from_json(browser().get("/olp/jwks").content)
    return Revocations.parse(answer.content, keys)


def test_what_is_revoked_is_on_the_signed_list(by: Any) -> None:
    from quire.society.licensing import actions, queries

    first, second = desk.client(by), desk.client(by, name="other")
    licence = queries.licence("north").tid
    one, two = (desk.token(first).said["access_token"] for _ in range(2))
    jti = introspect(first, one).said["jti"]
    before = listed(browser().get("/olp/revocations"))
    assert (len(before), before.serial, before.iss) == (0, 0, "http://127.0.0.1:8000/olp")
    assert actions.revoke_token(jti=jti, reason="lost", by=by) == jti
    actions.revoke_token(jti=jti, reason="again", by=by)
    actions.revoke_client(client=second.client.tid, reason="left", by=by)
    told = listed(browser().get("/olp/revocations"))
    assert (len(told), told.serial) == (2, 2)
    assert told.has(jti, "x", "x")
    assert told.has("x", second.client.tid, "x")
    assert not told.has("x", first.client.tid, licence)
    assert introspect(first, one).said == {"active": False}
    assert introspect(first, two).said["active"] is True
    actions.revoke_licence(code="north", reason="dispute", by=by)
    assert listed(browser().get("/olp/revocations")).has("x", "x", licence)
    assert introspect(first, two).said == {"active": False}
    assert desk.token(first).said["error"] == "unauthorized_client"
    with pytest.raises(QuireError, match="issued here"):
        actions.revoke_token(jti="other", reason="x", by=by)
    with pytest.raises(QuireError, match="Say why"):
        actions.revoke_licence(code="north", reason="", by=by)


def test_what_has_ended_by_itself_leaves_the_list_and_the_serial_stays(by: Any) -> None:
    from quire.society.licensing import queries
    from quire.society.licensing.models import IssuedToken, Revocation

    made = desk.client(by)
    licence = queries.licence("north")
    now = datetime.now(UTC)
    IssuedToken.objects.create(
        jti="old", client_id=made.client.id, licence_id=licence.id, uses=["search"],
        expires=now - timedelta(hours=1),
    )  # fmt: skip
    Revocation.objects.create(subject="jti:old", at=now, reason="x")
    Revocation.objects.create(subject="sub:cli_long", at=now - timedelta(days=3), reason="x")
    Revocation.objects.create(subject="sub:cli_new", at=now - timedelta(hours=3), reason="x")
    told = listed(browser().get("/olp/revocations"))
    assert (len(told), told.serial) == (1, 3)
    assert told.has("x", "cli_new", "x")


@pytest.mark.parametrize("address", [
    "/.well-known/jwks.json", "/olp/jwks", "/olp/.well-known/jwks.json",
    "/olp/.well-known/jwks.json/platform", "/olp/revocations",
])  # fmt: skip
def test_who_has_it_already_is_not_sent_it_again(by: Any, address: str) -> None:
    first = browser().get(address)
    assert first.status_code == 200
    assert "max-age" in first["Cache-Control"]
    same = browser().get(address, headers={"if-none-match": f'W/{first["ETag"]}, "other"'})
    assert (same.status_code, same.content, same["ETag"]) == (304, b"", first["ETag"])
    assert browser().get(address, headers={"if-none-match": '"other"'}).status_code == 200
    assert browser().head(address)["ETag"] == first["ETag"]
    assert browser().post(address).status_code == 405


def at(monkeypatch: pytest.MonkeyPatch, moment: datetime) -> None:
    from quire.society.licensing import keys

    monkeypatch.setattr(keys, "_now", lambda: moment)


def test_the_next_keys_are_published_before_they_sign_and_the_old_ones_after(
    by: Any, house: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from quire.society.licensing import actions, keys

    now = datetime.now(UTC)
    at(monkeypatch, now)
    first = keys.signing_key()
    made = actions.rotate_keys(by=by)
    assert [one.key.kind for one in made] == ["Ed25519", "ES256"]
    assert keys.signing_key().kid == first.kid
    assert len(keys.public_keys()) == 4
    with pytest.raises(QuireError, match="wait for their turn"):
        actions.rotate_keys(by=by)
    at(monkeypatch, now + timedelta(hours=24))
    assert keys.signing_key().kid == made[0].key.kid
    assert keys.signing_key("ES256").kid == made[1].key.kid
    assert first.kid in keys.key_set()
    at(monkeypatch, now + timedelta(hours=25, minutes=59))
    assert len(keys.public_keys()) == 4
    at(monkeypatch, now + timedelta(hours=26))
    assert sorted(keys.key_set()) == sorted(one.key.kid for one in made)
    with pytest.raises(QuireError, match="90 days"):
        actions.rotate_keys(ahead=timedelta(days=91), by=by)


def test_a_key_that_others_know_is_dropped_at_once(
    by: Any, house: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from quire.society.licensing import actions, keys

    now = datetime.now(UTC)
    at(monkeypatch, now)
    made = desk.client(by)
    token = desk.token(made).said["access_token"]
    lost = keys.signing_key().kid
    waiting = actions.rotate_keys(by=by)
    actions.drop_key(kid=lost, reason="a stolen backup", by=by)
    fresh = keys.signing_key()
    assert fresh.kid not in {lost, *(one.key.kid for one in waiting)}
    assert lost not in keys.key_set()
    assert introspect(made, token).said == {"active": False}
    at(monkeypatch, now + timedelta(hours=24))
    assert keys.signing_key().kid == waiting[0].key.kid
    with pytest.raises(QuireError, match="no key"):
        actions.drop_key(kid="other", reason="x", by=by)
    with pytest.raises(QuireError, match="Say why"):
        actions.drop_key(kid=fresh.kid, reason=" ", by=by)


def test_a_key_dropped_before_its_turn_leaves_the_present_one_signing(
    by: Any, house: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from quire.society.licensing import actions, keys

    now = datetime.now(UTC)
    at(monkeypatch, now)
    present = keys.signing_key().kid
    waiting = actions.rotate_keys(by=by)[0].key.kid
    actions.drop_key(kid=waiting, reason="x", by=by)
    at(monkeypatch, now + timedelta(days=9))
    assert keys.signing_key().kid == present
    assert present in keys.key_set()


def test_private_keys_are_their_owners_alone(by: Any, house: Any) -> None:
    from quire.society.licensing import keys

    kid = keys.signing_key().kid
    place = Path(house.home) / "keys" / "tokens.json"
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert stat.S_IMODE(place.parent.stat().st_mode) == 0o700
    assert json.loads(place.read_text())["keys"][0]["jwk"]["kid"] == kid
    assert not [jwk for jwk in keys.public_keys() if "d" in jwk]


def test_of_many_who_need_the_first_key_at_once_all_get_the_same(by: Any, house: Any) -> None:
    from quire.society.licensing import keys

    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: keys.signing_key().kid, range(32)))
    assert len(found) == 1
    assert len(keys.kept()) == 2
