"""What ``bundle.json`` says: the data files of a bundle, their digests and roots, and the root of the list.

Owns its form, describing a file, and how a long one is cut into parts. Does not own signatures, nor what is
in the files. Every refusal is a BundleError.

A ``.jsonl`` file of more than ``PART`` bytes lies in the bundle in parts, ``lines-0001.jsonl`` and on, each
as many whole lines as fit. Its entry describes the parts one after the other as the one file they are: bytes,
digest, lines and root are those of ``cat lines-*.jsonl``, and a line is proved by its number in the whole. A
bundle in which a file lies in parts says ``quire-bundle/2``; any other is, byte for byte, ``quire-bundle/1``.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from quire.core import canonical, container, merkle, pieces
from quire.core.container import BundleError, BundleTooLarge, Files, shown
from quire.core.pieces import Data, Pieces

FORMAT, IN_PARTS = "quire-bundle/1", "quire-bundle/2"
MANIFEST = "bundle.json"
SIGNATURE = "signature.json"

MAX_SMALL = 1 << 20
"""Bytes of ``bundle.json`` and of ``signature.json``, which are parsed before anything is known of them."""

PART = 256 << 20
"""Bytes of a ``.jsonl`` file beyond which it is published in parts, and of a part at most."""

_HEX = re.compile(r"[0-9a-f]{64}")
_MEMBERS = {"name", "bytes", "sha256", "lines", "root"}


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a file, which is a file of the bundle's folder. ``sha256`` is hexadecimal, ``size`` bytes."""

    name: str
    size: int
    sha256: str

    @classmethod
    def parse(cls, value: Any, name: str) -> Self:
        """From the parsed JSON of anyone; it must be called ``name``. Raises BundleError."""
        if not isinstance(value, dict) or set(value) != {"name", "bytes", "sha256"}:
            raise bad_manifest("a part of a file must have name, bytes and sha256")
        if value["name"] != name or not container.is_name(name):
            raise bad_manifest(
                f"the parts of a file are numbered, and {shown(name)} is not where it should be"
            )
        if not is_hash(value["sha256"]) or not _is_count(value["bytes"]) or not value["bytes"]:
            raise bad_manifest(f"{name} must have bytes, and 64 hexadecimal digits for its sha256")
        return cls(name, value["bytes"], value["sha256"])

    def record(self) -> dict[str, Any]:
        """As it stands in ``bundle.json``."""
        return {"name": self.name, "bytes": self.size, "sha256": self.sha256}


