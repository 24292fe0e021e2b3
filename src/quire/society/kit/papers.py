"""Put private documents into a folder: each file whole or not at all, readable by its owner alone."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path


def put(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write the files into ``folder`` (0700, made if needed), each 0600 and in place of any older one.

    A file with the same bytes is left alone. Killed at any moment, every name holds the old file or the new.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)
    fresh = {name: data for name, data in files.items() if not _is(folder / name, data)}
    for name, data in fresh.items():
        _replace(folder / name, data)
    if fresh:
        _sync(folder)


def _is(path: Path, data: bytes) -> bool:
    try:
        return path.stat().st_mode & 0o777 == 0o600 and path.read_bytes() == data
    except FileNotFoundError:
        return False


def _replace(path: Path, data: bytes) -> None:
    # A name of this process's own beside the target; one left by a killed process is written over.
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
    beside.replace(path)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
