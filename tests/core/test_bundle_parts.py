"""A long file lies in parts: it is proved and recomputed as one, and each part is watched by its own name."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quire.cli import verify as command
from quire.core import bundle, canonical, container, lineage, manifest, merkle, proof, verify
from quire.core.bundle import MANIFEST, SIGNATURE, Bundle, BundleError
from quire.core.pieces import Data
from tests.core import oracle
from tests.core.bundles import ABOUT, FILES, KEY, KEYS, findings_of, named, odd
from tests.core.published import ABOUT as RUN
from tests.core.published import FILES as RUN_FILES
from tests.core.published import TRUE, lines_of

MOST = 70
LINES = ["lines-0001.jsonl", "lines-0002.jsonl"]


@pytest.fixture(autouse=True, scope="module")
def short() -> Iterator[None]:
    """Parts of few bytes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest, "PART", MOST)
        yield


@pytest.fixture
def built() -> dict[str, Data]:
    return bundle.build(FILES, ABOUT, KEY)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Bundle:
    """The small society's run, all of whose longer files lie in parts."""
    monkeypatch.setattr(manifest, "PART", 700)
    return Bundle(bundle.build(RUN_FILES, RUN, KEY))


def bytes_of(contents: dict[str, Data]) -> dict[str, bytes]:
    return {name: bytes(data) for name, data in contents.items()}


# --- what is built ---


def test_each_part_has_as_many_whole_lines_as_fit(built: dict[str, Data]) -> None:
    counts = [f"counts-000{number}.jsonl" for number in (1, 2, 3)]
    others = ["empty.txt", "holds.jsonl", *LINES, "plan.toml", SIGNATURE]
    assert list(built) == [MANIFEST, *counts, *others]
    for name in ("counts", "lines"):
        whole = FILES[f"{name}.jsonl"]
        parts = [bytes(data) for each, data in built.items() if each.startswith(f"{name}-")]
        assert b"".join(parts) == whole
        rest = whole
        for one in parts:
            assert one == rest[: rest.rfind(b"\n", 0, MOST) + 1]
            rest = rest[len(one) :]
    assert bundle.build(dict(reversed(FILES.items())), ABOUT, KEY) == built
    assert bundle.check(Bundle(built), KEYS) == []


def test_the_manifest_describes_the_whole_and_names_the_parts(built: dict[str, Data]) -> None:
    told = canonical.loads(bytes(built[MANIFEST]))
    assert told["format"] == "quire-bundle/2"
    [entry] = [one for one in told["files"] if one["name"] == "lines.jsonl"]
    whole = FILES["lines.jsonl"]
    assert entry == {
        "name": "lines.jsonl",
        "bytes": len(whole),
        "sha256": hashlib.sha256(whole).hexdigest(),
        "lines": 3,
        "root": merkle.root(whole.split(b"\n")[:-1]).hex(),
        "parts": [
            {
                "name": name,
                "bytes": len(built[name]),
                "sha256": hashlib.sha256(bytes(built[name])).hexdigest(),
            }
            for name in LINES
        ],
    }
    assert told["root"] == merkle.root([canonical.dumps(one) for one in told["files"]]).hex()


def test_a_bundle_without_long_files_is_what_it_always_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifest, "PART", 1 << 20)
    told = bundle.build(FILES, ABOUT, KEY)
    assert set(told) == {*FILES, MANIFEST, SIGNATURE}
    assert canonical.loads(bytes(told[MANIFEST]))["format"] == "quire-bundle/1"


def test_a_line_longer_than_a_part_is_refused_when_building() -> None:
    with pytest.raises(BundleError, match="longer than a part"):
        bundle.build({"a.jsonl": b"1234\n" + b"x" * MOST + b"\n"}, {}, KEY)


def test_a_file_called_like_a_part_is_refused_when_building() -> None:
    with pytest.raises(BundleError, match="twice"):
        bundle.build({**FILES, "lines-0002.jsonl": b"{}\n"}, ABOUT, KEY)


# --- read again ---


@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_read_again_it_is_one_file(kind: str, built: dict[str, Data], tmp_path: Path) -> None:
    path = tmp_path / "published"
    (bundle.write_folder if kind == "folder" else bundle.write_zip)(path, built)
    found = bundle.read(path)
    assert bundle.check(found, KEYS) == []
    assert bytes(found["lines.jsonl"]) == FILES["lines.jsonl"]
    assert [one for _, one in found.records("counts.jsonl")] == [
        json.loads(line) for line in FILES["counts.jsonl"].splitlines()
    ]
    with pytest.raises(BundleError, match="not listed"):
        found["lines-0001.jsonl"]
    assert oracle.load(path)["lines.jsonl"] == FILES["lines.jsonl"] if kind == "folder" else True


