"""The demonstration's settings: the society's, and beside its pages the links by which one comes in.

Another society that is served with them refuses to start.
"""

from __future__ import annotations

from quire.society.kit import config
from quire.society.settings import *  # noqa: F403

if config.home().name != "demo" or config.text("DATABASE_URL"):
    raise config.SettingWrong("These settings are the demonstration's: quire demo serve uses them.")

ROOT_URLCONF = "quire.cli.demo_serve.urls"
