"""The keys of a plan: who stands in a portion of a pot, and with what weight. One module a key.

A key knows nothing of the amount, of bounds or of owners.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from quire.core.distribution.claims import Claims
from quire.core.distribution.ground import Ground
from quire.core.distribution.keys import members, usage
from quire.core.plan import Portion

KEYS: Mapping[str, Callable[[Ground, Portion], Claims | None]] = {
    "usage": usage.claims,
    "equal": members.claims,
    "tier": members.claims,
}


def claims(ground: Ground, part: Portion) -> Claims | None:
    """Who stands in a portion of the pot; ``None`` where nobody does."""
    return KEYS[part.key](ground, part)
