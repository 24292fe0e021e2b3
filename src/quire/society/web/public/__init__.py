"""The pages that everybody may read."""

from __future__ import annotations

from quire.society.web.pages import Page
from quire.society.web.public import front

PAGES = (
    Page("", "front", front.front, menu="The society"),
    Page("bundles/<str:run>.zip", "bundle", front.bundle),
    Page("keys.json", "keys", front.keys),
)
