"""The demonstration's last act: two member sites behind their edges, and crawlers let loose on them, over
loopback.

All of it is real: the society's server, two web servers with the middleware, crawlers over sockets. It
happens once, on the day the demonstration is built, and is told from its record after that.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from quire.cli import frame
from quire.cli.demo_money import distribute, pay
from quire.core.errors import QuireError
from quire.core.money import Money

RECORD = "crawl.json"
PRICE = Money.parse("0.002", "EUR")
SITES = {"havenmoor-courier": ("havenmoor-courier.example", "asgi"),
         "kestrelford-review": ("kestrelford-review.example", "wsgi")}  # fmt: skip
PAGES = 60
STRANGER = "Mozilla/5.0 (compatible; GPTBot/1.2; +https://openai.com/gptbot)"
READER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
_WAIT = 60.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where everything is: the demonstration's folder, its source, and the addresses on loopback."""

    home: Path
    source: Path
    society: str
    ports: dict[str, int]

    def folder(self, site: str) -> Path:
        return self.home / "edges" / site


def act(home: Path, source: Path, step: Callable[[str], Any], by: Any) -> list[str]:
    """Play the act, if it was not played yet; the lines that tell of it."""
    record = home / RECORD
    if not record.is_file():
        before = os.environ.pop("QUIRE_TODAY", None)
        try:
            told = _play(home, source, step, by)
        finally:
            if before is not None:
                os.environ["QUIRE_TODAY"] = before
        record.write_text(json.dumps(told, ensure_ascii=False, indent=2) + "\n")
    lines: list[str] = json.loads(record.read_text())
    return lines


def _play(home: Path, source: Path, step: Callable[[str], Any], by: Any) -> list[str]:
    ports = {name: _free_port() for name in ("society", *SITES)}
    place = Place(home, source, f"http://127.0.0.1:{ports['society']}", ports)
    os.environ |= _environment(place)
    with ExitStack() as running:
        with step("opening the doors: the society's server and two members' sites"):
            running.enter_context(_society(place))
            for site in SITES:
                running.enter_context(_site(place, site))
            _verify(by)
        with step("licences for two labs, terms and a price for a site, an edge for each"):
            secrets = _license(source, by)
            _edges(place, by)
        for site in SITES:
            running.enter_context(_site(place, site))  # in place of the one without an edge
        with step("letting crawlers loose on the sites"):
            told = _crawl(place, secrets)
    # The sites have ended, and brought what they had written down; the society's server took it.
    with step("counting what they did, and dividing it"):
        return [*told, *_distribute(by)]


def _environment(place: Place) -> dict[str, str]:
    at = ",".join(f"{host}=127.0.0.1:{place.ports[site]}" for site, (host, _) in SITES.items())
    return {"QUIRE_URL": place.society, "QUIRE_ALLOW_PRIVATE_SITES": "1", "QUIRE_SITES_AT": at}


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@contextmanager
def _process(words: list[str], port: int, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A server of our own, until it is not needed any more; it is told to end, and waited for."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with open(log, "ab") as out:
        process = subprocess.Popen([sys.executable, *words], stdout=out, stderr=out)  # noqa: S603 - ours
    try:
        until = time.monotonic() + _WAIT
        while not _answers(port):
            if process.poll() is not None or time.monotonic() > until:
                raise QuireError(f"A server of the demonstration did not start; see {log}.")
            time.sleep(0.05)
        yield process
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_WAIT)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 1):
            return True
    except OSError:
        return False


@contextmanager
def _society(place: Place) -> Iterator[None]:
    words = ["-m", "quire.cli", "serve", "--port", str(place.ports["society"])]
    with _process(words, place.ports["society"], place.home / "crawl-logs" / "society.log"):
        yield


_running: dict[str, subprocess.Popen[bytes]] = {}


