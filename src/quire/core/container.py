"""A few named files as a folder or as a zip, written all at once and read as if an enemy had made them.

Owns names, sizes, and the bytes of a folder and a zip. Does not own what the files say: that is ``bundle``.

Only one sequence of bytes is the zip of given files: stored, sorted by name, dated 1980, mode ``rw-r--r--``,
no comments, and no extras but the place of a member that begins beyond 4 GiB (APPNOTE 6.3.3 §4.3, §4.5.3).
So a zip is read by the few lines below instead of by a lenient library, and whatever differs from that one
sequence is an error that names the member. Nothing is unpacked to disk, nothing is decompressed, no link is
followed, and nothing is read beyond the limits. What is larger than ``SMALL`` stays on the disk.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import stat
import struct
import tempfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from quire.core import pieces
from quire.core.errors import Invalid
from quire.core.pieces import Data, Extent, Pieces

CONTAINER = "the zip container"
"""What an error calls the parts of a zip that belong to none of its members."""

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")

# Local header, central directory entry, end of central directory: APPNOTE 6.3.3 §4.3.7, §4.3.12, §4.3.16;
# beyond 4 GiB the extra field of an entry, the longer end and where it is: §4.5.3, §4.3.14, §4.3.15.
_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_PLACE = struct.Struct("<2HQ")
_LONG_END = struct.Struct("<4sQ2H2I4Q")
_LONG_END_AT = struct.Struct("<4sIQI")
_FULL = 0xFFFFFFFF
_LOCAL_MARK = b"PK\x03\x04"
_VERSION, _LONG_VERSION = 10, 45
_UNIX = 3 << 8
_MIDNIGHT, _FIRST_OF_1980 = 0, 1 << 5 | 1
_MODE = (stat.S_IFREG | 0o644) << 16


class BundleError(Invalid):
    """This is no bundle, or not one that can be read safely; ``data["file"]`` names what is wrong."""

    code = "bundle.invalid"


class BundleTooLarge(BundleError):
    """Larger than the reader's limits."""

    code = "bundle.too-large"
    status = 413


class BundleExists(BundleError):
    """Something else is there already; what was published is never overwritten."""

    code = "bundle.exists"
    status = 409
    exit_code = 5


SMALL = 1 << 16
"""Bytes of a file that is read into memory; a larger one is left on the disk, and read when it is used."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one is ready to read: bytes of a file and of all files, and how many files there are. And what
    one is ready to hold in memory: bytes of the files of facts, which a run is recomputed from (lines and
    counts are not among them: they stream, or become a few numbers each)."""

    file_bytes: int = 1 << 30
    total_bytes: int = 64 << 30
    files: int = 1024
    held_bytes: int = 2 << 30


LIMITS = Limits()
WRITING = Limits(total_bytes=1 << 50)
"""Of a publisher: how much it has to say is its own affair, as long as a reader who is ready for it can."""

Files = Mapping[str, Data]
"""By name, in memory or on the disk."""

Passed = Callable[[int], None]
"""Told how many more bytes are done."""


def unheard(size: int) -> None:
    """For whom it does not matter."""


def is_name(name: object) -> bool:
    """Whether a file may be called so: lower-case ASCII letters, digits, ``.``, ``_``, ``-``; at most 100;
    beginning with a letter or a digit. Nothing that hides, climbs, or differs between file systems."""
    return isinstance(name, str) and _NAME.fullmatch(name) is not None


def shown(name: object) -> str:
    """A name from anyone, fit for a sentence: escaped, and not too long."""
    return name if isinstance(name, str) and is_name(name) else ascii(name)[:120]


def refuse(files: Files, limits: Limits = WRITING) -> None:
    """Raise BundleError for a name that may not be, or BundleTooLarge."""
    for name in files:
        if not is_name(name):
            raise _bad_name(name)
    _refuse_count(len(files), limits)
    total = 0
    for name, data in files.items():
        total += len(data)
        _refuse_size(name, len(data), total, limits)


