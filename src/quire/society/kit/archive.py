"""A backup as a file: one tar, written and read as a stream, in which each member's digest is listed.

The last member but one is ``DIGESTS``, a line for each member before it (SHA-256, bytes, name); the last is
``BACKUP.json``: what the backup is of, and the digest of that list. A file that was cut off lacks them.
Whoever can write the file can write another list: the digests show damage, not forgery.
"""

from __future__ import annotations

import fcntl
import hashlib
import io
import json
import os
import tarfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, cast

from quire.core.errors import Conflict, Invalid

FORMAT = "quire-backup-1"
DIGESTS, ABOUT = "DIGESTS", "BACKUP.json"
PIECE = 8 << 20
"""Bytes of a stream that are one member, and that are held in memory."""
_AT_ONCE = 1 << 20


class Damaged(Invalid):
    """The backup is not what was written."""

    code = "backup.damaged"


class Exists(Conflict):
    """There is a file of that name."""

    code = "backup.exists"


class Writing:
    """A backup that is being written; see ``writing``."""

    def __init__(self, handle: IO[bytes], digests: IO[bytes]) -> None:
        self._tar = tarfile.open(fileobj=handle, mode="w|", format=tarfile.PAX_FORMAT)  # noqa: SIM115
        self._digests = digests
        self.files = 0
        self.bytes = 0

    def stream(self, name: str, source: IO[bytes]) -> None:
        """All of ``source``, as members ``name/000001`` and so on."""
        number = 0
        while piece := source.read(PIECE):
            number += 1
            self._member(f"{name}/{number:06}", io.BytesIO(piece), len(piece), 0o600, 0)

    def file(self, name: str, path: Path) -> None:
        """A file as long as it is now; what grows at its end meanwhile is left out."""
        with open(path, "rb") as handle:
            told = os.fstat(handle.fileno())
            self._member(name, handle, told.st_size, told.st_mode & 0o777, int(told.st_mtime))
        self.files += 1

    def end(self, about: dict[str, Any]) -> None:
        """Write the list and what the backup is of."""
        size = self._digests.seek(0, os.SEEK_END)
        self._digests.seek(0)
        digest = hashlib.file_digest(cast(Any, self._digests), "sha256").hexdigest()
        self._digests.seek(0)
        self._put(DIGESTS, self._digests, size, 0o600, 0)
        told = {"format": FORMAT, **about, "files": self.files, "bytes": self.bytes, "digests": digest}
        said = json.dumps(told, indent=2).encode()
        self._put(ABOUT, io.BytesIO(said), len(said), 0o600, 0)
        self._tar.close()

    def _member(self, name: str, source: IO[bytes], size: int, mode: int, moment: int) -> None:
        hashed = _Hashed(source)
        self._put(name, cast(IO[bytes], hashed), size, mode, moment)
        self._digests.write(_line(hashed.sum.hexdigest(), size, name))
        self.bytes += size

    def _put(self, name: str, source: IO[bytes], size: int, mode: int, moment: int) -> None:
        member = tarfile.TarInfo(name)
        member.size, member.mode, member.mtime = size, mode, moment
        self._tar.addfile(member, source)


