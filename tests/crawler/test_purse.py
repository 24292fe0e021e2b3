"""What a crawler holds and may spend: one file of receipts for several processes, and a bounded memory."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from quire.core.money import Money
from quire.crawler import tokens
from quire.crawler.asks import Answer
from quire.crawler.config import Cap, Credentials
from quire.crawler.receipts import Receipts, read
from quire.crawler.tokens import Token, Tokens

CENT = Money.parse("0.01", "EUR")
CAP = Cap(CENT, CENT * 150)
SERVER = "https://letters.example/olp"

SPEND = """
import sys, uuid
from pathlib import Path
from quire.core.money import Money
from quire.crawler.asks import TooDear
from quire.crawler.config import Cap
from quire.crawler.receipts import Receipts
cent = Money.parse("0.01", "EUR")
receipts, paid = Receipts(Path(sys.argv[1]), Cap(cent, cent * 150)), 0
while True:
    name = uuid.uuid4().hex
    try:
        receipts.set_aside(name, cent)
    except TooDear:
        break
    receipts.settle(name, cent)
    paid += 1
print(paid)
"""


def test_several_crawlers_together_spend_no_more_than_the_cap(tmp_path: Path) -> None:
    path = tmp_path / "receipts.jsonl"
    words = [sys.executable, "-c", SPEND, str(path)]
    racers = [subprocess.Popen(words, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    paid = [int(racer.communicate(timeout=120)[0]) for racer in racers]
    assert sum(paid) == 150
    lines = list(read(path))
    assert (len(lines), sum(line["kind"] == "receipt" for line in lines)) == (300, 150)
    assert Receipts(path, CAP).offer() is None


def test_what_another_crawler_spent_is_known_at_once(tmp_path: Path) -> None:
    one, two = (Receipts(tmp_path / "r.jsonl", CAP) for _ in range(2))
    one.set_aside("a", CENT)
    assert (two.offer(), two.spent) == (CENT, CENT)
    one.settle("a", None)
    assert (two.offer(), two.spent) == (CENT, CENT * 0)


def test_a_file_that_was_put_aside_leaves_a_new_one_that_counts(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    receipts = Receipts(path, CAP)
    for name in "abc":
        receipts.set_aside(name, CENT)
        receipts.settle(name, CENT)
    path.rename(tmp_path / "old.jsonl")
    other = Receipts(path, CAP)
    for name in "defgh":
        other.set_aside(name, CENT)
        other.settle(name, CENT)
    receipts.settle("z", CENT)
    assert receipts.spent == CENT * 9
    assert [line["request"] for line in read(path)][-1] == "z"


def test_who_only_asks_makes_no_file(tmp_path: Path) -> None:
    assert Receipts(tmp_path / "r.jsonl", CAP).offer(CENT) == CENT
    assert list(tmp_path.iterdir()) == []


def got(held: Tokens, resource: str, life: int = 900) -> Token:
    asking = held.get(SERVER, resource, None)
    try:
        next(asking)
        told = {"access_token": f"t-{resource}", "token_type": "License", "expires_in": life}
        asking.send(Answer(200, {}, json.dumps(told).encode()))
    except StopIteration as done:
        made: Token = done.value
        return made
    raise AssertionError("a token was not got")


def test_no_more_tokens_are_held_than_a_few_thousand() -> None:
    now = 1000.0
    held = Tokens({SERVER: Credentials("cli", "secret")}, lambda: now)
    got(held, "ended", life=60)
    for number in range(tokens.MOST):
        now += 0.01
        got(held, f"page-{number}")
    assert len(held._held) == tokens.MOST
    with pytest.raises(StopIteration) as done:  # it is held, so nothing is asked
        next(held.get(SERVER, f"page-{tokens.MOST - 1}", None))
    assert done.value.value.text == f"t-page-{tokens.MOST - 1}"
    assert next(held.get(SERVER, "ended", None)).url == f"{SERVER}/token"