def read(path: str | os.PathLike[str], limits: Limits = LIMITS) -> dict[str, Data]:
    """Every file of a folder or zip, by name, sorted. Raises BundleError for anything else than plain files
    with plain names, and for a zip that is not byte for byte the zip of its files."""
    source = Path(path)
    with _saying(source, "read"):
        if source.is_dir():
            return _read_folder(source, limits)
        # The path itself is the reader's own choice, so a link there is followed; within a folder none is.
        place = source.resolve()
        with open(_regular(place), "rb") as file:
            return _Zip(file, str(place), limits).files()


def write_folder(path: str | os.PathLike[str], files: Files, passed: Passed = unheard) -> None:
    """Publish as a folder, whole or not at all. Its parent must exist. ``passed`` hears of bytes written.

    The same files there already are fine; anything else there raises BundleExists and stays untouched.
    """
    target = Path(path)
    refuse(files)
    if os.path.lexists(target):
        return _same_or_refuse(target, files, folder=True)
    with _saying(target, "written"):
        partial = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
        try:
            for name, data in files.items():
                _write_through(partial / name, pieces.blocks(data), passed)
            partial.chmod(0o755)
            _sync_folder(partial)
            try:
                # Of two writers one wins: a rename onto a folder that has something in it fails.
                partial.rename(target)
            except OSError:
                if not os.path.lexists(target):
                    raise
                return _same_or_refuse(target, files, folder=True)
            _sync_folder(target.parent)
        finally:
            shutil.rmtree(partial, ignore_errors=True)


def write_zip(path: str | os.PathLike[str], files: Files, passed: Passed = unheard) -> None:
    """Publish as the one zip that these files have, whole or not at all. Its parent must exist. ``passed``
    hears of bytes gone through, each twice: a zip says its checksums before its bytes.

    The same zip there already is fine; anything else there raises BundleExists and stays untouched.
    """
    target = Path(path)
    refuse(files)
    if os.path.lexists(target):
        return _same_or_refuse(target, files, folder=False)
    with _saying(target, "written"):
        partial = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
        try:
            _write_through(partial / "zip", zip_chunks(files, passed), passed)
            try:
                # A link, unlike a rename, never replaces what another writer has put there meanwhile.
                os.link(partial / "zip", target)
            except OSError:
                if os.path.lexists(target):
                    return _same_or_refuse(target, files, folder=False)
                # Some file systems have no hard links.
                (partial / "zip").rename(target)
            _sync_folder(target.parent)
        finally:
            shutil.rmtree(partial, ignore_errors=True)


def zip_chunks(files: Files, passed: Passed = unheard) -> Iterator[bytes]:
    """The bytes of the one zip that these files have, piece by piece. ``passed`` hears of bytes summed."""
    offset, central = 0, []
    for name in sorted(files):
        data = files[name]
        local, entry = _headers(name, _crc(pieces.blocks(data), passed), len(data), offset)
        central.append(entry)
        yield local
        yield from pieces.blocks(data)
        offset += len(local) + len(data)
    yield _directory(central, offset)


def _crc(blocks: Iterable[bytes], passed: Passed = unheard) -> int:
    crc = 0
    for block in blocks:
        crc = zlib.crc32(block, crc)
        passed(len(block))
    return crc


def _headers(name: str, crc: int, size: int, offset: int) -> tuple[bytes, bytes]:
    """The local header of a member with its name, and its entry in the central directory."""
    raw = name.encode("ascii")
    common = (0, 0, _MIDNIGHT, _FIRST_OF_1980, crc, size, size, len(raw))
    local = _LOCAL.pack(_LOCAL_MARK, _VERSION, *common, 0)
    far = offset >= _FULL
    version, extra = (_LONG_VERSION, _PLACE.pack(1, 8, offset)) if far else (_VERSION, b"")
    told = (0, 0, 0, _MODE, _FULL if far else offset)
    central = _CENTRAL.pack(b"PK\x01\x02", _UNIX | version, version, *common, len(extra), *told)
    return local + raw, central + raw + extra


