"""Real processes, quickly: a server that has imported everything forks a child for each thing to be done.

A child has a database connection of its own and is killed, if it is to be, with SIGKILL by the server, its
parent, which has not waited for it: its id is nobody else's. A test talks to servers through ``Forks``.
"""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

from tests.conftest import _admin

HOUSE = Path(__file__).resolve().parents[2]
LONGEST = 120.0
"""Seconds after which a child is given up."""


class Forks:
    """A server. ``module`` has ``ACTIONS``: name → function of ``say`` and the words of the command."""

    def __init__(self, env: dict[str, str], module: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", f"from tests.races import forks; forks.serve({module!r})"],
            env={
                **os.environ,
                **env,
                "PYTHONPATH": f"{HOUSE / 'src'}{os.pathsep}{HOUSE}",
                "DJANGO_SETTINGS_MODULE": "quire.society.settings",
            },
            cwd=HOUSE,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def ask(self, **command: Any) -> Any:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, "the server of forks has ended"
        return json.loads(line)

    def do(self, database: str, home: Path, *words: Any) -> Any:
        """The value that the action gave back; AssertionError with its error's sentence."""
        told = self.ask(database=database, home=str(home), do=[list(words)])[0]
        assert "value" in told, told
        return told["value"]

    def stages(self, database: str, home: Path, *words: Any) -> dict[str, float]:
        """Seconds from each thing that the action said to the next, and to its end."""
        told = self.ask(database=database, home=str(home), do=[list(words)])[0]
        assert "value" in told, told
        marks = [*told["said"], ["", told["ended"]]]
        return {what: after - at for (what, at), (_, after) in pairwise(marks)}

    def kill(self, database: str, home: Path, *words: Any, saying: str, after: float) -> bool:
        """Kill it ``after`` seconds from when it said this; whether by then it had not gone on."""
        told = self.ask(
            database=database, home=str(home), do=[list(words)], kill={"saying": saying, "after": after}
        )
        return bool(told[0]["killed"])

    def race(self, database: str, home: Path, *several: list[Any]) -> list[Any]:
        """All at once: each has connected and waits for the others. What became of each, in their order."""
        told = self.ask(database=database, home=str(home), do=[list(words) for words in several])
        return list(told)

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.communicate(timeout=30)


# In the server


def serve(module: str) -> None:
    """Answer commands until there are no more."""
    import importlib

    import django

    django.setup()
    actions = importlib.import_module(module).ACTIONS
    for line in sys.stdin:
        print(json.dumps(_answer(actions, json.loads(line))), flush=True)


def _answer(actions: dict[str, Callable[..., Any]], command: dict[str, Any]) -> list[Any]:
    gate, opened = os.pipe()
    children = [_fork(actions, command, words, gate, opened) for words in command["do"]]
    os.close(gate)
    for child in children:
        child.wait_for("ready")
    os.close(opened)  # the gate: every child reads it to its end
    return [child.told(command.get("kill")) for child in children]


class _Child:
    """What the server knows of a child: its id, and all it has said through its pipe."""

    def __init__(self, pid: int, pipe: int) -> None:
        self.pid, self.pipe = pid, pipe
        self.marks: list[list[Any]] = []
        self.result: dict[str, Any] | None = None
        self.rest, self.open = b"", True

    def read(self, until: float) -> bool:
        """Take in what comes until this moment; False when nothing did."""
        ready, _, _ = select.select([self.pipe], [], [], max(0.0, until - time.monotonic()))
        if not ready:
            return False
        data = os.read(self.pipe, 1 << 16)
        self.open = bool(data)
        *lines, self.rest = (self.rest + data).split(b"\n")
        for line in lines:
            said = json.loads(line)
            if isinstance(said, list):
                self.marks.append(said)
            else:
                self.result = said
        return True

    def wait_for(self, what: str) -> float | None:
        """When it said this, or None where it ended without."""
        until = time.monotonic() + LONGEST
        while True:
            for said, at in self.marks:
                if said == what:
                    return float(at)
            if not self.open or not self.read(until):
                return None

    def told(self, kill: dict[str, Any] | None) -> dict[str, Any]:
        if kill:
            return self._killed(kill)
        until = time.monotonic() + LONGEST
        while self.open and self.read(until):
            pass
        if self.open:
            os.kill(self.pid, signal.SIGKILL)
        self._reap()
        return {
            **(self.result or {"error": "it died", "code": ""}),
            "said": [mark for mark in self.marks if mark[0] != "ready"],
        }

    def _killed(self, kill: dict[str, Any]) -> dict[str, Any]:
        at = self.wait_for(kill["saying"])
        if at is not None:
            time.sleep(max(0.0, at + kill["after"] - time.monotonic()))
        os.kill(self.pid, signal.SIGKILL)
        while self.open and self.read(time.monotonic() + LONGEST):
            pass
        self._reap()
        inside = self.result is None and bool(self.marks) and self.marks[-1][0] == kill["saying"]
        return {"killed": inside}

    def _reap(self) -> None:
        os.close(self.pipe)
        os.waitpid(self.pid, 0)


def _fork(
    actions: dict[str, Callable[..., Any]], command: dict[str, Any], words: list[Any], gate: int, opened: int
) -> _Child:
    reading, writing = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writing)
        return _Child(pid, reading)
    try:
        os.close(opened)
        os.close(reading)
        _live(actions, command, words, gate, writing)
    finally:
        os._exit(0)


