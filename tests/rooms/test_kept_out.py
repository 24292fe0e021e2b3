"""Usage on a path that the site's own terms keep out of a use: a heading of its own, and no money."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from itertools import product
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quire.core.site import SiteTerms
from quire.core.site import Society as Called
from tests.rooms.usage_society import JAN, NOON, YEAR_END, Society, hour, line, requests_of, society

__all__ = ["society"]

MAR, APR = date(2026, 3, 1), date(2026, 4, 1)
TENTH = date(2026, 3, 10)
LATER = datetime(2026, 3, 20, 12, tzinfo=UTC)


def licensed(society: Society) -> Any:
    society.site()
    society.yes()
    return society.licence()


def says(society: Society, pattern: str, use: str, answer: bool, lab: str | None = None, **more: Any) -> Any:
    from quire.society.mandates import actions

    given = {"site": "paper", "starts": JAN, **more}
    return actions.set_terms(pattern=pattern, use=use, licensee=lab, answer=answer, by=society.user, **given)


def now(result: Any) -> dict[str, int]:
    from quire.society.usage import queries

    found = requests_of(queries.account_of(result.imported.tid))
    return {heading: requests for heading, requests in found.items() if requests}


def fees(licence: Any) -> tuple[Any, ...]:
    from quire.society.usage import queries

    return queries.fee_counts(licence.code, MAR, APR)


def counted(society: Society) -> dict[str, int]:
    """What a distribution would count of the licensee, by work or site."""
    from quire.society.repertoire import queries as repertoire
    from quire.society.usage import queries

    used = queries.subjects(MAR, APR, ["OpenAI"])
    rows = list(repertoire.subjects(used.works, used.sites))
    registry = queries.Registry([(row.kind, row.id) for row in rows])
    subjects, _, _, requests = registry.counts(MAR, APR, ["OpenAI"])
    found: Counter[str] = Counter()
    for subject, many in zip(subjects, requests, strict=True):
        found[rows[subject].key] += int(many)
    return dict(found)


def test_a_log_tells_of_a_path_that_is_kept_out(society: Society) -> None:
    licence = licensed(society)
    society.work("https://paper.example/closed/work")
    says(society, "/closed/", "ai-train", False)
    result = society.log(line("/news/one") + line("/closed/two") + line("/closed/work"))
    assert now(result) == {"counted": 1, "kept_out": 2}
    assert [one[1:] for one in fees(licence)] == [(1, 0)]
    assert counted(society) == {"site:paper": 1}
    [said] = [text for text in result.account.sentences() if "kept" in text or "keeps" in text]
    assert "2 licensed and mandated, but on a path that the site keeps out of this use" in said
    assert "1 request will earn." in result.account.sentences()


def test_a_yes_below_takes_it_back_and_other_uses_are_free(society: Society) -> None:
    licensed(society)
    says(society, "/closed/", "ai-train", False)
    says(society, "/closed/open/", "ai-train", True)
    says(society, "/news/", "search", False)
    result = society.log(line("/closed/one") + line("/closed/open/two") + line("/news/three"))
    assert now(result) == {"counted": 2, "kept_out": 1}


def test_it_holds_on_its_days_whenever_it_was_recorded(society: Society) -> None:
    licence = licensed(society)
    result = society.log(line("/x") + line("/x", LATER))
    assert now(result) == {"counted": 2}
    says(society, "/x", "ai-train", False, starts=date(2026, 3, 15), ends=date(2026, 3, 25))
    assert now(result) == {"counted": 1, "kept_out": 1}
    assert [one[1] for one in fees(licence)] == [1]
    says(society, "/x", "ai-train", False, starts=TENTH)
    assert now(result) == {"kept_out": 2}
    assert (fees(licence), counted(society)) == ((), {})


def test_a_no_to_one_licensee_is_no_other_s(society: Society) -> None:
    licensed(society)
    society.licence("lab-a", "Anthropic")
    says(society, "/", "all", False, "lab-a")
    from tests.rooms.usage_society import CLAUDE

    result = society.log(line("/x") + line("/x", agent=CLAUDE, client="203.0.113.8"))
    assert now(result) == {"counted": 1, "kept_out": 1}
    assert counted(society) == {"site:paper": 1}


def test_what_stands_elsewhere_stays_there(society: Society) -> None:
    """A direct licence, an operator without one, a mandate that says no, a host of nobody."""
    society.site()
    says(society, "/", "all", False)
    result = society.log(line("/x") + line("/x", agent="ClaudeBot/1.0", client="203.0.113.8"))
    society.licence("lab-a", "Anthropic")
    assert now(result) == {"unlicensed": 1, "outside": 1}
    society.yes()
    assert now(result) == {"unlicensed": 1, "kept_out": 1}
    society.beside("paper", "lab-a")
    assert now(result) == {"unlicensed": 1, "direct": 1}


def test_usage_of_a_whole_host_is_kept_out_by_what_is_said_of_all_of_it(society: Society) -> None:
    licensed(society)
    says(society, "/closed/", "all", False)
    says(society, "/$", "all", False)
    result = society.hours(hour(7, None))
    assert now(result) == {"counted": 7}
    says(society, "/", "all", False)
    assert now(result) == {"kept_out": 7}


def test_of_a_site_handed_over_each_owner_s_word_holds_for_its_time(
    society: Society, monkeypatch: pytest.MonkeyPatch
) -> None:
    from quire.society.repertoire import actions

    licensed(society)
    society.yes("blog")
    says(society, "/x", "ai-train", False)
    result = society.log(line("/x") + line("/x", LATER))
    assert now(result) == {"kept_out": 2}
    monkeypatch.setenv("QUIRE_TODAY", "2026-03-15")
    table = society.file("code,host,patterns,owner,tier\npaper,paper.example,/,blog,standard\n", "sites.csv")
    actions.import_sites(table, by=society.user)
    assert now(result) == {"counted": 1, "kept_out": 1}


def test_a_void_is_where_what_it_voids_is(society: Society) -> None:
    from quire.society.usage import actions

    licensed(society)
    says(society, "/closed/", "all", False)
    result = society.log(line("/x") + line("/closed/x"))
    actions.withdraw(result.imported.tid, reason="The wrong host.", by=society.user)
    assert now(result) == {"withdrawn": 2}
    assert counted(society) == {}


def test_nothing_is_parted_where_nobody_says_no(society: Society) -> None:
    from quire.society.usage import kept_out, lake
    from tests.rooms.usage_society import listed

    licensed(society)
    says(society, "/news/", "all", True)
    says(society, "/closed/", "all", False, starts=APR)
    society.log(line("/closed/x"))
    with lake.reading(listed()) as db:
        assert kept_out.part(db, MAR, APR) == "usage"
        assert kept_out.part(db, MAR, YEAR_END) == "permitted"


_TERM = st.tuples(
    st.text("ab*/", max_size=4).map(lambda text: "/" + text),
    st.sampled_from(["ai-train", "search"]),
    st.booleans(),
    st.sampled_from([None, "lab-o", "lab-a"]),
)


_PATHS = ["/" + "".join(text) for size in range(4) for text in product("ab/", repeat=size)]
_PATHS = [path for path in _PATHS if "//" not in path]


FINDER = "Mozilla/5.0 (compatible; OAI-SearchBot/1.0; +https://openai.com/searchbot)"


def test_search_is_free_where_everybody_may_and_is_not_called_unlicensed(society: Society) -> None:
    society.site()
    society.yes(use="search")
    result = society.log(line("/x", agent=FINDER) + line("/closed/x", agent=FINDER) + line("/x"))
    assert now(result) == {"free": 2, "unlicensed": 1}
    says(society, "/closed/", "search", False)
    assert now(result) == {"free": 1, "unlicensed": 2}
    licence = society.licence(uses=["ai-train"])
    assert now(result) == {"free": 1, "outside": 2}
    assert (fees(licence), sum(counted(society).values())) == ((), 2), "counted, and of no licensed use"


def test_who_has_a_licence_for_search_is_counted_by_it(society: Society) -> None:
    society.site()
    society.yes(use="search")
    society.licence()
    assert now(society.log(line("/x", agent=FINDER))) == {"counted": 1}


def test_a_yes_to_one_lab_or_a_no_to_it_is_not_free(society: Society) -> None:
    from quire.society.mandates import actions

    society.site()
    society.yes(use="search", licensee="lab-o")
    society.licence(uses=["ai-train"])
    result = society.log(line("/x", agent=FINDER))
    assert now(result) == {"outside": 1}
    society.yes(use="search")
    assert now(result) == {"free": 1}
    actions.answer(member="paper", use="search", licensee="lab-o", answer=False, starts=JAN, by=society.user)
    assert now(result) == {"outside": 1}


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(_TERM, min_size=1, max_size=6))
def test_the_headings_say_what_the_edge_says(
    imported: Any, terms: list[tuple[str, str, bool, str | None]]
) -> None:
    """A request is counted exactly where the policy of the site's edge would have let it in."""
    from django.db import transaction

    from quire.society.licensing import policy
    from quire.society.parties import queries as parties
    from quire.society.repertoire import queries as repertoire

    society, result = imported
    with transaction.atomic():
        for pattern, use, answer, lab in terms:
            says(society, pattern, use, answer, lab)
        rules = SiteTerms(
            Called("S", "https://s.example", "https://s.example/l"), "https://s.example/olp", "sit_1",
            ("paper.example",), "The paper", NOON, LATER,
            policy.rules_of(tuple(repertoire.sites("paper.example")), TENTH),
        )  # fmt: skip
        lab_o = parties.party("lab-o").tid
        let_in = sum("ai-train" in rules.rule_for(path).permits_for(lab_o) for path in _PATHS)
        found = now(result)
        transaction.set_rollback(True)
    expected = {"counted": let_in, "kept_out": len(_PATHS) - let_in}
    assert found == {heading: requests for heading, requests in expected.items() if requests}


@pytest.fixture
def imported(society: Society) -> tuple[Society, Any]:
    licensed(society)
    text = "".join(line(path, client=f"203.0.113.{place}") for place, path in enumerate(_PATHS))
    return society, society.log(text)