def _directory(central: list[bytes], offset: int) -> bytes:
    entries = b"".join(central)
    count, size = len(central), len(entries)
    far = b""
    if offset >= _FULL:
        versions = (_UNIX | _LONG_VERSION, _LONG_VERSION)
        far = _LONG_END.pack(b"PK\x06\x06", 44, *versions, 0, 0, count, count, size, offset)
        far += _LONG_END_AT.pack(b"PK\x06\x07", 0, offset + size, 1)
    short = min(offset, _FULL)
    return entries + far + _END.pack(b"PK\x05\x06", 0, 0, count, count, size, short, 0)


class _Zip:
    """Reads a zip from its first byte to its last, and leaves large members where they are."""

    def __init__(self, file: BinaryIO, path: str, limits: Limits) -> None:
        self.file, self.path, self.limits = file, path, limits
        self.whole, self.state = os.fstat(file.fileno()).st_size, pieces.state_of(file.fileno())
        self.found: dict[str, Data] = {}

    def files(self) -> dict[str, Data]:
        """Every member by name. Raises BundleError."""
        central: list[bytes] = []
        damaged: list[str] = []
        offset = total = 0
        while (mark := self.file.read(len(_LOCAL_MARK))) == _LOCAL_MARK:
            _refuse_count(len(self.found) + 1, self.limits)
            name, stated, size = self._local()
            total += size
            _refuse_size(name, size, total, self.limits)
            local, entry = _headers(name, self._member(name, size), size, offset)
            if stated != local:
                damaged.append(name)
            central.append(entry)
            offset += len(local) + size
        if damaged:
            raise BundleError(
                f"Altered in the zip: {', '.join(damaged)}. Header or bytes are not those it was published "
                f"with (nor are those of a zip packed anew). Take the bundle again from where it was "
                f"published.",
                file=damaged[0],
                files=damaged,
            )
        if not self.found:
            raise BundleError("This is neither a bundle's folder nor its zip.", file=CONTAINER)
        directory = _directory(central, offset)
        if mark + self.file.read(len(directory)) != directory:
            raise _bad_container("its directory is not the one that its members have")
        return self.found

    def _member(self, name: str, size: int) -> int:
        """Go through a member, keep it or where it is, and say its checksum."""
        if size <= SMALL:
            data = self.file.read(size)
            self.found[name] = data
            return zlib.crc32(data)
        place = Extent(self.path, name, self.file.tell(), size, self.state)
        self.found[name] = Pieces((place,))
        left = range(0, size, pieces.BLOCK)
        return _crc(self.file.read(min(pieces.BLOCK, size - at)) for at in left)

    def _local(self) -> tuple[str, bytes, int]:
        """Name, local header as found (with mark and name), and size of the next member; the mark is read."""
        header = _LOCAL_MARK + self.file.read(_LOCAL.size - len(_LOCAL_MARK))
        if len(header) != _LOCAL.size:
            raise _bad_container("it ends within a header")
        _, _, flags, method, _, _, _, packed, size, name_size, _ = _LOCAL.unpack(header)
        raw = self.file.read(name_size)
        name = raw.decode("ascii", "backslashreplace")
        if not is_name(name):
            raise _bad_name(name)
        if name in self.found:
            raise BundleError(f"{name} is in the zip twice.", file=name)
        if any(name < other for other in self.found):
            raise _bad_container(f"its members are not sorted by name: see {name}")
        if method or flags or packed != size:
            raise BundleError(
                f"{name} is compressed, encrypted or otherwise not plainly stored in the zip: use the zip as "
                f"it was published, not one packed anew.",
                file=name,
            )
        if size > self.whole - self.file.tell():
            raise BundleError(f"{name} is cut short, or its size in the zip was altered.", file=name)
        return name, header + raw, size


