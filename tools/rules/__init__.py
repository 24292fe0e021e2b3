"""The rules that ``tools/tidy.py`` applies, and what they look at: one file of the house at a time."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath

CODE_SUFFIXES = {".css", ".html", ".js", ".py", ".sql"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Finding:
    """One thing to mend. ``key`` is how an allow-list names it; empty where nothing can allow it."""

    path: str
    line: int
    sentence: str
    key: str = ""

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.sentence}"


@dataclass(frozen=True)
class Source:
    """A text file: its path from the house's root, with ``/``, and what it says."""

    path: str
    text: str

    @cached_property
    def parts(self) -> tuple[str, ...]:
        return PurePosixPath(self.path).parts

    @cached_property
    def lines(self) -> list[str]:
        return self.text.splitlines()

    @property
    def is_migration(self) -> bool:
        """Django writes these; no rule of style holds them."""
        return "migrations" in self.parts

    @property
    def is_python(self) -> bool:
        return self.path.endswith(".py") and not self.is_migration

    @property
    def is_code(self) -> bool:
        return PurePosixPath(self.path).suffix in CODE_SUFFIXES and not self.is_migration

    @property
    def in_package(self) -> bool:
        """Part of what is installed."""
        return self.path.startswith("src/quire/")

    @property
    def in_core(self) -> bool:
        return self.path.startswith("src/quire/core/")

    @property
    def room(self) -> str:
        """The room of the society this file is in, or the empty text."""
        return self.parts[3] if self.path.startswith("src/quire/society/") and len(self.parts) > 4 else ""

    @cached_property
    def tree(self) -> ast.Module | None:
        """The parsed module; None where it does not parse."""
        try:
            return ast.parse(self.text)
        except SyntaxError:
            return None

    @property
    def error_line(self) -> int:
        """The line at which parsing gave up."""
        try:
            ast.parse(self.text)
        except SyntaxError as problem:
            return problem.lineno or 1
        return 1

    @cached_property
    def nodes(self) -> list[ast.AST]:
        """Every node of the tree, once."""
        return list(ast.walk(self.tree)) if self.tree else []

    @cached_property
    def comments(self) -> dict[int, str]:
        """Comments by line, with their ``#``."""
        tokens = tokenize.generate_tokens(io.StringIO(self.text).readline)
        return {token.start[0]: token.string for token in tokens if token.type == tokenize.COMMENT}

    def functions(self) -> Iterator[tuple[Function, int]]:
        """Every function and method of a Python file that people write, and how many lines it has."""
        if self.is_python:
            for node in self.nodes:
                if isinstance(node, Function):
                    yield node, (node.end_lineno or node.lineno) - node.lineno + 1

    def found(self, node: ast.AST, sentence: str, key: str = "") -> Finding:
        """A finding at this node."""
        return Finding(self.path, getattr(node, "lineno", 1), sentence, key)

    def imports(self) -> Iterator[tuple[ast.stmt, str, str]]:
        """Every import: the statement, the module, and the name taken from it (empty for ``import x``).

        Relative imports come back as written without their dots resolved; ruff and this house use none.
        """
        for node in self.nodes:
            if isinstance(node, ast.Import):
                yield from ((node, alias.name, "") for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                module = "." * node.level + (node.module or "")
                yield from ((node, module, alias.name) for alias in node.names)
