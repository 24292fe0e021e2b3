"""A snapshot that a society really made, as a crawler reads it: the same answers, and nothing altered."""

from __future__ import annotations

import builtins
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from quire import cli
from quire.core.errors import QuireError
from quire.core.money import Money
from quire.core.patterns import matches, normal
from quire.core.terms import UnknownUse
from quire.core.tokens import BadSignature, KeySet, SigningKey, UnknownKey
from quire.crawler.registry import COLUMNS, TYPE, BadSnapshot, NoReader, NoSnapshotHere, Registry
from tests.conftest import Furnished, furnished
from tests.rooms.boundary_desk import HOST, Desk

ISRC = "isrc:USSKG1912345"
PATTERNS = {"/": "0.001", "/paid/": "0.002", "/paid/*.pdf": "0.003", "/paid/x$": "0.004", "/é/": "0.005"}


def society(people: dict[str, Any], patch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """A site and works with terms and prices, and the files of its snapshot."""
    from quire.society.licensing import keys, snapshot
    from quire.society.repertoire import actions

    made = Desk(people["preparer"])
    made.site()
    made.verified()
    made.yes("ai-index")
    made.yes("search")
    made.yes("ai-train", "lab-a")
    for pattern, price in PATTERNS.items():
        made.price(pattern, price)
    made.terms("/secret/", "ai-index", False)
    made.terms("/secret/", "search", False)
    more: dict[str, Any] = {"title": "A", "member": "harbour", "by": made.user}
    actions.register_work(url=f"https://{HOST}/paid/story", words=7, **more)
    actions.register_work(url=f"https://{HOST}/secret/work", **more)
    actions.register_work(identifier=ISRC, words=90, **more)
    files = snapshot.make()
    return {
        "snapshot.parquet": files.parquet.read_bytes(),
        "snapshot.json": files.envelope,
        "keys.json": json.dumps({"keys": keys.public_keys()}).encode(),
    }


@pytest.fixture(scope="module")
def before(postgres: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Furnished]:
    with furnished(postgres, tmp_path_factory.mktemp("before"), society) as made:
        yield made


@pytest.fixture
def folder(before: Furnished, tmp_path: Path) -> Path:
    """What a crawler has fetched: the Parquet, its envelope, and the society's keys."""
    place = tmp_path / "fetched [1]*"
    place.mkdir()
    for name, data in before.made.items():
        (place / name).write_bytes(data)
    return place


def trusted(folder: Path) -> KeySet:
    return KeySet.from_json((folder / "keys.json").read_bytes())


def opened(folder: Path, keys: KeySet | None = None) -> Registry:
    return Registry.open(folder / "snapshot.parquet", folder / "snapshot.json", keys or trusted(folder))


def euro(text: str) -> Money:
    return Money.parse(text, "EUR")


def test_the_society_and_the_crawler_mean_the_same_file(before: Any) -> None:
    from quire.society.licensing import snapshot

    assert (tuple(snapshot.COLUMNS), snapshot.TYPE) == (COLUMNS, TYPE)


def test_a_work_is_found_before_any_rule(folder: Path) -> None:
    with opened(folder) as registry:
        found = registry.ask(f"HTTPS://{HOST.upper()}:443/paid/./story?from=feed#x", "ai-index")
    assert (found.found, found.permits, found.price) == ("work", True, euro("0.002"))
    assert (found.rightsholder, found.tier, found.words) == ("The harbour", "standard", 7)
    assert "The harbour permits ai-index here" in found.why
    assert registry.on in found.why


def test_what_is_not_permitted_to_everybody_has_no_price(folder: Path) -> None:
    with opened(folder) as registry:
        for url, use in ((f"https://{HOST}/paid/story", "ai-train"), (f"https://{HOST}/secret/a", "ai-index"),
                         (f"https://{HOST}/secret/work", "ai-index")):  # fmt: skip
            found = registry.ask(url, use)
            assert (found.permits, found.price) == (False, None), url
            assert f"does not permit {use} to everybody" in found.why


def test_the_longest_pattern_of_the_host_holds(folder: Path) -> None:
    paths = ("/", "/a", "/paid", "/paid/", "/paid/y", "/paid/x", "/paid/xy", "/paid/a/b.pdf.html", "/é/1")
    with opened(folder) as registry:
        answers = registry.ask_many([f"https://{HOST}{path}" for path in paths], "ai-index")
    for path, known in zip(paths, answers, strict=True):
        fitting = [pattern for pattern in PATTERNS if matches(pattern, path)]
        slowly = max(fitting, key=lambda pattern: len(normal(pattern)))
        assert (known.found, known.price) == ("site", euro(PATTERNS[slowly])), path


def test_an_identifier_is_an_address_too(folder: Path) -> None:
    with opened(folder) as registry:
        assert (registry.ask(ISRC, "ai-index").words, registry.ask(ISRC, "ai-index").price) == (90, None)
        assert registry.ask("isrc:USSKG1912346", "ai-index").found == "nothing"


HOSTILE = [
    "",
    "http://[bad",
    "ftp://x/",
    "\ud800",
    "https://x/\ud800",
    "a\0b",
    "isrc:\0",
    "https://\0/",
    "'; DROP",
]


def test_many_are_answered_in_order_whatever_they_are(folder: Path) -> None:
    urls = [f"https://{HOST}/paid/story", *HOSTILE, "https://elsewhere.example/", f"https://{HOST}/a"] * 2
    with opened(folder) as registry:
        answers = registry.ask_many(iter(urls), "ai-index")
        assert registry.ask_many([], "ai-index") == []
        assert answers == [registry.ask(url, "ai-index") for url in urls]
    assert [known.url for known in answers] == urls
    assert (answers[0].found, answers[-2].found, answers[-1].found) == ("work", "nothing", "site")
    assert {known.found for known in answers[1:-2]} >= {"unreadable"}
    assert all(known.why.endswith(".") for known in answers)
    assert not any(known.permits for known in answers[1 : len(HOSTILE) + 2])


def test_many_are_one_query(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    query = Registry._query
    monkeypatch.setattr(
        Registry, "_query", lambda self, spots: asked.append(len(spots)) or query(self, spots)
    )
    with opened(folder) as registry:
        answers = registry.ask_many((f"https://{HOST}/a/{number}" for number in range(20_000)), "ai-index")
    assert asked == [20_000]
    assert {known.price for known in answers} == {euro("0.001")}


def test_it_says_what_the_society_would_say(house: Any, folder: Path) -> None:
    """The look-up and the snapshot agree on everything that holds for everybody."""
    from tests.rooms.boundary_desk import browser

    urls = [
        f"https://{HOST}{path}" for path in ("/", "/paid/story", "/paid/b.pdf", "/secret/work", "/secret/")
    ]
    urls += [ISRC, "https://elsewhere.example/"]
    answer = browser().post(
        "/api/v1/registry/lookup", json.dumps({"urls": urls}), content_type="application/json"
    )
    online = json.loads(b"".join(answer.streaming_content))["answers"]
    with opened(folder) as registry:
        for use in ("ai-train", "ai-input", "ai-index", "search"):
            for known, told in zip(registry.ask_many(urls, use), online, strict=True):
                assert known.found == told["found"]
                assert known.permits == told["uses"][use]["allowed"], (known, told)
                costs = told["crawl_price"] if known.permits and use != "search" else None
                assert ("without a licence" in known.why) is (told["uses"][use]["code"] == "free")
                assert known.price == (costs and Money.parse(costs["amount"], costs["currency"]))


def test_an_unknown_use_is_refused(folder: Path) -> None:
    with opened(folder) as registry, pytest.raises(UnknownUse):
        registry.ask(f"https://{HOST}/", "eating")


@pytest.mark.parametrize("at", [0, 4, 200, -1])
def test_an_altered_file_is_refused(folder: Path, at: int) -> None:
    place = folder / "snapshot.parquet"
    data = bytearray(place.read_bytes())
    data[at] ^= 1
    place.write_bytes(data)
    with pytest.raises(BadSnapshot, match="not the file that was signed"):
        opened(folder)


def test_a_file_that_is_changed_while_it_is_in_use_is_refused(folder: Path) -> None:
    place = folder / "snapshot.parquet"
    with opened(folder) as registry:
        assert registry.ask(f"https://{HOST}/", "ai-index").permits
        fresh = folder / "fresh"
        fresh.write_bytes(place.read_bytes())
        os.utime(fresh, ns=(place.stat().st_atime_ns, place.stat().st_mtime_ns))
        fresh.replace(place)
        with pytest.raises(BadSnapshot, match="open it again"):
            registry.ask(f"https://{HOST}/", "ai-index")
        place.write_bytes(b"PAR1")
        with pytest.raises(BadSnapshot):
            registry.ask(f"https://{HOST}/", "ai-index")


@pytest.mark.parametrize("name", ["on", "digest", "rows", "columns", "society"])
def test_an_altered_envelope_is_refused(folder: Path, name: str) -> None:
    place = folder / "snapshot.json"
    sealed = json.loads(place.read_text())
    sealed["document"][name] = "other"
    place.write_text(json.dumps(sealed))
    with pytest.raises(BadSignature):
        opened(folder)


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"[" * 100_000, b"\xff", b'{"document":{},"signature":"a.b.c"}']
)
def test_what_is_no_envelope_is_refused(folder: Path, data: bytes) -> None:
    (folder / "snapshot.json").write_bytes(data)
    with pytest.raises(QuireError, match=r"\.$"):
        opened(folder)