def _read_folder(folder: Path, limits: Limits) -> dict[str, Data]:
    with os.scandir(folder) as entries:
        found: list[str] = []
        for entry in entries:
            _refuse_count(len(found) + 1, limits)
            found.append(entry.name)
    files: dict[str, Data] = {}
    total = 0
    for name in sorted(found):
        if not is_name(name):
            raise _bad_name(name)
        with _saying(name, "read"), open(_regular(folder / name), "rb") as file:
            size = os.fstat(file.fileno()).st_size
            total += size
            _refuse_size(name, size, total, limits)
            files[name] = _left(file, folder / name, size)
    return files


def _left(file: BinaryIO, path: Path, size: int) -> Data:
    """A file of a folder: read, or left where it is."""
    if size > SMALL:
        return Pieces((Extent(str(path), path.name, 0, size, pieces.state_of(file.fileno())),))
    # One byte more than there was, so that a file that grows meanwhile is noticed too.
    if len(data := file.read(size + 1)) != size:
        raise BundleError(f"{path.name} was changed while it was read.", file=path.name)
    return data


def _regular(path: Path) -> int:
    """A descriptor of a plain file, never of what a link in its place points to, nor of a pipe or device."""
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
    if not stat.S_ISREG(os.lstat(path).st_mode):
        raise BundleError(
            f"{shown(path.name)} is not a plain file: links and folders are refused.", file=path.name
        )
    handle = os.open(path, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise BundleError(f"{shown(path.name)} is not a plain file.", file=path.name)
    return handle


def _write_through(path: Path, chunks: Iterable[bytes], passed: Passed) -> None:
    with open(path, "xb") as file:
        for chunk in chunks:
            file.write(chunk)
            passed(len(chunk))
        file.flush()
        path.chmod(0o644)
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    # Only where a folder can be opened; elsewhere (Windows) a rename is as durable as it gets.
    with contextlib.suppress(PermissionError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _same_or_refuse(target: Path, files: Files, *, folder: bool) -> None:
    same = False
    with contextlib.suppress(BundleError):
        same = target.is_dir() == folder and read(target, WRITING) == dict(files)
    if not same:
        raise BundleExists(
            f"Something else is at {target} already: publish under another name, or look why it differs.",
            file=str(target),
        )


@contextlib.contextmanager
def _saying(path: Path | str, what: str) -> Iterator[None]:
    """Turn the system's refusals into a BundleError that names the file."""
    try:
        yield
    except (OSError, ValueError) as error:
        why = (error.strerror if isinstance(error, OSError) else None) or "it has no usable name"
        raise BundleError(f"{ascii(str(path))[1:-1]} cannot be {what}: {why}.", file=str(path)) from None


def _refuse_count(count: int, limits: Limits) -> None:
    if count > limits.files:
        raise BundleTooLarge(f"The bundle has more than {limits.files} files.", file=CONTAINER)


def _refuse_size(name: str, size: int, total: int, limits: Limits) -> None:
    if size > limits.file_bytes:
        raise BundleTooLarge(f"{name} is larger than {limits.file_bytes} bytes.", file=name)
    if total > limits.total_bytes:
        raise BundleTooLarge(
            f"With {name} the bundle is larger than {limits.total_bytes} bytes. quire verify reads more "
            "where --most says so.",
            file=name,
        )


def _bad_name(name: str) -> BundleError:
    return BundleError(
        f"{shown(name)} is not a name a bundle's file may have: only lower-case letters, digits, dot, "
        f"underscore and hyphen, beginning with a letter or digit, and no folders.",
        file=name,
    )


def _bad_container(why: str) -> BundleError:
    return BundleError(
        f"T{CONTAINER[1:]} was altered: {why}. Take the bundle again from where it was published.",
        file=CONTAINER,
    )
