"""The frozen and computed files of a run, on disk: written whole or not at all, and checked when read."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from quire.core import canonical
from quire.society.distribution.errors import EvidenceChanged
from quire.society.kit.config import private


def digest_of(files: Mapping[str, bytes]) -> str:
    """One digest of several files: of the canonical list of their names and digests."""
    return canonical.digest(canonical.dumps({name: canonical.digest(data) for name, data in files.items()}))


@dataclass(frozen=True, slots=True)
class Store:
    """A folder of runs. A forecast has one of its own that is thrown away."""

    root: Path

    def save(self, run: str, part: str, files: Mapping[str, bytes]) -> str:
        """Write the files of a part (``inputs``, ``results``) durably, in place of any half-finished ones."""
        target = self.root / run / part
        fresh = target.with_name(f"{part}.new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        for name, data in files.items():
            with open(fresh / name, "wb") as handle:
                handle.write(data)
                handle.flush()
                os.fsync(handle.fileno())
        shutil.rmtree(target, ignore_errors=True)
        fresh.rename(target)
        self._sync(target.parent)
        return digest_of(files)

    def load(self, run: str, part: str, digest: str) -> dict[str, bytes]:
        """The files of a part; ``EvidenceChanged`` where they are missing or not those of the digest."""
        target = self.root / run / part
        files = {path.name: path.read_bytes() for path in sorted(target.iterdir())} if target.is_dir() else {}
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


def standing() -> Store:
    """The store of real runs, under ``QUIRE_HOME``."""
    return Store(private("runs"))
