"""The demonstration as people start it: a home of its own, and its server with a link for each person."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.clients import serving
from tests.ports import free_port

RUN = [sys.executable, "-m", "quire.cli"]
WHO = ("tour", "operator", "approver", "member", "licensee", "auditor")


@contextmanager
def home() -> Iterator[dict[str, str]]:
    """The environment of commands of a demonstration in a folder of its own, which the database's server may
    enter, too; all of it is taken away afterwards."""
    with tempfile.TemporaryDirectory(prefix="quire-demo-") as folder:
        Path(folder).chmod(0o755)
        env = {**os.environ, "QUIRE_HOME": f"{folder}/demo"}
        for name in ("DJANGO_SETTINGS_MODULE", "DATABASE_URL", "QUIRE_OWNER_DATABASE_URL", "QUIRE_URL"):
            env.pop(name, None)
        try:
            yield env
        finally:
            quire(env, "demo", "stop")


def quire(env: dict[str, str], *words: str) -> None:
    """Run a command; it must succeed."""
    done = subprocess.run([*RUN, *words], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@contextmanager
def whole() -> Iterator[dict[str, str]]:
    """The environment of commands of the whole demonstration: built for this, or the one in the folder that
    ``QUIRE_DEMO_HOME`` names (``…/demo``), brought up to date."""
    with home() as env:
        if "QUIRE_DEMO_HOME" in os.environ:
            env["QUIRE_HOME"] = os.environ["QUIRE_DEMO_HOME"]
            quire(env, "upgrade")
        else:
            quire(env, "demo", "build")
        yield env


@contextmanager
def served(env: dict[str, str]) -> Iterator[dict[str, str]]:
    """``quire demo serve``: the links that it prints, by who comes in by each."""
    port = free_port()
    with subprocess.Popen(
        [*RUN, "demo", "serve", "--port", str(port)], env=env, stdout=subprocess.PIPE, text=True
    ) as server:
        try:
            assert server.stdout is not None
            assert "one of these links" in server.stdout.readline()
            lines: list[list[str]] = [server.stdout.readline().split() for _ in WHO]
            serving.wait(f"http://127.0.0.1:{port}", server)
            yield dict(lines)
        finally:
            server.send_signal(signal.SIGTERM)
            server.communicate(timeout=60)
