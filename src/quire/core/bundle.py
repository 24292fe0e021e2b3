"""A distribution's published evidence: files, a list of their digests, and a signature over the list.

Owns the layout, finding every altered byte, and proofs that a line is in. Does not own what the files say:
nothing here knows money. How the files lie in a folder or zip is ``container``.

Layout. ``bundle.json`` (canonical JSON) lists every data file with its size, SHA-256 and Merkle root, and has
a root over that list. ``signature.json`` (canonical JSON) holds the public key and a compact JWS whose
payload is the ASCII text ``sha256:<hex>``, the digest of the bytes of ``bundle.json``: so the signature
covers all of it, ``about`` too, and stays small. Everything else is a data file that ``bundle.json`` lists.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Self, TypedDict

from quire.core import canonical, container, merkle, tokens
from quire.core.container import (
    LIMITS,
    BundleError,
    BundleExists,
    BundleTooLarge,
    Limits,
    shown,
    write_folder,
    write_zip,
)
from quire.core.errors import QuireError

__all__ = [
    "FORMAT",
    "LIMITS",
    "MANIFEST",
    "SIGNATURE",
    "TYP",
    "Bundle",
    "BundleError",
    "BundleExists",
    "BundleTooLarge",
    "Entry",
    "Finding",
    "Limits",
    "LineProof",
    "Manifest",
    "build",
    "check",
    "check_manifest",
    "line_proof",
    "read",
    "verify_line_proof",
    "write_folder",
    "write_zip",
]

FORMAT = "quire-bundle/1"
MANIFEST = "bundle.json"
SIGNATURE = "signature.json"
TYP = "quire-bundle+jws"

MAX_SMALL = 1 << 20
"""Bytes of ``bundle.json`` and of ``signature.json``, which are parsed before anything is known of them."""

_HEX = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong with a bundle: the file it is in, and a sentence a person can act on."""

    file: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Entry:
    """What ``bundle.json`` says of one data file. ``sha256`` and ``root`` are hexadecimal, ``size`` is bytes.

    ``root`` is the RFC 6962 root over the lines without their newline for ``.jsonl`` (``lines`` counts them),
    over the whole file as the only leaf for any other (``lines`` is None).
    """

    name: str
    size: int
    sha256: str
    lines: int | None
    root: str

    @classmethod
    def of(cls, name: str, data: canonical.Data) -> Self:
        """Describe a file's bytes. Raises BundleError for ``.jsonl`` whose last line does not end."""
        digest = hashlib.sha256(data).hexdigest()
        if not name.endswith(".jsonl"):
            return cls(name, len(data), digest, None, merkle.root((bytes(data),)).hex())
        seen = count()
        leaves = (line for line, _ in zip(_lines(name, data), seen, strict=False))
        root = merkle.root(leaves).hex()
        return cls(name, len(data), digest, next(seen), root)

    @classmethod
    def parse(cls, value: Any) -> Self:
        """From the parsed JSON of anyone. Raises BundleError."""
        if not isinstance(value, dict) or set(value) != {"name", "bytes", "sha256", "lines", "root"}:
            raise _bad_manifest("an entry of its files must have name, bytes, sha256, lines and root")
        name, lines = value["name"], value["lines"]
        if not container.is_name(name) or name in (MANIFEST, SIGNATURE):
            raise _bad_manifest(f"{shown(name)} is not a name a data file may have")
        if not _is_hash(value["sha256"]) or not _is_hash(value["root"]):
            raise _bad_manifest(f"sha256 and root of {name} must be 64 hexadecimal digits")
        counted = _is_count(lines) if name.endswith(".jsonl") else lines is None
        if not counted or not _is_count(value["bytes"]):
            raise _bad_manifest(f"bytes and lines of {name} must be counts, lines null unless it is .jsonl")
        return cls(name, value["bytes"], value["sha256"], lines, value["root"])

    def record(self) -> dict[str, Any]:
        """As it stands in ``bundle.json``."""
        return {
            "name": self.name,
            "bytes": self.size,
            "sha256": self.sha256,
            "lines": self.lines,
            "root": self.root,
        }


