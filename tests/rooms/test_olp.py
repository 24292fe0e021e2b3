"""The licence server: a client gets a token that a site can verify, and nobody else gets anything."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client as Browser

from quire.core import licence_token
from quire.core.tokens import KeySet, SigningKey
from quire.society.kit import clock
from tests.rooms import licence_desk as desk

ISS = "http://127.0.0.1:8000/olp"
BOTH = ("https://gazette.example", "https://marsh.example")


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


def claims_of(answer: Any) -> licence_token.Claims:
    assert answer.status_code == 200, answer.said
    published = KeySet.from_json(browser().get("/.well-known/jwks.json").content)
    return licence_token.read(answer.said["access_token"], published)


@pytest.mark.parametrize("alg", ["Ed25519", "EdDSA", "ES256"])
def test_a_client_gets_a_token_that_verifies_with_the_published_keys(by: Any, alg: str) -> None:
    made = desk.client(by, alg=alg)
    answer = desk.token(made)
    claims = claims_of(answer)
    said = answer.said
    assert (said["token_type"], said["expires_in"], said["scope"]) == ("License", 900, "ai-train ai-input")
    assert said["license_id"] == claims.licence
    assert answer["Cache-Control"] == "no-store"
    assert (claims.iss, claims.sub, claims.aud) == (ISS, made.client.tid, BOTH)
    assert claims.exp - claims.iat == 900
    assert (claims.uses, claims.charge, claims.duties) == (("ai-train", "ai-input"), "licence", ())
    header = json.loads(desk.decoded(said["access_token"].split(".")[0]))
    assert (header["alg"], header["typ"]) == (alg, "olp-license+jws")


def test_that_a_token_was_issued_is_on_record_and_the_token_is_not(by: Any) -> None:
    from quire.society.licensing.models import IssuedToken

    made = desk.client(by)
    claims = claims_of(answer := desk.token(made))
    row = IssuedToken.objects.get()
    assert (row.jti, row.client.tid, row.licence.tid) == (claims.jti, made.client.tid, claims.licence)
    assert int(row.expires.timestamp()) == claims.exp
    assert answer.said["access_token"] not in repr(vars(row))


@pytest.mark.parametrize(("license", "scope"), [
    (desk.terms("ai-train"), "ai-train"),
    (desk.terms("ai-train", namespace=False), "ai-train"),
    (desk.terms("all"), "ai-train ai-input"),
    (desk.terms("ai-all search", prohibits="ai-train"), "ai-input"),
    (desk.terms("ai-input search"), "ai-input"),
    (None, "ai-train ai-input"),
    ("<license/>", "ai-train ai-input"),
])  # fmt: skip
def test_the_scope_is_what_the_license_and_the_licence_both_have(
    by: Any, license: str | None, scope: str
) -> None:
    made = desk.client(by)
    assert desk.token(made, license=license).said["scope"] == scope
    assert desk.token(made, license=license, license_type="application/rsl+xml").said["scope"] == scope


def test_a_client_asks_for_no_more_than_its_scopes(by: Any) -> None:
    made = desk.client(by, scopes=["ai-input", "search"])
    assert desk.token(made).said["scope"] == "ai-input"
    refused = desk.token(made, license=desk.terms("ai-train"))
    assert (refused.status_code, refused.said["error"]) == (403, "unauthorized_client")
    assert "/licences" in refused.said["error_description"], "it says where a licence is to be had"


@pytest.mark.parametrize(("resource", "audience"), [
    ("/", BOTH),
    ("/articles/*", BOTH),
    ("*", BOTH),
    (None, BOTH),
    ("https://gazette.example/a?b=c", BOTH[:1]),
    ("https://GAZETTE.example:443/articles/*", BOTH[:1]),
    ("http://marsh.example:8081/", ("http://marsh.example:8081",)),
])  # fmt: skip
def test_a_token_is_good_at_the_sites_that_the_resource_means(by: Any, resource: Any, audience: Any) -> None:
    made = desk.client(by)
    license = desk.LICENSE if resource else None
    assert claims_of(desk.token(made, resource=resource, license=license)).aud == audience


def test_a_bare_pattern_goes_by_the_audience_or_by_the_sites_own_address(by: Any) -> None:
    made = desk.client(by)
    assert claims_of(desk.token(made, audience="marsh.example")).aud == BOTH[1:]
    twice = desk.token(made, audience=["https://marsh.example/x", "gazette.example"])
    assert claims_of(twice).aud == (BOTH[1], BOTH[0])
    form = {"grant_type": "client_credentials", "license": desk.LICENSE, "resource": "/"}
    assert claims_of(desk.ask(made, "/olp/sites/marsh.example/token", **form)).aud == BOTH[1:]
    elsewhere = desk.ask(made, "/olp/sites/other.example/token", **form)
    assert (elsewhere.status_code, elsewhere.said["error"]) == (400, "invalid_resource")


def test_a_bare_pattern_leaves_out_who_says_no_and_what_is_not_verified(by: Any) -> None:
    from quire.society.mandates.models import Mandate
    from quire.society.parties.models import Party

    reed = Party.objects.create(code="reed", name="Reed", kind="blogger")
    desk.site("reed.example", reed, verified=False)
    marsh, north = Party.objects.get(code="marsh"), Party.objects.get(code="lab-north")
    for use in ("ai-train", "ai-input"):
        Mandate.objects.create(
            member=marsh, licensee=north, use=use, answer=False, starts=clock.today() - timedelta(5)
        )
    made = desk.client(by)
    assert claims_of(desk.token(made)).aud == BOTH[:1]
    unverified = desk.token(made, resource="https://reed.example/")
    assert (unverified.status_code, unverified.said["error"]) == (400, "invalid_resource")


def test_a_token_holds_no_more_sites_than_fit_into_a_header(by: Any) -> None:
    desk.sites(by, tuple(f"a{number}.example" for number in range(70)))
    made = desk.client(by)
    refused = desk.token(made)
    assert (refused.status_code, refused.said["error"]) == (400, "invalid_resource")
    assert "72 hosts" in refused.said["error_description"]
    many = desk.token(made, audience=[f"a{number}.example" for number in range(65)])
    assert many.said["error"] == "invalid_resource"
    assert len(claims_of(desk.token(made, audience=[f"a{n}.example" for n in range(64)])).aud) == 64


@pytest.mark.parametrize(("form", "status", "error"), [
    ({"grant_type": None}, 400, "invalid_request"),
    ({"grant_type": ""}, 400, "invalid_request"),
    ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ({"grant_type": "rsl"}, 400, "unsupported_grant_type"),
    ({"grant_type": ["client_credentials", "rsl"]}, 400, "invalid_request"),
    ({"license_type": "application/json"}, 400, "invalid_license"),
    ({"license": "no xml"}, 400, "invalid_license"),
    ({"license": "<other/>"}, 400, "invalid_license"),
    ({"license": desk.terms("nothing")}, 400, "invalid_license"),
    ({"license": desk.terms("ai-train,ai-input")}, 400, "invalid_license"),
    ({"license": '<!DOCTYPE a [<!ENTITY b "c">]><license/>'}, 400, "invalid_license"),
    ({"license": desk.terms("all", prohibits="all")}, 400, "invalid_license"),
    ({"license": "<license>" + " " * 40_000 + "</license>"}, 400, "invalid_license"),
    ({"license": "x" * 70_000}, 400, "invalid_request"),
    ({"license": desk.terms("search")}, 403, "unauthorized_client"),
    ({"resource": None}, 400, "invalid_request"),
    ({"resource": "articles"}, 400, "invalid_resource"),
    ({"resource": "ftp://gazette.example/"}, 400, "invalid_resource"),
    ({"resource": "https://gazette.example@other.example/"}, 400, "invalid_resource"),
    ({"resource": "https://x@gazette.example/"}, 400, "invalid_resource"),
    ({"resource": "https://*.example/"}, 400, "invalid_resource"),
    ({"resource": "https://gazette.example:99999/"}, 400, "invalid_resource"),
    ({"resource": "https://[::1/"}, 400, "invalid_resource"),
    ({"resource": "https://elsewhere.example/"}, 400, "invalid_resource"),
    ({"resource": "/a\r\nSet-Cookie: b"}, 400, "invalid_resource"),
    ({"resource": "/" * 2_001}, 400, "invalid_resource"),
    ({"resource": "/\0"}, 400, "invalid_request"),
    ({"audience": "elsewhere.example"}, 400, "invalid_resource"),
    ({"client_secret": "x"}, 400, "invalid_request"),
    ({"client_id": "cli_other"}, 400, "invalid_request"),
])  # fmt: skip
def test_each_refusal_is_said_as_rfc_6749_has_it(by: Any, form: Any, status: int, error: str) -> None:
    refused = desk.token(desk.client(by), **form)
    assert (refused.status_code, refused.said["error"]) == (status, error), refused.said
    assert refused["Cache-Control"] == "no-store"
    assert refused["Content-Type"] == "application/json"
    assert refused.said["error_description"].isascii()


def test_another_method_or_type_of_body_is_refused(by: Any) -> None:
    got = browser().get("/olp/token")
    assert (got.status_code, got["Allow"], got.json()["error"]) == (405, "POST", "invalid_request")
    for kind in ("application/json", "multipart/form-data; boundary=x", ""):
        sent = browser().post("/olp/token", b"{}", content_type=kind)
        assert (sent.status_code, sent.json()["error"]) == (400, "invalid_request")
    latin = browser().post("/olp/token", b"a=\xff", content_type="application/x-www-form-urlencoded")
    assert latin.json()["error"] == "invalid_request"
    long = browser().post("/olp/token", b"a" * 3_000_000, content_type="application/x-www-form-urlencoded")
    assert (long.status_code, long.json()["error"]) == (400, "invalid_request")
    escaped = browser().post("/olp/token", b"a=%ff", content_type="application/x-www-form-urlencoded")
    assert escaped.json()["error"] == "invalid_request"


def test_an_unknown_client_and_a_wrong_secret_look_alike(by: Any) -> None:
    from quire.society.kit import ids

    made = desk.client(by)
    gone = desk.client(by, name="gone")
    from quire.society.licensing import actions

    actions.revoke_client(client=gone.client.tid, reason="left", by=by)
    given = (
        desk.basic(made.client.tid, "qcs_wrong"),
        desk.basic(ids.show("cli", ids.new()), made.secret),
        desk.basic("lic" + made.client.tid[3:], made.secret),
        desk.basic("nobody", made.secret),
        desk.basic(gone.client.tid, gone.secret),
    )
    answers = [desk.token(None, auth=auth) for auth in given]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1
    assert answers[0].said["error"] == "invalid_client"
    assert {answer["WWW-Authenticate"] for answer in answers} == {'Basic realm="quire", charset="UTF-8"'}


@pytest.mark.parametrize(
    "auth", ["", "Basic", "Basic !", "Basic bm9jb2xvbg==", "Bearer abc", "Basic /w==", "Basic Y2xpXzo="]
)
def test_no_credentials_are_an_invalid_client(by: Any, auth: str) -> None:
    refused = desk.token(None, auth=auth)
    assert (refused.status_code, refused.said["error"]) == (401, "invalid_client")


def test_the_id_and_the_secret_may_come_encoded_as_a_form_has_them(by: Any) -> None:
    made = desk.client(by)
    encoded = desk.basic(quote(made.client.tid, safe="").replace("_", "%5F"), quote(made.secret, safe=""))
    assert desk.token(None, auth=encoded).status_code == 200
    assert desk.token(made, client_id=made.client.tid).status_code == 200


def test_after_ten_wrong_secrets_the_next_are_not_looked_at_and_the_client_is_not_locked_out(by: Any) -> None:
    made, other = desk.client(by), desk.client(by, name="other")
    assert desk.token(made).status_code == 200
    wrong = [desk.token(None, auth=desk.basic(made.client.tid, f"qcs_{n}")).status_code for n in range(12)]
    assert wrong == [401] * 10 + [429] * 2
    slow = desk.token(None, auth=desk.basic(made.client.tid, "qcs_again"))
    assert (slow.said["error"], slow["Retry-After"]) == ("invalid_client", "60")
    assert desk.token(made).status_code == 200
    assert desk.token(other).status_code == 200
    desk.token(None, auth=desk.basic("cli_x", "a"))


def test_a_sandbox_issues_in_a_name_that_no_site_trusts(by: Any) -> None:
    claims = claims_of(desk.token(desk.client(by, mode="sandbox")))
    assert claims.iss == ISS + "/sandbox"
    keys = KeySet.from_json(browser().get("/olp/jwks").content)
    live, trial = (desk.token(desk.client(by, name=mode, mode=mode)).said for mode in ("live", "sandbox"))
    assert licence_token.read_from(live["access_token"], {ISS: keys}).iss == ISS
    with pytest.raises(licence_token.TokenRefused, match="not trusted here"):
        licence_token.read_from(trial["access_token"], {ISS: keys})


def test_a_token_can_be_bound_to_a_key(by: Any) -> None:
    key = SigningKey.generate().public
    claims = claims_of(desk.token(desk.client(by, key=key.jwk())))
    assert claims.key == key.members()
    assert claims.key_id == key.kid


def test_a_crawl_licence_says_that_the_site_charges(by: Any) -> None:
    desk.grant(by, code="pay", kind="crawl", uses=["search", "ai-index"], fee="0")
    claims = claims_of(
        desk.token(desk.client(by), license=desk.terms("search"), resource="https://marsh.example/")
    )
    assert (claims.charge, claims.uses) == ("crawl", ("search",))


def test_the_licence_that_covers_the_most_is_named(by: Any) -> None:
    from quire.society.licensing import queries

    desk.grant(by, code="a-search", uses=["search"])
    made = desk.client(by)
    claims = claims_of(desk.token(made, license=desk.terms("search ai-train ai-input")))
    assert queries.licence(claims.licence).code == "north"
    claims = claims_of(desk.token(made, license=desk.terms("search"), resource="https://marsh.example/"))
    assert queries.licence(claims.licence).code == "a-search"


def test_a_token_ends_with_its_licence_and_none_comes_after_it(
    by: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from quire.society.licensing.models import Licence

    made = desk.client(by)
    ends = Licence.objects.get().ends
    monkeypatch.setenv("QUIRE_TODAY", (ends - timedelta(1)).isoformat())
    assert desk.token(made).status_code == 200
    monkeypatch.setenv("QUIRE_TODAY", ends.isoformat())
    refused = desk.token(made)
    assert (refused.status_code, refused.said["error"]) == (403, "unauthorized_client")


def test_the_life_of_a_token_is_a_setting(by: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    made = desk.client(by)
    monkeypatch.setenv("QUIRE_TOKEN_SECONDS", "60")
    assert desk.token(made).said["expires_in"] == 60
    from quire.society.kit import config

    for wrong in ("59", "3601", "soon", "1e3"):
        monkeypatch.setenv("QUIRE_TOKEN_SECONDS", wrong)
        with pytest.raises(config.SettingWrong, match="60 to 3600"):
            config.token_seconds(3600)


def test_without_its_database_the_society_says_to_come_back(by: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db import connection

    made = desk.client(by)
    connection.close()
    with monkeypatch.context() as there:
        there.setitem(connection.settings_dict, "NAME", "no_such_database")
        refused = desk.token(made)
        connection.close()
    assert (refused.status_code, refused.said["error"], refused["Retry-After"]) == (503, "server_error", "10")
    assert desk.token(made).status_code == 200


def test_no_site_is_encrypted(by: Any) -> None:
    answer = desk.ask(desk.client(by), "/olp/key", resource="https://marsh.example/")
    assert (answer.status_code, answer.said["error"]) == (501, "server_error")
    assert "encrypts" in answer.said["error_description"]
