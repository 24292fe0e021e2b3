"""Sentences that rooms return, in the reader's language.

The core and the rooms say in plain English what a plan does, what a licence asks for and how an amount
came about; what they say is published and signed, and stays English there. On a page the same sentence is
found again among TEMPLATES, each with places for what it fills in, and said by the catalogue. What is found
nowhere is shown as it came.
"""

from __future__ import annotations

import re
from functools import cache

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from quire.society.kit import spoken
from quire.society.web.said import said

TEMPLATES = (
    # what a plan does (core.plan.sentences)
    _("What comes in in another currency is first converted to %(currency)s."),
    _("%(rate)s %(base_)s is kept by the society for %(label)s."),
    _("%(rate)s %(base_)s is kept for the fund “%(label)s”."),
    _("of what came in"),
    _("of what is then left"),
    _("Of a whole run that is at most %(sums)s; more is left to be shared."),
    _("All of %(whole_)s (“%(label)s”) %(rule_)s. %(empty_)s"),
    _("%(rate)s of %(whole_)s (“%(label)s”) %(rule_)s. %(empty_)s"),
    _("the rest"),
    _("is divided further"),
    _("is put together with that of all other pots of the same currency, and %(rule_)s"),
    _(
        "is shared equally among all works with a mandate for the licence, used or not, and on to its "
        "owners by their shares"
    ),
    _("is shared equally among all members in good standing with a mandate for the licence"),
    _("is shared equally among the members of the tier %(tier)s"),
    _(
        "goes to each work in proportion to the use that the survey “%(name)s” estimates, and on to its "
        "owners by their shares"
    ),
    _(
        "goes to those whom the attribution “%(name)s” names, in proportion to what it finds; what a "
        "work gets goes on to its owners by their shares"
    ),
    _(
        "goes to those whom the list “%(name)s” names, in proportion to their units; what a work gets "
        "goes on to its owners by their shares"
    ),
    _(
        "goes to each work that was used, each once, weighted by %(weights_)s, and on to its owners by "
        "their shares"
    ),
    _("goes to each work that was used, each once, and on to its owners by their shares"),
    _(
        "goes to each work in proportion to %(measure_)s, weighted by %(weights_)s, and on to its owners "
        "by their shares"
    ),
    _("goes to each work in proportion to %(measure_)s, and on to its owners by their shares"),
    _("its requests"),
    _("the value of its requests at the licence's prices"),
    _("%(weights_)s and %(last_)s"),
    _("the tier of the content"),
    _("the use"),
    _("what the request showed of who asks"),
    _("If nobody is there, it goes to the fund “%(label)s”."),
    _("If nobody is there, it is held."),
    _("If nobody is there, nobody is in “%(label)s”."),
    _("If nobody is there, it goes over to the other portions."),
    _("If nobody is there, it goes over to the other portions; if those are empty too, it is held."),
    _(
        "If nobody is there, it goes over to the other portions; if those are empty too, nobody is in "
        "“%(label)s”."
    ),
    _("Of “%(label)s” every member in it gets %(least)s at least, as far as it suffices."),
    _("Of “%(label)s” no member gets more than %(most)s."),
    _("Of “%(label)s” the members of a tier together get at most: %(caps)s."),
    _("What is over a cap goes to the others in proportion; if all are at their caps, it is held."),
    _(
        "What is over a cap goes to the others in proportion; if all are at their caps, it goes to the "
        "fund “%(label)s”."
    ),
    _("The tiers: %(steps)s; a member with fewer counts as %(below)s."),
    _("The tiers: %(steps)s; a member with fewer is in no tier."),
    _("The tiers: %(steps)s."),
    _("One count weighs, by %(weights_)s: %(table)s."),
    _("Whoever was paid too much before gives back at most %(share)s of what it earns in a run."),
    # how an amount came about (statements)
    _("less %(label)s"),
    _("%(share)s of %(base_)s, for the society"),
    _("%(share)s of %(base_)s, for the fund “%(label)s”"),
    _("%(share)s of %(base_)s, cut to its ceiling, for the society"),
    _("%(share)s of %(base_)s, cut to its ceiling, for the fund “%(label)s”"),
    _("what came in"),
    _("what came in less the reserve"),
    _("what was then left"),
    _("nobody stood in it, so it went to the others"),
    _("nobody stood in it, so it is held"),
    _("nobody stood in it, so it went to a fund"),
    _("%(how_)s: %(everybody_)s"),
    _("%(count)s members"),
    _("%(count)s works"),
    _("1 member"),
    _("1 work"),
    _("all of it, %(how_)s"),
    _("%(share)s of that, %(how_)s"),
    _("put together with that of the other licences, and shared below"),
    _("divided further"),
    _("shared equally among the members"),
    _("shared equally among the members of the tier %(tier)s"),
    _("shared by requests"),
    _("shared by requests, weighted by content tier"),
    _("shared by the value of requests at the licence's prices"),
    _("shared by the value of requests at the licence's prices, weighted by content tier"),
    _("a weight of %(weight)s in all"),
    # what a licence asks for (licensing)
    _("Outputs may adapt the works."),
    _("Outputs may not adapt a work: no derivatives."),
    _("An output names the works that it rests on."),
    _("Wherever a work is shown, its author is named and it is linked to."),
    _("Models: %(model)s."),
    _("The society may have the licensee's use of the works audited."),
    _("%(share)s of the licensee's revenue."),
    _("%(share)s of the licensee's revenue, and at least %(least)s a year."),
    _("The licensee reports each retrieval and showing of a work as Content Telemetry 1.0 events."),
    _("The licensee reports its use of the works for each month by the end of the month after."),
    # why an application is refused (membership)
    _("You show %(shown)s works; at least %(needed)s are needed."),
    _("Your authority is %(shown)s; at least %(needed)s is needed."),
    _("Your quality is %(shown)s; at least %(needed)s is needed."),
    _("You are not in good standing; members must be."),
)
"""A place whose name ends in “_” holds a part of a sentence, which is itself among these."""

