"""The book of agents from plain data, as a site's policy carries it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from quire.core.agents import Agent, AgentBook, book_of
from quire.core.errors import Invalid

ENTRIES: list[dict[str, Any]] = [
    {"name": "GPTBot", "operator": "OpenAI", "use": "ai-train", "tokens": ["gptbot"], "since": None},
    {"name": "Bot", "operator": "O", "use": "search", "tokens": ["bot", "bot-news"], "since": "2023-02-07"},
]


def test_a_book_is_made_of_a_policys_entries_and_gives_them_back() -> None:
    book = book_of(ENTRIES, "ab")
    assert book.digest == "ab"
    assert book.entries() == ENTRIES
    assert book.agents == (
        Agent("GPTBot", "OpenAI", "ai-train"),
        Agent("Bot", "O", "search", date(2023, 2, 7)),
    )
    assert book.agents[1].active(datetime(2023, 2, 7, tzinfo=UTC))
    assert not book.agents[1].active(datetime(2023, 2, 6, 23, 59, tzinfo=UTC))


def test_what_a_book_does_not_know_is_passed_over() -> None:
    more = [{**ENTRIES[0], "purpose": "p", "source": "s", "of-tomorrow": {}, "aliases": ["GPT"]}]
    book = book_of(more)
    assert book.by_name("gpt") == book.by_name(" GPTBOT ") == book.agents[0]
    assert "aliases" not in book.entries()[0]
    assert book_of([{"name": "A", "operator": "O", "use": "search"}]).entries()[0]["tokens"] == ["a"]
    assert book_of([]).recognise("GPTBot/1.0") is None


@pytest.mark.parametrize(
    "change",
    [
        {"name": ""},
        {"name": "  "},
        {"name": None},
        {"name": 5},
        {"operator": ""},
        {"operator": ["O"]},
        {"use": None},
        {"use": "all"},
        {"use": ["search"]},
        {"tokens": [""]},
        {"tokens": [" "]},
        {"tokens": "gptbot"},
        {"tokens": None},
        {"tokens": [5]},
        {"aliases": [None]},
        {"since": "yesterday"},
        {"since": 5},
        {"since": datetime(2023, 2, 7, tzinfo=UTC)},
        {"tokens": ["bot"]},
    ],
)
def test_an_entry_that_says_no_agent_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        book_of([{**ENTRIES[0], **change}, ENTRIES[1]])


def test_an_entry_that_is_no_table_is_refused() -> None:
    for wrong in (None, "GPTBot", 5, ["GPTBot"]):
        with pytest.raises(Invalid):
            book_of([wrong])  # type: ignore[list-item]


def test_a_token_with_signs_of_a_pattern_in_it_means_itself() -> None:
    book = AgentBook([(Agent("a.*b", "O", "search"), ["(c+", "[d"], [])], "")
    assert book.recognise("x (c+ y") == book.recognise("a.*b/1") == book.recognise("[d") == book.agents[0]
    assert book.recognise("axxb") is None


def test_memory_is_bounded_by_what_is_short_and_long_names_are_still_recognised() -> None:
    book = book_of(ENTRIES)
    for number in range(300):
        assert book.recognise(f"GPTBot/{number} " + "x" * 100_000) == book.agents[0]
    assert len(book._seen) == 0
    for number in range(50_100):
        book.recognise(f"Reader/{number}")
    assert len(book._seen) <= 50_000