def _live(
    actions: dict[str, Callable[..., Any]], command: dict[str, Any], words: list[Any], gate: int, pipe: int
) -> None:
    from django.db import connection, connections

    from quire.core.errors import QuireError

    def say(what: str) -> None:
        os.write(pipe, json.dumps([what, time.monotonic()]).encode() + b"\n")

    os.environ["QUIRE_HOME"] = command["home"]
    for alias in ("default", "owner"):
        connections[alias].settings_dict["NAME"] = command["database"]
    connection.ensure_connection()
    say("ready")
    os.read(gate, 1)
    try:
        told = {"value": actions[words[0]](say, *words[1:])}
    except QuireError as refusal:
        told = {"error": refusal.sentence, "code": refusal.code}
    except BaseException as problem:  # noqa: BLE001 – a child has nobody else to tell
        told = {"error": repr(problem), "code": ""}
    ended = time.monotonic()
    connections.close_all()
    os.write(pipe, json.dumps({**told, "ended": ended}).encode() + b"\n")


class Shelf:
    """Copies of a society: databases cloned from one another, and their folders."""

    def __init__(self, postgres: dict[str, str], folder: Path) -> None:
        self.postgres, self.folder = postgres, folder
        self.databases: list[str] = []

    def database(self, name: str) -> str:
        return f"quire_shelf_{os.getpid()}_{name}"

    def home(self, name: str) -> Path:
        return self.folder / name / "var"

    def copy(self, database: str, home: Path, name: str) -> tuple[str, Path]:
        """A copy of a society; nobody may be connected to the first."""
        made = self.database(name)
        _admin(self.postgres, f'CREATE DATABASE "{made}" TEMPLATE "{database}" OWNER quire_owner')
        self.databases.append(made)
        shutil.copytree(home, self.home(name), copy_function=shutil.copy2)
        return made, self.home(name)

    def drop(self, name: str) -> None:
        made = self.database(name)
        _admin(self.postgres, f'DROP DATABASE IF EXISTS "{made}" WITH (FORCE)')
        self.databases.remove(made)
        shutil.rmtree(self.folder / name, ignore_errors=True)

    def clear(self) -> None:
        for made in list(self.databases):
            _admin(self.postgres, f'DROP DATABASE IF EXISTS "{made}" WITH (FORCE)')
