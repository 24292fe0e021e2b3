"""A distribution's published evidence: files, a list of their digests, and a signature over the list.

Owns the layout, finding every altered byte, and proofs that a line is in. Does not own what the files say:
nothing here knows money. How the files lie in a folder or zip is ``container``. Files may be longer than
memory: they are gone through, never held.

Layout. ``bundle.json`` (canonical JSON) lists every data file with its size, SHA-256 and Merkle root, and has
a root over that list. ``signature.json`` (canonical JSON) holds the public key and a compact JWS whose
payload is the ASCII text ``sha256:<hex>``, the digest of the bytes of ``bundle.json``: so the signature
covers all of it, ``about`` too, and stays small. Everything else is a data file that ``bundle.json`` lists.
How the list is written, and how a long file lies in parts, is ``manifest``.
"""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypedDict

from quire.core import canonical, container, manifest, merkle, pieces, tokens
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
from quire.core.manifest import FORMAT, IN_PARTS, MANIFEST, MAX_SMALL, SIGNATURE, Entry, Manifest
from quire.core.pieces import Data, Pieces

__all__ = [
    "FORMAT",
    "IN_PARTS",
    "LIMITS",
    "MANIFEST",
    "MAX_SMALL",
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

TYP = "quire-bundle+jws"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong with a bundle: the file it is in, and a sentence a person can act on."""

    file: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Bundle:
    """Every file of a bundle as found. Trust nothing in it until ``check`` finds nothing."""

    contents: Mapping[str, Data] = field(repr=False)
    _places: dict[str, _Places] = field(default_factory=dict, repr=False, compare=False)

    @property
    def manifest(self) -> Manifest:
        """What ``bundle.json`` says, unchecked. Raises BundleError if it cannot be read."""
        return Manifest.parse(self._found(MANIFEST))

    def __getitem__(self, name: str) -> Data:
        """A data file that the manifest lists, its parts one after the other. Raises BundleError if unlisted
        or missing."""
        entry = self.manifest.files.get(name)
        if entry is None:
            raise BundleError(f"{shown(name)} is not listed in {MANIFEST}.", file=name)
        return Pieces(map(self._found, entry.files)) if entry.parts else self._found(name)

    def records(self, name: str) -> Iterator[tuple[int, dict[str, Any]]]:
        """Line number (from 1) and object of every line of a ``.jsonl`` file. Raises BundleError."""
        try:
            yield from canonical.read_lines(self[name])
        except canonical.NotCanonical as error:
            raise BundleError(f"{name}: {error}", file=name, **error.data) from None

    def _found(self, name: str) -> Data:
        if name not in self.contents:
            raise BundleError(f"{name} is missing from the bundle.", file=name)
        return self.contents[name]


def build(
    files: Mapping[str, Data],
    about: Mapping[str, Any],
    key: tokens.SigningKey,
    passed: container.Passed = container.unheard,
) -> dict[str, Data]:
    """Every file of the bundle, by name, sorted: the given ones, ``bundle.json`` and ``signature.json``. A
    ``.jsonl`` file of more than ``manifest.PART`` bytes is given in parts.

    The same input gives the same bytes (Ed25519 is deterministic). ``passed`` hears of bytes gone through.
    Raises BundleError for a name that ``container.is_name`` refuses, for ``.jsonl`` whose last line does not
    end, and for too much; NotCanonical if ``about`` is not canonical data.
    """
    for name in (MANIFEST, SIGNATURE):
        if name in files:
            raise BundleError(f"{name} is made by the bundle itself: give the file another name.", file=name)
    several = manifest.in_parts(files, manifest.PART)
    built = {name: data for each in several for name, data in manifest.laid(each, several[each])}
    container.refuse(built)
    entries = {name: Entry.of(name, several[name], passed) for name in sorted(files)}
    listed = Manifest(about, entries, manifest.list_root(entries.values()))
    listed.in_folder()
    told = listed.dumps()
    if len(told) > MAX_SMALL:
        raise BundleTooLarge(
            f"{MANIFEST} would be larger than {MAX_SMALL} bytes: say less in about.", file=MANIFEST
        )
    jws = key.sign(canonical.digest(told).encode("ascii"), TYP, tokens.ALG)
    built |= {MANIFEST: told, SIGNATURE: canonical.dumps({"jws": jws, "key": key.public_jwk()})}
    container.refuse(built)
    return {name: built[name] for name in sorted(built)}


def read(path: str | os.PathLike[str], limits: Limits = LIMITS) -> Bundle:
    """The bundle in a folder or zip, unchecked: ask ``check`` what is wrong with it. What is long stays where
    it lies, and must stay as it is while the bundle is used: else FileChanged.

    Raises BundleError for what cannot be read safely, or is no bundle: see ``container.read``. Missing files,
    and plain files that the manifest does not list, are left for ``check`` to name.
    """
    contents = container.read(path, limits)
    if MANIFEST not in contents:
        raise BundleError(
            f"There is no {MANIFEST}: this is not a bundle, or not the whole of one.", file=MANIFEST
        )
    own = {name: contents[name] for name in (MANIFEST, SIGNATURE) if name in contents}
    return Bundle(contents | {name: bytes(data) for name, data in own.items() if len(data) <= MAX_SMALL})


def check(bundle: Bundle, keys: tokens.KeySet | None) -> list[Finding]:
    """Everything that keeps this bundle from being what the owner of a trusted key signed; empty if nothing.

    Every file that is altered, missing or unlisted is named. ``keys`` are the keys the reader trusts; without
    any, a bundle that is sound in itself still has one finding: nobody known has signed it. Raises nothing.
    """
    findings = []
    with suppress(BundleError):
        try:
            findings += _check_files(bundle, bundle.manifest)
        except pieces.FileChanged as changed:
            findings.append(Finding(changed.data["file"], changed.sentence))
    return findings + check_manifest(bundle.contents, keys)


def check_manifest(contents: Mapping[str, Data], keys: tokens.KeySet | None) -> list[Finding]:
    """What is wrong with ``bundle.json`` and its signature alone; the files it lists need not be there."""
    findings = []
    try:
        found = Bundle(contents).manifest
    except QuireError as error:
        findings.append(Finding(MANIFEST, error.sentence))
    else:
        if manifest.list_root(found.files.values()) != found.root:
            findings.append(Finding(MANIFEST, f"{MANIFEST} was altered: its root is not that of its files."))
    return findings + _check_signature(contents, keys or tokens.KeySet())


def _check_files(bundle: Bundle, listed: Manifest) -> list[Finding]:
    contents, wanted = bundle.contents, listed.in_folder()
    findings = []
    for name in sorted({*contents, *wanted} - {MANIFEST, SIGNATURE}):
        if name not in contents:
            findings.append(Finding(name, f"{name} is missing: {MANIFEST} lists it."))
        elif name not in wanted:
            findings.append(Finding(name, f"{shown(name)} is not listed in {MANIFEST}: it was added later."))
        elif name == wanted[name].files[0] and {*wanted[name].files} <= {*contents}:
            findings += _check_file(wanted[name], [contents[each] for each in wanted[name].files])
    return findings


def _check_file(entry: Entry, several: Sequence[Data]) -> list[Finding]:
    """What is wrong with a file, or with the parts it lies in: each by its name in the folder."""
    try:
        found: Entry | BundleError = Entry.of(entry.name, several)
    except BundleError as error:
        found = error
    if not isinstance(found, Entry) or (found.size, found.sha256) != (entry.size, entry.sha256):
        stated = [(one.size, one.sha256) for one in entry.parts] or [(entry.size, entry.sha256)]
        altered = [
            name
            for name, data, told in zip(entry.files, several, stated, strict=True)
            if (len(data), pieces.digest(data)) != told
        ]
        if altered:
            sentence = "is not the file that bundle.json lists: one of the two was altered."
            return [Finding(name, f"{name} {sentence}") for name in altered]
    if not isinstance(found, Entry):
        return [Finding(entry.files[0], found.sentence)]
    if found != entry:
        told = f"{MANIFEST} gives other lines or another root for {entry.name} than the file has."
        return [Finding(MANIFEST, told)]
    return []


def _check_signature(contents: Mapping[str, Data], trusted: tokens.KeySet) -> list[Finding]:
    try:
        if SIGNATURE not in contents:
            raise BundleError(f"{SIGNATURE} is missing: nobody has signed this bundle.")
        value = manifest.small(SIGNATURE, contents[SIGNATURE], {"jws", "key"})
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
    """The proof that line ``index`` (from 0) is in a ``.jsonl`` file. The first of a file hashes all of it.

    Raises BundleError if the file is not listed, is not ``.jsonl``, was altered, or has no such line.
    """
    places = bundle._places.get(name)
    if places is None:
        places = bundle._places[name] = _places(bundle, name)
    size = places.spine.size
    if not 0 <= index < size:
        raise BundleError(f"{name} has {size} lines, counted from 0: there is no line {index}.", file=name)
    steps = [step.hex() for step in places.proof(index)]
    return LineProof(file=name, index=index, size=size, proof=steps, root=places.root)


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
    if not isinstance(root, str) or not all(manifest.is_hash(step) for step in [root, *steps]):
        return False
    path = [bytes.fromhex(step) for step in steps]
    return merkle.verify_inclusion(line, index, size, path, bytes.fromhex(root))


def _places(bundle: Bundle, name: str) -> _Places:
    data = bundle[name]
    if not name.endswith(".jsonl"):
        raise BundleError(f"{name} has no lines to prove: only .jsonl files do.", file=name)
    found = _Places(name, data)
    if found.root != bundle.manifest.files[name].root:
        raise BundleError(
            f"{name} is not the file that {MANIFEST} lists: nothing can be proved of it.", file=name
        )
    return found


class _Places:
    """Where the lines of a file are, a group of ``merkle.Spine`` at a time, and what proves each of them."""

    def __init__(self, name: str, data: Data) -> None:
        self.data, self.spine = data, merkle.Spine()
        self._starts = array("Q")
        self._last: tuple[int, list[bytes]] = (-1, [])
        at = 0
        for run in manifest.lines_of(name, data):
            leaves = run.split(b"\n")[:-1]
            self._note(leaves, at)
            self.spine.add(leaves)
            at += len(run)
        self._starts.append(at)
        self.root = self.spine.root.hex()

    def _note(self, leaves: Sequence[bytes], at: int) -> None:
        """Keep the place of every leaf that begins a group."""
        first = -self.spine.size % merkle.Spine.GROUP
        place = 0
        for number in range(first, len(leaves), merkle.Spine.GROUP):
            at += sum(map(len, leaves[place:number])) + number - place
            place = number
            self._starts.append(at)

    def proof(self, index: int) -> list[bytes]:
        """The audit path of a line. Raises IndexError."""
        group = index // merkle.Spine.GROUP
        if group != self._last[0] and 0 <= index < self.spine.size:
            some = pieces.cut(self.data, self._starts[group], self._starts[group + 1])
            self._last = (group, bytes(some).split(b"\n")[:-1])
        return self.spine.proof(index, self._last[1])
