"""Lists a page at a time: whatever the order, the size and what arrives meanwhile, each row once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from quire.society.kit.paging import Asked, BadPage, Filter, Listing, Sort, few


def listing() -> Listing[tuple[str, str]]:
    from django.db.models import Q

    from quire.society.kit.models import Act

    return Listing(
        Act.objects.all(),
        lambda rows: [(row.verb, row.subject) for row in rows],
        {"verb": Sort("verb"), "at": Sort("at", descending=True)},
        {"verb": Filter("Verb", {}, lambda verb: Q(verb=verb))},
        lambda words: Q(subject__icontains=words),
    )


@pytest.fixture
def acts(house: Any) -> list[Any]:
    """Thirty acts of five verbs, some at the same moment."""
    from quire.society.kit.models import Act

    at = datetime(2026, 1, 1, tzinfo=UTC)
    return [
        Act.objects.create(at=at + timedelta(hours=n // 4), verb=f"room.verb-{n % 5}", subject=f"thing-{n}")
        for n in range(30)
    ]


def pages(asked: Asked) -> list[tuple[tuple[str, str], ...]]:
    found, after = [], ""
    while True:
        page = listing().page(Asked(asked.search, asked.filters, asked.sort, after, asked.size))
        found.append(page.rows)
        if not page.next:
            return found
        after = page.next


@pytest.mark.parametrize("sort", ["", "verb", "-verb", "at", "-at"])
@pytest.mark.parametrize("size", [1, 4, 7, 30, 50])
def test_pages_together_are_the_list(acts: list[Any], sort: str, size: int) -> None:
    found = [row for page in pages(Asked(sort=sort, size=size)) for row in page]
    assert found == list(listing().every(Asked(sort=sort)))
    assert sorted(found) == sorted((act.verb, act.subject) for act in acts)
    if sort.endswith("verb"):
        verbs = [verb for verb, _ in found]
        assert verbs == sorted(verbs, reverse=sort.startswith("-"))


def test_what_arrives_meanwhile_neither_doubles_nor_hides_a_row(acts: list[Any]) -> None:
    from quire.society.kit.models import Act

    first = listing().page(Asked(sort="-at", size=10))
    Act.objects.create(at=datetime(2027, 1, 1, tzinfo=UTC), verb="room.new", subject="new")
    second = listing().page(Asked(sort="-at", size=10, after=first.next))
    assert not set(first.rows) & set(second.rows)
    assert "new" not in {subject for _, subject in second.rows}


def test_a_list_is_searched_and_narrowed(acts: list[Any]) -> None:
    page = listing().page(Asked(search="thing-1", filters={"verb": "room.verb-0"}))
    assert {subject for _, subject in page.rows} == {"thing-10", "thing-15"}
    assert (page.counted, page.more, page.next) == (2, False, "")


@pytest.mark.parametrize(
    "asked",
    [
        Asked(size=0),
        Asked(size=201),
        Asked(sort="subject"),
        Asked(after="x"),
        Asked(after="W10"),
        Asked(after="WyJ4IiwieCJd"),
        Asked(after="W3siYSI6MX0sIngiXQ"),
        Asked(filters={"nothing": "x"}),
    ],
)
def test_what_a_list_does_not_know_is_refused(acts: list[Any], asked: Asked) -> None:
    with pytest.raises(BadPage):
        listing().page(asked)


def test_rows_in_hand_are_asked_alike() -> None:
    rows = [(n, "even" if n % 2 == 0 else "odd") for n in range(25)]
    words = {"even": "even", "odd": "odd"}
    found = few(
        rows,
        sorts={"n": lambda row: row[0]},
        filters={"kind": ("Kind", words, lambda row: row[1])},
        words=lambda row: f"number {row[0]}",
    )
    page = found.page(Asked(filters={"kind": "odd"}, sort="-n", size=5))
    assert page.rows == tuple((n, "odd") for n in (23, 21, 19, 17, 15))
    assert found.page(Asked(filters={"kind": "odd"}, sort="-n", size=5, after=page.next)).rows[0] == (
        13,
        "odd",
    )
    assert found.page(Asked(search="NUMBER 24")).rows == ((24, "even"),)
    for wrong in (Asked(sort="m"), Asked(after="-1"), Asked(filters={"kind": "prime"}), Asked(size=1000)):
        with pytest.raises(BadPage):
            found.page(wrong)
