"""Merkle trees as RFC 6962 §2.1 hashes them: one root for many lines, and short proofs that a line is in it.

Leaves and inner nodes are hashed with different first bytes, so that neither can be passed off as the other.
All hashes are 32 bytes of SHA-256; an index counts from 0.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

HASH_SIZE = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(leaf: bytes) -> bytes:
    """SHA-256 of 0x00 and the leaf's data."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256 of 0x01 and the hashes of both children."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(leaves: Iterable[bytes]) -> bytes:
    """The root over leaf data, in order; of no leaves, SHA-256 of nothing. Keeps only log2(n) hashes."""
    return root_of_hashes(map(leaf_hash, leaves))


def root_of_hashes(hashes: Iterable[bytes]) -> bytes:
    """The root over leaf hashes, in order, when the data has been hashed with ``leaf_hash`` already."""
    # The stack holds the perfect subtrees so far, the widest first: one per bit set in the count.
    stack: list[bytes] = []
    for count, node in enumerate(hashes):
        while count & 1:
            node = node_hash(stack.pop(), node)
            count >>= 1
        stack.append(node)
    if not stack:
        return EMPTY_ROOT
    node = stack.pop()
    while stack:
        node = node_hash(stack.pop(), node)
    return node


def inclusion_proof(leaves: Iterable[bytes], index: int) -> list[bytes]:
    """The audit path (RFC 6962 §2.1.1) of the leaf at ``index``, lowest level first.

    Raises IndexError. For more than one proof build one ``Tree``.
    """
    return Tree(map(leaf_hash, leaves)).proof(index)


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether ``proof`` shows that ``leaf`` (its data) is at ``index`` of the ``size`` leaves under ``root``.

    Walks up as RFC 9162 §2.1.3.2 does. Anything ill-formed is simply not a proof: False, never an error.
    """
    if not 0 <= index < size or any(len(step) != HASH_SIZE for step in proof):
        return False
    node, place, last = leaf_hash(leaf), index, size - 1
    for step in proof:
        if last == 0:
            return False
        if place & 1 or place == last:
            node = node_hash(step, node)
            # A node without a sibling goes up as it is, so levels are passed over until it has one.
            while not place & 1 and place:
                place >>= 1
                last >>= 1
        else:
            node = node_hash(node, step)
        place >>= 1
        last >>= 1
    return last == 0 and node == root


class Tree:
    """Every level of one tree, so that each proof costs log2(n) look-ups. About 64 bytes a leaf.

    Takes leaf hashes (``map(leaf_hash, leaves)``), in order.
    """

    __slots__ = ("_levels", "size")

    size: int

    def __init__(self, hashes: Iterable[bytes]) -> None:
        level = b"".join(hashes)
        if len(level) % HASH_SIZE:
            raise ValueError("a leaf hash is 32 bytes of SHA-256")
        self.size = len(level) // HASH_SIZE
        self._levels = [level]
        while len(level) > HASH_SIZE:
            level = _level_above(level)
            self._levels.append(level)

    @property
    def root(self) -> bytes:
        """The root of all leaves."""
        return self._levels[-1] or EMPTY_ROOT

    def proof(self, index: int) -> list[bytes]:
        """The audit path of the leaf at ``index``, lowest level first. Raises IndexError."""
        if not 0 <= index < self.size:
            raise IndexError(f"leaf {index} of {self.size}")
        path = []
        for level in self._levels[:-1]:
            start = (index ^ 1) * HASH_SIZE
            # The last node of an odd level has no sibling there; the path says nothing about that level.
            if start < len(level):
                path.append(level[start : start + HASH_SIZE])
            index >>= 1
        return path


def _level_above(level: bytes) -> bytes:
    pair = 2 * HASH_SIZE
    whole = len(level) // pair * pair
    sha256 = hashlib.sha256
    above = [sha256(b"\x01" + level[at : at + pair]).digest() for at in range(0, whole, pair)]
    above.append(level[whole:])
    return b"".join(above)


class Spine:
    """The root of lines that come one run after the other, and what the proof of any of them needs beside
    the ``GROUP`` lines around it: half a byte a line.
    """

    __slots__ = ("_above", "_groups", "_waiting", "size")

    GROUP = 64
    """Leaves that stand together: the groups' roots are nodes of the tree of all leaves."""

    size: int

    def __init__(self) -> None:
        self.size = 0
        self._groups = bytearray()
        self._waiting: list[bytes] = []
        self._above: Tree | None = None

    def add(self, leaves: Iterable[bytes]) -> None:
        """Take more leaves (their data), in order."""
        sha256, waiting = hashlib.sha256, self._waiting
        waiting += [sha256(b"\x00" + leaf).digest() for leaf in leaves]
        whole = len(waiting) // self.GROUP * self.GROUP
        for start in range(0, whole, self.GROUP):
            self._groups += _root_of(waiting[start : start + self.GROUP])
        del waiting[:whole]
        self.size = len(self._groups) // HASH_SIZE * self.GROUP + len(waiting)
        self._above = None

    @property
    def root(self) -> bytes:
        """The root of all leaves so far."""
        return self._tree().root

    def proof(self, index: int, group: Sequence[bytes]) -> list[bytes]:
        """The audit path of the leaf at ``index``, lowest level first. ``group`` is the data of the leaves
        from ``index // GROUP * GROUP`` on, ``GROUP`` of them or as many as there are. Raises IndexError."""
        if not 0 <= index < self.size:
            raise IndexError(f"leaf {index} of {self.size}")
        place, within = divmod(index, self.GROUP)
        return Tree(map(leaf_hash, group)).proof(within) + self._tree().proof(place)

    def _tree(self) -> Tree:
        """The tree above the groups; the last of them may be small, and goes up as it is."""
        if self._above is None:
            last = [_root_of(self._waiting)] if self._waiting else []
            self._above = Tree([bytes(self._groups), *last])
        return self._above


def _root_of(hashes: Sequence[bytes]) -> bytes:
    """The root over some leaf hashes, level by level."""
    level = b"".join(hashes)
    while len(level) > HASH_SIZE:
        level = _level_above(level)
    return level