@contextmanager
def _site(place: Place, site: str) -> Iterator[None]:
    """The site's server; one that runs already is ended first."""
    if (known := _running.pop(site, None)) is not None:
        _end(known)
    host, kind = SITES[site]
    folder = place.folder(site)
    folder.mkdir(parents=True, exist_ok=True)
    words = [str(place.source / "member_site.py"), "--works", str(place.home / "input" / "works.csv"),
             "--host", host, "--config", str(folder / "quire-edge.toml"), "--kind", kind,
             "--port", str(place.ports[site])]  # fmt: skip
    with _process(words, place.ports[site], place.home / "crawl-logs" / f"{site}.log") as process:
        _running[site] = process
        yield


def _verify(by: Any) -> None:
    from quire.society.repertoire import actions

    for site in SITES:
        asked = actions.start_verification(site=site, method="well-known", by=by)
        proof = Path(os.environ["QUIRE_HOME"]) / "edges" / site / "proof.txt"
        proof.write_text(asked.text + "\n")
        actions.verify_site(site=site, by=by)


def _license(source: Path, by: Any) -> dict[str, tuple[str, str]]:
    """(client, secret) by lab: one with a yearly fee, one that pays by the request."""
    from quire.society.invoicing import actions as invoicing
    from quire.society.kit import clock
    from quire.society.licensing import actions as licensing
    from quire.society.mandates import actions as mandates

    today = clock.today()
    first = today.replace(day=1)
    for name in ("training", "crawl"):
        text = (source / "tariffs" / f"{name}.toml").read_text("utf-8")
        licensing.publish_tariff(text=text, by=by)
    terms: dict[str, Any] = {"starts": first, "by": by}
    licensing.take_licence(code="north-training-2026", tariff="training", licensee="lab-north", **terms)
    licensing.take_licence(code="east-crawl", tariff="crawl", licensee="lab-east", **terms)
    invoicing.deposit(
        licensee="lab-east", amount="20.00", currency="EUR", received_on=today, reference="EAST-1", by=by
    )
    for site in SITES:
        mandates.set_price(site=site, pattern="/", price=PRICE, starts=first, by=by)
    mandates.set_terms(
        site="kestrelford-review",
        pattern="/articles/the-harbour",
        use="ai-train",
        answer=False,
        starts=first,
        by=by,
    )
    made = {
        lab: licensing.create_client(licensee=lab, name="crawler", by=by) for lab in ("lab-north", "lab-east")
    }
    return {lab: (one.client.tid, one.secret) for lab, one in made.items()}


