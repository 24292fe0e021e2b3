"""A plot as SVG: lines over a logarithmic axis, nothing but text and paths."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from math import log10
from pathlib import Path

WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 640, 360, 70, 40, 200, 50
COLOURS = ("#1b6ca8", "#c0392b", "#2e7d32", "#8e44ad", "#b8860b", "#555555")


def write(
    path: Path, title: str, across: str, up: str, lines: Mapping[str, Sequence[tuple[float, float]]]
) -> None:
    """One line for each name, through its points; ``across`` has a logarithmic scale, ``up`` one from 0."""
    xs = [log10(x) for points in lines.values() for x, _ in points]
    most = max(y for points in lines.values() for _, y in points) * 1.1
    low, high = min(xs), max(max(xs), min(xs) + 1)

    def place(x: float, y: float) -> tuple[float, float]:
        wide, tall = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
        return LEFT + (log10(x) - low) / (high - low) * wide, HEIGHT - BOTTOM - y / most * tall

    told = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"',
        f'  font-family="sans-serif" font-size="12" aria-label="{escape(title)}">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        f'<text x="{LEFT}" y="22" font-size="14">{escape(title)}</text>',
        *_axes(place, sorted({x for points in lines.values() for x, _ in points}), most, across, up),
    ]
    for number, (name, points) in enumerate(lines.items()):
        told += _line(place, name, sorted(points), COLOURS[number % len(COLOURS)], number)
    path.write_text("\n".join([*told, "</svg>"]) + "\n")


def _axes(place, ticks, most, across, up):  # type: ignore[no-untyped-def]
    first, last = ticks[0], ticks[-1]
    for step in range(5):
        value = most * step / 4
        (x0, y), (x1, _) = place(first, value), place(last, value)
        yield f'<path d="M{x0:.1f} {y:.1f}H{x1:.1f}" stroke="#ddd"/>'
        yield f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{value:.3g}</text>'
    for tick in ticks:
        x, _ = place(tick, 0)
        yield f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{_short(tick)}</text>'
    middle = (LEFT + WIDTH - RIGHT) / 2
    yield f'<text x="{middle:.0f}" y="{HEIGHT - 10}" text-anchor="middle">{escape(across)}</text>'
    half = (TOP + HEIGHT - BOTTOM) / 2
    yield (
        f'<text x="16" y="{half:.0f}" text-anchor="middle" transform="rotate(-90 16 {half:.0f})">'
        f"{escape(up)}</text>"
    )


def _line(place, name, points, colour, number):  # type: ignore[no-untyped-def]
    where = [place(x, y) for x, y in points]
    drawn = " ".join(f"{'L' if n else 'M'}{x:.1f} {y:.1f}" for n, (x, y) in enumerate(where))
    yield f'<path d="{drawn}" fill="none" stroke="{colour}" stroke-width="2"/>'
    yield from (f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in where)
    y = TOP + 18 * number + 10
    yield f'<path d="M{WIDTH - RIGHT + 16} {y - 4}h18" stroke="{colour}" stroke-width="2"/>'
    yield f'<text x="{WIDTH - RIGHT + 40}" y="{y}">{escape(name)}</text>'


def _short(number: float) -> str:
    return f"{number / 1e6:g} M" if number >= 1e6 else f"{number / 1e3:g} k"
