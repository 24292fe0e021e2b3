"""The frozen and computed files of a run, on disk: written whole or not at all, and checked when read.

Neither writing nor reading holds a long file in memory: what is written comes in blocks and is hashed on its
way, and what is read lies where it is until somebody goes through it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from quire.core import canonical
from quire.core.pieces import Data, Extent, Pieces, state_of
from quire.society.distribution.errors import EvidenceChanged
from quire.society.kit.config import private

SMALL = 1 << 20
"""Bytes of a file up to which it is rather read at once."""

Blocks = Iterable[tuple[str, Iterable[bytes]]]
"""Files by name, each in blocks."""


def digest_of(files: Mapping[str, Data]) -> str:
    """One digest of several files: of the canonical list of their names and digests."""
    return _digest({name: canonical.digest(data) for name, data in files.items()})


def _digest(digests: Mapping[str, str]) -> str:
    return canonical.digest(canonical.dumps(dict(digests)))


@dataclass(frozen=True, slots=True)
class Store:
    """A folder of runs. A forecast has one of its own that is thrown away."""

    root: Path

    def save(self, run: str, part: str, files: Mapping[str, bytes] | Blocks) -> str:
        """Write the files of a part (``inputs``, ``results``) durably, in place of any half-finished ones.

        Blocks are taken in the order in which they are given, each file to its end before the next.
        """
        given = ((name, (data,)) for name, data in files.items()) if isinstance(files, Mapping) else files
        target = self.root / run / part
        fresh = target.with_name(f"{part}.new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        digests = {name: _write(fresh / name, data) for name, data in given}
        shutil.rmtree(target, ignore_errors=True)
        fresh.rename(target)
        self._sync(target.parent)
        return _digest(digests)

    def load(self, run: str, part: str, digest: str) -> dict[str, Data]:
        """The files of a part; ``EvidenceChanged`` where they are missing or not those of the digest."""
        target = self.root / run / part
        files = {path.name: _read(path) for path in sorted(target.iterdir())} if target.is_dir() else {}
        if digest_of(files) != digest:
            raise EvidenceChanged(
                f"The {part} of {run} under {target} are not those that the run recorded. "
                "Restore the folder from a backup; a run is never computed from other files."
            )
        return files

    @staticmethod
    def _sync(folder: Path) -> None:
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _write(path: Path, blocks: Iterable[bytes]) -> str:
    """Put a file on the disk; its digest."""
    hashed = hashlib.sha256()
    with open(path, "wb") as handle:
        for block in blocks:
            hashed.update(block)
            handle.write(block)
        handle.flush()
        os.fsync(handle.fileno())
    return f"sha256:{hashed.hexdigest()}"


def _read(path: Path) -> Data:
    """The bytes of a file; where there are many, where they lie."""
    with open(path, "rb") as handle:
        if (size := os.fstat(handle.fileno()).st_size) < SMALL:
            return handle.read()
        return Pieces((Extent(str(path), path.name, 0, size, state_of(handle.fileno())),))


def standing() -> Store:
    """The store of real runs, under ``QUIRE_HOME``."""
    return Store(private("runs"))
