"""CloudFront's standard logs: columns with tabs between, named by a ``#Fields`` line (W3C extended format).

CloudFront answers only for the names a distribution is set up with, so ``x-host-header`` is the server's
word; ``cs(Host)`` is the distribution's own name, and read where there is no other. Values are
percent-encoded, in older logs twice.
"""

from __future__ import annotations

from urllib.parse import unquote

from quire.society.usage.formats.requests import request
from quire.society.usage.formats.telling import Entry, Problem, host_of, moment, number
from quire.society.usage.formats.visits import Visit

KIND = b"cloudfront"
_NEEDED = ("date", "time", "cs-method", "cs(host)", "cs-uri-stem", "sc-status", "cs(user-agent)")
_NO_COLUMNS = "no #Fields line before it says what its columns are."


class Parse:
    """Reads lines in their order: the columns are those of the last ``#Fields`` line."""

    def __init__(self) -> None:
        self.columns: dict[str, int] = {}
        self.count = 0
        self.known = _NO_COLUMNS  # nothing, once the columns are known; else why they are not

    @property
    def named(self) -> bool:
        """Was there a ``#Fields`` line that can be read by?"""
        return not self.known

    def __call__(self, data: bytes) -> Entry | Problem | None:
        """One line, without its end: an entry, its problem, or None for a header or blank. Never raises."""
        if not data.strip():
            return None
        text = data.decode("utf-8", "surrogateescape")
        if text.startswith("#"):
            return self._directive(text)
        if self.known:
            return Problem(self.known)
        cells = text.split("\t")
        if len(cells) != self.count:
            return Problem(f"it has {len(cells)} columns where the #Fields line names {self.count}.")
        return self._entry(cells)

    def _directive(self, text: str) -> Problem | None:
        name, _, rest = text.partition(":")
        if name.lower() != "#fields":
            return None
        names = rest.lower().split()
        self.columns, self.count = {name: at for at, name in enumerate(names)}, len(names)
        lacking = [name for name in _NEEDED if name not in self.columns]
        wrong = f"does not name {lacking[0]}" if lacking else "names a column twice"
        good = not lacking and len(self.columns) == len(names)
        self.known = "" if good else f"the #Fields line before it {wrong}."
        return None if good else Problem(f"the #Fields line {wrong}.")

    def _entry(self, cells: list[str]) -> Entry | Problem:
        when = moment(f"{self._cell(cells, 'date')}T{self._cell(cells, 'time')}Z")
        if when is None:
            return Problem("its date and time are none such as 2026-05-17 and 10:05:03.")
        host = host_of(self._cell(cells, "x-host-header")) or host_of(self._cell(cells, "cs(host)"))
        if host is None:
            return Problem("its x-host-header and cs(Host) are no host names.")
        status = number(self._cell(cells, "sc-status"), 3)
        size = number(self._cell(cells, "sc-bytes"), 18)
        if status is None or size is None:
            return Problem("its sc-status and sc-bytes are not both whole numbers.")
        asked = request(self._cell(cells, "cs-method"), self._cell(cells, "cs-uri-stem"))
        visit = Visit(when, asked.method, asked.path, host, asked.host, status, size)
        identity = self._cell(cells, "x-edge-request-id")
        return Entry(visit, _plain(self._cell(cells, "cs(user-agent)")), identity.strip("-") and identity)

    def _cell(self, cells: list[str], name: str) -> str:
        at = self.columns.get(name)
        return "" if at is None else cells[at]


def _plain(value: str) -> str:
    once = unquote(value)
    return unquote(once) if "%25" in value else once
