"""A wrong import is withdrawn: nothing of it counts, nothing is lost, and its file may come again."""

from __future__ import annotations

from typing import Any

import pytest
from typer.testing import CliRunner

from tests.rooms.usage_society import (
    HEAD,
    JAN,
    YEAR_END,
    Society,
    account,
    broken,
    hour,
    lake_rows,
    line,
    lines_of,
    listed,
    requests_of,
    society,
    society_home,
)

__all__ = ["society"]

LOG = line("/news/one") + line("/news/two") + line("/news/one", client="203.0.113.8", agent="Firefox/140.0")


def withdraw(society: Society, result: Any, reason: str = "Wrong host.", **more: Any) -> Any:
    from quire.society.usage import actions

    return actions.withdraw(result.imported.tid, reason=reason, by=society.user, **more)


def counted() -> dict[tuple[str, str], int]:
    """Requests in the lake by host and path, voids taken off."""
    rows = lake_rows("host, path, count")
    worth: dict[tuple[str, str], int] = {}
    for host, path, count in rows:
        worth[host, path] = worth.get((host, path), 0) + count
    return {where: count for where, count in worth.items() if count}


def test_a_log_under_the_wrong_host_is_withdrawn_and_counts_once_under_the_right_one(
    society: Society,
) -> None:
    from quire.society import audit
    from quire.society.usage import queries
    from quire.society.usage.errors import OfAnotherHost

    society.site()
    wrong = society.log(LOG, host="blog.example")
    before = {path: (society_home() / path).read_bytes() for path in listed()}
    with pytest.raises(OfAnotherHost, match=f"quire usage withdraw {wrong.imported.tid}"):
        society.log(LOG)
    gone = withdraw(society, wrong)
    assert (gone.lines, gone.requests, gone.fresh) == (2, 2, True)
    assert counted() == {}
    assert queries.totals(JAN, YEAR_END) == ()
    assert lines_of(account(wrong)) == {"withdrawn": 3}
    assert account(wrong).sentences()[1] == "The import was withdrawn: it earns nothing."

    right = society.log(LOG)
    assert right.fresh
    assert lines_of(right.account) == {"unlicensed": 2, "human": 1}
    assert counted() == {("paper.example", "/news/one"): 1, ("paper.example", "/news/two"): 1}
    assert sum(total.requests for total in queries.totals(JAN, YEAR_END)) == 2
    assert lines_of(queries.account_of_everything()) == {"unlicensed": 2, "human": 1, "withdrawn": 3}
    assert before == {path: (society_home() / path).read_bytes() for path in before}
    assert list(audit.findings()) == []


@pytest.mark.parametrize("text", [HEAD + hour(5) + hour(7, "/b"), HEAD + hour(9, None)])
def test_the_same_file_under_the_same_host_contradicts_nothing_once_withdrawn(
    society: Society, text: str
) -> None:
    first = society.take(text, "hours.csv")
    worth = counted()
    for _ in range(2):
        assert not society.take(text, "hours.csv").fresh
        withdraw(society, first)
        assert counted() == {}
        first = society.take(text, "hours.csv")
        assert first.fresh
        assert "conflicting" not in requests_of(first.account)
        assert counted() == worth


def test_another_file_of_the_same_hours_counts_once_the_first_is_withdrawn(society: Society) -> None:
    wrong = society.hours(hour(5, None), "wrong.csv")
    withdraw(society, wrong)
    right = society.hours(hour(2) + hour(3, "/b"), "right.csv")
    assert lines_of(right.account) == {"structure": 1, "unknown_host": 2}
    assert lines_of(society.log(line(), "events.log").account) == {"conflicting": 1}


def test_what_was_given_to_another_owner_since_is_voided_where_it_is_now(society: Society) -> None:
    from quire.society.usage import actions

    result = society.log(LOG)
    society.site()
    assert actions.rematch(by=society.user).lines == 2
    assert withdraw(society, result).lines == 2
    assert set(lake_rows("sum(count)::BIGINT", "true GROUP BY site, work")) == {(0,)}
    assert actions.rematch(by=society.user).lines == 0


