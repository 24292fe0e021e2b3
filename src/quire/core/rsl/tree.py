"""XML from anyone as a small tree, or a refusal.

Owns what is refused before it can do harm: document types and with them entities, depth, number and size.
Does not own what the elements mean. The standard library's parser is asked for namespaces and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NoReturn
from xml.parsers import expat

from quire.core.errors import Invalid

MAX_BYTES = 1 << 20
MAX_DEPTH = 32
MAX_NODES = 20_000
MAX_ATTRIBUTES = 40

_DECLARED = re.compile(rb"""\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_SINGLE_BYTE = {"iso-8859-1", "latin1", "latin-1", "windows-1252", "us-ascii"}


class Unreadable(Invalid):
    """The document is not XML that is read here, or has no RSL in it."""

    code = "rsl.unreadable"


class Outdated(Invalid):
    """The document is RSL 0.9, in which the same words mean other things."""

    code = "rsl.outdated"


@dataclass(slots=True)
class Node:
    """An element: its namespace, its local name, its attributes (without a namespace), children, own text.

    ``foreign`` are the attributes that have a namespace: extensions, of which nobody here knows anything.
    """

    namespace: str
    name: str
    attributes: dict[str, str]
    foreign: tuple[str, ...] = ()
    children: list[Node] = field(default_factory=list)
    text: str = ""

    def walk(self) -> Iterator[Node]:
        """This element and all within it, in the order of the document."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting += reversed(node.children)


def parse(data: bytes | str) -> Node:
    """The root of the document. Raises Unreadable, whatever the bytes.

    At most ``MAX_BYTES``, ``MAX_DEPTH`` and ``MAX_NODES``; blanks before the XML declaration are forgiven;
    UTF-8, UTF-16 with its mark, and Latin-1 where it is declared.
    """
    if len(data) > MAX_BYTES:
        raise Unreadable(f"The document has more than {MAX_BYTES} bytes.")
    builder = _Builder()
    parser = expat.ParserCreate("utf-8", namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.characters
    parser.StartDoctypeDeclHandler = _no_doctype
    parser.EntityDeclHandler = _no_doctype
    try:
        parser.Parse(_utf_8(data), True)
    except expat.ExpatError as error:
        raise Unreadable(
            f"The document is not XML: {expat.ErrorString(error.code)}, line {error.lineno}."
        ) from None
    if builder.root is None:
        raise Unreadable("The document is empty.")
    return builder.root


def _utf_8(data: bytes | str) -> bytes:
    """The same characters in UTF-8: the parser's own table of encodings is not offered to strangers."""
    if isinstance(data, bytes):
        declared = _DECLARED.match(data)
        encoding = declared[1].decode().lower() if declared else ""
        try:
            if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
                data = data.decode("utf-16")
            else:
                data = data.decode("cp1252" if encoding in _SINGLE_BYTE else "utf-8-sig")
        except UnicodeDecodeError:
            raise Unreadable("The document's bytes are not text in UTF-8.") from None
    try:
        return data.removeprefix("\ufeff").lstrip().encode()
    except UnicodeEncodeError:
        raise Unreadable("The document has half of a character in it.") from None


def _no_doctype(*_: object) -> NoReturn:
    raise Unreadable("The document has a document type: RSL has none, and entities are not read.")


class _Builder:
    """What the parser calls. Text is gathered in lists, so that a million small pieces are one join."""

    def __init__(self) -> None:
        self.root: Node | None = None
        self._open: list[tuple[Node, list[str]]] = []
        self._count = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if self._count > MAX_NODES or len(self._open) >= MAX_DEPTH or len(attributes) > MAX_ATTRIBUTES:
            raise Unreadable("The document is too deep, or has too many elements or attributes.")
        namespace, _, local = name.rpartition(" ")
        own = {key: value for key, value in attributes.items() if " " not in key}
        node = Node(namespace, local, own, tuple(key for key in attributes if " " in key))
        if self._open:
            self._open[-1][0].children.append(node)
        else:
            self.root = node
        self._open.append((node, []))

    def end(self, _: str) -> None:
        node, pieces = self._open.pop()
        node.text = "".join(pieces)

    def characters(self, text: str) -> None:
        self._open[-1][1].append(text)
