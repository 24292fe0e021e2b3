"""Which uses the ``<license>`` element that a client sends permits."""

from __future__ import annotations

import re

from quire.core.terms import USES
from quire.society.licensing.errors import BadLicenseElement

_PERMITS = re.compile(r"<permits[^>]*\btype=\"usage\"[^>]*>([^<]*)</permits>")


def permitted(element: str | None) -> tuple[str, ...]:
    """The uses, in the order of USES; all of them where no element was sent: the client's standing licence."""
    if element is None:
        return USES
    if (found := _PERMITS.search(element)) is None:
        raise BadLicenseElement("The license permits no use.")
    words = set(found[1].split())
    uses = tuple(
        use for use in USES if use in words or "all" in words or ("ai-all" in words and use.startswith("ai-"))
    )
    if not uses:
        raise BadLicenseElement("The license permits no use that there are licences for here.")
    return uses
