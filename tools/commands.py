"""Write ``docs/guides/commands.md`` from the commands themselves; ``--check`` says whether it is current."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer.main

from quire.cli import EXIT_CODES, server

PAGE = Path(__file__).resolve().parents[1] / "docs" / "guides" / "commands.md"


def page() -> str:
    """The whole page: exit codes, then every command with its arguments and options."""
    lines = [
        "# The command line",
        "",
        "Made from the commands themselves by `python -m tools.commands`. Data goes to stdout, progress to",
        "stderr; `--json` prints one JSON document; `--dry-run` writes nothing. `--by` names who acts (or",
        "`QUIRE_USER`).",
        "",
        "| exit code | meaning |",
        "|---|---|",
        *(f"| {code} | {meaning} |" for code, meaning in EXIT_CODES.items()),
        "",
        "`quire verify BUNDLE [--key FILE] [--statement FILE]` needs only the small install: see",
        "[How to verify a bundle](verify.md). So do `quire edge check|status|serve`, for the developer of a",
        "[site](site.md), and `quire crawl plan|get|report`, for that of a [crawler](crawler.md); `--help`",
        "says their options.",
        "",
    ]
    return "\n".join([*lines, *_commands(typer.main.get_command(server.app), "quire")]).rstrip() + "\n"


def _commands(group: Any, path: str) -> Iterator[str]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from (f"## {path} {name}", "", str(command.help or ""), "")
            yield from _commands(command, f"{path} {name}")
            continue
        yield from (f"### `{_usage(command, f'{path} {name}')}`", "", _text(command.help), "")
        options = [one for one in command.params if one.param_type_name == "option" and _told(one)]
        for option in options:
            yield f"- `{', '.join(option.opts)}` {_text(option.help)}".rstrip()
        if options:
            yield ""


def _usage(command: Any, path: str) -> str:
    words = [path]
    for one in command.params:
        if one.param_type_name == "argument":
            name = str(one.metavar or one.name).upper() + ("…" if one.nargs == -1 else "")
            words.append(name if one.required else f"[{name}]")
        elif one.required:
            words.append(f"{one.opts[0]} {str(one.name).upper()}")
    return " ".join(words)


def _told(option: Any) -> bool:
    return option.opts[0] not in {"--json", "--dry-run", "--by", "--help"}


def _text(text: str | None) -> str:
    return " ".join(str(text or "").split())


def main(words: list[str]) -> int:
    """Write the page, or with ``--check`` compare it."""
    made = page()
    if "--check" in words:
        current = PAGE.exists() and PAGE.read_text("utf-8") == made
        print("current" if current else f"{PAGE.name} is out of date: python -m tools.commands")
        return 0 if current else 1
    PAGE.write_text(made, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
