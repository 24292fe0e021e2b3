"""How the demonstration opens: its server, a worker beside it, and a link for each person to come in by.

The links are of the demonstration alone. They are served by settings and addresses of its own (``settings``,
``urls``), which no other society's server ever loads; they are signed with a key that lives as long as the
server does; and they are answered to this machine alone.
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from quire.cli import frame
from quire.core.errors import QuireError

HOST = "127.0.0.1"
SETTINGS = "quire.cli.demo_serve.settings"


def opened(port: int) -> None:
    """Serve the demonstration on this port, or on a free one where it is taken, until Ctrl-C."""
    from quire.cli import house
    from quire.cli.demo_serve import links, people

    chosen = _open_port(port)
    people.ready()
    os.environ.setdefault("QUIRE_URL", f"http://{HOST}:{chosen}")
    with links.good(), _worker(), _as_demonstration():
        frame.out.print("Come in by one of these links. The tour walks through six pages, as each in turn.")
        for who, user in (("tour", people.TOUR), *((one.who, one.user) for one in people.PEOPLE)):
            address = f"http://{HOST}:{chosen}{links.path(user)}"
            frame.out.print(f"{who:<10} {address}", markup=False, soft_wrap=True)
        house.serve(port=chosen, host=HOST)


def _open_port(port: int) -> int:
    from quire.cli import house

    try:
        house.check_free(HOST, port)
    except QuireError:
        return house.free_port(HOST)
    return port or house.free_port(HOST)


@contextmanager
def _worker() -> Iterator[None]:
    """What takes longer than a page waits is done beside the server."""
    command = [sys.executable, "-m", "quire.cli", "worker"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)  # noqa: S603 - our own command
    try:
        yield
    finally:
        process.terminate()
        process.wait()


@contextmanager
def _as_demonstration() -> Iterator[None]:
    """The server's processes take the demonstration's settings: they begin anew, not as copies of this one,
    which has read the society's own."""
    setting, method = os.environ.get("DJANGO_SETTINGS_MODULE", ""), multiprocessing.get_start_method()
    os.environ["DJANGO_SETTINGS_MODULE"] = SETTINGS
    multiprocessing.set_start_method("spawn", force=True)
    try:
        yield
    finally:
        os.environ["DJANGO_SETTINGS_MODULE"] = setting
        multiprocessing.set_start_method(method, force=True)
