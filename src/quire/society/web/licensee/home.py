"""A licensee's pages: the first one."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from quire.society.web.pages import Asking


def home(request: Asking) -> HttpResponse:
    """What changed, and what needs somebody."""
    return render(request, "web/licensee/home.html", {"title": "Home"})
