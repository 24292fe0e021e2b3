"""How a licensee's pages say things: kinds of licences, prices, spans, whose pages they are."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quire.core.money import Money
from quire.core.tariff import ANY_TIER
from quire.society.licensing import queries as licensing
from quire.society.licensing.conditions import sentences
from quire.society.licensing.queries import LicenceRow, TariffRow
from quire.society.web.pages import Asking
from quire.society.web.words import Cut

KINDS = {
    "blanket": gettext_lazy("a yearly fee for everything"),
    "per-request": gettext_lazy("a price for each request"),
    "per-work": gettext_lazy("a price for each work used in a period"),
    "crawl": gettext_lazy("each request at the site’s own price, from your balance"),
    "revenue": gettext_lazy("a share of your revenue"),
    "lump": gettext_lazy("a sum agreed once"),
}
MEANS = {
    "ai-train": gettext_lazy("train and refine models on the works"),
    "ai-input": gettext_lazy("make answers from works at the moment somebody asks"),
    "ai-index": gettext_lazy("keep works in an index from which answers are made later"),
    "search": gettext_lazy("find works for people and lead them to the site"),
}
MODES = {"live": gettext_lazy("live"), "sandbox": gettext_lazy("sandbox")}


def me(request: Asking) -> UUID:
    """The licensee whose pages these are."""
    assert request.seat.party is not None  # the guard lets nobody into a licensee's pages without one
    return request.seat.party.id


def kind(name: str) -> str:
    """How a licence is paid for, in words."""
    return str(KINDS.get(name, name))


def terms(row: LicenceRow | TariffRow) -> list[str]:
    """What a licence or tariff asks for, a sentence each."""
    share = [licensing.share_sentence(row)] if row.rate else []
    return [*share, *sentences(row)]


def prices(row: LicenceRow | TariffRow) -> list[tuple[str, Money]]:
    """(what, amount) of everything that a licence or tariff costs."""
    found: list[tuple[str, Money]] = []
    if row.fee:
        found.append((_("A year"), Cut(row.fee, row.currency)))
    if row.minimum:
        found.append((_("At least, a year"), Cut(row.minimum, row.currency)))
    each = _("A work") if row.kind == "per-work" else _("A request")
    for tier, price in row.prices.items():
        of_tier = _("%(each)s of the tier “%(tier)s”") % {"each": each, "tier": tier}
        found.append((each if tier == ANY_TIER else of_tier, Money(price, row.currency)))
    return found