@dataclass(frozen=True, slots=True)
class Entry:
    """What ``bundle.json`` says of one data file. ``sha256`` and ``root`` are hexadecimal, ``size`` is bytes.

    ``root`` is the RFC 6962 root over the lines without their newline for ``.jsonl`` (``lines`` counts them),
    over the whole file as the only leaf for any other (``lines`` is None). ``parts`` are those it lies in,
    two or more; none where it is a file of the folder itself.
    """

    name: str
    size: int
    sha256: str
    lines: int | None
    root: str
    parts: tuple[Part, ...] = ()

    @property
    def files(self) -> tuple[str, ...]:
        """The names of the files of the folder in which it lies."""
        return tuple(one.name for one in self.parts) or (self.name,)

    @classmethod
    def of(cls, name: str, data: Data | Sequence[Data], passed: container.Passed = container.unheard) -> Self:
        """Describe a file's bytes, or those of its parts. ``passed`` hears of bytes gone through.

        Raises BundleError for ``.jsonl`` that does not end with a newline, or has a line that is too long.
        """
        several = [data] if isinstance(data, Data) else data
        if not name.endswith(".jsonl"):
            return cls._of_leaf(name, Pieces(several), passed)
        whole, spine, parts = hashlib.sha256(), merkle.Spine(), []
        for place, one in enumerate(several, 1):
            part = whole if len(several) == 1 else hashlib.sha256()
            for run in lines_of(name, one):
                part.update(run)
                if part is not whole:
                    whole.update(run)
                spine.add(run.split(b"\n")[:-1])
                passed(len(run))
            parts.append(Part(part_name(name, place), len(one), part.hexdigest()))
        size, told = sum(map(len, several)), tuple(parts) if len(parts) > 1 else ()
        return cls(name, size, whole.hexdigest(), spine.size, spine.root.hex(), told)

    @classmethod
    def _of_leaf(cls, name: str, data: Data, passed: container.Passed) -> Self:
        whole, leaf = hashlib.sha256(), hashlib.sha256(b"\x00")
        for block in pieces.blocks(data):
            whole.update(block)
            leaf.update(block)
            passed(len(block))
        return cls(name, len(data), whole.hexdigest(), None, leaf.hexdigest())

    @classmethod
    def parse(cls, value: Any) -> Self:
        """From the parsed JSON of anyone. Raises BundleError."""
        if not isinstance(value, dict) or not set(value) - {"parts"} == _MEMBERS:
            raise bad_manifest("an entry of its files must have name, bytes, sha256, lines and root")
        name, lines = value["name"], value["lines"]
        if not container.is_name(name) or name in (MANIFEST, SIGNATURE):
            raise bad_manifest(f"{shown(name)} is not a name a data file may have")
        if not is_hash(value["sha256"]) or not is_hash(value["root"]):
            raise bad_manifest(f"sha256 and root of {name} must be 64 hexadecimal digits")
        counted = _is_count(lines) if name.endswith(".jsonl") else lines is None
        if not counted or not _is_count(value["bytes"]):
            raise bad_manifest(f"bytes and lines of {name} must be counts, lines null unless it is .jsonl")
        parts = cls._parts(value) if "parts" in value else ()
        return cls(name, value["bytes"], value["sha256"], lines, value["root"], parts)

    @staticmethod
    def _parts(value: Mapping[str, Any]) -> tuple[Part, ...]:
        name, told = value["name"], value["parts"]
        if not isinstance(told, list) or len(told) < 2 or not name.endswith(".jsonl"):
            raise bad_manifest(f"{name} is no .jsonl file in two parts or more")
        parts = tuple(Part.parse(one, part_name(name, place)) for place, one in enumerate(told, 1))
        if sum(one.size for one in parts) != value["bytes"]:
            raise bad_manifest(f"the parts of {name} have more bytes than it, or fewer")
        return parts

    def record(self) -> dict[str, Any]:
        """As it stands in ``bundle.json``."""
        told = {
            "name": self.name,
            "bytes": self.size,
            "sha256": self.sha256,
            "lines": self.lines,
            "root": self.root,
        }
        return {**told, "parts": [one.record() for one in self.parts]} if self.parts else told


@dataclass(frozen=True, slots=True)
class Manifest:
    """What ``bundle.json`` says: the caller's ``about``, the files by name, and a root over the list."""

    about: Mapping[str, Any]
    files: Mapping[str, Entry]
    root: str

    @classmethod
    def parse(cls, data: Data) -> Self:
        """From the bytes of anyone's ``bundle.json``. Raises BundleError. Does not compare the root."""
        value = small(MANIFEST, data, {"format", "about", "files", "root"})
        about, listed = value["about"], value["files"]
        if value["format"] not in (FORMAT, IN_PARTS):
            raise bad_manifest(f"its format is neither {FORMAT} nor {IN_PARTS}, which this version reads")
        if not isinstance(about, dict) or not isinstance(listed, list):
            raise bad_manifest("about must be an object and files a list")
        if not is_hash(value["root"]):
            raise bad_manifest("its root must be 64 hexadecimal digits")
        entries = [Entry.parse(each) for each in listed]
        names = [entry.name for entry in entries]
        if names != sorted(set(names)):
            raise bad_manifest("its files must be sorted by name, each once")
        found = cls(about, {entry.name: entry for entry in entries}, value["root"])
        if found.format != value["format"]:
            raise bad_manifest(
                f"a bundle says {IN_PARTS} where one of its files lies in parts, and only there"
            )
        found.in_folder()
        return found

    @property
    def format(self) -> str:
        """How the bundle must call its form."""
        return IN_PARTS if any(entry.parts for entry in self.files.values()) else FORMAT

    def in_folder(self) -> dict[str, Entry]:
        """The entry of each file of the folder, by its name there. BundleError where two are called alike."""
        found: dict[str, Entry] = {}
        for entry in self.files.values():
            for name in entry.files:
                if name in found:
                    raise bad_manifest(f"{name} is listed twice, once as a part of a file")
                found[name] = entry
        return found

    def dumps(self) -> bytes:
        """The bytes of ``bundle.json``. Raises NotCanonical if ``about`` is not canonical data."""
        files = [entry.record() for entry in self.files.values()]
        return canonical.dumps(
            {"format": self.format, "about": dict(self.about), "files": files, "root": self.root}
        )


