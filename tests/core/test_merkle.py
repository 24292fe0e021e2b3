"""Merkle trees: the published vectors of Certificate Transparency, and the definition itself as oracle."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quire.core import merkle

LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def oracle_root(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962 §2.1, word for word."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    k = split(len(leaves))
    return hashlib.sha256(b"\x01" + oracle_root(leaves[:k]) + oracle_root(leaves[k:])).digest()


def oracle_path(m: int, leaves: list[bytes]) -> list[bytes]:
    """PATH of RFC 6962 §2.1.1, word for word."""
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if m < k:
        return [*oracle_path(m, leaves[:k]), oracle_root(leaves[k:])]
    return [*oracle_path(m - k, leaves[k:]), oracle_root(leaves[:k])]


def split(n: int) -> int:
    """The largest power of two smaller than n."""
    k = 1
    while 2 * k < n:
        k *= 2
    return k


@pytest.mark.parametrize("size", range(9))
def test_published_roots(size: int) -> None:
    leaves = LEAVES[:size]
    assert merkle.root(leaves).hex() == ROOTS[size]
    assert merkle.Tree(map(merkle.leaf_hash, leaves)).root.hex() == ROOTS[size]


def test_published_proof_of_the_sixth_leaf() -> None:
    proof = [step.hex() for step in merkle.inclusion_proof(LEAVES, 5)]
    assert proof == [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]


@pytest.mark.parametrize("size", [*range(1, 40), 63, 64, 65])
def test_roots_and_every_path_are_those_of_the_definition(size: int) -> None:
    leaves = [bytes([index]) * (index % 5) for index in range(size)]
    tree = merkle.Tree(map(merkle.leaf_hash, leaves))
    assert merkle.root(leaves) == tree.root == oracle_root(leaves)
    assert merkle.root_of_hashes([merkle.leaf_hash(leaf) for leaf in leaves]) == tree.root
    for index, leaf in enumerate(leaves):
        proof = tree.proof(index)
        assert proof == oracle_path(index, leaves) == merkle.inclusion_proof(leaves, index)
        assert merkle.verify_inclusion(leaf, index, size, proof, tree.root)


@settings(max_examples=200)
@given(st.data())
def test_a_proof_holds_for_its_own_leaf_place_and_root_only(data: st.DataObject) -> None:
    leaves = data.draw(st.lists(st.binary(max_size=4), min_size=1, max_size=40, unique=True))
    index = data.draw(st.integers(0, len(leaves) - 1))
    size, tree = len(leaves), merkle.Tree(map(merkle.leaf_hash, leaves))
    proof, leaf = tree.proof(index), leaves[index]
    assert merkle.verify_inclusion(leaf, index, size, proof, tree.root)
    assert not merkle.verify_inclusion(leaf + b"x", index, size, proof, tree.root)
    for other in range(-2, size + 2):
        if other != index:
            assert not merkle.verify_inclusion(leaf, other, size, proof, tree.root)
    assert not merkle.verify_inclusion(
        leaf, index, size, [*proof, proof[0] if proof else tree.root], tree.root
    )
    assert not merkle.verify_inclusion(leaf, index, size, proof, merkle.leaf_hash(tree.root))
    for at, step in enumerate(proof):
        assert not merkle.verify_inclusion(leaf, index, size, proof[:at] + proof[at + 1 :], tree.root)
        changed = bytes([step[0] ^ 1]) + step[1:]
        assert not merkle.verify_inclusion(
            leaf, index, size, [*proof[:at], changed, *proof[at + 1 :]], tree.root
        )
        assert not merkle.verify_inclusion(leaf, index, size, [*proof[:at], step[:-1]], tree.root)


def test_an_inner_node_is_no_leaf() -> None:
    inner = merkle.leaf_hash(LEAVES[0]) + merkle.leaf_hash(LEAVES[1])
    assert merkle.root([inner]) != merkle.root(LEAVES[:2])
    rest = merkle.inclusion_proof(LEAVES[:4], 0)[1:]
    assert not merkle.verify_inclusion(inner, 0, 2, rest, merkle.root(LEAVES[:4]))


def test_what_is_not_there_has_no_proof() -> None:
    tree = merkle.Tree(map(merkle.leaf_hash, LEAVES))
    for index in (-1, 8):
        with pytest.raises(IndexError):
            tree.proof(index)
    with pytest.raises(IndexError):
        merkle.inclusion_proof([], 0)
    assert not merkle.verify_inclusion(b"", 0, 0, [], merkle.EMPTY_ROOT)
    with pytest.raises(ValueError, match="32 bytes"):
        merkle.Tree([b"short"])


@settings(max_examples=60, deadline=None)
@given(sizes=st.lists(st.integers(0, 150), max_size=5), data=st.data())
def test_a_spine_has_the_root_and_the_proofs_of_the_whole_tree(sizes: list[int], data: st.DataObject) -> None:
    leaves = [str(number).encode() for number in range(sum(sizes))]
    spine, start = merkle.Spine(), 0
    for size in sizes:
        spine.add(leaves[start : start + size])
        start += size
        assert (spine.size, spine.root) == (start, merkle.root(leaves[:start]))
    for index in data.draw(st.sets(st.integers(0, max(0, len(leaves) - 1)), max_size=9)) if leaves else ():
        first = index // spine.GROUP * spine.GROUP
        told = spine.proof(index, leaves[first : first + spine.GROUP])
        assert told == merkle.inclusion_proof(leaves, index)
    for index in (-1, len(leaves)):
        with pytest.raises(IndexError):
            spine.proof(index, [])
