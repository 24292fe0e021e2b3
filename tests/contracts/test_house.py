"""What the house promises about itself: a small install that is small, documents that say what is there."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

EXTRAS = PROJECT["optional-dependencies"]
DIRECT = [
    text
    for group in (PROJECT["dependencies"], *EXTRAS.values())
    for text in group
    if Requirement(text).name != "quire"
]

CORE = [
    "addresses",
    "agents",
    "allocation",
    "allowances",
    "arrays",
    "bulk",
    "bundle",
    "canonical",
    "chains",
    "classes",
    "container",
    "corrections",
    "currencies",
    "depth",
    "discovery",
    "disputes",
    "distribution",
    "edge_auth",
    "envelope",
    "errors",
    "events",
    "evidence",
    "extras",
    "facts",
    "fx",
    "inequality",
    "licence_token",
    "lineage",
    "manifest",
    "merkle",
    "moments",
    "money",
    "patterns",
    "pieces",
    "places",
    "plan",
    "plans",
    "preferences",
    "problems",
    "proof",
    "readback",
    "renderings",
    "replay",
    "revocations",
    "robots",
    "rsl",
    "shares",
    "site",
    "standings",
    "survey",
    "tariff",
    "terms",
    "tokens",
    "unclaimed",
    "urls",
    "verify",
    "weighings",
]


def documents() -> list[Path]:
    """Every Markdown page of the house that people read."""
    pages = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("src/**/*.md")]
    return sorted([*pages, *ROOT.glob("examples/**/*.md"), *ROOT.glob("bench/**/*.md")])


def installed(text: str) -> bool:
    """Whether what a requirement names is in this environment."""
    try:
        return bool(metadata.version(Requirement(text).name))
    except metadata.PackageNotFoundError:
        return False


def needed(requirements: list[str], extras: frozenset[str] = frozenset()) -> dict[str, str]:
    """Everything installed that these requirements bring along, by canonical name, with its version."""
    found: dict[str, str] = {}
    waiting = [(Requirement(text), extras) for text in requirements]
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        requirement, asking = waiting.pop()
        settings = [{"extra": extra} for extra in asking or {""}]
        if requirement.marker and not any(requirement.marker.evaluate(each) for each in settings):
            continue
        name, wanted = canonicalize_name(requirement.name), frozenset(requirement.extras)
        if (name, wanted) in seen:
            continue
        seen.add((name, wanted))
        found[name] = metadata.version(name)
        waiting += [(Requirement(text), wanted) for text in metadata.requires(name) or []]
    return found


def pins() -> dict[str, str]:
    """``constraints.txt``, which has nothing but lines of ``name==version``."""
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    assert not [line for line in lines if not re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][A-Za-z0-9.+!]*", line)]
    return {canonicalize_name(name): version for name, version in (line.split("==") for line in lines)}


def test_every_direct_dependency_is_pinned_within_its_range() -> None:
    for requirement in map(Requirement, DIRECT):
        assert requirement.specifier, f"{requirement.name} has no range"
        version = pins()[canonicalize_name(requirement.name)]
        assert version in requirement.specifier, f"{requirement.name} is pinned to {version}"


def test_everything_those_bring_along_is_pinned_to_what_is_installed() -> None:
    heavy = {Requirement(text).name for extra in ("spark", "bench") for text in EXTRAS[extra]}
    there = [text for text in DIRECT if Requirement(text).name not in heavy or installed(text)]
    brought = needed(there)
    assert len(brought) > len(there)
    assert {name: pins().get(name) for name in brought} == brought


@pytest.mark.more  # those have Spark, for which the others need not wait
def test_what_spark_brings_along_is_pinned_too() -> None:
    brought = needed(EXTRAS["spark"])
    assert "pyspark" in brought
    assert {name: pins().get(name) for name in brought if name != "quire"} == {
        name: version for name, version in brought.items() if name != "quire"
    }


def test_extras_are_those_that_have_something_in_them() -> None:
    assert all(EXTRAS.values())
    assert set(EXTRAS) == {"bench", "crawler", "dev", "edge", "registry", "scrapy", "server", "spark"}
    assert sorted(Requirement(text).name for text in PROJECT["dependencies"]) == ["joserfc", "rfc8785"]


def undeclared(folder: str, declared: set[str]) -> set[str]:
    """Distributions that the Python files below this folder import by name and that are not declared.

    The package ``chdb`` comes in two halves, of which one brings the other along.
    """
    found = set()
    for path in (ROOT / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.partition(".")[0])
    dists = metadata.packages_distributions()
    brought = {canonicalize_name(name) for top in found for name in dists.get(top, [])} - {"quire"}
    halves = {"chdb-core"} if "chdb" in declared else set()
    return brought - declared - halves


def test_what_is_imported_is_declared() -> None:
    users = (PROJECT["dependencies"], *(group for name, group in EXTRAS.items() if name != "dev"))
    server = {canonicalize_name(Requirement(text).name) for group in users for text in group}
    assert undeclared("src", server) == set()
    everything = {canonicalize_name(Requirement(text).name) for text in DIRECT}
    assert [undeclared(folder, everything) for folder in ("tests", "bench", "tools")] == [set()] * 3


SMALL = """
import importlib, io, json, pkgutil, sys
from contextlib import redirect_stdout

