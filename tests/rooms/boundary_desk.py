"""A society with a newspaper that has a site, two labs, and a blog: what the tests of sites and policies
share.
"""

from __future__ import annotations

from datetime import date
from typing import Any

ENOUGH = {"works": "100", "authority": "20", "quality": "60", "good_standing": "yes"}
JAN = date(2026, 1, 1)
HOST = "harbour.example"


def browser() -> Any:
    """Somebody who asks the society's addresses."""
    from django.test import Client

    return Client(SERVER_NAME="localhost")


class Desk:
    """Somebody of the society at work for its members."""

    def __init__(self, user: Any = None) -> None:
        from quire.society.membership import actions
        from quire.society.parties import actions as parties
        from quire.society.parties.models import Society

        self.user = user
        Society.objects.create(name="Society of the Harbour", form="association", currency="EUR")
        actions.adopt_default_criteria()
        self.labs = {
            code: parties.register_party(code=code, name=code, kind="lab") for code in ("lab-a", "lab-b")
        }
        for code, kind in (("harbour", "newspaper"), ("blog", "blogger")):
            party = parties.register_party(code=code, name=f"The {code}", kind=kind)
            actions.apply(party=party, shown=ENOUGH, on=JAN)

    def site(self, code: str = "harbour", host: str = HOST, owner: str = "harbour", **more: Any) -> Any:
        from quire.society.repertoire import actions

        return actions.register_site(code=code, host=host, owner=owner, by=self.user, **more)

    def verified(self, code: str = "harbour", outcome: str = "found") -> None:
        """As if the token had been seen: the looking itself has tests of its own."""
        from quire.society.kit import acts, clock
        from quire.society.repertoire import actions
        from quire.society.repertoire.models import SiteCheck, SiteToken

        asked = actions.start_verification(site=code, by=self.user)
        token = SiteToken.objects.get(text=asked.text)
        SiteCheck.objects.create(token=token, outcome=outcome, at=clock.now())
        acts.record("repertoire.verify-site", token.site, by=self.user, outcome=outcome)

    def yes(self, use: str = "all", licensee: str | None = None, member: str = "harbour", **more: Any) -> Any:
        return self.answer(use, licensee, member, True, **more)

    def no(self, use: str = "all", licensee: str | None = None, member: str = "harbour", **more: Any) -> Any:
        return self.answer(use, licensee, member, False, **more)

    def answer(self, use: str, licensee: str | None, member: str, answer: bool, **more: Any) -> Any:
        from quire.society.mandates import actions

        given = {"starts": JAN, **more}
        return actions.answer(member=member, use=use, licensee=licensee, answer=answer, by=self.user, **given)

    def terms(self, pattern: str, use: str, answer: bool, licensee: str | None = None, **more: Any) -> Any:
        from quire.society.mandates import actions

        given = {"site": "harbour", "starts": JAN, **more}
        return actions.set_terms(
            pattern=pattern, use=use, licensee=licensee, answer=answer, by=self.user, **given
        )

    def price(self, pattern: str, amount: str, currency: str = "EUR", **more: Any) -> Any:
        from quire.core.money import Money
        from quire.society.mandates import actions

        given = {"site": "harbour", "starts": JAN, **more}
        return actions.set_price(pattern=pattern, price=Money.parse(amount, currency), by=self.user, **given)

    def lab(self, code: str) -> str:
        return str(self.labs[code].tid)
