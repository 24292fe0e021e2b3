"""`quire …`: the command line. Data on stdout, progress on stderr, errors as one line that says what to do.

``quire verify``, ``quire edge`` and ``quire crawl`` run from the small installs; everything else is the
society's and asks for ``quire[server]``.
"""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Sequence

EXIT_CODES = {
    0: "done",
    1: "it failed",
    2: "the command was written wrongly, or its extra is not installed",
    3: "there is no such thing",
    4: "what was given cannot be right; nothing was written",
    5: "it contradicts what is on record, or somebody else is at it",
    6: "the rules or your role do not allow it",
    10: "a check found something",
    141: "who read the answer stopped reading",
}
UNREAD = 141
"""128 and the number of SIGPIPE, as a shell tells of a program that ended so (POSIX, 2.8.2)."""

_SMALL = """quire: run a collecting society for AI.

This is the small install. It has:
  quire verify BUNDLE     recompute a published distribution and say whether it holds
  quire edge check        try a site's edge; also: status, and serve (pip install 'quire[edge]')
  quire crawl plan URL…   what a crawler may get and for how much (pip install 'quire[crawler]')

The society's own commands need more: pip install 'quire[server]'
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code (see ``EXIT_CODES``)."""
    try:
        code = _run(list(sys.argv[1:] if argv is None else argv))
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        if not unread():
            raise
        # ``quire … | head``: nothing is wrong. The interpreter must find nothing to write when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return UNREAD


def unread() -> bool:
    """Whether standard output is a pipe that nobody reads from any more."""
    try:
        asked = select.poll()
        asked.register(sys.stdout.fileno(), select.POLLERR | select.POLLHUP)
        return any(seen & (select.POLLERR | select.POLLHUP) for _, seen in asked.poll(0))
    except (OSError, ValueError):  # it is closed, or no file
        return False


def _run(words: list[str]) -> int:
    if words[:1] == ["verify"]:
        from quire.cli import verify

        return verify.run(words[1:])
    if words[:1] == ["edge"]:
        from quire.cli import edge

        return edge.run(words[1:])
    if words[:1] == ["crawl"]:
        from quire.cli import crawl

        return crawl.run(words[1:])
    try:
        from quire.cli import server
    except ModuleNotFoundError as missing:
        if (missing.name or "").startswith("quire"):
            raise
        if not words or words[0] in {"-h", "--help"}:
            print(_SMALL)
            return 0
        print(
            f"quire: “{words[0]}” is one of the society's commands, which are not installed here "
            f"({missing.name} is missing): pip install 'quire[server]'",
            file=sys.stderr,
        )
        return 2
    return server.run(words)


if __name__ == "__main__":
    sys.exit(main())
