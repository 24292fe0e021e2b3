"""A replay as an SVG chart: by how much each tenth of the members, and each tier, would gain or lose.

390 units wide, as a telephone is, so that its letters stay letters there. Its colours follow the reader's
light or dark scheme, and the direction of a bar says what its colour does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from html import escape
from typing import Any

from quire.cli.replay import words
from quire.core.replay import Comparison, Group

WIDTH, ROW, MIDDLE, HALF = 390, 26, 216, 84
"""The chart's width, a bar's height with its gap, where nothing changes, and how long the longest bar is."""

STYLE = """
.replay{--ink:#1d2126;--quiet:#5b636c;--more:#1d6f5c;--less:#a8481f;color:var(--ink);
font:13px system-ui,sans-serif}
@media (prefers-color-scheme:dark){.replay{--ink:#e9e6df;--quiet:#a5abb1;--more:#4fb597;--less:#e8925f}}
.replay text{fill:var(--ink)}.replay .quiet{fill:var(--quiet);font-size:12px}
.replay .title{font-size:15px;font-weight:600}.replay .n{text-anchor:end}
.replay .more{fill:var(--more)}.replay .less{fill:var(--less)}
.replay line{stroke:var(--quiet);stroke-width:1}
"""


def document(told: Any) -> bytes:
    """The chart as a file of its own."""
    return drawing(told).encode()


def drawing(told: Any) -> str:
    """The ``svg`` element: a part for each currency, one below the other."""
    parts, top = list[str](), 0
    for one in told.comparisons:
        made, height = _currency(one, top)
        parts.append(made)
        top += height
    title = f"What the plan “{told.plan.name}” would change"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="replay" viewBox="0 0 {WIDTH} {max(top, 1)}" '
        f'role="img" aria-labelledby="replay-title replay-desc">\n'
        f'<title id="replay-title">{escape(title)}</title>\n'
        f'<desc id="replay-desc">{escape(_described(told))}</desc>\n'
        f"<style>{STYLE}</style>\n{''.join(parts)}</svg>\n"
    )


def _described(told: Any) -> str:
    """What the chart shows, for those who hear it."""
    said = [words.heading(told)]
    for one in told.comparisons:
        said += words.sentences(one)
        name_of = words.tenth_name(one)
        said += (
            f"Tenth {name_of(group.name)}: {words.signed(group.would - group.had, one.currency)}."
            for group in one.tenths
        )
    return " ".join(said)


def _currency(one: Comparison, top: int) -> tuple[str, int]:
    """The bars of one currency from ``top``, and how high they are together."""
    blocks = [("Members by what they had, in tenths", one.tenths, words.tenth_name(one))]
    if any(group.name for group in one.after):
        blocks.append(("Members by tier of this plan", one.after, words.group_names))
    longest = max((abs(g.would - g.had) for _, groups, _ in blocks for g in groups), default=0)
    made = [f'<text class="title" x="12" y="{top + 26}">Change in {escape(one.currency)}</text>\n']
    at = top + 40
    for title, groups, name_of in blocks:
        made.append(f'<text class="quiet" x="12" y="{at + 10}">{escape(title)}</text>\n')
        at += 20
        made += _bars([(name_of(g.name), g) for g in groups], longest, one.currency, at)
        at += ROW * len(groups) + 12
    return "".join(made), at - top


def _bars(groups: Sequence[tuple[str, Group]], longest: int, currency: str, top: int) -> Iterator[str]:
    yield f'<line x1="{MIDDLE}" x2="{MIDDLE}" y1="{top}" y2="{top + ROW * len(groups)}"/>\n'
    for place, (name, group) in enumerate(groups):
        change, y = group.would - group.had, top + place * ROW
        long = round(Fraction(abs(change), longest) * HALF) if longest else 0
        long = max(long, 1) if change else 0  # what changes at all is seen
        x, kind = (MIDDLE, "more") if change >= 0 else (MIDDLE - long, "less")
        yield f'<text x="12" y="{y + 17}">{escape(name[:16])}</text>\n'
        yield f'<rect class="{kind}" x="{x}" y="{y + 4}" width="{long}" height="{ROW - 8}" rx="2"/>\n'
        yield f'<text class="n" x="{WIDTH - 6}" y="{y + 17}">{escape(_amount(change, currency))}</text>\n'


def _amount(change: int, currency: str) -> str:
    """The change without the currency, which the title says."""
    return words.bare(words.signed(change, currency))
