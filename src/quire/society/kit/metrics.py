"""Figures for Prometheus: requests as they come; and, when somebody asks, how the society stands.

``quire serve`` names a folder in which all of the server's processes count (``PROMETHEUS_MULTIPROC_DIR``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from prometheus_client import REGISTRY as OWN
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4 as TYPE
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from quire.society.kit import config

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
_REQUESTS = Counter("quire_requests", "Requests answered.", ["page", "method", "status"])
_SECONDS = Histogram(
    "quire_request_seconds",
    "Seconds until a request was answered.",
    ["page"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 5, 10, 30),
)


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of how the society stands; ``labels`` are pairs of name and value."""

    name: str
    meaning: str
    value: float
    labels: tuple[tuple[str, str], ...] = ()


def answered(page: str, method: str, status: int, seconds: float) -> None:
    """Count a request."""
    _REQUESTS.labels(page, method, str(status)).inc()
    _SECONDS.labels(page).observe(seconds)


def text(figures: Callable[[], Iterable[Figure]]) -> bytes:
    """All figures in Prometheus's text format, version 0.0.4."""
    registry = CollectorRegistry()
    registry.register(_Standing(figures))
    if config.text(FOLDER):
        MultiProcessCollector(registry)
        return bytes(generate_latest(registry))
    return bytes(generate_latest(registry)) + bytes(generate_latest(OWN))


class _Standing(Collector):
    """Figures that are looked up when they are asked for."""

    def __init__(self, figures: Callable[[], Iterable[Figure]]) -> None:
        self._figures = figures

    def describe(self) -> Iterable[Metric]:
        return []

    def collect(self) -> Iterator[Metric]:
        families: dict[str, GaugeMetricFamily] = {}
        for one in self._figures():
            names, values = [name for name, _ in one.labels], [value for _, value in one.labels]
            family = families.setdefault(one.name, GaugeMetricFamily(one.name, one.meaning, labels=names))
            family.add_metric(values, one.value)
        yield from families.values()


__all__ = ["FOLDER", "TYPE", "Figure", "answered", "text"]