def test_every_line_is_proved_as_in_a_file_of_its_own(
    built: dict[str, Data], monkeypatch: pytest.MonkeyPatch
) -> None:
    read = Bundle(built)
    monkeypatch.setattr(manifest, "PART", 1 << 20)
    whole = Bundle(bundle.build(FILES, ABOUT, KEY))
    for index, line in enumerate(FILES["counts.jsonl"].splitlines()):
        told = bundle.line_proof(read, "counts.jsonl", index)
        assert told == bundle.line_proof(whole, "counts.jsonl", index)
        assert bundle.verify_line_proof(line, told)


# --- one changed byte ---


def test_every_changed_byte_is_found_and_the_part_named(built: dict[str, Data]) -> None:
    contents = bytes_of(built)
    for name in contents:
        for at in range(0, len(contents[name]), 1 if "-" in name else 7):
            changed = bytearray(contents[name])
            changed[at] ^= 1
            assert named({**contents, name: bytes(changed)}) >= {name}, (name, at)
            if "-" in name:
                assert named({**contents, name: bytes(changed)}) == {name}


def test_parts_that_are_missing_swapped_added_or_cut_are_named(
    built: dict[str, Data], tmp_path: Path
) -> None:
    contents = bytes_of(built)
    one, two = LINES
    assert named({**contents, one: contents[two], two: contents[one]}) == {one, two}
    assert named({**contents, two: b""}) == {two}
    assert named({**contents, "lines-0003.jsonl": b"{}\n"}) == {"lines-0003.jsonl"}
    assert named({**contents, "lines.jsonl": FILES["lines.jsonl"]}) == {"lines.jsonl"}
    del contents[two]
    assert named(contents) == {two}
    bundle.write_folder(tmp_path / "folder", built)
    (tmp_path / "folder" / one).unlink()
    assert findings_of(tmp_path / "folder")[0] == {one}


# --- a manifest from anyone ---


def signed(built: dict[str, Data], told: dict[str, Any]) -> dict[str, bytes]:
    """Another manifest, with the root that its files have, and truly signed."""
    told["root"] = merkle.root([canonical.dumps(one) for one in told["files"]]).hex()
    data = canonical.dumps(told)
    jws = KEY.sign(canonical.digest(data).encode(), bundle.TYP)
    return bytes_of(built) | {
        MANIFEST: data,
        SIGNATURE: canonical.dumps({"jws": jws, "key": KEY.public_jwk()}),
    }


MISLEADING: dict[str, Callable[[dict[str, Any], dict[str, Any], list[dict[str, Any]]], Any]] = {
    "as /1": lambda told, lines, parts: told.update(format="quire-bundle/1"),
    "one part": lambda told, lines, parts: lines.update(parts=parts[:1]),
    "none": lambda told, lines, parts: lines.update(parts=[]),
    "swapped": lambda told, lines, parts: parts.reverse(),
    "of another file": lambda told, lines, parts: lines.update(parts=told["files"][0]["parts"][:2]),
    "twice": lambda told, lines, parts: parts.__setitem__(1, parts[0]),
    "climbing": lambda told, lines, parts: parts[0].update(name="../lines-0001.jsonl"),
    "more bytes": lambda told, lines, parts: parts[0].update(bytes=parts[0]["bytes"] + 1),
    "no bytes": lambda told, lines, parts: parts[0].update(bytes=0),
    "below zero": lambda told, lines, parts: parts[0].update(bytes=-1),
    "a digest that is none": lambda told, lines, parts: parts[0].update(sha256="x"),
    "something beside": lambda told, lines, parts: parts[0].update(note=1),
    "no list": lambda told, lines, parts: lines.update(parts={"0": 1}),
    "no object": lambda told, lines, parts: lines.update(parts=[1, 2]),
    "other lines": lambda told, lines, parts: lines.update(lines=4),
    "another root": lambda told, lines, parts: lines.update(root="0" * 64),
    "in no .jsonl": lambda told, lines, parts: told["files"][1].update(parts=parts),
}
"""What somebody could write who wishes to mislead."""


@pytest.mark.parametrize("how", MISLEADING)
def test_parts_of_another_form_are_found_though_signed(built: dict[str, Data], how: str) -> None:
    told = canonical.loads(bytes(built[MANIFEST]))
    assert named(signed(built, told)) == set()
    lines = next(one for one in told["files"] if one["name"] == "lines.jsonl")
    MISLEADING[how](told, lines, lines["parts"])
    assert named(signed(built, told)) == {MANIFEST}


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_parts_of_any_shape_are_a_finding_and_no_accident(data: st.DataObject) -> None:
    built = bundle.build(FILES, ABOUT, KEY)
    told = canonical.loads(bytes(built[MANIFEST]))
    lines = next(one for one in told["files"] if one["name"] == "lines.jsonl")
    if data.draw(st.booleans()):
        lines["parts"] = data.draw(odd)
    else:
        part = data.draw(st.sampled_from(lines["parts"]))
        part[data.draw(st.sampled_from(["name", "bytes", "sha256", "more"]))] = data.draw(odd)
    assert named(signed(built, told)) == {MANIFEST}


