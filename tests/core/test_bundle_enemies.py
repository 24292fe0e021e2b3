"""Bundles that an enemy hands in, and proofs that prove nothing."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from quire.core import bundle, canonical, container
from quire.core.bundle import MANIFEST, Bundle, BundleError, BundleTooLarge, Limits
from tests.core.bundles import (
    BUILT,
    FILES,
    WRITE,
    findings_of,
    odd,
    zipped,
)


@pytest.fixture(params=["folder", "zip"])
def published(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / f"bundle.{request.param}"
    WRITE[request.param](path, BUILT)
    return path


# --- what an enemy hands in ---


def enemy_zip(
    members: list[tuple[str, bytes]], method: int = zipfile.ZIP_STORED, mode: int = 0o100644
) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as made:
        for name, data in members:
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            info.compress_type = method
            made.writestr(info, data)
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "file"),
    [
        (enemy_zip([("../../etc/passwd", b"x")]), "../../etc/passwd"),
        (enemy_zip([("/etc/passwd", b"x")]), "/etc/passwd"),
        (enemy_zip([("c:\\boot", b"x")]), "c:/boot" if os.sep == "\\" else "c:\\boot"),
        (enemy_zip([("a/b", b"x")]), "a/b"),
        (enemy_zip([("a/", b"")]), "a/"),
        (enemy_zip([(".hidden", b"x")]), ".hidden"),
        (enemy_zip([(MANIFEST, b"0" * 10_000_000)], zipfile.ZIP_DEFLATED), MANIFEST),
        (enemy_zip([(MANIFEST, b"0")], zipfile.ZIP_LZMA), MANIFEST),
        (enemy_zip([(MANIFEST, b"target")], mode=0o120777), MANIFEST),
        (enemy_zip([("b", b""), ("a", b"")]), container.CONTAINER),
        (b"junk" + b"".join(container.zip_chunks(BUILT)), container.CONTAINER),
        (b"".join(container.zip_chunks(BUILT)) + b"\0", container.CONTAINER),
        (b"".join(container.zip_chunks(BUILT)) * 2, container.CONTAINER),
        (b"".join(container.zip_chunks(BUILT))[:-1], container.CONTAINER),
        (b"".join(container.zip_chunks({"plan.toml": b"x"})), MANIFEST),
        (b"".join(container.zip_chunks({})), container.CONTAINER),
        (b"", container.CONTAINER),
    ],
)
def test_a_zip_that_is_not_the_one_for_its_files_is_refused(tmp_path: Path, data: bytes, file: str) -> None:
    (tmp_path / "bad.zip").write_bytes(data)
    with pytest.raises(BundleError) as caught:
        bundle.read(tmp_path / "bad.zip")
    assert caught.value.data["file"] == file
    assert caught.value.code.startswith("bundle.")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bad.zip").write_bytes(enemy_zip([("a", b"one"), ("a", b"two")]))
    with pytest.raises(BundleError, match="twice"):
        bundle.read(tmp_path / "bad.zip")


def test_a_size_that_is_not_there_is_not_waited_or_allocated_for(tmp_path: Path) -> None:
    data = bytearray(zipped())
    data[18:26] = b"\xff" * 8
    (tmp_path / "bad.zip").write_bytes(data)
    with pytest.raises(BundleError, match="cut short"):
        bundle.read(tmp_path / "bad.zip", Limits(1 << 40, 1 << 40))


def test_what_is_compressed_is_never_unpacked_and_the_reader_told_why(tmp_path: Path) -> None:
    (tmp_path / "bad.zip").write_bytes(enemy_zip([(MANIFEST, b"0" * 10_000_000)], zipfile.ZIP_DEFLATED))
    with pytest.raises(BundleError, match="not plainly stored"):
        bundle.read(tmp_path / "bad.zip")


def test_limits_hold_for_folder_and_zip(published: Path) -> None:
    total = sum(map(len, BUILT.values()))
    largest = max(map(len, BUILT.values()))
    assert bundle.read(published, Limits(largest, total, len(BUILT))).contents == BUILT
    for limits in (
        Limits(largest - 1, total, len(BUILT)),
        Limits(largest, total - 1, len(BUILT)),
        Limits(largest, total, len(BUILT) - 1),
    ):
        with pytest.raises(BundleTooLarge):
            bundle.read(published, limits)


@pytest.mark.parametrize(
    "name",
    [".DS_Store", "Thumbs.db", "a b", "-rf", "x\x1b[2J", "é", b"\xff".decode("utf-8", "surrogateescape")],
)
def test_a_folder_with_an_oddly_named_file_is_refused(tmp_path: Path, name: str) -> None:
    bundle.write_folder(tmp_path / "folder", BUILT)
    (tmp_path / "folder" / name).write_bytes(b"")
    with pytest.raises(BundleError) as caught:
        bundle.read(tmp_path / "folder")
    assert caught.value.data["file"] == name
    assert caught.value.sentence.isascii()
    assert caught.value.sentence.isprintable()


@pytest.mark.parametrize("what", ["link", "dangling", "folder", "pipe"])
def test_a_folder_with_anything_but_plain_files_is_refused(tmp_path: Path, what: str) -> None:
    bundle.write_folder(tmp_path / "folder", BUILT)
    odd_one = tmp_path / "folder" / "plan.toml"
    odd_one.unlink()
    (tmp_path / "plan.toml").write_bytes(FILES["plan.toml"])
    if what == "link":
        odd_one.symlink_to(tmp_path / "plan.toml")
    elif what == "dangling":
        odd_one.symlink_to(tmp_path / "nowhere")
    elif what == "folder":
        odd_one.mkdir()
    else:
        os.mkfifo(odd_one)
    with pytest.raises(BundleError) as caught:
        bundle.read(tmp_path / "folder")
    assert caught.value.data["file"] == "plan.toml"
    assert "not a plain file" in caught.value.sentence


def test_what_is_no_bundle_says_so(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for path in (tmp_path / "folder", tmp_path / "missing", Path("/dev/null"), Path("nul\0l")):
        with pytest.raises(BundleError):
            bundle.read(path)


def test_a_listed_file_that_is_removed_from_a_folder_is_named(tmp_path: Path) -> None:
    bundle.write_folder(tmp_path / "folder", BUILT)
    (tmp_path / "folder" / "lines.jsonl").unlink()
    (tmp_path / "folder" / "added.txt").write_bytes(b"")
    assert findings_of(tmp_path / "folder")[0] == {"lines.jsonl", "added.txt"}


# --- proofs ---


def test_every_line_has_a_proof_and_no_other_line_has_it() -> None:
    read = Bundle(BUILT)
    for name in ("counts.jsonl", "lines.jsonl"):
        lines = FILES[name].splitlines()
        for index, line in enumerate(lines):
            proof = bundle.line_proof(read, name, index)
            assert set(proof) == {"file", "index", "size", "proof", "root"}
            assert proof["file"] == name
            assert proof["root"] == read.manifest.files[name].root
            assert canonical.loads(canonical.dumps(proof)) == proof
            assert bundle.verify_line_proof(line, proof)
            assert not bundle.verify_line_proof(line + b"\n", proof)
            assert [each for each in lines if bundle.verify_line_proof(each, proof)] == [line]


@pytest.mark.parametrize("change", ["index", "size", "proof", "root"])
@settings(max_examples=60)
@given(value=odd)
def test_an_odd_proof_proves_nothing(change: str, value: Any) -> None:
    proof = bundle.line_proof(Bundle(BUILT), "counts.jsonl", 2)
    line = FILES["counts.jsonl"].splitlines()[2]
    if value != proof[change] or type(value) is not type(proof[change]):  # type: ignore[literal-required]
        odd_proof = {**proof, change: value}
        # The number of lines is not in the root: another number with the same way up proves the same line.
        assert not bundle.verify_line_proof(line, odd_proof) or change == "size"
        assert not bundle.verify_line_proof(line, {key: v for key, v in proof.items() if key != change})
    assert not bundle.verify_line_proof(line, value)


def test_nothing_is_proved_of_an_altered_file() -> None:
    for name, index in (
        ("counts.jsonl", 5),
        ("counts.jsonl", -1),
        ("holds.jsonl", 0),
        ("plan.toml", 0),
        ("no", 0),
    ):
        with pytest.raises(BundleError):
            bundle.line_proof(Bundle(BUILT), name, index)
    with pytest.raises(BundleError, match="nothing can be proved"):
        bundle.line_proof(Bundle({**BUILT, "lines.jsonl": b"{}\n"}), "lines.jsonl", 0)
