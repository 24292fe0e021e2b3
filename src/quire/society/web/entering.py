"""The forms of signing in, in the society's words."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import LoginForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django.utils.translation import gettext_lazy as _


class Entering(LoginForm):  # type: ignore[misc]
    """Name or address, password, and whether this browser is one's own."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.fields["login"].label = _("Name or e-mail address")
        self.fields["password"].label = _("Password")
        self.fields["password"].help_text = ""
        self.fields["remember"].label = _("Keep me signed in on this device, for two weeks")
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)


class NewPasskey(AddWebAuthnForm):  # type: ignore[misc]
    """A passkey that is enough by itself, unless one wants it beside the password."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.fields["name"].label = _("What you call it")
        self.fields["passwordless"].label = _("It is enough by itself, without my password")
        self.fields["passwordless"].help_text = _("It asks for your fingerprint, face or PIN each time.")
        self.fields["passwordless"].initial = True
