"""The keys of a plan: who stands in a portion of a pot, and with what weight. One module an idea.

A key knows nothing of the amount, of bounds or of owners.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from quire.core.distribution.claims import Claims
from quire.core.distribution.ground import Ground
from quire.core.distribution.keys import members, named, usage, works
from quire.core.plan import Portion

KEYS: Mapping[tuple[str, str], Callable[[Ground, Portion], Claims | None]] = {
    ("usage", "members"): usage.claims,
    ("equal", "members"): members.claims,
    ("equal", "works"): works.equal,
    ("tier", "members"): members.claims,
    ("attribution", "members"): named.weighed,
    ("units", "members"): named.weighed,
    ("survey", "members"): named.surveyed,
}
"""By key, and among whom it divides; a key that leaves no choice says members."""


def claims(ground: Ground, part: Portion) -> Claims | None:
    """Who stands in a portion of the pot; ``None`` where nobody does."""
    return KEYS[part.key, part.among](ground, part)
