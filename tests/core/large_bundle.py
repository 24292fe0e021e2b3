"""A bundle of 300,000 lines in parts, written, verified, or read into memory with little room for it.

    python -m tests.core.large_bundle write|verify|whole PLACE ROOM

``ROOM`` is bytes beyond what the process has when everything is imported; ``whole`` reads as one would who
has the memory, and ends for want of it.
"""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path

from quire.cli import verify as command
from quire.core import bundle, evidence, manifest
from quire.core.distribution import divide_each
from quire.core.money import decimal_of
from tests.core.societies import KEY, about_of
from tests.rooms.streamed_run import data, told

KEYS = "keys.json"


def write(folder: Path) -> None:
    """Every line, in parts of eight megabytes."""
    found = told()
    receipts = [
        {
            "receipt": f"rcp_{pot.id}",
            "pot": pot.id,
            "amount": decimal_of(pot.amount),
            "received": "2026-02-01",
        }
        for pot in found.pots
    ]
    files = {name: b"".join(made) for name, made in evidence.input_blocks(found, receipts)}
    files |= {name: b"".join(made) for name, made in evidence.result_blocks(found, divide_each(found))}
    manifest.PART = 8 << 20
    built = bundle.build(files, about_of(found), KEY)
    bundle.write_folder(folder / "run", built)
    bundle.write_zip(folder / "run.zip", built)
    (folder / KEYS).write_text(json.dumps(KEY.public_jwk()))


def whole(place: Path) -> None:
    """All of it at once."""
    kept = [path.read_bytes() for path in place.iterdir()]
    print(sum(map(len, kept)))


def main(way: str, place: str, room: str) -> int:
    """The exit code of the command, or 0."""
    if int(room):
        resource.setrlimit(resource.RLIMIT_DATA, (data() + int(room), resource.RLIM_INFINITY))
    if way == "verify":
        return command.run([place, "--key", str(Path(place).parent / KEYS), "--json"])
    {"write": write, "whole": whole}[way](Path(place))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
