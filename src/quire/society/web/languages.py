"""In which language pages speak to whoever reads: as they chose, as their browser asks, or the society's.

Who is signed in has their choice on record, wherever they sit; everybody else has it in a cookie.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from quire.society.kit.spoken import LANGUAGES
from quire.society.parties import actions
from quire.society.parties.models import User

FILES = "en-gb"
"""What every file of rows speaks (``?format=``): programs read it, and the same from everybody."""


class Spoken:
    """Middleware: whatever is written for this request is written in the reader's language. A page says
    which one that is, and that it depends on who asks."""

    def __init__(self, answer: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        spoken = FILES if "format" in request.GET else chosen(request)
        spoken = spoken or translation.get_language_from_request(request)
        with translation.override(spoken):
            said = self.answer(request)
        if str(said.get("Content-Type", "")).startswith("text/html"):
            patch_vary_headers(said, ("Accept-Language", "Cookie"))
            said.headers.setdefault("Content-Language", spoken)
        return said


def chosen(request: HttpRequest) -> str:
    """What whoever asks has chosen, or ""."""
    user = getattr(request, "user", None)
    said = user.language if isinstance(user, User) else request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    return said if said in LANGUAGES else ""


# No secret of the form is asked for: a page that everybody may keep must not carry one. From another site
# the session does not come along (SameSite), so that nobody's choice on record can be changed from there.
@csrf_exempt
@require_POST
def choose(request: Any) -> HttpResponse:
    """Speak this language from now on, and go back to where it was chosen; what is none changes nothing."""
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure()):
        back = "/"
    answer = redirect(back)
    said = request.POST.get("language", "")
    if said in LANGUAGES:
        if isinstance(request.user, User):
            actions.set_language(language=said, by=request.user)
        answer.set_cookie(
            settings.LANGUAGE_COOKIE_NAME, said, max_age=365 * 24 * 3600, httponly=True, samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )  # fmt: skip
    return answer
