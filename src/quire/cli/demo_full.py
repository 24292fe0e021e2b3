"""What the demonstration shows beside its year: a dispute, and a plan that is replayed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

DISPUTED = "https://tidal-hum.example/songs/winter-and-the-moon"
CLAIMED = "; ".join(
    (
        "tidal-hum:label:2/5",
        "salt-cellar-four:performer:1/10",
        "sparrow-and-rust:composer:1/3",
        "wicker-lane-songs:publisher:1/6",
    )
)
PAGE = "replay.html"


def dispute(by: Any) -> None:
    """A performer claims a tenth of a song; again it changes nothing."""
    from quire.society.disputes import actions, queries

    if queries.rows(all_=True):
        return
    actions.file_dispute(
        kind="share", work=DISPUTED, claimant="salt-cellar-four", shares=CLAIMED,
        reason="We sing on this one, too", by=by,
    )  # fmt: skip


def replayed(source: Path, place: Path) -> list[str]:
    """The next year's plan over the runs of this one: what would change, and where its page lies."""
    from quire.cli.replay import page, words
    from quire.society.distribution import replay

    text = (source / "plans" / "hybrid-2026.toml").read_text("utf-8")
    told = replay.replay(text, against="2025")
    (place / PAGE).write_bytes(page.document(told))
    shown = os.path.relpath(place / PAGE)
    return [
        "The next year's plan, as its board looked at it before the vote (quire plan replay):",
        f"  {words.heading(told)}",
        *(f"  {sentence}" for one in told.comparisons for sentence in list(words.sentences(one))[:1]),
        f"  charts and tables: {shown}",
    ]


def open_matters() -> Iterator[str]:
    """What waits for somebody."""
    from quire.society.disputes import queries

    yield "Waiting for somebody (quire disputes list):"
    for one in queries.rows():
        yield f"  a dispute about {one.work}: {one.claimant}, {one.state}"
