"""Ports for the servers that tests start as processes."""

from __future__ import annotations

import socket
from random import SystemRandom

_BELOW_CLIENTS = range(12_000, 32_000)
"""A server binds its port a while after it was found free, some again after they were killed. Linux gives
clients, of which there are thousands meanwhile, those from 32768 on."""


def free_port() -> int:
    """A port of this machine where nobody listens just now, and which no client will be given."""
    while True:
        port = SystemRandom().choice(_BELOW_CLIENTS)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
