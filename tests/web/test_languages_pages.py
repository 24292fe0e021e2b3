"""In which language a page speaks, and that it speaks it to its end."""

from __future__ import annotations

from typing import Any

import pytest

from tests.web import desk
from tests.web.reading import words
from tests.web.test_pages import addresses, before  # noqa: F401 – the society that every page is tried on
from tools import messages

SEATS = {"public": "nobody", "member": "own", "licensee": "own", "operator": "operator", "auditor": "auditor"}

NAMES = {"own", "other", *SEATS.values(), "approver"} | {"administration", "use", "answers", "search", "read"}
"""What is called by a word: users, portions of the plan, a licence and a tariff, what a key may do."""


def english_left(page: str, language: str) -> set[str]:
    """Texts of a page that are messages of the source, and that the catalogue says otherwise."""
    kept = messages.read(messages.place(language), language)
    said = {str(one.id): str(one.string) for one in kept if one.id and not one.pluralizable}
    own = set(said.values())
    return {text for text in words(page) if said.get(text, text) != text} - own - NAMES


def speaking(browser: Any, language: str) -> Any:
    browser.cookies["django_language"] = language
    return browser


@pytest.mark.parametrize("language", messages.LANGUAGES)
def test_every_page_speaks_the_language_to_its_end(house: Any, language: str) -> None:
    from quire.society.parties import actions, queries

    left: dict[str, set[str]] = {}
    for name in set(SEATS.values()) - {"nobody"}:
        actions.set_language(language=language, by=queries.acting(name))
    browsers = {
        seat: speaking(desk.visitor() if name == "nobody" else desk.signed_in(name), language)
        for seat, name in SEATS.items()
    }
    for audience, page, address in addresses():
        answer = browsers[audience.name].get(address)
        if answer.status_code != 200 or not answer.headers["Content-Type"].startswith("text/html"):
            answer.close()
            continue
        text = answer.content.decode()
        assert f'<html lang="{language}"' in text, address
        assert answer.headers["Content-Language"] == language
        if found := english_left(text, language):
            left[page.name] = found

    assert not left, "\n".join(f"{name}: {sorted(found)}" for name, found in sorted(left.items()))


def test_a_browser_asks_and_the_public_chooses(house: Any) -> None:
    asked = desk.visitor()
    told = asked.get("/", headers={"accept-language": "fr-CA, de;q=0.5"})
    assert '<html lang="fr"' in desk.text(told)
    assert {"Accept-Language", "Cookie"} <= set(told.headers["Vary"].split(", "))
    back = asked.post("/language", {"language": "de", "next": "/works/?q=a"})
    assert (back.status_code, back.headers["Location"]) == (302, "/works/?q=a")
    assert '<html lang="de"' in desk.text(asked.get("/", headers={"accept-language": "fr"}))


def test_a_language_that_is_none_changes_nothing_and_leads_nowhere_else(house: Any) -> None:
    browser = desk.visitor()
    for next_ in ("https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)", ""):
        back = browser.post("/language", {"language": "xx", "next": next_})
        assert (back.status_code, back.headers["Location"]) == (302, "/")
    assert "django_language" not in browser.cookies
    assert '<html lang="en-gb"' in desk.text(browser.get("/"))
    assert browser.get("/language").status_code == 405
    browser.cookies["django_language"] = "../../etc"
    assert '<html lang="en-gb"' in desk.text(browser.get("/", headers={"accept-language": "zz, *;q=0"}))


def test_the_choice_of_somebody_signed_in_is_on_record_and_goes_with_them(house: Any) -> None:
    from quire.society.kit.models import Act
    from quire.society.parties import queries

    here = desk.signed_in("own")
    here.post("/language", {"language": "es", "next": "/"})
    assert queries.acting("own").language == "es"
    assert Act.objects.get(verb="parties.speak").detail == {"language": "es"}
    elsewhere = speaking(desk.signed_in("own"), "de")
    page = desk.text(elsewhere.get("/member/gazette/"))
    assert '<html lang="es"' in page
    assert '<html lang="en-gb"' in desk.text(desk.signed_in("other").get("/"))


def test_a_society_speaks_its_own_language_first(house: Any) -> None:
    from django.test import override_settings

    with override_settings(LANGUAGE_CODE="de"):
        assert '<html lang="de"' in desk.text(desk.visitor().get("/"))
        assert '<html lang="es"' in desk.text(desk.visitor().get("/", headers={"accept-language": "es-MX"}))


def test_amounts_and_days_are_written_as_the_language_writes_them(house: Any) -> None:
    german = desk.text(speaking(desk.visitor(), "de").get("/distributions/"))
    english = desk.text(desk.visitor().get("/distributions/"))
    assert "EUR" not in german
    assert "\N{NO-BREAK SPACE}€" in german
    assert "EUR" in english


def test_what_programs_read_is_the_same_in_every_language(house: Any) -> None:
    for address in (
        "/distributions/?format=csv", "/works/?format=json", "/licences?format=json", "/keys.json",
        "/api/v1/openapi.json", "/api/v1/nothing",
    ):  # fmt: skip
        told = [
            desk.visitor().get(address, headers={"accept-language": spoken})
            for spoken in ("en-GB", "de", "fr")
        ]
        bodies = {b"".join(one.streaming_content) if one.streaming else one.content for one in told}
        assert len(bodies) == 1, address


def test_a_refusal_of_a_page_speaks_the_language_too(house: Any) -> None:
    for address, status in (("/distributions/nothing/", 422), ("/nothing-at-all/", 404)):
        gone = speaking(desk.visitor(), "de").get(address)
        assert gone.status_code == status
        assert '<html lang="de"' in gone.content.decode()