def list_root(entries: Iterable[Entry]) -> str:
    """Hexadecimal RFC 6962 root whose leaves are the canonical JSON of the entries, in order of name."""
    return merkle.root(canonical.dumps(entry.record()) for entry in entries).hex()


# A long file in parts


def part_name(name: str, number: int) -> str:
    """``lines-0001.jsonl``, of ``lines.jsonl`` and 1."""
    return f"{name.removesuffix('.jsonl')}-{number:04}.jsonl"


def in_parts(files: Files, most: int) -> dict[str, list[Data]]:
    """Each file by name as it is laid into the folder: whole, or cut into parts of ``most`` bytes."""
    return {
        name: [pieces.cut(data, *one) for one in _cuts(name, data, most)]
        if name.endswith(".jsonl") and len(data) > most
        else [data]
        for name, data in files.items()
    }


def laid(name: str, several: Sequence[Data]) -> Iterator[tuple[str, Data]]:
    """The files of the folder in which a file lies, by name."""
    if len(several) == 1:
        yield name, several[0]
    else:
        yield from ((part_name(name, place), data) for place, data in enumerate(several, 1))


def _cuts(name: str, data: Data, most: int) -> Iterator[tuple[int, int]]:
    """From where to where each part goes: as many whole lines as fit."""
    start = 0
    while len(data) - start > most:
        least = max(start, start + most - pieces.MAX_LINE)
        window = b"".join(pieces.blocks(pieces.cut(data, least, start + most)))
        end = least + window.rfind(b"\n") + 1
        if end == least:
            raise BundleError(f"A line of {name} is longer than a part of it may be.", file=name)
        yield start, end
        start = end
    yield start, len(data)


def lines_of(name: str, data: Data) -> Iterator[bytes]:
    """A ``.jsonl`` file in runs of whole lines. Raises BundleError where that is not what it has."""
    try:
        yield from pieces.runs(data)
    except pieces.NoLine as found:
        if found.long:
            told = f"A line of {name} is longer than {pieces.MAX_LINE} bytes."
        else:
            told = f"The last line of {name} does not end with a newline."
        raise BundleError(told, file=name) from None


# Reading what anyone wrote


def small(name: str, data: Data, members: set[str]) -> dict[str, Any]:
    """The object in one of the bundle's own two files, which has these members and no others."""
    if len(data) > MAX_SMALL:
        raise BundleTooLarge(f"{name} is larger than {MAX_SMALL} bytes.", file=name)
    try:
        value = canonical.loads(bytes(data))
    except canonical.NotCanonical as error:
        raise BundleError(f"{name} was altered: {error}", file=name) from None
    if not isinstance(value, dict) or set(value) != members:
        raise BundleError(
            f"{name} was altered: it must have {', '.join(sorted(members))}, no more.", file=name
        )
    return value


def bad_manifest(why: str) -> BundleError:
    """What ``bundle.json`` is not."""
    return BundleError(f"{MANIFEST} is not that of a bundle: {why}.", file=MANIFEST)


def is_hash(value: object) -> bool:
    """Whether it is 64 lower-case hexadecimal digits."""
    return isinstance(value, str) and _HEX.fullmatch(value) is not None


def _is_count(value: object) -> bool:
    return type(value) is int and value >= 0
