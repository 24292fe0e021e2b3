"""The lake's connections: cheap, and each by itself; and the audit over all of its files at once."""

from __future__ import annotations

import os
import shutil
import signal
import warnings
from pathlib import Path
from typing import Any

import pytest

from tests.rooms.usage_society import Society, broken, line, listed, society

__all__ = ["society"]


def test_connections_have_an_engine_in_common_and_nothing_else(
    house: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from quire.society.usage import lake

    with lake.connect() as one, lake.connect() as other:
        for db, value in ((one, 1), (other, 2)):
            db.execute(f"CREATE TEMP TABLE mine AS SELECT {value} AS value")
        assert [db.execute("FROM mine").fetchall() for db in (one, other)] == [[(1,)], [(2,)]]
        assert other.execute("SELECT current_setting('TimeZone')").fetchall() == [("UTC",)]
        threads = "SELECT current_setting('threads')"
        with lake.connect(threads=1) as alone:
            assert alone.execute(threads).fetchall() == [(1,)]
        assert one.execute(threads).fetchall() == other.execute(threads).fetchall()
        monkeypatch.setenv("QUIRE_HOME", str(tmp_path / "elsewhere"))
        with lake.connect() as elsewhere:
            ((folder,),) = elsewhere.execute("SELECT current_setting('temp_directory')").fetchall()
            assert Path(folder).is_relative_to(tmp_path / "elsewhere")
        assert one.execute("FROM mine").fetchall() == [(1,)]
    with lake.connect() as later:
        assert later.execute("SELECT count(*) FROM duckdb_tables()").fetchall() == [(0,)]


def test_an_engine_that_is_broken_is_replaced(house: Any) -> None:
    from quire.society.usage import lake

    with lake.connect() as db:
        db.execute("SELECT 1")
    lake._engines[None][1].close()
    with lake.connect() as db:
        assert db.execute("SELECT 1").fetchall() == [(1,)]


def test_a_forked_process_has_an_engine_of_its_own(house: Any) -> None:
    """It has none of the threads of its parent's, and would wait for them for ever."""
    from quire.society.usage import lake

    def counted() -> list[tuple[int]]:
        with lake.connect() as db:
            return db.execute("SELECT count(*) FROM range(1000000)").fetchall()

    assert counted() == [(1_000_000,)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # later Pythons warn of threads
        child = os.fork()
    if child == 0:
        signal.alarm(30)
        wrong = True
        try:
            wrong = counted() != [(1_000_000,)]
        finally:
            os._exit(wrong)
    assert os.waitpid(child, 0)[1] == 0
    assert counted() == [(1_000_000,)]


def test_the_audit_names_every_import_with_rows_that_are_damaged_or_too_many(society: Society) -> None:
    """Also where another import's file cannot be read at all."""
    from quire.society.kit import config
    from quire.society.usage.models import Import, LakeFile

    society.site()
    for number in range(3):
        society.log(line(f"/news/{number}") * (number + 1), f"{number}.log")
    first, second, third = Import.objects.order_by("id")
    [path] = LakeFile.objects.filter(source=second).values_list("path", flat=True)
    again = path.replace("/1.parquet", "/2.parquet")
    shutil.copy(config.home() / path, config.home() / again)
    file = LakeFile.objects.get(source=second)
    LakeFile.objects.create(source=second, path=again, digest=file.digest, rows=2, requests=2,
                            starts=file.starts, ends=file.ends)  # fmt: skip
    told = f"Usage import {second.tid} (1.log) has 4 rows (4 requests) in the lake, 2 (2) in its account."
    assert told in broken()
    assert not [one for one in broken() if first.tid in one or third.tid in one]
    (config.home() / listed()[0]).write_bytes(b"PAR1 and no more")
    found = broken()
    assert told in found
    assert any(f"{listed()[0]} in the usage lake is not what was written" in one for one in found)
    assert not [one for one in found if third.tid in one]
