"""How pages say things: amounts as they are paid, uses, spans of days, where one's pages are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.urls import reverse
from django.utils.functional import lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quire.core.money import Money
from quire.society.kit import spoken
from quire.society.statements.words import exact as exactly
from quire.society.web.pages import Asking

USES = {
    "ai-train": gettext_lazy("training"),
    "ai-input": gettext_lazy("answers"),
    "ai-index": gettext_lazy("an AI’s index"),
    "search": gettext_lazy("search"),
    "": gettext_lazy("shared among members"),
}
"""The uses in a word or two; "" is money that was shared without looking at use."""
MEANS = {
    "ai-train": gettext_lazy("A model is trained or refined on your work."),
    "ai-input": gettext_lazy("An answer is made from your work at the moment somebody asks."),
    "ai-index": gettext_lazy("Your work is kept in an index from which answers are made later."),
    "search": gettext_lazy("Your work is found by a search engine that leads people to your site."),
}


@dataclass(frozen=True, slots=True)
class Cut(Money):
    """An amount that is shown cut to what can be paid; exports have all of its digits."""

    def grouped(self) -> str:
        """ "1,012.34 EUR", "1.012,34 €"; of what is smaller than can be paid "under 0.01 EUR"."""
        minor, _rest = Money(abs(self.quanta), self.currency).to_minor()
        if self.quanta and not minor:
            least = spoken.money(Money.from_minor(1, self.currency))
            return _("under %(amount)s") % {"amount": least} if self.quanta > 0 else f"−{least}"
        told = spoken.money(Money.from_minor(minor, self.currency))
        return f"−{told}" if self.quanta < 0 else told

    @property
    def exact(self) -> str:
        """Every digit, with the currency."""
        return f"{exactly(self.quanta)} {self.currency}"


def cut(amount: Money) -> Cut:
    """The amount, to be shown as it is paid."""
    return Cut(amount.quanta, amount.currency)


def use(name: str) -> str:
    """A use in a word or two."""
    return str(USES.get(name, name))


use_lazily = lazy(use, str)
"""The same, said when it is shown: for the choices of a form."""


def days(since: date | None, until: date | None) -> str:
    """A half-open span: its first and last day; open ends in words."""
    first = spoken.day(since) if since else ""
    last = spoken.day(until - timedelta(days=1)) if until else ""
    if first and last:
        return first if first == last else f"{first} – {last}"
    if first:
        return _("from %(day)s") % {"day": first}
    return _("until %(day)s") % {"day": last} if last else _("always")


def here(request: Asking, name: str, **named: Any) -> str:
    """The address of one of the pages of the party that looks."""
    party = request.seat.party
    assert party is not None  # the guard lets nobody into a party’s pages without one
    return reverse(name, kwargs={"party": party.code, **named})


def trail(request: Asking, *names: tuple[str, str]) -> list[tuple[str, str]]:
    """The way back: (words, address) of the pages above this one."""
    return [(words, address) for words, address in names if address]


def own_first(currencies: Iterable[str], own: str) -> Sequence[str]:
    """Currencies, the society's own before the others."""
    return sorted(set(currencies), key=lambda one: (one != own, one))
