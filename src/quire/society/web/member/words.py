"""Moved one level up."""

from quire.society.web.words import *  # noqa: F403
