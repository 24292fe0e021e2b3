"""``quire … | head``: who stops reading is told nothing, and the exit code is that of a broken pipe."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
import typer

from quire.cli import frame
from tests.conftest import House

# In turn with a buffer for everything, so that the end finds out, and for a line.
COMMANDS = (["user", "list"], ["plan", "list", "--json"], ["user", "list", "--json"], ["usage", "list"],
            ["--help"], ["--help"])  # fmt: skip

IN_TURN = """
import json, os, sys
from quire.cli import main
for number, words in enumerate(json.loads(sys.argv[1])):
    reader, writer = os.pipe()
    os.dup2(writer, 1)
    os.close(writer)
    os.close(reader)
    sys.stdout = open(1, "w", closefd=False, buffering=1 if number % 2 else -1)
    code = main(words)
    print(" ".join(words), code, file=sys.stderr)
"""


def test_nobody_reads_what_a_command_says(house: House) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", IN_TURN, json.dumps(COMMANDS)],
        env={**os.environ, **house.env},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    told = [f"{' '.join(words)} 141" for words in COMMANDS]
    assert ran.stderr.splitlines() == told


def test_a_pipe_that_breaks_elsewhere_is_an_error(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    app = typer.Typer()

    def write() -> None:
        reader, writer = os.pipe()
        os.close(reader)
        try:
            os.write(writer, b"nobody reads this")
        finally:
            os.close(writer)

    frame.command(app, "write")(write)
    with pytest.raises(SystemExit) as ended:
        app([], prog_name="quire")
    assert (ended.value.code, capsys.readouterr().err) == (1, "quire: [Errno 32] Broken pipe\n")
