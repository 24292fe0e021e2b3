"""Words that rooms return as they keep them (states, kinds, roles, filters of their lists), in the reader's
language.

Rooms speak English and keep words as codes; what they mean to a person is said here, by the word itself. What
is not listed is shown as it is: a name, or something that a plan or a file brought along.
"""

from __future__ import annotations

from django.utils.functional import Promise, lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

_STATES = (
    _("accepted"), _("active"), _("admitted"), _("allocated"), _("amended"), _("approved"), _("cancelled"),
    _("changed"), _("closed"), _("complete"), _("current"), _("decided"), _("declined"), _("deducted"),
    _("disputed"),
    _("documented"), _("done"), _("draft"), _("drafted"), _("drawn"), _("due"), _("ended"), _("executed"),
    _("expired"), _("failed"), _("filed"), _("frozen"), _("good"), _("granted"), _("healthy"), _("held"),
    _("in force"), _("invited"), _("lapsed"), _("late"), _("live"), _("needs you"), _("new"), _("offered"),
    _("on its way"), _("open"), _("paid"), _("partly"), _("pending"), _("posted"), _("prepared"),
    _("published"), _("read"), _("refused"), _("removed"), _("returned"), _("reviewed"), _("revoked"),
    _("running"), _("sandbox"), _("settled"), _("silent"), _("stands"), _("to funds"), _("unclaimed"),
    _("unread"),
    _("unverified"), _("verified"), _("waiting"), _("withdrawn"),
)  # fmt: skip
_KINDS_OF_PARTIES = (
    _("newspaper"), _("magazine"), _("blogger"), _("journalist"), _("photographer"), _("illustrator"),
    _("author"), _("songwriter"), _("performer"), _("label"), _("record label"), _("music publisher"),
    _("book publisher"), _("academic"), _("academic publisher"), _("broadcaster"), _("agency"),
    _("news or picture agency"), _("syndicator"), _("estate"), _("forum"), _("archive"), _("lab"),
    _("AI lab"), _("other"), _("music-publisher"), _("book-publisher"),
)  # fmt: skip
_ROLES_IN_A_WORK = (_("composer"), _("lyricist"), _("publisher"), _("owner"))
_KINDS = (
    _("article"), _("image"), _("photo"), _("song"), _("recording"), _("book"), _("post"), _("video"),
    _("text"), _("authorship"), _("share"), _("ownership"), _("tier"), _("classification"), _("use"),
    _("blanket"), _("per-request"), _("per-work"), _("crawl"), _("revenue"), _("lump"),
)  # fmt: skip
_ROLES_OF_THE_HOUSE = (
    _("operator"), _("approver"), _("auditor"), _("prepares: admits, imports, runs"),
    _("approves what another prepared"), _("reads everything, changes nothing"),
)  # fmt: skip
_FILTERS = (
    _("About"), _("Bank account"), _("Came back"), _("Class of right"), _("Content tier"), _("Currency"),
    _("For"), _("Gaps"), _("In a run"), _("Kind"), _("Notice"), _("Number"), _("Open"), _("Outcome"),
    _("Read"), _("Refused"), _("Room"), _("Side"), _("Silent"), _("Since (YYYY-MM-DD)"), _("State"),
    _("Table"), _("Today"), _("Treaty"), _("Type"), _("Unread"), _("Until"), _("Use"), _("What"), _("Whose"),
    _("Why"), _("offered by you"), _("offered to you"),
    _("Withdrawn"), _("Work id"), _("came back"), _("claimed"), _("every run"), _("given"), _("has none"),
    _("heard"), _("left"), _("member"), _("no"), _("none on record"), _("none"), _("not claimed"),
    _("not ended"), _("not to its end"), _("not yet"), _("not"), _("of others, with a share of yours"),
    _("registered by you"), _("runs that name it"), _("some"), _("still"), _("waits"), _("with gaps"),
    _("yes"),
)  # fmt: skip
_HEADINGS_OF_USAGE = (
    _("licensed and mandated"),
    _("licensed, but outside the mandate or the licence's uses"),
    _("licensed and mandated, but on a path that the site keeps out of this use"),
    _("under a member's direct licence"),
    _("for search, which the site permits to everybody without a licence"),
    _("by AI operators without a licence"),
    _("by AI crawlers on addresses of nobody"),
    _("told already, in this file or an earlier one"),
    _("by AI crawlers, refused at the edge"),
    _("by AI crawlers, not answered with content"),
    _("by AI crawlers, for what is no work (style sheets, images, robots.txt)"),
    _("by people and ordinary search engines"),
    _("taken back by the edge, or taking back"),
    _("lost by an edge, which says so"),
    _("unreadable"),
    _("headers or blank"),
    _("withdrawn with their import"),
)
_WAYS_TO_SHOW_A_SITE = (
    _("a file on the site"), _("a DNS record"), _("a tag on the front page"), _("the token was there"),
    _("it was not"), _("nobody answered"),
)  # fmt: skip
_KINDS_OF_LICENCES = (
    _("blanket: a yearly fee for the whole repertoire"),
    _("a price for each request"),
    _("a price for each work used in a period"),
    _("pay per crawl: the site's own price for each request, from a balance"),
    _("a share of the licensee's revenue, with a minimum for a year"),
    _("a sum for a class of works, a settlement or a deal made once; no token is given under it"),
)
_STEPS_OF_A_STATEMENT = (
    _("Came in"), _("Left to share"), _("Yours"), _("of which yours"), _("some of it is held"),
    _("Your part as a member"), _("all licensees together"), _("corrections of earlier runs"),
)  # fmt: skip
_ROOMS = (
    _("Parties"), _("Ledger"), _("Repertoire"), _("Membership"), _("Mandates"), _("Licensing"), _("Usage"),
    _("Surveys"), _("Invoicing"), _("Distribution"), _("Payouts"), _("Disputes"), _("Unclaimed"),
    _("Statements"), _("Notices"), _("Kit"),
)  # fmt: skip
_CRITERIA = (_("Works"), _("Authority"), _("Quality"), _("Good standing"))
WORDS = frozenset(
    word
    for words in (
        _STATES, _KINDS_OF_PARTIES, _ROLES_IN_A_WORK, _KINDS, _ROLES_OF_THE_HOUSE, _FILTERS,
        _HEADINGS_OF_USAGE, _KINDS_OF_LICENCES, _STEPS_OF_A_STATEMENT, _ROOMS, _CRITERIA,
        _WAYS_TO_SHOW_A_SITE,
    )
    for word in words
)  # fmt: skip
"""Everything that a room may say and that has words in every language."""
CODED = frozenset({"kind", "mode", "role", "type", "outcome", "stage"})
"""Columns whose values are such words."""


def said(word: object) -> str:
    """The word in the reader's language, where it is one of WORDS; else as it is."""
    text = str(word)
    return text if isinstance(word, Promise) or text not in WORDS else gettext(text)


said_lazily = lazy(said, str)
"""The same, said when it is shown: for the choices of a form."""
