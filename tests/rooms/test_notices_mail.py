"""Notices by e-mail: at once or gathered, as each user wishes; stopped by one click where that is right."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from quire.core.errors import Invalid
from tests import small
from tests.conftest import Furnished, furnished


@pytest.fixture(scope="module")
def before(postgres: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Furnished]:
    """A small society in which everything is told, and two people of the gazette have an address."""
    folder = tmp_path_factory.mktemp("mail")

    def furnish(people: dict[str, Any], patch: pytest.MonkeyPatch) -> None:
        from quire.society.notices import actions
        from quire.society.notices.models import Letter
        from quire.society.parties import actions as parties
        from quire.society.parties.models import User

        small.found(folder)
        for name in ("editor", "keeper"):
            parties.seat(user=parties.add_user(name=name), party="gazette", role="admin")
            User.objects.filter(username=name).update(email=f"{name}@gazette.example")
        User.objects.filter(username="approver").update(email="approver@society.example")
        actions.tell()
        Letter.objects.all().delete()

    with furnished(postgres, folder, furnish, staffed=False) as made:
        yield made


@pytest.fixture
def post(house: Any) -> Iterator[list[Any]]:
    """What was sent. Django's own outbox stands for the society's mail server."""
    from django.core import mail
    from django.test.utils import override_settings

    with override_settings(EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend"):
        mail.outbox = []
        yield mail.outbox


def user(name: str = "editor") -> Any:
    from quire.society.parties import queries

    return queries.acting(name)


def tell(event: str, number: int = 0, **facts: Any) -> None:
    """Have this told to the gazette."""
    from django.db import transaction

    from quire.society.kit import clock
    from quire.society.notices.actions.telling import write
    from quire.society.notices.whom import Told
    from quire.society.parties import queries as parties

    gazette = parties.party("gazette").id
    with transaction.atomic():
        write(clock.now(), f"test|{event}|{number}", "-", [Told(event, "member", gazette, {}, facts)])


def paid(number: int = 0) -> None:
    tell(
        "payout.made",
        number,
        amount={"amount": "12.340000000000", "currency": "EUR"},
        day={"day": "2026-02-10"},
    )


def test_a_letter_goes_at_once_to_everybody_in_the_team_with_a_link(post: list[Any]) -> None:
    from quire.society.notices import actions

    paid()
    assert actions.send() == 2
    assert {one.to[0] for one in post} == {"editor@gazette.example", "keeper@gazette.example"}
    assert post[0].subject == "Small Society: 12.34 EUR was paid to you on 10 Feb 2026."
    assert "http://127.0.0.1:8000/member/gazette/payments/" in post[0].body
    assert actions.send() == 0


def test_one_click_stops_a_category_for_that_user_alone_and_signing_in_is_not_asked_for(
    post: list[Any],
) -> None:
    from django.test import Client

    from quire.society.notices import actions

    paid()
    actions.send()
    letter = next(one for one in post if one.to == ["editor@gazette.example"])
    assert letter.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    (link,) = re.findall(r"<http://[^/]+(/\S+)>", letter.extra_headers["List-Unsubscribe"])
    assert link in letter.body
    program = Client(enforce_csrf_checks=True, headers={"host": "localhost"})
    assert "You will have no more letters of this:" in program.get(link).content.decode()
    answer = program.post(link, {"List-Unsubscribe": "One-Click"})
    assert (answer.status_code, "You have no more letters" in answer.content.decode()) == (200, True)
    assert program.post(link).status_code == 200
    post.clear()
    paid(2)
    actions.send()
    assert [one.to for one in post] == [["keeper@gazette.example"]]


def test_a_link_that_was_tampered_with_stops_nothing(post: list[Any]) -> None:
    from django.test import Client

    from quire.society.notices.actions.mailing import stop_address
    from quire.society.notices.models import Wish

    link = stop_address(user(), "money").partition("8000")[2]
    for wrong in (link[:-3] + "/", link.replace("/letters/", "/letters/x"), "/letters/WzEsIm1vbmV5Il0/"):
        assert Client(headers={"host": "localhost"}).get(wrong).status_code == 422
        Client(headers={"host": "localhost"}).post(wrong)
    assert not Wish.objects.exists()


def test_what_protects_is_not_stopped_and_says_why(post: list[Any]) -> None:
    from quire.society.notices import actions

    tell("details.changed", columns="iban")
    actions.send()
    assert len(post) == 2
    assert "List-Unsubscribe" not in post[0].extra_headers
    assert "somebody else did something in your name" in post[0].body
    for category, how in (
        ("security", "off"),
        ("deadlines", "off"),
        ("deadlines", "weekly"),
        ("nothing", "off"),
    ):
        with pytest.raises(Invalid):
            actions.wish(user(), {category: how})


def test_everything_stops_but_that(post: list[Any]) -> None:
    from quire.society.notices import actions
    from quire.society.notices.actions.mailing import EVERYTHING, stop_address

    token = stop_address(user(), EVERYTHING).rstrip("/").rpartition("/")[2]
    actions.stop(token)
    told = {category.name: how for category, how in actions.wishes(user(), "member")}
    assert (told["security"], told["deadlines"], told["money"], told["society"]) == (
        "at-once",
        "at-once",
        "off",
        "off",
    )


def test_a_day_is_gathered_into_one_letter_the_next_morning(
    post: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from datetime import timedelta

    from quire.society.kit import clock
    from quire.society.notices import actions

    actions.wish(user(), {"money": "daily"})
    actions.wish(user("keeper"), {"money": "off"})
    for number in range(3):
        paid(number)
    assert (actions.send(), actions.gather()) == (0, 0)
    tomorrow = clock.now().replace(hour=7) + timedelta(days=1)
    monkeypatch.setattr(clock, "now", lambda: tomorrow)
    assert actions.gather() == 1
    assert actions.gather() == 0
    (letter,) = post
    assert letter.subject == "Small Society: 3 notices"
    assert letter.body.count("was paid to you") == 3


def test_what_was_read_meanwhile_is_not_in_the_letter(
    post: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from datetime import timedelta

    from quire.society.kit import clock
    from quire.society.notices import actions
    from quire.society.notices.models import Letter
    from quire.society.notices.queries import Box
    from quire.society.parties import queries as parties

    actions.wish(user(), {"money": "weekly"})
    Letter.objects.exclude(user=user()).delete()
    paid()
    actions.read_all(Box("member", parties.party("gazette").id, "gazette"), by=user())
    week = clock.now() + timedelta(days=8)
    monkeypatch.setattr(clock, "now", lambda: week)
    actions.gather()
    assert [one for one in post if one.to == ["editor@gazette.example"]] == []


def test_a_server_that_is_down_is_asked_again(post: list[Any]) -> None:
    from django.test.utils import override_settings

    from quire.society.notices import actions

    paid()
    down = {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": "127.0.0.1",
        "EMAIL_PORT": 9,
    }
    with override_settings(**down):
        assert actions.send() == 0
    assert post == []
    assert actions.send() == 2


def test_the_approver_alone_has_letters_of_runs_to_approve(post: list[Any]) -> None:
    from quire.society.kit import clock
    from quire.society.notices.actions.telling import write
    from quire.society.notices.models import Letter
    from quire.society.notices.whom import desk
    from quire.society.parties.models import User

    User.objects.filter(username="preparer").update(email="preparer@society.example")
    write(clock.now(), "test|run", "-", [desk("run.to-approve", {"run": "x"}, period="2026-01")])
    assert [one.user.username for one in Letter.objects.all()] == ["approver"]


def test_a_letter_speaks_the_language_of_its_reader(post: list[Any]) -> None:
    from quire.society.notices import actions
    from quire.society.parties.models import User

    User.objects.filter(username="editor").update(language="de")
    paid()
    actions.send()
    told = {one.to[0]: one.subject for one in post}
    assert "12,34 €" in told["editor@gazette.example"].replace("\N{NO-BREAK SPACE}", " ")
    assert "12.34 EUR" in told["keeper@gazette.example"]


def test_letters_are_chosen_on_a_page(post: list[Any]) -> None:
    from quire.society.notices.models import Wish
    from tests.web import desk

    browser = desk.signed_in("editor")
    page = desk.text(browser.get("/member/gazette/notices/letters/"))
    assert "editor@gazette.example" in page
    assert "Work at the desk" not in page
    said = {"security": "at-once", "deadlines": "daily", "money": "off", "rights": "weekly",
            "metering": "daily", "society": "off"}  # fmt: skip
    assert "from now on" in desk.text(browser.post("/member/gazette/notices/letters/", said, follow=True))
    assert dict(Wish.objects.filter(user=user()).values_list("category", "how"))["money"] == "off"
    said["security"] = "off"
    page = desk.text(browser.post("/member/gazette/notices/letters/", said))
    assert "is not one of the available choices" in page