def test_another_key_does_not_do(folder: Path) -> None:
    with pytest.raises(UnknownKey):
        opened(folder, KeySet.of(SigningKey.generate().public.jwk()))


def test_a_document_of_another_kind_or_without_its_parts_is_no_snapshot(folder: Path) -> None:
    from quire.core import envelope

    key, place = SigningKey.generate(), folder / "snapshot.json"
    said = json.loads(place.read_text())["document"]
    keys = KeySet.of(key.public.jwk())
    place.write_text(json.dumps(envelope.seal(said, key, TYPE)))
    opened(folder, keys).close()
    place.write_text(json.dumps(envelope.seal(said, key, "quire-policy+jws")))
    with pytest.raises(BadSignature):
        opened(folder, keys)
    for name in ("columns", "digest", "society", "on", "rows", "version"):
        lacking = {other: value for other, value in said.items() if other != name}
        place.write_text(json.dumps(envelope.seal(lacking, key, TYPE)))
        with pytest.raises(BadSnapshot):
            opened(folder, keys)


@pytest.mark.parametrize("name", ["snapshot.parquet", "snapshot.json"])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(NoSnapshotHere, match=name):
        opened(folder)


def without_duckdb(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def lacking(name: str, *more: Any) -> Any:
        if name == "duckdb":
            raise ModuleNotFoundError("No module named 'duckdb'", name=name)
        return real(name, *more)

    monkeypatch.setattr(builtins, "__import__", lacking)


def test_without_a_reader_it_says_what_to_install(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without_duckdb(monkeypatch)
    with pytest.raises(NoReader, match=r"pip install 'quire\[registry\]'"):
        opened(folder)


def plan(folder: Path, *more: str) -> int:
    return cli.main(
        ["crawl", "plan", "--registry", str(folder), "--keys", str(folder / "keys.json"),
         "--config", str(folder / "quire-crawler.toml"), *more]
    )  # fmt: skip


def test_a_plan_by_command(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert plan(folder, "--use", "ai-index", f"https://{HOST}/paid/story") == 0
    told = capsys.readouterr().out
    assert told.startswith(f"yes  https://{HOST}/paid/story  EUR 0.002 a request")
    assert plan(folder, "--use", "ai-index", "--json", f"https://{HOST}/secret/", f"https://{HOST}/") == 6
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["allowed"] for line in lines] == [False, True]
    assert plan(folder, "--use", "eating", f"https://{HOST}/") == 4
    assert plan(folder, f"https://{HOST}/") != 0, "neither a configuration nor a use"


def test_a_plan_with_a_configuration_knows_its_cap(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "quire-crawler.toml").write_text(
        'agent = "ExampleBot/1.0"\nuse = "ai-index"\n[cap]\nper_request = "0.0015 EUR"\ntotal = "1 EUR"\n'
    )
    assert plan(folder, "--json", f"https://{HOST}/", f"https://{HOST}/paid/story") == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["within_cap"] for line in lines] == [True, False]


def test_a_plan_by_an_altered_snapshot_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "snapshot.parquet").write_bytes(b"PAR1")
    assert plan(folder, "--use", "ai-index", f"https://{HOST}/") == 4
    assert "not the file that was signed" in capsys.readouterr().err
    (folder / "keys.json").unlink()
    assert plan(folder, "--use", "ai-index", f"https://{HOST}/") == 4
    assert cli.main(["crawl", "plan", "--registry", str(folder), f"https://{HOST}/"]) == 4