def _edges(place: Place, by: Any) -> None:
    from quire.society.usage import actions

    for site in SITES:
        folder = place.folder(site)
        made = actions.register_edge(site=site, name=f"{site}, the demonstration's", by=by)
        key = os.open(folder / "quire-edge.key", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(key, "w") as file:
            file.write(json.dumps(made.private_jwk))
        (folder / "quire-edge.toml").write_text(made.configuration)


def _addresses(place: Place) -> dict[str, list[str]]:
    """Pages of each site."""
    import csv

    found: dict[str, list[str]] = {site: [] for site in SITES}
    with open(place.home / "input" / "works.csv", newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            for site, (host, _) in SITES.items():
                if row["url"].startswith(f"https://{host}/") and not row["original"]:
                    found[site].append(row["url"])
    return {site: urls[:PAGES] for site, urls in found.items()}


def _crawl(place: Place, secrets: dict[str, tuple[str, str]]) -> list[str]:
    pages = _addresses(place)
    lines = ["On two members' sites, each behind its edge, and asked over the loopback:"]
    for site in SITES:
        _until_ready(place, site, pages[site][0])
    for lab, words, use in (
        ("lab-north", "Lab North, with a yearly licence to train,", "ai-train"),
        ("lab-east", "Lab East, which pays by the request,", "ai-input"),
    ):
        got, refused, paid = _licensed(place, lab, secrets[lab], use, pages)
        cost = f", for {paid}" if paid else ""
        lines.append(f"  {words} got {got} pages{cost}; {refused} its members do not give for that.")
    told = [_plain(place, site, url, STRANGER) for site, urls in pages.items() for url in urls[:10]]
    answers = " and ".join(f"{told.count(code)} times {code}" for code in sorted(set(told)))
    lines.append(f"  A crawler without a licence was answered {answers}, with where to get one.")
    read = [_plain(place, site, url, READER) for site, urls in pages.items() for url in urls[:20]]
    lines.append(
        f"  {read.count(200)} of {len(read)} readers were let through, counted, and not written down."
    )
    _until_delivered(place)
    return lines


def _licensed(
    place: Place, lab: str, client: tuple[str, str], use: str, pages: dict[str, list[str]]
) -> tuple[int, int, Money | None]:
    """Pages got, pages refused, and what was charged."""
    from quire.crawler.asks import NotAllowed
    from quire.crawler.client import Crawler
    from quire.crawler.config import Cap, CrawlerConfig, Credentials

    rehearse = {
        f"https://{host}": f"http://127.0.0.1:{place.ports[site]}" for site, (host, _) in SITES.items()
    }
    config = CrawlerConfig(
        agent=f"{lab}-bot/1.0 (a demonstration)",
        use=use,
        cap=Cap(Money.parse("0.01", "EUR"), Money.parse("5", "EUR")),
        servers={f"{place.society}/olp": Credentials(*client)},
        receipts=place.home / "edges" / f"{lab}.receipts.jsonl",
        rehearse=rehearse,
    )
    got = refused = 0
    with Crawler(config) as crawler:
        for url in (url for urls in pages.values() for url in urls):
            try:
                answer = crawler.get(url).answer
            except NotAllowed:
                refused += 1
                continue
            got += answer.status == 200
        spent = crawler.flow.receipts.spent
    return got, refused, spent or None


def _until_ready(place: Place, site: str, url: str) -> None:
    """Until the edge has its policy: before that it lets everybody through, as if it were not there."""
    until = time.monotonic() + _WAIT
    while _plain(place, site, url, STRANGER) == 200:
        if time.monotonic() > until:
            raise QuireError(f"The edge of {site} had no policy after a minute; see crawl-logs.")
        time.sleep(0.1)


def _until_delivered(place: Place) -> None:
    """Until the society has everything that the edges wrote down."""
    from quire.edge import config, status

    until = time.monotonic() + _WAIT
    for site in SITES:
        told = config.read(place.folder(site) / "quire-edge.toml")
        while any(lane.waiting for lane in status.read(told, time.time()).lanes):
            if time.monotonic() > until:
                return  # nothing is lost: an edge delivers when it runs again
            time.sleep(0.2)


def _plain(place: Place, site: str, url: str, agent: str) -> int:
    """The status that a plain request is answered with."""
    host = SITES[site][0]
    target = f"http://127.0.0.1:{place.ports[site]}{url.removeprefix(f'https://{host}')}"
    request = urllib.request.Request(target, headers={"Host": host, "User-Agent": agent})
    try:
        with urllib.request.urlopen(request, timeout=_WAIT) as answer:  # noqa: S310
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return int(refused.code)


def _distribute(by: Any) -> list[str]:
    """What arrived, counted, paid for and divided."""
    from quire.society.invoicing import actions as invoicing
    from quire.society.kit import clock, periods
    from quire.society.usage import actions as usage
    from quire.society.usage import queries

    done = usage.compact(by=by)
    settled = invoicing.settle_crawls(by=by)
    today = clock.today()
    month = periods.parse(f"{today:%Y-%m}")
    fee = invoicing.issue_invoice(licence="north-training-2026", period=month, by=by)
    invoicing.record_receipt(
        licence="north-training-2026", period=month, amount=fee.amount, received_on=today,
        reference=f"NORTH-{today:%Y-%m}", by=by,
    )  # fmt: skip
    sums = ", ".join(str(Money(amount, currency)) for currency, amount in sorted(settled.amount.items()))
    heard = [one for one in queries.edges() if one.heard is not None]
    counted = done.tallies.get("usage")
    distribute(str(month))
    pay(today, today)
    requests = counted.requests if counted else 0
    told = (
        f"  {frame.many(len(heard), 'edge')} told of {done.events:,} events: {requests:,} requests count; "
        f"{sums} were charged, and booked with Lab North's fee for {month}, which is divided above."
    )
    return [
        told,
        *(f"  ! {problem}" for problem in settled.problems),
    ]
