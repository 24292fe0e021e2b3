"""From an RSL document to XML: strict, and one text for one document.

Owns the order and the escapes. Writes only what is conformant; ``read`` gives the same document back.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from quire.core.errors import Invalid
from quire.core.rsl.faults import faults, of_licence
from quire.core.rsl.model import MAX_AGE, NAMESPACE, Content, Document, Licence, Limits, Payment

_NEVER_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class NotConformant(Invalid):
    """RSL 1.0 does not have it so; ``data["findings"]`` are the sentences."""

    code = "rsl.not-conformant"


def write(document: Document) -> str:
    """The document as XML, with the declaration and a closing line break. Raises NotConformant."""
    _refuse(list(islice(faults(document), 20)))
    age = f' max-age="{document.max_age}"' if document.max_age != MAX_AGE else ""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f'<rsl xmlns="{NAMESPACE}"{age}>']
    for content in document.contents:
        lines += _content(content)
    return "\n".join([*lines, "</rsl>"]) + "\n"


def write_licence(licence: Licence) -> str:
    """One licence on one line, with the namespace: what an OLP client sends. Raises NotConformant."""
    _refuse(list(islice(of_licence(licence), 20)))
    parts = [line.strip() for line in _licence(licence)]
    return "".join([f'<license xmlns="{NAMESPACE}">', *parts[1:-1], "</license>"])


def _refuse(found: list[str]) -> None:
    if found:
        raise NotConformant(f"This is not conformant RSL. {found[0]}", findings=found)


def _content(content: Content) -> Iterator[str]:
    flags = {
        "url": content.url,
        "server": content.server,
        "encrypted": "true" if content.encrypted else None,
        "lastmod": content.lastmod,
    }
    yield f"  <content{_attributes(flags)}>"
    for licence in content.licences:
        yield from _licence(licence)
    for alternate in content.alternates:
        yield f"    {_element('alternate', alternate.url, type=alternate.type)}"
    if content.schema is not None:
        yield f"    {_element('schema', content.schema.text, type=content.schema.type)}"
    if (holder := content.copyright) is not None:
        given = {"type": holder.type, "contactEmail": holder.email, "contactUrl": holder.url}
        yield f"    {_element('copyright', holder.holder, **given)}"
    if content.terms is not None:
        yield f"    {_element('terms', content.terms)}"
    yield "  </content>"


def _licence(licence: Licence) -> Iterator[str]:
    yield "    <license>"
    yield from _limits("permits", licence.permits)
    yield from _limits("prohibits", licence.prohibits)
    if licence.payment is not None:
        yield from _payment(licence.payment)
    for duty in licence.reporting:
        given = {"type": duty.type, "profile": duty.profile, "endpoint": duty.endpoint}
        yield f"      <reporting{_attributes(given)}/>"
    for legal in licence.legal:
        yield f"      {_element('legal', legal.text, type=legal.type)}"
    yield "    </license>"


def _limits(name: str, limits: Limits) -> Iterator[str]:
    for kind, tokens in (("usage", limits.usage), ("user", limits.user), ("geo", limits.geo)):
        if tokens is not None:
            yield f"      {_element(name, ' '.join(tokens), type=kind)}"


def _payment(payment: Payment) -> Iterator[str]:
    yield f"      <payment{_attributes({'type': payment.type})}>"
    if payment.standard is not None:
        yield f"        {_element('standard', payment.standard)}"
    if payment.custom is not None:
        yield f"        {_element('custom', payment.custom)}"
    if payment.amount is not None:
        yield f"        {_element('amount', payment.amount.value, currency=payment.amount.currency)}"
    if payment.accepts is not None:
        yield f"        {_element('accepts', payment.accepts.text, type=payment.accepts.type)}"
    yield "      </payment>"


def _element(name: str, text: str, **attributes: str | None) -> str:
    return f"<{name}{_attributes(attributes)}>{_escaped(text)}</{name}>"


def _attributes(given: dict[str, str | None]) -> str:
    return "".join(f' {name}="{_escaped(text)}"' for name, text in given.items() if text is not None)


def _escaped(text: str) -> str:
    """For text and attributes. Line breaks become references: readers would make blanks of them."""
    if _NEVER_IN_XML.search(text):
        raise NotConformant(f"{text[:40]!r} has a character that XML cannot hold.", findings=[])
    for character, reference in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        text = text.replace(character, reference)
    return re.sub(r"[\t\n\r]", lambda found: f"&#{ord(found[0])};", text)
