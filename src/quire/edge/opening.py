"""The moment at which a middleware's edge is opened: once, and in the process that serves.

Web servers import an application first and fork then, so nothing is opened while modules are loaded.
"""

from __future__ import annotations

import atexit
from pathlib import Path
from threading import Lock

from quire.edge.door import Edge


class Opening:
    """An edge that is ready, or a configuration from which one is made when it is first asked for."""

    def __init__(self, config: str | Path, edge: Edge | None) -> None:
        self._config = Path(config)
        self._edge = edge
        self._given = edge is not None
        self._lock = Lock()

    def edge(self) -> Edge:
        """The edge. Raises BadConfig where the configuration cannot be right."""
        return self._edge or self._open()

    def close(self) -> None:
        """Close what was opened here; what was given is the giver's to close."""
        with self._lock:
            edge, self._edge = self._edge, (self._edge if self._given else None)
        if edge is not None and not self._given:
            atexit.unregister(self.close)
            edge.close()

    def _open(self) -> Edge:
        from quire.edge.build import build  # it brings the courier along, which a given edge may do without

        with self._lock:
            if self._edge is None:
                self._edge = build(self._config)
                atexit.register(self.close)
            return self._edge
