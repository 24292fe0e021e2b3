"""Usage files come in: once, whole, resumably, whatever is in them."""

from __future__ import annotations

import gzip
import random
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from quire.core.errors import QuireError
from tests.rooms.usage_society import (
    HEAD,
    NOON,
    READER,
    Society,
    account,
    broken,
    hour,
    line,
    lines_of,
    listed,
    society,
)

__all__ = ["society"]


def test_a_dry_run_accounts_for_everything_and_leaves_nothing(society: Society, house: Any) -> None:
    from quire.society.kit.models import Act
    from quire.society.usage.models import Import

    rows = (
        hour(5, None)
        + hour(2)
        + hour(2, "/b", NOON + timedelta(hours=1))
        + hour(9, None, NOON + timedelta(hours=1))
    )
    acts = Act.objects.count()
    rehearsed = society.hours(rows, dry_run=True, chunk=2)
    assert (Import.objects.count(), Act.objects.count(), listed()) == (0, acts, [])
    assert not list(house.home.rglob("*.parquet"))
    assert rehearsed.account == society.hours(rows, chunk=2).account


def test_progress_is_told_and_ends_at_the_end(society: Society) -> None:
    told: list[tuple[int, int]] = []
    text = line(agent=READER) * 45_000
    society.log(
        gzip.compress(text.encode()), "access.log.gz", progress=lambda done, total: told.append((done, total))
    )
    total = len(text)
    assert told == sorted(told)
    assert len(set(told)) > 3
    assert told[-1] == (total, total)
    assert {whole for _, whole in told} == {total}


