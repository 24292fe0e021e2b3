"""The elements of an RSL 1.0 document as values, and the words that may stand in them.

Owns names and vocabulary. A value may hold what is not conformant, because a real site published it;
``faults`` says what is wrong with it, and ``write`` writes nothing that is.
"""

from __future__ import annotations

from dataclasses import dataclass

NAMESPACE = "https://rslstandard.org/rsl"
MEDIA_TYPE = "application/rsl+xml"
MAX_AGE = 30
"""Days for which a document holds that does not say."""

USAGE = ("all", "ai-all", "ai-train", "ai-input", "ai-index", "search")
USER = ("commercial", "non-commercial", "education", "government", "personal")
PAYMENT = ("purchase", "subscription", "training", "crawl", "use", "contribution", "attribution", "free")
REPORTING = ("telemetry", "provenance", "audit")
LEGAL = ("warranty", "disclaimer", "attestation", "contact", "proof")
WARRANTY = ("ownership", "authority", "no-infringement", "privacy-consent", "no-malware")
DISCLAIMER = ("as-is", "no-warranty", "no-liability", "no-indemnity")
LIMITS = ("usage", "user", "geo")
EUROPEAN_UNION = frozenset(
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split()  # noqa: SIM905
)
"""The countries that ``EU`` stands for."""

ATTRIBUTES: dict[str, tuple[str, ...]] = {
    "rsl": ("max-age",),
    "content": ("url", "server", "encrypted", "lastmod"),
    "license": (),
    "permits": ("type",),
    "prohibits": ("type",),
    "payment": ("type",),
    "standard": (),
    "custom": (),
    "amount": ("currency",),
    "accepts": ("type",),
    "reporting": ("type", "profile", "endpoint"),
    "legal": ("type",),
    "alternate": ("type",),
    "schema": ("type",),
    "copyright": ("type", "contactEmail", "contactUrl"),
    "terms": (),
}
"""Every element of the vocabulary, and the attributes it may have."""

CHILDREN: dict[str, tuple[str, ...]] = {
    "rsl": ("content",),
    "content": ("license", "alternate", "schema", "copyright", "terms"),
    "license": ("permits", "prohibits", "payment", "reporting", "legal"),
    "payment": ("standard", "custom", "amount", "accepts"),
}
"""What may stand in an element; nothing in those that are not named here."""

SEVERAL = {"content", "license", "permits", "prohibits", "reporting", "legal", "alternate"}
"""Elements that may stand more than once in their parent (``permits`` and the like once for each type)."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What ``permits``, or ``prohibits``, lists by type; None where there is no element of that type."""

    usage: tuple[str, ...] | None = None
    user: tuple[str, ...] | None = None
    geo: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Amount:
    """A decimal as it was written ("0.002"), and its currency (ISO 4217)."""

    value: str
    currency: str


@dataclass(frozen=True, slots=True)
class Accepts:
    """A payment protocol by its media type, and what it needs, as JSON text."""

    type: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Payment:
    """What a use costs and how it is paid. A licence without one is free."""

    type: str | None = None
    standard: str | None = None
    custom: str | None = None
    amount: Amount | None = None
    accepts: Accepts | None = None


@dataclass(frozen=True, slots=True)
class Reporting:
    """A duty to report uses by a profile, an absolute URI."""

    type: str
    profile: str
    endpoint: str | None = None


@dataclass(frozen=True, slots=True)
class Legal:
    """A warranty, disclaimer, attestation, contact or proof."""

    type: str
    text: str


@dataclass(frozen=True, slots=True)
class Licence:
    """One set of terms."""

    permits: Limits = Limits()
    prohibits: Limits = Limits()
    payment: Payment | None = None
    reporting: tuple[Reporting, ...] = ()
    legal: tuple[Legal, ...] = ()


@dataclass(frozen=True, slots=True)
class Alternate:
    """Another representation of the content, under the same terms."""

    url: str
    type: str | None = None


@dataclass(frozen=True, slots=True)
class Schema:
    """Schema.org metadata: a URL, or JSON-LD itself where the type says so."""

    text: str
    type: str | None = None


@dataclass(frozen=True, slots=True)
class Copyright:
    """Who holds the rights."""

    holder: str
    type: str | None = None
    email: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """What the licences are for: ``url`` is a path pattern (RFC 9309), an absolute one, or "" for "this"."""

    url: str
    licences: tuple[Licence, ...]
    server: str | None = None
    encrypted: bool = False
    lastmod: str | None = None
    alternates: tuple[Alternate, ...] = ()
    schema: Schema | None = None
    copyright: Copyright | None = None
    terms: str | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """A whole ``<rsl>``. ``max_age`` is in days."""

    contents: tuple[Content, ...]
    max_age: int = MAX_AGE
