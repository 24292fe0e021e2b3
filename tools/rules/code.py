"""Rules for Python files."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath

from tools.rules import Finding, Source

MONEY = (
    "ledger", "licensing", "surveys", "invoicing", "distribution", "disputes", "statements", "payouts",
    "unclaimed",
)  # fmt: skip
"""Rooms in which an amount of money may be at hand; the whole core is another such place."""

ENVIRONMENT = (
    "src/quire/cli/",
    "src/quire/core/arrays.py",
    "src/quire/society/kit/config.py",
    "src/quire/society/kit/postgres.py",
    "src/quire/society/settings.py",
    "src/quire/society/wsgi.py",
)
"""The only places that read or set environment variables."""

CORE_GUESTS = {"joserfc": {"tokens"}, "numpy": {"allocation", "arrays"}, "rfc8785": {"canonical"}}
"""Packages that the core may import, and the modules of the core that may."""

CORE_DOORS = {
    "os": {"arrays", "bundle", "container", "pieces"},  # one variable; the type of a path; the files
    "pathlib": {"container"},
    "shutil": {"container"},
    "tempfile": {"container"},
}
"""Modules of the standard library that touch the machine, and where in the core they may be imported."""

CORE_NEVER = {
    "asyncio", "ctypes", "http", "logging", "multiprocessing", "random", "signal", "socket", "sqlite3", "ssl",
    "subprocess", "threading", "time", "urllib.request", "webbrowser",
}  # fmt: skip

_ASKING = {"environ", "getenv", "putenv"}
_SQL_CALLS = {"copy", "execute", "executemany", "query", "raw", "sql"}
_SQL = re.compile(
    r"\s*(?:SELECT|INSERT INTO|UPDATE|DELETE FROM|COPY|CREATE|ALTER|DROP|ATTACH|WITH|SET|GRANT|REVOKE)\s"
)
_STUB = NotImplementedError.__name__
_SQL_WRITERS = ("src/quire/society/kit/walls.py", "src/quire/society/kit/postgres.py")


def public_things_are_described(source: Source) -> Iterator[Finding]:
    """A docstring for each public function and class of the package; in the core for each module too."""
    if not source.in_package or source.parts[-1] == "apps.py" or source.tree is None:
        return
    if source.in_core and not ast.get_docstring(source.tree):
        yield Finding(source.path, 1, "A module of the core begins with what it owns and does not own.")
    for node in source.tree.body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        if not node.name.startswith("_") and not ast.get_docstring(node):
            yield source.found(node, f"{node.name} is public and has no docstring.")


def no_floats_near_money(source: Source) -> Iterator[Finding]:
    """Money is an int of quanta; a share is a Fraction."""
    if not source.in_core and source.room not in MONEY:
        return
    for node in source.nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, float):
            yield source.found(
                node, f"{node.value} is a float: money is an int of quanta, a share a Fraction."
            )
        if isinstance(node, ast.Call) and _name(node.func) == "float":
            yield source.found(node, "float() near money: use an int of quanta or a Fraction.")


def prints_are_the_command_lines(source: Source) -> Iterator[Finding]:
    """Only the command line writes to the terminal."""
    if not source.in_package or source.path.startswith("src/quire/cli/"):
        return
    for node in source.nodes:
        if isinstance(node, ast.Call) and _name(node.func) == "print":
            yield source.found(
                node, "Only quire.cli prints: return the value, or raise an error that says it."
            )


def nothing_is_swallowed(source: Source) -> Iterator[Finding]:
    """Catching everything needs a reason in a comment, unless it is raised again."""
    for node in source.nodes:
        if not isinstance(node, ast.ExceptHandler) or not _catches_all(node.type):
            continue
        near = range(node.lineno - 1, node.body[0].lineno + 1)
        again = any(isinstance(inner, ast.Raise) for inner in ast.walk(node))
        if not again and not any(line in source.comments for line in near):
            yield source.found(node, "This catches everything: name the errors, or say why in a comment.")


def sql_is_not_composed(source: Source) -> Iterator[Finding]:
    """Values go to the database as parameters; text composed into SQL needs ``# sql: why it is safe``.

    The comment stands on the statement's lines or the one above. A file that is made of such statements
    may say it once, as ``# sql in this file: why they are safe``.
    """
    if not source.in_package or source.path in _SQL_WRITERS:
        return
    if any(comment.startswith("# sql in this file: ") for comment in source.comments.values()):
        return
    told: set[ast.AST] = set()
    for node in source.nodes:
        if not isinstance(node, ast.expr) or node in told or not _composes_sql(node):
            continue
        told.update(ast.walk(node))
        near = range(node.lineno - 1, (node.end_lineno or node.lineno) + 1)
        if not any(re.search(r"# sql: \S", source.comments.get(line, "")) for line in near):
            sentence = "SQL put together from text: pass parameters, or say `# sql: why it is safe`."
            yield source.found(node, sentence)


def environment_is_read_in_one_place(source: Source) -> Iterator[Finding]:
    """Settings are read through ``kit.config``, which ``docs/settings.md`` lists."""
    if not source.in_package or source.path.startswith(ENVIRONMENT):
        return
    asked: list[ast.AST] = [
        node
        for node in source.nodes
        if isinstance(node, ast.Attribute) and node.attr in _ASKING and _name(node.value) == "os"
    ]
    asked += [node for node, module, name in source.imports() if module == "os" and name in _ASKING]
    for node in asked:
        yield source.found(node, "Read settings through quire.society.kit.config, not the environment.")


def core_is_pure(source: Source) -> Iterator[Finding]:
    """The core imports the standard library, itself, and each guest in its own module; it does no I/O."""
    if not source.in_core:
        return
    here = PurePosixPath(source.path).stem
    for node, module, name in source.imports():
        top = module.partition(".")[0]
        if top == "quire":
            if f"{module}.{name}.".startswith("quire.core."):
                continue
            yield source.found(node, f"The core imports nothing of Quire but itself, so not {module}.")
        elif top in CORE_GUESTS:
            if here not in CORE_GUESTS[top]:
                homes = " and ".join(sorted(CORE_GUESTS[top]))
                yield source.found(node, f"{top} stays behind quire.core.{homes}.")
        elif top not in sys.stdlib_module_names:
            yield source.found(node, f"The core does without {module or 'relative imports'}.")
        elif module in CORE_NEVER or top in CORE_NEVER or here not in CORE_DOORS.get(top, {here}):
            yield source.found(node, f"The core does not touch the machine, so not {module}.")
    for call in source.nodes:
        if here not in {"container", "pieces"} and isinstance(call, ast.Call) and _name(call.func) == "open":
            yield source.found(call, "The core opens no files, but for the container of a bundle.")


def tests_are_run(source: Source) -> Iterator[Finding]:
    """No test is passed over in silence, and none talks to a mock."""
    if not source.path.startswith("tests/"):
        return
    for node in source.nodes:
        if isinstance(node, ast.Attribute) and node.attr in {"skip", "skipif", "xfail", "importorskip"}:
            yield source.found(node, f"pytest's {node.attr} passes over a test: make it run, or take it out.")
    for statement, module, name in source.imports():
        if f"{module}.{name}".startswith("unittest.mock"):
            yield source.found(statement, "No mocks of what we can run: use the real thing.")


def nothing_is_a_stub(source: Source) -> Iterator[Finding]:
    """What is not implemented is not there."""
    for node in source.nodes:
        if source.in_package and isinstance(node, ast.Name) and node.id == "NotImplementedError":
            yield source.found(node, "This is a stub: write it, or take it out.")


def _name(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else ""


def _catches_all(caught: ast.expr | None) -> bool:
    if isinstance(caught, ast.Tuple):
        return any(_catches_all(each) for each in caught.elts)
    return caught is None or _name(caught) in {"BaseException", "Exception"}


def _composes_sql(node: ast.expr) -> bool:
    """An f-string that begins like SQL, or a call that runs SQL on a text put together on the spot."""
    if isinstance(node, ast.JoinedStr):
        first = node.values[0] if node.values else None
        begins = isinstance(first, ast.Constant) and _SQL.match(str(first.value))
        return bool(begins) and _has_values(node)
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or not node.args:
        return False
    return node.func.attr in _SQL_CALLS and _put_together(node.args[0])


def _put_together(text: ast.expr) -> bool:
    if isinstance(text, ast.BinOp):
        joins = isinstance(text.op, ast.Add | ast.Mod)
        return joins and any(_is_text(side) or _put_together(side) for side in (text.left, text.right))
    if isinstance(text, ast.Call) and isinstance(text.func, ast.Attribute) and text.func.attr == "format":
        return _is_text(text.func.value)
    return _has_values(text)


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _has_values(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) and any(isinstance(v, ast.FormattedValue) for v in node.values)


CODE_RULES: list[Callable[[Source], Iterator[Finding]]] = [
    public_things_are_described,
    no_floats_near_money,
    prints_are_the_command_lines,
    nothing_is_swallowed,
    sql_is_not_composed,
    environment_is_read_in_one_place,
    core_is_pure,
    tests_are_run,
    nothing_is_a_stub,
]
