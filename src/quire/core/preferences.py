"""Preferences on a line: ``Content-Usage`` (IETF AIPREF) and ``Content-Signal`` (Cloudflare).

Owns reading and writing of the two lists. Does not own which preference a site has.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

LONGEST = 4_096
"""Characters of a list that is read; a longer one says nothing."""

_ITEM = (
    r'(?:[A-Za-z*][!#$%&\'*+.^_`|~0-9A-Za-z:/-]*|"(?:[ !#-\[\]-~]|\\["\\])*"|%"[ !#-~]*"'
    r"|-?[0-9]{1,15}(?:\.[0-9]{1,3})?"
    r"|\?[01]|:[A-Za-z0-9+/=]*:|@-?[0-9]{1,15})"
)
_PARAMETERS = rf"(?:; *[a-z*][a-z0-9_.*-]*(?:={_ITEM})?)*"
_LIST = rf"\( *(?:{_ITEM}{_PARAMETERS}(?: +{_ITEM}{_PARAMETERS})*)? *\)"
_MEMBER = re.compile(
    rf"(?P<key>[a-z*][a-z0-9_.*-]*)(?:=(?P<value>{_LIST}|{_ITEM}))?{_PARAMETERS}[ \t]*(?P<more>,[ \t]*)?"
)


def usage_of(text: str) -> dict[str, bool]:
    """What a ``Content-Usage`` dictionary (RFC 9651) says: label -> yes or no.

    Of a label that stands twice the last holds; a value that is neither the token ``y`` nor ``n`` says
    nothing; a list that cannot be read says nothing at all (draft-ietf-aipref-attach).
    """
    text = text.strip(" ")
    if len(text) > LONGEST:
        return {}
    said: dict[str, str | None] = {}
    at, more = 0, False
    while at < len(text):
        member = _MEMBER.match(text, at)
        if member is None or not (member["more"] or member.end() == len(text)):
            return {}
        said[member["key"]] = member["value"]
        at, more = member.end(), bool(member["more"])
    return {} if more else {label: value == "y" for label, value in said.items() if value in ("y", "n")}


def signals_of(text: str) -> dict[str, bool]:
    """What a ``Content-Signal`` list says: ``search=yes, ai-train=no``; other values say nothing."""
    said: dict[str, bool] = {}
    for part in text[:LONGEST].split(","):
        label, _, value = part.partition("=")
        if (word := value.strip().lower()) in ("yes", "no"):
            said[label.strip().lower()] = word == "yes"
    return said


def stricter(several: Iterable[Mapping[str, bool]]) -> dict[str, bool]:
    """Several statements about one thing, together: a no from any of them is a no."""
    together: dict[str, bool] = {}
    for said in several:
        for label, yes in said.items():
            together[label] = yes and together.get(label, True)
    return together


def usage_text(said: Mapping[str, bool]) -> str:
    """The ``Content-Usage`` dictionary, in the order given."""
    return ", ".join(f"{label}={'y' if yes else 'n'}" for label, yes in said.items())


def signals_text(said: Mapping[str, bool]) -> str:
    """The ``Content-Signal`` list, in the order given."""
    return ", ".join(f"{label}={'yes' if yes else 'no'}" for label, yes in said.items())
