"""Addresses of people taken out of what is kept."""

from __future__ import annotations

import ipaddress
import re

_ADDRESS = re.compile(r"[0-9A-Fa-f.:]*[.:][0-9A-Fa-f.:]*")


def without_addresses(excerpt: str) -> str:
    """The excerpt with every IP address blotted out: a line that could not be read may be a person's."""
    return _ADDRESS.sub(_blotted, excerpt)


def _blotted(found: re.Match[str]) -> str:
    word = found[0].strip(".:") if found[0].count(":") < 2 else found[0]
    for text in (word, word.rpartition(":")[0]):
        try:
            ipaddress.ip_address(text)
        except ValueError:
            continue
        return found[0].replace(text, "[address]")
    return found[0]
