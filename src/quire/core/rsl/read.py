"""From XML to an RSL document: tolerant of what sites really publish, and never more generous than they were.

Owns how a faulty document is taken. What is wrong is said in a sentence; where it stands within a licence in
such a way that a limit may be lost, that licence permits nothing (RSL 1.0 §3.1.1: never expand rights).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from quire.core.rsl import model
from quire.core.rsl.faults import faults, of_licence
from quire.core.rsl.model import (
    Accepts,
    Alternate,
    Amount,
    Content,
    Copyright,
    Document,
    Legal,
    Licence,
    Limits,
    Payment,
    Reporting,
    Schema,
)
from quire.core.rsl.tree import Node, Outdated, Unreadable, parse

MOST_FINDINGS = 100
_LIMITING = {"license", "permits", "prohibits", "reporting"}
"""Elements in which something unknown may have been a limit."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A document, and a sentence for each thing in it that is not conformant (at most a hundred)."""

    document: Document
    findings: tuple[str, ...]

    @property
    def conformant(self) -> bool:
        """Whether RSL 1.0 has it so."""
        return not self.findings


def read(data: bytes | str) -> Reading:
    """The RSL in an XML document: an ``<rsl>`` by itself, or within a feed or another wrapper.

    It is known by its namespace, whatever the content type was. Raises Unreadable (not XML, hostile, no RSL
    in it) and Outdated (RSL 0.9).
    """
    root = parse(data)
    top = _top(root)
    for node in top.walk():
        _refuse_0_9(node)
    found = [sentence for _, sentence in _unknown(top)]
    contents = tuple(_content(node, found) for node in _ours(top, "content"))
    document = Document(contents, _max_age(top.attributes.get("max-age"), found))
    found += faults(document)
    return Reading(document, tuple(dict.fromkeys(found))[:MOST_FINDINGS])


def read_licence(text: bytes | str) -> tuple[Licence, tuple[str, ...]]:
    """One ``<license>`` element, as OLP clients send it, and what is wrong with it; the namespace may lack.

    Raises Unreadable and Outdated.
    """
    root = parse(text)
    for node in root.walk():
        node.namespace = node.namespace or model.NAMESPACE
        _refuse_0_9(node)
    if (root.namespace, root.name) != (model.NAMESPACE, "license"):
        raise Unreadable("This is not a license element of RSL.")
    found = [sentence for _, sentence in _unknown(root)]
    licence = _licence(root, found)
    return licence, tuple(dict.fromkeys([*found, *of_licence(licence)]))[:MOST_FINDINGS]


def _top(root: Node) -> Node:
    """The ``<rsl>`` element; for a wrapper one made of all that stands in it."""
    if root.namespace == model.NAMESPACE and root.name == "rsl":
        return root
    inside = [node for node in root.walk() if node.namespace == model.NAMESPACE]
    tops = [node for node in inside if node.name == "rsl"]
    if len(tops) == 1:
        return tops[0]
    contents = [node for node in inside if node.name == "content"]
    if not contents:
        raise Unreadable(f"There is no RSL in the document: nothing in it is in {model.NAMESPACE}.")
    return Node(model.NAMESPACE, "rsl", {}, children=contents)


def _refuse_0_9(node: Node) -> None:
    """0.9 and 1.0 share a namespace: commas between tokens, and payment for ``inference``, are of 0.9."""
    if node.namespace != model.NAMESPACE:
        return
    lists = node.name in ("permits", "prohibits") and "," in node.text
    if lists or (node.name == "payment" and node.attributes.get("type") == "inference"):
        raise Outdated(
            "The document is RSL 0.9: commas between tokens, or payment for inference. "
            "Ask the publisher for RSL 1.0."
        )


def _ours(node: Node, name: str) -> list[Node]:
    return [child for child in node.children if child.namespace == model.NAMESPACE and child.name == name]


