"""Bundles: one changed byte anywhere is found and named, and an enemy's bundle is only ever refused."""

from __future__ import annotations

import hashlib
import os
import stat
import threading
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quire.core import bundle, canonical, container, merkle, tokens
from quire.core.bundle import MANIFEST, SIGNATURE, Bundle, BundleError, BundleExists, BundleTooLarge
from quire.core.errors import Invalid
from tests.core.bundles import (
    ABOUT,
    BUILT,
    FILES,
    KEY,
    KEYS,
    NAMES,
    WRITE,
    findings_of,
    named,
    odd,
    slow_folder,
    zipped,
)


@pytest.fixture(params=["folder", "zip"])
def published(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / f"bundle.{request.param}"
    WRITE[request.param](path, BUILT)
    return path


# --- what is built ---


def test_a_bundle_is_the_same_whatever_the_order_and_is_clean() -> None:
    assert list(BUILT) == NAMES
    assert bundle.build(dict(reversed(FILES.items())), dict(reversed(ABOUT.items())), KEY) == BUILT
    assert bundle.check(Bundle(BUILT), KEYS) == []


def test_the_manifest_says_what_an_auditor_can_compute_by_hand() -> None:
    manifest = canonical.loads(BUILT[MANIFEST])
    assert manifest["format"] == "quire-bundle/1"
    assert manifest["about"] == ABOUT
    assert [each["name"] for each in manifest["files"]] == sorted(FILES)
    for each in manifest["files"]:
        data = FILES[each["name"]]
        jsonl = each["name"].endswith(".jsonl")
        leaves = data.split(b"\n")[:-1] if jsonl else [data]
        assert each == {
            "name": each["name"],
            "bytes": len(data),
            "sha256": hashlib.sha256(data).hexdigest(),
            "lines": len(leaves) if jsonl else None,
            "root": merkle.root(leaves).hex(),
        }
    assert manifest["root"] == merkle.root([canonical.dumps(each) for each in manifest["files"]]).hex()
    signature = canonical.loads(BUILT[SIGNATURE])
    payload = tokens.verify(signature["jws"], KEYS, "quire-bundle+jws")
    assert payload.decode() == "sha256:" + hashlib.sha256(BUILT[MANIFEST]).hexdigest()
    assert signature["key"] == KEY.public_jwk()


HARMFUL = [
    "",
    ".",
    "..",
    "../a",
    "/a",
    "a/b",
    "a\\b",
    "A",
    ".a",
    "-a",
    "a b",
    "é",
    "a\n",
    "a\0",
    "c:",
    "x" * 101,
]


@pytest.mark.parametrize("name", [*HARMFUL, MANIFEST, SIGNATURE])
def test_a_name_that_could_do_harm_is_refused_when_building(name: str) -> None:
    with pytest.raises(BundleError) as caught:
        bundle.build({name: b""}, {}, KEY)
    assert caught.value.data["file"] == name


def test_what_cannot_be_described_is_refused_when_building() -> None:
    with pytest.raises(BundleError, match="newline"):
        bundle.build({"a.jsonl": b"{}"}, {}, KEY)
    with pytest.raises(canonical.NotCanonical):
        bundle.build({}, {"rate": 0.15}, KEY)
    with pytest.raises(BundleTooLarge):
        bundle.build({}, {"text": "x" * bundle.MAX_SMALL}, KEY)
    with pytest.raises(BundleTooLarge):
        bundle.build({f"f{n}": b"" for n in range(bundle.LIMITS.files)}, {}, KEY)


def test_what_was_published_is_read_again(published: Path) -> None:
    read = bundle.read(published)
    assert read.contents == BUILT
    assert bundle.check(read, KEYS) == []
    assert read["plan.toml"] == FILES["plan.toml"]
    assert list(read.records("lines.jsonl"))[1] == (2, {"member": "mem_1", "amount": "1.5"})
    assert dict(read.manifest.about) == ABOUT
    assert os.listdir(published.parent) == [published.name]
    assert b"mem_1" not in repr(read).encode()


def test_the_zip_is_one_sequence_of_bytes_that_other_programs_open(tmp_path: Path) -> None:
    bundle.write_zip(tmp_path / "one.zip", BUILT)
    bundle.write_zip(tmp_path / "two.zip", dict(reversed(BUILT.items())))
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.zip") as opened:
        assert opened.testzip() is None
        assert {info.filename: opened.read(info) for info in opened.infolist()} == BUILT
        assert {info.date_time for info in opened.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {stat.filemode(info.external_attr >> 16) for info in opened.infolist()} == {"-rw-r--r--"}


# --- publishing ---


@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_publishing_again_is_fine_and_overwriting_is_not(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "published"
    WRITE[kind](path, BUILT)
    WRITE[kind](path, BUILT)
    other = bundle.build({**FILES, "plan.toml": b"other"}, ABOUT, KEY)
    for each in WRITE.values():
        with pytest.raises(BundleExists):
            each(path, other)
    with pytest.raises(BundleExists):
        WRITE["zip" if kind == "folder" else "folder"](path, BUILT)
    assert bundle.read(path).contents == BUILT
    assert os.listdir(tmp_path) == ["published"]


@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_what_lies_in_the_way_stays_untouched(kind: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"mine")
    (tmp_path / "folder").mkdir()
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    for name in ("file", "folder", "dangling"):
        with pytest.raises(BundleExists):
            WRITE[kind](tmp_path / name, BUILT)
    assert (tmp_path / "file").read_bytes() == b"mine"
    assert sorted(os.listdir(tmp_path)) == ["dangling", "file", "folder"]
    with pytest.raises(BundleError, match="No such file"):
        WRITE[kind](tmp_path / "missing" / "bundle", BUILT)
    with pytest.raises(BundleError):
        WRITE[kind](tmp_path / "new", {"../escape": b""})
    assert sorted(os.listdir(tmp_path)) == ["dangling", "file", "folder"]


@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_of_many_writers_of_different_bundles_exactly_one_wins(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "published"
    bundles = [bundle.build({"a.txt": bytes([n])}, {}, KEY) for n in range(6)]
    start = threading.Barrier(len(bundles))
    won: list[int] = []

    def publish(number: int) -> None:
        start.wait()
        try:
            WRITE[kind](path, bundles[number])
        except BundleExists:
            return
        won.append(number)

    threads = [threading.Thread(target=publish, args=(n,)) for n in range(len(bundles))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert bundle.read(path).contents == bundles[won[0]]
    assert os.listdir(tmp_path) == ["published"]


# --- one changed byte ---


@pytest.mark.parametrize("stride", [9, pytest.param(1, marks=pytest.mark.more)])
def test_every_bit_of_every_file_is_watched_and_the_file_named(stride: int) -> None:
    for name in NAMES:
        for number in range(0, len(BUILT[name]) * 8, stride):
            at, bit = divmod(number, 8)
            changed = bytearray(BUILT[name])
            changed[at] ^= 1 << bit
            assert name in named({**BUILT, name: bytes(changed)}), (name, at, bit)


@slow_folder
@given(data=st.data())
def test_a_changed_byte_in_a_folder_is_found_and_the_file_named(tmp_path: Path, data: st.DataObject) -> None:
    path = tmp_path / "folder"
    bundle.write_folder(path, BUILT)
    name = data.draw(st.sampled_from(NAMES))
    kept = BUILT[name]
    at, byte = data.draw(st.integers(0, len(kept))), data.draw(st.binary(min_size=1, max_size=1))
    how = data.draw(st.sampled_from(["replace", "insert", "cut"]))
    changed = kept[:at] + (b"" if how == "cut" else byte) + (kept[at:] if how == "insert" else kept[at + 1 :])
    if how == "cut" and at < len(kept) and data.draw(st.booleans()):
        changed = kept[:at]
    (path / name).write_bytes(changed)
    try:
        files, sentences = findings_of(path)
        assert (name in files) == (changed != kept)
        assert all(sentences)
    finally:
        (path / name).write_bytes(kept)


@pytest.mark.parametrize("stride", [5, pytest.param(1, marks=pytest.mark.more)])
def test_every_byte_of_a_zip_is_watched_and_where_it_is_named(tmp_path: Path, stride: int) -> None:
    whole, path = zipped(), tmp_path / "bundle.zip"
    owners = {}
    at = 0
    for name in NAMES:
        end = at + 30 + len(name) + len(BUILT[name])
        owners.update(dict.fromkeys(range(at, end), name))
        at = end
    for at in range(0, len(whole), stride):
        changed = bytearray(whole)
        changed[at] ^= 1 << (at % 8)
        path.write_bytes(changed)
        with pytest.raises(BundleError) as caught:
            bundle.read(path)
        files = caught.value.data.get("files", [caught.value.data["file"]])
        owner = owners.get(at, container.CONTAINER)
        start = min((n for n in owners if owners[n] == owner), default=0)
        # In the first bytes of a header and in its name the name itself is in doubt.
        if owner != container.CONTAINER and at - start >= 4 and not 26 <= at - start < 30 + len(owner):
            assert files == [owner], (at, owner)
        elif owner == container.CONTAINER:
            assert files == [owner], at


@slow_folder
@given(data=st.data())
def test_a_changed_zip_is_found_whatever_the_change(tmp_path: Path, data: st.DataObject) -> None:
    whole, path = zipped(), tmp_path / "bundle.zip"
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, min(len(whole), start + 8)) | st.just(len(whole)))
    changed = whole[:start] + data.draw(st.binary(max_size=8)) + whole[end:]
    path.write_bytes(changed)
    assert bool(findings_of(path)[0]) == (changed != whole)


@slow_folder
@given(data=st.binary(max_size=200), head=st.sampled_from([b"", b"PK\x03\x04", b"PK\x05\x06"]))
def test_any_bytes_are_refused_as_a_zip(tmp_path: Path, data: bytes, head: bytes) -> None:
    (tmp_path / "any.zip").write_bytes(head + data)
    with pytest.raises(BundleError):
        bundle.read(tmp_path / "any.zip")


def test_a_zip_altered_together_with_its_checksums_is_found_by_the_check(tmp_path: Path) -> None:
    changed = {**BUILT, "lines.jsonl": b"{}\n", "counts.jsonl": b""}
    bundle.write_zip(tmp_path / "bundle.zip", changed)
    assert findings_of(tmp_path / "bundle.zip")[0] == {"lines.jsonl", "counts.jsonl"}


def test_every_altered_member_of_a_zip_is_named_at_once(tmp_path: Path) -> None:
    whole = zipped().replace(b"mem_1", b"mem_2").replace(b"per-usage", b"per-usagf")
    (tmp_path / "bundle.zip").write_bytes(whole)
    assert findings_of(tmp_path / "bundle.zip")[0] == {"lines.jsonl", "plan.toml"}


# --- missing, added, signed anew ---


def test_every_altered_missing_and_added_file_is_named() -> None:
    contents = {**BUILT, "plan.toml": b"", "lines.jsonl": b"{}\n", "extra.txt": b"", "signed.json": b"{}"}
    del contents["counts.jsonl"]
    assert named(contents) == {"plan.toml", "lines.jsonl", "extra.txt", "signed.json", "counts.jsonl"}
    for name in (MANIFEST, SIGNATURE):
        assert name in named({each: data for each, data in BUILT.items() if each != name})


def test_a_file_that_is_not_listed_cannot_be_taken_for_evidence() -> None:
    read = Bundle({**BUILT, "extra.jsonl": b"{}\n"})
    for name in ("extra.jsonl", MANIFEST, "nowhere"):
        with pytest.raises(BundleError) as caught:
            read[name]
        assert caught.value.data["file"] == name
    with pytest.raises(BundleError):
        list(read.records("extra.jsonl"))


def test_a_bundle_by_an_unknown_key_says_which_and_what_to_do() -> None:
    stranger = tokens.SigningKey.generate()
    built = bundle.build(FILES, ABOUT, stranger)
    for keys in (None, tokens.KeySet(), KEYS):
        (finding,) = bundle.check(Bundle(built), keys)
        assert finding.file == SIGNATURE
        assert finding.sentence == (
            f"This bundle is signed by key {stranger.kid}, which you have not said you trust: "
            f"give it with --key."
        )
    assert named({**BUILT, SIGNATURE: built[SIGNATURE]}) == {SIGNATURE}


def signed(manifest: dict[str, Any]) -> dict[str, bytes]:
    """The bundle with another manifest, truly signed: what a faulty or dishonest society could publish."""
    data = canonical.dumps(manifest)
    jws = KEY.sign(canonical.digest(data).encode(), bundle.TYP)
    return {
        **BUILT,
        MANIFEST: data,
        SIGNATURE: canonical.dumps({"jws": jws, "key": KEY.public_jwk()}),
    }


def test_roots_that_are_not_those_of_the_files_are_found_though_signed() -> None:
    good = canonical.loads(BUILT[MANIFEST])
    assert named(signed(good)) == set()
    assert named(signed({**good, "root": "0" * 64})) == {MANIFEST}
    for field, value in (("root", "0" * 64), ("lines", 4)):
        files = [dict(each) for each in good["files"]]
        files[0][field] = value
        root = merkle.root([canonical.dumps(each) for each in files]).hex()
        assert named(signed({**good, "files": files, "root": root})) == {MANIFEST}


def test_a_list_out_of_order_or_with_a_file_twice_is_found_though_signed() -> None:
    good = canonical.loads(BUILT[MANIFEST])
    for files in (good["files"][::-1], [*good["files"], good["files"][-1]]):
        root = merkle.root([canonical.dumps(each) for each in files]).hex()
        assert named(signed({**good, "files": files, "root": root})) == {MANIFEST}


def test_a_signature_for_another_kind_of_thing_is_none() -> None:
    jws = KEY.sign(canonical.digest(BUILT[MANIFEST]).encode(), "JWT")
    signature = canonical.dumps({"jws": jws, "key": KEY.public_jwk()})
    assert named({**BUILT, SIGNATURE: signature}) == {SIGNATURE}
    spaced = BUILT[SIGNATURE].replace(b":", b": ", 1)
    assert named({**BUILT, SIGNATURE: spaced}) == {SIGNATURE}
    more = canonical.dumps({**canonical.loads(BUILT[SIGNATURE]), "note": "hello"})
    assert named({**BUILT, SIGNATURE: more}) == {SIGNATURE}


def test_a_bundle_is_signed_with_ed25519_and_with_nothing_else() -> None:
    other = tokens.SigningKey.generate("ES256")
    with pytest.raises(Invalid):
        bundle.build(FILES, ABOUT, other)
    digest = canonical.digest(BUILT[MANIFEST]).encode()
    trusted = tokens.KeySet.of(other.public_jwk(), KEY.public_jwk())
    for key, alg in ((other, "ES256"), (KEY, "EdDSA"), (KEY, "Ed25519")):
        signature = canonical.dumps({"jws": key.sign(digest, bundle.TYP, alg), "key": key.public_jwk()})
        wrong = {SIGNATURE} if alg != "Ed25519" else set()
        assert named({**BUILT, SIGNATURE: signature}, trusted) == wrong


@settings(max_examples=200)
@given(data=st.data())
def test_a_manifest_or_signature_of_any_shape_is_a_finding_and_no_accident(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from([MANIFEST, SIGNATURE]))
    value = canonical.loads(BUILT[name])
    place = value
    while data.draw(st.booleans()) and isinstance(place, (dict, list)) and place:
        key = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
        if not isinstance(place[key], (dict, list)) or data.draw(st.booleans()):
            place[key] = data.draw(odd)
            break
        place = place[key]
    changed = canonical.dumps(value)
    assert (name in named({**BUILT, name: changed})) == (changed != BUILT[name])


@settings(max_examples=100)
@given(name=st.sampled_from([MANIFEST, SIGNATURE]), data=st.binary(max_size=60))
def test_a_manifest_or_signature_of_any_bytes_is_a_finding(name: str, data: bytes) -> None:
    assert name in named({**BUILT, name: data})
    assert name in named({**BUILT, name: b"[" * 200_000})