_PLACE = re.compile(r"%\(([a-z_]+)\)s")
_PERCENT = re.compile(r"[0-9]+(\.[0-9]+)? %")
_SHARE = r"(?:about )?[0-9][0-9,.]*(?:/[0-9]+)?(?: %)?"
_SHAPES = {"rate": _SHARE, "share": _SHARE, "count": "[0-9,]+"}
"""What a place of this name holds. Any other may hold any words, so that where it ends is guessed."""
_LONGEST = 800
"""Characters of what is looked for: no sentence of a room is longer."""


def sentence(text: object) -> str:
    """The sentence in the reader's language, or as it is where nobody has words for it."""
    told = str(text)
    if spoken.english() or len(told) > _LONGEST:
        return said(told)
    for template, pattern in _patterns():
        if found := pattern.fullmatch(told):
            return gettext(template) % {name: _part(name, part) for name, part in found.groupdict().items()}
    return said(told)


def _part(name: str, text: str) -> str:
    if name.endswith("_"):
        return sentence(text)
    return spoken.written(text) if _PERCENT.fullmatch(text) else text


@cache
def _patterns() -> list[tuple[str, re.Pattern[str]]]:
    """Each template as what finds it, those that say most first."""
    most = sorted(TEMPLATES, key=lambda one: len(_PLACE.sub("", one)), reverse=True)
    return [(one, _pattern(one)) for one in most]


def _pattern(template: str) -> re.Pattern[str]:
    parts = _PLACE.split(template)
    made = [
        f"(?P<{part}>{_SHAPES.get(part, '.+?')})" if number % 2 else re.escape(part)
        for number, part in enumerate(parts)
    ]
    return re.compile("".join(made), re.S)
