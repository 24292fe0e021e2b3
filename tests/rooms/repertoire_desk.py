"""A desk of the society at which sites, works and shares come in: what the tests of the repertoire share."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

PARTIES = {
    "paper": "newspaper", "wire": "agency", "blog": "blogger", "songwriter": "songwriter", "label": "label",
    "publisher": "music-publisher", "portal": "syndicator",
}  # fmt: skip


class Desk:
    """Somebody of the society at work: files in, questions answered."""

    def __init__(self, folder: Path, user: Any) -> None:
        from quire.society.parties.models import Party

        self.folder, self.user = folder, user
        for code, kind in PARTIES.items():
            Party.objects.create(code=code, name=f"The {code}", kind=kind)

    def file(self, text: str) -> Path:
        path = self.folder / "table.csv"
        path.write_text(text, encoding="utf-8")
        return path

    def works(self, text: str, **options: Any) -> Any:
        from quire.society.repertoire import actions

        return actions.import_works(self.file(text), by=self.user, **options)

    def shares(self, text: str, **options: Any) -> Any:
        from quire.society.repertoire import actions

        return actions.import_shares(
            self.file("work,from,party,role,share\n" + text), by=self.user, **options
        )

    def sites(self, text: str, **options: Any) -> Any:
        from quire.society.repertoire import actions

        return actions.import_sites(
            self.file("code,host,patterns,owner,tier\n" + text), by=self.user, **options
        )

    def register(self, **given: Any) -> Any:
        from quire.society.repertoire import actions

        return actions.register_work(by=self.user, **{"title": "A title", "member": "paper", **given})

    def subject(self, work: Any) -> Any:
        from quire.society.repertoire import queries

        return next(queries.subjects([work.id]))

    def owners(self, work: Any) -> list[tuple[date | None, date | None, dict[tuple[str, str], Fraction]]]:
        """The versions of a work with party codes in place of ids."""
        from quire.society.parties.models import Party

        codes = {party.tid: party.code for party in Party.objects.all()}
        return [
            (starts, ends, {(codes[party], role): share for party, role, share in shares})
            for starts, ends, shares in self.subject(work).versions
        ]

    def work(self, key: str) -> Any:
        from quire.society.repertoire.models import Work

        return Work.objects.get(key=key)

    def acts(self, verb: str) -> list[Any]:
        from quire.society.kit.models import Act

        return list(Act.objects.filter(verb=verb).order_by("id"))


def reasons(problem: Any) -> dict[int, str]:
    return {row["line"]: row["reason"] for row in problem.value.data["refused"]}


def sound() -> bool:
    from quire.society.repertoire.checks import CHECKS

    return not [sentence for check in CHECKS for sentence in check()]
