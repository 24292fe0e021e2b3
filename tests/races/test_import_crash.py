"""kill −9 in the middle of an import, go on, and nothing tells that it ever happened. Real processes."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests import conftest
from tests.rooms.usage_society import CLAUDE, GPT, HEAD, READER, hour, line

pytestmark = pytest.mark.more

ROOT = Path(__file__).parents[2]
CHUNK = 4_000
KILLS = 20  # of each file
ALONE, BESIDE = str(1 << 60), "0"  # bytes from which other processes read beside
START = datetime(2026, 3, 1, tzinfo=UTC)

PREPARE = """
import sys, pathlib, django
django.setup()
from quire.society.parties.models import RoleGrant, User
from tests.rooms.usage_society import Society
user = User.objects.create_user("preparer")
RoleGrant.objects.create(user=user, role="operator")
society = Society(pathlib.Path(sys.argv[1]), user)
society.site(patterns=["/n/", "/w"])
for n in range(20):
    society.work(f"https://paper.example/w/{n}")
society.licence()
society.yes()
from quire.society.usage import actions
actions.import_file(sys.argv[1] + "/before.log", host="paper.example", by=user)
"""

IMPORT = """
import sys, django
django.setup()
from quire.society.parties.models import User
from quire.society.usage import actions
from quire.society.usage.errors import AlreadyRunning
from quire.society.usage.formats import crew
crew.WORTH_IT = int(sys.argv[3])
user = User.objects.get()
print("begin", flush=True)
try:
    result = actions.import_file(sys.argv[1], host="paper.example", by=user, chunk=int(sys.argv[2]))
except AlreadyRunning:
    sys.exit(75)
"""

TELL = """
import sys, json, os, django
django.setup()
from quire.society.kit.models import Act
from quire.society.usage import queries
from quire.society.usage.models import Import, LakeFile, SetAside
from tests.rooms.usage_society import broken
record = Import.objects.get(name=sys.argv[1])
def plain(text): return str(text).replace(record.tid, "THIS")
print(json.dumps({
    "account": queries.account_of(record).as_json(),
    "facts": record.account, "line": record.line, "offset": record.offset, "finished": record.finished,
    "lake": sorted(tuple(map(plain, row)) for row in LakeFile.objects.filter(source=record).values_list(
        "path", "digest", "rows", "requests", "starts", "ends")),
    "aside": [tuple(map(plain, row)) for row in SetAside.objects.filter(source=record).order_by("line")
              .values_list("line", "heading", "reason", "excerpt")],
    "acts": list(Act.objects.filter(subject=record.tid).order_by("id").values_list("verb", flat=True)),
    "on the disk": sorted(os.listdir(os.path.join(os.environ["QUIRE_HOME"], "lake/usage", record.tid))),
    "broken": broken(),
}))
"""


class Moment(NamedTuple):
    """When to kill: so long after so many more Parquet files are on the disk."""

    files: int
    seconds: float

    @classmethod
    def any(cls, dice: random.Random, took: float) -> Moment:
        """Anywhere in an import of ``took`` seconds; every other time just when a file has got its name,
        which is before PostgreSQL lists it."""
        if dice.random() < 0.5:
            return cls(0, dice.uniform(0, took))
        return cls(dice.randint(1, 4), dice.uniform(0, 0.02))


class Scene:
    """A prepared society, and as many copies of it, database and folder, as are asked for."""

    def __init__(self, postgres: dict[str, str], folder: Path) -> None:
        self.postgres, self.folder = postgres, folder
        self.prepared = f"quire_crash_{os.getpid()}"
        self.names: list[str] = []
        self.copy(conftest._TEMPLATE, self.prepared)
        (folder / "prepared").mkdir()
        (folder / "before.log").write_text(before())
        (folder / "access.log").write_text(access_log())
        (folder / "hours.csv").write_text(hours())
        self.run(PREPARE, "prepared", self.prepared, str(folder))

    def copy(self, template: str, name: str) -> None:
        conftest._admin(self.postgres, f'CREATE DATABASE "{name}" TEMPLATE "{template}" OWNER quire_owner')
        self.names.append(name)

    def another(self, name: str) -> str:
        """A fresh copy of the prepared society; returns its database."""
        database = f"{self.prepared}_{name}"
        self.copy(self.prepared, database)
        shutil.copytree(self.folder / "prepared", self.folder / name)
        return database

    def env(self, home: str, database: str) -> dict[str, str]:
        where = f"host={self.postgres['host']}&port={self.postgres['port']}"
        return {
            **os.environ, "QUIRE_HOME": str(self.folder / home), "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}",
            "DATABASE_URL": f"postgresql://quire_app@/{database}?{where}",
            "QUIRE_OWNER_DATABASE_URL": f"postgresql://quire_owner@/{database}?{where}",
            "DJANGO_SETTINGS_MODULE": "quire.society.settings",
        }  # fmt: skip

    def start(self, script: str, home: str, database: str, *arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-W", "ignore", "-c", script, *arguments]
        return subprocess.Popen(command, env=self.env(home, database), text=True, stdout=subprocess.PIPE)

    def run(self, script: str, home: str, database: str, *arguments: str) -> str:
        """The script's output. Refused because the killed one's lock is still being let go: again."""
        for _ in range(100):
            process = self.start(script, home, database, *arguments)
            told, _ = process.communicate(timeout=120)
            if process.returncode != 75:
                assert process.returncode == 0
                return told
            time.sleep(0.1)
        raise AssertionError("the killed import's lock was never let go")

    def kill_when(self, moment: Moment, home: str, database: str, *arguments: str) -> None:
        """Start an import and kill it at the moment, if it has not ended by then."""
        process = self.start(IMPORT, home, database, *arguments)
        assert process.stdout is not None
        assert process.stdout.readline() == "begin\n"
        lake = self.folder / home / "lake" / "usage"
        there = len(list(lake.glob("*/*.parquet")))
        while moment.files and process.poll() is None:
            if len(list(lake.glob("*/*.parquet"))) >= there + moment.files:
                break
            time.sleep(0.0005)
        time.sleep(moment.seconds)
        process.kill()
        process.communicate(timeout=60)

    def tell(self, home: str, database: str, file: str) -> dict[str, Any]:
        return dict(json.loads(self.run(TELL, home, database, file)))

    def close(self) -> None:
        for name in reversed(self.names):
            conftest._admin(self.postgres, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def before() -> str:
    """Some of the log's own lines, imported earlier, so that there is something to be in conflict with."""
    return "".join(access_log().splitlines(keepends=True)[::37])


