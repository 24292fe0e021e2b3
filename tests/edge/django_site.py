"""A Django site behind an edge, in a process of its own, for Django has one set of settings in a process.

    python -m tests.edge.django_site asgi|wsgi|granian FOLDER

Says its address and a token on one line of JSON, and serves until its standard input ends.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any

import django
from django.conf import settings
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import path

ROOT = Path(__file__).parents[2]


def hello(request: HttpRequest) -> HttpResponse:
    return HttpResponse("Hello.")


def stream(request: HttpRequest) -> StreamingHttpResponse:
    return StreamingHttpResponse(iter(["one ", "two"]))


urlpatterns = [path("hello", hello), path("stream", stream)]


@contextmanager
def running(kind: str, folder: Path) -> Iterator[tuple[str, str]]:
    """The site's address and a token that is good there."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("DJANGO", "QUIRE"))}
    command = [sys.executable, "-W", "ignore", "-m", "tests.edge.django_site", kind, str(folder)]
    with Popen(command, stdin=PIPE, stdout=PIPE, cwd=ROOT, env=env, text=True) as process:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        try:
            yield told["at"], told["token"]
        finally:
            assert process.stdin is not None
            process.stdin.close()
            process.wait(timeout=30)


def _application(kind: str) -> Any:
    settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], SECRET_KEY="of no use", DEBUG=False)
    django.setup()
    from django.core.asgi import get_asgi_application
    from django.core.wsgi import get_wsgi_application

    return get_asgi_application() if kind == "asgi" else get_wsgi_application()


def main(kind: str, folder: Path) -> None:
    """Serve until the standard input ends."""
    from quire.edge.asgi import QuireMiddleware as Asgi
    from quire.edge.wsgi import QuireMiddleware as Wsgi
    from tests.edge import live

    site = live.Site(folder)
    app = _application(kind)
    wrapped = Asgi(app, edge=site.edge) if kind == "asgi" else Wsgi(app, edge=site.edge)
    with (live.asgi if kind == "asgi" else live.wsgi)(wrapped) as at:
        sys.stdout.write(json.dumps({"at": at, "token": site.token()}) + "\n")
        sys.stdout.flush()
        sys.stdin.read()
    site.edge.close()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
