"""A backup while the society works, and one that is killed: what is there is whole, or is not there."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests import small
from tests.conftest import Furnished, House, furnished
from tests.rooms.test_ops_backup import elsewhere

pytestmark = pytest.mark.more
ROOT = Path(__file__).parents[2]
BACKUPS = 2
KILLS = 4


@pytest.fixture(scope="module")
def before(postgres: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Furnished]:
    """A society with its usage, whose January has not been run."""
    folder = tmp_path_factory.mktemp("begun")

    def furnish(people: dict[str, object], patch: pytest.MonkeyPatch) -> None:
        small.found(folder)
        small.use(folder)
        small.receive(folder)

    with furnished(postgres, folder, furnish, staffed=False) as made:
        yield made


def command(house: House, *words: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "quire.cli", *words], cwd=ROOT, start_new_session=True,
        env={**os.environ, **house.env}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def log(folder: Path, number: int) -> Path:
    """A log of February that no other is like."""
    place = folder / f"more-{number}.log"
    lines = [
        f"198.51.100.{number} - - [{1 + second % 28:02}/Feb/2026:10:{second % 60:02}:{number:02} +0000] "
        f'"GET /one HTTP/1.1" 200 512 "-" "{small.GPT}"\n'
        for second in range(200)
    ]
    place.write_text("".join(lines))
    return place


def test_a_backup_of_a_society_at_work_is_of_one_moment(
    house: House, postgres: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Usage is imported and January is run, posted and closed while backups are made."""
    stop = threading.Event()
    said: list[bytes] = []

    def works() -> None:
        for words in (["distribution", "run", "--period", "2026-01", "--by", "preparer"],
                      ["distribution", "approve", "latest", "--by", "approver"],
                      ["statements", "write", "latest"]):  # fmt: skip
            said.append(command(house, *words).communicate()[0])
        number = 0
        while not stop.is_set() and number < 40:
            number += 1
            made = log(tmp_path, number)
            said.append(
                command(house, "usage", "import", str(made), "--host", "marsh.example").communicate()[0]
            )

    beside = threading.Thread(target=works)
    beside.start()
    places = [tmp_path / f"{number}.tar" for number in range(BACKUPS)]
    try:
        for place in places:
            made = command(house, "backup", str(place))
            told = made.communicate()[0]
            assert made.returncode == 0, told
            time.sleep(1)
    finally:
        stop.set()
        beside.join()
    assert any(b"Traceback" in one for one in said) is False
    for number, place in enumerate(places):
        with elsewhere(postgres, tmp_path / f"back-{number}", monkeypatch):
            small.quire("restore", place, "--verify")


def test_a_backup_that_is_killed_leaves_none(house: House, tmp_path: Path) -> None:
    dice = random.Random("backup")
    for kill in range(KILLS):
        place = tmp_path / f"{kill}.tar"
        made = command(house, "backup", str(place))
        time.sleep(dice.uniform(0.5, 2.5))
        with suppress(ProcessLookupError):
            os.killpg(made.pid, signal.SIGKILL)
        made.communicate()
        if place.exists():
            from quire.society.kit import archive

            assert archive.check(place)["format"] == archive.FORMAT
    small.quire("backup", tmp_path / "last.tar")
    assert list(tmp_path.glob(".*.part")) == []


def test_a_restore_that_is_killed_is_begun_again_or_says_that_something_is_there(
    house: House, postgres: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small.quire("backup", tmp_path / "all.tar")
    dice = random.Random("restore")
    again = 0
    for kill in range(KILLS):
        with elsewhere(postgres, tmp_path / f"killed-{kill}", monkeypatch) as other:
            made = command(other, "restore", str(tmp_path / "all.tar"))
            time.sleep(dice.uniform(0.5, 6))
            with suppress(ProcessLookupError):
                os.killpg(made.pid, signal.SIGKILL)
            made.communicate()
            done = command(other, "restore", str(tmp_path / "all.tar"), "--verify")
            told = done.communicate()[0]
            assert done.returncode == 0 or (done.returncode == 5 and b"already" in told), told
            again += done.returncode == 0
    assert again, "none was killed before it had begun"
