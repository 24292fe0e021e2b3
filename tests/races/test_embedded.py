"""The embedded database: two commands that start at once on a bare folder, and a server that was killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.more

_INIT = ("init", "--name", "River Society", "--town", "Vienna", "--country", "AT", "--operator", "preparer")


@pytest.fixture
def bare() -> Iterator[dict[str, str]]:
    """The environment of a command in a folder where nothing has been yet."""
    with tempfile.TemporaryDirectory(prefix="quire-bare-") as folder:
        Path(folder).chmod(0o755)
        names = ("DATABASE_URL", "QUIRE_OWNER_DATABASE_URL", "DJANGO_SETTINGS_MODULE", "QUIRE_TODAY")
        env = {name: value for name, value in os.environ.items() if name not in names}
        env["QUIRE_HOME"] = f"{folder}/var"
        yield env
        _run(env, "db", "stop")


def _start(env: dict[str, str], *words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "quire.cli", *words]
    return subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _run(env: dict[str, str], *words: str) -> tuple[int, str]:
    process = _start(env, *words)
    out, err = process.communicate(timeout=120)
    return process.returncode, out + err


def test_two_commands_start_the_database_at_once(bare: dict[str, str]) -> None:
    processes = [_start(bare, *_INIT) for _ in range(2)]
    told = [process.communicate(timeout=180) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], told
    assert all("Traceback" not in err for _, err in told)
    assert _run(bare, "audit") == (0, _run(bare, "audit")[1])
    code, text = _run(bare, "user", "list", "--json")
    assert code == 0
    assert text.count('"preparer"') == 1


def test_a_server_that_was_killed_is_started_again_with_everything_there(bare: dict[str, str]) -> None:
    assert _run(bare, *_INIT)[0] == 0
    pid = int((Path(bare["QUIRE_HOME"]) / "postgres" / "data" / "postmaster.pid").read_text().splitlines()[0])
    os.kill(pid, signal.SIGKILL)
    code, text = _run(bare, "user", "list")
    assert code == 0, text
    assert "preparer" in text


def test_nothing_is_written_outside_of_home(bare: dict[str, str], tmp_path: Path) -> None:
    before = set(Path(tempfile.gettempdir()).iterdir())
    process = subprocess.run(
        [sys.executable, "-m", "quire.cli", *_INIT],
        env=bare,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    assert list(tmp_path.iterdir()) == []
    left = {path for path in set(Path(tempfile.gettempdir()).iterdir()) - before if "pg" in path.name.lower()}
    assert left == set()
