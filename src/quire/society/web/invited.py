"""Coming in by an invitation: a name, a way to sign in, and the seat is taken."""

from __future__ import annotations

from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.account.models import EmailAddress
from django import forms
from django.contrib import messages
from django.contrib.auth import get_user_model, login
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from quire.core.errors import QuireError
from quire.society.parties import actions
from quire.society.parties import queries as parties
from quire.society.parties.errors import SeatedAlready
from quire.society.parties.models import User
from quire.society.web.signing import INVITED

_BACKEND = "django.contrib.auth.backends.ModelBackend"


class Joining(forms.Form):
    """Who somebody is, and how they will sign in."""

    called = forms.CharField(label=gettext_lazy("Your name"), max_length=150, required=False,
        help_text=gettext_lazy("As your colleagues read it."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}))  # fmt: skip
    name = forms.CharField(label=gettext_lazy("Name to sign in with"), max_length=150,
        help_text=gettext_lazy("Letters, digits and @ . + - _ only. Your e-mail address works as well."),
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"}))  # fmt: skip
    password = forms.CharField(label=gettext_lazy("Password"), strip=False,
        help_text=gettext_lazy("At least eight characters, and not one that many people have."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}))  # fmt: skip

    def __init__(self, *given: Any, row: parties.InvitationRow, passkey: bool = False, **named: Any) -> None:
        super().__init__(*given, **named)
        self.row, self.passkey = row, passkey
        self.fields["password"].required = not passkey
        if row.user:
            del self.fields["name"]
        else:
            self.fields["name"].initial = row.email.partition("@")[0]

    def clean(self) -> dict[str, Any]:
        """A password is asked for unless a passkey takes its place."""
        told: dict[str, Any] = super().clean() or self.cleaned_data
        password = "" if self.passkey else told.get("password", "")
        if password:
            try:
                validate_password(
                    password, get_user_model()(username=told.get("name", ""), email=self.row.email)
                )
            except ValidationError as problem:
                self.add_error("password", problem)
        return {**told, "password": password}


@never_cache
@require_http_methods(["GET", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponseBase:
    """An invitation's page. Who is signed in takes the seat as they are; who is not signs in, or joins."""
    try:
        row = parties.invitation(token)
    except QuireError as problem:
        request.session.pop(INVITED, None)
        return render(request, "web/invitation_gone.html", {"problem": problem}, status=404)
    if isinstance(request.user, User):
        return _taken(request, row, token, request.user)
    request.session[INVITED] = token  # whoever signs in first comes back here
    passkey = "passkey" in request.POST
    form = Joining(request.POST or None, row=row, passkey=passkey)
    if request.method == "POST" and form.is_valid():
        try:
            _must_be_new(row)
            return _joined(request, token, form.cleaned_data)
        except QuireError as problem:
            form.add_error(None, str(problem))
    return _page(request, row, form=form)


def _taken(request: HttpRequest, row: parties.InvitationRow, token: str, user: User) -> HttpResponseBase:
    problem: QuireError | None = None
    if request.method == "POST":
        try:
            actions.accept_invitation(token=token, by=user)
        except QuireError as refused:
            problem = refused
        else:
            return _in(request)
    return _page(request, row, problem=problem)


def _page(request: HttpRequest, row: parties.InvitationRow, **more: Any) -> HttpResponseBase:
    house = parties.society().name if parties.founded() else "Quire"
    return render(request, "web/invitation.html", {"row": row, "by": row.by or house, "house": house, **more})


def _must_be_new(row: parties.InvitationRow) -> None:
    others = EmailAddress.objects.filter(email__iexact=row.email, verified=True)
    if others.exclude(user__username=row.user).exists():
        raise SeatedAlready(_("Somebody with this address signs in here: sign in, then open the link again."))


def _joined(request: HttpRequest, token: str, told: dict[str, Any]) -> HttpResponseBase:
    user = actions.join(
        token=token, name=told.get("name", ""), password=told["password"], called=told["called"]
    )
    # Who came by the link has shown that the address is theirs.
    EmailAddress.objects.filter(user=user).delete()
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    login(request, user, backend=_BACKEND)
    record_authentication(request, user, method="invitation", reauthenticated=True)
    if not told["password"]:
        request.session.pop(INVITED, None)
        messages.info(request, _("You are in. Make your passkey now: it is how you sign in next time."))
        return redirect("mfa_add_webauthn")
    return _in(request)


def _in(request: HttpRequest) -> HttpResponseBase:
    request.session.pop(INVITED, None)
    messages.success(request, _("Welcome."))
    return redirect("home")