class Small:
    '''Stands before every other finder, and finds that what the small install lacks is not there.'''
    lacking = set(json.loads(sys.argv[1]))
    def find_spec(self, name, path=None, target=None):
        if name.partition('.')[0] in self.lacking:
            raise ModuleNotFoundError('No module named ' + repr(name), name=name)

sys.meta_path.insert(0, Small())
"""

IMPORT_CORE = """
import quire.core
names = [found.name for found in pkgutil.iter_modules(quire.core.__path__)]
for name in names:
    importlib.import_module('quire.core.' + name)
print(json.dumps(sorted(names)))
"""

ASK = """
from quire.cli import main
try:
    code = main(json.loads(sys.argv[2]))
except SystemExit as end:
    code = end.code
raise SystemExit(code)
"""


@pytest.fixture(scope="module")
def lacking() -> str:
    """Names of every installed package that the small install does not bring, as JSON."""
    small = {"quire", *needed(PROJECT["dependencies"])}
    by_import = metadata.packages_distributions().items()
    names = {top for top, dists in by_import if not small & {canonicalize_name(dist) for dist in dists}}
    assert {"django", "duckdb", "numpy", "psycopg", "rich", "typer"} <= names
    assert not {"cryptography", "joserfc", "quire", "rfc8785"} & names
    return json.dumps(sorted(names))


def small_install(program: str, *arguments: str, home: Path) -> subprocess.CompletedProcess[str]:
    """Run a program as if nothing but the small install were there."""
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "src"), "QUIRE_HOME": str(home)}
    command = [sys.executable, "-W", "error", "-c", SMALL + program, *arguments]
    return subprocess.run(command, env=env, cwd=home, capture_output=True, text=True, timeout=60)


def test_the_core_works_in_the_small_install(lacking: str, tmp_path: Path) -> None:
    done = small_install(IMPORT_CORE, lacking, home=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [name for name in CORE if name != "plans"]


def test_the_core_has_these_modules_and_no_others() -> None:
    core = ROOT / "src/quire/core"
    found = {path.stem for path in core.iterdir() if path.suffix == ".py" or path.is_dir()}
    assert sorted(found - {"__init__", "__pycache__"}) == CORE


def test_verify_works_in_the_small_install(lacking: str, tmp_path: Path) -> None:
    done = small_install(ASK, lacking, json.dumps(["verify", "--help"]), home=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "--statement" in done.stdout
    assert "--key" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_a_command_of_the_server_says_what_to_install(lacking: str, tmp_path: Path) -> None:
    done = small_install(ASK, lacking, json.dumps(["init"]), home=tmp_path)
    assert done.returncode not in (0, None)
    assert "quire[server]" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("page", documents(), ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", text)
    local = [target for target in targets if not re.match(r"[a-z]+:", target)]
    assert [target for target in local if not (page.parent / target).exists()] == []


def code_in(page: Path) -> Iterator[str]:
    """Lines of indented-by-fence code, and code within sentences."""
    text = page.read_text()
    for block in re.findall(r"```[a-z]*\n(.*?)```", text, flags=re.DOTALL):
        yield from (line.strip().removeprefix("$ ") for line in block.splitlines())
    yield from re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))


def test_make_targets_in_documents_exist_and_are_described() -> None:
    makefile = (ROOT / "Makefile").read_text()
    described = set(re.findall(r"(?m)^([a-z-]+):.*## \S", makefile))
    phony = re.search(r"(?m)^\.PHONY: (.*)$", makefile)
    assert phony is not None
    assert described == set(phony[1].split())
    lines = [line for page in documents() for line in code_in(page)]
    asked = {found[1] for line in lines if (found := re.match(r"make ([a-z-]+)", line))}
    assert {"setup", "test"} <= asked
    assert asked - described == set()


def commands_in_documents() -> list[list[str]]:
    """Each ``quire …`` in documents and Makefile, as far as its words are plainly names of commands."""
    found = set()
    for page in documents():
        for line in code_in(page):
            words = line.split("#")[0].split()
            if words[:1] and words[0].removeprefix(".venv/bin/") == "quire":
                path = []
                for word in words[1:]:
                    if not re.fullmatch(r"[a-z][a-z-]*", word):
                        break
                    path.append(word)
                found.add(tuple(path))
    demo = re.findall(r"(?m)^DEMO_\w+ = (.*)$", (ROOT / "Makefile").read_text())
    assert len(demo) == 4
    return sorted(list(path) for path in {*found, *(tuple(call.split()) for call in demo)} if path)


ASK_ALL = """
import contextlib, io, json, sys
from quire.cli import main
wrong = []
for command in json.loads(sys.argv[1]):
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            code = main([*command, '--help'])
        except SystemExit as end:
            code = end.code
    if code:
        wrong.append(command)
