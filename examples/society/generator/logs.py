"""Files of a quarter: which place's visits stand in which file, and how they look there."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random

from generator.catalogue import YEAR
from generator.chance import stream
from generator.hourly import hourly_counts
from generator.lines import EPOCH, Form, Request, client, line
from generator.mischief import mischief
from generator.record import Record
from generator.tally import USAGE, Bill, Tally, Visit
from generator.visits import Fetch, Scene, quarter_days, size_of

OVERLAPS = {"havenmoor-courier.example": 2, "journal-de-valbrume.example": 4}
"""Host to the quarter whose file begins with the end of the one before, as after rotating twice."""
OVERLAP_LINES = 150
MISCHIEF = (
    "havenmoor-courier.example",
    "journal-de-valbrume.example",
    "ostermuehler-zeitung.example",
    "shared",
)

Bills = dict[tuple[int, Bill], int]
"""Requests that count, by quarter and what they are billed as."""


@dataclass(frozen=True, slots=True)
class LogFile:
    """A file to be written. ``host`` is whose log it is, empty where its lines say so themselves."""

    name: str
    host: str
    quarter: int
    log: str
    scenes: tuple[Scene, ...]

    @property
    def path(self) -> str:
        """Where it goes, under the folder that everything is written to."""
        ending = {"gzip": "log.gz", "hourly": "csv"}.get(self.log, "log")
        return f"logs/{YEAR}-Q{self.quarter}/{self.name}.{ending}"

    @property
    def form(self) -> Form:
        """How its lines look."""
        zone = "+0000" if self.log == "shared" else self.scenes[0].place.zone
        return Form(common=self.log == "common", vhost=self.log == "shared", zone=zone)


def files(scenes: Sequence[Scene]) -> list[LogFile]:
    """Every file of the year, in the order in which they are to be imported."""
    shared = tuple(scene for scene in scenes if scene.place.log == "shared")
    found = []
    for quarter in (1, 2, 3, 4):
        for scene in scenes:
            place = scene.place
            if place.log != "shared":
                host = "" if place.log == "hourly" else place.host
                found.append(LogFile(place.host.removesuffix(".example"), host, quarter, place.log, (scene,)))
        found.append(LogFile("shared", "", quarter, "shared", shared))
    return sorted(found, key=lambda file: (file.quarter, file.name))


class Writer:
    """Writes the files in their order, and counts what it meant."""

    def __init__(self, out: Path, record: Record, seed: int, scale: float) -> None:
        self.out, self.record, self.seed, self.scale = out, record, seed, scale
        self.ends: dict[str, list[Visit]] = {}
        self.bills: Bills = {}

    def write(self, file: LogFile) -> tuple[Tally, dict[str, object]]:
        """Write one file; returns its tally and its entry in the manifest."""
        rng = stream(self.seed, "lines", file.path)
        body = self._counts(file) if file.log == "hourly" else self._lines(file, rng)
        self._bill(file, body)
        if OVERLAPS.get(file.host) == file.quarter:
            body = self._again(self.ends[file.host]) + body
        if file.host in OVERLAPS:
            self.ends[file.host] = body[-OVERLAP_LINES:]
        data = b"".join(visit.line + b"\n" for visit in body)
        if file.log == "gzip":
            data = gzip.compress(data, compresslevel=6, mtime=0)
        target = self.out / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        tally = Tally()
        for visit in body:
            tally.add(visit.heading, visit.requests)
        form = "hourly" if file.log == "hourly" else "access-log"
        entry = {
            "path": file.path,
            "host": file.host,
            "format": form,
            "digest": f"sha256:{hashlib.sha256(data).hexdigest()}",
        }
        return tally, {**entry, **tally.as_json()}

    def _bill(self, file: LogFile, body: list[Visit]) -> None:
        for visit in body:
            if visit.bill and visit.heading == "counted":
                key = (file.quarter, visit.bill)
                self.bills[key] = self.bills.get(key, 0) + visit.requests

    def _again(self, visits: list[Visit]) -> list[Visit]:
        """Lines told before: usage in them conflicts with what is there, everything else is as it was."""
        return [
            visit._replace(heading="conflicting" if visit.heading in USAGE else visit.heading, bill=None)
            for visit in visits
        ]

    def _counts(self, file: LogFile) -> list[Visit]:
        (scene,) = file.scenes
        fetches = scene.fetches(file.quarter, self.scale)
        return hourly_counts(scene, fetches, quarter_days(file.quarter)[-1], self._meant)

    def _lines(self, file: LogFile, rng: Random) -> list[Visit]:
        """The lines of an access log, in the order of time."""
        form, found = file.form, []
        for scene in file.scenes:
            for request in scene.readers(file.quarter, self.scale):
                found.append(Visit(request.second, line(request, form), "human"))
            for fetch in scene.fetches(file.quarter, self.scale):
                found.append(self._visit(fetch, scene.place.host, form, rng))
        if file.host in MISCHIEF or file.name in MISCHIEF:
            first = (quarter_days(file.quarter)[0] - EPOCH.date()).days
            host = file.host or file.scenes[0].place.host
            found += mischief(host, form, range(first, first + 90), rng)
        found.sort(key=lambda visit: (visit.second, visit.line))
        return found

    def _visit(self, fetch: Fetch, host: str, form: Form, rng: Random) -> Visit:
        """A crawler's request as a line. In the common format nobody can tell that it was a crawler's."""
        block = sum(map(ord, fetch.crawler.label)) % 200
        request = Request(fetch.second, host, client(rng, block), fetch.method, fetch.target, fetch.status,
                          size_of(fetch.status, rng), "-", fetch.crawler.user_agent)  # fmt: skip
        text = line(request, form)
        if form.common:
            return Visit(fetch.second, text, "human")
        heading, bill = self._meant(fetch)
        return Visit(fetch.second, text, heading, 1, bill)

    def _meant(self, fetch: Fetch) -> tuple[str, Bill | None]:
        if fetch.kind != "answered":
            return fetch.kind, None
        day = (EPOCH + timedelta(seconds=fetch.second)).date()
        verdict = self.record.verdict(fetch.crawler.operator, fetch.crawler.use, fetch.member, day)
        return verdict.heading, Bill(verdict.licence, fetch.tier, fetch.work) if verdict.licence else None
