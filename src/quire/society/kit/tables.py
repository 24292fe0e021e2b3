"""Tables that people hand in: CSV or JSON, read strictly, every refused row named by line and reason.

A file is taken whole or not at all; ``skip_refused`` takes the good rows and still names the others.
"""

from __future__ import annotations

import csv
import io
import json
import stat
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from quire.core.errors import Invalid, QuireError

T = TypeVar("T")
LONGEST = 64 * 1024 * 1024


class TableRefused(Invalid):
    """Some rows cannot be taken, so none was. ``data["refused"]`` lists line and reason."""

    code = "table.refused"


@dataclass(frozen=True, slots=True)
class Row:
    """One row as it was handed in: its line in the file (or its place in the JSON list) and its cells."""

    line: int
    cells: dict[str, str]

    def get(self, column: str, default: str = "") -> str:
        return self.cells.get(column, "").strip() or default

    def need(self, column: str) -> str:
        """The cell, or an error that names the column."""
        value = self.get(column)
        if not value:
            raise Invalid(f"{column} is empty.")
        return value


@dataclass(slots=True)
class Taken:
    """What came of a file: how many rows were taken, and which were refused and why."""

    taken: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return {"taken": self.taken, "refused": [{"line": line, "reason": why} for line, why in self.refused]}


@dataclass(slots=True)
class Registered(Taken):
    """What the rows taken did to the record: made something new, changed it, or said it again.

    ``taken`` counts rows; the others count the things that rows are about, where one row is about several
    or several are about one.
    """

    added: int = 0
    changed: int = 0
    unchanged: int = 0

    def as_json(self) -> dict[str, Any]:
        counts = {"added": self.added, "changed": self.changed, "unchanged": self.unchanged}
        return {**Taken.as_json(self), **counts}


def read(path: Path, columns: Sequence[str], required: Sequence[str]) -> list[Row]:
    """The rows of a CSV or JSON file. Unknown or missing columns are an error: they are usually misspelt."""
    data = _bytes(path)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise Invalid(f"{path.name} is not UTF-8 text (byte {problem.start}); save it as UTF-8.") from problem
    if "\0" in text:
        raise Invalid(f"{path.name} has a NUL in it: it is not text.")
    rows = _json(path, text) if text.lstrip()[:1] in {"[", "{"} else _csv(path, text)
    present = {name for row in rows for name in row.cells}
    if unknown := sorted(present - set(columns)):
        raise Invalid(
            f"{path.name} has columns that are not known: {', '.join(unknown)}. "
            f"Known are: {', '.join(columns)}."
        )
    if rows and (missing := [name for name in required if name not in present]):
        raise Invalid(f"{path.name} lacks the column {', '.join(missing)}.")
    return rows


def _bytes(path: Path) -> bytes:
    """What is in the file; a pipe or a device might never end, and is refused before it is read."""
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
            raise Invalid(f"{path} is a pipe or a device; give a file.")
        with path.open("rb") as file:
            data = file.read(LONGEST + 1)
    except OSError as problem:
        raise Invalid(f"{path} cannot be read: {problem.strerror}.") from problem
    if len(data) > LONGEST:
        raise Invalid(f"{path.name} is larger than {LONGEST >> 20} MiB; hand it in as several files.")
    return data


def _csv(path: Path, text: str) -> list[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        head = [name.strip() for name in next(reader, [])]
        if len(set(head)) != len(head):
            raise Invalid(f"{path.name} names a column twice in its first line.")
        rows = []
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(head):
                raise Invalid(
                    f"{path.name} line {reader.line_num}: {len(cells)} cells where the first line "
                    f"names {len(head)} columns."
                )
            rows.append(Row(reader.line_num, dict(zip(head, cells, strict=True))))
    except csv.Error as problem:
        raise Invalid(f"{path.name} line {reader.line_num} is not CSV: {problem}.") from problem
    return rows


def _json(path: Path, text: str) -> list[Row]:
    try:
        found = json.loads(text, parse_float=str, parse_int=str, object_pairs_hook=_once)
    except (ValueError, RecursionError) as problem:
        raise Invalid(f"{path.name} is not JSON: {problem}.") from problem
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise Invalid(f"{path.name} must be a list of objects.")
    return [Row(place, {str(k): _text(v) for k, v in item.items()}) for place, item in enumerate(found, 1)]


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object that names a key twice has two values for it; neither is taken."""
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("an object names a key twice")
    return made


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else json.dumps(value)


def judge(rows: Sequence[Row], make: Callable[[Row], T], *, skip_refused: bool) -> tuple[list[T], Taken]:
    """Make something of each row; gather every refusal; raise ``TableRefused`` unless told to skip those."""
    good: list[T] = []
    account = Taken()
    for row in rows:
        try:
            good.append(make(row))
        except QuireError as problem:
            account.refused.append((row.line, problem.sentence))
    if account.refused and not skip_refused:
        raise TableRefused(
            f"{len(account.refused)} of {len(rows)} rows cannot be taken, so nothing was. "
            "Mend them, or say --skip-refused to take the others.",
            **account.as_json(),
        )
    account.taken = len(good)
    return good, account
