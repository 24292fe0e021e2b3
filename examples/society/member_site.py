"""A member's site, as a site developer would write it: pages of its works, with the edge in front of them.

    python member_site.py --works works.csv --host courier.example --config quire-edge.toml --port 8081 --kind
    asgi

``--kind asgi`` stands for Starlette, FastAPI or Django under an ASGI server, ``wsgi`` for Flask or Django
under a WSGI server: the three lines that matter are in ``guarded_asgi`` and ``guarded_wsgi``. Until the
society has registered the site's edge there is no configuration; then the site is served without one.
"""

from __future__ import annotations

import argparse
import csv
import os
from collections.abc import Callable, Iterable
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

PROOF = "/.well-known/quire-site.txt"


class Pages:
    """The site's pages by path: its works, a front page, and the line that shows whose it is."""

    def __init__(self, works: Path, host: str, proof: Path) -> None:
        self.host, self._proof = host, proof
        with open(works, newline="", encoding="utf-8") as file:
            rows = [(urlsplit(row["url"]), row["title"]) for row in csv.DictReader(file)]
        self._titles = {unquote(url.path): title for url, title in rows if url.hostname == host}

    def page(self, path: str) -> tuple[int, str, bytes]:
        """Status, media type and body."""
        if path == PROOF and self._proof.is_file():
            return 200, "text/plain; charset=utf-8", self._proof.read_bytes()
        title = self.host if path == "/" else self._titles.get(unquote(path))
        if title is None:
            return 404, "text/plain; charset=utf-8", b"There is no such page.\n"
        text = f"<!doctype html><html lang=en><title>{escape(title)}</title><h1>{escape(title)}</h1>"
        return 200, "text/html; charset=utf-8", (text + "<p>" + "The story goes on. " * 40).encode()


def asgi(pages: Pages) -> Any:
    """The site as an ASGI application."""

    async def application(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            while True:
                message = await receive()
                await send({"type": message["type"] + ".complete"})
                if message["type"] == "lifespan.shutdown":
                    return
        status, kind, body = pages.page(scope["path"])
        headers = [(b"content-type", kind.encode()), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return application


def wsgi(pages: Pages) -> Callable[..., Iterable[bytes]]:
    """The site as a WSGI application."""

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        status, kind, body = pages.page(environ["PATH_INFO"])
        reason = {200: "200 OK", 404: "404 Not Found"}[status]
        start_response(reason, [("Content-Type", kind), ("Content-Length", str(len(body)))])
        return [body]

    return application


def guarded_asgi(application: Any, config: Path) -> Any:
    """What a site developer adds to an ASGI application."""
    from quire.edge.asgi import QuireMiddleware

    return QuireMiddleware(application, config=config)


def guarded_wsgi(application: Any, config: Path) -> Any:
    """What a site developer adds to a WSGI application."""
    from quire.edge.wsgi import QuireMiddleware

    return QuireMiddleware(application, config=config)


def make() -> Any:
    """The application, as the environment describes it; what the web server loads."""
    config = Path(os.environ["SITE_CONFIG"])
    pages = Pages(Path(os.environ["SITE_WORKS"]), os.environ["SITE_HOST"], config.with_name("proof.txt"))
    kind = os.environ["SITE_KIND"]
    made = asgi(pages) if kind == "asgi" else wsgi(pages)
    if not config.is_file():
        return made
    return guarded_asgi(made, config) if kind == "asgi" else guarded_wsgi(made, config)


def main() -> None:
    """Serve until Ctrl-C."""
    from granian import Granian
    from granian.constants import Interfaces

    parser = argparse.ArgumentParser(description="A member's site behind the edge.")
    for name in ("works", "host", "config", "kind"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--port", type=int, required=True)
    asked = parser.parse_args()
    for name in ("works", "host", "config", "kind"):
        os.environ[f"SITE_{name.upper()}"] = getattr(asked, name)
    Granian(
        "member_site:make",
        factory=True,
        address="127.0.0.1",
        port=asked.port,
        interface=Interfaces.ASGI if asked.kind == "asgi" else Interfaces.WSGI,
        working_dir=Path(__file__).parent,
        workers=1,
        blocking_threads=1 if asked.kind == "asgi" else 4,
        log_access=False,
        websockets=False,
    ).serve()


if __name__ == "__main__":
    main()
