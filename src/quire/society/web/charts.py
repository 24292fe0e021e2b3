"""Three pictures of exact figures: one stacked bar, bars below one another, lines over periods.

Each is SVG with the figures in a table beside it. Values are integers or fractions (quanta, counts, shares);
only the place of a mark is rounded, never what is written. Nothing is drawn by a script, no text is inside a
picture that is scaled, and no colour alone tells two things apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from quire.core.errors import Invalid
from quire.society.kit import spoken

Value = int | Fraction
COLOURS = 6
"""The classes c1 to c6 of charts.css; a seventh part begins again with the first."""


class NotDrawn(Invalid):
    """Figures of which this picture cannot be made: a negative one, or series of unlike lengths."""

    code = "chart.wrong"


@dataclass(frozen=True, slots=True)
class Part:
    """A figure with its name, as it is written (``told``: "150.00 EUR"), and where it leads. ``css`` is a
    class of charts.css where the part has a colour of its own on every page."""

    name: str
    value: Value
    told: str
    link: str = ""
    css: str = ""


@dataclass(frozen=True, slots=True)
class Series:
    """One line: a value for each period, None where there is none."""

    name: str
    values: Sequence[Value | None]


@dataclass(frozen=True, slots=True)
class _Mark:
    name: str
    told: str
    css: str
    link: str = ""
    begins: str = "0"
    width: str = "0"
    share: str = ""


@dataclass(frozen=True, slots=True)
class _Line:
    name: str
    path: str
    points: str


@dataclass(frozen=True, slots=True)
class _Chart:
    label: str
    aloud: str
    heads: Sequence[str]
    drawn: Sequence[Any]
    rows: Sequence[Sequence[str]] = field(default_factory=tuple)
    ticks: Sequence[str] = ()
    grid: Sequence[str] = ()
    along: Sequence[str] = ()


def bar(parts: Sequence[Part], *, label: str, heads: tuple[str, str] | None = None) -> SafeString:
    """One bar of all the parts, which sum to the whole, with its legend. "" where the whole is nothing.

    ``label`` says what it is ("How 1,000.00 EUR was divided"). NotDrawn for a part below zero.
    """
    whole = _whole(parts)
    shown = [one for one in parts if one.value]
    if not whole:
        return SafeString("")
    drawn, begins = [], Fraction(0)
    for number, one in enumerate(shown):
        width = Fraction(one.value) * 1000 / whole
        drawn.append(
            _Mark(
                one.name,
                one.told,
                one.css or _colour(number),
                "",
                _at(begins),
                _at(width),
                share(width / 1000),
            )
        )
        begins += width
    aloud = f"{label}: " + "; ".join(f"{one.name} {one.share}" for one in drawn)
    rows = [(one.name, one.told, one.share) for one in drawn]
    told = (*(heads or (_("part"), _("amount"))), _("share"))
    return _render("bar", _Chart(label, aloud, told, drawn, rows))


def bars(parts: Sequence[Part], *, label: str, heads: tuple[str, str] | None = None) -> SafeString:
    """A bar for each part, the longest as wide as there is room; it is itself the table. "" without parts.

    ``heads`` are the headings of names and of figures. NotDrawn for a part below zero.
    """
    _whole(parts)
    most = max((one.value for one in parts), default=0)
    if not parts:
        return SafeString("")
    drawn = [
        _Mark(
            one.name, one.told, one.css or "c1", one.link, width=_at(Fraction(one.value) * 1000 / (most or 1))
        )
        for one in parts
    ]
    what, figure = heads or (_("what"), _("amount"))
    return _render("bars", _Chart(label, label, (what, pgettext("a bar", "drawn"), figure), drawn))


def line(
    periods: Sequence[str], series: Sequence[Series], *, label: str, told: Callable[[Value], str],
    over: str = "",
) -> SafeString:  # fmt: skip
    """Up to four lines over periods, from zero; "" without periods. ``told`` writes a value; ``over`` heads
    the periods' column. NotDrawn for more lines, values below zero, or a series that is not of every period.
    """
    if len(series) > 4 or any(len(one.values) != len(periods) for one in series):
        raise NotDrawn("A picture has up to four lines, each with a value for every period.")
    _whole([Part("", value, "") for one in series for value in one.values if value is not None])
    if not periods:
        return SafeString("")
    top = nice(max((value for one in series for value in one.values if value is not None), default=0))
    drawn = [_Line(one.name, *_drawn(one.values, top)) for one in series]
    rows = [
        (period, *("–" if one.values[at] is None else told(one.values[at] or 0) for one in series))
        for at, period in enumerate(periods)
    ]
    heads = (over or _("period"), *(one.name for one in series))
    levels = [Fraction(top) * step / 2 for step in (2, 1, 0)]
    ticks = [told(int(one) if one.denominator == 1 else one) for one in levels]
    aloud = f"{label}; {periods[0]} – {periods[-1]}"
    return _render(
        "line", _Chart(label, aloud, heads, drawn, rows, ticks, ("0", "200", "400"), _along(periods))
    )


def nice(most: Value) -> Value:
    """The least of 1, 2, 4, 5, 10, 20, … that is not below ``most``: where an axis ends. 1 for nothing."""
    step: Value = 1
    while most and most < step:
        step = Fraction(step) / 10
    while True:
        for times in (1, 2, 4, 5):
            if step * times >= most:
                return step * times
        step = step * 10


def share(part: Fraction) -> str:
    """A share for people: "33.3 %"; "under 0.1 %" rather than nothing for what is something."""
    tenths = round(part * 1000)
    if part and not tenths:
        return str(_("under %(share)s") % {"share": spoken.written("0.1") + " %"})
    return spoken.written(f"{tenths // 10}.{tenths % 10}") + " %"


def _whole(parts: Sequence[Part]) -> Value:
    if any(one.value < 0 for one in parts):
        raise NotDrawn("A figure below zero has no bar.")
    return sum((one.value for one in parts), Fraction(0))


def _colour(number: int) -> str:
    return f"c{number % COLOURS + 1}"


def _at(place: Fraction) -> str:
    """A place in the picture, to a hundredth of its unit."""
    hundredths = round(place * 100)
    return f"{hundredths // 100}.{hundredths % 100:02}"


def _drawn(values: Sequence[Value | None], top: Value) -> tuple[str, str]:
    """The line, broken where a value is missing, and its points, each a stroke of no length."""
    path, points, begun = [], [], False
    for across, value in zip(_places(len(values)), values, strict=True):
        if value is None:
            begun = False
            continue
        place = f"{_at(across)} {_at(400 - Fraction(value) * 400 / top)}"
        path.append(f"{'L' if begun else 'M'}{place}")
        points.append(f"M{place}h0.01")
        begun = True
    return "".join(path), "".join(points)


def _places(count: int) -> Iterator[Fraction]:
    for number in range(count):
        yield Fraction(1000 * number, count - 1) if count > 1 else Fraction(500)


def _along(periods: Sequence[str]) -> Sequence[str]:
    if len(periods) < 3:
        return periods
    return (
        (periods[0], periods[len(periods) // 2], periods[-1])
        if len(periods) % 2
        else (periods[0], periods[-1])
    )


def _render(kind: str, chart: _Chart) -> SafeString:
    return SafeString(render_to_string(f"web/parts/chart_{kind}.html", {"chart": chart}))