def test_twice_says_so_and_changes_nothing(society: Society) -> None:
    from quire.society.kit.models import Act
    from quire.society.usage import queries

    result = society.log(LOG)
    withdraw(society, result, "The log of the test machine.")
    files, acts = listed(), Act.objects.count()
    again = withdraw(society, result, "Another reason.")
    assert (again.lines, again.requests, again.fresh) == (0, 0, False)
    assert (listed(), Act.objects.count()) == (files, acts)
    (row,) = queries.imports()
    assert row.withdrawn_reason == "The log of the test machine."
    assert row.withdrawn_at is not None
    (act,) = Act.objects.filter(verb="usage.withdraw")
    assert (act.detail["lines"], act.detail["reason"]) == (2, "The log of the test machine.")


def test_a_dry_run_counts_and_leaves_everything(society: Society) -> None:
    result = society.log(LOG)
    files = listed()
    assert withdraw(society, result, dry_run=True).lines == 2
    assert listed() == files
    assert not list(society_home().rglob("withdrawn.parquet"))
    assert lines_of(account(result)) == {"unknown_host": 2, "human": 1}


def test_an_import_without_usage_has_nothing_to_void(society: Society) -> None:
    result = society.log(line(agent="Firefox/140.0"))
    assert withdraw(society, result).lines == 0
    assert listed() == []
    assert society.log(line(agent="Firefox/140.0")).fresh


def test_an_unfinished_import_is_refused(society: Society) -> None:
    from quire.society.usage import actions
    from quire.society.usage.errors import Unfinished
    from quire.society.usage.models import Import

    def stop(done: int, total: int) -> None:
        if done * 2 > total:
            raise KeyboardInterrupt

    path = society.file("".join(line(f"/{n}") for n in range(50_000)))
    with pytest.raises(KeyboardInterrupt):
        actions.import_file(path, host="paper.example", by=society.user, chunk=9_000, progress=stop)
    begun = Import.objects.get()
    with pytest.raises(Unfinished, match="import the same file again"):
        actions.withdraw(begun, reason="Wrong host.", by=society.user)
    assert Import.objects.get().withdrawn_at is None
    assert broken() == []


def test_an_import_that_runs_right_now_is_refused(society: Society, house: Any) -> None:
    import psycopg

    from quire.society.kit.locks import _key
    from quire.society.usage.errors import AlreadyRunning

    result = society.log(LOG)
    with psycopg.connect(house.env["DATABASE_URL"]) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [_key(f"usage.import:{result.imported.digest}")])
        with pytest.raises(AlreadyRunning):
            withdraw(society, result)
        other.execute("SELECT pg_advisory_unlock(%s)", [_key(f"usage.import:{result.imported.digest}")])
    assert withdraw(society, result).fresh


@pytest.mark.parametrize("reason", ["", "  ", "x" * 301])
def test_a_reason_is_needed(society: Society, reason: str) -> None:
    from quire.core.errors import Invalid

    result = society.log(LOG)
    with pytest.raises(Invalid):
        withdraw(society, result, reason)
    assert counted() != {}


def test_the_command_says_what_it_did_and_the_list_shows_why(society: Society) -> None:
    import typer

    from quire.cli import usage

    app = typer.Typer()
    usage.register(app)
    result = society.log(LOG)
    command = ["usage", "withdraw", result.imported.tid, "--reason", "Not [/ours].", "--by", "preparer"]
    run = CliRunner().invoke
    assert "2 lines (2 requests) no longer count" in run(app, command).output
    assert "withdrawn before; nothing changed" in run(app, command).output
    assert '"withdrawn": "Not [/ours]."' in run(app, ["usage", "list", "--json"]).output
    assert "Not [/ours]." in run(app, ["usage", "list"]).output
