"""A small society and its usage files, for the tests of the usage room."""

from __future__ import annotations

import os
from copy import copy
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

ENOUGH = {"works": "100", "authority": "20", "quality": "60", "good_standing": "yes"}
GPT = "Mozilla/5.0 (compatible; GPTBot/1.1; +https://openai.com/gptbot)"
CLAUDE = "Mozilla/5.0 (compatible; ClaudeBot/1.0; +claudebot@anthropic.com)"
READER = "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
HEAD = "timestamp,bot_name,request_count,host,path\n"
JAN, YEAR_END = date(2026, 1, 1), date(2027, 1, 1)


class Society:
    """A newspaper on paper.example, a blog on blog.example, two labs; nothing agreed with anybody yet."""

    def __init__(self, folder: Path, user: Any) -> None:
        self.folder, self.user = folder, user
        from quire.society.membership import actions as membership
        from quire.society.parties import actions as parties

        membership.adopt_default_criteria()
        for code, kind in (("paper", "newspaper"), ("blog", "blogger"), ("lab-o", "lab"), ("lab-a", "lab")):
            parties.register_party(code=code, name=f"The {code}", kind=kind)
        for code in ("paper", "blog"):
            membership.apply(party=code, shown=ENOUGH, on=JAN)

    def site(self, owner: str = "paper", host: str = "paper.example", **more: Any) -> Any:
        from quire.society.repertoire import actions

        return actions.register_site(
            code=more.pop("code", owner), host=host, owner=owner, by=self.user, **more
        )

    def work(self, url: str, member: str = "paper", **more: Any) -> Any:
        from quire.society.repertoire import actions

        return actions.register_work(title="A title", member=member, url=url, by=self.user, **more)

    def licence(self, lab: str = "lab-o", operator: str = "OpenAI", **more: Any) -> Any:
        from quire.society.licensing import actions

        given = {
            "code": f"{lab}-2026", "kind": "per-request", "uses": ["ai-train", "search"], "starts": JAN,
            "ends": YEAR_END, "currency": "EUR", "prices": {"*": "0.01"},
        }  # fmt: skip
        return actions.grant_licence(licensee=lab, operators=[operator], by=self.user, **{**given, **more})

    def yes(self, member: str = "paper", use: str = "all", **more: Any) -> None:
        from quire.society.mandates import actions

        actions.answer(member=member, use=use, answer=True, by=self.user, **{"starts": JAN, **more})

    def beside(self, member: str, lab: str, starts: date = JAN, ends: date | None = None) -> None:
        from quire.society.mandates import actions

        actions.record_direct_licence(member=member, licensee=lab, starts=starts, ends=ends, by=self.user)

    def file(self, text: str | bytes, name: str = "access.log") -> Path:
        path = self.folder / name
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    def take(self, text: str | bytes, name: str = "access.log", **more: Any) -> Any:
        from quire.society.usage import actions

        return actions.import_file(self.file(text, name), by=self.user, **more)

    def log(self, text: str | bytes, name: str = "access.log", **more: Any) -> Any:
        return self.take(text, name, host=more.pop("host", "paper.example"), **more)

    def hours(self, rows: str, name: str = "hours.csv", **more: Any) -> Any:
        return self.take(HEAD + rows, name, **more)


def begun(people: dict[str, Any], patch: pytest.MonkeyPatch) -> Society:
    """For ``furnished``: the society that ``tests/rooms/conftest.py`` has copied for each test."""
    return Society(Path(), people["preparer"])


@pytest.fixture
def society(
    house: Any, before: Any, people: dict[str, Any], tmp_path: Path, request: pytest.FixtureRequest
) -> Any:
    """Whatever a test does, the audit finds nothing wrong afterwards, unless the test is about that."""
    if before is None:
        yield Society(tmp_path, people["preparer"])
    else:
        made = copy(before.made)
        made.folder = tmp_path
        yield made
    assert broken() == [] or "damage" in request.node.name


def line(path: str = "/news/one", when: datetime = NOON, agent: str = GPT, status: int = 200,
         client: str = "203.0.113.7", method: str = "GET") -> str:  # fmt: skip
    stamp = when.strftime("%d/%b/%Y:%H:%M:%S +0000")
    return f'{client} - - [{stamp}] "{method} {path} HTTP/1.1" {status} 512 "-" "{agent}"\n'


def hour(count: int = 1, path: str | None = "/news/one", when: datetime = NOON, bot: str = "GPTBot",
         host: str = "paper.example") -> str:  # fmt: skip
    until = when + timedelta(hours=1)
    window = f"{when:%Y-%m-%dT%H:%M:%SZ} - {until:%Y-%m-%dT%H:%M:%SZ}"
    return ",".join([window, bot, str(count), host, *([path] if path is not None else [])]) + "\n"


def lines_of(account: Any) -> dict[str, int]:
    return {name: tally.lines for name, tally in account.tallies.items()}


def requests_of(account: Any) -> dict[str, int]:
    return {name: tally.requests for name, tally in account.tallies.items()}


def account(result: Any) -> Any:
    """The account as it is now, not as it was when the file was imported."""
    from quire.society.usage import queries

    return queries.account_of(result.imported.tid)


def lake_rows(columns: str = "*", where: str = "true") -> list[tuple[Any, ...]]:
    from quire.society.usage import lake
    from quire.society.usage.models import LakeFile

    with lake.open(LakeFile.objects.order_by("id").values_list("path", flat=True)) as db:
        return db.execute(f"SELECT {columns} FROM usage WHERE {where} ORDER BY ALL").fetchall()


def listed() -> list[str]:
    """The files that make up the lake."""
    from quire.society.usage.models import LakeFile

    return list(LakeFile.objects.order_by("id").values_list("path", flat=True))


def society_home() -> Path:
    return Path(os.environ["QUIRE_HOME"])


def broken() -> list[str]:
    from quire.society.usage.checks import CHECKS

    return [sentence for check in CHECKS for sentence in check()]