class _Hashed:
    """Reads on, and hashes what was read."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        self.sum = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        found = self._source.read(size)
        self.sum.update(found)
        return found


@contextmanager
def writing(place: Path) -> Iterator[Writing]:
    """A backup at ``place``, for its owner's eyes alone. The file is there when all of it is on the disk, and
    not before; ``Exists`` where one is already."""
    if place.exists():
        raise Exists(f"{place} exists already; a backup replaces none. Choose another name.")
    part = place.with_name(f".{place.name}.part")
    _sweep(place.parent)
    try:
        with open(part, "wb", opener=lambda path, flags: os.open(path, flags, 0o600)) as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            with TemporaryFile(dir=place.parent) as digests:
                yield Writing(handle, digests)
            handle.flush()
            os.fsync(handle.fileno())
        _name(part, place)
        _settle(place.parent)
    finally:
        part.unlink(missing_ok=True)


def _name(part: Path, place: Path) -> None:
    """Give the finished file its name, and refuse to replace what came meanwhile."""
    try:
        os.link(part, place)
    except FileExistsError as problem:
        raise Exists(f"{place} came meanwhile; a backup replaces none.") from problem
    except OSError:  # a file system without links
        os.rename(part, place)


def _sweep(folder: Path) -> None:
    """Take away what backups that were killed left here; one that is still written holds its file."""
    for left in folder.glob(".*.tar.part"):
        with suppress(OSError), open(left, "rb") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            left.unlink()


def _settle(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def check(place: Path) -> dict[str, Any]:
    """Read a whole backup, compare every byte with the list, and return what it is of. Damaged, else."""
    with _read(place), TemporaryFile() as ours:
        listed, about = "", None
        for member, source in members(place):
            if about is not None:
                raise Damaged(f"{place.name} has {member.name[:80]!r} after its end.")
            if member.name == DIGESTS:
                listed = _compare(source, ours)
            elif member.name == ABOUT:
                about = _about(source, listed)
            elif listed:
                raise Damaged(f"{place.name} has {member.name!r} after its list of digests.")
            else:
                ours.write(_line(_digest(source), member.size, member.name))
        if about is not None:
            return about
    raise Damaged(f"{place.name} ends too early: it was never finished, or cut off.")


@contextmanager
def _read(place: Path) -> Iterator[None]:
    """What cannot be read as a tar is damaged."""
    try:
        yield
    except (tarfile.TarError, EOFError) as problem:
        raise Damaged(f"{place.name} is no backup, or is damaged: {problem}.") from problem
    except FileNotFoundError as problem:
        raise Invalid(f"There is no file {place}.") from problem


def members(place: Path) -> Iterator[tuple[tarfile.TarInfo, IO[bytes]]]:
    """Every member with its bytes, in order; read each before the next. Damaged, where there is anything but
    plain files with names that stay below where they are put; tarfile's own errors where it is cut off."""
    with tarfile.open(place, "r|") as tar:
        for member in tar:
            source = tar.extractfile(member) if member.isreg() else None
            if source is None or not _stays(member.name):
                raise Damaged(f"{place.name} has {member.name[:80]!r}, which is no file of a backup.")
            yield member, source


def pieces(found: Iterable[tuple[tarfile.TarInfo, IO[bytes]]], name: str) -> Iterator[bytes]:
    """The bytes of a stream, put together again."""
    for member, source in found:
        if member.name.startswith(f"{name}/"):
            while some := source.read(_AT_ONCE):
                yield some


def _stays(name: str) -> bool:
    parts = name.split("/")
    return not {"", ".", ".."} & set(parts) and "\\" not in name and "\0" not in name


def _line(digest: str, size: int, name: str) -> bytes:
    return f"{digest} {size} {json.dumps(name)}\n".encode()


def _digest(source: IO[bytes]) -> str:
    sum_ = hashlib.sha256()
    while some := source.read(_AT_ONCE):
        sum_.update(some)
    return sum_.hexdigest()


def _compare(theirs: IO[bytes], ours: IO[bytes]) -> str:
    """The digest of the list, where it lists what was read; the first that differs is named."""
    ours.seek(0)
    sum_ = hashlib.sha256()
    for told in theirs:
        sum_.update(told)
        if told != ours.readline():
            name = told.decode(errors="replace").split(" ", 2)[-1].strip()[:200]
            raise Damaged(f"The backup is damaged: {name} is not what was written.")
    if more := ours.readline():
        raise Damaged(
            f"The backup has a file that it does not list: {more.decode().split(' ', 2)[-1].strip()}."
        )
    return sum_.hexdigest()


def _about(source: IO[bytes], listed: str) -> dict[str, Any]:
    try:
        told = json.loads(source.read(1 << 24))
    except ValueError as problem:
        raise Damaged(f"The backup is damaged: {ABOUT} cannot be read.") from problem
    if not isinstance(told, dict) or told.get("format") != FORMAT:
        raise Damaged(f"The backup is of another form than {FORMAT}, which this version of Quire reads.")
    if not listed or told.get("digests") != listed:
        raise Damaged("The backup is damaged: its list of digests is not the one that was written.")
    return told