def access_log() -> str:
    dice, text = random.Random(20), []
    for n in range(40_000):
        when = START + timedelta(seconds=n * 7)
        agent = dice.choice([GPT, CLAUDE, READER, READER])
        path = dice.choice(["/w/3", "/w/7", f"/n/{dice.randrange(500)}", "/elsewhere", "/style.css"])
        text.append("not a line\n" if dice.random() < 0.01 else line(path, when, agent))
    return "".join(text)


def hours() -> str:
    dice, rows = random.Random(21), [HEAD]
    for n in range(20_000):
        when = START + timedelta(hours=n // 40)
        path = dice.choice([None, "/w/3", f"/n/{dice.randrange(50)}"])
        rows.append(hour(dice.randrange(1, 9), path, when, dice.choice(["GPTBot", "ClaudeBot", "Nobody"])))
    return "".join(rows)


@pytest.fixture(scope="module")
def scene(postgres: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    made = Scene(postgres, tmp_path_factory.mktemp("crash"))
    yield made
    made.close()


@pytest.fixture(scope="module", params=["access.log", "hours.csv"])
def undisturbed(request: pytest.FixtureRequest, scene: Scene) -> tuple[str, float, dict[str, Any]]:
    """The file, how many seconds its import takes, and what comes of it when nobody disturbs."""
    file = request.param
    home = f"undisturbed-{file.partition('.')[0]}"
    database = scene.another(home)
    process = scene.start(IMPORT, home, database, str(scene.folder / file), str(CHUNK), ALONE)
    assert process.stdout is not None
    process.stdout.readline()
    began = time.monotonic()
    process.communicate(timeout=120)
    took = time.monotonic() - began
    assert process.returncode == 0
    told = scene.tell(home, database, file)
    assert told["finished"]
    assert len(told["lake"]) > 3
    assert {"conflicting", "unreadable"} <= {row[1] for row in told["aside"]}
    assert told["broken"] == []
    return file, took, told


@pytest.mark.parametrize("seed", range(KILLS))
def test_a_killed_import_goes_on_as_if_nothing_had_been(
    scene: Scene, undisturbed: tuple[str, float, dict[str, Any]], seed: int
) -> None:
    file, took, expected = undisturbed
    dice = random.Random(f"{file} {seed}")
    home = f"{file.partition('.')[0]}-{seed}"
    database = scene.another(home)
    # Every other time other processes read beside, and it is not always so when the import goes on.
    arguments = (str(scene.folder / file), str(CHUNK), ALONE if seed % 2 else BESIDE)
    for _ in range(dice.choice([1, 1, 2])):
        scene.kill_when(Moment.any(dice, took), home, database, *arguments)
    scene.run(IMPORT, home, database, *arguments[:2], ALONE if seed % 3 else BESIDE)
    assert scene.tell(home, database, file) == expected
