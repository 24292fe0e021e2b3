"""Two commands on a fresh folder at once: one database is started, one society founded, and both succeed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.more

FOUND = (
    "init",
    "--name",
    "River Society",
    "--town",
    "Vienna",
    "--country",
    "AT",
    "--operator",
    "preparer",
    "--json",
)
ELSEWHERE = ("DATABASE_URL", "QUIRE_OWNER_DATABASE_URL", "QUIRE_USER", "QUIRE_TODAY")


def test_two_may_found_the_same_society_at_once(tmp_path: Path) -> None:
    env = {name: value for name, value in os.environ.items() if name not in ELSEWHERE}
    env["QUIRE_HOME"] = str(tmp_path / "var")
    quire = [sys.executable, "-m", "quire.cli"]
    try:
        pair = [
            subprocess.Popen(
                [*quire, *FOUND], env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
            )
            for _ in range(2)
        ]
        told = [(one.communicate(timeout=120), one.returncode) for one in pair]
        assert [code for _, code in told] == [0, 0], told
        first, second = (json.loads(printed) for (printed, _), _ in told)
        assert first == second
        users = subprocess.run([*quire, "user", "list", "--json"], env=env, capture_output=True, check=True)
        assert json.loads(users.stdout) == [{"user": "preparer", "roles": ["operator"]}]
    finally:
        stopped = subprocess.run([*quire, "db", "stop"], env=env, capture_output=True, text=True, check=False)
    assert (stopped.stdout, stopped.stderr) == ("Stopped.\n", "")
