"""``quire crawl``: what may be crawled and at what price, and crawling it. Needs ``quire[crawler]`` alone.

With ``--registry`` nobody is asked: it needs ``quire[registry]`` instead.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from quire.core.errors import QuireError


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="quire crawl",
        description="Get pages with the licence, the token and the price that they need; keep the receipts.",
        epilog="Exit code 0: done. 4: what was given cannot be right. 6: a page was not got.",
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    for name, help_ in (
        ("plan", "say of each page whether it may be got, under which terms and for how much; get none"),
        ("get", "get the pages, and keep a receipt of each"),
        ("report", "tell the society what was got, from the receipts"),
    ):
        verb = verbs.add_parser(name, help=help_, description=help_)
        if name != "report":
            verb.add_argument(
                "urls", nargs="+", metavar="URL", help="a page; - reads them from standard input"
            )
        else:
            verb.add_argument("server", metavar="SERVER", help="the licence server whose society is told")
        if name == "plan":
            _registry_options(verb)
        if name == "get":
            verb.add_argument("--out", type=Path, metavar="FOLDER", help="where the pages are written")
        verb.add_argument(
            "--config",
            type=Path,
            default=Path("quire-crawler.toml"),
            metavar="FILE",
            help="the configuration",
        )
        verb.add_argument("--json", action="store_true", help="a line of JSON for each page")
    return parser


def _registry_options(verb: argparse.ArgumentParser) -> None:
    verb.add_argument(
        "--registry",
        type=Path,
        metavar="FOLDER",
        help="ask no site: answer from the society's snapshot there (snapshot.parquet, snapshot.json)",
    )
    verb.add_argument("--keys", type=Path, metavar="FILE", help="the keys of that society, a JWKS")
    verb.add_argument(
        "--use", metavar="USE", help="with --registry: what the pages are for (else the configuration's)"
    )


def run(words: Sequence[str]) -> int:
    """Run one verb and return the exit code."""
    try:
        asked = _parser().parse_args(words)
    except SystemExit as done:
        return int(done.code or 0)
    if asked.verb == "plan" and (asked.registry or asked.keys or asked.use):
        return _from_registry(asked)
    try:
        from quire.crawler.client import Crawler
        from quire.crawler.config import read
    except ModuleNotFoundError as missing:
        print(f"quire crawl needs more ({missing.name}): pip install 'quire[crawler]'", file=sys.stderr)
        return 2
    try:
        with Crawler(read(asked.config)) as crawler:
            if asked.verb == "report":
                return _report(crawler, asked.server, as_json=asked.json)
            step = _plan if asked.verb == "plan" else _get
            return max([step(crawler, url, asked) for url in _urls(asked.urls)], default=0)
    except QuireError as problem:
        print(f"quire crawl: {problem.sentence}", file=sys.stderr)
        return problem.exit_code


def _urls(given: Sequence[str]) -> Iterator[str]:
    for word in given:
        if word == "-":
            yield from (line.strip() for line in sys.stdin if line.strip())
        else:
            yield word


def _plan(crawler: Any, url: str, asked: argparse.Namespace) -> int:
    try:
        permit = crawler.permit(url)
    except QuireError as problem:
        return _told(asked, {"url": url, "allowed": False, "why": problem.sentence}, problem.exit_code)
    verdict = permit.verdict
    payment = verdict.payment if verdict else None
    found: dict[str, Any] = {
        "url": url,
        "allowed": permit.allowed,
        "why": permit.why,
        "terms": permit.document,
    }
    if verdict and verdict.content and verdict.needs_token:
        found["server"] = verdict.content.server
        found["credentials"] = crawler.flow.tokens.knows(verdict.content.server)
    if payment:
        found["payment"] = payment.type
        if payment.amount:
            found["price"] = f"{payment.amount.currency} {payment.amount.value}"
        if payment.type == "crawl" and payment.amount:
            found["within_cap"] = crawler.flow.would_pay(payment.amount)
    return _told(asked, found, 0 if permit.allowed else 6)


def _from_registry(asked: argparse.Namespace) -> int:
    """The plan by a snapshot. Whether credentials are there, or a site says less, it does not know."""
    from quire.core.tokens import KeySet
    from quire.crawler.config import read
    from quire.crawler.registry import Registry

    if not asked.registry or not asked.keys:
        print("quire crawl: --registry FOLDER and --keys FILE belong together.", file=sys.stderr)
        return 4
    try:
        config = read(asked.config) if asked.use is None or asked.config.exists() else None
        keys = KeySet.from_json(asked.keys.read_bytes())
        parquet, envelope = asked.registry / "snapshot.parquet", asked.registry / "snapshot.json"
        with Registry.open(parquet, envelope, keys) as registry:
            found = registry.ask_many(_urls(asked.urls), asked.use or (config.use if config else ""))
        cap = config.cap.per_request if config and config.cap else None
        return max([_told_known(asked, known, cap) for known in found], default=0)
    except QuireError as problem:
        print(f"quire crawl: {problem.sentence}", file=sys.stderr)
        return problem.exit_code
    except OSError as problem:
        print(f"quire crawl: {asked.keys} cannot be read: {problem.strerror}.", file=sys.stderr)
        return 4


def _told_known(asked: argparse.Namespace, known: Any, cap: Any) -> int:
    told: dict[str, Any] = {
        "url": known.url,
        "allowed": known.permits,
        "why": known.why,
        "found": known.found,
    }
    if known.rightsholder:
        told |= {"rightsholder": known.rightsholder, "tier": known.tier, "words": known.words}
    if known.price:
        price = known.price
        told |= {"payment": "crawl", "price": f"{price.currency} {price.decimal().rstrip('0').rstrip('.')}"}
        told["within_cap"] = cap is not None and cap.currency == price.currency and price <= cap
    return _told(asked, told, 0 if known.permits else 6)


def _get(crawler: Any, url: str, asked: argparse.Namespace) -> int:
    try:
        got = crawler.get(url)
    except QuireError as problem:
        return _told(asked, {"url": url, "got": False, "why": problem.sentence}, problem.exit_code)
    fine = 200 <= got.answer.status < 300
    if fine and asked.out:
        asked.out.mkdir(parents=True, exist_ok=True)
        (asked.out / sha256(url.encode()).hexdigest()[:32]).write_bytes(got.answer.body)
    why = "" if fine else f"The site answered {got.answer.status}."
    return _told(asked, {"url": url, "got": fine, "why": why, **got.receipt}, 0 if fine else 6)


def _report(crawler: Any, server: str, *, as_json: bool) -> int:
    from quire.crawler import report

    ours = server.rstrip("/")
    receipts = (one for one in crawler.flow.receipts.lines() if one.get("server") == ours)
    told = report.deliver(crawler, ours, report.retrieved(receipts))
    if as_json:
        print(json.dumps({"events": told.sent, "again": told.again, "refused": list(told.refused)}))
        return 0
    known = f", {told.again:,} of them known already" if told.again else ""
    print(f"{told.sent:,} events told to {ours}{known}.")
    for reason in told.refused:
        print(f"  refused: {reason}")
    return 0


def _told(asked: argparse.Namespace, found: dict[str, Any], code: int) -> int:
    if asked.json:
        print(json.dumps(found, ensure_ascii=False, default=str))
        return code
    yes = found.get("allowed", found.get("got"))
    parts = ["yes" if yes else "no ", str(found["url"])]
    if found.get("price"):
        above = "" if found.get("within_cap", True) else ", more than may be spent on it"
        parts.append(f"{found['price']} a request{above}")
    elif found.get("payment"):
        parts.append(f"by {found['payment']}")
    if found.get("charged"):
        parts.append(f"charged {found['currency']} {found['charged'].rstrip('0').rstrip('.')}")
    if "server" in found and "credentials" in found:
        known = "credentials are there" if found["credentials"] else "take a licence there first"
        parts.append(f"token from {found['server']} ({known})")
    print("  ".join(parts))
    if found.get("why"):
        print(f"     {found['why']}")
    return code