@dataclass(frozen=True, slots=True)
class Manifest:
    """What ``bundle.json`` says: the caller's ``about``, the files by name, and a root over the list."""

    about: Mapping[str, Any]
    files: Mapping[str, Entry]
    root: str

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """From the bytes of anyone's ``bundle.json``. Raises BundleError. Does not compare the root."""
        value = _small(MANIFEST, data, {"format", "about", "files", "root"})
        about, listed = value["about"], value["files"]
        if value["format"] != FORMAT:
            raise _bad_manifest(f"its format is not {FORMAT}, the one this version reads")
        if not isinstance(about, dict) or not isinstance(listed, list):
            raise _bad_manifest("about must be an object and files a list")
        if not _is_hash(value["root"]):
            raise _bad_manifest("its root must be 64 hexadecimal digits")
        entries = [Entry.parse(each) for each in listed]
        names = [entry.name for entry in entries]
        if names != sorted(set(names)):
            raise _bad_manifest("its files must be sorted by name, each once")
        return cls(about, {entry.name: entry for entry in entries}, value["root"])

    def dumps(self) -> bytes:
        """The bytes of ``bundle.json``. Raises NotCanonical if ``about`` is not canonical data."""
        files = [entry.record() for entry in self.files.values()]
        return canonical.dumps(
            {"format": FORMAT, "about": dict(self.about), "files": files, "root": self.root}
        )


@dataclass(frozen=True, slots=True)
class Bundle:
    """Every file of a bundle as found, in memory. Trust nothing in it until ``check`` finds nothing."""

    contents: Mapping[str, bytes] = field(repr=False)
    _trees: dict[str, merkle.Tree] = field(default_factory=dict, repr=False, compare=False)

    @property
    def manifest(self) -> Manifest:
        """What ``bundle.json`` says, unchecked. Raises BundleError if it cannot be read."""
        return Manifest.parse(self._found(MANIFEST))

    def __getitem__(self, name: str) -> bytes:
        """The bytes of a data file that the manifest lists. Raises BundleError if unlisted or missing."""
        if name not in self.manifest.files:
            raise BundleError(f"{shown(name)} is not listed in {MANIFEST}.", file=name)
        return self._found(name)

    def records(self, name: str) -> Iterator[tuple[int, dict[str, Any]]]:
        """Line number (from 1) and object of every line of a ``.jsonl`` file. Raises BundleError."""
        try:
            yield from canonical.read_lines(self[name])
        except canonical.NotCanonical as error:
            raise BundleError(f"{name}: {error}", file=name, **error.data) from None

    def _found(self, name: str) -> bytes:
        if name not in self.contents:
            raise BundleError(f"{name} is missing from the bundle.", file=name)
        return self.contents[name]


def build(
    files: Mapping[str, canonical.Data], about: Mapping[str, Any], key: tokens.SigningKey
) -> dict[str, canonical.Data]:
    """Every file of the bundle, by name, sorted: the given ones, ``bundle.json`` and ``signature.json``.

    The same input gives the same bytes (Ed25519 is deterministic). Raises BundleError for a name that
    ``container.is_name`` refuses, for ``.jsonl`` whose last line does not end, and for too much;
    NotCanonical if ``about`` is not canonical data.
    """
    for name in (MANIFEST, SIGNATURE):
        if name in files:
            raise BundleError(f"{name} is made by the bundle itself: give the file another name.", file=name)
    container.refuse(files)
    entries = {name: Entry.of(name, files[name]) for name in sorted(files)}
    manifest = Manifest(about, entries, _list_root(entries.values())).dumps()
    if len(manifest) > MAX_SMALL:
        raise BundleTooLarge(
            f"{MANIFEST} would be larger than {MAX_SMALL} bytes: say less in about.", file=MANIFEST
        )
    jws = key.sign(canonical.digest(manifest).encode("ascii"), TYP, tokens.ALG)
    signature = canonical.dumps({"jws": jws, "key": key.public_jwk()})
    built: dict[str, canonical.Data] = {**files, MANIFEST: manifest, SIGNATURE: signature}
    container.refuse(built)
    return {name: built[name] for name in sorted(built)}


