"""The demonstration's settings: the society's, and beside its pages the links by which one comes in, and the
tour.

Another society that is served with them refuses to start.
"""

from __future__ import annotations

from pathlib import Path

from quire.society.kit import config
from quire.society.settings import *  # noqa: F403
from quire.society.settings import TEMPLATES as _TEMPLATES

if config.home().name != "demo" or config.text("DATABASE_URL"):
    raise config.SettingWrong("These settings are the demonstration's: quire demo serve uses them.")

_HERE = Path(__file__).parent
_OPTIONS = _TEMPLATES[0]["OPTIONS"]

ROOT_URLCONF = "quire.cli.demo_serve.urls"
STATICFILES_DIRS = [_HERE / "static"]
TEMPLATES = [
    {
        **_TEMPLATES[0],
        "DIRS": [_HERE / "templates"],
        "OPTIONS": {
            **_OPTIONS,
            "context_processors": [*_OPTIONS["context_processors"], "quire.cli.demo_serve.tour.around"],
        },
    }
]