def _unknown(top: Node) -> Iterator[tuple[str, str]]:
    """What stands in the namespace and is not in its vocabulary, or not there, or not so often.

    Comes out as the element in which it is wrong, and a sentence.
    """
    waiting = [top]
    while waiting:
        node = waiting.pop()
        allowed = model.CHILDREN.get(node.name, ())
        for name in node.attributes:
            if name not in model.ATTRIBUTES.get(node.name, ()):
                yield node.name, f"{node.name} has the attribute {name[:40]!r}, which RSL does not know."
        if any(name.startswith(model.NAMESPACE + " ") for name in node.foreign):
            yield node.name, f"{node.name} has an attribute with RSL's prefix; RSL's attributes have none."
        children = [child for child in node.children if child.namespace == model.NAMESPACE]
        for child in children:
            if child.name not in allowed:
                yield node.name, f"{child.name[:40]!r} stands in {node.name}, where RSL does not have it."
            else:
                waiting.append(child)
        for name in {child.name for child in children if child.name not in model.SEVERAL}:
            if name in allowed and len(_ours(node, name)) > 1:
                yield node.name, f"{name} stands more than once in {node.name}."
        if allowed and node.text.strip():
            yield node.name, f"There is text in {node.name} beside its elements."


def _max_age(text: str | None, found: list[str]) -> int:
    if text is None:
        return model.MAX_AGE
    if text.isascii() and text.isdigit() and len(text) <= 9 and int(text) > 0:
        return int(text)
    found.append("max-age is not a positive number of days.")
    return model.MAX_AGE


def _content(node: Node, found: list[str]) -> Content:
    if "url" not in node.attributes:
        found.append("A content has no url.")
    encrypted = node.attributes.get("encrypted", "false")
    if encrypted not in ("true", "false"):
        found.append("encrypted is neither true nor false.")
    schema, holder = _first(node, "schema"), _first(node, "copyright")
    return Content(
        url=node.attributes.get("url", "").strip(),
        licences=tuple(_licence(child, found) for child in _ours(node, "license")),
        server=_stripped(node.attributes.get("server")),
        encrypted=encrypted != "false",
        lastmod=node.attributes.get("lastmod"),
        alternates=tuple(
            Alternate(child.text.strip(), child.attributes.get("type")) for child in _ours(node, "alternate")
        ),
        schema=Schema(schema.text.strip(), schema.attributes.get("type")) if schema else None,
        copyright=_copyright(holder) if holder else None,
        terms=_text(node, "terms"),
    )


def _copyright(node: Node) -> Copyright:
    given = node.attributes
    return Copyright(node.text.strip(), given.get("type"), given.get("contactEmail"), given.get("contactUrl"))


def _licence(node: Node, found: list[str]) -> Licence:
    """The licence; one that permits nothing where a limit may have been lost in the reading."""
    wrong = [sentence for name, sentence in _unknown(node) if name in _LIMITING]
    permits, prohibits = _limits(node, "permits", wrong), _limits(node, "prohibits", wrong)
    payment = _first(node, "payment")
    licence = Licence(
        permits=permits,
        prohibits=prohibits,
        payment=_payment(payment) if payment else None,
        reporting=tuple(_reporting(child) for child in _ours(node, "reporting")),
        legal=tuple(
            Legal(child.attributes.get("type", ""), " ".join(child.text.split()))
            for child in _ours(node, "legal")
        ),
    )
    if not wrong:
        return licence
    found += wrong
    return replace(licence, prohibits=replace(prohibits, usage=("all",)))


def _limits(node: Node, name: str, wrong: list[str]) -> Limits:
    lists: dict[str, tuple[str, ...]] = {}
    for child in _ours(node, name):
        kind = child.attributes.get("type", "")
        if kind not in model.LIMITS:
            wrong.append(f"{name} has no type, or one that RSL does not know.")
        elif kind in lists:
            wrong.append(f"{name} of type {kind} stands twice in a license.")
        else:
            lists[kind] = tuple(dict.fromkeys(child.text.split()))
    return Limits(lists.get("usage"), lists.get("user"), lists.get("geo"))


def _payment(node: Node) -> Payment:
    amount, accepts = _first(node, "amount"), _first(node, "accepts")
    return Payment(
        type=node.attributes.get("type"),
        standard=_text(node, "standard"),
        custom=_text(node, "custom"),
        amount=Amount(amount.text.strip(), amount.attributes.get("currency", "")) if amount else None,
        accepts=Accepts(accepts.attributes.get("type", ""), accepts.text.strip()) if accepts else None,
    )


def _reporting(node: Node) -> Reporting:
    given = node.attributes
    return Reporting(given.get("type", ""), given.get("profile", "").strip(), given.get("endpoint"))


def _first(node: Node, name: str) -> Node | None:
    found: Sequence[Node] = _ours(node, name)
    return found[0] if found else None


def _text(node: Node, name: str) -> str | None:
    found = _first(node, name)
    return None if found is None else found.text.strip()


def _stripped(text: str | None) -> str | None:
    return None if text is None else text.strip()