print(json.dumps(wrong))
"""


def test_commands_in_documents_exist(tmp_path: Path) -> None:
    commands = commands_in_documents()
    assert ["verify"] in commands
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "src"), "QUIRE_HOME": str(tmp_path)}
    ask = [sys.executable, "-c", ASK_ALL, json.dumps([*commands, ["no-such-command"]])]
    done = subprocess.run(ask, env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [["no-such-command"]]


def test_settings_on_the_page_are_the_settings_in_the_code() -> None:
    from quire.society.kit.config import SETTINGS

    page = (ROOT / "docs/settings.md").read_text()
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    assert rows == [f"| `{s.name}` | {s.meaning} | {s.default} |" for s in SETTINGS]
    sources = (ROOT / "src").rglob("*.py")
    named = {name for path in sources for name in re.findall(r"[\"'](QUIRE_[A-Z_]+)[\"']", path.read_text())}
    assert {name for name in named if f"`{name}" not in page} == set()


def test_the_glossary_points_to_what_is_there() -> None:
    rows = re.findall(r"(?m)^\| ([^|]+) \| [^|]+ \| `([^`|]+)` \|$", (ROOT / "docs/glossary.md").read_text())
    words = [word.strip() for row in rows for word in row[0].split(",")]
    assert len(words) > 50
    assert len(set(words)) == len(words), "one word, one thing"
    assert [place for _, place in rows if not (ROOT / place).exists()] == []


def test_decisions_are_numbered_and_say_what_why_and_what_enforces_them() -> None:
    pages = sorted((ROOT / "docs/decisions").glob("*.md"))
    for number, page in enumerate(pages, 1):
        text = page.read_text()
        assert page.name.startswith(f"{number:04d}-")
        assert text.startswith(f"# {number}. ")
        heads = re.findall(r"(?m)^\*\*(What|Why|What enforces it)\.\*\*", text)
        assert heads == ["What", "Why", "What enforces it"], page.name
        assert len(text.splitlines()) <= 60, f"{page.name} is longer than a page"


@pytest.mark.parametrize("failing", ["test", "test-more", "neither"])
def test_ci_runs_both_suites_and_fails_if_one_does(failing: str, tmp_path: Path) -> None:
    (tmp_path / ".ci").mkdir()
    script = shutil.copy(ROOT / ".ci/run", tmp_path / ".ci/run")
    assert Path(script).stat().st_mode & stat.S_IXUSR
    rules = [f"{name}:\n\t@echo '9 passed in {name}'\n" for name in ("test", "test-more")]
    broken = [rule + "\t@exit 3\n" if rule.startswith(f"{failing}:") else rule for rule in rules]
    (tmp_path / "Makefile").write_text(".PHONY: test test-more\n" + "".join(broken))
    done = subprocess.run([script], cwd="/", capture_output=True, text=True, timeout=60)
    assert (done.returncode == 0) == (failing == "neither")
    closing = done.stdout.partition("ended with")[2]
    assert "9 passed in test\n" in closing
    assert "9 passed in test-more\n" in closing
