"""A small society to tell stories about: three members, two labs, a month of usage, by the real commands.

Everything goes in by file, as an operator would hand it in.
"""

# ruff: noqa: E501 - rows of tables stand on one line

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from quire.cli import main

MEMBERS = """code,name,kind,email,street,building,postcode,town,country,iban,bic,account_holder,works,authority,quality,good_standing,joined
gazette,Harbour Gazette,newspaper,,Quay,1,1010,Vienna,AT,AT611904300234573201,BKAUATWWXXX,Harbour Gazette GmbH,400,60,80,yes,2025-01-01
lantern,Lantern Photo,photographer,,Mill Lane,2,10115,Berlin,DE,DE89370400440532013000,COBADEFFXXX,Lantern Photo,150,30,90,yes,2025-01-01
marsh,Marsh and Tide,blogger,,,,,,,,,,120,25,70,yes,2025-01-01
"""
PARTIES = """code,name,kind,country
lab-north,Lab North,lab,US
lab-south,Lab South,lab,GB
"""
SITES = """code,host,patterns,owner,tier
gazette-site,gazette.example,/,gazette,standard
lantern-site,lantern.example,/,lantern,research
marsh-site,marsh.example,/,marsh,standard
"""
WORKS = """url,title,type,words,tier,member,shares
https://gazette.example/a,Harbour dredged again,article,800,standard,gazette,
https://gazette.example/b,The lock keeper,article,1200,standard,gazette,gazette:publisher:2/3; lantern:photographer:1/3
https://lantern.example/p/1,Tide at dawn,photograph,,research,lantern,
https://marsh.example/one,Reed and wren,article,900,standard,marsh,
"""
MANDATES = """member,use,licensee,answer,from,until
gazette,all,*,yes,2025-01-01,
lantern,ai-train,*,yes,2025-01-01,
marsh,all,*,yes,2025-01-01,
marsh,ai-train,lab-north,no,2026-01-21,
"""
LICENCES = """code,licensee,kind,uses,from,until,currency,fee,prices,operators
north-2026,lab-north,blanket,ai-train,2026-01-01,2027-01-01,EUR,12000.00,,OpenAI
south-2026,lab-south,per-request,ai-train ai-input,2026-01-01,2027-01-01,USD,0,*:0.002; research:0.01,Anthropic
"""
RECEIPTS = """reference,licence,period,amount,currency,received
R-1,north-2026,2026-01,1000.00,EUR,2026-02-03
R-2,south-2026,2026-01,0.05,USD,2026-02-04
"""
GPT = "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)"
CLAUDE = (
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; ClaudeBot/1.0; +claudebot@anthropic.com)"
)
PERSON = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


def hit(day: int, path: str, agent: str, *, status: int = 200, hour: int = 9, method: str = "GET") -> str:
    """One line of an access log of January 2026."""
    return (
        f'192.0.2.{day} - - [{day:02}/Jan/2026:{hour:02}:00:{day:02} +0000] "{method} {path} HTTP/1.1" '
        f'{status} 512 "-" "{agent}"\n'
    )


def logs() -> dict[str, list[str]]:
    """Host to the lines of its log."""
    return {
        "gazette.example": [hit(d, "/a", GPT) for d in range(1, 7)]
        + [hit(d, "/b", GPT) for d in range(1, 7)]
        + [
            hit(3, "/b", CLAUDE),
            hit(4, "/a", PERSON),
            hit(5, "/style.css", GPT),
            hit(6, "/a", GPT, status=404),
        ],
        "lantern.example": [hit(2, "/p/1", GPT), hit(9, "/p/1", GPT), hit(9, "/p/1", CLAUDE, hour=11)],
        "marsh.example": [hit(d, "/one", GPT) for d in (5, 20, 21, 25)] + [hit(7, "/about", GPT)],
    }


def quire(*words: object, capsys: pytest.CaptureFixture[str] | None = None) -> Any:
    """Run a command; it must succeed. With ``capsys``, its JSON answer."""
    said = [str(word) for word in words]
    if capsys is not None:
        capsys.readouterr()
        said.append("--json")
    code = main(said)
    assert code == 0, f"quire {' '.join(said)} ended with {code}"
    return json.loads(capsys.readouterr().out) if capsys is not None else None


def found(
    folder: Path,
    *,
    order: tuple[str, ...] = ("members", "parties", "sites", "works", "licences", "mandates"),
    reverse: bool = False,
) -> None:
    """Found the society and hand its tables in, in this order; ``reverse`` turns the rows of each around."""
    folder.mkdir(parents=True, exist_ok=True)
    quire(
        "init",
        "--name",
        "Small Society",
        "--town",
        "Vienna",
        "--country",
        "AT",
        "--iban",
        "AT611904300234573201",
        "--bic",
        "BKAUATWWXXX",
        "--minimum",
        "EUR=10.00",
        "--operator",
        "preparer",
        "--approver",
        "approver",
        "--postcode",
        "1010",
    )
    texts = {
        "members": MEMBERS,
        "parties": PARTIES,
        "sites": SITES,
        "works": WORKS,
        "mandates": MANDATES,
        "licences": LICENCES,
    }
    for name in order:
        head, *rows = texts[name].splitlines(keepends=True)
        place = folder / f"{name}.csv"
        place.write_text(head + "".join(reversed(rows) if reverse else rows))
        quire(name, "import", place, "--by", "preparer")


def use(
    folder: Path, *, hosts: tuple[str, ...] = ("gazette.example", "lantern.example", "marsh.example")
) -> None:
    """Import the month's logs; the last of the hosts comes gzipped."""
    for host in hosts:
        text = "".join(logs()[host]).encode()
        place = folder / f"{host}.log"
        place.write_bytes(gzip.compress(text, mtime=0) if host == hosts[-1] else text)
        quire("usage", "import", place, "--host", host, "--by", "preparer")


def receive(folder: Path, plan: str = "hybrid") -> None:
    """Adopt a plan and book the month's receipts."""
    quire(
        "plan",
        "adopt",
        plan,
        "--from",
        "2026-01-01",
        "--decision",
        "Assembly of December 2025",
        "--by",
        "preparer",
    )
    place = folder / "receipts.csv"
    place.write_text(RECEIPTS)
    quire("receipts", "import", place, "--by", "preparer")


def distribute() -> None:
    """Run January and have it approved."""
    quire("distribution", "run", "--period", "2026-01", "--by", "preparer")
    quire("distribution", "approve", "latest", "--by", "approver")