def read(path: str | os.PathLike[str], limits: Limits = LIMITS) -> Bundle:
    """The bundle in a folder or zip, all of it in memory, unchecked: ask ``check`` what is wrong with it.

    Raises BundleError for what cannot be read safely, or is no bundle: see ``container.read``. Missing files,
    and plain files that the manifest does not list, are left for ``check`` to name.
    """
    contents = container.read(path, limits)
    if MANIFEST not in contents:
        raise BundleError(
            f"There is no {MANIFEST}: this is not a bundle, or not the whole of one.", file=MANIFEST
        )
    return Bundle(contents)


def check(bundle: Bundle, keys: tokens.KeySet | None) -> list[Finding]:
    """Everything that keeps this bundle from being what the owner of a trusted key signed; empty if nothing.

    Every file that is altered, missing or unlisted is named. ``keys`` are the keys the reader trusts; without
    any, a bundle that is sound in itself still has one finding: nobody known has signed it. Raises nothing.
    """
    findings = []
    with suppress(BundleError):
        findings += _check_files(bundle.contents, bundle.manifest)
    return findings + check_manifest(bundle.contents, keys)


def check_manifest(contents: Mapping[str, bytes], keys: tokens.KeySet | None) -> list[Finding]:
    """What is wrong with ``bundle.json`` and its signature alone; the files it lists need not be there."""
    findings = []
    try:
        manifest = Bundle(contents).manifest
    except BundleError as error:
        findings.append(Finding(MANIFEST, error.sentence))
    else:
        if _list_root(manifest.files.values()) != manifest.root:
            findings.append(Finding(MANIFEST, f"{MANIFEST} was altered: its root is not that of its files."))
    return findings + _check_signature(contents, keys or tokens.KeySet())


def _check_files(contents: Mapping[str, bytes], manifest: Manifest) -> list[Finding]:
    findings = []
    for name in sorted({*contents, *manifest.files} - {MANIFEST, SIGNATURE}):
        if name not in contents:
            findings.append(Finding(name, f"{name} is missing: {MANIFEST} lists it."))
        elif name not in manifest.files:
            findings.append(Finding(name, f"{shown(name)} is not listed in {MANIFEST}: it was added later."))
        else:
            findings += _check_file(manifest.files[name], contents[name])
    return findings


def _check_file(entry: Entry, data: bytes) -> list[Finding]:
    name = entry.name
    if (len(data), hashlib.sha256(data).hexdigest()) != (entry.size, entry.sha256):
        sentence = f"{name} is not the file that {MANIFEST} lists: one of the two was altered."
        return [Finding(name, sentence)]
    try:
        described = Entry.of(name, data)
    except BundleError as error:
        return [Finding(name, error.sentence)]
    if described != entry:
        return [
            Finding(MANIFEST, f"{MANIFEST} gives other lines or another root for {name} than the file has.")
        ]
    return []


def _check_signature(contents: Mapping[str, bytes], trusted: tokens.KeySet) -> list[Finding]:
    try:
        if SIGNATURE not in contents:
            raise BundleError(f"{SIGNATURE} is missing: nobody has signed this bundle.")
        value = _small(SIGNATURE, contents[SIGNATURE], {"jws", "key"})
        key = tokens.PublicKey.from_jwk(value["key"])
        if key.jwk() != value["key"]:
            raise BundleError(f"{SIGNATURE} was altered: its key is not written as a bundle's key is.")
        signed = tokens.verify(value["jws"], tokens.KeySet({key.kid: key}), TYP)
    except QuireError as error:
        return [Finding(SIGNATURE, error.sentence)]
    findings = []
    # A manifest that is missing has been found already.
    if signed != canonical.digest(contents.get(MANIFEST, b"")).encode("ascii"):
        findings.append(Finding(MANIFEST, f"{MANIFEST} is not what was signed: it was altered."))
    if key.kid not in trusted:
        sentence = (
            f"This bundle is signed by key {key.kid}, which you have not said you trust: give it with --key."
        )
        findings.append(Finding(SIGNATURE, sentence))
    return findings


