"""Who may do what on whose pages: as the room of the parties says, for pages and for keys alike."""

from __future__ import annotations

from quire.society.parties.rules import MAY, allowed

__all__ = ["MAY", "allowed"]
