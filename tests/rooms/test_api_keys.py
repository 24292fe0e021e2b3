"""Keys of the HTTP API: whom they stand for, what they may, how often, and how they end."""

from __future__ import annotations

from typing import Any

import pytest

from tests.rooms.api_desk import API, asking, key_of, seated


@pytest.fixture
def member(house: Any, people: Any) -> Any:
    from quire.society.parties import actions

    actions.register_party(code="harbour", name="Harbour Gazette", kind="newspaper")
    return seated("ina", "harbour")


def test_a_key_says_whom_it_stands_for(member: Any) -> None:
    program = asking(key_of(member, "member", "harbour"))
    assert program.get("/me").json()["key"]["used"] is None, "it was not used before"
    told = program.get("/me").json()
    assert told["party"]["code"] == "harbour"
    assert (told["may"], told["key"]["user"], told["key"]["mode"]) == (["read"], "ina", "live")
    assert told["key"]["used"] is not None


@pytest.mark.parametrize(
    "shown",
    [None, "", "Bearer", "Bearer quire_live_no", "Basic abc", f"Bearer quire_live_{'x' * 43}", "Bearer \xe9"],
)
def test_who_shows_no_good_key_is_told_to(house: Any, shown: str | None) -> None:
    from tests.rooms.boundary_desk import browser

    headers = {} if shown is None else {"authorization": shown}
    answer = browser().get(f"{API}/works", headers=headers)
    assert (answer.status_code, answer["Content-Type"]) == (401, "application/problem+json")
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert answer.json()["code"] == "api.unauthorised"


def test_a_key_ends_when_it_is_revoked_and_with_its_user(member: Any) -> None:
    from quire.society.parties import actions, queries

    mine, other = key_of(member, "member", "harbour"), key_of(member, "member", "harbour")
    first, second = queries.api_keys(party=queries.party("harbour").id).every(_everything())
    actions.revoke_api_key(key=second.tid, party="harbour", by=member)
    assert asking(mine).get("/me").status_code == 401
    assert asking(other).get("/me").status_code == 200
    actions.seat(user=actions.add_user(name="anna"), party="harbour", role="admin")
    actions.unseat(user="ina", party="harbour")
    assert asking(other).get("/works").json()["code"] == "api.scope"
    member.is_active = False
    member.save()
    assert asking(other).get("/me").status_code == 401
    assert first.revoked is None


def _everything() -> Any:
    from quire.society.kit.paging import Asked

    return Asked()


def test_no_key_may_more_than_who_makes_it(member: Any, people: Any) -> None:
    from quire.society.parties import actions, errors

    seated("rea", "harbour", "reader")
    from quire.society.parties import queries

    reader = queries.acting("rea")
    with pytest.raises(errors.KeyBeyond, match="manage"):
        actions.make_api_key(audience="member", party="harbour", name="k", scopes=["manage"], by=reader)
    with pytest.raises(errors.KeyBeyond, match="read"):
        actions.make_api_key(audience="operator", name="k", by=member)
    with pytest.raises(errors.KeyBeyond, match="approve"):
        actions.make_api_key(audience="operator", name="k", scopes=["approve"], by=people["preparer"])
    refused: list[dict[str, Any]] = [
        {"audience": "public"}, {"scopes": ["all"]}, {"mode": "sandbox"}, {"name": " "}, {"name": "a\nb"},
        {"per_minute": 0}, {"party": None}, {"audience": "operator"},
    ]  # fmt: skip
    for wrong in refused:
        said = {"audience": "member", "party": "harbour", "name": "k", "by": member} | wrong
        with pytest.raises(errors.KeyRefused):
            actions.make_api_key(**said)


def test_a_key_reads_only_what_is_for_it(member: Any, people: Any) -> None:
    reading = asking(key_of(member, "member", "harbour"))
    for path in ("/parties", "/members", "/licences"):
        assert reading.get(path).json()["code"] == "api.scope", path
    refused = reading.post("/works", {"title": "A"})
    assert (refused.status_code, refused.json()["needs"]) == (403, "manage")
    assert 'error="insufficient_scope"' in refused["WWW-Authenticate"]


def test_a_key_is_counted_by_the_minute(member: Any) -> None:
    made = asking(key_of(member, "member", "harbour", per_minute=3))
    answers = [made.get("/me") for _ in range(5)]
    passed = [one for one in answers if one.status_code == 200]
    assert len(passed) >= 3, "a minute may have begun meanwhile"
    assert passed[0]["RateLimit-Policy"] == '"key";q=3;w=60'
    assert passed[0]["RateLimit"].startswith('"key";r=2;t=')
    refused = [one for one in answers if one.status_code == 429]
    for one in refused:
        assert 1 <= int(one["Retry-After"]) <= 60
        assert one.json()["code"] == "api.too-often"


def test_counting_begins_anew_with_each_minute(house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from quire.society.kit import rates

    def at(second: int) -> Any:
        monkeypatch.setattr(rates.time, "time", lambda: float(second))
        return rates.count("a key", 2)

    told = [at(600), at(601), at(659), at(660)]
    assert [(one.left, one.over) for one in told] == [(1, False), (0, False), (0, True), (1, False)]
    assert [one.seconds for one in told] == [60, 59, 1, 60]


def test_the_secret_is_kept_nowhere(member: Any) -> None:
    from django.db import connection

    secret = key_of(member, "member", "harbour")
    with connection.cursor() as run:
        run.execute("SELECT row_to_json(k)::text FROM parties_apikey k UNION ALL "
                    "SELECT row_to_json(a)::text FROM kit_act a")  # fmt: skip
        kept = "".join(row[0] for row in run.fetchall())
    assert secret[11:] not in kept
    assert secret[-4:] in kept
