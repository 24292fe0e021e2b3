"""Every word that a person reads is in every language: in the catalogues, and in the source itself."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import read_mo

from tests.web.reading import TEMPLATES, unwrapped
from tools import messages

_PLACES = re.compile(r"%(?:\([a-z_]+\))?[sd%]|{[a-z_]*}")
_HTML = re.compile(r"</?[a-z][^>]*>|&[a-z]+;", re.I)

# What stands in a template as it is in every language: names of formats, programs and files.
AS_IT_IS = {
    "web/licensee/code.html": {"Python", "Scrapy", "curl", "quire-crawler.toml"},
    "web/licensee/compared.html": {"CSV", "JSON"},
    "web/member/edge_new.html": {"quire-edge.key", "quire-edge.toml"},
    "web/member/works_import.html": {
        "url",
        "identifier",
        "from, until",
        "shares",
        "original, syndicator_share",
    },
    "web/notices/delivery.html": {"ms"},
    "web/parts/table.html": {"CSV", "JSON"},
    "web/public/crawlers.html": {"Python", "Scrapy", "quire-crawler.toml"},
}


@cache
def source() -> Catalog:
    return messages.extracted()


@cache
def catalogue(language: str) -> Catalog:
    return messages.read(messages.place(language), language)


def forms(message: Message) -> list[str]:
    return list(message.id) if isinstance(message.id, (tuple, list)) else [str(message.id)]


def known(catalog: Catalog) -> dict[tuple[object, object], Message]:
    """By text and context; Babel leaves the contexts of what is compiled as bytes."""
    said = [(one, one.context) for one in catalog if one.id]
    return {
        (tuple(forms(one)), context.decode() if isinstance(context, bytes) else context): one
        for one, context in said
    }


@pytest.mark.parametrize("language", messages.LANGUAGES)
def test_every_message_of_the_source_is_in_the_catalogue_and_none_besides(language: str) -> None:
    """After a change of words: ``make messages``, then say them in the catalogues."""
    here, there = known(source()), known(catalogue(language))
    assert not sorted(set(here) - set(there), key=str), "make messages"
    assert not sorted(set(there) - set(here), key=str), "make messages"


@pytest.mark.parametrize("language", messages.LANGUAGES)
def test_every_message_has_words_for_every_number_and_nobody_doubts_them(language: str) -> None:
    kept = catalogue(language)
    assert messages.missing(kept) == []
    assert [one.id for one in kept if one.id and one.fuzzy] == []
    assert kept.num_plurals == 2
    plural = [one for one in kept if one.id and one.pluralizable]
    assert [one.id for one in plural if len(one.string) != 2] == []


@pytest.mark.parametrize("language", messages.LANGUAGES)
def test_what_is_filled_in_is_the_same_in_every_language(language: str) -> None:
    wrong = []
    for one in catalogue(language):
        if not one.id:
            continue
        singular, plural = forms(one)[0], forms(one)[-1]
        for said in messages.words(one):
            given = {frozenset(_PLACES.findall(form)) for form in (singular, plural)}
            if frozenset(_PLACES.findall(said)) not in given:
                wrong.append((one.id, said))
    assert wrong == []


@pytest.mark.parametrize("language", messages.LANGUAGES)
def test_no_words_carry_html(language: str) -> None:
    told = [text for one in catalogue(language) for text in (*forms(one), *messages.words(one)) if one.id]
    assert [text for text in told if _HTML.search(text)] == []


@pytest.mark.parametrize("language", messages.LANGUAGES)
def test_what_the_server_reads_is_what_the_catalogue_says(language: str) -> None:
    with messages.place(language).with_suffix(".mo").open("rb") as handle:
        compiled = known(read_mo(handle))
    kept = known(catalogue(language))
    assert set(compiled) == set(kept)
    assert [key for key in kept if messages.words(kept[key]) != messages.words(compiled[key])] == []


def test_no_template_speaks_english_alone() -> None:
    found = {}
    for file in sorted([*TEMPLATES.rglob("*.html"), *TEMPLATES.rglob("*.txt")]):
        name = str(file.relative_to(TEMPLATES))
        bare = [text for text in unwrapped(file.read_text()) if text not in AS_IT_IS.get(name, set())]
        if bare:
            found[name] = bare
    assert found == {}


def test_an_unwrapped_text_would_be_found() -> None:
    page = '{% load i18n %}<p title="Bare">{% translate "Said" %} and {{ this }} not</p><code>is code</code>'
    assert list(unwrapped(page)) == ["Bare", "and", "not"]


def headings(file: Path) -> Iterator[str]:
    """Labels of columns and titles of pages that are written as they are."""
    for node in ast.walk(ast.parse(file.read_text())):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        told = [
            one.value for one in node.keywords if one.arg in {"title", "label", "caption", "empty", "lead"}
        ]
        told += node.args[1:2] if name == "Column" else []
        for one in told:
            if isinstance(one, ast.Constant) and re.search("[a-z]{2}", str(one.value)):
                yield str(one.value)


def test_no_heading_of_a_page_is_english_alone() -> None:
    root = TEMPLATES.parent
    found = {str(file.relative_to(root)): list(headings(file)) for file in root.rglob("*.py")}
    assert {name: texts for name, texts in found.items() if texts} == {}
