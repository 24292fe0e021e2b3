"""Publish a run's evidence and results as a signed bundle, as a folder and as a zip."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from quire.core import bundle
from quire.core.lineage import PREVIOUS, Link
from quire.core.pieces import Data
from quire.society.distribution.keys import signing_key
from quire.society.distribution.models import Run
from quire.society.distribution.progress import Count, heard, quietly
from quire.society.kit.config import home
from quire.society.parties import queries as parties


def folder(run: Run) -> Path:
    """Where the run's bundle is published; the zip has the same name with ``.zip``."""
    return home() / "published" / "bundles" / run.tid


def publish(run: Run, files: Mapping[str, Data], before: Link | None = None, count: Count = quietly) -> str:
    """Sign and write the bundle; the same bytes again change nothing. Returns the Merkle root.

    ``before`` is the published run that this one follows; ``count`` is told how far it is, in bytes.
    """
    size = sum(map(len, files.values()))
    about: dict[str, object] = {PREVIOUS: before.record()} if before else {}
    about |= {
        "society": parties.society().name,
        "run": run.tid,
        "plan": run.plan.name,
        "plan_digest": run.plan.digest,
        "decision": run.plan.decision,
        "from": run.starts.isoformat(),
        "until": run.ends.isoformat(),
    }
    built = bundle.build(files, about, signing_key(), heard(count, size, "bytes hashed"))
    place = folder(run)
    place.parent.mkdir(parents=True, exist_ok=True)
    _sweep(place)
    bundle.write_folder(place, built, heard(count, size, "bytes of the folder"))
    zip_ = place.with_name(place.name + ".zip")
    bundle.write_zip(zip_, built, heard(count, 2 * size, "bytes of the zip"))
    return bundle.Manifest.parse(built[bundle.MANIFEST]).root


def _sweep(place: Path) -> None:
    """Take away what a killed process left half-written of this bundle; the run's lock keeps others out."""
    for left in place.parent.glob(f".{place.name}.*"):
        shutil.rmtree(left, ignore_errors=True)
