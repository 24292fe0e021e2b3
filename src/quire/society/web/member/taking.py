"""Moved one level up."""

from quire.society.web.taking import *  # noqa: F403
