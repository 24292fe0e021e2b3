"""A run of a million lines published as a bundle, and verified: the processor's time and the most memory.

    python bench/bundle.py [--lines 1000000] [--folder PLACE] [--source SRC]

Every step runs in a process of its own:

- **evidence**: works, members and counts of twelve licences, written as files as a freeze writes them.
- **lines**: those files read, every pot divided, every line written, as an allocation does.
- **publish**: digests, Merkle roots, the signature, the folder and the zip.
- **verify**: ``quire verify`` of the folder: every byte checked, every line computed again.
- **bare**: a plain loop over the same lines, for comparison: ``json`` reads each and writes it again, and
  SHA-256 goes over the bytes. It computes nothing and checks nothing.

Printed are the processor's seconds, the peak of what was resident (of the step's own process, mapped files
included), and the ratio to the bare loop. ``--source`` names the ``src`` of another version to run instead.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path

LICENCES = 12
STARTS, ENDS = date(2026, 1, 1), date(2026, 2, 1)
PLAN = """name = "per-usage"
[[deduct]]
label = "administration"
rate = "15%"
to = "society:administration"
[[share]]
label = "use"
portion = "100%"
key = "usage"
"""
KEY = {
    "kty": "OKP",
    "crv": "Ed25519",
    "d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
    "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
}


@dataclass(frozen=True, slots=True)
class Case:
    """Where it all lies, and how many lines there are to be."""

    folder: Path
    lines: int

    @property
    def works(self) -> int:
        return self.lines // LICENCES


def write_evidence(case: Case) -> None:
    """Every work used under each licence."""
    import numpy as np

    from quire.core import evidence, terms
    from quire.core.distribution import Counts, Evidence, Licence, Party, Pot, Subjects
    from quire.core.money import decimal_of
    from quire.core.plan import Plan

    members = max(1, case.works // 20)
    always = (terms.Span(date(2020, 1, 1), None),)
    parties = tuple(Party(f"pty_{place:026}", 1, always) for place in range(members))
    answers = tuple(terms.Answer(one.id, None, "ai-train", True, date(2020, 1, 1), None) for one in parties)
    pots = tuple(
        Pot(
            f"pot_{place:026}",
            Licence(
                f"lic_{place:026}", f"pty_lab{place}", "blanket", ("ai-train",), STARTS, ENDS, "EUR", 0, {}
            ),
            STARTS,
            ENDS,
            (place + 1) * 1_000_003 * 10**12 + 7 * place,
        )
        for place in range(LICENCES)
    )
    works = np.arange(case.works)
    names = [f"wrk_{place:026}" for place in range(case.works)]
    subjects = Subjects(names, ["work"] * case.works, works % members, works * 0, ["standard"])
    cells = np.full(case.works, terms.USES.index("ai-train"))
    counts = {
        pot.id: Counts(((STARTS, ENDS),), works, cells, works * works % (997 + place) + 1)
        for place, pot in enumerate(pots)
    }
    receipts = [
        {
            "receipt": f"rcp_{place:026}",
            "pot": pot.id,
            "amount": decimal_of(pot.amount),
            "received": "2026-02-01",
        }
        for place, pot in enumerate(pots)
    ]
    found = Evidence(Plan.parse(PLAN), pots, parties, answers, (), subjects, counts)
    _keep(case, "inputs", evidence.input_blocks(found, receipts))


def write_lines(case: Case) -> None:
    """From the files alone."""
    from quire.core import evidence
    from quire.core.distribution import divide_each

    found = evidence.read(_kept(case, "inputs"))
    _keep(case, "results", evidence.result_blocks(found, divide_each(found)))


def publish(case: Case) -> None:
    """As a run's last stage does it."""
    from quire.core import bundle, tokens
    from quire.core.plan import Plan

    about = {
        "society": "Society of Examples",
        "run": "run_1",
        "plan": "per-usage",
        "plan_digest": Plan.parse(PLAN).digest,
        "decision": "mot_1",
        "from": STARTS.isoformat(),
        "until": ENDS.isoformat(),
    }
    for left in case.folder.glob("bundle*"):
        shutil.rmtree(left) if left.is_dir() else left.unlink()
    files = _kept(case, "inputs") | _kept(case, "results")
    built = bundle.build(files, about, tokens.SigningKey.from_jwk(KEY))
    bundle.write_folder(case.folder / "bundle", built)
    bundle.write_zip(case.folder / "bundle.zip", built)


