"""What can be wrong with asking for a statement."""

from __future__ import annotations

from quire.core.errors import Conflict, NotFound


class NoLines(NotFound):
    """The party has no line in the run, so there is nothing to state."""

    code = "statements.no-lines"


class NotPublished(Conflict):
    """The run is not closed yet; a statement is made from what is published."""

    code = "statements.not-published"


class BundleDiffers(Conflict):
    """The published bundle is no longer the one that the run recorded."""

    code = "statements.bundle-differs"
