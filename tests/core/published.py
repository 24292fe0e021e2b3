"""The bundle of the small society, and what a hostile hand may change in it and sign with its key."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

from quire.core import canonical
from quire.core.bundle import Bundle
from quire.core.distribution import Evidence, Hold, Version
from quire.core.shares import Shares
from tests.core.by_hand import EUR, shipped, society
from tests.core.societies import about_of, files_of, signed

Records = list[dict[str, Any]]


def by_hand() -> Evidence:
    """Three members, two owners, a hold: 100 EUR by the hybrid plan."""
    shares = Shares.sole("paper", "author").syndicated("blog", Fraction(1, 3))
    return society(
        shipped("hybrid"),
        100 * EUR,
        {"wrk_blog": 1, "wrk_estate": 2, "wrk_paper": 4, "site_paper": 3},
        versions={2: (Version(None, None, shares),)},
        holds=(Hold("hld_1", "wrk_estate", None),),
    )


FOUND = by_hand()
FILES = files_of(FOUND)
ABOUT = about_of(FOUND)
TRUE = signed(FILES, ABOUT)


def lines_of(name: str) -> Records:
    return [json.loads(line) for line in FILES[name].splitlines()]


def resigned(name: str, records: Records) -> Bundle:
    """The bundle with other records in one file, signed with the society's own key."""
    return signed(FILES | {name: b"".join(canonical.write_lines(records))}, ABOUT)


junk = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.sampled_from(["", "0", "-1", "1/0", "1e9", "9999-12-31", "0001-01-01", "2026-02-30", "XXX", "pot_1"])
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=5,
)


def mutated(value: Any, data: st.DataObject) -> Any:
    """One place anywhere in the value replaced, removed, or doubled."""
    if isinstance(value, dict) and value and data.draw(st.booleans()):
        key = data.draw(st.sampled_from(sorted(value)))
        if not data.draw(st.integers(0, 4)):
            return {each: one for each, one in value.items() if each != key}
        return {**value, key: mutated(value[key], data)}
    if isinstance(value, list) and value:
        at = data.draw(st.integers(0, len(value) - 1))
        what = data.draw(st.sampled_from(["change", "change", "cut", "double"]))
        if what == "change":
            return [*value[:at], mutated(value[at], data), *value[at + 1 :]]
        return value[:at] + value[at + 1 :] if what == "cut" else [*value[: at + 1], *value[at:]]
    return data.draw(junk)
