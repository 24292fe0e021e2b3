"""``quire edge``: the site's side, from the small install; ``serve`` needs ``quire[edge]``."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from quire.core.errors import QuireError

FOUND = 10


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="quire edge", description="The edge of a member's site: lets licensed crawlers in, and counts."
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="serve|status|check")
    serve = verbs.add_parser("serve", help="answer a web server that asks about each request")
    serve.add_argument("--listen", default="127.0.0.1:8402", metavar="ADDRESS:PORT", help="127.0.0.1:8402")
    serve.add_argument(
        "--workers", type=int, default=1, metavar="N", help="processes; each has a lane of its own"
    )
    status = verbs.add_parser("status", help="what the edge knows and what is not delivered yet")
    check = verbs.add_parser("check", help="try the configuration, the key and the society")
    check.add_argument("url", nargs="?", metavar="URL", help="say what would become of a request for it")
    check.add_argument("--agent", default="GPTBot", metavar="TEXT", help="its User-Agent (GPTBot)")
    for verb in (serve, status, check):
        verb.add_argument("--config", type=Path, default=Path("quire-edge.toml"), metavar="FILE",
                          help="quire-edge.toml")  # fmt: skip
    for verb in (status, check):
        verb.add_argument("--json", action="store_true", help="the answer as JSON")
    return parser


def run(words: Sequence[str]) -> int:
    """Run the verb and return its exit code; 10 where something is wrong."""
    try:
        asked = _parser().parse_args(words)
    except SystemExit as done:
        return int(done.code or 0)
    try:
        return _VERBS[asked.verb](asked)
    except QuireError as problem:
        print(f"quire edge: {problem.sentence}", file=sys.stderr)
        return problem.exit_code
    except ModuleNotFoundError as missing:
        if (missing.name or "").startswith("quire"):
            raise
        print(f"quire edge {asked.verb} needs more: pip install 'quire[edge]' ({missing.name} is missing)",
              file=sys.stderr)  # fmt: skip
        return 2


def _serve(asked: argparse.Namespace) -> int:
    from quire.edge import serve

    serve.run(asked.config, asked.listen, max(asked.workers, 1))
    return 0


def _status(asked: argparse.Namespace) -> int:
    from quire.edge import config, status

    found = status.read(config.read(asked.config), time.time())
    if asked.json:
        print(json.dumps(found.as_json(), indent=2, ensure_ascii=False))
    else:
        print("\n".join(found.lines()))
    return FOUND if found.wrong else 0


def _check(asked: argparse.Namespace) -> int:
    from quire.edge import config, status

    told = config.read(asked.config)
    found = status.check(told, asked.url, asked.agent)
    if asked.json:
        print(json.dumps(found, indent=2, ensure_ascii=False))
    else:
        _say_check(found)
    return FOUND if found["problems"] else 0


def _say_check(found: dict[str, Any]) -> None:
    print(f"The configuration is good: edge {found['edge']} of {', '.join(found['hosts'])}.")
    for sentence in dict.fromkeys(found["problems"]):
        print(f"Wrong: {sentence}")
    if found["policy"]:
        heard = "The society answers" if found["reached"] else "The society was heard before"
        print(f"{heard}; its policy was issued {found['policy']['issued']}.")
    if found["decision"]:
        told = found["decision"]
        print(f"{told['url']} for {told['agent']}: {told['sentence']}")


_VERBS = {"serve": _serve, "status": _status, "check": _check}
