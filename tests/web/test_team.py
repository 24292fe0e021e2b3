"""A team: invited by e-mail, come in once, changed by its admins, never without one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests import small
from tests.conftest import Furnished, House, furnished
from tests.web.desk import seated, signed_in, text, visitor

PASSWORD = "reed and wren at low tide"


@pytest.fixture(scope="module")
def built(postgres: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Furnished]:
    folder = tmp_path_factory.mktemp("team")
    with furnished(postgres, folder, lambda p, m: small.found(folder), staffed=False) as made:
        yield made


@pytest.fixture
def before(built: Furnished) -> Furnished:
    return built


@pytest.fixture
def letters(house: House) -> Iterator[list[Any]]:
    """What was sent. Django's own outbox stands for the society's mail server."""
    from django.core import mail
    from django.test import override_settings

    with override_settings(EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend"):
        mail.outbox = []
        yield mail.outbox


@pytest.fixture
def admin(letters: list[Any]) -> Any:
    return seated("gazette-admin", "gazette")


def _link(letter: Any) -> str:
    found = re.search(r"http://127\.0\.0\.1:8000(/invitation/\S+)", letter.body)
    assert found
    return found[1]


def _invite(client: Any, email: str = "desk@gazette.example", role: str = "manager") -> Any:
    return client.post("/member/gazette/team/", {"act": "invite", "email": email, "role": role}, follow=True)


def _join(client: Any, link: str, **more: str) -> Any:
    told = {"called": "The desk", "name": "gazette-desk", "password": PASSWORD}
    return client.post(link, {**told, **more})


def test_somebody_is_invited_comes_in_and_sits_in_the_team(admin: Any, letters: list[Any]) -> None:
    page = text(_invite(admin))
    assert "desk@gazette.example is invited; the link is good until" in page
    assert "Withdraw the invitation of desk@gazette.example" in page
    (letter,) = letters
    assert letter.to == ["desk@gazette.example"]
    assert letter.subject == "Harbour Gazette: you are invited"
    assert "gazette-admin invites you" in letter.body

    client, link = visitor(), _link(letter)
    page = text(client.get(link))
    assert "gazette-admin invites you to the team of Harbour Gazette" in page
    assert "As manager: works, terms, claims and licences." in page
    assert _join(client, link).headers["location"] == "/home"
    assert client.get("/home").headers["location"] == "/member/gazette/"
    assert visitor().get(link).status_code == 404  # once
    team = text(client.get("/member/gazette/team/"))
    assert "gazette-desk" in team
    assert "Send the invitation" not in team  # a manager invites nobody
    again = visitor()
    signed = again.post("/account/login/", {"login": "desk@gazette.example", "password": PASSWORD})
    assert signed.headers["location"] == "/home"


def test_the_link_is_not_in_the_database(admin: Any, letters: list[Any]) -> None:
    from django.db import connection

    _invite(admin)
    secret = _link(letters[0]).rpartition("/")[2]
    with connection.cursor() as run:
        for table in ("parties_invitation", "kit_act"):
            run.execute(f"SELECT count(*) FROM {table} t WHERE t::text LIKE %s", [f"%{secret}%"])
            assert run.fetchone() == (0,)


def test_a_password_that_everybody_has_is_refused_and_nothing_typed_is_lost(
    admin: Any, letters: list[Any]
) -> None:
    _invite(admin)
    client, link = visitor(), _link(letters[0])
    page = text(_join(client, link, password="password"))
    assert "This password is too common." in page
    assert 'value="gazette-desk"' in page
    assert 'value="password"' not in page
    page = text(_join(client, link, name="gazette-admin"))
    assert "Somebody else has this name" in page
    page = text(_join(client, link, name="no spaces"))
    assert "cannot be a user" in page
    assert _join(client, link).status_code == 302


def test_one_comes_in_without_a_password_and_makes_a_passkey(admin: Any, letters: list[Any]) -> None:
    _invite(admin)
    client = visitor()
    answer = _join(client, _link(letters[0]), password="", passkey="1")
    assert answer.headers["location"] == "/account/2fa/webauthn/add/"
    assert "Make your passkey now" in text(client.get(answer.headers["location"]))
    from quire.society.parties import queries

    user = queries.acting("gazette-desk")
    assert not user.has_usable_password()
    assert [one.role for one in queries.seats(user=user)] == ["manager"]


def test_who_has_an_account_takes_a_further_seat_as_they_are(admin: Any, letters: list[Any]) -> None:
    other = seated("lantern-admin", "lantern")
    _invite(admin, email="hello@lantern.example", role="reader")
    link = _link(letters[0])
    assert "You are signed in as lantern-admin" in text(other.get(link))
    assert other.post(link).headers["location"] == "/home"
    page = text(other.get("/home"))
    assert "Harbour Gazette" in page
    assert "Lantern Photo" in page
    assert other.post("/member/gazette/team/", {"act": "invite"}).status_code == 403


def test_a_lower_invitation_takes_nothing_away(admin: Any, letters: list[Any]) -> None:
    _invite(admin, role="reader")
    assert admin.post(_link(letters[0])).status_code == 302
    assert "Send the invitation" in text(admin.get("/member/gazette/team/"))


def test_an_invitation_ends_by_time_by_withdrawal_and_by_a_newer_one(
    admin: Any, letters: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from quire.society.kit import clock
    from quire.society.parties import queries

    _invite(admin)
    _invite(admin, role="reader")
    old, new = map(_link, letters)
    assert visitor().get(old).status_code == 404
    assert visitor().get(new).status_code == 200
    monkeypatch.setenv("QUIRE_TODAY", (clock.today() + timedelta(days=14)).isoformat())
    assert visitor().get(new).status_code == 404
    assert _join(visitor(), new).status_code == 404
    monkeypatch.delenv("QUIRE_TODAY")
    (row,) = queries.invitations(party=queries.party("gazette").id)
    admin.post("/member/gazette/team/", {"act": "withdraw", "invitation": row.tid})
    answer = visitor().get(new)
    assert answer.status_code == 404
    assert "Ask for a new one" in answer.content.decode()
    assert queries.invitations(party=queries.party("gazette").id) == ()


def test_one_teams_admin_does_nothing_to_anothers_team(admin: Any, letters: list[Any]) -> None:
    from quire.society.parties import queries

    _invite(seated("lantern-admin", "lantern"))  # not theirs: the page is not there
    assert letters == []
    _invite(admin)
    (row,) = queries.invitations(party=queries.party("gazette").id)
    theirs = signed_in("lantern-admin")
    answer = theirs.post("/member/lantern/team/", {"act": "withdraw", "invitation": row.tid}, follow=True)
    assert "not open any more" in text(answer)
    answer = theirs.post(
        "/member/lantern/team/", {"act": "change", "user": "gazette-admin", "role": "admin"}, follow=True
    )
    assert "nobody of this name in the team" in text(answer)
    assert queries.invitations(party=queries.party("gazette").id) == (row,)


def test_a_team_keeps_an_admin(admin: Any, letters: list[Any]) -> None:
    page = text(
        admin.post(
            "/member/gazette/team/", {"act": "change", "user": "gazette-admin", "role": "reader"}, follow=True
        )
    )
    assert "is the only admin of Harbour Gazette" in page
    assert "Remove gazette-admin from the team?" in text(
        admin.get("/member/gazette/team/?remove=gazette-admin")
    )
    answer = admin.post("/member/gazette/team/", {"act": "remove", "user": "gazette-admin"}, follow=True)
    assert "is the only admin" in text(answer)
    seated("gazette-second", "gazette")
    answer = admin.post("/member/gazette/team/", {"act": "remove", "user": "gazette-admin"})
    assert answer.status_code == 302
    assert admin.get("/member/gazette/").status_code == 404  # from the next click on


@pytest.mark.parametrize("role", ["manager", "reader"])
def test_only_admins_write(letters: list[Any], role: str) -> None:
    client = seated(f"gazette-{role}", "gazette", role)
    assert client.post("/member/gazette/team/", {"act": "invite"}).status_code == 403
    assert "What they may do" not in text(client.get("/member/gazette/team/"))


def test_nonsense_is_refused_beside_its_field(admin: Any, letters: list[Any]) -> None:
    assert "Enter a valid email address" in text(_invite(admin, email="not an address"))
    assert "Select a valid choice" in text(_invite(admin, role="operator"))
    assert letters == []
    for act in ("", "else", "withdraw"):
        assert admin.post("/member/gazette/team/", {"act": act}).status_code == 302
    for token in ("x", "%00", "a" * 5000):
        assert visitor().get(f"/invitation/{token}").status_code == 404


def test_a_letter_that_does_not_go_out_leaves_the_link_with_the_admin(admin: Any, house: House) -> None:
    from django.test import override_settings

    with override_settings(
        EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend", EMAIL_HOST="127.0.0.1", EMAIL_PORT=9
    ):
        page = text(_invite(admin))
    assert "did not go out" in page
    link = re.search(r"http://127\.0\.0\.1:8000(/invitation/[\w-]+)", page)
    assert link
    assert visitor().get(link[1]).status_code == 200


def test_the_lab_has_a_team_page_too(letters: list[Any]) -> None:
    client = seated("lab-admin", "lab-north")
    assert "Send the invitation" in text(client.get("/lab/lab-north/team/"))


def test_who_comes_in_says_whose_invitation_it_was(admin: Any, letters: list[Any]) -> None:
    from quire.society.kit.models import Act

    _invite(admin)
    _join(visitor(), _link(letters[0]))
    acts = {one.verb: one for one in Act.objects.select_related("by")}
    assert acts["parties.invite"].by.username == "gazette-admin"
    assert acts["parties.accept-invitation"].by.username == "gazette-desk"


def test_the_first_admin_is_invited_by_a_command(
    letters: list[Any], house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    told = small.quire(
        "user", "invite", "first@marsh.example", "--party", "marsh", "--role", "admin", "--by", "preparer",
        capsys=capsys,
    )  # fmt: skip
    assert told["sent"]
    assert "preparer invites you to the pages of Marsh and Tide at Small Society" in letters[0].body
    assert small.quire("user", "invitations", "--party", "marsh", capsys=capsys)[0]["by"] == "preparer"
    client = visitor()
    assert (
        _join(client, told["link"].removeprefix("http://127.0.0.1:8000"), name="marsh-first").status_code
        == 302
    )
    assert "Send the invitation" in text(client.get("/member/marsh/team/"))


def test_a_rehearsal_sends_nothing(letters: list[Any], capsys: pytest.CaptureFixture[str]) -> None:
    small.quire("user", "invite", "x@marsh.example", "--party", "marsh", "--role", "admin", "--dry-run")
    assert letters == []
    assert small.quire("user", "invitations", "--party", "marsh", capsys=capsys) == []


def test_a_user_made_by_a_command_is_invited_to_sign_in(
    letters: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    from quire.cli import main

    told = small.quire("user", "invite", "desk@society.example", "--user", "preparer", capsys=capsys)
    client, link = visitor(), told["link"].removeprefix("http://127.0.0.1:8000")
    page = text(client.get(link))
    assert "You sign in as preparer." in page
    assert "Name to sign in with" not in page
    assert client.post(link, {"password": PASSWORD}).status_code == 302
    assert client.get("/home").headers["location"] == "/desk/"
    # Who signs in is not taken over by a further invitation.
    assert main(["user", "invite", "other@society.example", "--user", "preparer"]) == 5
    assert main(["user", "invite", "other@society.example", "--role", "admin"]) == 4


def test_seats_by_command(letters: list[Any]) -> None:
    from quire.cli import main
    from quire.society.parties import queries

    small.quire("user", "add", "marsh-admin")
    small.quire("user", "seat", "marsh-admin", "marsh", "--by", "preparer")
    assert [one.role for one in queries.seats(party=queries.party("marsh").id)] == ["admin"]
    assert main(["user", "seat", "marsh-admin", "marsh", "--role", "none"]) == 5


def test_the_page_knows_every_role_there_is(house: House) -> None:
    from quire.society.parties.models import SEATS
    from quire.society.web import team

    assert list(team.ROLES) == list(team.SHORT) == list(SEATS)
