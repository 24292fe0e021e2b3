"""Make the demonstration society's works, its year of logs, its receipts, and the manifest of all of it.

    python examples/society/generate.py --out DIR [--seed 7] [--scale 1.0]

The same seed and scale make the same files. Needs nothing but Python; takes a few seconds. What it makes, and
why, is in docs/guides/demo-data.md.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))  # so that it runs from anywhere

from generator import catalogue, logs, receipts, record, tally, visits

SEED = 7


def generate(out: Path, seed: int = SEED, scale: float = 1.0) -> dict[str, Any]:
    """Write everything into ``out``; returns the manifest. ``scale`` multiplies visits, never works."""
    out.mkdir(parents=True, exist_ok=True)
    on_record, places = record.read(), record.places()
    works = catalogue.catalogue(places, seed)
    catalogue.write_works(out / "works.csv", works)
    catalogue.write_shares(out / "shares.csv", works)
    writer = logs.Writer(out, on_record, seed, scale)
    total, entries = tally.Tally(), []
    for file in logs.files(visits.scenes(places, works, on_record, seed)):
        counted, entry = writer.write(file)
        total.take(counted)
        entries.append(entry)
    dues = receipts.dues(on_record.licences, writer.bills)
    receipts.write(out / "receipts.csv", dues)
    manifest = {"seed": seed, "scale": str(scale), "works": len(works), "files": entries,
                "total": total.as_json(), "fees": [due.as_json() for due in dues]}  # fmt: skip
    (out / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    return manifest


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description="Make the demonstration society's works, logs and receipts.")
    parser.add_argument("--out", type=Path, required=True, help="folder to write to; made if it is not there")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--scale", type=float, default=1.0, help="how many visits, against the usual number")
    asked = parser.parse_args()
    if asked.scale <= 0:
        parser.error("--scale must be more than nought")
    made = generate(asked.out, asked.seed, asked.scale)
    print(
        f"{len(made['files'])} files with {made['total']['lines']:,} lines and {made['works']:,} works "
        f"are in {asked.out}."
    )


if __name__ == "__main__":
    main()