def verify(case: Case) -> None:
    """The command itself."""
    from quire.cli import verify as command

    keys = case.folder / "keys.json"
    keys.write_text(json.dumps({name: KEY[name] for name in ("kty", "crv", "x")}))
    if command.run([str(case.folder / "bundle"), "--key", str(keys)]):
        raise SystemExit("The bundle does not hold.")


def bare(case: Case) -> None:
    """Read, write and hash every line of the counts and of the results, and nothing else."""
    for name in ("inputs/counts.jsonl", "results/lines.jsonl"):
        hashed, size = sha256(), 0
        with open(case.folder / name, "rb") as lines:
            for line in lines:
                hashed.update(line)
                again = json.dumps(json.loads(line), separators=(",", ":"), sort_keys=True)
                size += len(again) + 1
        assert size == (case.folder / name).stat().st_size


STEPS: dict[str, Callable[[Case], None]] = {
    "evidence": write_evidence,
    "lines": write_lines,
    "publish": publish,
    "verify": verify,
    "bare": bare,
}


def _keep(case: Case, part: str, blocks) -> None:  # type: ignore[no-untyped-def]
    from quire.society.distribution.store import Store

    digest = Store(case.folder).save(".", part, blocks)
    (case.folder / f"{part}.digest").write_text(digest)


def _kept(case: Case, part: str):  # type: ignore[no-untyped-def]
    from quire.society.distribution.store import Store

    return Store(case.folder).load(".", part, (case.folder / f"{part}.digest").read_text())


def measured(step: str, case: Case, source: str) -> tuple[float, float]:
    """The processor's seconds, and bytes at most, of a step in a process of its own."""
    told = [f"--lines={case.lines}", f"--folder={case.folder}", f"--step={step}"]
    place = {"PYTHONPATH": source} if source else {}
    child = os.posix_spawn(sys.executable, [sys.executable, __file__, *told], {**os.environ, **place})
    _, status, used = os.wait4(child, 0)
    if status:
        raise SystemExit(f"The step {step} did not end well.")
    return used.ru_utime + used.ru_stime, used.ru_maxrss * 1024


def measure(case: Case, source: str) -> None:
    """Every step, and a table."""
    took = {step: measured(step, case, source) for step in STEPS}
    size = sum(one.stat().st_size for one in (case.folder / "bundle").iterdir())
    files = len(list((case.folder / "bundle").iterdir()))
    print(f"\n{case.lines:,} lines, a bundle of {size / 2**20:,.0f} MiB in {files} files")
    print("| step | processor s | µs a line | beside the bare loop | peak MiB |")
    print("|---|---|---|---|---|")
    for step, (seconds, peak) in took.items():
        beside = f"{seconds / took['bare'][0]:.2f}×"
        print(
            f"| {step} | {seconds:.1f} | {seconds / case.lines * 1e6:.1f} | {beside} | {peak / 2**20:,.0f} |"
        )


def main() -> None:
    """Measure and print, or be the child that runs one step."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--lines", type=int, default=1_000_000)
    asked.add_argument("--folder", type=Path, help="keep the files here")
    asked.add_argument("--source", default="", help="the src of another version")
    asked.add_argument("--step", choices=list(STEPS), help=argparse.SUPPRESS)
    told = asked.parse_args()
    if told.step:
        STEPS[told.step](Case(told.folder, told.lines))
    elif told.folder:
        told.folder.mkdir(parents=True, exist_ok=True)
        measure(Case(told.folder, told.lines), told.source)
    else:
        with tempfile.TemporaryDirectory() as folder:
            measure(Case(Path(folder), told.lines), told.source)


if __name__ == "__main__":
    main()
