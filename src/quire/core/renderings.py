"""One set of terms, four renderings: RSL, robots.txt, response headers, and tdmrep.json. They say the same.

Owns how the public part of a site's terms is written for programs. Never writes ``only`` and ``never``: who
was given more or was refused is nobody's business. Does not own how the renderings are served.

What yes and no mean, where a rule permits a use "to any licensee":

- RSL has words for it: ``permits`` lists the use, ``server`` says that a token must be had first. Search has
  a licence of its own there, of the payment type ``free``. Where nothing else is permitted no server is
  named; beside other uses one is, because RSL names it for all of a content, and a reader that keeps to the
  letter asks there for a token that the site will not ask to see.
- AIPREF and Content Signals have only yes and no, without a licence in between. A yes would be read as leave
  to take, so ``train-ai`` (ai-train), ``ai-use`` and ``ai-input`` (ai-input, ai-index) are always no: *not
  without a licence*. ``search`` is yes where the rule permits it, because who only links is then let in
  without a token. Where it does not, nothing is said of search: silence is no licence, but a no would tell
  every search engine to forget the site, which nobody asked for who only did not answer.
- TDMRep: rights are always reserved (1), and the policy, the page where a licence is taken, is named where
  there is something to license.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from quire.core.money import Money
from quire.core.patterns import matches
from quire.core.preferences import signals_text, usage_text
from quire.core.rsl import (
    MEDIA_TYPE,
    Amount,
    Content,
    Copyright,
    Document,
    Legal,
    Licence,
    Limits,
    Payment,
    write,
)
from quire.core.site import Rule, SiteTerms
from quire.core.terms import FREE

LICENCE_PATH = "/license.xml"
TDMREP_PATH = "/.well-known/tdmrep.json"


def rsl_of(terms: SiteTerms) -> Document:
    """The public terms as an RSL document: one content for each rule, the most specific first.

    Search is free wherever it is permitted. Another use is paid for: by the request (``crawl``) where the
    rule has a price, under a licence of the society (``use``, with its page as ``custom`` and ``standard``)
    where it has none.
    """
    return Document(tuple(_content(terms, rule) for rule in _ordered(terms)))


def rsl_document(terms: SiteTerms) -> str:
    """The same as XML, for ``/license.xml``."""
    return write(rsl_of(terms))


def robots_lines(terms: SiteTerms, host: str | None = None, origin: str | None = None) -> tuple[str, ...]:
    """The lines that ``quire.core.robots.add_lines`` adds: License, Content-Usage by path, Content-Signal.

    ``host`` is one of the site's hosts (the first where it is None); ``origin`` the address at which it is
    reached where that is not ``https://{host}``. A content signal holds for a whole site, so ``search`` is
    left out of it where a rule does not permit it.
    """
    usages = [f"Content-Usage: {rule.pattern} {usage_text(_beside(terms, rule))}" for rule in _ordered(terms)]
    licence = f"License: {_origin(terms, host, origin)}{LICENCE_PATH}"
    return (licence, *usages, f"Content-Signal: {signals_text(signals(terms))}")


def headers(
    terms: SiteTerms, path: str, host: str | None = None, origin: str | None = None
) -> dict[str, str]:
    """The response headers at a canonical path: Link, Content-Usage, tdm-reservation and tdm-policy."""
    rule = terms.rule_for(path)
    said = {
        "Link": licence_link(terms, host, origin),
        "Content-Usage": usage_text(usage(rule)),
        "tdm-reservation": "1",
    }
    if rule.anybody:
        said["tdm-policy"] = terms.society.page
    return said


def licence_link(terms: SiteTerms, host: str | None = None, origin: str | None = None) -> str:
    """The value of the ``Link`` header that leads to the site's terms (RFC 8288)."""
    return f'<{_origin(terms, host, origin)}{LICENCE_PATH}>; rel="license"; type="{MEDIA_TYPE}"'


def tdmrep(terms: SiteTerms) -> list[dict[str, Any]]:
    """The array of ``/.well-known/tdmrep.json``: the first location that matches holds, the narrowest first.

    A location is written with its ``*`` at the end, for readers that take it for the whole path.
    """
    return [_reservation(terms, rule) for rule in _ordered(terms)]


def usage(rule: Rule) -> dict[str, bool]:
    """The AIPREF preferences of a rule (see this file's beginning)."""
    search = {"search": True} if "search" in rule.anybody else {}
    return {"train-ai": False, "ai-use": False, **search}


def _beside(terms: SiteTerms, rule: Rule) -> dict[str, bool]:
    """A rule's preferences in a list with the others: a reader joins lines of patterns that are as long and
    both match, so beside one that permits search, one that does not has to say no."""
    others = (one for one in terms.rules if len(one.pattern) == len(rule.pattern) and one != rule)
    rivals = [one for one in others if "*" in one.pattern + rule.pattern and "search" in one.anybody]
    return {"search": False, **usage(rule)} if rivals else usage(rule)


def signals(terms: SiteTerms) -> dict[str, bool]:
    """The content signals of the whole site; ``search`` only where every rule permits it."""
    search = {"search": True} if all("search" in usage(rule) for rule in terms.rules) else {}
    return {**search, "ai-input": False, "ai-train": False}


def reserved(entries: list[dict[str, Any]], path: str) -> Mapping[str, Any] | None:
    """The entry of a tdmrep array that holds at the path: the first that matches (TDMRep §4)."""
    return next((entry for entry in entries if matches(str(entry.get("location", "")), path)), None)


def _ordered(terms: SiteTerms) -> list[Rule]:
    """The most specific first; of two as long first the one that has least to give."""
    return sorted(terms.rules, key=lambda rule: (-len(rule.pattern), bool(rule.anybody), rule.pattern))


def _content(terms: SiteTerms, rule: Rule) -> Content:
    return Content(
        url=rule.pattern,
        server=None if rule.anybody == (FREE,) else terms.server,
        licences=tuple(_licences(terms, rule)),
        copyright=Copyright(terms.rightsholder),
        terms=terms.society.page,
    )


def _licences(terms: SiteTerms, rule: Rule) -> Iterator[Licence]:
    """A list that permits is closed; where nothing is permitted, everything is prohibited."""
    legal = (Legal("contact", terms.society.page),)
    paid = tuple(use for use in rule.anybody if use != FREE)
    if not rule.anybody:
        yield Licence(prohibits=Limits(usage=("all",)))
    if paid:
        yield Licence(permits=Limits(usage=paid), payment=_payment(terms, rule.price), legal=legal)
    if rule.free:
        yield Licence(permits=Limits(usage=(FREE,)), payment=Payment(type="free"), legal=legal)


def _payment(terms: SiteTerms, price: Money | None) -> Payment:
    page = terms.society.page
    if price is None:
        return Payment(type="use", standard=page, custom=page)
    return Payment(type="crawl", custom=page, amount=Amount(_shortest(price), price.currency))


def _shortest(price: Money) -> str:
    """The decimal without the zeroes that say nothing."""
    return price.decimal().rstrip("0").rstrip(".")


def _origin(terms: SiteTerms, host: str | None, origin: str | None) -> str:
    return (origin or f"https://{host or terms.hosts[0]}").rstrip("/")


def _reservation(terms: SiteTerms, rule: Rule) -> dict[str, Any]:
    location = rule.pattern if rule.pattern.endswith(("$", "*")) else rule.pattern + "*"
    said: dict[str, Any] = {"location": location, "tdm-reservation": 1}
    if rule.anybody:
        said["tdm-policy"] = terms.society.page
    return said
