"""The only writes: the files of statements. Nothing here changes a row."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from quire.core import proof as proofs
from quire.society.distribution import queries as distribution
from quire.society.kit import papers
from quire.society.kit.config import private
from quire.society.statements import queries, render
from quire.society.statements.published import Published

Progress = Callable[[int, int], None]


def proof(run: Any, party: Any) -> bytes:
    """The proof of a payee's lines in a closed run, in one file: ``quire verify --proof``.

    Raises NotPublished, NoLines, Unknown, core.proof.ProofWrong where it has but awards.
    """
    found = distribution.find(run) if isinstance(run, str) else run
    told = queries.statement(found, party)  # refuses what has no line
    return proofs.dumps(proofs.make(Published(found).bundle, told.payee.tid))


class Written(NamedTuple):
    """Where the statements lie, and how many payees have one."""

    folder: Path
    count: int


def write(run: Any, folder: Path | None = None, progress: Progress | None = None) -> Written:
    """Write every payee's statement of a closed run as ``<code>.json``, ``.csv`` and ``.html``.

    Private, under ``QUIRE_HOME/statements/<run>`` or in ``folder``. Again writes only what has changed.

    ``progress`` is told (done, whole). Raises NotPublished.
    """
    found = distribution.find(run) if isinstance(run, str) else run
    place = folder or private("statements") / found.tid
    done = whole = 0

    def count(number: int) -> None:
        nonlocal whole
        whole = number

    for statement in queries.statements(found, count):
        papers.put(place, render.files(statement))
        done += 1
        if progress:
            progress(done, whole)
    return Written(place, done)
