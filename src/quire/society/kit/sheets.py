"""Tables that are handed out as CSV, so that a spreadsheet opens them as what they are: text."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence

RISKY = ("=", "+", "-", "@", "\t", "\r")
"""What a cell must not begin with: a spreadsheet would take it for a formula."""


_NUMBER = re.compile(r"-[0-9]+(\.[0-9]+)?")
"""An amount below zero calculates nothing."""


def safe(cell: object) -> str:
    """The cell's text; an apostrophe before it where a spreadsheet would calculate instead of show it."""
    text = str(cell)
    return f"'{text}" if text.startswith(RISKY) and not _NUMBER.fullmatch(text) else text


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """UTF-8 CSV as RFC 4180 has it: the columns' names, then the rows, lines ending in CRLF."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(columns)
    writer.writerows([safe(cell) for cell in row] for row in rows)
    return out.getvalue().encode()