# --- recomputed ---


def test_a_run_in_parts_holds(run: Bundle) -> None:
    assert "lines-0002.jsonl" in run.contents
    verdict = verify.verify(run, KEYS)
    assert verdict.holds, verdict.findings
    assert verdict == verify.verify(TRUE, KEYS)


def test_an_altered_line_is_named_by_its_number_in_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifest, "PART", 700)
    lines = lines_of("lines.jsonl")
    lines[7]["amount"] = "1.000000000000"
    files = RUN_FILES | {"lines.jsonl": b"".join(canonical.write_lines(lines))}
    found = verify.verify(Bundle(bundle.build(files, RUN, KEY)), KEYS)
    assert found.findings[0].sentence.startswith(
        "lines.jsonl line 8 does not follow from the evidence: amount"
    )


def test_proof_and_lineage_know_parts(run: Bundle) -> None:
    told = proof.make(run, "paper")
    assert proof.verify(proof.dumps(told), run.manifest.root).holds
    assert proof.verify(proof.dumps(told), keys=KEYS).holds
    told["files"]["lines.jsonl"][0]["record"]["amount"] = "9.000000000000"
    assert not proof.verify(proof.dumps(told), run.manifest.root).holds
    chain = lineage.walk({"a": run}, KEYS)
    assert (chain.runs, chain.findings) == ((RUN["run"],), ())


@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_the_command_reads_it(kind: str, run: Bundle, tmp_path: Path, capsys: Any) -> None:
    (bundle.write_folder if kind == "folder" else bundle.write_zip)(tmp_path / "run", run.contents)
    (tmp_path / "keys.json").write_text(json.dumps(KEY.public_jwk()))
    told = [str(tmp_path / "run"), "--key", str(tmp_path / "keys.json")]
    assert command.run(told) == 0, capsys.readouterr()
    (tmp_path / "many").mkdir()
    os.rename(tmp_path / "run", tmp_path / "many" / "run.zip")
    assert command.run(["--chain", str(tmp_path / "many"), *told[1:]]) == 0, capsys.readouterr()
    (tmp_path / "me.proof").write_bytes(proof.dumps(proof.make(run, "blog")))
    assert command.run(["--proof", str(tmp_path / "me.proof"), *told[1:]]) == 0, capsys.readouterr()


def test_the_command_reads_as_much_as_it_is_told_to(run: Bundle, tmp_path: Path, capsys: Any) -> None:
    for number in range(3):
        with (tmp_path / f"{number}.bin").open("wb") as file:
            file.truncate(1 << 30)
    assert command.run([str(tmp_path), "--most", "2"]) == 4
    assert "quire verify reads more where --most says so" in capsys.readouterr().err
    assert command.run([str(tmp_path), "--most", "0"]) == 4
    assert "There is no bundle.json" not in capsys.readouterr().err
    assert command.run([str(tmp_path)]) == 4
    assert "There is no bundle.json" in capsys.readouterr().err


# --- kept ---

KEPT = Path(__file__).parent / "kept"


def test_a_bundle_and_a_proof_of_the_first_form_hold_for_ever() -> None:
    """They were made by the version before parts, and are never made anew."""
    found = bundle.read(KEPT / "bundle-1.zip")
    assert canonical.loads(bytes(found.contents[MANIFEST]))["format"] == "quire-bundle/1"
    assert verify.verify(found, KEYS).holds
    told = (KEPT / "bundle-1-paper.proof").read_bytes()
    assert proof.verify(told, found.manifest.root, KEYS).holds
    assert proof.dumps(proof.make(found, "paper")) == told


# --- limits ---


def test_facts_that_would_fill_the_memory_are_refused(run: Bundle) -> None:
    files = run.manifest.files.values()
    facts = sum(one.size for one in files if one.name not in verify._STREAMED)
    assert verify.verify(run, KEYS, container.Limits(held_bytes=facts)).holds
    [finding] = verify.verify(run, KEYS, container.Limits(held_bytes=facts - 1)).findings
    assert "bytes; at most" in finding.sentence


def test_what_changes_while_it_is_verified_is_a_finding(run: Bundle, tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(container, "SMALL", 100)
        bundle.write_folder(tmp_path / "run", run.contents)
        found = bundle.read(tmp_path / "run")
    assert verify.verify(found, KEYS).holds
    path = tmp_path / "run" / "lines-0002.jsonl"
    path.chmod(0o644)
    path.write_bytes(path.read_bytes() + b"{}\n")
    verdict = verify.verify(found, KEYS)
    assert {one.file for one in verdict.findings} == {"lines-0002.jsonl"}
    assert "is not what it was when reading began" in verdict.sentence()
