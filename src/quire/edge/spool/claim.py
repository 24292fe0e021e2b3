"""One process, one lane: a folder of the spool that is this process's alone while it lives.

Owns the lock of a lane and its ``mark``: the spool's id, and what must be known after a loss of power.
"""

from __future__ import annotations

import fcntl
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from quire.core.errors import QuireError
from quire.edge.spool.files import boot_id, read_json, write_json

MOST_LANES = 256


class SpoolBroken(QuireError):
    """The spool's folder cannot be used; the sentence says what to do."""

    code = "spool.broken"
    status = 503


@dataclass(slots=True)
class Claim:
    """A lane held by this process. ``close`` lets it go."""

    folder: Path
    lane: int
    lock: int

    def close(self) -> None:
        """Let the lane go."""
        if self.lock >= 0:
            os.close(self.lock)
        self.lock = -1


@dataclass(frozen=True, slots=True)
class Mark:
    """What a lane's next process must know.

    ``spool``: the random id, hexadecimal. ``boot``: the machine's start in which it was last written to.
    ``reserved``: no number above it was ever given. ``clean``: the last process closed it, all durable.
    """

    spool: str
    boot: str
    reserved: int
    clean: bool

    def write(self, folder: Path) -> None:
        """Keep it in the folder, durably."""
        told = {"spool": self.spool, "boot": self.boot, "reserved": self.reserved, "clean": self.clean}
        write_json(folder / "mark.json", told)

    @property
    def lost_power(self) -> bool:
        """Whether events may have been given numbers and then been lost with the machine's memory."""
        return not self.clean and (not self.boot or self.boot != boot_id())


def claim(root: Path, lane: int | None = None) -> Claim:
    """The first lane that no process holds, or the named one. Raises SpoolBroken."""
    for number in range(MOST_LANES) if lane is None else [lane]:
        if (held := _try(root / f"lane-{number}", number)) is not None:
            return held
    raise SpoolBroken(
        f"Every lane of {root} is held by a process: there are more than {MOST_LANES} of them."
        if lane is None
        else f"Lane {lane} of {root} is held by another process."
    )


def lanes(root: Path) -> list[int]:
    """The numbers of the lanes that there are, ascending."""
    found = (path.name.removeprefix("lane-") for path in root.glob("lane-*") if path.is_dir())
    return sorted(int(name) for name in found if name.isdigit())


def read_mark(folder: Path) -> Mark | None:
    """The lane's mark; None for a lane that is new. Raises SpoolBroken where it cannot be read."""
    path = folder / "mark.json"
    told = read_json(path)
    if told is None and not path.exists() and not any(folder.glob("*.events")):
        return None
    try:
        return _mark(told or {})
    except (KeyError, TypeError, ValueError):
        raise SpoolBroken(
            f"{path} cannot be read, so the spool's id is not known: put the folder {folder.name} aside and "
            "send it to the society; the edge then begins a new one."
        ) from None


def new_mark() -> Mark:
    """The mark of a new lane, with a random id."""
    return Mark(secrets.token_hex(16), boot_id(), 0, clean=True)


def _mark(told: dict[str, Any]) -> Mark:
    spool, boot = str(told["spool"]), str(told["boot"])
    if len(bytes.fromhex(spool)) != 16:
        raise ValueError(spool)
    return Mark(spool, boot, int(told["reserved"]), told["clean"] is True)


def _try(folder: Path, lane: int) -> Claim | None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise SpoolBroken(f"The spool {folder} cannot be written to: {error.strerror}.") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        return None
    return Claim(folder, lane, lock)