class LineProof(TypedDict):
    """That a line is in a file. ``index`` is from 0, ``size`` the number of lines, hashes are hexadecimal."""

    file: str
    index: int
    size: int
    proof: list[str]
    root: str


def line_proof(bundle: Bundle, name: str, index: int) -> LineProof:
    """The proof that line ``index`` (from 0) is in a ``.jsonl`` file. The first of a file hashes it once.

    Raises BundleError if the file is not listed, is not ``.jsonl``, was altered, or has no such line.
    """
    tree = bundle._trees.get(name)
    if tree is None:
        tree = bundle._trees[name] = _tree(bundle, name)
    if not 0 <= index < tree.size:
        raise BundleError(
            f"{name} has {tree.size} lines, counted from 0: there is no line {index}.", file=name
        )
    steps = [step.hex() for step in tree.proof(index)]
    return LineProof(file=name, index=index, size=tree.size, proof=steps, root=tree.root.hex())


def verify_line_proof(line: bytes, proof: Mapping[str, Any]) -> bool:
    """Whether ``proof``, from anyone, shows that ``line`` (without its newline) is under ``proof["root"]``.

    The root must come from a bundle one has checked: compare it with ``manifest.files[name].root``. Anything
    ill-formed is no proof: False, never an error.
    """
    if not isinstance(proof, Mapping):
        return False
    index, size = proof.get("index"), proof.get("size")
    steps, root = proof.get("proof"), proof.get("root")
    if type(index) is not int or type(size) is not int or not isinstance(steps, list):
        return False
    if not isinstance(root, str) or not all(_is_hash(step) for step in [root, *steps]):
        return False
    path = [bytes.fromhex(step) for step in steps]
    return merkle.verify_inclusion(line, index, size, path, bytes.fromhex(root))


def _tree(bundle: Bundle, name: str) -> merkle.Tree:
    data = bundle[name]
    if not name.endswith(".jsonl"):
        raise BundleError(f"{name} has no lines to prove: only .jsonl files do.", file=name)
    tree = merkle.Tree(map(merkle.leaf_hash, _lines(name, data)))
    if tree.root.hex() != bundle.manifest.files[name].root:
        raise BundleError(
            f"{name} is not the file that {MANIFEST} lists: nothing can be proved of it.", file=name
        )
    return tree


def _lines(name: str, data: canonical.Data) -> Iterator[bytes]:
    """Every line without its newline, which each must have."""
    if data[-1:] not in (b"", b"\n"):
        raise BundleError(f"The last line of {name} does not end with a newline.", file=name)
    start = 0
    while start < len(data):
        end = data.find(b"\n", start)
        yield data[start:end]
        start = end + 1


def _list_root(entries: Iterable[Entry]) -> str:
    """Hexadecimal RFC 6962 root whose leaves are the canonical JSON of the entries, in order of name."""
    return merkle.root(canonical.dumps(entry.record()) for entry in entries).hex()


def _small(name: str, data: bytes, members: set[str]) -> dict[str, Any]:
    """The object in one of the bundle's own two files, which has these members and no others."""
    if len(data) > MAX_SMALL:
        raise BundleTooLarge(f"{name} is larger than {MAX_SMALL} bytes.", file=name)
    try:
        value = canonical.loads(data)
    except canonical.NotCanonical as error:
        raise BundleError(f"{name} was altered: {error}", file=name) from None
    if not isinstance(value, dict) or set(value) != members:
        raise BundleError(
            f"{name} was altered: it must have {', '.join(sorted(members))}, no more.", file=name
        )
    return value


def _bad_manifest(why: str) -> BundleError:
    return BundleError(f"{MANIFEST} is not that of a bundle: {why}.", file=MANIFEST)


def _is_hash(value: object) -> bool:
    return isinstance(value, str) and _HEX.fullmatch(value) is not None


def _is_count(value: object) -> bool:
    return type(value) is int and value >= 0
