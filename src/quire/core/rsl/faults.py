"""What is not conformant in an RSL document, sentence by sentence.

Owns the rules on what may stand where, for the reader's list and the writer's refusal. Does not own what a
faulty document allows: ``read`` takes it in the stricter way.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from quire.core.currencies import MINOR_DIGITS, NOT_PAYABLE
from quire.core.rsl import model
from quire.core.rsl.model import Content, Document, Legal, Licence, Limits, Payment, Reporting

_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[!-~]+")
_WEB = re.compile(r"https?://[!-~]+")
_PLACE = re.compile(r"(?:https?:/|/)[!-~]+|/")
_DECIMAL = re.compile(r"[0-9]{1,26}(?:\.[0-9]{1,26})?")
_COUNTRY = re.compile(r"[A-Z]{2}")
_MEDIA_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+(?: *;[ -~]*)?")
_MOMENT = re.compile(
    r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])[Tt](?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
    r"(?:\.[0-9]+)?(?:[Zz]|[+-][0-2][0-9]:[0-5][0-9])"
)


def faults(document: Document) -> Iterator[str]:
    """A sentence for each thing that RSL 1.0 does not have so; none for a conformant document."""
    if not document.contents:
        yield "There is no content in it."
    if document.max_age < 1:
        yield "max-age is not a positive number of days."
    for content in document.contents:
        yield from _of_content(content)
        for licence in content.licences:
            yield from of_licence(licence)


def _of_content(content: Content) -> Iterator[str]:
    if content.url and not _PLACE.fullmatch(content.url):
        yield f"The url {content.url[:60]!r} is neither a path that begins with a slash nor an address."
    if not content.licences:
        yield f"The content {content.url[:60]!r} has no license."
    if content.server is not None and not _WEB.fullmatch(content.server):
        yield f"The server {content.server[:60]!r} is not an address."
    if content.encrypted and content.server is None:
        yield "Content is encrypted, and no server has the key."
    if content.lastmod is not None and not _MOMENT.fullmatch(content.lastmod):
        yield f"lastmod {content.lastmod[:60]!r} is not a time as RFC 3339 writes it."
    for alternate in content.alternates:
        if not _PLACE.fullmatch(alternate.url):
            yield f"The alternate {alternate.url[:60]!r} is not an address."
        yield from _media_type(alternate.type)
    if content.schema is not None:
        yield from _media_type(content.schema.type)
        if content.schema.type is None and not _PLACE.fullmatch(content.schema.text):
            yield "The schema is neither an address nor JSON-LD with its type."
    if content.copyright is not None and content.copyright.type not in (None, "person", "organization"):
        yield "The type of copyright is neither person nor organization."
    if content.terms is not None and not _PLACE.fullmatch(content.terms):
        yield f"The terms {content.terms[:60]!r} are not an address."


def of_licence(licence: Licence) -> Iterator[str]:
    """The same of one licence."""
    for element, limits in (("permits", licence.permits), ("prohibits", licence.prohibits)):
        yield from _of_limits(element, limits)
    if licence.payment is not None:
        yield from _of_payment(licence.payment)
    for reporting in licence.reporting:
        yield from _of_reporting(reporting)
    types = [legal.type for legal in licence.legal]
    if len(set(types)) != len(types):
        yield "Two legal elements have the same type."
    for legal in licence.legal:
        yield from _of_legal(legal)


def _of_limits(element: str, limits: Limits) -> Iterator[str]:
    for kind, known in (("usage", model.USAGE), ("user", model.USER), ("geo", ())):
        tokens: tuple[str, ...] | None = getattr(limits, kind)
        if tokens is None:
            continue
        if not tokens:
            yield f"{element} of type {kind} lists nothing."
        for token in tokens:
            if token not in known and not (kind == "geo" and _COUNTRY.fullmatch(token)):
                yield f"{token[:40]!r} in {element} is not a known {kind}."


def _of_payment(payment: Payment) -> Iterator[str]:
    if payment.type is not None and payment.type not in model.PAYMENT:
        yield f"{payment.type[:40]!r} is not a known type of payment."
    if payment.standard is not None and not _ABSOLUTE.fullmatch(payment.standard):
        yield f"The standard {payment.standard[:60]!r} is not an absolute URI."
    if payment.custom is not None and not _PLACE.fullmatch(payment.custom):
        yield f"The custom {payment.custom[:60]!r} is not an address."
    if payment.amount is not None:
        if not _DECIMAL.fullmatch(payment.amount.value):
            yield f"The amount {payment.amount.value[:40]!r} is not a decimal."
        if payment.amount.currency not in MINOR_DIGITS and payment.amount.currency not in NOT_PAYABLE:
            yield f"The currency {payment.amount.currency[:40]!r} is not one of ISO 4217."
    if payment.accepts is not None:
        yield from _media_type(payment.accepts.type)


def _of_reporting(reporting: Reporting) -> Iterator[str]:
    if reporting.type not in model.REPORTING:
        yield f"{reporting.type[:40]!r} is not a known type of reporting."
    if not _ABSOLUTE.fullmatch(reporting.profile):
        yield "A reporting has no absolute URI as its profile."
    if reporting.endpoint is not None and not reporting.endpoint.startswith("https://"):
        yield "The endpoint of a reporting is not an address with https."


def _of_legal(legal: Legal) -> Iterator[str]:
    words = legal.text.split()
    known = {"warranty": model.WARRANTY, "disclaimer": model.DISCLAIMER, "attestation": ("true", "false")}
    if legal.type not in model.LEGAL:
        yield f"{legal.type[:40]!r} is not a known type of legal."
    elif not words or (legal.type in known and set(words) - set(known[legal.type])):
        yield f"A legal of type {legal.type} says {legal.text[:60]!r}, which it cannot."


def _media_type(text: str | None) -> Iterator[str]:
    if text is not None and not _MEDIA_TYPE.fullmatch(text):
        yield f"{text[:60]!r} is not a media type."