def test_an_import_stopped_in_the_middle_goes_on(society: Society) -> None:
    from quire.society.usage import actions
    from quire.society.usage.models import Import, LakeFile

    text = "".join(line(f"/n/{n % 7}", NOON + timedelta(seconds=n // 3)) for n in range(10_000))

    def stop(done: int, total: int) -> None:
        if done * 2 > total:
            raise KeyboardInterrupt

    path = society.file(text)
    with pytest.raises(KeyboardInterrupt):
        actions.import_file(path, host="paper.example", by=society.user, chunk=1_800, progress=stop)
    begun = Import.objects.get()
    assert (begun.line, begun.finished) == (3_600, False)
    assert broken() == []
    result = actions.import_file(path, host="paper.example", by=society.user, chunk=1_800)
    assert (result.fresh, result.resumed) == (True, True)
    assert lines_of(result.account) == {"unknown_host": 10_000}
    assert sorted(Path(p).name for p in LakeFile.objects.values_list("path", flat=True)) == sorted(
        f"{n}.parquet" for n in range(1, 10_001, 1_800)
    )


def test_two_imports_of_one_file_at_once_one_says_so(society: Society, house: Any) -> None:
    import psycopg

    from quire.society.kit.locks import _key
    from quire.society.usage import actions, lake
    from quire.society.usage.errors import AlreadyRunning

    path = society.file(line())
    lock = _key(f"usage.import:{lake.digest_of(path)}")
    with psycopg.connect(house.env["DATABASE_URL"]) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [lock])
        with pytest.raises(AlreadyRunning):
            actions.import_file(path, host="paper.example", by=society.user)
        other.execute("SELECT pg_advisory_unlock(%s)", [lock])  # closing alone lets go a moment later
    assert actions.import_file(path, host="Paper.Example.", by=society.user).fresh


def test_a_file_that_changes_while_it_is_read_is_refused(society: Society) -> None:
    from quire.society.usage import actions
    from quire.society.usage.errors import FileChanged
    from quire.society.usage.models import Import

    path = society.file(line() * 30_000)

    def grow(done: int, total: int) -> None:
        with path.open("a") as handle:
            handle.write(line())

    with pytest.raises(FileChanged):
        actions.import_file(path, host="paper.example", by=society.user, progress=grow)
    assert Import.objects.get().line == 0


def test_an_auditor_changes_nothing(society: Society, people: dict[str, Any]) -> None:
    from quire.society.usage import actions

    path = society.file(line())
    with pytest.raises(QuireError):
        actions.import_file(path, host="paper.example", by=people["auditor"])
    with pytest.raises(QuireError):
        actions.rematch(by=people["auditor"])


HOSTILE: dict[str, tuple[Callable[[], bytes], dict[str, int] | None]] = {
    "empty": (lambda: b"", {}),
    "binary": (lambda: random.Random(3).randbytes(300_000), None),
    "a megabyte in one line": (
        lambda: (line() + "x" * 1_000_000 + "\n" + line()).encode(), {"unknown_host": 2, "unreadable": 1}),
    "one line of a megabyte": (lambda: b"x" * 1_000_000, None),
    "utf-16": (lambda: line().encode("utf-16"), None),
    "latin-1": (lambda: line("/caf\xe9").encode("latin-1"), {"unknown_host": 1}),
    "nul bytes": (lambda: (line() + "\0\0\0\n" + line("/z")).encode(), {"unknown_host": 2, "unreadable": 1}),
    "truncated gzip": (
        lambda: gzip.compress((line() * 999).encode() + random.Random(1).randbytes(99_999))[:-50_000], None),
    "gzip of rubbish": (lambda: b"\x1f\x8b" + b"rubbish" * 100, None),
    "log injection": (
        lambda: (line('/x\\" 200 1 \\"-\\" \\"GPTBot') + line("/a%0d%0a203.0.113.1 - - GPTBot")
                 + line("/b\x1b[2J")).encode(),
        {"unknown_host": 2, "unreadable": 1}),
    "formula": (lambda: (HEAD + hour() + "=HYPERLINK(1),GPTBot,1,paper.example,/x\n").encode(),
                {"unknown_host": 1, "structure": 1, "unreadable": 1}),
    "formula as a path": (lambda: (HEAD + hour() + hour(2, "=cmd|calc")).encode(),
                          {"unknown_host": 1, "structure": 1, "unreadable": 1}),
    "unknown bot": (lambda: (HEAD + hour(4) + hour(9, bot="Nobody")).encode(),
                    {"unknown_host": 1, "structure": 1, "unreadable": 1}),
    "no line feed at the end": (lambda: line().rstrip("\n").encode(), {"unknown_host": 1}),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_ends_with_an_account_or_one_clear_error(society: Society, name: str) -> None:
    from quire.society.usage import queries
    from quire.society.usage.models import Import

    make, expected = HOSTILE[name]
    data = make()
    try:
        result = society.log(data)
    except QuireError as problem:
        refusal = problem.sentence
    else:
        refusal = ""
    if refusal:
        assert expected is None, refusal
        assert refusal.endswith(".")
        assert "\n" not in refusal
        assert not Import.objects.exists()
        return
    assert sum(lines_of(result.account).values()) == result.account.lines == result.imported.line
    if expected is not None:
        assert lines_of(result.account) == expected
    for one in queries.set_aside(result.imported):
        assert (one.reason + one.excerpt).isprintable()
        assert not one.excerpt.startswith(("=", "+", "-", "@"))
    assert account(result) == result.account


def test_a_truncated_gzip_counts_what_there_is(society: Society) -> None:
    text = "".join(line(f"/n/{random.Random(n).random()}") for n in range(20_000))
    result = society.log(gzip.compress(text.encode())[:-90_000], "access.log.gz")
    assert lines_of(result.account)["unreadable"] == 1
    assert 1_000 < lines_of(result.account)["unknown_host"] < 20_000


def test_what_is_no_file_is_refused(society: Society) -> None:
    from quire.society.usage import actions

    for path in (society.folder, society.folder / "missing.log"):
        with pytest.raises(QuireError) as told:
            actions.import_file(path, host="paper.example", by=society.user)
        assert str(path) in told.value.sentence


def test_a_log_that_does_not_say_whose_it_is_needs_a_host(society: Society) -> None:
    from quire.society.usage.errors import HostNeeded

    with pytest.raises(HostNeeded, match="--host"):
        society.take(line(agent=READER) * 3)
    with pytest.raises(QuireError, match="host name"):
        society.take(line(), host="not a host!")
    assert society.take(f"paper.example:443 {line()}").fresh
    assert society.hours(hour(bot="ClaudeBot")).fresh


def test_ten_thousand_unreadable_lines_are_kept_and_the_rest_counted(society: Society) -> None:
    from quire.society.usage.models import SetAside

    result = society.log(line() + "rubbish\n" * 10_050, chunk=4_000)
    assert lines_of(result.account) == {"unknown_host": 1, "unreadable": 10_050}
    assert SetAside.objects.count() == 10_000
    assert (
        "The first 10,000 unreadable lines are kept with their reasons; the 50 after them"
        in (result.account.sentences()[-1])
    )
