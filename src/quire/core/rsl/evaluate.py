"""Whether an RSL document licenses a use of a URL, and why.

Owns the rules of RSL 1.0 §3.1.1, §3.5, §3.6 and §3.12: every content that matches is looked at, the narrowest
holds, what is prohibited is never permitted, a list that stands is closed, and where the text leaves room the
stricter reading holds. The order of elements never matters. Does not own tokens, but says if one is needed.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from quire.core.patterns import matches, normal
from quire.core.rsl import model
from quire.core.rsl.model import Content, Document, Licence, Payment
from quire.core.terms import check_use
from quire.core.urls import BadAddress, canonical_host, canonical_url

_AI = ("ai-train", "ai-input", "ai-index")


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer, a sentence that gives the reason, and what it rests on.

    ``needs_token``: a token of ``content.server`` must be had first, even where nothing is to be paid.
    ``payment`` is None where the use is free, or not licensed.
    """

    licensed: bool
    why: str
    content: Content | None = None
    licence: Licence | None = None
    needs_token: bool = False
    payment: Payment | None = None


def evaluate(
    document: Document,
    url: str,
    use: str,
    user: str | None = None,
    geo: str | None = None,
    reporting_profiles: Collection[str] = (),
) -> Verdict:
    """Whether ``document`` licenses ``use`` (one of ``quire.core.terms.USES``) of ``url``.

    ``url`` is absolute. ``user`` is RSL's kind of user and ``geo`` a country or ``EU``; None is unknown, and
    a licence that is limited by it then does not serve. ``reporting_profiles`` are those that the client can
    meet. A content with the url "" matches nothing: say first what it is of (``quire.core.discovery``).
    Raises UnknownUse, BadAddress.
    """
    check_use(use)
    host, path = canonical_url(url)
    query = url.partition("#")[0].partition("?")
    narrowest = _narrowest(document, host, path + query[1] + query[2])
    if not narrowest:
        return Verdict(False, "No content of the document matches this address.")
    serving: list[tuple[Content, Licence]] = []
    for content in narrowest:
        why = _closed(content, use)
        found = [] if why else [one for one in content.licences if not _unfit(one, use, user, geo)]
        able = [one for one in found if all(duty.profile in reporting_profiles for duty in one.reporting)]
        if not able:
            why = why or _reason(content, bool(found), use, user, geo)
            return Verdict(False, why, content)
        # Of the sets of terms that one content offers, the reader may choose: the cheapest.
        serving.append((content, min(able, key=_cost)))
    content, licence = min(serving, key=lambda pair: (pair[0].server is None, -_dear(pair[1]), repr(pair)))
    return Verdict(
        licensed=True,
        why=f"{use} is licensed at {content.url}" + (" for payment." if licence.payment else "."),
        content=content,
        licence=licence,
        needs_token=content.server is not None,
        payment=licence.payment,
    )


def _narrowest(document: Document, host: str, path: str) -> list[Content]:
    """Those contents that match with the most octets; of several as narrow all hold together."""
    matching = [(length, content) for content in document.contents if (length := _scope(content, host, path))]
    longest = max((length for length, _ in matching), default=0)
    return sorted((content for length, content in matching if length == longest), key=repr)


def _scope(content: Content, host: str, path: str) -> int:
    """How many octets of the path the content's pattern has, 0 where it does not match."""
    pattern = content.url
    if "://" in pattern[:8]:
        authority, slash, rest = pattern.partition("://")[2].partition("/")
        pattern = slash + rest or "/"
        try:
            if canonical_host(authority) != host:
                return 0
        except BadAddress:
            return 0
    return len(normal(pattern)) if pattern.startswith("/") and matches(pattern, path) else 0


def _closed(content: Content, use: str) -> str:
    """Why no licence of the content can serve at all, or "". What one prohibits no other permits (§3.1.1)."""
    if not content.licences:
        return "The content that matches has no licence."
    if any(_prohibits(licence, use) for licence in content.licences):
        return f"{use} is prohibited here."
    return ""


def _unfit(licence: Licence, use: str, user: str | None, geo: str | None) -> str:
    """Which limit of the licence keeps this use, user or place out, or ""."""
    permits, prohibits = licence.permits, licence.prohibits
    if permits.usage is not None and not any(_covers(token, use) for token in permits.usage):
        return f"{use} is not among the uses that are permitted here."
    if permits.user is not None and user not in permits.user:
        return "The licence is for other kinds of users."
    if prohibits.user is not None and (user is None or user in prohibits.user):
        return "The licence is not for this kind of user."
    if permits.geo is not None and not any(_lies(geo, place) for place in permits.geo):
        return "The licence is for other places."
    if prohibits.geo is not None and (geo is None or any(_touches(geo, place) for place in prohibits.geo)):
        return "The licence is not for this place."
    return ""


def _reason(content: Content, fit: bool, use: str, user: str | None, geo: str | None) -> str:
    if fit:
        return "The licence asks for reports of a kind that this client cannot make."
    return min(_unfit(licence, use, user, geo) for licence in content.licences)


def _prohibits(licence: Licence, use: str) -> bool:
    """A token that nobody knows may stand for anything, so it prohibits."""
    tokens = licence.prohibits.usage or ()
    return any(_covers(token, use) or token not in model.USAGE for token in tokens)


def _covers(token: str, use: str) -> bool:
    return token in ("all", use) or (token == "ai-all" and use in _AI)  # noqa: S105 - a word of RSL


def _lies(geo: str | None, place: str) -> bool:
    """Whether all of ``geo`` is in the place."""
    return geo == place or (place == "EU" and geo in model.EUROPEAN_UNION)


def _touches(geo: str, place: str) -> bool:
    """Whether some of ``geo`` is in the place."""
    return _lies(geo, place) or _lies(place, geo)


def _dear(licence: Licence) -> int:
    """How much a licence asks: 0 for nothing, 1 for words of thanks, 2 for money."""
    if licence.payment is None or licence.payment.type == "free":
        return 0
    return 1 if licence.payment.type == "attribution" else 2


def _cost(licence: Licence) -> tuple[int, int, str]:
    return _dear(licence), len(licence.reporting), repr(licence)
